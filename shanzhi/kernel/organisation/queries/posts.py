"""Posts, and who held them when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Q

from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import clean_text
from shanzhi.kernel.organisation.models import Post, Staff
from shanzhi.kernel.organisation.policy import Level, Sees, UnitKind, check_code
from shanzhi.kernel.organisation.tree import current_tree, tell_version


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
    " p.sees, coalesce(p.ranges, s.ranges)::text, s.region_id, s.code, s.short_name,"
    " (SELECT version FROM organisation_tree_version WHERE id = 1)"
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


def posts_of_staff(staff_id: int, on: date) -> list[PostCard]:
    """The posts that somebody held on that date, the widest place first; 1 query."""
    return _cards(_HELD_POSTS + " AND h.staff_id = %(staff)s ORDER BY length(s.code), s.code, p.id", on, staff=staff_id)


def posts_of_unit(unit_id: int, on: date) -> list[PostCard]:
    """A unit's posts with their holders, vacancies too, by place and role; 1 query."""
    order = " ORDER BY length(s.code), s.code, p.role, p.seat, p.id"
    return _cards(_ANY_POSTS + " AND p.unit_id = %(unit)s" + order, on, unit=unit_id)


def roles_of_units(unit_ids: Iterable[int], on: date) -> dict[int, frozenset[str]]:
    """Which roles each of these units has posts of, vacant ones too; a unit without posts is left out; 1 query."""
    found: dict[int, set[str]] = {}
    for card in _cards(_ANY_POSTS + " AND p.unit_id = ANY(%(units)s)", on, units=sorted(set(unit_ids))):
        found.setdefault(card.unit_id, set()).add(card.role)
    return {unit_id: frozenset(roles) for unit_id, roles in found.items()}


def held_roles_of_units(unit_ids: Iterable[int], on: date) -> dict[int, frozenset[str]]:
    """In which roles somebody holds a post of each of these units on a day; a unit with nobody is left out; 1 query."""
    found: dict[int, set[str]] = {}
    for card in _cards(_ANY_POSTS + " AND p.unit_id = ANY(%(units)s)", on, units=sorted(set(unit_ids))):
        if card.staff_id is not None:
            found.setdefault(card.unit_id, set()).add(card.role)
    return {unit_id: frozenset(roles) for unit_id, roles in found.items()}


HEAD_ROLES = ("supervisor", "handler", "dispatcher")
"""In which role the head of a unit stands: a centre's supervisor, anybody else's handler; the first seat that is held."""


def head_posts(unit_ids: Iterable[int], on: date) -> dict[int, PostCard]:
    """The post of each unit's head that somebody holds; a unit in which nobody could be is left out; 1 query.

    The head's post is the unit's widest of the first of `HEAD_ROLES` that is held, by seat.
    """
    order = " AND p.unit_id = ANY(%(units)s) AND p.role = ANY(%(roles)s) ORDER BY length(s.code), p.seat, p.id"
    cards = _cards(_HELD_POSTS + order, on, units=sorted(set(unit_ids)), roles=list(HEAD_ROLES))
    found: dict[int, PostCard] = {}
    for card in sorted(cards, key=lambda card: HEAD_ROLES.index(card.role)):
        found.setdefault(card.unit_id, card)
    return found


def posts_of_roles(roles: Iterable[str], on: date) -> list[PostCard]:
    """The posts of these roles with their holders, vacancies too, the widest place first; 1 query."""
    order = " ORDER BY length(s.code), s.code, p.seat, p.id"
    return _cards(_ANY_POSTS + " AND p.role = ANY(%(roles)s)" + order, on, roles=list(roles))


def staff_with_posts(staff_ids: Iterable[int], on: date) -> set[int]:
    """Those of them who hold a post that is open on that date; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT h.staff_id FROM organisation_post_holding h JOIN organisation_post p ON p.id = h.post_id"
            " WHERE h.staff_id = ANY(%(ids)s) AND h.valid @> %(on)s::date"
            " AND p.opened_on <= %(on)s AND (p.closed_on IS NULL OR p.closed_on > %(on)s)",
            {"ids": list(staff_ids), "on": on},
        )
        return {staff_id for (staff_id,) in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class PostName:
    """What a post is called, open or closed."""

    unit_name: str
    title: str


def post_names(post_ids: Iterable[int]) -> dict[int, PostName]:
    """The names of posts, of closed ones too; 1 query."""
    rows = Post.objects.filter(pk__in=list(post_ids)).values_list("pk", "unit__name", "title")
    return {pk: PostName(unit, title) for pk, unit, title in rows}


def scope_code_of_post(post_id: int) -> str:
    """The code of a post's place as it was last known; empty where there is no such post; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT s.code FROM organisation_post p JOIN organisation_region_state s ON s.region_id = p.region_id"
            " WHERE p.id = %s ORDER BY upper(s.valid) DESC NULLS FIRST LIMIT 1",
            [post_id],
        )
        row = cursor.fetchone()
    return str(row[0]) if row else ""


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff; never a resident."""

    staff_id: int
    name: str
    work_number: str


def find_staff(words: str, most: int = 20) -> list[StaffRow]:
    """Members of staff with this work number or this name, exactly: nobody leafs through people; 1 query."""
    words = clean_text(words)
    rows = Staff.objects.filter(Q(work_number=words) | Q(name=words)).order_by("work_number")[:most] if words else []
    return [StaffRow(row.id, row.name, row.work_number) for row in rows]


def staff_names(staff_ids: Iterable[int]) -> dict[int, str]:
    """The names of members of staff; 1 query."""
    return dict(Staff.objects.filter(pk__in=list(staff_ids)).values_list("pk", "name"))


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
        rows = cursor.fetchall()
        tell_version(rows[0][-1] if rows else None)
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
                _,
            ) in rows
        ]
