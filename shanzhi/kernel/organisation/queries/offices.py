"""Units and posts as their keeper looks at them: vacancies and since when, what was so before, what may be asked."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.models import Admission, Post, PostHolding, PostPast, Unit, UnitHeir, UnitPast
from shanzhi.kernel.organisation.policy import Level, Sees, UnitKind


@dataclass(frozen=True, slots=True)
class OfficeRow:
    """A unit with its posts in figures. `vacant_since`: since when its longest-vacant post has nobody; None: none is.

    `capacity` as somebody set it; None: measured by others of its kind.
    """

    id: int
    kind: UnitKind
    name: str
    level: Level
    region_code: str
    region_name: str
    posts: int
    vacant: int
    vacant_since: date | None
    capacity: int | None


@dataclass(frozen=True, slots=True)
class OfficeFilter:
    """Which units: of a kind, below a code, with words in their name, with a vacant post, among `ids` where these are given."""

    within: CodeRanges
    kind: UnitKind | None = None
    code: str = ""
    words: str = ""
    vacant_only: bool = False
    ids: tuple[int, ...] | None = None


# The page's units first, then their posts: never all posts of the city.
_OFFICES = """
WITH shown AS MATERIALIZED (
    SELECT u.id, u.kind, u.name, u.level, u.capacity, u.code AS own, s.code, s.short_name
    FROM organisation_unit u
    JOIN organisation_region_state s ON s.region_id = u.region_id AND s.valid @> %(on)s::date
    WHERE u.opened_on <= %(on)s AND (u.closed_on IS NULL OR u.closed_on > %(on)s)
        AND s.code <@ %(within)s::codemultirange AND (%(kind)s = '' OR u.kind = %(kind)s)
        AND (%(code)s = '' OR s.code LIKE %(code)s || '%%')
        AND (%(words)s = '' OR strpos(u.name, %(words)s) > 0 OR strpos(u.short_name, %(words)s) > 0)
        AND (%(ids)s::bigint[] IS NULL OR u.id = ANY(%(ids)s::bigint[]))
        AND (length(s.code), s.code, u.code) > (%(a)s, %(b)s COLLATE "C", %(c)s COLLATE "C")
        AND (NOT %(vacant)s OR EXISTS (SELECT 1 FROM organisation_post p WHERE p.unit_id = u.id
            AND p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s) AND NOT EXISTS (
                SELECT 1 FROM organisation_post_holding h WHERE h.post_id = p.id AND h.valid @> %(on)s::date)))
    ORDER BY length(s.code), s.code, u.code LIMIT %(limit)s
)
SELECT u.id, u.kind, u.name, u.level, u.code, u.short_name, u.capacity,
    count(p.id), count(p.id) FILTER (WHERE h.id IS NULL), min(v.since) FILTER (WHERE h.id IS NULL)
FROM shown u
LEFT JOIN organisation_post p ON p.unit_id = u.id
    AND p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s)
LEFT JOIN organisation_post_holding h ON h.post_id = p.id AND h.valid @> %(on)s::date
LEFT JOIN LATERAL (SELECT coalesce(max(upper(o.valid)), p.opened_on) AS since FROM organisation_post_holding o
    WHERE o.post_id = p.id AND upper(o.valid) <= %(on)s::date) v ON p.id IS NOT NULL AND h.id IS NULL
