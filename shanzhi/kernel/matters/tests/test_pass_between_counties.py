"""A matter that lies in another county: that county's centre takes it over or refuses; refused twice, the city rules."""

from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Ask, Clock, Matter, Precedent
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import (
    FieldsMissing,
    FieldsWrong,
    LimitReached,
    NotForThisLevel,
    RoleForbids,
    StageForbids,
)
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.kind_support import of_unit, taken_in
from tests.city import NOW, Cast
from tests.desks import do, may, refused

pytestmark = pytest.mark.django_db

CATEGORY = "housing.property-service"
HERE, THERE = "370303009006", "370306100200"
WHY: dict[str, Any] = {
    "to_region": THERE,
    "ground": "cross.wrong-county",
    "words": "小区在周村区北郊镇，门牌是周村区的",
}
NO: dict[str, Any] = {"ground": "not-taken.not-here", "words": "实地看过，围墙外是张店区"}


def reported(region: str = HERE) -> Reported:
    with acting(ANYONE):
        new = NewReport(body="小区门口的井盖松了", title="井盖", region_code=region, contact_phone="13812345678")
        return operations.report(new=new, actor=ANYONE, now=NOW)


@pytest.fixture
def sender() -> Actor:
    return of_unit("centre-370303", "dispatcher")


@pytest.fixture
def handled(cast: Cast, sender: Actor) -> Reported:
    """In hand in the first county."""
    matter = reported()
    do(sender, matter, "accept", category=CATEGORY)
    do(sender, matter, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, matter, "take")
    return matter


def sees(actor: Actor, matter: Reported) -> bool:
    with acting(actor):
        return queries.matter_id_of_number(matter.number) is not None


def row(actor: Actor, matter: Reported) -> tuple[str, str, int, int | None]:
    with acting(actor):
        found = Matter.objects.get(pk=matter.matter_id)
    return found.stage, found.scope_code, found.intake_unit_id, found.holder_unit_id


def test_another_county_is_given_nothing_without_being_asked(cast: Cast, sender: Actor):
    matter = reported()
    refused(FieldsWrong, "请用“跨区县移交”", sender, matter, "correct", region=THERE)
    refused(FieldsWrong, "请用“跨区县移交”", sender, matter, "accept", region=THERE, category=CATEGORY)
    with acting(sender), pytest.raises(ProgrammingError), transaction.atomic():
        Matter.objects.filter(pk=matter.matter_id).update(scope_code=THERE)
    with acting(cast.neighbour_dispatcher):
        assert Matter.objects.filter(pk=matter.matter_id).update(scope_code=THERE) == 0
    # The city stands for both, and corrects.
    assert do(cast.dispatcher, matter, "correct", region=THERE).stage == "reported"


@pytest.mark.parametrize("action", ["refuse", "withdraw", "link", "split", "reply"])
def test_who_was_asked_is_asked_no_more_once_the_matter_is_gone(
    cast: Cast, sender: Actor, handled: Reported, action: str
):
    """However the matter leaves the stages in which it can be taken over: nothing waits in the other county's list."""
    parts = [{"about": "井盖松了", "category": CATEGORY}, {"about": "路灯不亮", "category": CATEGORY}]
    how: dict[str, tuple[Actor, dict[str, Any]]] = {
        "refuse": (sender, {"ground": "refuse.no-content", "words": "没有说清"}),
        "withdraw": (Actor(follow=(handled.follow_hash,)), {}),
        "link": (sender, {"same_as": handled.number}),
        "split": (sender, {"lead": cast.handler.unit_id, "parts": parts}),
        "reply": (cast.handler, {"reply": "已更换"}),
    }
    matter = handled
    if action in ("refuse", "link", "split"):
        matter = reported()
        do(sender, matter, "accept", category=CATEGORY)
    do(sender, matter, "ask_crossing", **WHY)
    there = cast.neighbour_dispatcher
    with acting(there):
        assert list(queries.crossings_wanted(there.unit_id or 0).rows.values_list("number", flat=True)) == [
            matter.number
        ]
    actor, fields = how[action]
    step = do(actor, matter, action, **fields).step
    with acting(there):
        assert not queries.crossings_wanted(there.unit_id or 0).rows.exists()
        assert list(Ask.objects.filter(matter_id=matter.matter_id).values_list("state", "decided_step")) == [
            ("dropped", step)
        ]
    refused(StageForbids, "", there, matter, "receive")


