"""What was counted between two days, by category, unit and region: finer than the cubes, which have no categories by day."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from shanzhi.kernel.facts.queries.trees import sources_of


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to another, with it."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Between:
    """Counts between two days. `categories`: matters reported, by first level. `units`: by unit `given` (shares), `due` (limits
    due that were kept or missed, or are past and still run), `kept` of them, `rated` (verdicts), `solved` of them.
    `late`: limits due that are past and still run, by region asked for and day."""

    categories: Mapping[str, int]
    units: Mapping[int, Mapping[str, int]]
    late: Mapping[tuple[int, date], int]


def counted_between(
    region_id: int, parts: Collection[int], spans: Sequence[Days], *, on: date, at: datetime
) -> tuple[list[Between], date | None]:
    """For each of some spans what was counted in a region as of the tree of `on`, and what is late at `at` in it and in each of
    its `parts`; 2 queries. A matter counts where its region lay on the day of its report, as in the cubes.
    With it the day of the city's first report that facts know of (None without any): days before it say nothing.

    For who reads figures alone: without the feature nothing is counted (`facts_between`).
    """
    sources = sources_of((region_id, *parts), on, only_bases=True)
    wanted = sorted({one.region_id for one in sources if one.target == region_id})
    targets: dict[int, list[int]] = {}
    for one in sources:
        targets.setdefault(one.region_id, []).append(one.target)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.nth, b.about, b.code, b.day, b.measure, b.counted"
            " FROM unnest(%(since)s::date[], %(until)s::date[]) WITH ORDINALITY AS n (since, until, nth),"
            " facts_between(%(regions)s::bigint[], n.since, n.until, %(at)s) b"
            " UNION ALL SELECT 0, '', '', min(day), '', 0 FROM fact_cube_day WHERE reported > 0 ORDER BY 1, 2, 3, 4, 5",
            {
                "since": [span.since for span in spans],
                "until": [span.until for span in spans],
                "regions": wanted,
                "at": at,
            },
        )
        rows = cursor.fetchall()
    found = [_told([row[1:] for row in rows if row[0] == nth], targets) for nth in range(1, len(spans) + 1)]
    return found, rows[0][3]


def _told(rows: list[tuple[str, str, date, str, int]], targets: Mapping[int, list[int]]) -> Between:
    categories: dict[str, int] = {}
    units: dict[int, dict[str, int]] = {}
    late: dict[tuple[int, date], int] = {}
    for about, code, day, measure, counted in rows:
        if about == "category":
            categories[code] = counted
        elif about == "unit":
            units.setdefault(int(code), {})[measure] = counted
        else:
            for target in targets[int(code)]:
                late[target, day] = late.get((target, day), 0) + counted
    return Between(categories, units, late)