GROUP BY u.id, u.kind, u.name, u.level, u.code, u.short_name, u.capacity, u.own
ORDER BY length(u.code), u.code, u.own
"""


def offices_page(wanted: OfficeFilter, on: date, *, after: int | None = None, limit: int = 25) -> list[OfficeRow]:
    """Units from the city down by code, after the unit with this id, at most `limit`; 1 query, 2 after another page."""
    place: tuple[Any, ...] = (0, "", "")
    if after is not None:
        place = _place_of(after, on) or place
    params = {
        "on": on,
        "within": wanted.within.to_pg(),
        "kind": str(wanted.kind or ""),
        "code": wanted.code,
        "words": wanted.words.strip(),
        "vacant": wanted.vacant_only,
        "ids": None if wanted.ids is None else list(wanted.ids),
        "a": place[0],
        "b": place[1],
        "c": place[2],
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OFFICES, params)
        return [
            OfficeRow(pk, UnitKind(kind), name, Level(level), code, region, posts, vacant, since, capacity)
            for pk, kind, name, level, code, region, capacity, posts, vacant, since in cursor.fetchall()
        ]


def _place_of(unit_id: int, on: date) -> tuple[int, str, str] | None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT length(s.code), s.code, u.code FROM organisation_unit u JOIN organisation_region_state s"
            " ON s.region_id = u.region_id AND s.valid @> %s::date WHERE u.id = %s",
            [on, unit_id],
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1], row[2])


@dataclass(frozen=True, slots=True)
class Peer:
    """A unit to measure others of its kind by: how many posts it has, and its capacity where one is set."""

    id: int
    kind: UnitKind
    level: Level
    seats: int
    capacity: int | None


def office_peers(kinds: Collection[tuple[UnitKind, Level]], on: date) -> list[Peer]:
    """All open units of these kinds and levels with their number of open posts; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.id, u.kind, u.level, count(p.id), u.capacity FROM organisation_unit u"
            " LEFT JOIN organisation_post p ON p.unit_id = u.id AND p.opened_on <= %(on)s"
            " AND (p.closed_on IS NULL OR p.closed_on > %(on)s)"
            " WHERE u.opened_on <= %(on)s AND (u.closed_on IS NULL OR u.closed_on > %(on)s)"
            " AND (u.kind || ' ' || u.level) = ANY(%(kinds)s) GROUP BY u.id",
            {"on": on, "kinds": [f"{kind} {level}" for kind, level in kinds]},
        )
        return [
            Peer(pk, UnitKind(kind), Level(level), seats, capacity)
            for pk, kind, level, seats, capacity in cursor.fetchall()
        ]


@dataclass(frozen=True, slots=True)
class PastName:
    """What a unit or post was from one day up to (not with) another. `by_post`: the keeper's post that changed it."""

    since: date
    until: date
    name: str
    more: str
    changed_at: datetime
    by_post: int | None


@dataclass(frozen=True, slots=True)
class OfficeCard:
    """A unit with all that its keeper changes: open or closed; the past newest first."""

    id: int
    version: int
    kind: UnitKind
    code: str
    name: str
    short_name: str
    level: Level
    region_id: int
    parent_id: int | None
    parent_name: str
    capacity: int | None
    opened_on: date
    closed_on: date | None
    successor_id: int | None
    successor_name: str
    past: tuple[PastName, ...]


def office_card(unit_id: int) -> OfficeCard | None:
    """One unit, open or closed, with its past; 3 queries."""
    unit = Unit.objects.select_related("parent").filter(pk=unit_id).first()
    if unit is None:
        return None
    heir = UnitHeir.objects.select_related("new_unit").filter(old_unit_id=unit_id).first()
    past = UnitPast.objects.select_related("parent").filter(unit_id=unit_id, valid__isempty=False).order_by("-version")
    return OfficeCard(
        id=unit.pk,
        version=unit.version,
        kind=UnitKind(unit.kind),
        code=unit.code,
        name=unit.name,
        short_name=unit.short_name,
        level=Level(unit.level),
        region_id=unit.region_id,
        parent_id=unit.parent_id,
        parent_name=unit.parent.name if unit.parent else "",
        capacity=unit.capacity,
        opened_on=unit.opened_on,
        closed_on=unit.closed_on,
        successor_id=heir.new_unit_id if heir else None,
        successor_name=heir.new_unit.name if heir else "",
        past=tuple(
            PastName(
                row.valid.lower,
                row.valid.upper,
                row.name,
                row.parent.name if row.parent else "",
                row.changed_at,
                row.changed_by_post,
            )
            for row in past
        ),
    )


@dataclass(frozen=True, slots=True)
class Seat:
    """A post of a unit: who holds it now, or since when nobody does. `next_from`: somebody takes it from that day."""

    post_id: int
    title: str
    role: str
    seat: int
    region_code: str
    region_name: str
    staff_id: int | None
    staff_name: str
    since: date
    next_from: date | None

    @property
    def is_vacant(self) -> bool:
        """Does nobody hold it?"""
        return self.staff_id is None


