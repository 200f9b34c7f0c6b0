"""Every page × everybody × every matter: who may open it does, who may not is told so, and nobody sees a foreign mark."""

import pytest

from tests.matrix.machine import (
    IS_FULL,
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
)
from tests.matrix.page import AS_RESIDENT
from tests.matrix.routes import Route, known
from tests.matrix.world import World

READS = [route for route in known() if route.page.read]
ABOUT_ONE = [route for route in READS if route.page.about]


def judged(world: World, cell: Cell) -> list[str]:
    """What is wrong with the answer to one cell's GET."""
    page = cell.page
    answer = send(cell, "GET")
    wrong = []
    wanted, found = expected(cell, page.read), got(cell, answer)
    if wanted != found:
        wrong.append(f"{cell.named('GET')}: {found} instead of {wanted}")
    resident = page.read in AS_RESIDENT
    seen = leaks(world, cell.who, answer, asked=cell.url(), resident=resident, tells=page.tells)
    if seen:
        wrong.append(f"{cell.named('GET')}: shows {seen}")
    return wrong


@pytest.mark.parametrize("route", READS, ids=lambda route: route.name)
def test_it_opens_to_whom_the_table_says_and_shows_nothing_else(world: World, route: Route) -> None:
    """At full size every matter for everybody; at small size the part that `part` says."""
    forget_tries(world)
    asking = part(cells(world, route, route.page.read), route.page.read, "GET")
    assert [line for cell in asking for line in judged(world, cell)] == []


@pytest.mark.parametrize("route", ABOUT_ONE, ids=lambda route: route.name)
def test_it_answers_as_if_a_foreign_matter_were_none(world: World, route: Route) -> None:
    """The same bytes for what isn't there and for what isn't to be seen, apart from the number that was asked for; at full size
    everybody asks for two matters, at small size for one, in turn."""
    forget_tries(world)
    wrong, door = [], route.page.read
    for cell in in_turn(cells(world, route, door, missing=2 if IS_FULL else 1), door, "GET"):
        one, none = cell.url(), cell.route.url({**cell.args, **none_like(cell.page)})
        seen, unseen = send(cell, "GET", url=one), send(cell, "GET", url=none)
        if plain(seen, without=_number_in(one)) != plain(unseen, without=_number_in(none)):
            wrong.append(cell.named("GET"))
    assert wrong == []


def _number_in(url: str) -> str:
    """The number in an address."""
    return next(part for part in url.split("/") if part[:1].isdigit())
