"""The matrix once more with every filter of the program switched off: row-level security alone shows nothing foreign.

What it can't hold: doors by feature (every role may then open every page, and sees there what it sees anyway), and what
of the journal of their own matter a reporter is told.
"""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

import pytest

import shanzhi
from shanzhi.kernel.access.operations import set_scope
from shanzhi.kernel.access.web import middleware
from tests.matrix.filters import DECIDES_OTHERWISE, SWITCHED_OFF, off
from tests.matrix.machine import IS_FULL, Cell, cells, forget_tries, in_turn, leaks, send, state, turn_of
from tests.matrix.page import AS_RESIDENT, SIGHT_ALONE
from tests.matrix.routes import Route, known
from tests.matrix.world import World

READS = [route for route in known() if route.page.read and not route.page.fixed]
WRITES = [route for route in known() if route.page.write and route.page.about]


@pytest.fixture
def _no_filters() -> Iterator[None]:
    with off():
        yield


def sample(world: World, route: Route) -> Iterator[tuple[Cell, bool]]:
    """For everybody: one matter that they don't see and one that they do; is it seen?"""
    resident = {route.page.read, route.page.write} & AS_RESIDENT
    for _, found in groupby(cells(world, route, SIGHT_ALONE), lambda cell: cell.who):
        told = [(cell, cell.subject is None or _sees(cell, bool(resident))) for cell in found]
        yield from [each for each in told if not each[1]][-1:]
        yield from [each for each in told if each[1]][:1]


def _sees(cell: Cell, resident: bool) -> bool:
    assert cell.subject is not None
    return cell.who.follows == cell.subject.name if resident else cell.subject.name in cell.who.sees


def sample_in_turn(world: World, route: Route, method: str) -> Iterator[tuple[Cell, bool]]:
    """At full size the whole sample; at small size that of those whose turn it is on this route."""
    found = list(sample(world, route))
    mine = set(map(id, in_turn((cell for cell, _ in found), SIGHT_ALONE, method)))
    return ((cell, seen) for cell, seen in found if id(cell) in mine)


def of_each_role(world: World, route: Route) -> Iterator[Cell]:
    """At full size the whole sample. At small size whose turn it is asks for the matter that they don't see; for lists, and for
    what they do see (which shows nothing foreign either), one of each role of theirs; who it is turns with the route."""
    seen: dict[tuple[object, ...], list[Cell]] = {}
    for cell, is_seen in sample_in_turn(world, route, "GET"):
        if IS_FULL or not is_seen:
            yield cell
        else:
            seen.setdefault((cell.who.kind, cell.who.role, cell.who.by_token), []).append(cell)
    for alike in seen.values():
        yield alike[turn_of(route) % len(alike)]


@pytest.mark.usefixtures("_no_filters")
@pytest.mark.parametrize("route", READS, ids=lambda route: route.name)
def test_it_shows_nothing_foreign(world: World, route: Route) -> None:
    forget_tries(world)
    wrong = []
    for cell in of_each_role(world, route):
        answer = send(cell, "GET")
        resident = route.page.read in AS_RESIDENT
        seen = leaks(world, cell.who, answer, asked=cell.url(), resident=resident, tells=route.page.tells)
        if seen:
            wrong.append(f"{cell.named('GET')}: shows {seen}")
    assert wrong == []


@pytest.mark.usefixtures("_no_filters")
@pytest.mark.parametrize("route", WRITES, ids=lambda route: route.name)
def test_it_changes_nothing_foreign(world: World, route: Route) -> None:
    """Everybody may do everything by the program: what isn't seen stays as it is. At small size in turn."""
    forget_tries(world)
    wrong, before = [], state(world)
    for cell, seen in sample_in_turn(world, route, "POST"):
        if not seen:
            answer = send(cell, "POST")
            shown = leaks(world, cell.who, answer, asked=f"{cell.url()} {cell.page.sends}")
            if answer.status_code != 404 or shown:
                wrong.append(f"{cell.named('POST')}: {answer.status_code} {shown}")
    assert wrong == []
    assert state(world) == before


