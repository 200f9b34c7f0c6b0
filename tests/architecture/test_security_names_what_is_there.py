"""Whoever assesses the security follows docs/security.md: every file and test in it is there, and no section is left out."""

import re
from collections.abc import Iterator

import pytest

from scripts.gates import ROOT

TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
SHORT = {"k/": "shanzhi/kernel/", "m/": "shanzhi/modules/", "c/": "shanzhi/config/"}
WHOLE = ("shanzhi/", "tests/", "docs/", "bench/", "requirements/")
# OWASP ASVS 5.0.0: how many sections each chapter has.
SECTIONS = (5, 4, 7, 4, 4, 8, 6, 4, 2, 7, 7, 3, 4, 3, 4, 5, 3)
STATES = ("held", "city", "partly: ", "not held: ", "none")
COMPUTING, CENTRE = 11, 4
"""Sections of GB/T 22239-2019, 8.1.4 and 8.1.5."""
LAW = ["13", "17", "44", "45", "46", "47", "51"]


def rows() -> list[list[str]]:
    """The cells of every row that has a state."""
    found = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in TEXT.splitlines() if line[:1] == "|"]
    return [row for row in found if len(row) == 5 and row[0] not in {"section", "article"} and set(row[0]) != set("-|")]


def named() -> Iterator[tuple[str, str]]:
    """Each path that is named, written out, and the test in it."""
    for code in re.findall(r"`([^`\n]+)`", TEXT):
        path, _, test = code.partition("::")
        for short, whole in SHORT.items():
            if path.startswith(short) and path != short:
                path = whole + path.removeprefix(short)
        if path.startswith(WHOLE) and " " not in path:
            yield path, test


def test_it_names_files_and_tests_that_are_there() -> None:
    assert len(list(named())) > 200
    gone = []
    for path, test in named():
        file = ROOT / path
        if not file.exists() or (test and f"def test_{test}(" not in file.read_text(encoding="utf-8")):
            gone.append(f"{path}::{test}")
    assert gone == []


def test_it_tells_of_every_chapter_and_section() -> None:
    chapters = re.findall(r"^### V(\d+) \w", TEXT, flags=re.M)
    assert chapters == [str(number) for number in range(1, 18)]
    asvs = [f"{chapter}.{section}" for chapter, most in enumerate(SECTIONS, 1) for section in range(1, most + 1)]
    computing = [f"8.1.4.{section}" for section in range(1, COMPUTING + 1)]
    centre = [f"8.1.5.{section}" for section in range(1, CENTRE + 1)]
    assert [row[0].partition(" ")[0] for row in rows()] == [*asvs, *computing, *centre, *LAW]


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0])
def test_it_says_the_state_and_shows_what_is_held(row: list[str]) -> None:
    section, asks, by, shown, state = row
    assert asks
    assert by
    assert state.startswith(STATES)
    assert "::" in shown or ".py`" in shown or "*reading*" in shown, section


def test_it_names_settings_that_are_read() -> None:
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shanzhi" / "config").rglob("*.py"))
    settings = set(re.findall(r"`(SHANZHI_\w+)`", TEXT))
    assert settings
    assert {name for name in settings if f'"{name}"' not in sources} == set()
