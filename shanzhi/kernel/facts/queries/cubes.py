"""What the cubes say: figures by region and day or month as of any tree, by unit and month."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from shanzhi.kernel.facts.policy import cubes, histogram
from shanzhi.kernel.facts.policy.cubes import Cube
from shanzhi.kernel.facts.policy.histogram import Quantile
from shanzhi.kernel.facts.queries.trees import Source, sources_of


@dataclass(frozen=True, slots=True)
class CubeRow:
    """Counts of a cube under one key. `of`: the region or unit; `at`: the day, or the month `yyyymm`; `kind` and `category_1`
    are None where they were added up. `counts` by measure, `bins` by duration."""

    of: int
    at: date | int
    kind: str | None
    category_1: str | None
    counts: Mapping[str, int]
    bins: Mapping[str, tuple[int, ...]]

    def quantile(self, duration: str, share: float) -> Quantile | None:
        """Where a duration's quantile lies, to within a bin (its upper edge is 1.42 times the lower); None without any."""
        return histogram.quantile(self.bins[duration], share)


def cube_days(
    region_ids: Collection[int], *, since: date, until: date, on: date, measures: Collection[str]
) -> list[CubeRow]:
    """Figures of regions for each day from `since` to `until` (with it) that has any, as of the tree of `on`; by region, day.

    2 queries. A county's days are added up from its communities'.
    """
    asked = _Asked(cubes.DAYS, "day", measures, ())
    return asked.rows(
        f"SELECT x.target, c.day, {asked.sums} FROM {_SOURCES} JOIN fact_cube_day c ON c.region_id = x.region_id"  # noqa: S608 - names of our own
        " WHERE c.day BETWEEN %(since)s AND %(until)s GROUP BY 1, 2 ORDER BY 1, 2",
        {"since": since, "until": until, **_given(sources_of(region_ids, on, only_bases=True))},
    )


def cube_days_in(
    region_ids: Collection[int], spans: Sequence[tuple[date, date]], *, on: date, measures: Collection[str]
) -> list[CubeRow]:
    """The same for the days of several spans, each from a day to another, with it; 2 queries."""
    asked = _Asked(cubes.DAYS, "day", measures, ())
    return asked.rows(
        f"SELECT x.target, c.day, {asked.sums} FROM {_SOURCES} JOIN fact_cube_day c ON c.region_id = x.region_id"  # noqa: S608 - names of our own
        " WHERE c.day <@ %(spans)s::datemultirange GROUP BY 1, 2 ORDER BY 1, 2",
        {
            "spans": f"{{{','.join(f'[{since},{until}]' for since, until in spans)}}}",
            **_given(sources_of(region_ids, on, only_bases=True)),
        },
    )


def cube_months(
    region_ids: Collection[int],
    *,
    since: int,
    until: int,
    on: date,
    measures: Collection[str],
    durations: Collection[str] = (),
    kinds: Collection[str] = (),
    categories: Collection[str] = (),
    by: Collection[str] = (),
) -> list[CubeRow]:
    """Figures of regions for each month from `since` to `until` (`yyyymm`, with it) that has any, as of the tree of `on`.

    `kinds`, `categories` (first level): only these; none means all. `by`: `kind` and `category_1` as wanted, to have them
    apart. By region, month, then those. 2 queries.
    """
    asked = _Asked(cubes.MONTHS, "month", measures, durations, by)
    return asked.rows(
        f"SELECT x.target, c.month, {asked.also}{asked.sums} FROM {_SOURCES}"  # noqa: S608 - names of our own
        " JOIN fact_cube_month c ON c.region_id = x.region_id AND c.is_own = x.is_own"
        " WHERE c.month BETWEEN %(since)s AND %(until)s"
        " AND (%(kinds)s::text[] = '{}' OR c.kind = ANY(%(kinds)s))"
        f" AND (%(categories)s::text[] = '{{}}' OR c.category_1 = ANY(%(categories)s)) {asked.groups}",
        {
            "since": since,
            "until": until,
            "kinds": list(kinds),
            "categories": list(categories),
            **_given(sources_of(region_ids, on)),
        },
    )


def cube_units(
    unit_ids: Collection[int],
    *,
    since: int,
    until: int,
    measures: Collection[str],
    durations: Collection[str] = (),
    kinds: Collection[str] = (),
    by: Collection[str] = (),
) -> list[CubeRow]:
    """Figures of units for each month from `since` to `until` (`yyyymm`, with it) that has any; by unit, month; 1 query."""
    asked = _Asked(cubes.UNITS, "month", measures, durations, by)
    return asked.rows(
        f"SELECT c.unit_id, c.month, {asked.also}{asked.sums} FROM fact_cube_unit c"  # noqa: S608 - names of our own
        " WHERE c.unit_id = ANY(%(units)s) AND c.month BETWEEN %(since)s AND %(until)s"
        f" AND (%(kinds)s::text[] = '{{}}' OR c.kind = ANY(%(kinds)s)) {asked.groups}",
        {"since": since, "until": until, "kinds": list(kinds), "units": list(unit_ids)},
    )


_SOURCES = "unnest(%(from)s::bigint[], %(own)s::bigint[], %(target)s::bigint[]) AS x (region_id, is_own, target)"


def _given(sources: list[Source]) -> dict[str, Any]:
    return {
        "from": [source.region_id for source in sources],
        "own": [source.is_own for source in sources],
        "target": [source.target for source in sources],
    }


class _Asked:
    """Which columns of a cube are wanted.

    Raises:
        ValueError: the cube has no column or duration of that name.
    """

    def __init__(
        self, cube: Cube, at: str, measures: Collection[str], durations: Collection[str], by: Collection[str] = ()
    ) -> None:
        known = {measure.name for measure in cube.measures}
        bins = {one.name: one.names for one in cube.histograms}
        wrong = (set(measures) - known) | (set(durations) - bins.keys()) | (set(by) - set(cube.key_names))
        if wrong:
            raise ValueError(f"{cube.name} has no {', '.join(sorted(wrong))}")
        self.measures = list(measures)
        self.durations = {name: bins[name] for name in durations}
        self.by = [name for name in ("kind", "category_1") if name in by]
        names = [*self.measures, *(name for one in self.durations.values() for name in one)]
        self.sums = ", ".join(f"sum(c.{name})::bigint" for name in names) or "count(*)"
        self.also = "".join(f"c.{name}, " for name in self.by)
        keys = ", ".join(str(nth + 1) for nth in range(2 + len(self.by)))
        self.groups = f"GROUP BY {keys} ORDER BY {keys}"

    def rows(self, statement: str, given: dict[str, Any]) -> list[CubeRow]:
        """Ask, and tell each row."""
        with connection.cursor() as cursor:
            cursor.execute(statement, given)
            return [self._row(found) for found in cursor.fetchall()]

    def _row(self, found: tuple[Any, ...]) -> CubeRow:
        keys = dict(zip(self.by, found[2:], strict=False))
        values = found[2 + len(self.by) :]
        counts = dict(zip(self.measures, values, strict=False))
        bins, start = {}, len(self.measures)
        for name in self.durations:
            bins[name] = values[start : start + histogram.BINS]
            start += histogram.BINS
        return CubeRow(found[0], found[1], keys.get("kind"), keys.get("category_1"), counts, bins)