def test_it_switches_the_filters_off(world: World) -> None:
    """Else nothing above proves anything: a handler opens the dispatchers' desk, and a resident the checkers'."""
    opened: dict[tuple[str, str], int] = {}
    for route in known():
        if route.name in ("triage:desk", "checks:desk", "api:matters_list"):
            asking = [cell for cell, _ in sample(world, route) if cell.who.name in ("handler", "reporter")]
            with off():
                opened |= {(route.name, cell.who.name): send(cell, "GET").status_code for cell in asking}
    assert set(opened.values()) == {200}
    assert len(opened) == 6


def test_it_would_find_a_leak(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the database's scope wide open as well, every list shows foreign marks, and the matrix says so."""
    wide = world.cast["supervisor"]
    monkeypatch.setattr(middleware, "set_scope", lambda actor: set_scope(wide))
    found = set()
    with off():
        for route in READS:
            if route.name in ("matters:list", "matters:matter", "files:attachment", "api:matter_card", "worklist:list"):
                told = (leaks(world, cell.who, send(cell, "GET"), asked=cell.url()) for cell, _ in sample(world, route))
                found |= {route.name} if any(told) else set()
    assert found == {"matters:list", "matters:matter", "files:attachment", "api:matter_card", "worklist:list"}


# -- the list of filters is whole -------------------------------------------------------------------------------------

ROOT = Path(shanzhi.__file__).parent
OF_ACTOR = frozenset(
    {"kind", "unit_id", "post_id", "staff_id", "role", "roles", "ranges", "intake", "follow", "is_post"}
)
OF_ROWS = frozenset({"unit_id", "role", "follow_hash", "follow_hash__in", "for_reporter", "shown_to_reporter"})
REFUSALS = frozenset({"SignInNeeded", "NotAllowed", "NoPost", "RoleForbids", "SamePerson"})
NAMES = frozenset({"for_reporter", "shown_to_reporter", "acting_error"})
LOOKED_AT = [
    path
    for path in sorted(ROOT.rglob("*.py"))
    if not {"tests", "migrations", "demo", "commands"} & set(path.relative_to(ROOT).parts)
    and path.name not in ("cli.py", "testing.py")
]


def decides(function: ast.AST) -> bool:
    """Does a function look at who acts, refuse somebody, or pick rows by whose they are?"""
    for node in ast.walk(function):
        if isinstance(node, ast.Attribute) and node.attr in OF_ACTOR and _name(node.value) == "actor":
            return True
        if isinstance(node, ast.Attribute | ast.Name | ast.Constant) and _name(node) in NAMES:
            return True
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) and _name(node.exc.func) in REFUSALS:
            return True
        if isinstance(node, ast.Call) and _name(node.func) in ("filter", "exclude", "get") and _picks(node):
            return True
        if isinstance(node, ast.Call) and _name(node.func) == "execute" and _asks_by(node):
            return True
    return False


def _name(node: ast.AST) -> str:
    """What a name, an attribute or a text in quotes says."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _picks(call: ast.Call) -> bool:
    return any(word.arg in OF_ROWS for word in call.keywords)


def _asks_by(call: ast.Call) -> bool:
    """A statement that stands written out, and whose it asks for."""
    return any(_name(node) in OF_ROWS for argument in call.args[1:] for node in ast.walk(argument))


@cache
def deciding() -> frozenset[str]:
    """Every such function, as module:name."""
    found = set()
    for path in LOOKED_AT:
        module = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        for name, function in _functions(ast.parse(path.read_text(encoding="utf-8"))):
            if decides(function):
                found.add(f"{module}:{name}")
    return frozenset(found)


def _functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.AST]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{within}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{within}{node.name}.")


def test_it_knows_every_function_that_decides_by_who_acts() -> None:
    new = sorted(deciding() - SWITCHED_OFF.keys() - DECIDES_OTHERWISE.keys())
    assert new == [], (
        "these look at who acts: a filter belongs into SWITCHED_OFF in tests/matrix/filters.py, with what stands in its "
        "place; what is none belongs into DECIDES_OTHERWISE there, with the reason"
    )


def test_it_knows_no_function_that_is_gone() -> None:
    assert sorted((SWITCHED_OFF.keys() | DECIDES_OTHERWISE.keys()) - deciding()) == []
