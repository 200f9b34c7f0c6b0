"""SQL, signs and sizes in every search box, every filter, every field; more fields than a form has; foreign addresses."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.db import connection

from shanzhi.kernel.access.operations import set_scope
from shanzhi.kernel.matters.models import Matter
from tests.matrix.machine import IS_FULL, Cell, cells, expected, leaks, read, send, state, turn_of, undone
from tests.matrix.page import AS_RESIDENT
from tests.matrix.routes import Route, known
from tests.matrix.test_find_only_what_is_mine import ask
from tests.matrix.world import World

KINDS = (
    ("' OR '1'='1", "'; DROP TABLE matters_matter; --", "%' UNION SELECT body FROM matters_matter --"),
    ("\\", "%_%"),
    ("\x00",),
    ("²", "٣"),
    ("9" * 25, "2147483648", "9223372036854775807"),
    ("0001-01-01T00:00:00+23:59_1", "9999-12-31T23:59:59-23:59_1"),
    ("2025-11-18T00:00:00_5", "2025-11-18T00:00:00+08:00_" + "9" * 30),
    ("00010101-1", "20251118-" + "9" * 30),
    ("<script>alert(1)</script>",),
    ("\r\nSet-Cookie: x=1",),
    ("长" * 3000, "[" * 3000),
    ("0001-01-01", "9999-12-31"),
    ("%s %(name)s {0} \u202e",),
)
"""What is typed, by what it attacks."""
ASKED = [route for route in known() if route.page.asks and route.page.read and not route.page.fixed]
WRITES = [route for route in known() if route.page.write]
FORMS = [route for route in WRITES if not route.is_api]


def within_rights(world: World, route: Route, door: str) -> Cell:
    """Somebody who may, about a matter that they see; the same one each time."""
    asking = [
        cell
        for cell in cells(world, route, door)
        if expected(cell, door) in ("shown", route.page.says) and not cell.who.by_token
    ]
    first = ("handler", "dispatcher", "checker", "reporter")
    return min(asking, key=lambda cell: first.index(cell.who.name) if cell.who.name in first else 9)


@pytest.mark.parametrize("route", ASKED, ids=lambda route: route.name)
def test_it_takes_whatever_is_asked_for(world: World, route: Route) -> None:
    """No server error, nothing foreign, no header of the asker's making; the database is untouched."""
    cell, before, wrong = within_rights(world, route, route.page.read), state(world), []
    for query in _queries(route):
        answer = ask(cell, **query)
        resident = route.page.read in AS_RESIDENT
        seen = leaks(world, cell.who, answer, asked=f"{query} {cell.url()}", resident=resident)
        scripted = b"<script>alert(1)" in answer.body and "html" in answer["Content-Type"]
        if answer.status_code >= 500 or seen or scripted or "x" in answer.cookies:
            wrong.append(f"{route.name} {query}: {answer.status_code} {seen}")
    assert wrong == []
    assert state(world) == before


def chosen(route: Route, kinds: tuple[tuple[str, ...], ...]) -> list[str]:
    """At full size every text; at small size one of each kind, which one turns with the route."""
    turn = turn_of(route)
    return [text for kind in kinds for text in (kind if IS_FULL else (kind[turn % len(kind)],))]


def _queries(route: Route) -> list[dict[str, str]]:
    """Each parameter with each text once; at small size three parameters share the kinds among them. The API refuses all
    for one, so there they come one by one; a page leaves out what it can't read, so there all come together, each with
    another text in turn."""
    names = route.page.asks
    if not route.is_api:
        return _turns(route, sorted(names), _step(names))
    typed, step = chosen(route, KINDS), _step(names)
    return [{name: text} for at, name in enumerate(names, turn_of(route)) for text in typed[at % step :: step]]


def _step(names: Iterable[str]) -> int:
    return 1 if IS_FULL else min(3, len(set(names)))


def _turns(route: Route, names: Iterable[str], step: int) -> list[dict[str, str]]:
    """All names together, each with another text in turn; with a step of three each text in every third of them."""
    listed, typed = list(dict.fromkeys(names)), chosen(route, KINDS)
    turns = range(0, len(typed), step)
    return [{name: typed[(turn + at) % len(typed)] for at, name in enumerate(listed)} for turn in turns]


