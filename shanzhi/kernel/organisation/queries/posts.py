"""Posts, and who held them when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import Level, Sees, UnitKind, check_code
from shanzhi.kernel.organisation.tree import current_tree


@dataclass(frozen=True, slots=True)
class PostCard:
    """All that acting in a post needs, as of a date. Vacant: `staff_id` and `staff_name` are None.

    `ranges` is the post's own set of codes, or its region's.
    """

    post_id: int
    unit_id: int
    unit_name: str
    unit_short_name: str
    unit_kind: UnitKind
    unit_level: Level
    department: str | None
    role: str
    title: str
    staff_id: int | None
    staff_name: str | None
    sees: Sees
    ranges: CodeRanges
    region_id: int
    region_code: str
    region_name: str


@dataclass(frozen=True, slots=True)
class Responsible:
    """A post that answered for a place on a date, and who held it (nobody: a vacancy)."""

    level: Level
    region_code: str
    region_name: str
    unit_id: int
    unit_name: str
    post_id: int
    role: str
    title: str
    staff_id: int | None
    staff_name: str | None


_POSTS = (
    "SELECT p.id, u.id, u.name, u.short_name, u.kind, u.level, u.department, p.role, p.title, h.staff_id, st.name,"
    " p.sees, coalesce(p.ranges, s.ranges)::text, s.region_id, s.code, s.short_name"
    " FROM organisation_post p"
    " JOIN organisation_unit u ON u.id = p.unit_id"
    " JOIN organisation_region_state s ON s.region_id = p.region_id AND s.valid @> %(on)s::date"
    " {join} JOIN organisation_post_holding h ON h.post_id = p.id AND h.valid @> %(on)s::date"
    " LEFT JOIN organisation_staff st ON st.id = h.staff_id"
    " WHERE p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s)"
)
_ANY_POSTS = _POSTS.format(join="LEFT")
_HELD_POSTS = _POSTS.format(join="INNER")


def post_card(post_id: int, on: date) -> PostCard | None:
    """One post, if it was open on that date; 1 query."""
    return next(iter(_cards(_ANY_POSTS + " AND p.id = %(id)s", on, id=post_id)), None)


def post_cards(post_ids: Iterable[int], on: date) -> dict[int, PostCard]:
    """Many posts by id; those closed on that date are left out; 1 query."""
    cards = _cards(_ANY_POSTS + " AND p.id = ANY(%(ids)s)", on, ids=list(post_ids))
    return {card.post_id: card for card in cards}


def post_names(post_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Unit name and title of posts by id, whether they are open or closed: who did something long ago; 1 query,
    none for no post."""
    wanted = list(post_ids)
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, u.name, p.title FROM organisation_post p JOIN organisation_unit u ON u.id = p.unit_id"
            " WHERE p.id = ANY(%s)",
            [wanted],
        )
        return {post_id: (unit, title) for post_id, unit, title in cursor.fetchall()}


def posts_of_staff(staff_id: int, on: date) -> list[PostCard]:
    """The posts that somebody held on that date, the widest place first; 1 query."""
    return _cards(_HELD_POSTS + " AND h.staff_id = %(staff)s ORDER BY length(s.code), s.code, p.id", on, staff=staff_id)


def posts_of_unit(unit_id: int, on: date) -> list[PostCard]:
    """A unit's posts with their holders, vacancies too, by place and role; 1 query."""
    order = " ORDER BY length(s.code), s.code, p.role, p.seat, p.id"
    return _cards(_ANY_POSTS + " AND p.unit_id = %(unit)s" + order, on, unit=unit_id)


def responsible_on(code: str, on: date, *, with_departments: bool = False) -> list[Responsible]:
    """Who answered for a place on a date: grid, community, township, zone, county, city, nearest first; 2 queries.

    Every post for one of those regions with its holder, vacant ones too. Departments' posts are left out unless
    asked for: a city has hundreds.

    Raises:
        BadCode: not the shape of a code.
    """
    check_code(code)
    tree = current_tree()
    node = tree.at_or_above(code, on)
    regions = [] if node is None else [above.region_id for above in tree.upwards(node, on)]
    regions += [zone.region_id for zone in tree.zones_over(code, on)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.level, s.code, s.short_name, u.id, u.name, p.id, p.role, p.title, h.staff_id, st.name"
            " FROM organisation_region_state s"
            " JOIN organisation_post p ON p.region_id = s.region_id"
            " JOIN organisation_unit u ON u.id = p.unit_id"
            " LEFT JOIN organisation_post_holding h ON h.post_id = p.id AND h.valid @> %(on)s::date"
            " LEFT JOIN organisation_staff st ON st.id = h.staff_id"
            " WHERE s.valid @> %(on)s::date AND (s.region_id = ANY(%(regions)s) OR s.code = %(code)s)"
            " AND p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s)"
            " AND (%(departments)s OR u.kind NOT IN ('department', 'public_utility'))"
            " ORDER BY array_position(%(order)s, s.level::text), s.code, u.id, p.role, p.seat, p.id",
            {
                "on": on,
                "regions": regions,
                "code": code,
                "departments": with_departments,
                "order": [str(level) for level in _NEAREST_FIRST],
            },
        )
        return [Responsible(Level(level), *rest) for level, *rest in cursor.fetchall()]


_NEAREST_FIRST = (
    Level.GRID,
    Level.COMMUNITY,
    Level.TOWNSHIP,
    Level.ZONE,
    Level.COUNTY,
    Level.CITY,
    Level.PROVINCE,
)


def _cards(sql: str, on: date, **params: Any) -> list[PostCard]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"on": on, **params})
        return [
            PostCard(
                post_id=post_id,
                unit_id=unit_id,
                unit_name=unit_name,
                unit_short_name=unit_short,
                unit_kind=UnitKind(unit_kind),
                unit_level=Level(unit_level),
                department=department,
                role=role,
                title=title,
                staff_id=staff_id,
                staff_name=staff_name,
                sees=Sees(sees),
                ranges=CodeRanges.parse(ranges),
                region_id=region_id,
                region_code=region_code,
                region_name=region_name,
            )
            for (
                post_id,
                unit_id,
                unit_name,
                unit_short,
                unit_kind,
                unit_level,
                department,
                role,
                title,
                staff_id,
                staff_name,
                sees,
                ranges,
                region_id,
                region_code,
                region_name,
            ) in cursor.fetchall()
        ]
