"""Someone reads the interface in English: every sentence is there, and nothing in it fails to be filled in."""

import re
import string
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from scripts.check_translations import PO, check
from scripts.gates import ROOT

PERCENT = re.compile(r"%(?:\((\w+)\))?[a-zA-Z%]")
CHINESE = re.compile(r"[\u4e00-\u9fff\uff00-\uffef\u3000-\u303f]")
SHOWN = {
    "stage": ("name", "says"),
    "field": ("name", "hint"),
    "action": ("name",),
    "count": ("name", "after"),
    "role": ("name",),
}
"""Tables of process files and roles.toml with the texts that pages translate; all else of the rule book is data."""


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    with (ROOT / PO).open("rb") as file:
        return read_po(file, locale="en", abort_invalid=True)


def entries(catalog: Catalog) -> list[tuple[str, str]]:
    """Each message id with each of its English forms."""
    pairs = []
    for message in catalog:
        if message.id:
            known = (message.id,) if isinstance(message.id, str) else message.id
            forms = (message.string,) if isinstance(message.string, str) else message.string or ()
            pairs += [(known[0], form) for form in forms]
    return pairs


def braces(text: str) -> set[str]:
    """The {places} of a text that a script fills in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def rule_book() -> Iterator[tuple[str, str]]:
    """Each text of the rule book that pages translate, with its file."""
    files: list[Path] = [*ROOT.glob("shanzhi/**/catalogue/kinds/*.toml"), *ROOT.glob("shanzhi/**/catalogue/roles.toml")]
    for path in files:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        if "kind" in content:
            yield path.name, content["kind"]["name"]
        for table, keys in SHOWN.items():
            for row in content.get(table, ()):
                yield from ((path.name, row[key]) for key in keys if key in row)


def test_it_finds_every_sentence_of_the_house_in_english():
    assert [str(finding) for finding in check(ROOT)] == []


def test_it_finds_every_name_of_the_rule_book_in_english(catalog):
    texts = list(rule_book())
    assert len(texts) > 50
    assert [(name, text) for name, text in texts if not (found := catalog.get(text)) or not found.string] == []


def test_it_fills_in_the_same_places(catalog):
    wrong = [
        known
        for known, english in entries(catalog)
        if sorted(PERCENT.findall(known)) != sorted(PERCENT.findall(english))
        or ("%(" not in known and braces(known) != braces(english))
    ]
    assert wrong == []


def test_it_reads_no_chinese_in_english(catalog):
    assert [english for _, english in entries(catalog) if CHINESE.search(english)] == []
