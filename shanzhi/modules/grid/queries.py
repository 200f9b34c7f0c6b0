"""What a grid worker's page shows: what is due, what else is open in the grid, and who holds the posts above it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import cast

from django.db.models import Max

from shanzhi.core.geo import Point, metres_between
from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.catalogue import queries as catalogue
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.queries import DeskCount, ListFilter, MatterRow
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.grid.models import Patrol
from shanzhi.modules.grid.policy import INCIDENT, Due, due_of, due_stages, own_places

MOST = 10
"""How many of each part the page shows; the rest is in the list that its heading leads to."""
INSPECTIONS_MOST = 5
UP_LOOKED_AT = 40
ENDED_DAYS, REPORTED_DAYS = 7, 60
"""What was escalated stays on the page for so many days after its end, if it was reported within so many."""
ESCALATED = "matters.escalate"
ASKED = (Level.GRID, Level.COMMUNITY, Level.TOWNSHIP)


@dataclass(frozen=True, slots=True)
class Today:
    """The grid's day: `due` waits for its staff, `inspections` are places to be inspected, `handed_up` is what the grid
    escalated, with who has it now, and what ended in the last days; `near` is whatever else is open in the grid."""

    region_name: str
    count: DeskCount
    due: tuple[MatterRow, ...]
    handed_up: tuple[MatterRow, ...]
    near: tuple[MatterRow, ...]
    inspections: "tuple[PlaceDue, ...]"
    inspections_due: int


def today(actor: Actor, *, kinds: Sequence[Kind], now: datetime) -> Today:
    """What the page of the actor's grid shows; 6 queries whatever its size."""
    stages, on = due_stages(kinds), local_date(now)
    mine = ListFilter(stages=stages, unit_id=actor.unit_id, part="lead", region_code=actor.region_code)
    around = ListFilter(region_code=actor.region_code)
    up = ListFilter(kind=INCIDENT, region_code=actor.region_code)
    ended = replace(up, open_only=False, reported_from=on - timedelta(days=REPORTED_DAYS), sort="newest")
    # The grid itself comes first: all else that is asked here names it.
    name = region_name(actor, on)
    board = matters.unit_board(
        mine, [(mine, MOST), (around, 3 * MOST), (up, UP_LOOKED_AT), (ended, UP_LOOKED_AT)], now=now, actor=actor
    )
    due, near, *raised = board.lists
    handed_up = _handed_up(raised[0], raised[1], stages, now)
    ids = {row.id for row in (*due, *handed_up)}
    to_inspect = [one for one in my_places(actor, on) if one.due.is_due]
    return Today(
        region_name=name,
        count=board.count,
        due=due,
        handed_up=handed_up,
        near=tuple(row for row in near if row.id not in ids and row.stage not in stages)[:MOST],
        inspections=tuple(to_inspect[:INSPECTIONS_MOST]),
        inspections_due=len(to_inspect),
    )


def _handed_up(
    open_ones: Sequence[MatterRow], newest: Sequence[MatterRow], due: Collection[str], now: datetime
) -> tuple[MatterRow, ...]:
    """Incidents that were escalated from this grid: those open, soonest due first, then those that ended in the last
    days. Of the grid, whoever escalated them."""
    rows = [
        row
        for found, is_over in ((open_ones, False), (newest, True))
        for row in found
        if row.stage not in due
        and (row.ended_at is not None) is is_over
        and (row.ended_at is None or row.ended_at >= now - timedelta(days=ENDED_DAYS))
    ]
    told = journal.entries_by_action("matter", [row.id for row in rows], [ESCALATED], limit=5 * UP_LOOKED_AT)
    from_grid = {entry.subject_id for entry in told if entry.payload["from_level"] == Level.GRID}
    return tuple(row for row in rows if row.id in from_grid)[:MOST]


def region_name(actor: Actor, on: date) -> str:
    """What the acting post's grid is called, with its community; its code where it is gone."""
    found = organisation.region_of_code(actor.region_code, on) if actor.region_code else None
    return " ".join(found.path.split(" ")[-2:]) if found else actor.region_code


