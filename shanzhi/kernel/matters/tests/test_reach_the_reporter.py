"""Who opens the contact: whoever has to do with the matter now, and nobody else who sees it."""

from datetime import timedelta

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.policy.duty import NoDuty, may_reach_reporter
from shanzhi.kernel.matters.policy.process import Owner
from shanzhi.kernel.matters.tests.page_support import handed_to, page, reported, signed_in
from tests.city import NOW, Cast
from tests.desks import do

pytestmark = pytest.mark.django_db
EVERYBODY = (
    "dispatcher second_dispatcher checker supervisor handler second_handler neighbour_dispatcher neighbour_handler"
    " keeper security_officer auditor"
).split()


def may(cast: Cast, made, part: str) -> bool:
    """Does a click with a reason open the contact? The card, the page's form and the rows have to agree."""
    actor: Actor = getattr(cast, part)
    with acting(actor):
        try:
            told = queries.card(made.matter_id, actor=actor, now=NOW)
        except MatterNotFound:
            with pytest.raises(MatterNotFound):
                operations.reveal_contact(matter_id=made.matter_id, reason="visit", actor=actor, now=NOW)
            return False
        if not told.has_contact:
            assert not told.has_originals
            with pytest.raises(NoDuty, match="不由您办理"):
                operations.reveal_contact(matter_id=made.matter_id, reason="visit", actor=actor, now=NOW)
            return False
        found = operations.reveal_contact(matter_id=made.matter_id, reason="visit", actor=actor, now=NOW)
    assert found["phone"] == "13812345678"
    return True


def who(cast: Cast, made) -> set[str]:
    return {part for part in EVERYBODY if may(cast, made, part)}


def test_it_follows_the_matter_from_desk_to_desk(cast: Cast):
    made = reported()
    reporter = Actor(follow=(made.follow_hash,))
    triage = {"dispatcher", "second_dispatcher", "supervisor"}
    assert who(cast, made) == triage
    do(cast.dispatcher, made, "accept", category="housing.property-service")
    assert who(cast, made) == triage
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    assert who(cast, made) == {"handler", "second_handler", "supervisor"}
    do(cast.handler, made, "take")
    do(cast.second_handler, made, "assist_done", words="已配合")
    assert who(cast, made) == {"handler", "supervisor"}
    do(cast.handler, made, "reply", reply="已修好")
    assert who(cast, made) == {"handler", "checker", "supervisor"}
    do(cast.checker, made, "check_pass")
    assert who(cast, made) == {"handler", "supervisor"}
    do(reporter, made, "rate", solved=True)
    assert who(cast, made) == {"supervisor"}


def test_it_forgets_whom_a_matter_was_taken_from(cast: Cast):
    made = handed_to(cast.handler, cast.dispatcher, reported())
    do(cast.dispatcher, made, "transfer", lead=cast.second_handler.unit_id)
    assert who(cast, made) == {"second_handler", "supervisor"}
    do(cast.second_handler, made, "hand_back", ground="return.not-our-duty", words="不归本单位")
    assert who(cast, made) == {"dispatcher", "second_dispatcher", "supervisor"}


def test_it_says_on_the_page_why_there_is_no_button(cast: Cast):
    made = handed_to(cast.handler, cast.dispatcher, reported())
    assert "查看联系方式" in page(signed_in("handler").get(f"/m/{made.number}/"))
    html = page(signed_in("dispatcher").get(f"/m/{made.number}/"))
    assert "现在不由您办理" in html
    assert "查看联系方式</" not in html
    answer = signed_in("dispatcher").post(f"/m/{made.number}/reveal/", {"what": "contact", "reason": "visit"})
    assert answer.status_code == 403
    assert "13812345678" not in page(answer)


def test_it_journals_no_reading_that_was_refused(cast: Cast):
    made = handed_to(cast.handler, cast.dispatcher, reported())
    signed_in("dispatcher").post(f"/m/{made.number}/reveal/", {"what": "contact", "reason": "visit"})
    with acting(cast.handler):
        card = queries.card(made.matter_id, actor=cast.handler, now=NOW + timedelta(minutes=1))
    assert "vault.read" not in {row.action for row in card.timeline}


@pytest.mark.parametrize("owner", [*Owner, None])
@pytest.mark.parametrize("role", ["keeper", "security_officer", "auditor"])
def test_it_gives_an_administrator_nothing_whatever_else_is_so(role, owner):
    assert not may_reach_reporter(role, owner, has_open_share=True, is_intake=True, is_in_range=True)


@pytest.mark.parametrize("role", ["grid_worker", "grid_chief", "handler", "mediator"])
def test_it_goes_by_the_units_share_and_not_by_place(role):
    for owner in (Owner.LEAD, Owner.CHECKER, Owner.REPORTER):
        assert may_reach_reporter(role, owner, has_open_share=True, is_intake=False, is_in_range=False)
        assert not may_reach_reporter(role, owner, has_open_share=False, is_intake=True, is_in_range=True)
    assert not may_reach_reporter(role, None, has_open_share=True, is_intake=True, is_in_range=True)
