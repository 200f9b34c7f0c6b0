"""What was promised is said clock by clock: the next step's date to staff, the answer's to who reported it; never one for
another.

All dates are worked out by hand. NOW is Tuesday, 18 November 2025, 10:30.
"""

from datetime import datetime, timedelta

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.queries import Promise, Promised
from shanzhi.kernel.matters.tests.kind_support import Case, at, ends, taken_in
from shanzhi.kernel.matters.web.promises import for_staff
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db

UNIT, CENTRE = "张店区住建局", "市综治中心"
ANSWER = ends(2025, 12, 9)
"""Fifteen working days after the report."""


def told(actor: Actor, matter: Case, now: datetime = NOW) -> Promised | None:
    with acting(actor):
        return queries.promised(matter.made.matter_id, now=now)


@pytest.fixture
def reported(cast: Cast) -> Case:
    return taken_in("request", cast.dispatcher)


def test_before_it_is_taken_the_step_has_its_own_date(cast: Cast, reported: Case):
    found = told(cast.dispatcher, reported)
    assert found == Promised(CENTRE, Promise("办完这一步", ends(2025, 11, 19)), answer_at=ANSWER)
    reported.do(cast.dispatcher, "accept")
    reported.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    found = told(cast.dispatcher, reported)
    assert found == Promised(UNIT, Promise("签收", ends(2025, 11, 19)), answer_at=ANSWER)
    assert for_staff("已派单。", found, NOW) == f"已派单。请{UNIT}在明天 17:30前签收。承诺12月9日前答复反映人。"


def test_after_it_is_taken_the_first_contact_is_no_answer(cast: Cast, reported: Case):
    reported.do(cast.dispatcher, "accept")
    reported.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    reported.do(cast.handler, "take")
    found = told(cast.handler, reported)
    assert found == Promised(UNIT, clocks=(Promise("首次联系", ends(2025, 11, 19)),), answer_at=ANSWER)
    late = at(2025, 12, 10, 9)
    assert for_staff("已记录。", told(cast.handler, reported, late), late) == (
        "已记录。“首次联系”到11月19日为止，已经超期。应在昨天 17:30前答复反映人，已经超期。"
    )
    reported.do(cast.handler, "contact", words="已电话联系。")
    assert told(cast.handler, reported) == Promised(UNIT, answer_at=ANSWER)


def test_while_its_reporter_judges_nothing_is_promised(cast: Cast, reported: Case):
    reported.do(cast.dispatcher, "accept")
    reported.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    reported.do(cast.handler, "take")
    reported.do(cast.handler, "reply", reply="已修好。")
    assert told(cast.checker, reported) == Promised(CENTRE, Promise("办完这一步", ends(2025, 11, 20)), answer_at=ANSWER)
    reported.do(cast.checker, "check_pass")
    found = told(cast.checker, reported)
    assert found is not None
    assert (found.step, found.answer_at, found.waits_until) == (None, None, at(2025, 11, 25, 10, 30))
    assert for_staff("已核查。", found, NOW) == "已核查。等反映人回应，到11月25日为止。"
    reported.do(reported.reporter, "rate", solved=False, ground="not-solved.came-back", satisfied=1, now=NOW)
    found = told(reported.reporter, reported)
    assert found is not None
    assert found.answer_at == ends(2025, 12, 9)


def test_one_that_stands_still_promises_nothing(cast: Cast, reported: Case):
    reported.do(cast.dispatcher, "accept")
    reported.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    reported.do(cast.handler, "take")
    why = "请反映人补充房产证明，已联系两次"
    reported.do(cast.handler, "ask_pause", ground="pause.reporter", words=why, until="2025-11-28")
    reported.do(cast.supervisor, "grant_pause")
    found = told(cast.handler, reported)
    assert found is not None
    assert (found.step, found.clocks, found.answer_at) == (None, (), None)
    assert found.held_until is not None
    assert "现在暂停计时" in for_staff("已记录。", found, NOW)


def test_what_nobody_is_answered_on_ends_by_its_own_limit(cast: Cast):
    made = taken_in("finding", cast.dispatcher)
    made.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    made.do(cast.handler, "plan", words="更换消防泵", until="2025-12-19")
    found = told(cast.handler, made)
    assert found == Promised(UNIT, clocks=(Promise("整改期限", ends(2025, 12, 19)),))
    assert for_staff("已定。", found, NOW) == "已定。“整改期限”到12月19日为止。"


def test_a_petition_is_sorted_passed_on_and_answered_by_dates_of_their_own(cast: Cast):
    made = taken_in("petition", cast.dispatcher)
    made.do(cast.dispatcher, "accept", category="housing.property-service")
    found = told(cast.dispatcher, made)
    assert found == Promised(
        CENTRE,
        Promise("办完这一步", ends(2025, 11, 21)),
        (Promise("登记转送期限", ends(2025, 12, 3)),),
        answer_at=ends(2026, 1, 19),
    )
    assert for_staff("已受理。", found, NOW) == (
        f"已受理。请{CENTRE}在11月21日前办完这一步。“登记转送期限”到12月3日为止。承诺2026年1月19日前答复反映人。"
    )


def test_a_stranger_is_told_nothing(cast: Cast, reported: Case):
    assert told(cast.neighbour_handler, reported) is None
    reported.do(reported.reporter, "withdraw", NOW + timedelta(minutes=1))
    assert told(cast.dispatcher, reported) is None
