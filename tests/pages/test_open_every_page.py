"""Every page in a busy city, asked for once in English: none asks the database more than twelve times, and none says its own
words in Chinese.

Twelve statements, with session, scope and notices counted, however much there is to show: more than a page waits there. How
many they are doesn't go by the language. What the program itself says is English for who reads English; what people wrote
and named stays as it is. The Chinese that is left has to be data: a name, a text that somebody wrote, a city's own rule book;
never a sentence that has an English one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings

from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from tests.concurrency.committed import City, city
from tests.matrix.machine import undone
from tests.matrix.table import PAGES
from tests.pages.asked import ASKED, BY_NAME, NAMED, NOT_ASKED, every_page
from tests.pages.busy import busy
from tests.pages.words import own, spoken

__all__ = ["city"]

MOST = 12
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


@dataclass(frozen=True, slots=True)
class Opened:
    """A page that somebody asked for: how it was answered, by how many statements, and its text where it is a whole page."""

    name: str
    part: str
    url: str
    status: int
    is_shown: bool
    statements: int
    html: str


@pytest.fixture(scope="module")
def opened(city: City, tmp_path_factory: pytest.TempPathFactory) -> list[Opened]:
    """All of them, by who reads English."""
    # Files that are handed in go into a folder of these tests' own.
    evidence = settings.STORAGES["evidence"] | {"OPTIONS": {"location": tmp_path_factory.mktemp("evidence")}}
    with override_settings(STORAGES=settings.STORAGES | {"evidence": evidence}):
        there, found = busy(city), []
        for route, part, url in every_page(there):
            browser = there.browser(part)
            browser.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
            status, count, html = ask(browser, url)
            if count > MOST:
                # The first page of its sort may read what the process then knows (rule book, tree, units), and once a minute
                # a session is marked as seen: this request is for that.
                browser.get(url)
                status, count, html = ask(browser, url)
            is_shown = status == 200 or (status == 302 and route.page.away)
            found.append(Opened(route.name, part, url, status, is_shown, count, html))
        return found


def ask(client: Client, url: str) -> tuple[int, int, str]:
    """How a page is answered, how many statements it takes, read to its end, and its text where it is one of HTML."""
    with undone(), CaptureQueriesContext(connection) as seen:
        answer: Any = client.get(url)
        if answer.streaming:
            b"".join(answer.streaming_content)
            answer.close()
    is_text = not answer.streaming and "html" in answer.headers.get("Content-Type", "")
    count = len([query for query in seen if "SAVEPOINT" not in query["sql"]])
    return answer.status_code, count, answer.content.decode() if is_text else ""


def test_each_page_is_shown_to_somebody(opened: list[Opened]) -> None:
    shown = {(one.name, one.url) for one in opened if one.is_shown}
    assert sorted({(one.name, one.url) for one in opened} - shown) == []


def test_no_page_asks_more_than_twelve_times(opened: list[Opened]) -> None:
    assert [(one.name, one.part, one.url, one.statements) for one in opened if one.statements > MOST] == []


def test_no_page_says_its_own_words_in_chinese_to_who_reads_english(opened: list[Opened]) -> None:
    # Figures bear the names that the city's catalogue gives them.
    figures = {one.name for one in catalogue_in_force().indicators}
    found: dict[str, set[str]] = {}
    for one in opened:
        if one.status == 200 and one.name not in CHINESE_ONLY:
            found.setdefault(one.name, set()).update(
                text for text in spoken(one.html) if own(text) and text not in figures
            )
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_it_names_no_page_that_is_gone() -> None:
    assert (
        NAMED.keys() | ASKED.keys() | NOT_ASKED.keys() | BY_NAME.keys() | CHINESE_ONLY.keys()
    ) - PAGES.keys() == set()
