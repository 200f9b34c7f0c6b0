"""An incident that a grid worker finds: ended in its grid, or handed up one level at a time."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.policy.process import (
    FieldsWrong,
    Kind,
    NobodyAbove,
    RoleForbids,
    SamePerson,
    StageForbids,
    is_drawn,
    load_kind,
)
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import CATALOGUE
from shanzhi.kernel.matters.tests.kind_support import of_region
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.vault.operations import keyring
from tests import desks
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db
GRID, OTHER_GRID = "370303009006001", "370303009006002"
SOURCE = (CATALOGUE / "kinds" / "incident.toml").read_text(encoding="utf-8")
LATER = NOW + timedelta(minutes=5)
do = partial(desks.do, now=LATER)
WORDS: Mapping[str, object] = {"words": "超出网格能力"}


@dataclass(frozen=True, slots=True)
class People:
    """Who has to do with the grid, from the grid up."""

    worker: Actor
    chief: Actor
    neighbour: Actor
    community: Actor
    township: Actor
    checker: Actor
    county: Actor


@pytest.fixture
def people(cast: Cast) -> People:
    return People(
        worker=of_region(GRID, "grid_worker"),
        chief=of_region(GRID, "grid_chief"),
        neighbour=of_region(OTHER_GRID, "grid_worker"),
        community=of_region(GRID[:12], "handler"),
        township=of_region(GRID[:9], "dispatcher"),
        checker=of_region(GRID[:9], "checker"),
        county=of_region(GRID[:6], "dispatcher"),
    )


def found(worker: Actor, **more: str) -> operations.Reported:
    """The worker reports an incident in the grid and takes it up."""
    new = NewReport(body="3号楼前窨井盖破损", kind="incident", channel="visit", region_code=GRID, **more)
    with acting(worker):
        made = operations.report(new=new, actor=worker, now=NOW)
    desks.do(worker, made, "take_up")
    return made


def drawn_or_not(people: People, drawn: bool, **more: str) -> operations.Reported:
    """An incident whose end the draw does, or doesn't, put up for a check."""
    kind = load_kind(SOURCE)
    assert isinstance(kind, Kind)
    for _ in range(200):
        made = found(people.worker, **more)
        if is_drawn(kind, keyring().derive("check-draw"), made.number, 3) is drawn:
            return made
    raise AssertionError("200 draws alike")


def test_it_ends_in_its_grid(people: People) -> None:
    made = drawn_or_not(people, False)
    assert do(people.worker, made, "end_in_grid", reply="已放警示桩并更换井盖。").stage == "closed"
    with acting(people.worker):
        card = queries.card(made.matter_id, actor=people.worker, now=LATER)
        told = journal.entries_of("matter", made.matter_id)
    assert [entry.title for entry in card.timeline] == ["反映", "先行接办", "自办自结"]
    assert (card.region_code, card.result, card.actions) == (GRID, "closed", ())
    assert (told[-1].action, told[-1].payload["drawn"]) == ("matters.conclude", False)


def test_its_chief_may_end_it_and_whoever_had_no_part_checks_what_was_drawn(people: People) -> None:
    made = drawn_or_not(people, True)
    assert do(people.chief, made, "end_in_grid", reply="已更换。").stage == "spot_check"
    assert people.chief.staff_id == people.community.staff_id
    with pytest.raises(SamePerson):
        do(people.community, made, "spot_pass")
    assert do(people.checker, made, "spot_pass").stage == "closed"


def test_the_community_sends_back_what_is_not_done(people: People) -> None:
    made = drawn_or_not(people, True)
    assert do(people.worker, made, "end_in_grid", reply="已更换。").stage == "spot_check"
    assert do(people.community, made, "spot_fail", words="井盖还松动").stage == "in_grid"
    assert do(people.worker, made, "end_in_grid", reply="已加固。").stage in {"spot_check", "closed"}


