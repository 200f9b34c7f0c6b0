"""What the program itself says on a page is English for who reads English; what people wrote and named stays as it is.

Every page of the matrix's table is asked for as in `test_ask_twelve_times_at_most`. The Chinese that is left on it has to be
data: a name, a text that somebody wrote, a city's own rule book; never a sentence that has an English one.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from django.conf import settings

from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from tests.concurrency.committed import City, city
from tests.matrix.machine import undone
from tests.matrix.routes import pages
from tests.matrix.table import IS_NO_PAGE
from tests.pages.busy import busy
from tests.pages.test_ask_twelve_times_at_most import NOT_ASKED, asked_of
from tests.pages.words import own, spoken

__all__ = ["city"]
pytestmark = pytest.mark.usefixtures("evidence_store")


CHINESE_ONLY: Mapping[str, str] = {
    "intake:paper": "an official paper is Chinese, whatever the reader's language",
    "matters:paper": "the same",
    "imports:one": "the columns of a file that somebody brought",
    "keeper:admission": "the name of a paper that was admitted",
    "ui:styleguide": "examples",
    "hotline:call": "what a knowledge item answers",
    "hotline:knowledge_item": "the same",
    "notices:subscriptions": "kinds of matters as a city names them",
}
"""Pages on which a text of the city's happens to be one of ours, and which."""


def test_no_page_says_its_own_words_in_chinese_to_who_reads_english(city: City) -> None:
    there = busy(city)
    found: dict[str, set[str]] = {}
    # Figures bear the names that the city's catalogue gives them.
    figures = {one.name for one in catalogue_in_force().indicators}
    for route in pages():
        if route.name in IS_NO_PAGE | NOT_ASKED.keys() | CHINESE_ONLY.keys() or not route.page.read:
            continue
        for part, url in asked_of(there, route):
            browser = there.browser(part)
            browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
            with undone():
                answer: Any = browser.get(url)
                if answer.streaming:
                    b"".join(answer.streaming_content)
                    answer.close()
            if answer.status_code == 200 and not answer.streaming and "html" in answer.headers.get("Content-Type", ""):
                html = answer.content.decode()
                found.setdefault(route.name, set()).update(
                    text for text in spoken(html) if own(text) and text not in figures
                )
    assert {name: texts for name, texts in found.items() if texts} == {}