@pytest.mark.parametrize("route", WRITES, ids=lambda route: route.name)
def test_it_takes_whatever_is_sent(world: World, route: Route) -> None:
    """Each field with each text once, all fields together; at small size with one of each kind (a form with several
    fields of its own with every second or third one)."""
    cell, wrong = within_rights(world, route, route.page.write), []
    for more in _sent(route):
        with undone():
            answer = send(cell, "POST", more=more)
        scripted = b"<script>alert(1)" in answer.body and "html" in answer["Content-Type"]
        if answer.status_code >= 500 or scripted:
            wrong.append(f"{route.name} {more}: {answer.status_code}")
    assert wrong == []


READ_HERE_AND_THERE = ("version", "key", "region", "category", "lead", "co", "q_lead", "find", "upto", "column-0")
"""Fields of some forms, sent to all of them."""


def _sent(route: Route) -> list[dict[str, str]]:
    own = sorted(route.page.sends)
    return _turns(route, [*own, *READ_HERE_AND_THERE], _step(own or READ_HERE_AND_THERE))


# -- more fields than are asked for -----------------------------------------------------------------------------------

EXTRA: Mapping[str, object] = {
    "id": 1,
    "number": "20200101-000001",
    "stage": "closed",
    "result": "closed",
    "unit_id": 1,
    "holder_unit": 1,
    "holder_unit_id": 1,
    "intake_unit_id": 1,
    "scope_code": "37",
    "region_code": "370306",
    "in_intake": True,
    "steps": 999,
    "counts": "{}",
    "reported_at": "2000-01-01T00:00:00Z",
    "due_at": "2099-01-01T00:00:00Z",
    "ended_at": "2000-01-01T00:00:00Z",
    "follow_hash": "0" * 64,
    "follow": "0" * 64,
    "shown_to_reporter": True,
    "for_reporter": True,
    "post_id": 1,
    "staff_id": 1,
    "staff": 1,
    "role": "supervisor",
    "actor": "system",
    "kind": "system",
    "is_active": True,
    "is_staff": True,
    "is_superuser": True,
    "ranges": "{[3,4)}",
    "source": "other",
    "source_number": "1",
    "matter": 1,
    "matter_id": 1,
    "handled_by": 1,
}
TABLES = {
    "matters_matter": "salt",
    "matters_assignment": "id",
    "matters_participant": "id",
    "matters_clock": "id",
    "matters_remark": "id, salt",
    "files_attachment": "id",
    "access_account": "last_login",
    "access_token": "id",
    "notices_notice": "id",
}
"""What is compared, and the columns that differ each time."""


def rows(world: World) -> dict[str, list[str]]:
    """What stands in the tables inside this transaction, seen by the widest post."""
    set_scope(world.cast["supervisor"])
    found = {}
    with connection.cursor() as cursor:
        for table, changing in TABLES.items():
            names = ", ".join(f"'{name.strip()}'" for name in changing.split(","))
            cursor.execute(
                f"SELECT (to_jsonb(t) - ARRAY[{names}] - 'follow_hash' - 'number')::text FROM {table} t"
                if table != "matters_matter"
                else f"SELECT (to_jsonb(t) - ARRAY[{names}])::text FROM {table} t WHERE id < 7391000"
            )
            found[table] = sorted(row[0] for row in cursor.fetchall())
    return found


@pytest.mark.parametrize(
    "route",
    [route for route in WRITES if not route.name.endswith((":report", ":take_in"))],
    ids=lambda route: route.name,
)
def test_it_applies_no_field_that_it_does_not_ask_for(world: World, route: Route) -> None:
    """The same comes of it as without them; or it is refused, and then nothing comes of it."""
    cell = within_rights(world, route, route.page.write)
    own = {name: value for name, value in EXTRA.items() if name not in route.page.sends}
    with undone():
        nothing = rows(world)
    with undone():
        send(cell, "POST")
        plainly = rows(world)
    with undone():
        answer = send(cell, "POST", more=own)
        assert answer.status_code < 500
        refused = answer.status_code >= 400
        assert rows(world) == (nothing if refused else plainly)


