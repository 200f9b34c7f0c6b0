"""代表建议: from 交办 to the deputy's word on the answer, with a second handling once.

All dates are worked out by hand. NOW is Tuesday, 18 November 2025, 10:30; the Spring Festival of 2026 is off from 15 to
23 February.
"""

from datetime import datetime
from typing import Any

import pytest

from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters.operations.helping import HelpersOpen, ReturnedBefore
from shanzhi.kernel.matters.policy.process import (
    FieldsMissing,
    FieldsWrong,
    LimitReached,
    RoleForbids,
    SamePerson,
    StageForbids,
)
from shanzhi.kernel.matters.tests.kind_support import Case, at, ends, taken_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

GIVEN = at(2025, 11, 20)
WHY: dict[str, Any] = {"ground": "extend.joint", "words": "涉及三个部门", "more_time": "3mo"}


@pytest.fixture
def suggestion(cast: Cast) -> Case:
    """A deputy's suggestion that the centre registered."""
    return taken_in("suggestion", cast.dispatcher, channel="letter")


@pytest.fixture
def handled(cast: Cast, suggestion: Case) -> Case:
    """A suggestion that was given on Thursday, 20 November, with a co-handler, and taken."""
    suggestion.do(cast.dispatcher, "dispatch", GIVEN, lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    suggestion.do(cast.handler, "take", at(2025, 11, 21))
    return suggestion


@pytest.fixture
def answered(cast: Cast, handled: Case) -> Case:
    """A suggestion that was answered on Monday, 2 February."""
    handled.do(cast.second_handler, "assist_done", at(2025, 12, 5), words="会办意见：同意")
    handled.do(cast.handler, "reply", at(2026, 2, 2), reply="已列入明年计划。")
    return handled


def test_it_is_answered_within_three_months_of_being_given(cast: Cast, suggestion: Case, handled: Case):
    assert handled.due(cast.handler) == ends(2026, 2, 24)  # 20.2. in the holiday to 23.2.
    handled.do(cast.second_handler, "assist_done", at(2025, 12, 5), words="会办意见：同意")
    assert handled.do(cast.handler, "reply", at(2026, 2, 2), reply="已办。").stage == "opinion"
    assert handled.due(cast.dispatcher) == ends(2026, 3, 2)
    assert handled.do(handled.reporter, "rate", at(2026, 2, 9), solved=True, satisfied=5).stage == "closed"


def test_what_is_hard_gets_six_months_at_most(cast: Cast, handled: Case):
    """Three months more from 24 February would be 25 May; six months from 20 November are 20 May."""
    handled.do(cast.handler, "ask_extension", at(2026, 2, 2), **WHY)
    with pytest.raises(RoleForbids):
        handled.do(cast.handler, "grant_extension", at(2026, 2, 3))
    handled.do(cast.dispatcher, "grant_extension", at(2026, 2, 3))
    assert handled.due(cast.handler) == ends(2026, 5, 20)
    with pytest.raises(LimitReached):
        handled.do(cast.handler, "ask_extension", at(2026, 2, 4), **WHY)


def test_two_months_more_are_two_months(cast: Cast, handled: Case):
    handled.do(cast.handler, "ask_extension", at(2026, 2, 2), **(WHY | {"more_time": "2mo"}))
    handled.do(cast.dispatcher, "grant_extension", at(2026, 2, 3))
    assert handled.due(cast.handler) == ends(2026, 4, 24)


def test_it_is_handled_a_second_time_once(cast: Cast, answered: Case):
    with pytest.raises(FieldsMissing):
        answered.do(answered.reporter, "rate", at(2026, 2, 10))
    assert answered.do(answered.reporter, "rate", at(2026, 2, 10), solved=False, satisfied=1).stage == "again"
    card = answered.card(cast.handler, at(2026, 2, 10))
    assert (card.holder_name, card.due_at) == ("张店区住房和城乡建设局", ends(2026, 3, 10))
    done = answered.do(cast.handler, "reply_again", at(2026, 3, 10), reply="已提前到今年实施。")
    assert (done.stage, answered.due(cast.dispatcher)) == ("second_opinion", ends(2026, 4, 10))
    with pytest.raises(StageForbids):
        answered.do(answered.reporter, "rate", at(2026, 3, 11), solved=False)
    assert answered.do(answered.reporter, "rate_again", at(2026, 3, 11), solved=False).stage == "unsatisfied"
    card = answered.card(answered.reporter)
    assert (card.result, card.solved, card.actions) == ("closed", False, ())


@pytest.mark.parametrize(("score", "stage", "solved"), [(5, "closed", True), (3, "closed", True), (1, "again", False)])
def test_one_word_of_the_deputys_is_the_whole_verdict(cast: Cast, answered: Case, score: int, stage: str, solved: bool):
    assert answered.do(answered.reporter, "rate", at(2026, 2, 10), satisfied=score).stage == stage
    card = answered.card(cast.dispatcher, at(2026, 2, 10))
    assert (card.solved, card.satisfied) == (solved, score)
    assert card.timeline[-1].detail["scored"] == {5: "满意", 3: "基本满意", 1: "不满意"}[score]


@pytest.mark.parametrize(
    "given", [{"satisfied": 4}, {"satisfied": 5, "solved": False}, {"satisfied": 1, "solved": True}]
)
def test_a_word_that_there_is_not_or_that_contradicts_is_refused(cast: Cast, answered: Case, given: dict[str, Any]):
    with pytest.raises(FieldsWrong):
        answered.do(answered.reporter, "rate", at(2026, 2, 10), **given)


def test_staff_who_write_it_down_are_asked_the_same(cast: Cast, answered: Case):
    rate = next(choice for choice in answered.card(cast.dispatcher, at(2026, 2, 10)).actions if choice.code == "rate")
    assert [(spec.code, needed) for spec, needed in rate.fields] == [
        ("satisfied", True),
        ("ground", False),
        ("words", False),
    ]


def test_a_deputy_who_is_satisfied_the_second_time_closes_it(cast: Cast, answered: Case):
    answered.do(answered.reporter, "rate", at(2026, 2, 10), solved=False)
    answered.do(cast.handler, "reply_again", at(2026, 3, 1), reply="已实施。")
    assert answered.do(cast.dispatcher, "rate_again", at(2026, 3, 4), solved=True).stage == "closed"


def test_who_handled_it_does_not_write_down_the_deputys_word(cast: Cast, answered: Case):
    with pytest.raises((SamePerson, RoleForbids)):
        answered.do(cast.handler, "rate", at(2026, 2, 10), solved=True)


def test_another_unit_is_asked_for_once(cast: Cast, suggestion: Case):
    back: dict[str, Any] = {"ground": "return.not-our-duty", "words": "属城管职责"}
    suggestion.do(cast.dispatcher, "dispatch", GIVEN, lead=cast.handler.unit_id)
    assert suggestion.do(cast.handler, "hand_back", at(2025, 11, 24), **back).stage == "reported"
    suggestion.do(cast.dispatcher, "dispatch", at(2025, 11, 25), lead=cast.second_handler.unit_id)
    with pytest.raises(LimitReached, match="已申请改办1次"):
        suggestion.do(cast.second_handler, "hand_back", at(2025, 11, 26), **back)
    suggestion.do(cast.second_handler, "take", at(2025, 11, 26))
    assert suggestion.due(cast.second_handler) == ends(2026, 2, 25)  # three months from the day it was given


def test_who_helps_has_a_month_and_the_lead_answers_for_all(cast: Cast, handled: Case):
    """A month from Thursday, 20 November, is Saturday, 20 December: Monday, the 22nd (《代表法》 counts calendar months)."""

    def share(state: str = "") -> tuple[str, datetime | None]:
        found = next(row for row in handled.card(cast.handler).shares if row.part == "co")
        return found.state, found.due_at

    assert share() == ("waiting", ends(2025, 12, 22))
    with pytest.raises(HelpersOpen, match="城市管理"):
        handled.do(cast.handler, "reply", at(2025, 12, 1), reply="已办。")
    handled.do(cast.handler, "urge_helper", at(2025, 12, 1), helper=str(cast.second_handler.unit_id), words="请尽快")
    handled.do(cast.second_handler, "respond_helper", at(2025, 12, 2), words="本周给出意见")
    back: dict[str, Any] = {"ground": "return.not-our-duty", "words": "不归我局"}
    handled.do(cast.second_handler, "assist_back", at(2025, 12, 3), **back)
    handled.do(cast.handler, "involve", at(2025, 12, 4), co=[cast.second_handler.unit_id], words="涉及占道")
    with pytest.raises(ReturnedBefore):
        handled.do(cast.second_handler, "assist_back", at(2025, 12, 5), **back)
    handled.do(cast.handler, "excuse", at(2026, 1, 20), helper=str(cast.second_handler.unit_id), words="已电话商定")
    assert handled.do(cast.handler, "reply", at(2026, 1, 21), reply="已办。").stage == "opinion"


def test_the_deputy_reads_the_joint_opinion_that_the_lead_includes(cast: Cast, handled: Case):
    handled.do(cast.second_handler, "assist_done", at(2025, 12, 5), words="会办意见：同意增设")
    include = [str(cast.second_handler.unit_id)]
    handled.do(cast.handler, "reply", at(2025, 12, 8), reply="已列入计划。", include=include)
    assert "会办意见：同意增设" in {share.words for share in handled.card(handled.reporter).shares}


def test_what_is_no_suggestion_is_said_with_its_ground(cast: Cast, suggestion: Case):
    given: dict[str, Any] = {"ground": "refuse.not-a-suggestion", "words": "属个人案件"}
    assert suggestion.do(cast.dispatcher, "refuse", **given).stage == "refused"


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("take", {}),
        ("reply", {"reply": "好"}),
        ("rate", {"solved": True}),
        ("reply_again", {"reply": "好"}),
        ("rate_again", {"solved": True}),
    ],
)
def test_nothing_goes_out_of_order(cast: Cast, suggestion: Case, action: str, fields: dict[str, Any]):
    for actor in (cast.dispatcher, cast.handler, suggestion.reporter):
        with pytest.raises(DomainError):
            suggestion.do(actor, action, **fields)
    assert suggestion.card(cast.dispatcher).stage == "reported"
