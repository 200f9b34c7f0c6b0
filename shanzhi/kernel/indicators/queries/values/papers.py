"""What a region's month or quarter report says: figures as they stand in their tables, for `policy.reports.compose`."""

from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.models import Computing
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Direction, Figure, Indicator, Length, Source
from shanzhi.kernel.indicators.policy.periods import Period, PeriodUnreadable
from shanzhi.kernel.indicators.policy.reports import Figure as Told
from shanzhi.kernel.indicators.policy.reports import Part, Project, Report, Span, figure_of
from shanzhi.kernel.indicators.policy.reports import Period as Span_of
from shanzhi.kernel.indicators.policy.reports.source import value_of
from shanzhi.kernel.indicators.queries.values.reading import Figures, Where, where
from shanzhi.kernel.indicators.queries.values.shapes import Place
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation.queries import one_tree

RATES = ("response_rate", "solution_rate", "satisfaction_rate")
"""The three rates (三率) by the keys that docs/indicators.md names: they lead a report, by parts of the region too."""
BACK = {Length.MONTH: 12, Length.QUARTER: 8}
"""How many periods before a report's the three rates are drawn for."""
COUNTS = 6
"""Mere counts that a report begins with, at most."""
_SPANS = {Length.MONTH: Span.MONTH, Length.QUARTER: Span.QUARTER}
_QUARTERS = "一二三四"
_PARTS = {"city": "县（区）", "county": "乡镇（街道）", "township": "村（社区）"}


@one_tree(is_read=True)
def report_of(region_id: int, period: Period, *, issuer: str, now: datetime) -> Report:
    """The report of a region's month or quarter; 4 statements.

    Raises:
        NoSuchPlace: no region of this id at the period's end.
        PeriodUnreadable: a year has no report; the period hasn't begun.
    """
    if period.length not in _SPANS:
        raise PeriodUnreadable(msg("报告按周、按月或按季度出。请选一周、一个月或一个季度。"))
    today = local_date(now)
    if period.begins_on > today:
        raise PeriodUnreadable(msg("%(period)s 还没有开始。请选已经开始的期间。"), period=str(period))
    book, around = catalogue(), where(region_id, period.ends_on)
    indicators = list(book.in_month(period.last))
    rates = [one for key in RATES for one in indicators if one.key == key]
    past = [period.before(steps) for steps in range(BACK[period.length], 0, -1)]
    below = tuple(one.id for one in around.below)
    wanted = [((region_id,), indicators, (period, period.before())), ((region_id,), rates, past)]
    figures = Figures.read([*wanted, *([(below, rates, (period,))] if below else [])])
    told = {one.key: _told(book, figures, region_id, one, period, past if one in rates else []) for one in indicators}
    return Report(
        city=around.place.name,
        region=around.place.code,
        issuer=issuer,
        period=Span_of.of(_SPANS[period.length], period.begins_on),
        dated=today,
        made_at=now,
        data_at=_computed_at(period, now),
        catalogue=book.name,
        overview=tuple(told[one.key] for one in indicators if _is_mere_count(one))[:COUNTS],
        rates=tuple(told[one.key] for one in rates),
        projects=tuple(
            Project(project.name, found)
            for project in book.projects
            if (found := tuple(told[one.key] for one in indicators if one.project == project.code))
        ),
        parts=tuple(_part(figures, place, rates, period) for place in around.below),
        compared=tuple(one.key for one in rates) if below else (),
        parts_word=_PARTS.get(around.place.level, _PARTS["city"]),
        whole=_whole(around),
        until=None if period.is_over(today) else today,
        is_sample=book.sample,
    )


def _told(
    book: Catalogue, figures: Figures, region_id: int, indicator: Indicator, period: Period, past: list[Period]
) -> Told:
    before = period.before()
    return figure_of(
        indicator,
        figures.amount(region_id, indicator, period).value,
        figures.amount(region_id, indicator, before).value,
        before_rule=book.indicator(indicator.key, before.last),
        trend=[(_short(at), figures.amount(region_id, indicator, at).value) for at in (*past, period)] if past else (),
    )


def _short(period: Period) -> str:
    """A period under a chart: 10月, 三季度."""
    month = period.last % 100
    return f"{month}月" if period.length is Length.MONTH else f"{_QUARTERS[month // 3 - 1]}季度"


def _part(figures: Figures, place: Place, rates: list[Indicator], period: Period) -> Part:
    values = {one.key: value_of(figures.amount(place.id, one, period).value) for one in rates}
    return Part(place.code, place.name, values)


def _is_mere_count(indicator: Indicator) -> bool:
    return (
        indicator.source is Source.COMPUTED
        and indicator.figure is Figure.COUNT
        and indicator.direction is Direction.NONE
    )


def _whole(around: Where) -> str:
    return "全市" if around.place.level == "city" else around.place.name


def _computed_at(period: Period, now: datetime) -> datetime:
    """When the period's figures were computed last; now where none was."""
    rows = Computing.objects.filter(month__in=period.months).order_by("-computed_at")
    return rows.values_list("computed_at", flat=True).first() or now
