"""What a checklist may say, what records answer, what a title needs: rules without a database."""

import re
from datetime import date
from itertools import product
from pathlib import Path

import pytest

from shanzhi.modules.drives.policy.checklist import Checklist, read_checklist
from shanzhi.modules.drives.policy.judging import (
    Standing,
    check_answered,
    check_grantable,
    check_visitor,
    lacking,
)
from shanzhi.modules.drives.policy.records import Counts, Measure, Rule, answer, ends_on, since
from shanzhi.modules.drives.policy.states import WAYS, State, check_way
from shanzhi.modules.drives.policy.words import BadChecklist, DriveMovedOn, NotWhole, NotYours

KINDS = ("compound", "school", "hospital", "park", "estate")
FOLDER = Path(__file__).parent.parent / "catalogue"
HEAD = '[header]\nschema = 1\ncode = "safe_x"\nname = "平安某处"\ntitle = "平安某处"\nversion = 1\nplace_kinds = ["compound"]\n'
ITEM = '[[item]]\ncode = "lane"\nname = "通道畅通"\nground = "某办法第一条"\n'
LATE = '[[item]]\ncode = "late"\nname = "不超期"\nground = "办法"\nrecords = "open_late"\nat_most = 0\n'
SHARE = '[[item]]\ncode = "time"\nname = "按时"\nground = "办法"\nrecords = "on_time"\nat_least = 90\nmust = false\n'


def read(text: str) -> Checklist:
    return read_checklist(text.encode(), "own.toml", KINDS)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.stem)
def test_each_sample_is_sound_and_says_that_it_is_one(path: Path) -> None:
    found = read_checklist(path.read_bytes(), path.name, KINDS)
    assert (found.code, found.sample) == (path.stem, True)
    assert sum(one.rule is not None for one in found.items) >= 2


def test_it_reads_what_is_said_and_fills_in_the_rest() -> None:
    found = read(HEAD + ITEM + LATE)
    assert [(one.code, one.must, one.visit) for one in found.items] == [("lane", True, True), ("late", True, False)]
    assert found.items[1].rule == Rule(Measure.OPEN_LATE, 0, True, 12)
    assert [one.code for one in found.seen] == ["lane"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[header\nx = 1\n", "第 1 行"),
        (ITEM, "schema"),
        (HEAD, "1 到 60 个 [[item]]"),
        (HEAD + ITEM + ITEM, "“lane”有两项"),
        (HEAD + ITEM + "grond = 1\n", "“grond”认不得"),
        (HEAD.replace("compound", "castle") + ITEM, "“castle”不是场所类型"),
        (HEAD + ITEM.replace('"lane"', '"Lane"'), "小写字母"),
        (HEAD + ITEM.replace("某办法第一条", ""), "要有 ground"),
        (HEAD + ITEM + "must = 1\n", "must 只能写 true 或 false"),
        (HEAD + ITEM + "at_most = 1\n", "没有写 records"),
        (HEAD + LATE.replace("open_late", "open"), "“open”认不得"),
        (HEAD + LATE + "at_least = 1\n", "只写一个"),
        (HEAD + SHARE.replace("90", "101"), "0 到 100 的整数"),
        (HEAD + LATE + "months = 0\n", "1 到 36 的整数"),
        (HEAD + LATE + 'kinds = "request"\n', "列表"),
        (HEAD + "optional_least = 1\n" + ITEM, "0 到 0 的整数"),
        ("#" * 200_001, "太大"),
    ],
)
def test_it_names_what_is_wrong_and_where(text: str, said: str) -> None:
    with pytest.raises(BadChecklist) as caught:
        read(text)
    assert said in str(caught.value)


def test_records_answer_in_whole_numbers() -> None:
    counts = Counts(reported=10, ended=9, open_late=1, reopened=2, timed=10, on_time=9, judged=3, solved=2)
    asked = {
        Rule(Measure.OPEN_LATE, 0, True, 12): (1, None, False),
        Rule(Measure.REOPENED, 2, True, 12): (2, None, True),
        Rule(Measure.REPORTED, 10, False, 12): (10, None, True),
        Rule(Measure.ON_TIME, 90, False, 12): (9, 10, True),
        Rule(Measure.ON_TIME, 91, False, 12): (9, 10, False),
        Rule(Measure.SOLVED, 66, False, 12): (2, 3, True),
        Rule(Measure.SOLVED, 67, False, 12): (2, 3, False),
        Rule(Measure.CLOSED, 90, True, 12): (9, 10, True),
    }
    for rule, (top, bottom, met) in asked.items():
        found = answer(rule, counts)
        assert (found.numerator, found.denominator, found.met) == (top, bottom, met), rule
    assert answer(Rule(Measure.SOLVED, 80, False, 12), Counts()).met is None


def test_months_end_on_days_that_there_are() -> None:
    assert since(date(2026, 3, 31), 1) == date(2026, 2, 28)
    assert since(date(2024, 3, 31), 1) == date(2024, 2, 29)
    assert since(date(2025, 11, 18), 12) == date(2024, 11, 18)
    assert ends_on(date(2025, 11, 18), 36) == date(2028, 11, 18)
    assert ends_on(date(2025, 12, 31), 2) == date(2026, 2, 28)


def test_a_title_needs_what_was_found_whatever_was_said() -> None:
    checklist = read(HEAD + "optional_least = 1\n" + ITEM + LATE + SHARE)
    good = {"lane": Standing(True, True), "late": Standing(True), "time": Standing(True)}
    assert lacking(checklist, good) == ()
    for code, standing in {
        "lane": Standing(True, False),
        "late": Standing(False),
        "time": Standing(False),
    }.items():
        assert [one.code for one in lacking(checklist, good | {code: standing})] == [code]
    # Said and not looked at is not enough for what is looked at.
    assert [one.code for one in lacking(checklist, good | {"lane": Standing(True)})] == ["lane"]
    with pytest.raises(NotWhole, match="通道畅通"):
        check_grantable(checklist, good | {"lane": Standing(True, False)})
    check_answered(checklist, good)
    with pytest.raises(NotWhole, match="还有 3 项没有回答"):
        check_answered(checklist, {})


@pytest.mark.parametrize(
    ("given", "said"),
    [({"same_unit": True}, "您的单位申报"), ({"has_answered": True}, "您的单位申报"), ({"is_tied": True}, "三年内")],
)
def test_who_applies_or_is_tied_does_not_visit(given: dict[str, bool], said: str) -> None:
    usual = {"same_unit": False, "has_answered": False, "is_tied": False}
    check_visitor(**usual, place="花园")
    with pytest.raises(NotYours, match=said):
        check_visitor(**usual | given, place="花园")


def test_the_database_holds_the_same_moves() -> None:
    written = (Path(__file__).parent.parent / "migrations" / "0001_drives.py").read_text(encoding="utf-8")
    body = written[written.index("CREATE FUNCTION drives_application_guard") :]
    held = set(re.findall(r"\('([a-z]+)', '([a-z]+)'\)", body[: body.index(") THEN")]))
    assert held == {(source.value, target.value) for source, target in WAYS}


@pytest.mark.parametrize(("source", "target"), [pair for pair in product(State, State) if pair not in WAYS])
def test_there_is_no_other_move(source: State, target: State) -> None:
    with pytest.raises(DriveMovedOn):
        check_way(source, target)
