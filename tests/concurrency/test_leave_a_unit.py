"""Whatever the kind and the stage: no matter rests with a unit in which nobody is left."""

from collections.abc import Callable
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.kind_support import Case, at, taken_in
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW, Cast
from tests.concurrency.committed import City, as_role
from tests.concurrency.test_hand_work_over import BACK, LEAVES, owner

LEFT, LATER = at(2025, 11, 19), at(2025, 11, 20)
CITY, COUNTY, TOWNSHIP, COMMUNITY = "centre-3703", "centre-370303", "centre-370303009", "community-370303009006"
OFFICE, GRID = "housing-construction-370303", "370303009006001"
Way = Callable[[Cast], Case]


def empty(city: City, code: str) -> list[int]:
    """Everybody leaves a unit; the posts that they held."""
    unit = organisation.unit_by_code(code, NOW.date())
    assert unit is not None, code
    posts = [post.post_id for post in organisation.posts_of_unit(unit.id, NOW.date()) if post.staff_id is not None]
    for post in posts:
        owner(city, LEAVES, LEFT.date(), post)
    return posts


def settle(city: City) -> int:
    with database.acting_as(city.installation, "worker"):
        done = operations.vacancies_settle(now=LEFT)
        drain(now=lambda: LEFT)
        state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())
    return done


def state_of(city: City, case: Case) -> tuple[str, str]:
    """A matter's stage and the unit whose turn it is."""
    with as_role(city.installation, "owner") as opened:
        row = opened.execute(
            "SELECT m.stage, u.code FROM matters_matter m JOIN organisation_unit u ON u.id = m.holder_unit_id"
            " WHERE m.id = %s",
            [case.made.matter_id],
        ).fetchone()
    assert row is not None
    return row[0], row[1]


def given(kind: str) -> Way:
    """One that was given to the department, and taken where it is taken."""

    def begin(cast: Cast) -> Case:
        case = taken_in(kind, cast.dispatcher)
        if kind == "petition":
            case.do(cast.dispatcher, "accept")
        case.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
        if kind == "finding":
            case.do(cast.handler, "plan", words="更换管道", until="2026-01-15")
        elif kind != "incident":
            case.do(cast.handler, "take")
        return case

    return begin


def advice(cast: Cast) -> Case:
    case = taken_in("petition", cast.dispatcher)
    case.do(cast.dispatcher, "take_advice")
    case.do(cast.dispatcher, "dispatch_advice", lead=cast.handler.unit_id)
    return case


def reviewed(times: int) -> Way:
    """A petition that is with the department for review, or re-review."""

    def begin(cast: Cast) -> Case:
        case = taken_in("petition", cast.dispatcher)
        case.do(cast.dispatcher, "accept")
        case.do(cast.dispatcher, "dispatch", lead=cast.second_handler.unit_id)
        case.do(cast.second_handler, "take")
        case.do(cast.second_handler, "reply", reply="已答复。")
        case.do(cast.dispatcher, "appeal", words="不服")
        if times == 2:
            case.do(cast.dispatcher, "record_review", reply="维持。")
            case.do(cast.dispatcher, "appeal_again", words="仍不服")
        action = "dispatch_review" if times == 1 else "dispatch_recheck"
        case.do(cast.dispatcher, action, lead=cast.handler.unit_id)
        return case

    return begin


def again(cast: Cast) -> Case:
    case = given("suggestion")(cast)
    case.do(cast.handler, "reply", reply="已列入计划。")
    case.do(cast.dispatcher, "rate", solved=False)
    return case


def in_community(cast: Cast) -> Case:
    case = in_grid(cast)
    case.do(cast.grid_worker, "escalate_to_community", words="超出网格能力")
    return case


def in_grid(cast: Cast) -> Case:
    new = NewReport(body="井盖破损", kind="incident", channel="visit", region_code=GRID)
    with acting(cast.grid_worker):
        case = Case(operations.report(new=new, actor=cast.grid_worker, now=NOW))
    case.do(cast.grid_worker, "take_up")
    return case


