"""The list of indicators, a region's sheet, and two periods side by side."""

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Index, Indicator
from shanzhi.kernel.indicators.policy.index import project_of
from shanzhi.kernel.indicators.policy.periods import Period, PeriodUnreadable
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.trend import change
from shanzhi.kernel.indicators.policy.values import Value
from shanzhi.kernel.indicators.queries.values.indexes import index_points
from shanzhi.kernel.indicators.queries.values.reading import Figures, where
from shanzhi.kernel.indicators.queries.values.shapes import (
    CompareLine,
    Comparison,
    IndicatorList,
    ListLine,
    ProjectSheet,
    RegionSheet,
    SheetLine,
)
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation.queries import one_tree


@one_tree(is_read=True)
def indicator_list(region_id: int, period: Period, *, project: str = "", words: str = "") -> IndicatorList:
    """All indicators that hold in a period, with a region's values and how they moved since the period before; 3 statements.

    Raises:
        NoSuchPlace: no region of this id at the period's end.
    """
    book, around = catalogue(), where(region_id, period.ends_on)
    chosen = [
        one
        for one in book.in_month(period.last)
        if project in ("", one.project) and words.lower() in f"{one.name} {one.key} {one.definition}".lower()
    ]
    figures = Figures.read([((region_id,), chosen, (period, period.before()))])
    return IndicatorList(
        book,
        around.place,
        around.above,
        period,
        tuple(_line(figures, region_id, one, period) for one in chosen),
    )


def _line(figures: Figures, region_id: int, indicator: Indicator, period: Period) -> ListLine:
    amount, before = (figures.amount(region_id, indicator, at) for at in (period, period.before()))
    return ListLine(indicator, amount, score(indicator, amount.value), change(indicator, before.value, amount.value))


@one_tree(is_read=True)
def region_sheet(region_id: int, period: Period) -> RegionSheet:
    """All figures of a region, by project, beside those of the region above; 3 statements.

    Raises:
        NoSuchPlace: no region of this id at the period's end.
    """
    book, around = catalogue(), where(region_id, period.ends_on)
    indicators = list(book.in_month(period.last))
    up = around.above[-1].id if around.above else region_id
    figures = Figures.read([((region_id, up), indicators, (period, period.before()))])
    amounts = {one.key: figures.amount(region_id, one, period) for one in indicators}
    values = {key: amount.value for key, amount in amounts.items()}
    sheets = []
    for project in book.projects:
        result = project_of(project, book, period.last, values)
        lines = tuple(
            SheetLine(
                one,
                amounts[one.key],
                result.points[one.key],
                figures.amount(up, one, period).value,
                change(one, figures.amount(region_id, one, period.before()).value, values[one.key]),
            )
            for one in indicators
            if one.project == project.code
        )
        sheets.append(ProjectSheet(result, lines))
    return RegionSheet(
        book,
        around.place,
        around.above,
        around.below,
        period,
        tuple(sheets),
        tuple((index, index_points(book, index, period, values)) for index in indices_in(book, period)),
    )


@one_tree(is_read=True)
def comparison(region_id: int, first: Period, second: Period) -> Comparison:
    """Two periods of one region; 3 statements.

    Raises:
        NoSuchPlace: no region of this id at the second period's end.
        PeriodUnreadable: periods of different lengths.
    """
    if first.length is not second.length:
        raise PeriodUnreadable(msg("两个期间长短不同，不能对比。请选同样长的期间。"))
    book, around = catalogue(), where(region_id, second.ends_on)
    indicators = list(book.in_month(second.last))
    figures = Figures.read([((region_id,), indicators, (first, second))])
    lines = []
    for one in indicators:
        earlier, later = (figures.amount(region_id, one, at) for at in (first, second))
        lines.append(CompareLine(one, earlier, later, change(one, earlier.value, later.value)))
    sides: list[dict[str, Value]] = [
        {line.indicator.key: (line.first if at is first else line.second).value for line in lines}
        for at in (first, second)
    ]
    return Comparison(
        book,
        around.place,
        around.above,
        first,
        second,
        tuple(lines),
        tuple(
            (index, index_points(book, index, first, sides[0]), index_points(book, index, second, sides[1]))
            for index in indices_in(book, second)
        ),
    )


def indices_in(book: Catalogue, period: Period) -> list[Index]:
    """The versions of all indices that are the rule for a period, in the catalogue's order."""
    codes = dict.fromkeys(index.code for index in book.indices)
    return [found for code in codes if (found := book.index(code, period.last)) is not None]