_SEATS = """
SELECT p.id, p.title, p.role, p.seat, s.code, s.short_name, h.staff_id, coalesce(st.name, ''),
    coalesce(lower(h.valid), v.since, p.opened_on), n.begins
FROM organisation_post p
JOIN organisation_region_state s ON s.region_id = p.region_id AND s.valid @> %(on)s::date
LEFT JOIN organisation_post_holding h ON h.post_id = p.id AND h.valid @> %(on)s::date
LEFT JOIN organisation_staff st ON st.id = h.staff_id
LEFT JOIN LATERAL (SELECT max(upper(o.valid)) AS since FROM organisation_post_holding o
    WHERE o.post_id = p.id AND upper(o.valid) <= %(on)s::date) v ON true
LEFT JOIN LATERAL (SELECT min(lower(o.valid)) AS begins FROM organisation_post_holding o
    WHERE o.post_id = p.id AND lower(o.valid) > %(on)s::date) n ON true
WHERE p.unit_id = %(unit)s AND p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s)
ORDER BY length(s.code), s.code, p.role, p.seat, p.id LIMIT %(limit)s
"""


def seats_of_unit(unit_id: int, on: date, *, limit: int = 500) -> list[Seat]:
    """A unit's open posts with holders and vacancies, by place and role; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(_SEATS, {"on": on, "unit": unit_id, "limit": limit})
        return [Seat(*row) for row in cursor.fetchall()]


@dataclass(frozen=True, slots=True)
class Held:
    """Who held a post from one day up to (not with) another; `until` None: without an end."""

    staff_id: int
    staff_name: str
    work_number: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class SeatCard:
    """A post with all that its keeper changes: open or closed; holders and past newest first."""

    id: int
    version: int
    unit_id: int
    unit_name: str
    unit_kind: UnitKind
    title: str
    role: str
    sees: Sees
    region_id: int
    ranges: CodeRanges | None
    seat: int
    opened_on: date
    closed_on: date | None
    held: tuple[Held, ...]
    past: tuple[PastName, ...]

    def holder(self, on: date) -> Held | None:
        """Who holds it on a day."""
        return next((row for row in self.held if row.since <= on and (row.until is None or row.until > on)), None)


def seat_card(post_id: int) -> SeatCard | None:
    """One post, open or closed, with who held it and what it was; 3 queries."""
    post = Post.objects.select_related("unit").filter(pk=post_id).first()
    if post is None:
        return None
    held = PostHolding.objects.select_related("staff").filter(post_id=post_id).order_by("-valid")
    past = PostPast.objects.filter(post_id=post_id, valid__isempty=False).order_by("-version")
    return SeatCard(
        id=post.pk,
        version=post.version,
        unit_id=post.unit_id,
        unit_name=post.unit.name,
        unit_kind=UnitKind(post.unit.kind),
        title=post.title,
        role=post.role,
        sees=Sees(post.sees),
        region_id=post.region_id,
        ranges=post.ranges,
        seat=post.seat,
        opened_on=post.opened_on,
        closed_on=post.closed_on,
        held=tuple(
            Held(row.staff_id, row.staff.name, row.staff.work_number, row.valid.lower, row.valid.upper) for row in held
        ),
        past=tuple(
            PastName(row.valid.lower, row.valid.upper, row.title, row.role, row.changed_at, row.changed_by_post)
            for row in past
        ),
    )


def count_vacant(within: CodeRanges, on: date) -> int:
    """How many open posts in a place nobody holds; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM organisation_post p JOIN organisation_region_state s ON s.region_id = p.region_id"
            " AND s.valid @> %(on)s::date WHERE p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s)"
            " AND s.code <@ %(within)s::codemultirange AND NOT EXISTS (SELECT 1 FROM organisation_post_holding h"
            " WHERE h.post_id = p.id AND h.valid @> %(on)s::date)",
            {"on": on, "within": within.to_pg()},
        )
        return int(cursor.fetchone()[0])


@dataclass(frozen=True, slots=True)
class AdmissionRow:
    """Something that may be asked of communities or grids, on what ground, from when up to (not with) when."""

    id: int
    item: str
    level: Level
    ground: str
    since: date
    until: date | None


def admitted(on: date, *, level: Level | None = None, item: str = "") -> list[AdmissionRow]:
    """What may be asked on a day, of communities, of grids or of either; with `item` just that one; 1 query."""
    rows = Admission.objects.filter(valid__contains=on)
    return _admissions(rows.filter(level=level) if level else rows, item)


def admission_list() -> list[AdmissionRow]:
    """The whole list, what has ended and what begins later too; 1 query."""
    return _admissions(Admission.objects.all(), "")


def _admissions(rows: Any, item: str) -> list[AdmissionRow]:
    found = rows.filter(item=item) if item else rows
    return [
        AdmissionRow(row.pk, row.item, Level(row.level), row.ground, row.valid.lower, row.valid.upper)
        for row in found.order_by("item", "level", "valid")
    ]
