"""信访: from its registration to the end of the re-review, by the Regulations of 2022.

All dates are worked out by hand. NOW is Tuesday, 18 November 2025, 10:30; the Spring Festival of 2026 is off from 15 to
23 February.
"""

from typing import Any

import pytest

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.policy.process import (
    ClockRunOut,
    FieldsMissing,
    FieldsWrong,
    LimitReached,
    RoleForbids,
    SamePerson,
)
from shanzhi.kernel.matters.tests.kind_support import Case, at, ends, of_unit, taken_in
from tests.city import Cast

pytestmark = pytest.mark.django_db

WHY: dict[str, Any] = {"ground": "extend.complex", "words": "要调阅多年档案", "more_time": "30sd"}


@pytest.fixture
def petition(cast: Cast) -> Case:
    """A petition that was handed in at the window."""
    return taken_in("petition", cast.dispatcher)


@pytest.fixture
def handled(cast: Cast, petition: Case) -> Case:
    """A petition in the hands of the county's housing department."""
    petition.do(cast.dispatcher, "accept")
    petition.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    petition.do(cast.handler, "take")
    return petition


@pytest.fixture
def replied(cast: Cast, handled: Case) -> Case:
    """A petition that was answered on Monday, 1 December."""
    handled.do(cast.handler, "reply", at(2025, 12, 1), reply="经查属实，已责成物业维修。")
    return handled


def reviewer() -> Actor:
    """The city's housing department, above the county's."""
    return of_unit("housing-construction-3703")


def refused(error: type[DomainError], case: Case, actor: Actor, action: str, *when, **fields: Any) -> str:
    with pytest.raises(error) as found:
        case.do(actor, action, *when, **fields)
    return found.value.sentence()


def test_it_is_answered_within_15_days_and_handled_within_60_of_acceptance(cast: Cast, petition: Case):
    assert petition.due(cast.dispatcher) == ends(2025, 12, 3)  # 18.11. + 15, a Wednesday
    petition.do(cast.dispatcher, "accept", at(2025, 11, 20))
    petition.do(cast.dispatcher, "dispatch", at(2025, 11, 20), lead=cast.handler.unit_id)
    assert petition.do(cast.handler, "take", at(2025, 11, 21)).stage == "handling"
    # to 30.11. 10, December 31 = 41, 19.1. = 60, a Monday; from the acceptance, whoever holds it
    assert petition.due(cast.handler) == ends(2026, 1, 19)


def test_it_is_passed_on_within_15_days_of_receipt_however_late_it_was_accepted(cast: Cast, petition: Case):
    petition.do(cast.dispatcher, "accept", at(2025, 12, 3))
    # The stage itself would have three working days; article 22 has fifteen from the receipt.
    assert petition.due(cast.dispatcher, at(2025, 12, 3)) == ends(2025, 12, 3)
    petition.do(cast.dispatcher, "dispatch", at(2025, 12, 3), lead=cast.handler.unit_id)
    petition.do(cast.handler, "hand_back", at(2025, 12, 5), ground="return.not-our-duty", words="不归我局")
    # Given back, the three working days of the stage are the sooner.
    assert petition.due(cast.dispatcher, at(2025, 12, 5)) == ends(2025, 12, 10)


def test_it_goes_through_review_and_re_review_and_is_ended(cast: Cast, replied: Case):
    assert replied.due(cast.dispatcher) == ends(2025, 12, 31)  # 1.12. + 30
    assert replied.do(replied.reporter, "appeal", at(2025, 12, 15), words="答复没有回应赔偿").stage == "appealed"
    assert replied.due(cast.dispatcher) == ends(2026, 1, 14)  # to 31.12. 16, 14.1. = 30
    replied.do(cast.dispatcher, "dispatch_review", at(2025, 12, 16), lead=reviewer().unit_id)
    assert replied.due(reviewer()) == ends(2026, 1, 14)
    replied.do(reviewer(), "review", at(2026, 1, 14), reply="维持原答复意见。")
    assert replied.due(cast.dispatcher) == ends(2026, 2, 13)  # to 31.1. 17, 13.2. = 30, the last day before the holiday
    assert replied.do(replied.reporter, "appeal_again", at(2026, 2, 13), words="仍不服").stage == "reappealed"
    assert replied.due(cast.dispatcher) == ends(2026, 3, 16)  # to 28.2. 15, 15.3. = 30, a Sunday; Monday
    done = replied.do(cast.dispatcher, "record_recheck", at(2026, 3, 10), reply="省级复核：维持复查意见。")
    assert done.stage == "ended"
    card = replied.card(replied.reporter)
    assert (card.result, card.due_at, card.actions) == ("closed", None, ())
    assert [entry.detail.get("reply") or entry.reply for entry in card.timeline if entry.reply][-1].startswith(
        "省级复核"
    )


