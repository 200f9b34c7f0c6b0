"""Lists, searches, filters, cursors and guessed ids: nothing of a foreign matter shows, not even that there is one."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict

from tests.matrix.filters import off
from tests.matrix.machine import IS_FULL, Cell, cells, expected, in_turn, leaks, plain, read, send, state, turn_of
from tests.matrix.routes import Route, known
from tests.matrix.table import CALLS, PAGES
from tests.matrix.world import Subject, Who, World

LISTS = [
    route
    for route in known()
    # The public list shows every matter to everybody: category, township and state, by what the policy calls public.
    # The sign-in library's pages make a secret each time, and know nothing of matters.
    if route.page.read and not (route.page.about or route.page.fixed or route.page.options)
    if route.name != "intake:public"
]
SEARCHES = {
    "matters:list": "q",
    "matters:file": "q",
    "worklist:list": "q",
    "worklist:file": "q",
    "checks:file": "q",
    "checks:desk": "q",
    "oversight:roll": "q",
    "oversight:roll_print": "q",
    "api:matters_list": "words",
}
"""Where words are searched for in matters → the parameter."""
SEARCHES_OTHERWISE = {
    "archive:list": "evidence by its own words; what comes of a matter goes by its sight (kernel/evidence/tests)",
    "archive:list_file": "the same as a file",
    "access:staff_sessions": "members of staff by their whole name or work number",
    "keeper:places": "places of the city, which are no matters",
    "keeper:units": "units, which are no matters",
    "figures:list": "names and definitions of figures, which are no matters",
    "figures:list_file": "the same as a file",
    "hotline:knowledge": "questions and answers, which are no matters",
    "matters:views": "keeps what was searched for under a name, and searches nothing",
}
NONSENSE, NO_NUMBER = "zzqxnothing", "20251118-987654321"


SOME = frozenset(
    {
        *("dispatcher", "checker", "county checker", "handler", "neighbour dispatcher", "neighbour handler"),
        *("post without a place", "reporter", "anonymous"),
    }
)
"""One of each way of seeing."""


def asking(world: World, route: Route) -> Iterator[Cell]:
    """Those of SOME whom the page lets in."""
    for cell in cells(world, route, route.page.read):
        if cell.who.name in SOME and expected(cell, route.page.read) == "shown":
            yield cell


def ask(cell: Cell, **query: object) -> Any:
    """The cell's page with a query."""
    told = QueryDict(mutable=True)
    for name, value in query.items():
        told[name] = str(value)
    return send(cell, "GET", url=f"{cell.url()}?{told.urlencode()}")


def unseen(world: World, who: Who) -> list[Subject]:
    """The matters that somebody doesn't see."""
    return [one for one in world.subjects.values() if one.name not in who.sees]


# At small size with the filters alone: without them `test_hold_without_python` asks for the same pages.
@pytest.mark.parametrize("filters", ["on", "off"] if IS_FULL else ["on"])
def test_it_looks_the_same_whether_a_foreign_matter_is_there_or_not(world: World, filters: str) -> None:
    """No total, no count on a desk, no cursor and no suggestion tells that there is one more."""
    with off() if filters == "off" else nullcontext():
        before = {cell.named("GET"): plain(send(cell, "GET")) for cell in _of_strangers(world)}
        _one_more(world, filters)
        after = {cell.named("GET"): plain(send(cell, "GET")) for cell in _of_strangers(world)}
    assert [name for name, said in before.items() if said != after[name]] == []
    assert len(before) > 100


def _of_strangers(world: World) -> Iterator[Cell]:
    """Those of SOME who don't see the foreign matter; at small size every second of them, in turn."""
    for route in LISTS:
        found = [
            cell
            for cell in cells(world, route, route.page.read)
            if cell.who.name in SOME and "foreign" not in cell.who.sees
        ]
        yield from found if IS_FULL else found[turn_of(route) % 2 :: 2]


