"""Every form and call × everybody × every matter: who may send it does, for others nothing changes at all."""

from copy import deepcopy
from itertools import groupby
from typing import Any

import pytest
from django.test import Client

from tests.matrix.machine import (
    IS_FULL,
    SHOWN,
    Cell,
    cells,
    expected,
    forget_tries,
    got,
    in_turn,
    leaks,
    none_like,
    part,
    plain,
    send,
    state,
    text_of,
    turn_of,
    undone,
)
from tests.matrix.page import AS_RESIDENT, OPEN
from tests.matrix.routes import Route, known
from tests.matrix.sight import REACH
from tests.matrix.world import World

WRITES = [route for route in known() if route.page.write]
REVEALS = [route for route in WRITES if route.page.reveals]
ANSWERS = {200, 201, 302, 403, 404, 409, 422}
"""What somebody within their rights can be told: done, not in this stage, not this role, not filled in."""


def judged(world: World, cell: Cell, answer: Any) -> list[str]:
    """What is wrong with the answer to one cell's POST."""
    page, wrong = cell.page, []
    wanted, found = expected(cell, page.write), got(cell, answer)
    if wanted != found and not (wanted == SHOWN and answer.status_code in ANSWERS):
        wrong.append(f"{cell.named('POST')}: {found} instead of {wanted}")
    revealed = cell.subject.name if cell.subject and page.reveals and wanted == SHOWN else ""
    asked = f"{cell.url()} {page.sends}"
    seen = leaks(world, cell.who, answer, asked=asked, revealed=revealed, resident=page.write in AS_RESIDENT)
    return wrong + ([f"{cell.named('POST')}: shows {seen}"] if seen else [])


@pytest.mark.parametrize("route", WRITES, ids=lambda route: route.name)
def test_it_does_what_i_may_and_changes_nothing_otherwise(world: World, route: Route) -> None:
    """At full size every matter for everybody; at small size the part that `part` says."""
    forget_tries(world)
    wrong, before = [], state(world)
    asking = part(cells(world, route, route.page.write), route.page.write, "POST")
    for who, asked in groupby(asking, lambda cell: cell.who):
        refused = False
        for cell in asked:
            if expected(cell, route.page.write) == SHOWN:
                with undone():
                    wrong += judged(world, cell, send(cell, "POST"))
            else:
                wrong += judged(world, cell, send(cell, "POST"))
                refused = True
        if refused and state(world) != before:
            wrong.append(f"POST {route.name} | {who.name}: was refused, and something changed all the same")
            before = state(world)
    assert wrong == []


def test_it_would_see_the_smallest_change(world: World) -> None:
    """What is said of refusals rests on the fingerprint: a label written and put back shows, and so does its return."""
    before = state(world)
    with world.admin() as opened:
        opened.execute("UPDATE access_token SET label = label || '.' WHERE id = (SELECT min(id) FROM access_token)")
        changed = state(world)
        opened.execute("UPDATE access_token SET label = left(label, -1) WHERE id = (SELECT min(id) FROM access_token)")
    assert {table for table in before if before[table] != changed[table]} == {"access_token"}
    assert state(world) == before


@pytest.mark.parametrize("route", [route for route in WRITES if route.page.about], ids=lambda route: route.name)
def test_it_refuses_as_if_a_foreign_matter_were_none(world: World, route: Route) -> None:
    forget_tries(world)
    wrong = []
    door = route.page.write
    for cell in in_turn(cells(world, route, door, missing=1), door, "POST"):
        one, none = cell.url(), route.url({**cell.args, **none_like(cell.page)})
        seen, unseen = send(cell, "POST", url=one), send(cell, "POST", url=none)
        if plain(seen, without=_number_in(one)) != plain(unseen, without=_number_in(none)):
            wrong.append(cell.named("POST"))
    assert wrong == []


def _number_in(url: str) -> str:
    return next(part for part in url.split("/") if part[:1].isdigit())


