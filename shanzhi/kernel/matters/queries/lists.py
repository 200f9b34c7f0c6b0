"""Lists of matters: filtered, sorted, paged by keyset, counts capped."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Light, light
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.policy.linking import may_lead
from shanzhi.kernel.matters.queries.finding import (
    Cursor,
    Found,
    ListFilter,
    counts,
    found_by,
    order_of,
    plan_by_values,
)
from shanzhi.kernel.matters.queries.names import Names, light_of
from shanzhi.kernel.matters.rulebook import categories, kind_version

PAGE = 25
COUNT_CAP = 1000


@dataclass(frozen=True, slots=True)
class MatterRow:
    """A line of a list, in words. `may_lead`: another report of the same problem could be linked under it now."""

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
    reports: int
    version: int
    kind_name: str = ""
    channel: str = ""
    may_lead: bool = False


@dataclass(frozen=True, slots=True)
class MatterPage:
    """One page of a list; `next_after` is the cursor of the page that follows, empty at the end, and `previous_before`
    of the page that lies before, empty at the start."""

    rows: tuple[MatterRow, ...]
    next_after: str
    total: int
    total_capped: bool
    previous_before: str = ""


@dataclass(frozen=True, slots=True)
class DeskCount:
    """What waits on a desk: all of it, what is about to be late, what is late; 1,001 says that there are more."""

    waiting: int
    warning: int
    overdue: int


def matters_page(
    wanted: ListFilter,
    *,
    now: datetime,
    actor: Actor | None = None,
    after: str = "",
    before: str = "",
    size: int = PAGE,
    total: int | None = None,
) -> MatterPage:
    """One page of a list; as many queries whatever its size, 2 more for each way but one in which `actor` sees.

    Sorted by due time (soonest first; ended ones last) or by report (newest first), ties by id. `actor` is who looks:
    told so, the database finds by index what it would else find by looking at everything; what is seen stays the same. A
    cursor that can't be read, or is another list's, begins at the start, and so does a page before which nothing stands.
    `total` is how many there are, up to 1,001, where that was counted already.
    """
    past = Cursor.read(before, wanted, is_back=True) if before else Cursor.read(after, wanted)
    if past is None and total is None and (whole := _whole_page(wanted, now, actor, size)):
        return whole
    # Who has counted has let it be planned by values too.
    rows = first_rows(wanted, now, actor, size + 1, past, is_planned=total is not None)
    if past is not None and (not rows or (past.is_back and len(rows) <= size)):
        past, rows = None, first_rows(wanted, now, actor, size + 1)
    # A first page that isn't full is all there is.
    if past is None and len(rows) <= size:
        total = len(rows)
    elif total is None:
        total = count_of(wanted, now, actor, COUNT_CAP + 1)
    return page_of(rows, wanted, past, size=size, total=total, lines=lambda shown: lines_of(shown, now))


def page_of(
    rows: Sequence[Matter],
    wanted: ListFilter,
    past: Cursor | None,
    *,
    size: int,
    total: int,
    lines: Callable[[Sequence[Matter]], Sequence[MatterRow]],
) -> MatterPage:
    """A page out of the rows past a cursor, of which there is one more than it shows where it isn't the last."""
    more, shown = len(rows) > size, rows[:size]
    is_back = past is not None and past.is_back
    shown = shown[::-1] if is_back else shown
    return MatterPage(
        rows=tuple(lines(shown)),
        next_after=Cursor.text(shown[-1], wanted) if more or is_back else "",
        total=min(total, COUNT_CAP),
        total_capped=total > COUNT_CAP,
        previous_before=Cursor.text(shown[0], wanted) if past is not None else "",
    )


def _whole_page(wanted: ListFilter, now: datetime, actor: Actor | None, size: int) -> MatterPage | None:
    """The first page and the count out of one search, where finding the rows is what takes time: the conditions narrow,
    and the unit's part is the one way (by place, a thousand in order take longer than 25 and a count). None elsewhere."""
    found = found_by(wanted, now, actor, most=COUNT_CAP + 1) if wanted.is_narrow else None
    if found is None or found.search is None or not found.is_part:
        return None
    ids = found.ids_in_order()
    rows = {row.pk: row for row in Matter.objects.filter(pk__in=ids[:size])}
    shown = [rows[pk] for pk in ids[:size] if pk in rows]
    return MatterPage(
        rows=tuple(lines_of(shown, now)),
        next_after=Cursor.text(shown[-1], wanted) if shown and len(ids) > size else "",
        total=min(len(ids), COUNT_CAP),
        total_capped=len(ids) > COUNT_CAP,
    )


def first_rows(
    wanted: ListFilter,
    now: datetime,
    actor: Actor | None,
    most: int,
    past: Cursor | None = None,
    *,
    is_planned: bool = False,
) -> list[Matter]:
    """The first rows past a cursor, in the order in which they are met; 1 or 2 queries."""
    found = found_by(wanted, now, actor, most=most, after=past)
    if found is None:
        return []
    if found.search is None and not is_planned:
        plan_by_values()
    return list(found.rows.order_by(*order_of(wanted.sort, is_back=past is not None and past.is_back))[:most])