def test_a_resident_who_is_named_has_the_last_word(people: People) -> None:
    made = drawn_or_not(people, False, contact_phone="13812345678")
    assert do(people.worker, made, "end_in_grid", reply="已更换。").stage == "verdict"
    assert do(Actor(follow=(made.follow_hash,)), made, "rate", solved=True, satisfied=5).stage == "closed"


@pytest.mark.parametrize("code", ["urban-management-370303", "township-370303008", "centre-370303009"])
def test_a_community_passes_on_within_its_township_alone(people: People, code: str) -> None:
    made = found(people.worker)
    do(people.worker, made, "escalate_to_community", **WORDS)
    unit = organisation.unit_by_code(code, NOW.date())
    assert unit is not None
    with pytest.raises(FieldsWrong, match="只能转给本乡镇") as refused:
        do(people.community, made, "pass_to_unit", lead=unit.id)
    assert list(refused.value.fields) == ["lead"]
    with acting(people.community):
        assert queries.card(made.matter_id, actor=people.community, now=LATER).stage == "in_community"


def test_a_grid_worker_passes_nothing_to_a_unit(people: People) -> None:
    made = found(people.worker)
    with pytest.raises((StageForbids, RoleForbids)):
        do(people.worker, made, "pass_to_unit", lead=people.community.unit_id)
    do(people.worker, made, "escalate_to_community", **WORDS)
    with pytest.raises(RoleForbids):
        do(people.worker, made, "pass_to_unit", lead=people.community.unit_id)


def test_a_community_passes_it_to_a_unit_of_its_township(people: People) -> None:
    office = of_region(GRID[:9], "handler")
    made = found(people.worker)
    do(people.worker, made, "escalate_to_community", **WORDS)
    assert do(people.community, made, "pass_to_unit", lead=office.unit_id, words="请街道换井盖").stage == "in_unit"
    assert do(office, made, "reply", reply="已更换井盖。").stage == "checking"
    assert do(people.checker, made, "check_fail", words="井盖还松动").stage == "in_unit"
    assert do(office, made, "reply", reply="已加固。").stage == "checking"
    assert do(people.checker, made, "check_pass", words="属实").stage == "closed"


def test_what_a_unit_gives_back_comes_to_somebody_who_can_decide(people: People) -> None:
    """A community has no say in in_centre: it would be stuck there."""
    office = of_region(GRID[:9], "handler")
    made = found(people.worker)
    do(people.worker, made, "escalate_to_community", **WORDS)
    do(people.community, made, "pass_to_unit", lead=office.unit_id)
    assert do(office, made, "give_back", ground="return.not-our-duty", words="不归本单位").stage == "in_centre"
    with acting(people.township):
        card = queries.card(made.matter_id, actor=people.township, now=LATER)
    assert {"entrust", "escalate", "end_in_centre"} <= {action.code for action in card.actions}
    assert do(people.township, made, "end_in_centre", reply="已更换井盖。").stage == "checking"


def test_it_is_escalated_twice_and_on_to_a_unit(people: People, cast: Cast) -> None:
    made = found(people.worker)
    assert do(people.worker, made, "escalate_to_community", **WORDS).stage == "in_community"
    assert do(people.community, made, "escalate_to_centre", **WORDS).stage == "in_centre"
    with acting(people.township):
        card = queries.card(made.matter_id, actor=people.township, now=LATER)
        told = [row for row in journal.entries_of("matter", made.matter_id) if row.action == "matters.escalate"]
    assert [(row.payload["from_level"], row.payload["to_level"]) for row in told] == [
        ("grid", "community"),
        ("community", "township"),
    ]
    assert [(share.unit_name, share.is_open) for share in card.shares][-1] == ("马尚街道综治中心", True)
    assert do(people.township, made, "escalate", **WORDS).stage == "in_centre"
    assert do(people.county, made, "entrust", lead=cast.handler.unit_id).stage == "in_unit"
    assert do(cast.handler, made, "give_back", ground="return.not-our-duty", words="不归本单位").stage == "in_centre"
    assert do(people.county, made, "entrust", lead=cast.second_handler.unit_id).stage == "in_unit"
    assert do(cast.second_handler, made, "reply", reply="已更换井盖。").stage == "checking"
    assert do(people.checker, made, "check_pass", words="属实").stage == "closed"