@pytest.mark.parametrize("route", REVEALS, ids=lambda route: route.name)
def test_it_reveals_to_whom_it_may_and_this_once(world: World, route: Route) -> None:
    """The one answer that shows personal data shows it; and the same page without the reason doesn't."""
    for cell in cells(world, route, route.page.write):
        if expected(cell, route.page.write) != SHOWN or cell.subject is None:
            continue
        marks, may = cell.subject.marks, cell.subject.name in REACH.get(cell.who.name, ())
        with undone():
            answer = send(cell, "POST")
            told = text_of(answer)
            assert (answer.status_code == 200) is may, f"{cell.named('POST')}: {answer.status_code}"
            assert (marks["phone"] in told) is may, cell.named("POST")
            assert (marks["contact"] in told) is may, cell.named("POST")
        if not may:
            continue
        with undone():
            answer = send(cell, "POST", more={"reason": "", "confirm": ""})
            assert answer.status_code == 422, cell.named("POST")
            assert leaks(world, cell.who, answer, asked=cell.url()) == ""


@pytest.mark.parametrize("route", [route for route in WRITES if route.is_api], ids=lambda route: route.name)
def test_it_takes_no_session_for_a_call_that_changes_something(world: World, route: Route) -> None:
    """The API takes no CSRF token: another site could make a browser send its session along."""
    before = state(world)
    for cell in cells(world, route, route.page.write):
        if cell.who.kind == "post" and not cell.who.by_token and cell.subject in (None, world.subjects["own"]):
            who = cell.who
            bare = Cell(
                route, type(who)(who.name, who.kind, who.client, {}, who.role, who.actor), cell.subject, cell.args
            )
            assert send(bare, "POST").status_code == 401, cell.named("POST")
    assert state(world) == before


@pytest.mark.parametrize("route", [route for route in WRITES if not route.is_api], ids=lambda route: route.name)
def test_it_takes_no_form_from_another_site(world: World, route: Route) -> None:
    before, names = state(world), ("dispatcher", "handler", "checker", "reporter", "anonymous")
    every = [cell for cell in cells(world, route, route.page.write) if cell.who.name in names]
    for cell in part(every, route.page.write, "POST"):
        if not cell.who.by_token:
            careful = Client(enforce_csrf_checks=True)
            careful.cookies = deepcopy(cell.who.client.cookies)
            answer = careful.post(cell.url(), dict(cell.page.sends))
            # Somebody who has to sign in anyway is sent to do so first, or is told that there is nothing.
            assert answer.status_code == 403, f"{cell.named('POST')}: {answer.status_code}"
    assert state(world) == before


ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")


@pytest.mark.parametrize("route", known(), ids=lambda route: route.name)
def test_it_refuses_methods_that_it_does_not_offer(world: World, route: Route) -> None:
    """Every method of every address; at small size asked by one of three, in turn."""
    before = state(world)
    offered = _offered(route)
    door = route.page.read or route.page.write
    asking = [cell for cell in cells(world, route, door) if cell.who.name in ("handler", "dispatcher", "anonymous")]
    mine = [
        cell for cell in asking if cell.subject in (None, world.subjects["own"]) and cell.args == route.page.args[0]
    ]
    for at, cell in enumerate(mine):
        for turn, method in enumerate(ALL):
            is_turn = IS_FULL or (turn + turn_of(route)) % len(mine) == at
            if method not in offered and is_turn:
                answer = send(cell, method)
                # The library's views ask first who it is and what they have, and sends on whom the page isn't for.
                sent_on = route.page.options and answer.status_code in (302, 403, 404)
                assert answer.status_code == 405 or sent_on, f"{cell.named(method)}: {answer.status_code}"
                assert leaks(world, cell.who, answer, asked=cell.url()) == ""
    assert state(world) == before
    assert door != OPEN or offered


def _offered(route: Route) -> frozenset[str]:
    """The methods of an address: for the API those of all calls that share it."""
    if not route.is_api:
        return route.page.methods
    sharing = [other for other in known() if other.path == route.path]
    return frozenset(method for other in sharing for method in other.page.methods)
