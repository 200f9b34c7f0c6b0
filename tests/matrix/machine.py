"""Sends one cell of the matrix and judges the answer: the door, the sight, and no mark of what isn't to be seen."""

import copy
import html
import itertools
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any
from urllib.parse import unquote

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from tests.matrix.page import (
    ACCOUNT,
    ANYONE,
    CODE,
    FEATURES,
    OPEN,
    PERSON,
    POST,
    REPORTER,
    RESIDENT,
    SIGHT_ALONE,
    START,
    TOKEN,
    Page,
)
from tests.matrix.routes import Route, known
from tests.matrix.world import INNER, PRIVATE, Subject, Who, World

IS_FULL = os.environ.get("SHANZHI_SIZE") == "full"
SHOWN, MISSING, SIGN_IN = "shown", "404", "sign in"
_numbers = itertools.count(990_000_001)
PAPER = b"%PDF-1.4\n%%EOF\n"
OUTSIDE = ("account_", "mfa_", "provider_", "openid_connect_", "healthz", "readyz", "metrics")
"""Addresses outside of the request's transaction, where nobody acts and no token is looked at."""
THREE = ("anonymous", "handler", "token of an ended post")
_addresses = (f"10.{a}.{b}.{c}" for a, b, c in itertools.product(range(256), repeat=3))


@dataclass(frozen=True, slots=True)
class Cell:
    """Somebody before a page, about a matter (or none), with one set of the address's other parts."""

    route: Route
    who: Who
    subject: Subject | None
    args: Mapping[str, str]

    @property
    def page(self) -> Page:
        """What the table says of the page."""
        return self.route.page

    def named(self, method: str) -> str:
        """The cell in words, for a failure."""
        rest = " ".join(self.args.values())
        return f"{method} {self.route.name} {rest} | {self.who.name} | {self.subject.name if self.subject else '—'}"

    def url(self) -> str:
        """Its address."""
        return self.route.url({**self.args, **address_of(self.page, self.subject)})


def none_like(page: Page) -> dict[str, object]:
    """What the address says about a matter that isn't there; each time another one."""
    number = next(_numbers)
    return {"number": f"20251118-{number}"} if page.about == "matter" else {"pk": number}


def address_of(page: Page, subject: Subject | None) -> dict[str, object]:
    """What the address says about the matter."""
    if subject is None:
        return {}
    return {"number": subject.number} if page.about == "matter" else {"pk": getattr(subject, page.about)}


def cells(world: World, route: Route, door: str, *, missing: int = 0) -> Iterator[Cell]:
    """Everybody × every matter (where the page is about one) × every case of the address.

    Whom the door refuses is asked for two matters only, a foreign one among them. With `missing` only what isn't to be
    seen, that many matters for each.
    """
    # By a follow code one sees one's own matter or none: the other ways of lying before somebody don't differ.
    few = {"own", "foreign", "nowhere"} if door in (REPORTER, CODE) else world.subjects.keys()
    subjects = [world.subjects[name] for name in world.subjects if name in few] if route.page.about else [None]
    people = [who for who in world.people.values() if not route.page.fixed or who.name in THREE]
    for who, args in itertools.product(people, route.page.args):
        found = [Cell(route, who, subject, args) for subject in subjects]
        if missing:
            found = [cell for cell in found if not _at_the_door(cell, door) and not _in_sight(cell, door)][-missing:]
        elif _at_the_door(found[0], door):
            found = [cell for cell in found if cell.subject is None or cell.subject.name in ("own", "foreign")]
        yield from found


def turn_of(route: Route) -> int:
    """A number of the route's own, the same in every process: where its part of a product begins at small size."""
    return zlib.crc32(route.name.encode())


