"""整改: what a check found, with an owner, measures, a date, and a re-check by somebody else.

All dates are worked out by hand. NOW is Tuesday, 18 November 2025, 10:30.
"""

from typing import Any

import pytest

from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, LimitReached
from shanzhi.kernel.matters.tests.kind_support import Case, at, ends, taken_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

WORDS = "更换消防泵，培训值班人员"


@pytest.fixture
def finding(cast: Cast) -> Case:
    """A finding that was given to the county's housing department."""
    made = taken_in("finding", cast.dispatcher)
    made.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    return made


@pytest.fixture
def planned(cast: Cast, finding: Case) -> Case:
    """One with measures, to be done by Friday, 19 December."""
    finding.do(cast.handler, "plan", words=WORDS, until="2025-12-19")
    return finding


def test_its_owner_says_what_is_done_until_which_day(cast: Cast, finding: Case):
    assert finding.due(cast.handler) == ends(2025, 11, 25)  # five working days for the plan
    with pytest.raises(FieldsMissing) as missing:
        finding.do(cast.handler, "plan", words=WORDS)
    assert list(missing.value.fields) == ["until"]
    assert finding.do(cast.handler, "plan", at(2025, 11, 20), words=WORDS, until="2025-12-19").stage == "rectifying"
    assert finding.due(cast.handler) == ends(2025, 12, 19)
    line = next(line for line in finding.card(cast.handler).clocks if line.code == "rectify")
    assert (line.started_at, line.due_at) == (at(2025, 11, 18, 10, 30), ends(2025, 12, 19))


def test_a_day_off_moves_to_the_next_working_day(cast: Cast, finding: Case):
    finding.do(cast.handler, "plan", words=WORDS, until="2025-12-20")
    assert finding.due(cast.handler) == ends(2025, 12, 22)


@pytest.mark.parametrize("until", ["2025-11-18", "2025-11-17", "2026-05-19"])
def test_the_day_is_ahead_and_within_six_months(cast: Cast, finding: Case, until: str):
    with pytest.raises(FieldsWrong, match="最迟到2026年5月18日") as wrong:
        finding.do(cast.handler, "plan", words=WORDS, until=until)
    assert list(wrong.value.fields) == ["until"]
    assert finding.card(cast.handler).stage == "dispatched"


def test_six_months_to_the_day_are_fine(cast: Cast, finding: Case):
    finding.do(cast.handler, "plan", words=WORDS, until="2026-05-18")
    assert finding.due(cast.handler) == ends(2026, 5, 18)


def test_it_is_checked_again_before_it_is_struck_off(cast: Cast, planned: Case):
    planned.do(cast.handler, "reply", at(2025, 12, 15), reply="消防泵已更换。")
    assert planned.due(cast.checker) == ends(2025, 12, 19)  # the date runs on; five working days would be 22.12.
    assert planned.do(cast.checker, "check_fail", at(2025, 12, 16), words="备用泵未换").stage == "rectifying"
    assert planned.due(cast.handler) == ends(2025, 12, 19)
    planned.do(cast.handler, "reply", at(2025, 12, 18), reply="备用泵也已更换。")
    assert planned.do(cast.checker, "check_pass", at(2025, 12, 18)).stage == "closed"
    assert planned.card(cast.dispatcher).result == "closed"


def test_more_time_is_the_centres_to_give(cast: Cast, planned: Case):
    why: dict[str, Any] = {"ground": "extend.works", "words": "设备到货推迟", "more_time": "1mo"}
    planned.do(cast.handler, "ask_extension", at(2025, 12, 10), **why)
    planned.do(cast.dispatcher, "grant_extension", at(2025, 12, 11))
    assert planned.due(cast.handler) == ends(2026, 1, 19)


def test_it_goes_back_once(cast: Cast, finding: Case):
    back: dict[str, Any] = {"ground": "return.not-our-duty", "words": "属城管职责"}
    assert finding.do(cast.handler, "hand_back", **back).stage == "reported"
    finding.do(cast.dispatcher, "dispatch", lead=cast.second_handler.unit_id)
    with pytest.raises(LimitReached):
        finding.do(cast.second_handler, "hand_back", **back)


def test_what_is_not_so_is_no_finding(cast: Cast):
    made = taken_in("finding", cast.dispatcher)
    done = made.do(cast.dispatcher, "refuse", ground="refuse.no-finding", words="现场核实，泵组完好")
    assert done.stage == "refused"


@pytest.mark.parametrize(
    ("action", "fields"), [("reply", {"reply": "好"}), ("check_pass", {}), ("grant_extension", {})]
)
def test_nothing_goes_out_of_order(cast: Cast, finding: Case, action: str, fields: dict[str, Any]):
    for actor in (cast.dispatcher, cast.handler, cast.checker):
        with pytest.raises(DomainError):
            finding.do(actor, action, **fields)
    assert finding.card(cast.dispatcher).stage == "dispatched"