def test_the_ask_names_a_place_in_another_county_a_ground_and_words(cast: Cast, sender: Actor, handled: Reported):
    refused(FieldsMissing, "请填写", sender, handled, "ask_crossing", to_region=THERE, words="在周村")
    refused(FieldsMissing, "请填写", sender, handled, "ask_crossing", to_region=THERE, ground="cross.wrong-county")
    refused(FieldsWrong, "不用移交", sender, handled, "ask_crossing", **WHY | {"to_region": "370303008001"})
    refused(FieldsWrong, "没有中心可以接收", sender, handled, "ask_crossing", **WHY | {"to_region": "3703"})
    refused(FieldsWrong, "1项", sender, handled, "ask_crossing", **WHY | {"ground": "return.not-our-duty"})
    refused(RoleForbids, "", cast.handler, handled, "ask_crossing", **WHY)
    near = reported()
    refused(NotForThisLevel, "请先上报区县中心", cast.township_dispatcher, near, "ask_crossing", **WHY)
    assert "ask_crossing" not in may(cast.township_dispatcher, near)


def test_until_it_is_taken_over_the_sender_has_it_and_its_clock_runs(cast: Cast, sender: Actor, handled: Reported):
    before = row(sender, handled)
    assert not sees(cast.neighbour_dispatcher, handled)
    do(sender, handled, "ask_crossing", **WHY)
    assert row(sender, handled) == before
    assert sees(cast.neighbour_dispatcher, handled)
    refused(StageForbids, "已经提出", sender, handled, "ask_crossing", **WHY)
    refused(RoleForbids, "由收到申请的单位", sender, handled, "receive")
    refused(RoleForbids, "由收到申请的单位", cast.supervisor, handled, "receive")
    # Seeing it isn't handling it: nothing else is the receiver's to do, and its reporter's contact isn't.
    with acting(cast.neighbour_dispatcher):
        card = queries.card(handled.matter_id, actor=cast.neighbour_dispatcher, now=NOW)
    assert {choice.code for choice in card.actions} == {"receive", "refuse_crossing"}
    assert not card.may_reach
    do(cast.handler, handled, "contact", words="已电话联系")
    with acting(sender):
        assert Clock.objects.filter(matter_id=handled.matter_id, code="handle", stopped_at=None).count() == 1


