"""Reports of one problem are found by place, time and words; what only sounds like it isn't."""

from datetime import UTC, datetime, timedelta

import pytest

from shanzhi.kernel.matters.policy.alike import LEAST, LIKE_MOST, LIKE_WITHIN, Report, likeness, likest, telling
from shanzhi.kernel.matters.rulebook import categories

AT = datetime(2026, 7, 1, 9, tzinfo=UTC)
HERE, NEXT, FAR = "370303009006", "370303009007", "370306100200"
DRAIN = "世纪花园东门排水沟堵塞，污水横流三天没有人管"


def said(body: str, *, code: str = HERE, pk: int = 1, category: str = "", place: int | None = None) -> Report:
    return Report(pk, telling(body), category, place, code, AT)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        ("世纪花园东门的排水沟堵了，污水漫到路上", True),
        ("世纪花园东门污水横流，臭气熏天", True),
        ("希望有关部门尽快解决我们小区居民反映的问题", False),
        ("西六路路灯不亮，晚上走路害怕", False),
        ("", False),
        ("12345", False),
    ],
)
def test_words_tell_one_problem_from_another(other: str, same: bool):
    assert (likeness(said(DRAIN), said(other)) >= LEAST) is same


def test_place_and_category_help_but_dont_decide_alone():
    one, other = said("路灯不亮", category="light"), said("路灯坏了", category="light")
    assert likeness(one, other) > likeness(said("路灯不亮"), said("路灯坏了"))
    assert likeness(said("水压低", category="a"), said("电梯停运", category="a")) == 0
    assert likeness(said(DRAIN), said(DRAIN)) > likeness(said(DRAIN), said(DRAIN, code=NEXT))
    there = said("晚上睡不着", category="noise", place=7)
    assert likeness(there, said("半夜还在施工", category="noise", place=7)) >= LEAST
    assert likeness(there, said("半夜还在施工", category="noise", place=8)) == 0


def test_what_lies_too_far_apart_in_time_is_another_problem():
    one = said(DRAIN)
    late = Report(2, one.words, "", None, HERE, AT + LIKE_WITHIN + timedelta(seconds=1))
    assert (likeness(one, late), likeness(late, one)) == (0, 0)
    assert likeness(one, Report(2, one.words, "", None, HERE, AT + LIKE_WITHIN)) >= LEAST


def test_the_likeliest_come_first_and_five_at_most():
    of = said(DRAIN)
    others = [said(DRAIN, pk=pk) for pk in range(2, 10)] + [said("世纪花园东门污水横流，臭气熏天", pk=99), of]
    found = likest(of, others)
    assert len(found) == LIKE_MOST
    assert of.id not in found
    assert found == [9, 8, 7, 6, 5]
    assert likest(of, []) == []


@pytest.mark.parametrize("text", ["", "\x00", "x" * 5000, "' OR true --", "😀" * 200, "的了和是", "一" * 3000])
def test_whatever_is_written_can_be_compared(text: str):
    assert 0 <= likeness(said(text), said(DRAIN)) <= 100
    assert 0 <= likeness(said(text), said(text)) <= 100


def test_words_of_the_rule_book_weigh_half():
    plain, ruled = telling("路灯不亮"), telling("路灯不亮", topics=categories().rules.points)
    assert ruled["路灯"] == plain["路灯"] / 2


def test_names_that_no_dictionary_has_count():
    assert "丽发" in telling("丽发新城旁边的搅拌站")
