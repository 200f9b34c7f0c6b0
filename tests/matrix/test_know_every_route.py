"""No page can be forgotten: every address and every API call stands in the table, and nothing else does."""

import pytest

from tests.matrix.machine import Cell, cells, expected, part
from tests.matrix.page import Page
from tests.matrix.routes import Route, api_calls, known, pages
from tests.matrix.sight import SIGHT
from tests.matrix.table import CALLS, IS_NO_PAGE, PAGES
from tests.matrix.world import World

WHERE = "add it to {table} in tests/matrix/table.py and say who may open it (tests/matrix/README.md shows how)"


def test_it_knows_every_address() -> None:
    new = [route.name for route in pages() if route.name not in PAGES.keys() | IS_NO_PAGE.keys()]
    assert new == [], f"new address: {WHERE.format(table='PAGES')}"


def test_it_knows_every_call_of_the_api() -> None:
    new = [f"{route.method} {route.name}" for route in api_calls() if route.name not in CALLS]
    assert new == [], f"new API call: {WHERE.format(table='CALLS')}"


def test_it_knows_no_page_that_is_gone() -> None:
    assert PAGES.keys() | IS_NO_PAGE.keys() == {route.name for route in pages()}
    assert CALLS.keys() == {route.name for route in api_calls()}


@pytest.mark.parametrize("route", [*pages(), *api_calls()], ids=lambda route: route.name)
def test_it_says_what_an_address_is_about(route: Route) -> None:
    if route.name in IS_NO_PAGE:
        return
    page = route.page
    named = {"": set(), "matter": {"number"}}.get(page.about, {"pk"}) | {name for args in page.args for name in args}
    assert named == set(route.params), f"{route.name}: `about` and `args` don't fill in the address"
    if route.is_api:
        door = page.read if route.method == "GET" else page.write
        assert door, f"{route.name}: the table doesn't say who may {route.method}"
        assert set(route.asks) == set(page.asks), f"{route.name}: `asks` isn't what the API declares"


def test_it_says_a_door_for_every_page() -> None:
    for name, page in {**PAGES, **CALLS}.items():
        assert isinstance(page, Page)
        assert page.read or page.write, name


def test_it_shows_every_matter_to_somebody_and_no_matter_to_all(world: World) -> None:
    """Else the matrix proves nothing."""
    assert SIGHT.keys() == world.people.keys()
    for name in world.subjects:
        seeing = {who for who, seen in SIGHT.items() if name in seen}
        assert seeing
        assert seeing < SIGHT.keys()


def test_it_leaves_out_no_answer_and_nobody_at_small_size(world: World) -> None:
    """Each route gives every answer of the whole product; each role meets every sort of route with every answer that it gets."""
    whole, asked = set(), set()
    for method in ("GET", "POST"):
        for route in known():
            door = route.page.read if method == "GET" else route.page.write
            if door:
                every = list(cells(world, route, door))
                some = list(part(every, door, method))
                whole |= {_met(method, door, cell) for cell in every}
                asked |= {_met(method, door, cell) for cell in some}
                assert {(expected(cell, door), *cell.args.items()) for cell in every} == {
                    (expected(cell, door), *cell.args.items()) for cell in some
                }, route.name
    assert whole - asked == set()
    assert len(whole) > 1_000


def _met(method: str, door: str, cell: Cell) -> tuple[object, ...]:
    who, route = cell.who, cell.route
    return (method, door, route.is_api, bool(route.page.about), who.kind, who.role, who.by_token, expected(cell, door))
