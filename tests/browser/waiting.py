"""Waiting for what the background does soon: the page is looked at until it shows it; and pictures of what came."""

import os
import time
from collections.abc import Callable

from tests.browser.person import Person, picture

PATIENCE_SECONDS = 180
BETWEEN_SECONDS = 0.3


def comes(person: Person, is_there: Callable[[], bool], *, job: str = "") -> None:
    """Look at the page until the background has come so far; `job`: its minute or hour is now."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_there():
        assert time.monotonic() < until, (
            f"nothing came on {person.page.url}: {person.page.locator('main').inner_text()}"
        )
        if job:
            person.site.soon(job)
        time.sleep(BETWEEN_SECONDS)
        person.page.reload()


def shows(person: Person, text: str, *, job: str = "") -> None:
    """Look at the page until this text stands on it."""
    comes(person, lambda: person.page.get_by_text(text).filter(visible=True).count() > 0, job=job)


def keeps(person: Person, name: str) -> None:
    """Keep a picture of a page that is looked over elsewhere, where pictures are asked for."""
    if os.environ.get("SHANZHI_SCREENSHOTS") == "1":
        picture(person.page, name)