def _one_more(world: World, name: str) -> None:
    """Another matter that lies before everybody as "foreign" does; its marks are nobody's, so it isn't kept."""
    world.report(name, "370306100200")
    world.do(name, world.cast["dispatcher"], "accept", category="housing.property-service")
    world.do(name, world.cast["dispatcher"], "dispatch", lead=world.cast["neighbour handler"].unit_id)
    world.do(name, world.cast["neighbour handler"], "take")
    world.drain()
    del world.subjects[name]


@pytest.mark.parametrize("name", SEARCHES)
def test_it_finds_as_little_as_by_nonsense(world: World, name: str) -> None:
    """A foreign matter's title, place, number, follow code …, and anybody's phone and name, find what nonsense finds."""
    route = next(route for route in LISTS if route.name == name)
    wrong = []
    for cell in asking(world, route):
        nothing = {word: plain(ask(cell, **{SEARCHES[name]: word}), without=word) for word in (NONSENSE, NO_NUMBER)}
        words = ["%", "_", "\\", "%%", *(one.marks[facet] for one in _own(world, cell.who) for facet in PERSONAL)]
        words += [one.marks[facet] for one in unseen(world, cell.who)[-1:] for facet in FACETS]
        for word in words:
            answer = ask(cell, **{SEARCHES[name]: word})
            if _counted(answer) != 0:
                wrong.append(f"{cell.named('GET')}: {word} finds {_counted(answer)}")
            same = NO_NUMBER if word.startswith("20251118-") else NONSENSE
            if len(word) > 4 and plain(answer, without=word) != nothing[same]:
                wrong.append(f"{cell.named('GET')}: {word} is answered in another way than nonsense")
    assert wrong == []


PERSONAL = ("phone", "contact", "follow hash")
FACETS = ("title", "place", "number", "id", "paper name", "follow code", *PERSONAL)


def _own(world: World, who: Who) -> list[Subject]:
    return [one for one in world.subjects.values() if one.name in who.sees][:1]


def _counted(answer: Any) -> int:
    if answer["Content-Type"].startswith("application/json"):
        return int(answer.json()["total"])
    if answer["Content-Type"].startswith("text/csv"):
        return len(answer.body.decode("utf-8-sig").splitlines()) - 1
    if "pager" not in answer.context:
        return len(answer.context["lines"])
    return int(answer.context["pager"].count)


def test_it_counts_what_it_shows_whatever_is_filtered(world: World) -> None:
    """Filters by foreign units and regions: the total is the number of rows, and they are among what is seen."""
    route = next(route for route in LISTS if route.name == "api:matters_list")
    there = world.cast["neighbour handler"]
    for cell in asking(world, route):
        for query in (
            {"unit_id": there.unit_id},
            {"unit_id": there.unit_id, "part": "lead"},
            {"region_code": "370306"},
            {"region_code": "37"},
            {"stage": "checking"},
            {"category": "housing"},
            {"light": "overdue"},
            {"sort": "newest"},
            {"reported_from": "2025-01-01", "reported_to": "2026-01-01"},
        ):
            answer = ask(cell, open_only="false", **query)
            told = answer.json()
            assert told["total"] == len(told["rows"]), query
            assert leaks(world, cell.who, answer) == "", f"{cell.named('GET')} {query}"


def test_it_shows_nothing_foreign_to_a_cursor_of_somebody_else(world: World) -> None:
    wrong = []
    for sort in ("due", "newest"):
        route = next(route for route in LISTS if route.name == "api:matters_list")
        every = [cell for cell in asking(world, route) if cell.who.name == "checker"]
        cursors, after = [], ""
        while True:
            after = ask(every[0], sort=sort, size=1, after=after).json()["next_after"]
            if not after:
                break
            cursors.append(after)
        assert len(cursors) >= 6
        for each in LISTS:
            if "after" not in each.page.asks:
                continue
            for cell in asking(world, each):
                for cursor in (cursors[0], cursors[-2]):
                    # The cursor itself holds the number of the matter that it stands at: what was asked is no answer.
                    seen = leaks(world, cell.who, ask(cell, sort=sort, after=cursor, before=cursor), asked=cursor)
                    wrong += [f"{cell.named('GET')} {cursor}: {seen}"] if seen else []
    assert wrong == []