def part(found: Iterable[Cell], door: str, method: str) -> Iterator[Cell]:
    """At full size all of the cells. At small size every route × every case of the address × every answer, by those whose
    turn it is (`in_turn`): each of them who is let in asks for one matter for each answer that the table expects, and for the
    foreign one wherever it isn't to be seen; of those in one role whom the door refuses one asks. Which one it is turns with
    the route, so that over the routes everybody meets every matter. An answer that none of them gets is somebody else's."""
    every = list(found)
    if IS_FULL:
        yield from every
        return
    refused: dict[tuple[object, ...], list[Cell]] = {}
    let_in: dict[tuple[object, ...], list[Cell]] = {}
    others: dict[tuple[object, ...], list[Cell]] = {}
    mine = set(map(id, in_turn(every, door, method)))
    for cell in every:
        who, case, answer = cell.who, tuple(cell.args.items()), expected(cell, door)
        others.setdefault((case, answer), []).append(cell)
        if id(cell) not in mine:
            continue
        if _at_the_door(cell, door):
            refused.setdefault((who.kind, who.role, who.by_token, case, answer), []).append(cell)
        else:
            let_in.setdefault((who.name, case, answer), []).append(cell)
    for key in {(key[-2], key[-1]) for key in (*refused, *let_in)}:
        del others[key]
    for turn, alike in enumerate((*refused.values(), *let_in.values())):
        chosen = alike[(turn + turn_of(alike[0].route)) % len(alike)]
        yield chosen
        yield from (cell for cell in alike if cell is not chosen and _is_foreign(cell, door))
    yield from (alike[turn_of(alike[0].route) % len(alike)] for alike in others.values())


SHARES = 3
"""Among so many routes of one sort those who ask are shared out at small size."""
SHARES_BEHIND_NO_DOOR = 5
"""The same where the program's filters are off: what is tested are the tables' policies, which many routes come to."""


def in_turn(found: Iterable[Cell], door: str, method: str) -> list[Cell]:
    """At full size all of the cells. At small size those of who has the turn on this route: routes of one sort (their door, page
    or API, about a matter or not, how it answers) share out among them everybody whom the door lets in and every role that
    it refuses. So everybody still meets each sort; where there is one route of a sort, everybody is there, and so they are
    where a page has a sight of its own."""
    every = list(found)
    if IS_FULL or not every or every[0].page.seen_by is not None:
        return every
    alike = _alike(every[0].route, door, method)
    shares = min(SHARES if _door(every[0].route, method) == door else SHARES_BEHIND_NO_DOOR, len(alike))
    at = alike.index(every[0].route)
    return [cell for cell in every if (zlib.crc32(_whose(cell, door).encode()) + at) % shares == 0]


def _whose(cell: Cell, door: str) -> str:
    who, refused = cell.who, _at_the_door(cell, door)
    return f"{who.kind} {who.role} {who.by_token} {refused}" if refused else who.name


def _alike(route: Route, door: str, method: str) -> list[Route]:
    """The routes of this one's sort: all that have the door for the method; where the door is none of the page's own (the
    program's filters are off), all that have any."""
    is_own, sort = _door(route, method) == door, _sort(route)
    return [
        other
        for other in known()
        if (_door(other, method) == door if is_own else _door(other, method)) and _sort(other) == sort
    ]


def _sort(route: Route) -> tuple[object, ...]:
    page = route.page
    return (route.is_api, page.about, page.fixed, page.says, page.seen_by is None, route.name.startswith(OUTSIDE))


def _door(route: Route, method: str) -> str:
    return route.page.read if method == "GET" else route.page.write


def _is_foreign(cell: Cell, door: str) -> bool:
    return cell.subject is not None and cell.subject.name == "foreign" and expected(cell, door) == MISSING


# -- what the table expects -------------------------------------------------------------------------------------------


def expected(cell: Cell, door: str) -> str:
    """The answer by the table: SHOWN, MISSING, SIGN_IN or a status."""
    refused = _at_the_door(cell, door)
    if refused:
        return refused
    return (cell.page.says or SHOWN) if _in_sight(cell, door) else MISSING


def _at_the_door(cell: Cell, door: str) -> str:
    """How the door refuses; empty where it lets in."""
    who, is_api = cell.who, cell.route.is_api
    if who.kind == "refused" and not cell.route.name.startswith((*OUTSIDE, "api:openapi")):
        return "401"
    outside = "401" if is_api else SIGN_IN
    if door in (OPEN, ANYONE, SIGHT_ALONE, RESIDENT, REPORTER, CODE):
        return ""
    if door == ACCOUNT:
        return "" if who.kind in ("post", "account") and not who.by_token else outside
    if door == START and who.kind == "account":
        return "403"
    if who.kind != "post" or (door == PERSON and who.by_token):
        return outside
    return "" if door in (POST, PERSON, START, TOKEN) or who.role in FEATURES[door] else "403"


