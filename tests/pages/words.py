"""The Chinese on a page, and the program's own words, to tell the two apart."""

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

from babel.messages.pofile import read_po

PO = Path(__file__).parents[2] / "shanzhi/locale/en/LC_MESSAGES/django.po"
CHINESE = re.compile(r"[\u4e00-\u9fff]")
SPOKEN = re.compile(r"""\b(?:aria-label|title|placeholder|alt|data-key-label)="([^"]*)\"""")
PLACE = re.compile(r"%\(\w+\)[sd]|%%")
LEAST = 3
"""Characters of a sentence beside its places: of fewer, a name could be one."""


@cache
def own_words() -> tuple[frozenset[str], re.Pattern[str]]:
    """The sentences that have an English one: those without places, and a pattern of those with."""
    with PO.open("rb") as file:
        ids = [
            str(message.id if isinstance(message.id, str) else message.id[0]) for message in read_po(file) if message.id
        ]
    plain = frozenset(text for text in ids if not PLACE.search(text))
    placed = [text for text in ids if PLACE.search(text) and len(CHINESE.findall(PLACE.sub("", text))) >= LEAST]
    patterns = (".+".join(map(re.escape, PLACE.split(text))) for text in placed)
    return plain, re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.S)


def spoken(html: str) -> Iterator[str]:
    """Every piece of a page in which there is Chinese: between tags, and in what is read out."""
    html = re.sub(r"<(script|style|template|textarea)\b.*?</\1>", " ", html, flags=re.S)
    for piece in (*SPOKEN.findall(html), *re.split(r"<[^>]+>", html)):
        text = " ".join(unescape(piece).split())
        if CHINESE.search(text):
            yield text


@cache
def own(text: str) -> bool:
    """Is it one of the program's own sentences?"""
    plain, placed = own_words()
    return text in plain or placed.fullmatch(text) is not None