def test_taken_over_place_centre_duty_and_sight_follow(cast: Cast, sender: Actor, handled: Reported):
    with acting(cast.supervisor):
        clock = Clock.objects.get(matter_id=handled.matter_id, code="handle", stopped_at=None)
    do(sender, handled, "ask_crossing", **WHY)
    other = of_unit("housing-construction-370306")
    assert not sees(other, handled)
    refused(FieldsWrong, "放在本区县", cast.neighbour_dispatcher, handled, "receive", region=HERE)
    done = do(cast.neighbour_dispatcher, handled, "receive", region="370306100201")
    # What was granted is no ruling: it makes no precedent.
    made = {"category": CATEGORY, "region_code": "370306100", "unit_id": of_unit("housing-construction-370306").unit_id}
    with acting(cast.neighbour_dispatcher), pytest.raises(ProgrammingError), transaction.atomic():
        Precedent.objects.create(
            matter_id=handled.matter_id, by_unit_id=cast.neighbour_dispatcher.unit_id or 0, ruled_at=NOW, **made
        )
    assert done.stage == "accepted"
    there = cast.neighbour_dispatcher.unit_id
    assert row(cast.neighbour_dispatcher, handled) == ("accepted", "370306100201", there, there)
    with acting(cast.supervisor):
        after = Clock.objects.get(matter_id=handled.matter_id, code="handle", stopped_at=None)
    assert (after.pk, after.due_at) == (clock.pk, clock.due_at)
    # Who took part keeps seeing it, and has nothing to do with it any more; who only stood over the place doesn't see it.
    for actor in (sender, cast.handler):
        with acting(actor):
            card = queries.card(handled.matter_id, actor=actor, now=NOW)
        assert ({choice.code for choice in card.actions} - {"note", "attach"}, card.may_reach) == (set(), False)
    assert not sees(cast.township_dispatcher, handled)
    assert not sees(cast.community_handler, handled)
    with acting(cast.neighbour_dispatcher):
        assert queries.card(handled.matter_id, actor=cast.neighbour_dispatcher, now=NOW).may_reach
    do(cast.neighbour_dispatcher, handled, "dispatch", lead=cast.neighbour_handler.unit_id)
    do(cast.neighbour_handler, handled, "take")
    reporter = Actor(follow=(handled.follow_hash,))
    with acting(reporter):
        told = queries.card(handled.matter_id, actor=reporter, now=NOW)
    assert "接收" in {entry.title for entry in told.timeline}
    assert "申请跨区县移交" not in {entry.title for entry in told.timeline}


def test_a_report_made_in_the_wrong_county_goes_over_before_anybody_accepts_it(cast: Cast, sender: Actor):
    matter = reported()
    do(sender, matter, "ask_crossing", **WHY)
    do(cast.neighbour_dispatcher, matter, "receive")
    assert row(cast.neighbour_dispatcher, matter)[:2] == ("accepted", THERE)


def test_refused_twice_the_city_rules_and_its_ruling_is_final(cast: Cast, sender: Actor, handled: Reported):
    refused(
        StageForbids, "请先申请移交", sender, handled, "ask_crossing_ruling", ground="return.not-our-duty", words="x"
    )
    for _ in range(2):
        do(sender, handled, "ask_crossing", **WHY)
        refused(FieldsMissing, "请填写", cast.neighbour_dispatcher, handled, "refuse_crossing", words="不在本区")
        do(cast.neighbour_dispatcher, handled, "refuse_crossing", **NO)
        assert row(sender, handled)[:2] == ("handling", HERE)
    refused(LimitReached, "请申请移交裁定", sender, handled, "ask_crossing", **WHY)
    do(sender, handled, "ask_crossing_ruling", ground="return.not-our-duty", words="门牌、产权都在周村区")
    refused(RoleForbids, "", cast.neighbour_dispatcher, handled, "rule_crossing", region=THERE, words="归我们")
    refused(FieldsWrong, "裁定由原区县办理", cast.supervisor, handled, "rule_crossing", region=HERE, words="归张店")
    done = do(cast.supervisor, handled, "rule_crossing", region=THERE, words="产权登记在周村区")
    there = cast.neighbour_dispatcher.unit_id
    assert (done.stage, row(cast.supervisor, handled)) == ("accepted", ("accepted", THERE, there, there))
    with acting(cast.supervisor):
        kept = Precedent.objects.get(matter_id=handled.matter_id)
        assert (kept.category, kept.region_code, kept.unit_id) == (CATEGORY, HERE[:9], there)
    # The next one of the kind there goes by the ruling: the desk says so, and the other county can't refuse it.
    later = reported()
    do(sender, later, "accept", category=CATEGORY)
    with acting(sender):
        assert queries.triage_hint(later.matter_id, now=NOW).ruled_county == "周村区社会治安综合治理中心"
        assert queries.suggested_unit(CATEGORY, HERE, NOW) == cast.handler.unit_id
    do(sender, later, "ask_crossing", **WHY)
    refused(LimitReached, "请接收", cast.neighbour_dispatcher, later, "refuse_crossing", **NO)
    assert {"receive", "refuse_crossing"} & may(cast.neighbour_dispatcher, later) == {"receive"}
    back = WHY | {"to_region": HERE}
    refused(LimitReached, "裁定是终局的", cast.neighbour_dispatcher, handled, "ask_crossing", **back)
    assert sees(sender, handled)


