"""Figures into their tables: what hasn't changed stays untouched, what has is written, and remembered where that matters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from sqlglot import exp

from shanzhi.kernel.indicators.models import Computing, Observation, Revision
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.dialects import PERIOD, SCOPE, EngineName, records, render
from shanzhi.kernel.indicators.policy.excluded import NOTHING_HELD, Held
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.regions import Standing
from shanzhi.kernel.indicators.queries.engines.postgres import held_back
from shanzhi.kernel.indicators.queries.running import formula_of

_EVERY = 2**62
"""As many records as there are."""


@dataclass(slots=True)
class Cell:
    """A figure on its way into its table."""

    numerator: int
    denominator: int
    handed_in: int | None = None
    owed: int | None = None


Cells = dict[int, Cell]
"""Figures by region."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many figures were written or removed, and how many of that are revisions."""

    changed: int
    revisions: int


@dataclass(frozen=True, slots=True)
class Run:
    """One indicator's period as it is computed: over which tree, up to which place of the journal, and why.

    `is_revision`: what changes is remembered.
    """

    indicator: Indicator
    period: Period
    standing: Standing
    now: datetime
    cursor: int
    reason: str
    about: int
    is_revision: bool

    @property
    def at(self) -> dict[str, Any]:
        """The columns by which its rows are found."""
        return {"key": self.indicator.key, "month": self.period.first, "months": self.period.length.months}


def keep(run: Run, cells: Mapping[int, Cell]) -> Kept:
    """Let the table have exactly these figures of an indicator and period; 6 statements, 3 where nothing changed."""
    before = {
        region: Cell(top, bottom, handed_in, owed)
        for region, top, bottom, handed_in, owed in Observation.objects.filter(**run.at).values_list(
            "region_id", "numerator", "denominator", "handed_in", "owed"
        )
    }
    last = Computing.objects.filter(**run.at).first()
    changed = sorted(region for region in cells.keys() | before.keys() if cells.get(region) != before.get(region))
    _write(run, cells, changed)
    revisions = 0
    if last is not None and run.is_revision:
        revisions = _revise(run, before, cells, changed, last.version)
    told = {"version": run.indicator.version, "computed_at": run.now, "checked_at": run.now, "cursor": run.cursor}
    if changed:
        told["tree"] = None
    Computing.objects.update_or_create(**run.at, defaults=told)
    return Kept(len(changed), revisions)


def _write(run: Run, cells: Mapping[int, Cell], changed: Sequence[int]) -> None:
    gone = [region for region in changed if region not in cells]
    if gone:
        Observation.objects.filter(**run.at, region_id__in=gone).delete()
    rows = [
        Observation(
            region_id=region, numerator=cells[region].numerator, denominator=cells[region].denominator,
            handed_in=cells[region].handed_in, owed=cells[region].owed, under=under(run.standing, region), **run.at,
        )
        for region in changed
        if region in cells
    ]  # fmt: skip
    Observation.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["region_id", "month", "key", "months"],
        update_fields=["numerator", "denominator", "handed_in", "owed", "under"],
        batch_size=5000,
    )


def _revise(
    run: Run, before: Mapping[int, Cell], cells: Mapping[int, Cell], changed: Sequence[int], version: int
) -> int:
    """Add a revision for every figure that changed; how many."""
    numbers: dict[int, int] = {}
    for region, number in Revision.objects.filter(**run.at, region_id__in=changed).values_list("region_id", "number"):
        numbers[region] = max(numbers.get(region, 0), number)
    reason = "rule" if run.reason == "late" and version != run.indicator.version else run.reason
    rows = []
    for region in changed:
        was, is_now = before.get(region), cells.get(region)
        rows.append(
            Revision(
                **run.at, region_id=region, number=numbers.get(region, 0) + 1, under=under(run.standing, region),
                made_at=run.now, reason=reason, about=run.about, cursor=run.cursor, before_version=version,
                before_numerator=was.numerator if was else 0, before_denominator=was.denominator if was else None,
                after_version=run.indicator.version, after_numerator=is_now.numerator if is_now else 0,
                after_denominator=is_now.denominator if is_now else None,
            )
        )  # fmt: skip
    return len(Revision.objects.bulk_create(rows, batch_size=5000))


def under(standing: Standing, region_id: int) -> str:
    """The code of the region above; its own for the topmost, or the last known of one that stands no more."""
    state = standing.states.get(region_id)
    if state is None:
        return ""
    above = standing.states.get(state.parent_id) if state.parent_id is not None else None
    return above.code if above else state.code


_BEHIND = """
WITH {held} "{scope}" AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS t (region_id, ancestor_id)),
"{period}" AS (SELECT * FROM unnest(%s::bigint[], %s::bigint[]) AS t (month, period)),
counted AS ({records}),
by_matter AS (
    SELECT at, matter_id, sum(numerator) AS numerator, sum(denominator) AS denominator FROM counted GROUP BY at, matter_id
)
INSERT INTO indicators_behind (region_id, month, key, under, matters, numerators, denominators)
SELECT at, %s, %s, codes.under, array_agg(matter_id ORDER BY matter_id), array_agg(numerator::bigint ORDER BY matter_id),
    array_agg(denominator::bigint ORDER BY matter_id)
FROM by_matter JOIN unnest(%s::bigint[], %s::text[]) AS codes (region_id, under) ON codes.region_id = at
GROUP BY at, codes.under
ON CONFLICT (region_id, month, key) DO UPDATE SET under = EXCLUDED.under, matters = EXCLUDED.matters,
    numerators = EXCLUDED.numerators, denominators = EXCLUDED.denominators
    WHERE (indicators_behind.matters, indicators_behind.numerators, indicators_behind.denominators)
        IS DISTINCT FROM (EXCLUDED.matters, EXCLUDED.numerators, EXCLUDED.denominators)
"""


def keep_behind(indicator: Indicator, period: Period, standing: Standing, held: Held = NOTHING_HELD) -> None:
    """Keep which matters a month's figure counts, by the lowest regions at which it exists; 2 statements. Nothing where its
    formula counts no matters. `held`: decisions that the figure doesn't know of yet."""
    formula = formula_of(indicator)
    if formula.matter is None:
        return
    lowest = [(region, home) for region in sorted(standing.home) if (home := _lowest(standing, indicator, region))]
    select = records(formula, period.first, period.last, limit=_EVERY).select(
        exp.alias_(exp.column("ancestor_id", SCOPE), "at"), copy=False
    )
    before, first = held_back(held)
    text = _BEHIND.format(
        held="".join(f"{one}, " for one in before),
        scope=SCOPE,
        period=PERIOD,
        records=render(select, EngineName.POSTGRES).replace("%", "%%"),
    )
    regions = sorted({home for _, home in lowest})
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM indicators_behind WHERE month = %s AND key = %s AND NOT region_id = ANY(%s)",
            [period.first, indicator.key, regions],
        )
        cursor.execute(
            text,
            [
                *first, [region for region, _ in lowest], [home for _, home in lowest], [period.first], [0],
                period.first, indicator.key, regions, [under(standing, region) for region in regions],
            ],
        )  # fmt: skip


def _lowest(standing: Standing, indicator: Indicator, region_id: int) -> int | None:
    """The lowest region at or above one at which the indicator exists."""
    heights = {level.value: level.height for level in type(indicator.level)}
    for above in standing.ancestors(region_id):
        if heights.get(standing.states[above].level, -1) >= indicator.level.height:
            return above
    return None