def test_it_opens_no_guessed_file(world: World) -> None:
    """Walking through the numbers of files finds exactly those of one's own matters; inner ones are the offices'."""
    for who in world.people.values():
        found, mine = set(), set()
        for one in world.subjects.values():
            for which in ("paper", "picture", "inner"):
                pk = getattr(one, which)
                if pk:
                    status = read(who.client.get(f"/files/{pk}/")).status_code
                    found |= {(one.name, which)} if status == 200 else set()
                    sees = one.name in who.sees and (which != "inner" or who.kind == "post")
                    mine |= {(one.name, which)} if sees else set()
        assert found == mine, who.name


def test_it_opens_no_guessed_number(world: World) -> None:
    """Walking through the day's numbers, in every way of writing them."""
    handler = world.people["handler"]
    for one in unseen(world, handler):
        for written in (one.number, one.number.replace("-", ""), f" {one.number} ", one.number.replace("-", "－")):
            for path in ("/m/{}/", "/worklist/{}/", "/my/{}/"):
                assert handler.client.get(path.format(written)).status_code == 404, (one.name, written)


# -- the table knows what a page reads --------------------------------------------------------------------------------


@contextmanager
def _listened() -> Iterator[set[str]]:
    """The names that are asked for of a request's query."""
    asked: set[str] = set()

    class Told(QueryDict):
        """A query that remembers what it was asked for."""

        def __getitem__(self, key: str) -> Any:
            asked.add(key)
            return super().__getitem__(key)

        def getlist(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().getlist(key, default)

        def get(self, key: str, default: Any = None) -> Any:
            asked.add(key)
            return super().get(key, default)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(WSGIRequest, "GET", property(lambda request: Told(request.environ.get("QUERY_STRING", ""))))
        yield asked


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.read])
def test_it_knows_what_a_page_reads(world: World, name: str) -> None:
    """So that no search box stays outside of the attacks; add what is missing to the page's `asks` in table.py.

    At small size whose turn it is opens it, one of each role."""
    route = next(route for route in known() if route.name == name)
    found = set()
    for cell in _one_of_each_role(world, route):
        if cell.args == route.page.args[0]:
            with _listened() as asked:
                send(cell, "GET")
            found |= asked
            if cell.subject is not None and cell.subject.name not in ("own", "checking"):
                break
    assert found - set(route.page.asks) - {"language"} == set(), f"{name} reads a parameter that the table doesn't know"


def _one_of_each_role(world: World, route: Route) -> Iterator[Cell]:
    """Of those in one role whom the page lets in, one; at full size all."""
    door = route.page.read
    let_in = [cell for cell in cells(world, route, door) if expected(cell, door) == "shown"]
    let_in = in_turn(let_in, door, "GET") or let_in
    asking: dict[tuple[object, ...], list[str]] = {}
    for who in {cell.who.name: cell.who for cell in let_in}.values():
        asking.setdefault((who.name,) if IS_FULL else (who.kind, who.role, who.by_token), []).append(who.name)
    names = {alike[turn_of(route) % len(alike)] for alike in asking.values()}
    return (cell for cell in let_in if cell.who.name in names)


def test_it_names_no_search_twice_and_leaves_none_out() -> None:
    """A page that takes `q` or `words` for matters stands in SEARCHES above."""
    searching = {
        name
        for name, page in {**PAGES, **CALLS}.items()
        if {"q", "words"} & set(page.asks) and not page.about and not page.fixed
    }
    assert searching == SEARCHES.keys() | SEARCHES_OTHERWISE.keys()


def test_it_leaves_the_world_as_it_was(world: World) -> None:
    before = state(world)
    for route in LISTS:
        for cell in list(cells(world, route, route.page.read))[:3]:
            send(cell, "GET")
    assert state(world) == before
