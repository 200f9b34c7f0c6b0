"""A check says how it was made; one that sends back says why."""

import pytest

from shanzhi.modules.checks.policy import FAIL, PASS, CheckIncomplete, check_words, may_not_check


@pytest.mark.parametrize(
    ("way", "words", "verb", "said"),
    [
        ("phone", " 已修好 ", PASS, "电话回访：已修好"),
        ("visit", "", PASS, "现场查看"),
        ("papers", "没有验收单", FAIL, "查看材料：没有验收单"),
    ],
)
def test_it_puts_the_way_in_front(way, words, verb, said):
    assert check_words(way=way, words=words, verb=verb) == said


@pytest.mark.parametrize(
    ("way", "words", "verb", "fields"),
    [
        ("", "x", PASS, {"way"}),
        ("magic", "x", PASS, {"way"}),
        ("phone", "  ", FAIL, {"words"}),
        ("", "", FAIL, {"way", "words"}),
    ],
)
def test_it_asks_for_what_is_missing(way, words, verb, fields):
    with pytest.raises(CheckIncomplete) as caught:
        check_words(way=way, words=words, verb=verb)
    assert set(caught.value.fields) == fields


@pytest.mark.parametrize(
    ("stage", "verbs", "told"),
    [
        ("checking", ["note"], True),
        ("checking", ["note", "check_pass"], False),
        ("checking", ["check_fail"], False),
        ("verdict", ["note"], False),
    ],
)
def test_it_tells_who_may_not_check(stage, verbs, told):
    assert may_not_check(stage=stage, checking=("checking",), verbs=verbs) is told
