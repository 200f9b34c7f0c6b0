"""Lists of matters: filtered, sorted, paged by keyset, counts capped."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Light, light
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.queries.finding import Cursor, Found, ListFilter, Sort, found_by, order_of, plan_by_values
from shanzhi.kernel.matters.queries.names import Names, light_of
from shanzhi.kernel.matters.rulebook import categories, kind_version

PAGE = 25
COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A line of a list, in words."""

    id: int
    number: str
    title: str
    category: str
    category_name: str
    region_name: str
    place: str
    stage: str
    stage_name: str
    light: Light | None
    due_at: datetime | None
    reported_at: datetime
    ended_at: datetime | None
    holder_name: str
    reopened: int
    version: int


@dataclass(frozen=True, slots=True)
class MatterPage:
    """One page of a list; `next_after` is the cursor of the page that follows, empty at the end."""

    rows: tuple[MatterRow, ...]
    next_after: str
    total: int
    total_capped: bool


@dataclass(frozen=True, slots=True)
class DeskCount:
    """What waits on a desk: all of it, what is about to be late, what is late; each capped at 1,000."""

    waiting: int
    warning: int
    overdue: int


def matters_page(
    wanted: ListFilter, *, now: datetime, actor: Actor | None = None, after: str = "", size: int = PAGE
) -> MatterPage:
    """One page of a list; as many queries whatever its size, 2 more for each way but one in which `actor` sees.

    Sorted by due time (soonest first; ended ones last) or by report (newest first), ties by id. `actor` is who looks:
    told so, the database finds by index what it would else find by looking at everything; what is seen stays the same.
    """
    plan_by_values()
    ways = found_by(wanted, now, actor, most=size + 1, after=Cursor.read(after))
    rows = _first(ways, wanted.sort, size + 1)
    shown = rows[:size]
    # A first page that isn't full is all there is.
    is_all = not after and len(rows) <= size
    total = len(rows) if is_all else _count(found_by(wanted, now, actor, most=COUNT_CAP + 1, ordered=False))
    return MatterPage(
        rows=tuple(_rows(shown, now)),
        next_after=_cursor(shown[-1], wanted.sort) if len(rows) > size else "",
        total=min(total, COUNT_CAP),
        total_capped=total > COUNT_CAP,
    )


def _first(ways: Sequence[Found], sort: Sort, most: int) -> list[Matter]:
    """The first rows of several sets that may overlap."""
    found = {row.pk: row for way in ways for row in way.rows.order_by(*order_of(sort))[:most]}
    return sorted(found.values(), key=_place_by_due if sort == "due" else _place_by_report)[:most]


def _place_by_due(row: Matter) -> tuple[float, int]:
    return (row.due_at.timestamp() if row.due_at else math.inf, row.pk)


def _place_by_report(row: Matter) -> tuple[float, int]:
    return (-row.reported_at.timestamp(), -row.pk)


def _count(ways: Sequence[Found]) -> int:
    """How many rows several sets that may overlap hold together, up to one more than the cap."""
    ids: set[int] = set()
    for way in ways:
        if len(ids) <= COUNT_CAP:
            ids.update(way.ids(COUNT_CAP + 1))
    return len(ids)


def _cursor(row: Matter, sort: Sort) -> str:
    at = row.due_at if sort == "due" else row.reported_at
    return f"{at.isoformat()}_{row.pk}" if at else ""


def rows_by_ids(ids: Sequence[int], *, now: datetime) -> list[MatterRow]:
    """Lines for these matters as far as they are visible, in the given order; 3 queries."""
    found = {row.pk: row for row in Matter.objects.filter(pk__in=ids)}
    return _rows([found[pk] for pk in ids if pk in found], now)


def _rows(rows: Sequence[Matter], now: datetime) -> list[MatterRow]:
    names = Names(rows, now)
    tree = categories()
    return [
        MatterRow(
            id=row.pk,
            number=row.number,
            title=row.title,
            category=row.category,
            category_name=tree.name(row.category),
            region_name=names.region(row.region_id),
            place=row.place_text,
            stage=row.stage,
            stage_name=kind_version(row.kind, row.kind_version).stage(row.stage).name,
            light=light_of(row, now),
            due_at=row.due_at,
            reported_at=row.reported_at,
            ended_at=row.ended_at,
            holder_name=names.unit(row.holder_unit_id),
            reopened=int(row.counts.get("reopenings", 0)),
            version=row.version,
        )
        for row in rows
    ]


def desk_count(wanted: ListFilter, *, now: datetime, actor: Actor | None = None) -> DeskCount:
    """What waits on a desk, over the 1,000 that are due first; 1 query, and 1 for each way in which `actor` sees."""
    plan_by_values()
    rows = {
        pk: (warn_at, due_at)
        for way in found_by(wanted, now, actor, most=COUNT_CAP)
        for pk, warn_at, due_at in way.rows.order_by("due_at", "pk").values_list("pk", "warn_at", "due_at")[:COUNT_CAP]
    }
    first = sorted(rows.values(), key=_due)[:COUNT_CAP]
    lights = [light(now, warn_at, due_at) for warn_at, due_at in first if warn_at and due_at]
    return DeskCount(len(first), lights.count(Light.WARNING), lights.count(Light.OVERDUE))


def _due(row: tuple[datetime | None, datetime | None]) -> float:
    return row[1].timestamp() if row[1] else math.inf
