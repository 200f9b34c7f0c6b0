"""A unit is closed in the middle of something: what was asked, supervised, shared, split or checked has an heir."""

from datetime import datetime

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.models import Ask, Assignment, Matter, Part
from shanzhi.kernel.matters.operations import matters_follow
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.kind_support import of_unit
from shanzhi.kernel.notices.models import Notice
from shanzhi.kernel.notices.operations import tell_next
from shanzhi.modules.keeper.tests.test_look_after_units import today, unit_id
from tests.city import Cast
from tests.desks import at_stage, card, do, may, signed_in
from tests.roles import everything, held_to, observer

__all__ = ["observer"]
HOUSING, URBAN, COUNTY, CITY = "housing-construction-370303", "urban-management-370303", "centre-370303", "centre-3703"


@pytest.fixture
def world(observer: None, db: None, cast: Cast) -> Cast:
    """The cast of the standing city."""
    return cast


def close(code: str, successor: str) -> int:
    """The keeper closes a unit today, and the background hands on; how many matters moved."""
    sent = {"successor": successor, "on": today(), "version": 1}
    answer = signed_in("keeper").post(f"/keeper/units/{unit_id(code)}/close/", sent)
    assert answer.status_code == 302, answer.content.decode()
    with everything(), held_to("worker"):
        moved = matters_follow(now=timezone.now())
        while tell_next(now=timezone.now()):
            pass
        assert matters_follow(now=timezone.now()) == 0
    return moved


def asks_of(matter_id: int) -> list[tuple[str, str, int, int]]:
    with everything():
        rows = Ask.objects.filter(matter_id=matter_id).order_by("id")
        return list(rows.values_list("code", "state", "unit_id", "to_unit_id"))


def id_of(number: str) -> int:
    with everything():
        return Matter.objects.values_list("pk", flat=True).get(number=number)


def in_hand(world: Cast, *, co: bool = False) -> int:
    return id_of(at_stage(world, "take", co=co))


def test_what_a_closed_unit_was_asked_its_successor_answers(world: Cast) -> None:
    made, now = in_hand(world), timezone.now()
    do(world.handler, made, "ask_extension", now, ground="extend.works", words="要采购水泵", more_time="5wd")
    with everything():  # as where the county answers what its departments ask
        Ask.objects.filter(matter_id=made).update(to_unit_id=unit_id(COUNTY))
    page = signed_in("keeper").get(f"/keeper/units/{unit_id(COUNTY)}/close/").content.decode()
    assert "在办事项 1 件" in page
    refused = signed_in("keeper").post(
        f"/keeper/units/{unit_id(COUNTY)}/close/", {"successor": "", "on": today(), "version": 1}
    )
    assert refused.status_code == 409
    assert close(COUNTY, CITY) == 1
    assert asks_of(made) == [("extension", "open", unit_id(HOUSING), unit_id(CITY))]
    with everything():
        told = Notice.objects.filter(text="matters.units_follow").values_list("unit_id", "role", "params__count")
        assert ("supervisor", 1) in {(role, count) for unit, role, count in told if unit == unit_id(CITY)}
    assert do(world.supervisor, made, "grant_extension", timezone.now()).stage == "handling"


def test_what_a_closed_unit_asked_is_its_successors(world: Cast) -> None:
    made, now = in_hand(world), timezone.now()
    do(world.handler, made, "ask_extension", now, ground="extend.works", words="要采购水泵", more_time="5wd")
    do(world.supervisor, made, "supervise", now, ground="supervise.overdue", words="请报告")
    do(world.dispatcher, made, "urge", now, words="请抓紧")
    assert close(HOUSING, URBAN) == 1
    heir, city = unit_id(URBAN), unit_id(CITY)
    assert asks_of(made) == [
        ("extension", "open", heir, city),
        ("supervision", "open", city, heir),
        ("urging", "open", city, heir),
    ]
    now = timezone.now()
    do(world.second_handler, made, "respond", now, words="正在办")
    do(world.second_handler, made, "report_back", now, words="已办")
    do(world.supervisor, made, "grant_extension", now)
    done = do(world.supervisor, made, "clear", now, claim_solved=True, negligent=False)
    assert (done.stage, [state for _, state, *_ in asks_of(made)]) == ("handling", ["granted"] * 4)


def test_a_supervision_goes_to_who_takes_over_from_who_supervised(world: Cast) -> None:
    made = in_hand(world)
    do(world.supervisor, made, "supervise", timezone.now(), ground="supervise.overdue", words="请报告")
    with everything():
        Ask.objects.filter(matter_id=made).update(unit_id=unit_id(COUNTY))
    assert close(COUNTY, CITY) == 1
    assert asks_of(made) == [("supervision", "open", unit_id(CITY), unit_id(HOUSING))]
    do(world.handler, made, "report_back", timezone.now(), words="已办")
    do(world.supervisor, made, "clear", timezone.now(), claim_solved=True, negligent=False)


def promise(made: int, unit: int) -> tuple[datetime | None, str, bool]:
    with everything():
        return Assignment.objects.values_list("due_at", "limit_text", "is_provisional").get(
            matter_id=made, unit_id=unit, ended_at=None, part="co"
        )