def _in_sight(cell: Cell, door: str) -> bool:
    if cell.page.seen_by is not None:
        return cell.who.name in cell.page.seen_by
    if cell.subject is None or door == OPEN:
        return True
    if door in (REPORTER, CODE):
        return cell.who.follows == cell.subject.name
    return cell.subject.name in cell.who.sees


# -- sending ----------------------------------------------------------------------------------------------------------


def send(cell: Cell, method: str, *, url: str = "", more: Mapping[str, object] | None = None) -> Any:
    """Send the cell's request; every one from an address of its own, so that no limit stands in for a right, and as by
    a browser that is new each time: what the answer does to its cookies is forgotten."""
    client, kept = cell.who.client, copy.deepcopy(cell.who.client.cookies)
    options: dict[str, Any] = {"REMOTE_ADDR": next(_addresses), "headers": _headers(cell)}
    try:
        if method == "POST":
            options |= _content(cell, {**cell.page.sends, **_confirmed(cell), **(more or {})})
        return read(getattr(client, method.lower())(url or cell.url(), **options))
    finally:
        client.cookies = kept


def _confirmed(cell: Cell) -> dict[str, object]:
    """The follow code once more, by whoever knows it."""
    if not cell.page.confirms:
        return {}
    knows = cell.subject is not None and cell.who.follows == cell.subject.name
    return {"confirm": cell.subject.code if knows and cell.subject else "AAAA-AAAA"}


def read(answer: Any) -> Any:
    """The answer with its `body` read to the end, which closes the file that it was sent from; an archive unpacked."""
    answer.body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.body.startswith(b"PK"):
        with zipfile.ZipFile(BytesIO(answer.body)) as archive:
            answer.body = b"\n".join(name.encode() + b"\n" + archive.read(name) for name in archive.namelist())
    return answer


def _content(cell: Cell, fields: dict[str, object]) -> dict[str, Any]:
    if "files" in fields:
        return {"data": fields | {"files": [SimpleUploadedFile("x.pdf", PAPER, content_type="application/pdf")]}}
    if cell.route.is_api:
        return {"data": json.dumps(fields), "content_type": "application/json"}
    return {"data": fields}


def _headers(cell: Cell) -> dict[str, str]:
    """What a program sends: its token, and the follow code of the matter that it knows one of."""
    if not cell.route.is_api or cell.route.name == "api:openapi-json":
        return {}
    headers = dict(cell.who.headers)
    if CODE in (cell.page.read, cell.page.write):
        knows = cell.subject is not None and cell.who.follows == cell.subject.name
        headers["Follow-Code"] = cell.subject.code if knows and cell.subject else "AAAA-AAAA"
    return headers