@dataclass(frozen=True, slots=True)
class Ask:
    """A post to turn to: its unit, what it is called, who holds it (empty: vacant), the unit's office phone."""

    unit_name: str
    title: str
    holder: str
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The posts of one place on the way up."""

    region_name: str
    posts: tuple[Ask, ...]


def whom_to_ask(actor: Actor, on: date) -> tuple[Asked, ...]:
    """Who holds the posts of the actor's grid, community and township, nearest first; 1 query."""
    rows = [row for row in organisation.responsible_on(actor.region_code, on) if row.level in ASKED]
    regions = dict.fromkeys((row.region_code, row.region_name) for row in rows)
    units = organisation.units_by_ids({row.unit_id for row in rows}, on)
    phones = cast(Mapping[str, str], catalogue.section("office_phones"))
    called = {unit_id: phones.get(unit.code, "") for unit_id, unit in units.items()}
    return tuple(
        Asked(
            name,
            tuple(
                Ask(row.unit_name, row.title, row.staff_name or "", called.get(row.unit_id, ""))
                for row in rows
                if row.region_code == code
            ),
        )
        for code, name in regions
    )


@dataclass(frozen=True, slots=True)
class PlaceDue:
    """A place with when it is to be inspected, and how far it is from where it was asked (None: not asked)."""

    place: PlaceRow
    due: Due
    metres: float | None = None


def my_places(actor: Actor, on: date, here: Point | None = None) -> list[PlaceDue]:
    """The places that the actor's grid looks after: the longest due first, or from `here` the nearest; 2 queries, 3 with
    grids that the page hasn't read yet.

    `here` is used for the order alone and kept by nobody.
    """
    return _in_order(_with_due(own_places(actor.region_code), on), here)


def place_due(place: PlaceRow, on: date) -> Due:
    """When one place is to be inspected; 1 query."""
    return _due(place, _last([place]).get(place.id), on)


def _with_due(ranges: CodeRanges, on: date) -> list[PlaceDue]:
    places = organisation.places_within(ranges, on)
    last = _last(places)
    return [PlaceDue(place, _due(place, last.get(place.id), on)) for place in places]


def _due(place: PlaceRow, last: date | None, on: date) -> Due:
    kind = organisation.kind_of_place(place.kind)
    return due_of(kind.inspect_days if kind else 0, place.holds_from, last, on)


def _last(places: Sequence[PlaceRow]) -> dict[int, date]:
    rows = Patrol.objects.filter(place__in=[place.id for place in places]).values("place_id").annotate(last=Max("on"))
    return {row["place_id"]: row["last"] for row in rows}


def _in_order(found: list[PlaceDue], here: Point | None) -> list[PlaceDue]:
    if here is None:
        return sorted(found, key=lambda one: (-one.due.late, one.place.name, one.place.id))
    away = [
        PlaceDue(one.place, one.due, metres_between(here, one.place.point) if one.place.point else None)
        for one in found
    ]
    return sorted(away, key=lambda one: (one.metres is None, one.metres or 0.0, one.place.id))


@dataclass(frozen=True, slots=True)
class GridDue:
    """A grid's or community's places: how many, how many are due, by how many days the latest."""

    code: str
    path: str
    places: int
    due: int
    latest: int


def due_by_grid(actor: Actor, on: date) -> tuple[GridDue, ...]:
    """Places to be inspected by grid, within what the actor sees, the most due first; about places, never about who
    patrols; 2 queries, 3 with grids."""
    groups: dict[tuple[str, str], list[Due]] = {}
    for one in _with_due(actor.ranges, on):
        groups.setdefault((one.place.region_code, one.place.region_path), []).append(one.due)
    rows = [
        GridDue(
            code,
            path,
            len(dues),
            sum(due.is_due for due in dues),
            max((due.late for due in dues if due.is_due), default=0),
        )
        for (code, path), dues in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.due, -row.latest, row.code)))


def places_of_grid(actor: Actor, code: str, on: date) -> list[PlaceDue]:
    """The places of one grid or community of `due_by_grid`, the longest due first; empty beyond what the actor sees."""
    return _in_order([one for one in _with_due(actor.ranges, on) if one.place.region_code == code], None)