def test_ruled_for_the_sender_it_stays_and_nobody_asks_again(cast: Cast, sender: Actor, handled: Reported):
    for _ in range(2):
        do(sender, handled, "ask_crossing", **WHY)
        do(cast.neighbour_dispatcher, handled, "refuse_crossing", **NO)
    do(sender, handled, "ask_crossing_ruling", ground="return.not-our-duty", words="门牌、产权都在周村区")
    do(cast.supervisor, handled, "decline_crossing_ruling", words="界线图第12页，在张店区")
    refused(LimitReached, "裁定是终局的", sender, handled, "ask_crossing", **WHY)
    assert row(sender, handled)[:2] == ("handling", HERE)


def test_the_database_lets_nobody_take_or_push_a_county_s_matter(cast: Cast, sender: Actor, handled: Reported):
    """Whoever writes past the operations: an answer that was never given, one for another county, an intake that isn't theirs."""
    there = cast.neighbour_dispatcher.unit_id
    do(sender, handled, "ask_crossing", **WHY)
    rows = Matter.objects.filter(pk=handled.matter_id)
    with acting(cast.neighbour_dispatcher):
        for change in (
            {"scope_code": THERE},
            {"intake_unit_id": there},
            {"scope_code": THERE, "intake_unit_id": there},
        ):
            with pytest.raises(ProgrammingError), transaction.atomic():
                rows.update(**change)
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        rows.update(intake_unit_id=there)
    with acting(sender):
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.update(scope_code=THERE)
        with pytest.raises(ProgrammingError), transaction.atomic():
            rows.update(intake_unit_id=cast.handler.unit_id)
        with pytest.raises(ProgrammingError), transaction.atomic():
            Ask.objects.filter(matter_id=handled.matter_id, state="open").update(state="granted", decided_at=NOW)


def test_the_lead_goes_to_no_unit_of_another_county_without_its_centre(cast: Cast, sender: Actor):
    """By no door: not while nobody was asked, and not after that county's centre refused."""
    matter, other = reported(), cast.neighbour_handler.unit_id
    do(sender, matter, "accept", category=CATEGORY)
    for _ in range(2):
        refused(FieldsWrong, "请用“申请跨区县移交”", sender, matter, "dispatch", lead=other)
        do(sender, matter, "ask_crossing", **WHY)
        do(cast.neighbour_dispatcher, matter, "refuse_crossing", **NO)
    refused(FieldsWrong, "请用“申请跨区县移交”", sender, matter, "dispatch", lead=other)
    # It may help; and the lead goes to the own county or to the city's level.
    do(sender, matter, "dispatch", lead=cast.handler.unit_id, co=[other])
    refused(FieldsWrong, "请用“申请跨区县移交”", sender, matter, "transfer", lead=other)
    assert do(sender, matter, "transfer", lead=of_unit("housing-construction-3703").unit_id).stage == "dispatched"


def test_a_county_s_supervisor_keeps_it_in_the_county_and_the_city_gives_it_anywhere(cast: Cast, sender: Actor):
    supervisor, other = of_unit("centre-370303", "supervisor"), cast.neighbour_handler.unit_id
    matter = reported()
    do(cast.dispatcher, matter, "accept", category=CATEGORY)
    do(sender, matter, "dispatch", lead=cast.handler.unit_id)
    refused(FieldsWrong, "请用“申请跨区县移交”", supervisor, matter, "transfer", lead=other)
    assert do(cast.dispatcher, matter, "transfer", lead=other).stage == "dispatched"


def test_an_incident_of_a_county_is_entrusted_to_no_other(cast: Cast, sender: Actor):
    incident = taken_in("incident", sender)
    refused(FieldsWrong, "请联系市级中心", sender, incident.made, "dispatch", lead=cast.neighbour_handler.unit_id)