def way(case: Case, actor: Actor) -> str:
    """Its own way: the stages gone, the present one in brackets, those left."""
    return " ".join(f"[{name}]" if state == "now" else name for name, state in case.card(actor).stages)


def test_its_page_shows_its_own_way(cast: Cast, petition: Case):
    assert way(petition, cast.dispatcher) == "[待受理] 待转送 待签收 办理中 已答复，可请求复查 已办结"
    petition.do(cast.dispatcher, "take_advice")
    assert way(petition, cast.dispatcher) == "待受理 [建议待转送] 建议研究中 建议已回复"


def test_its_page_shows_the_review_once_it_was_asked_for(cast: Cast, replied: Case):
    gone = "待受理 待转送 待签收 办理中 "
    assert way(replied, replied.reporter) == gone + "[已答复，可请求复查] 已办结"
    replied.do(replied.reporter, "appeal", at(2025, 12, 15), words="不服")
    assert way(replied, replied.reporter) == (gone + "已答复，可请求复查 [待安排复查] 复查中 已复查，可请求复核 已办结")
    replied.do(replied.reporter, "withdraw", at(2025, 12, 16))
    assert way(replied, replied.reporter) == gone + "已答复，可请求复查 待安排复查 [已撤回]"


def test_a_review_is_asked_for_within_30_days(cast: Cast, replied: Case):
    assert "appeal" in replied.can(replied.reporter, ends(2025, 12, 31))
    late = at(2026, 1, 1, 0, 0)  # the 31st day
    assert refused(ClockRunOut, replied, replied.reporter, "appeal", late, words="不服") == (
        "“请求复查”的期限已过，不能再提。"
    )
    assert "appeal" not in replied.can(replied.reporter, late)
    assert "appeal" not in replied.can(cast.dispatcher, late)


def test_in_the_last_minute_it_is_in_time(cast: Cast, replied: Case):
    assert replied.do(cast.dispatcher, "appeal", ends(2025, 12, 31), words="书面请求").stage == "appealed"


def test_who_handled_it_reviews_nothing(cast: Cast, replied: Case):
    replied.do(replied.reporter, "appeal", at(2025, 12, 15), words="不服")
    said = refused(
        FieldsWrong, replied, cast.dispatcher, "dispatch_review", at(2025, 12, 16), lead=cast.handler.unit_id
    )
    assert said.startswith("该单位办理过这件事项")
    replied.do(cast.dispatcher, "dispatch_review", at(2025, 12, 16), lead=reviewer().unit_id)
    refused(RoleForbids, replied, cast.handler, "review", at(2025, 12, 17), reply="维持")
    replied.do(reviewer(), "review", at(2025, 12, 18), reply="维持。")
    replied.do(replied.reporter, "appeal_again", at(2025, 12, 19), words="不服")
    refused(FieldsWrong, replied, cast.dispatcher, "dispatch_recheck", at(2025, 12, 20), lead=reviewer().unit_id)


def test_a_person_who_handled_it_does_not_record_the_review(cast: Cast, petition: Case):
    """The centre handled it itself: another of its people enters what the level above decided."""
    petition.do(cast.dispatcher, "accept")
    own = of_unit("housing-construction-370303")
    petition.do(cast.dispatcher, "dispatch", lead=own.unit_id)
    petition.do(own, "take")
    petition.do(own, "reply", at(2025, 12, 1), reply="已答复。")
    petition.do(petition.reporter, "appeal", at(2025, 12, 2), words="不服")
    both = Actor(**{name: getattr(cast.dispatcher, name) for name in Actor.__slots__} | {"staff_id": own.staff_id})
    refused(SamePerson, petition, both, "record_review", at(2025, 12, 3), reply="维持")
    assert petition.do(cast.dispatcher, "record_review", at(2025, 12, 3), reply="维持").stage == "reviewed"