def test_it_takes_in_a_report_without_fields_of_its_own(world: World) -> None:
    """A program's report with unknown fields is refused; a page's is taken in without them."""
    api = next(cell for cell in cells(world, _route("api:report"), "anyone") if cell.who.name == "anonymous")
    for name, value in EXTRA.items():
        if name not in ("region_code", "kind"):
            answer = send(api, "POST", more={name: value})
            assert answer.status_code == 422, name
    page = next(cell for cell in cells(world, _route("intake:report"), "open") if cell.who.name == "anonymous")
    with undone():
        extra = {name: value for name, value in EXTRA.items() if name != "region_code"}
        assert send(page, "POST", more=extra).status_code == 302
        set_scope(world.cast["supervisor"])
        made = Matter.objects.order_by("-id").values("stage", "kind", "channel", "source", "in_intake", "steps").first()
    assert made == {
        "stage": "reported",
        "kind": "request",
        "channel": "web",
        "source": None,
        "in_intake": True,
        "steps": 1,
    }


def _route(name: str) -> Route:
    return next(route for route in known() if route.name == name)


# -- foreign addresses ------------------------------------------------------------------------------------------------

AWAY = (
    ("https://evil.example/", "http:evil.example", "https:///evil.example"),
    ("//evil.example/", "///evil.example/", "/\x00//evil.example"),
    ("/\\evil.example/", "\\\\evil.example/"),
    ("/\t/evil.example/", "/\n/evil.example/"),
    ("javascript:alert(1)",),
    ("/ok\r\nX-Injected: 1", "/%0a/evil.example"),
    ("@evil.example",),
)
"""Addresses elsewhere, by how they are disguised."""
ELSEWHERE = tuple(target for kind in AWAY for target in kind)


def stays(answer: Any) -> bool:
    """Does the answer lead nowhere but to this site, and carry no header of somebody's making?"""
    if "X-Injected" in answer:
        return False
    target = answer.get("Location", "/").replace("\\", "/").replace("\t", "").replace("\n", "").replace("\r", "")
    found = urlsplit(urljoin("http://testserver/x/", target))
    return (found.scheme, found.netloc) == ("http", "testserver")


@pytest.mark.parametrize("route", FORMS, ids=lambda route: route.name)
def test_it_sends_nobody_elsewhere(world: World, route: Route) -> None:
    """Every form with every address; at small size with one of every second disguise, in turn."""
    wrong, targets = [], chosen(route, AWAY)
    targets = targets if IS_FULL else targets[turn_of(route) % 2 :: 2]
    asking = [within_rights(world, route, route.page.write)]
    asking += [cell for cell in cells(world, route, route.page.write) if cell.who.name == "anonymous"][:1]
    for cell in asking:
        for target in targets if cell.who.kind == "post" else targets[::3]:
            with undone():
                answer = send(cell, "POST", more=dict.fromkeys(("next", "page", "back", "following"), target))
            if not stays(answer) or answer.status_code >= 500 or _links_away(answer):
                wrong.append(f"{cell.named('POST')} {target!r}: {answer.get('Location', 'a link')}")
    assert wrong == []


def test_it_sends_nobody_elsewhere_after_sign_in(world: World) -> None:
    for route in known():
        if "next" in route.page.asks or route.name == "start":
            for cell in cells(world, route, route.page.read):
                for target in ELSEWHERE if cell.who.name in ("anonymous", "handler") else ():
                    answer = ask(cell, next=target)
                    assert stays(answer), (cell.named("GET"), target)
                    assert not _links_away(answer), (cell.named("GET"), target)


def _links_away(answer: Any) -> bool:
    said = answer.body.replace(b"&#x27;", b"'")
    return any(start in said for start in (b'href="//evil', b'href="https://evil', b'href="/\\', b'action="//evil'))


# -- sizes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", WRITES, ids=lambda route: route.name)
def test_it_refuses_what_is_too_much(world: World, route: Route) -> None:
    cell, before = within_rights(world, route, route.page.write), state(world)
    name = next(iter(route.page.sends), "words")
    name = "words" if name == "files" else name
    for more in ({name: "长" * 1_000_000}, {f"field{number}": "x" for number in range(2000)}):
        with undone():
            answer = send(cell, "POST", more=more)
        assert answer.status_code < 500, list(more)[:1]
        assert len(answer.body) < 2_000_000, "it says everything back"
    assert state(world) == before


def test_it_refuses_an_address_without_end(world: World) -> None:
    for path in ("/m/" + "9" * 20_000 + "/", "/my/" + "x" * 20_000 + "/", "/files/" + "9" * 400 + "/"):
        for who in ("handler", "anonymous"):
            assert read(world.people[who].client.get(path)).status_code in (302, 400, 404), path[:10]