@contextmanager
def undone() -> Iterator[None]:
    """What is done inside is undone: the request's own transaction becomes a savepoint of one that is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# -- judging ----------------------------------------------------------------------------------------------------------


def got(cell: Cell, answer: Any) -> str:
    """The answer in the words of `expected`."""
    if answer.status_code == 302 and answer["Location"].startswith("/accounts/login/?next=") and not _is_login(cell):
        return SIGN_IN
    if answer.status_code in (200, 201):
        return SHOWN
    if answer.status_code == 302:
        return SHOWN if cell.page.away or cell.page.options else "302"
    return str(answer.status_code)


def _is_login(cell: Cell) -> bool:
    return cell.route.name == "account_login"


def text_of(answer: Any) -> str:
    """All that an answer says: headers, cookies and body; escapes of HTML, JSON and addresses undone beside."""
    body = answer.body if hasattr(answer, "body") else read(answer).body
    head = "\n".join(f"{name}: {value}" for name, value in answer.items())
    said = f"{head}\n{answer.cookies}\n{body.decode(errors='replace')}"
    return f"{said}\n{unquote(html.unescape(said))}"


def leaks(
    world: World,
    who: Who,
    answer: Any,
    *,
    asked: str = "",
    revealed: str = "",
    resident: bool = False,
    tells: frozenset[str] = frozenset(),
) -> str:
    """Marks in the answer that this person may not see; `asked` is what the request itself said.

    `revealed` names the matter whose personal data was revealed; with `resident` a post counts for nothing; `tells` are
    the offices' marks that a reporter is told all the same.
    """
    said = text_of(answer)
    wrong = [
        f"{facet} of {name}"
        for text, (name, facet) in world.marks().items()
        if text in said
        and text not in asked
        and not (facet in tells and name == who.follows)
        and not _may_see(who, name, facet, revealed=revealed, resident=resident)
    ]
    return ", ".join(sorted(wrong))


def _may_see(who: Who, name: str, facet: str, *, revealed: str, resident: bool) -> bool:
    if facet in PRIVATE:
        return facet in ("phone", "contact") and name == revealed
    if who.kind == "reporter" or resident:
        return name == who.follows and facet not in INNER
    return name in who.sees


_RANDOM = re.compile(
    r'(csrfmiddlewaretoken" value=|csrf-token" content=|name="key" value=|value=)"[\w-]{36,64}"'
    r"|X-Request-ID: [0-9a-f]{32}|parked(=|%3D)[0-9a-f-]{36}|csrftoken=[^;]*;[^\n]*|sessionid=[^;]*;[^\n]*|Expires: [^\n]*|Content-Length: \d+|copy-\d+-[0-9a-f]+"
    r"|/desk/call/[0-9a-f-]{36}/|/desk/rings/\?ref=[0-9a-f-]{36}"
)


def plain(answer: Any, *, without: str = "") -> str:
    """An answer with what differs each time taken out, and `without` (a number that was asked for)."""
    said = f"{answer.status_code}\n{text_of(answer)}"
    return _RANDOM.sub("~", said.replace(without, "#") if without else said)


# -- nothing changed --------------------------------------------------------------------------------------------------

CHANGES_ANYHOW = (
    "intake_guess",
    "vault_parkedform",
    "procrastinate_",
    "organisation_region",
)
"""Tables that a refusal may write to (counts of wrong tries, a form that waits for its writer), or that no request can
write to and that are long."""
MARKED_ANYHOW = {
    "access_session": ("seen_at", "data"),
    "access_token": ("used_on",),
    "access_sign_in_attempt": ("outcome",),
}
"""Columns that any request may write, whatever it is answered: when a session was last seen and what it keeps for its
browser (the CSRF secret, a message), and the day on which a token was last used."""


def state(world: World) -> dict[str, str]:
    """A fingerprint of every table, taken by a superuser.

    Looked at anew only where a transaction has written since, and wasn't undone: no row changes without taking a transaction's
    number, and the server is this process's own.
    """
    written = _last_written(world)
    if world.seen is None or _is_any_kept(world, world.seen[0], written):
        world.seen = (written, _fingerprint(world))
    world.seen = (written, world.seen[1])
    return world.seen[1]


def _last_written(world: World) -> int:
    """The number that comes after the newest of the transactions that wrote anything and have ended."""
    statement = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    (row,) = world.onlooker().execute(statement, prepare=True).fetchall()
    return int(row[0])


def _is_any_kept(world: World, first: int, end: int) -> bool:
    """Is what any transaction of these numbers wrote still there? (One that hasn't ended counts too.)"""
    statement = "SELECT count(*) FROM generate_series(%s::bigint, %s::bigint) n WHERE pg_xact_status(n::text::xid8) <> 'aborted'"
    (row,) = world.onlooker().execute(statement, [first, end - 1], prepare=True).fetchall()
    return bool(row[0])


def _fingerprint(world: World) -> dict[str, str]:
    opened = world.onlooker()
    names = [
        row[0]
        for row in opened.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY relname"
        ).fetchall()
        if not row[0].startswith(CHANGES_ANYHOW)
    ]
    statement = " UNION ALL ".join(
        f"SELECT '{name}', count(*) || ' ' || coalesce(sum(hashtextextended({_compared(name)}, 0)), 0) FROM {name} t"
        for name in names
    )
    return dict(opened.execute(statement, prepare=True).fetchall())


def _compared(table: str) -> str:
    """A row as a text, without what changes anyhow."""
    leaving = MARKED_ANYHOW.get(table, ())
    if not leaving:
        return "t::text"
    return f"(to_jsonb(t) - ARRAY[{', '.join(repr(name) for name in leaving)}])::text"


def forget_tries(world: World) -> None:
    """Forget the wrong follow codes that were counted."""
    with world.admin() as opened:
        opened.execute("DELETE FROM intake_guess")


__all__ = [
    "IS_FULL",
    "MISSING",
    "SHOWN",
    "SIGN_IN",
    "Cell",
    "cells",
    "expected",
    "forget_tries",
    "got",
    "in_turn",
    "leaks",
    "none_like",
    "part",
    "plain",
    "read",
    "send",
    "state",
    "text_of",
    "turn_of",
    "undone",
]
