"""One indicator for a region and a period, with all that its page shows."""

from datetime import date
from decimal import Decimal
from math import sqrt

from shanzhi.core.text import msg
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.indicators.models import Value as Entered
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import half_interval
from shanzhi.kernel.indicators.policy.fairness import Z95, Interval, funnel_limits
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.trend import seasonal
from shanzhi.kernel.indicators.policy.values import MISSING, Numbers, State, Value, value_of
from shanzhi.kernel.indicators.queries.values.excluded import exclusion_rows
from shanzhi.kernel.indicators.queries.values.reading import (
    SHARES,
    compared_places,
    rule,
    where,
)
from shanzhi.kernel.indicators.queries.values.revisions import SHOWN, revisions_of
from shanzhi.kernel.indicators.queries.values.shapes import (
    Amount,
    Below,
    EnteredRow,
    ExclusionRow,
    FileRow,
    IndicatorPage,
    Place,
    Point,
)
from shanzhi.kernel.indicators.queries.values.trees import Amounts, Tree
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

SERIES = 24
BAND = 12
"""Periods before a point that its expected band is made of."""
FEWEST = 3


def indicator_page(key: str, region_id: int, period: Period, *, tree_on: date | None = None) -> IndicatorPage:
    """One indicator for a region and a period; at most 7 statements, one more where it is restated, and 2 when the tree has
    changed. With `tree_on` the figures are those of the regions of that day, as an index's are.

    Raises:
        NoSuchIndicator: no rule of this key in the period.
        NoSuchPlace: no region of this id on that day.
    """
    with one_tree(is_read=True):
        book, on = catalogue(), tree_on or period.ends_on
        indicator = rule(book, key, period)
        around = where(region_id, on)
        own = period if indicator.period.months <= period.length.months else period_of(period.ends_on, indicator.period)
        series = [own.before(steps) for steps in range(SERIES + BAND - 1, -1, -1)]
        ids = [one.id for one in around.below]
        tree = Tree.of(on, [*series, period]) if tree_on else None
        read = Amounts(book, indicator, tree)
        read.read([((region_id,), [*series, period]), (ids, [period])])
        amounts = {at: read.of(region_id, at) for at in series}
        below = {one: read.of(one, period) for one in ids}
        amount = read.of(region_id, period)
        return IndicatorPage(
            catalogue=book,
            project=book.project(indicator.project),
            indicator=indicator,
            versions=book.versions(key),
            place=around.place,
            above=around.above,
            period=period,
            tree_on=on,
            restated=on != period.ends_on,
            remade=frozenset(one for one in (region_id, *ids) if tree and tree.is_made_of_others(one, period)),
            amount=amount,
            points=score(indicator, amount.value),
            seasonal=seasonal(indicator, {at: one.value for at, one in amounts.items()}, own, MISSING),
            series=_series(indicator, amounts, series),
            below=_below(indicator, around.below, below),
            overall=_overall(indicator, list(below.values())),
            revisions=revisions_of(book, key, around.place, period),
            exclusions=_exclusions(indicator, key, region_id, period),
            entered=entered_of(indicator, around.place, period),
        )


def _series(indicator: Indicator, amounts: dict[Period, Amount], series: list[Period]) -> tuple[Point, ...]:
    made = []
    for place in range(BAND, len(series)):
        amount = amounts[series[place]]
        earlier = [amounts[at].value for at in series[place - BAND : place] if amounts[at].value.state is State.VALUE]
        band = expected(indicator, amount.value, earlier)
        shown = amount.value.exact
        unusual = band is not None and shown is not None and not band.low - 1e-9 <= float(shown) <= band.high + 1e-9
        made.append(Point(series[place], amount, band, unusual))
    return tuple(made)


def expected(indicator: Indicator, value: Value, earlier: list[Value]) -> Interval | None:
    """Where chance alone would have a figure, were it like the periods before it (at least three, at most twelve): for parts
    of a whole by their common share and the figure's own size, for counts by Poisson about their mean; else None."""
    if len(earlier) < FEWEST:
        return None
    scale = float(indicator.scale)
    tops: list[int] = [one.numerator or 0 for one in earlier]
    bottoms: list[int] = [one.denominator or 0 for one in earlier]
    is_part = all(0 <= a <= b for a, b in zip(tops, bottoms, strict=True))
    if indicator.figure in SHARES and is_part and sum(bottoms) > 0:
        limits = funnel_limits(sum(tops) / sum(bottoms), value.denominator or 0)
        return None if limits is None else Interval(limits.low * scale, limits.high * scale)
    if indicator.figure is Figure.COUNT:
        mean = sum(tops) / len(tops)
        # The mean of few periods isn't sure itself: its own variance is added.
        half = Z95 * sqrt(mean + mean / len(tops))
        return Interval(max(mean - half, 0.0) * scale, (mean + half) * scale)
    return None


def _below(indicator: Indicator, places: tuple[Place, ...], amounts: dict[int, Amount]) -> tuple[Below, ...]:
    verdicts = compared_places(indicator, amounts)
    return tuple(Below(one, amounts[one.id], verdicts.get(one.id)) for one in places)


def _overall(indicator: Indicator, amounts: list[Amount]) -> Value:
    """The figure of the regions below together."""
    there = [one.value for one in amounts if one.value.numerator is not None]
    if not there or indicator.figure is Figure.AMOUNT:
        return MISSING
    tops, bottoms = sum(one.numerator or 0 for one in there), sum(one.denominator or 0 for one in there)
    return value_of(indicator, Numbers(tops, bottoms))


def _exclusions(indicator: Indicator, key: str, region_id: int, period: Period) -> tuple[ExclusionRow, ...]:
    return exclusion_rows(key=key, region_id=region_id, period=period) if indicator.exclusions else ()


def entered_of(indicator: Indicator, place: Place, period: Period) -> tuple[EnteredRow, ...]:
    """What was typed in for a region and period, corrections too, the latest first; 2 queries, none for what is computed."""
    if indicator.source is Source.COMPUTED:
        return ()
    rows = list(
        Entered.objects.filter(
            key=indicator.key, region_id=place.id, first__gte=period.first, first__lte=period.last
        ).order_by("-first", "-number")[:SHOWN]
    )
    return entered_rows(rows, {indicator.key: indicator}, {place.id: place})


def entered_rows(
    rows: list[Entered], indicators: dict[str, Indicator], places: dict[int, Place]
) -> tuple[EnteredRow, ...]:
    """Typed-in values as pages have them, with their evidence; 1 query."""
    found = files.attachments_of_many("figure", [row.pk for row in rows])
    names = organisation.unit_names({row.unit_id for row in rows})
    return tuple(
        EnteredRow(
            id=row.pk,
            number=row.number,
            place=places[row.region_id],
            period=Period(row.first, Length(row.length)),
            value=value_of(indicators[row.key], Numbers(row.numerator, row.denominator)),
            half_interval=_half(indicators[row.key], row),
            entered_at=row.entered_at,
            unit=names.get(row.unit_id, msg("导入")),
            words=row.words,
            confirmed=row.confirmed,
            late=row.late,
            is_last=row.is_last,
            evidence=tuple(FileRow(one.id, one.name, one.sha256) for one in found.get(row.pk, ())),
        )
        for row in rows
    )


def _half(indicator: Indicator, row: Entered) -> Decimal | None:
    return half_interval(row.numerator, row.denominator) if indicator.survey is not None else None
