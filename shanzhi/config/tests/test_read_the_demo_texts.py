"""The demo's invented texts: enough of them, none twice, nobody's name and nobody's number."""

import re
from collections import Counter
from itertools import product

import pytest

from shanzhi.config.demo.texts import demo_texts
from shanzhi.kernel.matters import queries

NUMBER = re.compile(r"\d[\d\s-]{6,}\d")


def _said() -> list[str]:
    return [row.body for row in demo_texts().sayings]


def _written() -> list[str]:
    texts = demo_texts()
    return [row["text"] for row in texts.replies] + [
        word for words in texts.kinds_of_words().values() for word in words if word
    ]


def test_it_has_three_hundred_ways_to_say_something():
    assert len(set(_said())) >= 300
    assert len(set(_written())) >= 60


def test_it_says_nothing_twice():
    assert [text for text, times in Counter(_said()).items() if times > 1] == []
    assert [text for text, times in Counter(_written()).items() if times > 1] == []


def test_it_gives_no_number_but_the_invented_ones():
    found = [re.sub(r"\D", "", number) for text in _said() + _written() for number in NUMBER.findall(text)]
    assert found
    assert [number for number in found if not re.fullmatch(r"160\d{8}", number)] == []


def test_it_names_nobody_in_what_posts_and_new_callers_write():
    names = demo_texts().names
    people = {surname + given for surname, given in product(names.surnames, names.given)}
    # Of the first file's reports a few tell invented names on purpose: they show how a name is masked.
    shown = {row["body"] for row in demo_texts().reports}
    texts = [text for text in _said() if text not in shown] + _written()
    assert [name for name in people for text in texts if name in text] == []
    assert [text for text in texts if re.search(r"我叫|本人姓名|联系人[:：]", text)] == []


@pytest.mark.django_db
def test_it_speaks_of_categories_and_grounds_that_there_are():
    rules = queries.categories().rules.categories
    assert {row.category for row in demo_texts().sayings} - set(rules) == set()
    assert {row.ground for row in demo_texts().sayings if row.ground} - set(queries.grounds().by_code) == set()


def test_it_has_something_to_say_in_every_month_and_story():
    assert {
        (story, month)
        for story in ("plain", "wet", "site", "round", "wet-round", "pass", "refuse", "ask")
        for month in range(1, 13)
        if not [row for row in demo_texts().sayings if row.story == story and (not row.months or month in row.months)]
    } == set()


def test_it_leaves_no_place_unfilled_but_those_it_knows():
    known = {"community", "road", "compound", "site", "unit", "question"}
    titles = [row.title for row in demo_texts().sayings]
    found = {name for text in _said() + _written() + titles for name in re.findall(r"\{(\w+)\}", text)}
    assert found - known == set()