def rows_wanted(
    wanted: ListFilter, now: datetime, actor: Actor, most: int, past: Cursor | None = None
) -> QuerySet[Matter]:
    """The first rows of a list past a cursor, not asked yet."""
    found = found_by(wanted, now, actor, most=most, after=past)
    if found is None:
        return Matter.objects.none()
    return found.rows.order_by(*order_of(wanted.sort, is_back=past is not None and past.is_back))[:most]


def ids_in_order(wanted: ListFilter, now: datetime, actor: Actor | None, most: int) -> list[int]:
    """The ids of a list's first `most` rows, in its order; 1 or 2 queries."""
    found = found_by(wanted, now, actor, most=most)
    if found is None:
        return []
    if found.search is None:
        plan_by_values()
    return list(found.rows.order_by(*order_of(wanted.sort)).values_list("pk", flat=True)[:most])


def count_of(wanted: ListFilter, now: datetime, actor: Actor | None, most: int) -> int:
    """How many there are, up to `most`; 1 query."""
    found = found_by(wanted, now, actor, most=most, ordered=False)
    return found.count(most) if found else 0


def rows_by_ids(ids: Sequence[int], *, now: datetime) -> list[MatterRow]:
    """Lines for these matters as far as they are visible, in the given order; 1 query, 2 with grids among them."""
    return rows_told(Matter.objects.filter(pk__in=ids), ids, now=now)


def rows_told(rows: Iterable[Matter], ids: Sequence[int], *, now: datetime) -> list[MatterRow]:
    """The same out of what was read already."""
    found = {row.pk: row for row in rows}
    return lines_of([found[pk] for pk in ids if pk in found], now)


def lines_of(rows: Sequence[Matter], now: datetime) -> list[MatterRow]:
    """Lines in words; 1 query where grids are among them."""
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
            stage_name=kind.stage(row.stage).name,
            light=light_of(row, now),
            due_at=row.due_at,
            reported_at=row.reported_at,
            ended_at=row.ended_at,
            holder_name=names.unit(row.holder_unit_id),
            reopened=int(row.counts.get("reopenings", 0)),
            reports=1 + int(row.counts.get("linked", 0)),
            version=row.version,
            kind_name=kind.name,
            channel=row.channel,
            may_lead=may_lead(kind, row.stage),
        )
        for row in rows
        for kind in (kind_version(row.kind, row.kind_version),)
    ]


def as_helper(page: MatterPage, unit_id: int, *, now: datetime) -> MatterPage:
    """The page with the dates and lights of this unit's own shares as a co-handler, where it has them; 1 query."""
    shares = Assignment.objects.filter(
        matter_id__in=[row.id for row in page.rows], unit_id=unit_id, part="co", ended_at=None, due_at__isnull=False
    )
    own = {share.matter_id: share for share in shares}
    rows = (
        replace(row, due_at=share.due_at, light=light(now, share.warn_at, share.due_at))
        if (share := own.get(row.id)) and share.warn_at and share.due_at
        else row
        for row in page.rows
    )
    return replace(page, rows=tuple(rows))


def desk_count(wanted: ListFilter, *, now: datetime, actor: Actor | None = None) -> DeskCount:
    """What waits on a desk, up to 1,001 of each light; 1 query. Without an actor, and on a unit's own list, over the 1,001
    that are due first; 2 queries."""
    found = found_by(wanted, now, actor, most=COUNT_CAP + 1, ordered=False)
    if found is None:
        return DeskCount(0, 0, 0)
    if found.counted is None:
        plan_by_values()
        return lights_of(dues_wanted(found), now)
    return DeskCount(*counts([found.counted, *late_counted(wanted, now, actor)]))


def late_counted(wanted: ListFilter, now: datetime, actor: Actor | None) -> list[RawSQL]:
    """The counts of what is about to be late and of what is late, where a search finds it; not asked yet."""
    each = [replace(wanted, light=light.value) for light in (Light.WARNING, Light.OVERDUE)]
    late = [found_by(one, now, actor, most=COUNT_CAP + 1, ordered=False) for one in each]
    return [one.counted for one in late if one is not None and one.counted is not None]


def dues_wanted(found: Found) -> QuerySet[Matter, tuple[datetime | None, datetime | None]]:
    """When the 1,001 that are due first are about to be late, and late."""
    return found.rows.order_by("due_at", "pk").values_list("warn_at", "due_at")[: COUNT_CAP + 1]


def lights_of(dues: Collection[tuple[datetime | None, datetime | None]], now: datetime) -> DeskCount:
    """What waits, by when it is due; no query."""
    lights = [light(now, warn_at, due_at) for warn_at, due_at in dues if warn_at and due_at]
    return DeskCount(len(dues), lights.count(Light.WARNING), lights.count(Light.OVERDUE))
