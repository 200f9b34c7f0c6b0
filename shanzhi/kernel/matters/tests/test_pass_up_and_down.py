"""Up a level, down a level, and to whom it may go at all: what a department must do reaches no community by any door."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Clock, Matter
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.dispatching import known_for
from shanzhi.kernel.matters.policy.dispatching import case_of, find_faults
from shanzhi.kernel.matters.policy.duty import Signed, answerable, departments_duty, first_acceptor
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, NobodyAbove, NotForThisLevel
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.matters.tests.kind_support import of_unit, taken_in
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW, Cast
from tests.desks import do, may, refused

pytestmark = pytest.mark.django_db

DEPARTMENTS = "housing.property-service"
PLACE = "370303009006"
NOT_OURS: dict[str, Any] = {"ground": "return.not-our-duty", "words": "三定规定第五条：不归我局"}
NEAR: dict[str, Any] = {"ground": "hand-down.small-and-near", "words": "就在社区门口，当天能办"}


def unit(code: str) -> int:
    found = organisation.unit_by_code(code, NOW.date())
    assert found is not None, code
    return found.id


def accepted(cast: Cast, category: str = "", now: Any = NOW) -> Reported:
    with acting(ANYONE):
        new = NewReport(body="村口的路坑坑洼洼", title="路", region_code=PLACE)
        matter = operations.report(new=new, actor=ANYONE, now=now)
    given: dict[str, Any] = {"category": category} if category else {}
    do(of_unit("centre-370303", "dispatcher"), matter, "accept", **given)
    return matter


def after(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def intake(actor: Actor, matter: Reported) -> tuple[str, int]:
    with acting(actor):
        found = Matter.objects.get(pk=matter.matter_id)
    return found.stage, found.intake_unit_id


@pytest.fixture
def county() -> Actor:
    return of_unit("centre-370303", "dispatcher")


# -- up --------------------------------------------------------------------------------------------------------------


def test_a_township_escalates_to_the_county_centre_and_the_county_to_the_city(cast: Cast, county: Actor):
    matter = accepted(cast)
    before = intake(cast.supervisor, matter)
    assert before == ("accepted", unit("centre-3703"))
    do(cast.township_dispatcher, matter, "escalate", words="要两个街道一起办")
    assert intake(cast.supervisor, matter) == ("accepted", unit("centre-370303"))
    assert "escalate" in may(county, matter)
    do(county, matter, "escalate", words="要市级部门来办")
    assert intake(cast.supervisor, matter) == ("accepted", unit("centre-3703"))
    refused(NobodyAbove, "最高一级", cast.dispatcher, matter, "escalate", words="再往上")
    # No button that could only refuse.
    assert "escalate" not in may(cast.dispatcher, matter)


def test_a_township_that_has_it_escalates_and_the_clock_runs_on(cast: Cast, county: Actor):
    matter = accepted(cast)
    do(county, matter, "hand_down", lead=unit("township-370303009"), **NEAR)
    township = of_unit("township-370303009")
    do(township, matter, "take")
    with acting(cast.supervisor):
        clock = Clock.objects.get(matter_id=matter.matter_id, code="handle", stopped_at=None)
    refused(FieldsMissing, "请填写", township, matter, "escalate")
    do(township, matter, "escalate", words="挖断了燃气管，街道办不了")
    assert intake(cast.supervisor, matter) == ("accepted", unit("centre-370303"))
    with acting(cast.supervisor):
        found = Matter.objects.get(pk=matter.matter_id)
        assert Clock.objects.get(matter_id=matter.matter_id, code="handle", stopped_at=None).pk == clock.pk
        assert found.counts.get("returns", 0) == 0
    assert found.holder_unit_id == unit("centre-370303")


def test_a_department_gives_back_and_doesn_t_escalate(cast: Cast, county: Actor):
    matter = accepted(cast)
    do(county, matter, "dispatch", lead=cast.handler.unit_id)
    refused(NotForThisLevel, "请退单", cast.handler, matter, "escalate", words="不会办")
    assert "escalate" not in may(cast.handler, matter)


# -- down ------------------------------------------------------------------------------------------------------------


def test_a_county_hands_down_to_the_place_with_a_ground_and_words(cast: Cast, county: Actor):
    matter = accepted(cast)
    lead = cast.community_handler.unit_id
    refused(FieldsMissing, "请填写", county, matter, "hand_down", lead=lead, words="近")
    refused(FieldsMissing, "请填写", county, matter, "hand_down", lead=lead, ground="hand-down.small-and-near")
    refused(FieldsWrong, "只能下派给", county, matter, "hand_down", lead=cast.handler.unit_id, **NEAR)
    refused(FieldsWrong, "只能下派给", county, matter, "hand_down", lead=unit("township-370303008"), **NEAR)
    refused(FieldsWrong, "只能下派给", county, matter, "hand_down", lead=unit("township-370306100"), **NEAR)
    assert do(county, matter, "hand_down", lead=lead, **NEAR).stage == "dispatched"
    assert do(cast.community_handler, matter, "take").stage == "handling"


def test_a_county_hands_down_to_the_township_s_centre_which_dispatches_there(cast: Cast, county: Actor):
    matter, said = accepted(cast), "只能下派给事项所在乡镇（街道）的综治中心"
    centre, inside = unit("centre-370303009"), cast.community_handler.unit_id
    refused(FieldsMissing, "请填写", county, matter, "hand_down_centre", lead=centre, words="近")
    for other in ("township-370303009", "centre-370303", "centre-370306", "housing-construction-370303"):
        refused(FieldsWrong, said, county, matter, "hand_down_centre", lead=unit(other), **NEAR)
    refused(FieldsWrong, "只能下派给", county, matter, "hand_down", lead=centre, **NEAR)
    assert do(county, matter, "hand_down_centre", lead=centre, **NEAR).stage == "accepted"
    assert intake(cast.supervisor, matter) == ("accepted", centre)
    township, beyond = cast.township_dispatcher, "只能派给这里的单位"
    refused(FieldsWrong, said, township, matter, "hand_down_centre", lead=centre, **NEAR)
    refused(FieldsWrong, beyond, township, matter, "dispatch", lead=cast.handler.unit_id)
    refused(FieldsWrong, beyond, township, matter, "dispatch", lead=inside, co=[cast.handler.unit_id])
    assert do(township, matter, "dispatch", lead=inside).stage == "dispatched"
    refused(FieldsWrong, beyond, township, matter, "transfer", lead=cast.handler.unit_id)
    assert do(cast.community_handler, matter, "take").stage == "handling"


def test_what_a_township_s_centre_can_t_see_to_it_escalates(cast: Cast, county: Actor):
    matter = accepted(cast)
    do(county, matter, "hand_down_centre", lead=unit("centre-370303009"), **NEAR)
    do(cast.township_dispatcher, matter, "escalate", words="要区住建局来办")
    assert intake(cast.supervisor, matter) == ("accepted", unit("centre-370303"))
    assert do(county, matter, "dispatch", lead=cast.handler.unit_id).stage == "dispatched"


# -- what a department must do ---------------------------------------------------------------------------------------


def test_what_a_department_must_do_goes_down_by_no_path(cast: Cast, county: Actor):
    """Dispatch, hand-down, co-handling, transfer, ruling: each refuses the community, and says what to do."""
    community, said = cast.community_handler.unit_id, "法定职责"
    matter = accepted(cast, DEPARTMENTS)
    refused(FieldsWrong, said, county, matter, "dispatch", lead=community)
    refused(FieldsWrong, said, county, matter, "hand_down", lead=community, **NEAR)
    refused(FieldsWrong, said, county, matter, "dispatch", lead=cast.handler.unit_id, co=[community])
    for _ in range(2):
        do(county, matter, "dispatch", lead=cast.handler.unit_id)
        do(cast.handler, matter, "hand_back", **NOT_OURS)
    do(county, matter, "dispatch", lead=cast.handler.unit_id)
    refused(FieldsWrong, said, county, matter, "transfer", lead=community)
    refused(FieldsWrong, said, county, matter, "transfer", lead=cast.second_handler.unit_id, co=[community])
    do(cast.handler, matter, "ask_ruling", **NOT_OURS)
    refused(FieldsWrong, said, cast.supervisor, matter, "rule", lead=community, words="就近")
    second = cast.second_handler.unit_id
    refused(FieldsWrong, said, cast.supervisor, matter, "rule", lead=second, co=[community], words="就近")
    with acting(cast.dispatcher):
        assert queries.suggested_unit(DEPARTMENTS, PLACE, NOW) == cast.handler.unit_id


def test_an_incident_s_centre_can_t_entrust_it_to_a_community_either(cast: Cast):
    incident = taken_in("incident", cast.township_dispatcher, channel="window")
    with acting(cast.township_dispatcher):
        operations.act(
            matter_id=incident.made.matter_id,
            action="correct",
            actor=cast.township_dispatcher,
            now=NOW,
            fields={"category": DEPARTMENTS},
        )
    with pytest.raises(FieldsWrong) as caught:
        incident.do(cast.township_dispatcher, "dispatch", lead=cast.community_handler.unit_id)
    assert "法定职责" in str(caught.value)


def test_the_dispatch_catalogue_takes_no_row_that_hands_a_department_s_duty_down(cast: Cast):
    community = "community-370303009006"
    given = {"region_code": "370303", "limit_text": "5wd", "ground": "三定规定"}
    rows = [
        case_of({"category": DEPARTMENTS, "unit_code": community, **given}, 1),
        case_of({"category": DEPARTMENTS, "unit_kind": "housing-construction", "level": "county", "co_codes": community,
                 **given, "region_code": "370306"}, 2),
    ]  # fmt: skip
    with acting(cast.keeper):
        faults = find_faults(rows, known_for(rows, NOW.date()))
    assert [(fault.line, "不能派给村" in fault.sentence()) for fault in faults] == [(1, True), (2, True)]


def test_what_is_a_department_s_duty_stands_in_the_rule_book() -> None:
    rules = categories().rules
    assert departments_duty(rules, DEPARTMENTS) == "housing-construction"
    assert departments_duty(rules, "") == ""
    of_townships = [code for code, one in rules.categories.items() if one.department == "township"]
    assert of_townships
    assert {departments_duty(rules, code) for code in of_townships} == {""}


# -- 首接负责 --------------------------------------------------------------------------------------------------------


def test_who_signed_first_answers_until_another_signs() -> None:
    first, second = Signed(1, NOW), Signed(2, NOW + timedelta(days=1))
    assert (first_acceptor([]), answerable([])) == (None, None)
    assert (first_acceptor([first]), answerable([first])) == (1, 1)
    assert (first_acceptor([second, first]), answerable([second, first])) == (1, 2)


def test_the_page_names_the_first_acceptor_and_who_answers_now(cast: Cast, county: Actor):
    def told(matter: Reported) -> tuple[str, str, bool]:
        with acting(cast.supervisor):
            first = queries.card(matter.matter_id, actor=cast.supervisor, now=NOW).first
        assert first is not None
        return first.unit_name, first.answerable_name, first.is_waiting

    matter = accepted(cast)
    assert told(matter) == ("张店区综治中心", "张店区综治中心", False)
    do(county, matter, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, matter, "take", after(1))
    assert told(matter)[:2] == ("张店区住建局", "张店区住建局")
    do(cast.handler, matter, "hand_back", after(2), **NOT_OURS)
    do(county, matter, "dispatch", after(3), lead=cast.second_handler.unit_id)
    assert told(matter) == ("张店区住建局", "张店区住建局", True)
    do(cast.second_handler, matter, "take", after(4))
    assert told(matter) == ("张店区住建局", "张店区城管局", False)


def test_when_all_refuse_it_is_the_first_acceptor_s(cast: Cast, county: Actor):
    matter = accepted(cast)
    for minute, actor in enumerate((cast.handler, cast.second_handler)):
        do(county, matter, "dispatch", after(10 * minute), lead=actor.unit_id)
        do(actor, matter, "take", after(10 * minute + 1))
        do(actor, matter, "hand_back", after(10 * minute + 2), **NOT_OURS)
    refused(FieldsWrong, "首接单位", county, matter, "dispatch", lead=cast.second_handler.unit_id)
    assert do(county, matter, "dispatch", after(30), lead=cast.handler.unit_id).stage == "dispatched"


# -- somebody who can ------------------------------------------------------------------------------------------------


def test_who_is_given_it_can_take_it(cast: Cast, county: Actor):
    """A centre decides who handles a request and has nobody who handles it: it is handed down to, or escalated to, as such."""
    matter, centre, said = accepted(cast), unit("centre-370303"), "没有能办理这类事项的岗位"
    refused(FieldsWrong, said, cast.dispatcher, matter, "dispatch", lead=centre)
    refused(FieldsWrong, said, county, matter, "dispatch", lead=cast.handler.unit_id, co=[unit("centre-370303009")])
    do(county, matter, "dispatch", lead=cast.handler.unit_id)
    refused(FieldsWrong, said, county, matter, "transfer", lead=centre)
    do(cast.handler, matter, "take")
    refused(FieldsWrong, said, cast.handler, matter, "involve", co=[centre], words="请配合")


def test_an_incident_is_a_centre_s_to_end(cast: Cast, county: Actor):
    incident = taken_in("incident", cast.township_dispatcher)
    assert incident.do(cast.township_dispatcher, "dispatch", lead=unit("centre-370303")).stage == "in_unit"
    assert "end_in_centre" in incident.can(county)