def test_the_head_of_the_handling_unit_grants_30_days_once(cast: Cast, petition: Case):
    own, head = reviewer(), of_unit("housing-construction-3703", seat=1)
    petition.do(cast.dispatcher, "accept")
    petition.do(cast.dispatcher, "dispatch", lead=own.unit_id)
    petition.do(own, "take")
    with pytest.raises(FieldsWrong):
        petition.do(own, "ask_extension", at(2026, 1, 5), **(WHY | {"more_time": "60sd"}))
    petition.do(own, "ask_extension", at(2026, 1, 5), **WHY)
    refused(SamePerson, petition, own, "grant_extension", at(2026, 1, 6))
    refused(RoleForbids, petition, cast.supervisor, "grant_extension", at(2026, 1, 6))
    petition.do(head, "grant_extension", at(2026, 1, 6))
    # 18.11. + 60 = 17.1., a Saturday, so Monday 19.1.; from it to 31.1. 12, 18.2. = 30, in the holiday; 24.2.
    assert petition.due(own) == ends(2026, 2, 24)
    refused(LimitReached, petition, own, "ask_extension", at(2026, 1, 7), **WHY)


def test_where_nobody_else_is_in_the_unit_the_level_above_grants(cast: Cast, handled: Case):
    handled.do(cast.handler, "ask_extension", at(2026, 1, 5), **WHY)
    refused(RoleForbids, handled, cast.handler, "grant_extension", at(2026, 1, 6))
    handled.do(cast.supervisor, "grant_extension", at(2026, 1, 6))
    assert handled.due(cast.handler) == ends(2026, 2, 24)


def test_a_hearing_is_not_counted_in_the_re_review(cast: Cast, replied: Case):
    replied.do(replied.reporter, "appeal", at(2025, 12, 15), words="不服")
    replied.do(cast.dispatcher, "record_review", at(2025, 12, 22), reply="维持")
    replied.do(replied.reporter, "appeal_again", at(2026, 1, 5), words="不服")
    replied.do(cast.dispatcher, "dispatch_recheck", at(2026, 1, 5), lead=reviewer().unit_id)
    assert replied.due(reviewer()) == ends(2026, 2, 4)  # 5.1. + 30
    hearing: dict[str, Any] = {"ground": "pause.hearing", "words": "二十日举行听证", "until": "2026-01-25"}
    replied.do(reviewer(), "ask_hearing", at(2026, 1, 12), **hearing)
    replied.do(of_unit("housing-construction-3703", seat=1), "grant_hearing", at(2026, 1, 12))
    replied.do(reviewer(), "resume", at(2026, 1, 22))
    assert replied.due(reviewer()) == ends(2026, 2, 14)  # ten days later: a make-up Saturday, worked
    assert replied.do(reviewer(), "recheck", at(2026, 2, 10), reply="维持复查意见。").stage == "ended"


def test_more_time_is_not_asked_for_after_the_time(cast: Cast, handled: Case):
    refused(ClockRunOut, handled, cast.handler, "ask_extension", at(2026, 1, 20), **WHY)


def test_accusations_and_what_has_a_lawful_path_leave_at_once(cast: Cast, petition: Case):
    refused(FieldsMissing, petition, cast.dispatcher, "forward")
    assert petition.do(cast.dispatcher, "forward", organ="纪检监察机关").stage == "forwarded"
    other = taken_in("petition", cast.dispatcher)
    refused(FieldsMissing, other, cast.dispatcher, "guide", path="仲裁")
    assert other.do(cast.dispatcher, "guide", path="仲裁", words="劳动争议，请向仲裁委申请").stage == "guided"


def test_advice_is_studied_and_answered(cast: Cast, petition: Case):
    assert petition.do(cast.dispatcher, "take_advice").stage == "advice"
    petition.do(cast.dispatcher, "dispatch_advice", lead=cast.handler.unit_id)
    assert petition.due(cast.handler) == ends(2026, 1, 19)
    assert petition.do(cast.handler, "reply_advice", reply="建议已采纳。").stage == "advised"


NOT_OURS: dict[str, Any] = {"ground": "return.not-our-duty", "words": "三定规定第五条：不归我局"}