@pytest.mark.parametrize(
    ("who", "action", "error"),
    [
        ("neighbour", "end_in_grid", (RoleForbids, MatterNotFound)),
        ("neighbour", "escalate_to_community", (RoleForbids, MatterNotFound)),
        ("community", "end_in_grid", RoleForbids),
        ("community", "escalate_to_centre", StageForbids),
        ("township", "escalate", (StageForbids, MatterNotFound)),
        ("county", "entrust", (StageForbids, MatterNotFound)),
        ("checker", "check_pass", StageForbids),
    ],
)
def test_it_refuses_those_whose_turn_it_is_not(
    people: People, who: str, action: str, error: type[DomainError] | tuple[type[DomainError], ...]
) -> None:
    made = found(people.worker)
    with pytest.raises(error):
        do(getattr(people, who), made, action, reply="好了", words="好了")


def test_a_level_that_handed_it_up_has_it_no_longer(people: People) -> None:
    made = found(people.worker)
    do(people.worker, made, "escalate_to_community", **WORDS)
    with pytest.raises(StageForbids):
        do(people.worker, made, "end_in_grid", reply="好了")
    do(people.community, made, "escalate_to_centre", **WORDS)
    do(people.township, made, "escalate", **WORDS)
    with pytest.raises(RoleForbids):
        do(people.township, made, "end_in_centre", reply="好了")


def test_there_is_nobody_above_the_city(people: People, cast: Cast) -> None:
    made = found(people.worker)
    do(people.worker, made, "escalate_to_community", **WORDS)
    do(people.community, made, "escalate_to_centre", **WORDS)
    do(people.township, made, "escalate", **WORDS)
    do(people.county, made, "escalate", **WORDS)
    with pytest.raises(NobodyAbove):
        do(cast.dispatcher, made, "escalate", **WORDS)


def test_a_worker_can_not_take_up_what_lies_in_another_grid(people: People) -> None:
    new = NewReport(body="窨井盖破损", kind="incident", channel="visit", region_code=OTHER_GRID)
    with acting(people.worker):
        made = operations.report(new=new, actor=people.worker, now=NOW)
    with pytest.raises((RoleForbids, MatterNotFound)):
        do(people.worker, made, "take_up")


def test_the_draw_is_as_often_as_the_file_says() -> None:
    for sample, expected in ((0, 0), (20, 190), (100, 1000)):
        raw = SOURCE.replace("sample = 20\n", f"sample = {sample}\n" if sample else "")
        kind = load_kind(raw)
        assert isinstance(kind, Kind)
        assert tomllib.loads(raw)["check"].get("sample", 0) == kind.sample == sample
        drawn = sum(is_drawn(kind, b"k" * 32, f"20251118-{number:06d}", 3) for number in range(1000))
        assert abs(drawn - expected) <= 30


def test_a_grid_sees_what_was_reported_in_it_and_its_neighbour_does_not(people: People) -> None:
    with acting(ANYONE):
        made = operations.report(new=NewReport(body="路灯不亮", region_code=GRID), actor=ANYONE, now=NOW)
    with acting(people.worker):
        card = queries.card(made.matter_id, actor=people.worker, now=LATER)
    assert (card.region_code, card.region_name.endswith("第一网格")) == (GRID, True)
    with acting(people.neighbour), pytest.raises(MatterNotFound):
        queries.card(made.matter_id, actor=people.neighbour, now=LATER)


def test_a_grid_that_there_is_not_counts_as_its_community(people: People) -> None:
    with acting(ANYONE):
        made = operations.report(new=NewReport(body="路灯不亮", region_code=GRID[:12] + "999"), actor=ANYONE, now=NOW)
        card = queries.card(made.matter_id, actor=Actor(follow=(made.follow_hash,)), now=LATER)
    assert card.region_code == GRID[:12]