def test_a_co_handlers_successor_has_its_share_with_its_date(world: Cast) -> None:
    made = in_hand(world, co=True)
    do(world.handler, made, "urge_helper", timezone.now(), helper=world.second_handler.unit_id, words="请回应")
    before = promise(made, unit_id(URBAN))
    assert close(URBAN, "transport-370303") == 1
    heir = of_unit("transport-370303")
    assert promise(made, heir.unit_id or 0) == before
    assert before[0] is not None
    assert asks_of(made) == [("co_urging", "open", unit_id(HOUSING), heir.unit_id)]
    do(heir, made, "respond_helper", timezone.now(), words="明天到场")
    do(heir, made, "assist_done", timezone.now(), words="已到场")
    assert do(world.handler, made, "reply", timezone.now(), reply="已修好").stage == "checking"


def test_a_co_handler_that_becomes_the_lead_isnt_urged_by_itself(world: Cast) -> None:
    made = in_hand(world, co=True)
    do(world.handler, made, "urge_helper", timezone.now(), helper=world.second_handler.unit_id, words="请回应")
    assert close(HOUSING, URBAN) == 1
    assert [state for _, state, *_ in asks_of(made)] == ["dropped"]
    assert do(world.second_handler, made, "reply", timezone.now(), reply="已修好").stage == "checking"


def test_two_co_handlers_become_one(world: Cast) -> None:
    made, third = in_hand(world, co=True), of_unit("transport-370303")
    do(world.handler, made, "involve", timezone.now(), co=[third.unit_id], words="请到场")
    for helper in (world.second_handler, third):
        do(world.handler, made, "urge_helper", timezone.now(), helper=helper.unit_id, words="请回应")
    urban = unit_id(URBAN)
    assert close(URBAN, "transport-370303") == 1
    assert [(code, state, to) for code, state, _, to in asks_of(made)] == [
        ("co_urging", "dropped", urban),
        ("co_urging", "open", third.unit_id),
    ]
    do(third, made, "assist_done", timezone.now(), words="已到场")
    assert do(world.handler, made, "reply", timezone.now(), reply="已修好").stage == "checking"


def test_a_county_without_a_centre_receives_nothing(world: Cast) -> None:
    made = id_of(at_stage(world, "accept"))
    sent = {"to_region": "370306", "ground": "cross.wrong-county", "words": "在周村"}
    do(world.dispatcher, made, "ask_crossing", timezone.now(), **sent)
    assert close("centre-370306", CITY) == 1
    with everything(), held_to("worker"):
        assert operations.vacancies_settle(now=timezone.now()) == 1
        while tell_next(now=timezone.now()):
            pass
        assert operations.vacancies_settle(now=timezone.now()) == 0
    assert [(code, state) for code, state, *_ in asks_of(made)] == [("crossing", "dropped")]
    assert not {"receive", "refuse_crossing"} & may(world.dispatcher, made, timezone.now())
    with everything():
        told = list(Notice.objects.filter(text="matters.ask_over").values_list("unit_id", "role"))
    assert sorted(told) == [(unit_id(CITY), "dispatcher"), (unit_id(CITY), "supervisor")]


def split(world: Cast) -> tuple[int, list[int]]:
    now = timezone.now()
    with acting(ANYONE):
        new = NewReport(
            body="三号楼电梯停了，小区门口垃圾也没人清", region_code="370303009006", contact_phone="13812345678"
        )
        made = operations.report(new=new, actor=ANYONE, now=now).matter_id
    do(world.dispatcher, made, "accept", now, category="housing.property-service")
    parts = [
        {"about": "电梯停了", "category": "housing.property-service"},
        {"about": "垃圾没人清", "category": "cityscape.waste"},
    ]
    do(world.dispatcher, made, "split", now, lead=world.handler.unit_id, parts=parts)
    with everything():
        return made, list(Part.objects.filter(whole_id=made).order_by("id").values_list("matter_id", flat=True))


def test_a_part_and_its_whole_go_to_the_successor(world: Cast) -> None:
    whole, (first, second) = split(world)
    for part in (first, second):
        do(world.dispatcher, part, "dispatch", timezone.now(), lead=world.handler.unit_id)
        do(world.handler, part, "take", timezone.now())
    assert close(HOUSING, URBAN) == 3
    heir, now = world.second_handler, timezone.now()
    with acting(heir):
        found = operations.reveal_contact(matter_id=first, reason="contact", actor=heir, now=now)
    assert found["phone"] == "13812345678"
    for part in (first, second):
        do(heir, part, "reply", now, reply="已办好")
        do(world.checker, part, "check_pass", now)
    with everything(), held_to("worker"):
        operations.parts_follow(matter_ids=[whole], now=now)
    assert do(heir, whole, "reply", now, reply="都办好了").stage == "checking"


def test_a_check_goes_to_the_successor_unless_that_one_handled_it(world: Cast) -> None:
    made = id_of(at_stage(world, "reply"))
    with everything():
        Matter.objects.filter(pk=made).update(holder_unit_id=unit_id(COUNTY), intake_unit_id=unit_id(COUNTY))
    assert close(COUNTY, HOUSING) == 1
    with everything():
        holder = Matter.objects.values_list("holder_unit_id", flat=True).get(pk=made)
    assert holder == unit_id(CITY)
    checker: Actor = world.checker
    assert "check_pass" in may(checker, made, timezone.now())
    assert card(checker, made, timezone.now()).stage == "checking"
