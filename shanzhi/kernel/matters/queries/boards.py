"""Desks: what waits, the page of it that is looked at, and the lists that stand beside it, read in one statement."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.queries.finding import (
    Cursor,
    ListFilter,
    counts,
    found_by,
    plan_by_values,
)
from shanzhi.kernel.matters.queries.lists import (
    COUNT_CAP,
    PAGE,
    DeskCount,
    MatterPage,
    MatterRow,
    count_of,
    dues_wanted,
    first_rows,
    late_counted,
    lights_of,
    lines_of,
    page_of,
    rows_wanted,
)
from shanzhi.kernel.matters.queries.together import together


@dataclass(frozen=True, slots=True)
class Board:
    """What waits on a desk, and the first rows of some lists."""

    count: DeskCount
    lists: tuple[tuple[MatterRow, ...], ...]


@dataclass(frozen=True, slots=True)
class Named:
    """Matters to be read along with a desk: `rows`, in the order in which `order` gives their ids."""

    rows: QuerySet[Matter]
    order: QuerySet[Any, Any]


@dataclass(frozen=True, slots=True)
class DeskPage:
    """What waits on a desk, the page of it that is looked at, the first page of the lists beside it, the matters that were
    named, and what was read along, as it was asked."""

    count: DeskCount
    page: MatterPage
    lists: tuple[MatterPage, ...]
    named: tuple[tuple[MatterRow, ...], ...]
    along: tuple[list[Any], ...]


def unit_board(wanted: ListFilter, lists: Sequence[tuple[ListFilter, int]], *, now: datetime, actor: Actor) -> Board:
    """What waits on a unit's own desk (`desk_count`), and of each of these lists the first so many rows, as `matters_page`
    gives them; 2 queries for all of them, 1 more for grids that the page hasn't read yet. No list may have words."""
    plan_by_values()
    dues, *each = together(_dues(wanted, now), *(rows_wanted(one, now, actor, most) for one, most in lists))
    rows = iter(lines_of([row for part in each for row in part], now))
    return Board(lights_of(dues, now), tuple(tuple(islice(rows, len(part))) for part in each))


def _dues(wanted: ListFilter, now: datetime) -> QuerySet[Matter, Any]:
    found = found_by(wanted, now, None, most=COUNT_CAP + 1, ordered=False)
    return dues_wanted(found) if found is not None else Matter.objects.none().values_list("warn_at", "due_at")


def desk_page(
    whole: ListFilter,
    wanted: ListFilter,
    *,
    now: datetime,
    actor: Actor,
    after: str = "",
    before: str = "",
    lists: Sequence[ListFilter] = (),
    named: Sequence[Named] = (),
    along: Sequence[QuerySet[Any, Any]] = (),
) -> DeskPage:
    """A desk on which `whole` waits and `wanted` is looked at: `desk_count` of the one, `matters_page` of the other and of each
    list beside it, and what is read along.

    2 queries, 1 more for grids, for how many are wanted where that is another number and more than a page, and for a cursor
    behind which nothing stands. `whole` has no words.
    """
    past = Cursor.read(before, wanted, is_back=True) if before else Cursor.read(after, wanted)
    numbers = _counted(whole, wanted, now, actor, is_planned=bool(lists))
    dues, rows, *rest = together(
        _dues(whole, now) if not numbers else Matter.objects.none(),
        rows_wanted(wanted, now, actor, PAGE + 1, past),
        *(part for one in lists for part in (rows_wanted(one, now, actor, PAGE + 1), _dues(one, now))),
        *(part for one in named for part in (one.rows, one.order)),
        *along,
    )
    beside, rest = rest[: 2 * len(lists)], rest[2 * len(lists) :]
    ordered, told = rest[: 2 * len(named)], rest[2 * len(named) :]
    if past is not None and (not rows or (past.is_back and len(rows) <= PAGE)):
        past, rows = None, first_rows(wanted, now, actor, PAGE + 1, is_planned=True)
    count = DeskCount(*numbers[:3]) if numbers else lights_of(dues, now)
    if past is None and len(rows) <= PAGE:
        # A first page that isn't full is all there is.
        total = len(rows)
    elif wanted == whole:
        total = count.waiting
    else:
        total = numbers[3] if len(numbers) > 3 else count_of(wanted, now, actor, COUNT_CAP + 1)
    lines = _Lines([*rows, *(row for part in (*beside[::2], *ordered[::2]) for row in part)], now)
    return DeskPage(
        count=count,
        page=page_of(rows, wanted, past, size=PAGE, total=total, lines=lines),
        lists=tuple(
            page_of(found, one, None, size=PAGE, total=len(there), lines=lines)
            for one, found, there in zip(lists, beside[::2], beside[1::2], strict=True)
        ),
        named=tuple(
            tuple(lines.of_ids(order, {row.pk for row in found}))
            for found, order in zip(ordered[::2], ordered[1::2], strict=True)
        ),
        along=tuple(told),
    )


def _counted(whole: ListFilter, wanted: ListFilter, now: datetime, actor: Actor, *, is_planned: bool) -> list[int]:
    """How many wait, are about to be late and are late, and where it differs how many are wanted; empty where no search
    counts them. The rest of the transaction is planned by values, where that is needed. 1 query."""
    found = found_by(whole, now, actor, most=COUNT_CAP + 1, ordered=False)
    if found is None or found.counted is None:
        plan_by_values()
        return []
    other = found_by(wanted, now, actor, most=COUNT_CAP + 1, ordered=False) if wanted != whole else None
    asked = [found.counted, *late_counted(whole, now, actor)]
    if other is not None and other.counted is not None:
        asked.append(other.counted)
    return counts(asked, is_planned=is_planned)


class _Lines:
    """Lines for matters whose names were looked up together."""

    def __init__(self, rows: Sequence[Matter], now: datetime) -> None:
        self._told = {line.id: line for line in lines_of(list({row.pk: row for row in rows}.values()), now)}

    def __call__(self, rows: Sequence[Matter]) -> list[MatterRow]:
        return [self._told[row.pk] for row in rows]

    def of_ids(self, ids: Sequence[int], seen: Collection[int]) -> list[MatterRow]:
        """In the order of the ids, those that are seen."""
        return [self._told[pk] for pk in ids if pk in seen]
