"""The matters behind a figure: those that it was computed from, as far as who asks may see them."""

from typing import Any

from django.db import connection

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.models import Exclusion
from shanzhi.kernel.indicators.policy.definitions import Indicator, Length, Source
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.places import NotCounted
from shanzhi.kernel.indicators.queries.values.reading import bases, candidates, rule, where
from shanzhi.kernel.indicators.queries.values.shapes import RecordRow, Records
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

COUNT_CAP = 1000

# The lowest regions' lists within the region, by its codes of the period's end; a region's own list is among them.
_BEHIND = """
WITH counted AS (
    SELECT u.matter_id, sum(u.numerator)::bigint AS numerator, sum(u.denominator)::bigint AS denominator
    FROM indicators_behind b,
        unnest(b.matters, b.numerators, b.denominators) AS u (matter_id, numerator, denominator)
    WHERE b.key = %(key)s AND b.month = ANY(%(months)s) AND b.region_id = ANY(%(regions)s)
        AND (%(only)s = '' OR (u.numerator <> 0) = (%(only)s = 'numerator'))
    GROUP BY u.matter_id
)
"""
_TOTALS = f"""{_BEHIND}
SELECT (SELECT count(*) FROM counted), (SELECT count(*) FROM (
    SELECT 1 FROM counted c JOIN matters_matter m ON m.id = c.matter_id LIMIT {COUNT_CAP + 1}) AS seen),
    (SELECT coalesce(sum(denominator), 0) FROM counted),
    (SELECT coalesce(sum(o.denominator), 0) FROM indicators_observation o WHERE o.key = %(key)s
        AND o.region_id = %(region)s AND o.month = ANY(%(bases)s) AND o.months = %(length)s)
"""  # noqa: S608 - a fixed text
_PAGE = f"""{_BEHIND}
SELECT c.matter_id, c.numerator, c.denominator FROM counted c JOIN matters_matter m ON m.id = c.matter_id
WHERE c.matter_id > %(after)s ORDER BY c.matter_id LIMIT %(size)s
"""  # noqa: S608 - a fixed text


def records_behind(
    key: str, region_id: int, period: Period, *, only: str = "", after: int | None = None, size: int = 25
) -> Records:
    """The matters behind a figure, by their ids; 6 statements and the tree. `only`: `numerator` or `rest`; `after`: the id
    behind which the page begins. What was left out by decision stands on the first page, before the others.

    Raises:
        NoSuchIndicator, NoSuchPlace: as `indicator_page`.
        NotCounted: the figure is typed in.
    """
    with one_tree(is_read=True):
        book = catalogue()
        indicator = rule(book, key, period)
        if indicator.source is not Source.COMPUTED:
            raise NotCounted(msg("“%(name)s”是填报的，背后没有事项记录，请看证明材料。"), name=indicator.name)
        around, shown = where(region_id, period.ends_on), candidates(indicator, period)[0]
        given: dict[str, Any] = {
            "key": key,
            "months": months_behind(indicator, period),
            "bases": [base.first for base in bases(indicator, shown)],
            "length": bases(indicator, shown)[0].length.months,
            "region": region_id,
            "regions": [region_id, *_below(region_id, period)],
            "only": only,
            "after": after or 0,
            "size": size + 1,
        }
        with connection.cursor() as cursor:
            cursor.execute(_TOTALS, given)
            total, in_sight, told_of, whole = cursor.fetchone()
            cursor.execute(_PAGE, given)
            found = cursor.fetchall()
        left_out = _left_out(key, period, around.place.id) if after is None and not only else []
        told = matters.matters_behind([*left_out, *(row[0] for row in found)])
        places = organisation.paths_of({one.region_id for one in told.values()}, period.ends_on)
        rows = [_row(told[pk], places, 0, 0, excluded=True) for pk in left_out if pk in told]
        rows += [_row(told[pk], places, top, bottom, excluded=False) for pk, top, bottom in found[:size] if pk in told]
        return Records(
            indicator,
            around.place,
            period,
            tuple(rows),
            int(total),
            min(int(in_sight), COUNT_CAP),
            in_sight > COUNT_CAP,
            found[size - 1][0] if len(found) > size else None,
            int(whole),
            int(told_of),
        )


def months_behind(indicator: Indicator, period: Period) -> list[int]:
    """The first months of the kept periods whose lists make up a figure: of months, where it exists by the month."""
    shown = candidates(indicator, period)[0]
    if indicator.period is Length.MONTH:
        return list(shown.months)
    return [base.first for base in bases(indicator, shown)]


def _below(region_id: int, period: Period) -> list[int]:
    """All regions below one at the period's end, grids aside, by the tree that the process keeps."""
    found, waiting = [], [region_id]
    while waiting:
        children = [one for one in organisation.children(waiting.pop(), period.ends_on) if one.level.value != "grid"]
        ids = [one.id for one in children if one.level.value != "zone"]
        found += ids
        waiting += [one.id for one in children if one.level.value not in ("zone", "community")]
    return found


def _left_out(key: str, period: Period, region_id: int) -> list[int]:
    region = organisation.region_by_id(region_id, period.ends_on)
    rows = Exclusion.objects.filter(key=key, month__gte=period.first, month__lte=period.last, state="granted")
    return [
        pk
        for pk, code in rows.order_by("matter_id").values_list("matter_id", "scope_code")
        if region is not None and region.ranges.contains(code)
    ]


def _row(
    told: matters.BehindRow, places: dict[int, str], numerator: int, denominator: int, *, excluded: bool
) -> RecordRow:
    return RecordRow(
        told.matter_id,
        told.number,
        told.title,
        told.category,
        told.scope_code,
        told.stage,
        numerator,
        denominator,
        excluded,
        told.category_name,
        places.get(told.region_id, told.scope_code),
        told.stage_name,
    )