@pytest.fixture
def given_back(cast: Cast, petition: Case) -> Case:
    """Advice that two units gave back, and that the first one has again."""
    petition.do(cast.dispatcher, "take_advice")
    for actor in (cast.handler, cast.second_handler):
        petition.do(cast.dispatcher, "dispatch_advice", lead=actor.unit_id)
        petition.do(actor, "hand_back_advice", **NOT_OURS)
    petition.do(cast.dispatcher, "dispatch_advice", lead=cast.handler.unit_id)
    return petition


def test_advice_that_nobody_wants_is_ruled_on(cast: Cast, given_back: Case):
    said = refused(LimitReached, given_back, cast.handler, "hand_back_advice", **NOT_OURS)
    assert "请提请决定" in said
    given_back.do(cast.handler, "ask_ruling", **NOT_OURS)
    done = given_back.do(cast.supervisor, "rule_advice", lead=cast.second_handler.unit_id, words="属城管职责")
    assert done.stage == "studying"
    assert "终局" in refused(LimitReached, given_back, cast.second_handler, "hand_back_advice", **NOT_OURS)
    assert given_back.do(cast.second_handler, "reply_advice", reply="建议已采纳。").stage == "advised"


def test_advice_is_ruled_to_stay_with_the_unit_that_has_it(cast: Cast, given_back: Case):
    given_back.do(cast.handler, "ask_ruling", **NOT_OURS)
    given_back.do(cast.supervisor, "decline_ruling", words="由你局研究")
    assert "终局" in refused(LimitReached, given_back, cast.handler, "hand_back_advice", **NOT_OURS)
    assert given_back.do(cast.handler, "reply_advice", reply="建议已采纳。").stage == "advised"


def test_a_review_that_went_to_the_wrong_unit_twice_is_passed_on(cast: Cast, replied: Case):
    replied.do(replied.reporter, "appeal", at(2025, 12, 15), words="不服")
    first, second = of_unit("urban-management-3703"), reviewer()
    replied.do(cast.dispatcher, "dispatch_review", at(2025, 12, 16), lead=cast.second_handler.unit_id)
    replied.do(cast.second_handler, "hand_back_review", at(2025, 12, 16), **NOT_OURS)
    replied.do(cast.dispatcher, "dispatch_review", at(2025, 12, 17), lead=first.unit_id)
    assert "请与受理派单员联系" in refused(
        LimitReached, replied, first, "hand_back_review", at(2025, 12, 17), **NOT_OURS
    )
    when = at(2025, 12, 18)
    said = refused(FieldsWrong, replied, cast.dispatcher, "transfer_review", when, lead=cast.handler.unit_id)
    assert said.startswith("该单位办理过这件事项")
    replied.do(cast.dispatcher, "transfer_review", when, lead=second.unit_id, words="由市住建局复查")
    assert replied.due(second) == ends(2026, 1, 14)  # 15.12. + 30: from the request, whoever reviews
    assert replied.do(second, "review", at(2026, 1, 10), reply="维持原答复意见。").stage == "reviewed"


def test_what_was_ended_is_not_taken_up_again(cast: Cast, petition: Case):
    words = "复核意见已于去年送达"
    done = petition.do(cast.dispatcher, "refuse", ground="refuse.petition-ended", words=words)
    assert (done.stage, petition.card(petition.reporter).result) == ("refused", "refused")


@pytest.mark.parametrize(
    ("action", "fields"),
    [
        ("reply", {"reply": "好"}),
        ("appeal", {"words": "不服"}),
        ("record_review", {"reply": "维持"}),
        ("appeal_again", {"words": "不服"}),
        ("recheck", {"reply": "维持"}),
    ],
)
def test_nothing_goes_out_of_order(cast: Cast, petition: Case, action: str, fields: dict[str, Any]):
    for actor in (cast.dispatcher, cast.handler, petition.reporter):
        with pytest.raises(DomainError):
            petition.do(actor, action, **fields)
    assert petition.card(cast.dispatcher).stage == "reported"


def test_nobody_else_reads_a_petition(cast: Cast, petition: Case):
    for actor in (cast.neighbour_dispatcher, cast.handler, cast.grid_worker):
        with pytest.raises(DomainError):
            petition.card(actor)
