"""Lists of matters: filtered, sorted, paged by keyset, counts capped."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.ranges import next_code
from shanzhi.core.text import clean_text
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.policy.report import normalise_number
from shanzhi.kernel.matters.queries.names import Names, light_of
from shanzhi.kernel.matters.rulebook import categories, kind_version

PAGE = 25
COUNT_CAP = 1000

Sort = Literal["due", "newest"]


@dataclass(frozen=True, slots=True)
class ListFilter:
    """What a list shows; an empty field doesn't filter. Row-level security stands beneath all of it.

    `unit_id`: units with an open share. `owners`: the stage codes of a desk. `light`: where the clock stands.
    `words`: a number, or text in title or place. `open_only` leaves ended matters out.
    """

    stages: tuple[str, ...] = ()
    unit_id: int | None = None
    part: str = ""
    region_code: str = ""
    category: str = ""
    light: str = ""
    words: str = ""
    reported_from: date | None = None
    reported_to: date | None = None
    follow: tuple[str, ...] = ()
    open_only: bool = True
    sort: Sort = "due"


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


def _filtered(wanted: ListFilter, now: datetime) -> QuerySet[Matter]:
    rows = Matter.objects.all()
    if wanted.open_only:
        rows = rows.filter(ended_at=None)
    if wanted.stages:
        rows = rows.filter(stage__in=wanted.stages)
    if wanted.unit_id is not None:
        shares = Assignment.objects.filter(matter_id=OuterRef("pk"), unit_id=wanted.unit_id, ended_at=None)
        rows = rows.filter(Exists(shares.filter(part=wanted.part) if wanted.part else shares))
    if wanted.region_code:
        rows = rows.filter(scope_code__gte=wanted.region_code, scope_code__lt=next_code(wanted.region_code))
    if wanted.category:
        rows = rows.filter(category__startswith=wanted.category)
    if wanted.follow:
        rows = rows.filter(follow_hash__in=wanted.follow)
    return _in_time(_with_light(_with_words(rows, wanted.words), wanted.light, now), wanted)


def _with_words(rows: QuerySet[Matter], words: str) -> QuerySet[Matter]:
    words = clean_text(words)
    if not words:
        return rows
    number = normalise_number(words)
    if number:
        return rows.filter(number=number)
    return rows.filter(Q(title__contains=words) | Q(place_text__contains=words))


def _with_light(rows: QuerySet[Matter], light: str, now: datetime) -> QuerySet[Matter]:
    if light == Light.OVERDUE:
        return rows.filter(due_at__lt=now)
    if light == Light.WARNING:
        return rows.filter(warn_at__lte=now, due_at__gte=now)
    if light == Light.NORMAL:
        return rows.filter(warn_at__gt=now)
    return rows


def _in_time(rows: QuerySet[Matter], wanted: ListFilter) -> QuerySet[Matter]:
    if wanted.reported_from:
        rows = rows.filter(reported_at__gte=_midnight(wanted.reported_from))
    if wanted.reported_to:
        rows = rows.filter(reported_at__lt=_midnight(wanted.reported_to + timedelta(days=1)))
    return rows


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE)


def _after(rows: QuerySet[Matter], sort: Sort, after: str) -> QuerySet[Matter]:
    """What follows the cursor "<time> <id>"; a cursor that can't be read begins at the start."""
    moment, _, number = after.rpartition("_")
    try:
        at, pk = datetime.fromisoformat(moment), int(number)
    except ValueError:
        return rows
    if at.tzinfo is None:
        return rows
    if sort == "due":
        return rows.filter(Q(due_at__gt=at) | Q(due_at=at, pk__gt=pk) | Q(due_at=None))
    return rows.filter(Q(reported_at__lt=at) | Q(reported_at=at, pk__lt=pk))


def _cursor(row: Matter, sort: Sort) -> str:
    at = row.due_at if sort == "due" else row.reported_at
    return f"{at.isoformat()}_{row.pk}" if at else ""


def matters_page(wanted: ListFilter, *, now: datetime, after: str = "", size: int = PAGE) -> MatterPage:
    """One page of a list; 4 queries whatever its size.

    Sorted by due time (soonest first; ended ones last) or by report (newest first), ties by id.
    """
    found = _filtered(wanted, now)
    order = ("due_at", "pk") if wanted.sort == "due" else ("-reported_at", "-pk")
    rows = list(_after(found, wanted.sort, after).order_by(*order)[: size + 1])
    shown = rows[:size]
    total = found.order_by()[: COUNT_CAP + 1].count()
    return MatterPage(
        rows=tuple(_rows(shown, now)),
        next_after=_cursor(shown[-1], wanted.sort) if len(rows) > size else "",
        total=min(total, COUNT_CAP),
        total_capped=total > COUNT_CAP,
    )


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


def desk_count(wanted: ListFilter, *, now: datetime) -> DeskCount:
    """What waits on a desk, over the 1,000 that are due first; 1 query."""
    first = _filtered(wanted, now).order_by("due_at", "pk")[:COUNT_CAP]
    return DeskCount(
        **first.aggregate(
            waiting=Count("pk"),
            warning=Count("pk", filter=Q(warn_at__lte=now, due_at__gte=now)),
            overdue=Count("pk", filter=Q(due_at__lt=now)),
        )
    )
