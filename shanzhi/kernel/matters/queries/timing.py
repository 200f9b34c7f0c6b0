"""How long matters took, as figures: counted in the database in one pass, each equal to the list of its conditions."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import connection

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.matters.queries.finding import ListFilter, category_span, midnight_bounds, span_of
from shanzhi.kernel.matters.rulebook import promise_clocks

What = Literal["answered", "aside", "open"]
"""answered: closed, with a verdict or without. aside: refused or withdrawn. open: hasn't ended, wherever it stands."""


@dataclass(frozen=True, slots=True)
class TookRow:
    """What took how long under one item: how many; of them within each limit; the median of the days (the lower one of two;
    None of nothing); how many were promised a date, and how many of those kept it. For open ones the days are their age."""

    item: str
    matters: int
    within: tuple[int, ...]
    days: int | None
    promised: int
    kept: int


@dataclass(frozen=True, slots=True)
class Timing:
    """The whole; by region of the level below, by unit that leads or led at the end (its id), by first-level category."""

    whole: TookRow
    regions: tuple[TookRow, ...]
    units: tuple[TookRow, ...]
    categories: tuple[TookRow, ...]


# The bits that PostgreSQL's grouping() sets for the columns that a row isn't grouped by.
_WHOLE, _REGION, _UNIT, _CATEGORY = 0b111, 0b011, 0b101, 0b110


def timing(what: What, wanted: ListFilter, *, limits: tuple[int, ...], digits: int, now: datetime) -> Timing:
    """How long it took what a filter finds by region, days, kind, channel, category and unit, in one statement; what else the
    filter holds isn't looked at. `limits`: days, rising. `digits`: the length of a code one level below. Days on which they
    ended don't narrow open ones."""
    spans = wanted.spans or ((span_of(wanted.region_code),) if wanted.region_code else ())
    category = category_span(wanted.category) if wanted.category else (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dimension, item, matters, within, days, promised, kept FROM matters_took("
            "%s, %s::codemultirange, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ORDER BY matters DESC, item",
            [
                what,
                CodeRanges.of(spans).to_pg() if spans else None,
                *midnight_bounds(wanted.reported_from, wanted.reported_to),
                *wanted.sitting.bounds(),
                wanted.kind or None,
                wanted.channel or None,
                *category,
                wanted.sitting.took.led_by,
                digits,
                now,
                list(limits),
                list(promise_clocks()),
            ],
        )
        rows = cursor.fetchall()
    found: dict[int, list[TookRow]] = {}
    for dimension, item, matters, within, *cells in rows:
        found.setdefault(dimension, []).append(TookRow(item, matters, tuple(within), *cells))
    nothing = TookRow("", 0, (0,) * len(limits), None, 0, 0)
    return Timing(
        whole=next(iter(found.get(_WHOLE, ())), nothing),
        regions=tuple(found.get(_REGION, ())),
        units=tuple(found.get(_UNIT, ())),
        categories=tuple(found.get(_CATEGORY, ())),
    )