def in_centre(cast: Cast) -> Case:
    case = in_community(cast)
    case.do(cast.community_handler, "escalate_to_centre", words="社区办不了")
    return case


def reported(kind: str) -> Way:
    return lambda cast: taken_in(kind, cast.dispatcher)


WAYS: dict[str, tuple[Way, str, tuple[str, ...], tuple[str, str]]] = {
    "incident with a unit": (given("incident"), OFFICE, (), ("reported", CITY)),
    "incident in its grid": (in_grid, COMMUNITY, (), ("reported", TOWNSHIP)),
    "incident in its community": (in_community, COMMUNITY, (), ("reported", TOWNSHIP)),
    "incident in a centre": (in_centre, TOWNSHIP, (), ("reported", COUNTY)),
    "incident in a centre below an empty one": (in_centre, TOWNSHIP, (COUNTY,), ("reported", CITY)),
    "incident not begun": (reported("incident"), TOWNSHIP, (), ("reported", COUNTY)),
    "petition": (given("petition"), OFFICE, (), ("accepted", CITY)),
    "advice": (advice, OFFICE, (), ("advice", CITY)),
    "review": (reviewed(1), OFFICE, (), ("appealed", CITY)),
    "re-review": (reviewed(2), OFFICE, (), ("reappealed", CITY)),
    "suggestion": (given("suggestion"), OFFICE, (), ("reassigning", CITY)),
    "suggestion once more": (again, OFFICE, (), ("again_reassigning", CITY)),
    "finding": (given("finding"), OFFICE, (), ("reported", CITY)),
}


@pytest.mark.parametrize("way", WAYS)
def test_it_goes_to_the_centre_above_in_which_somebody_is(city: City, way: str):
    begin, unit, also, expected = WAYS[way]
    case = begin(city.cast)
    due = due_at(case, city.cast.supervisor)
    assert settle(city) == 0
    left = [post for code in (unit, *also) for post in empty(city, code)]
    try:
        assert settle(city) >= 1
        assert state_of(city, case) == expected
        assert settle(city) == 0  # and rests there
        if expected[0] in ("reassigning", "again_reassigning", "accepted", "appealed", "reappealed"):
            assert due_at(case, city.cast.supervisor) is not None
        if expected[0].endswith("reassigning"):
            assert due_at(case, city.cast.supervisor) == due  # what the law promised isn't promised anew
    finally:
        for post in left:
            owner(city, BACK, post)


def due_at(case: Case, actor: Actor) -> Any:
    with acting(actor):
        return Matter.objects.get(pk=case.made.matter_id).due_at


def test_nobody_in_the_city_centre_either_it_stays_and_is_not_lost(city: City):
    case = given("suggestion")(city.cast)
    left = [post for code in (OFFICE, CITY) for post in empty(city, code)]
    try:
        settle(city)
        assert state_of(city, case) == ("reassigning", CITY)
        assert settle(city) == 0
    finally:
        for post in left:
            owner(city, BACK, post)


def test_a_suggestion_taken_from_an_empty_unit_is_given_and_answered(city: City):
    cast = city.cast
    case = again(cast)
    left = empty(city, OFFICE)
    try:
        settle(city)
        case.do(cast.dispatcher, "dispatch_again", LATER, lead=cast.second_handler.unit_id)
        assert case.do(cast.second_handler, "reply_again", LATER, reply="已办。").stage == "second_opinion"
    finally:
        for post in left:
            owner(city, BACK, post)


def test_a_spot_check_of_an_empty_community_is_the_centres(city: City):
    case = next(case for case in (in_grid(city.cast) for _ in range(60)) if _drawn(city.cast, case))
    left = empty(city, COMMUNITY)
    try:
        assert settle(city) >= 1
        assert state_of(city, case) == ("checking", TOWNSHIP)
        case.do(city.cast.checker, "check_fail", LATER, words="没有修好")
        settle(city)
        assert state_of(city, case) == ("reported", TOWNSHIP)
    finally:
        for post in left:
            owner(city, BACK, post)


def _drawn(cast: Cast, case: Case) -> bool:
    return case.do(cast.grid_worker, "end_in_grid", reply="已修好。").stage == "spot_check"
