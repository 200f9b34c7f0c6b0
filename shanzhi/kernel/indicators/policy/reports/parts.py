"""Parts of the city side by side, in the order of their codes, never ranked: who lies beyond what chance allows."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shanzhi.core.papers import Align, Bar, BarChart, Cell, Column, Dot, FunnelChart, Number, Table
from shanzhi.kernel.indicators.policy.reports.chance import is_share, limits, rounded
from shanzhi.kernel.indicators.policy.reports.figures import Figure, Part, Report, Shape, Standing, Value
from shanzhi.kernel.indicators.policy.reports.sentences import cell_said, exact_decimals, exactly_said, number_said

WITHIN, ABOVE, BELOW = "在预期范围内", "高于", "低于"
FUNNEL_FROM = 5
"""Parts that can be told from each other in a drawing."""
BARS_FROM, BARS_MOST = 2, 20
"""Bars that fit on a page and are worth a drawing."""
_CURVE = 40


@dataclass(frozen=True, slots=True)
class Stand:
    """Where a part stands: `side` is 高于, 低于, 在预期范围内, or empty where nothing can be said."""

    part: Part
    side: str
    edges: tuple[Fraction, Fraction] | None = None


def figures_compared(report: Report) -> tuple[Figure, ...]:
    """The figures that are shown by parts, in the order in which they were asked for."""
    by_key = {figure.key: figure for figure in report.figures()}
    return tuple(by_key[key] for key in report.compared if key in by_key) if report.parts else ()


def stands(figure: Figure, parts: tuple[Part, ...]) -> tuple[Stand, ...]:
    """Each part's place, in the order of codes."""
    return tuple(_stand(figure, part) for part in sorted(parts, key=lambda part: part.code))


def _stand(figure: Figure, part: Part) -> Stand:
    value = part.values.get(figure.key)
    edges = part.expected.get(figure.key) or _by_chance(figure, value)
    if value is None or edges is None or figure.standing(value) is not Standing.KNOWN:
        return Stand(part, "")
    number, (low, high) = figure.number(value), edges
    return Stand(part, BELOW if number < low else ABOVE if number > high else WITHIN, edges)


def _by_chance(figure: Figure, value: Value | None) -> tuple[Fraction, Fraction] | None:
    now = figure.now
    if figure.shape is not Shape.SHARE or not value or not value.denominator or not now or not now.denominator:
        return None
    if not is_share(now):
        return None
    low, high = limits(Fraction(now.numerator, now.denominator), value.denominator)
    return Fraction(low) * figure.scale, Fraction(high) * figure.scale


def parts_table(report: Report, figure: Figure) -> Table:
    """One figure by parts: what it rests on, its value, and where it stands beside the whole, as far as there is such."""
    by_code = stands(figure, report.parts)
    is_based = figure.shape is not Shape.COUNT and bool(figure.base_unit)
    is_judged = figure.shape is Shape.SHARE or any(stand.side for stand in by_code)
    columns = [Column("区域", width=1.6), Column(f"{figure.name}（{figure.unit}）", Align.RIGHT, 1.4)]
    if is_based:
        columns.insert(1, Column(f"{figure.base_unit}数", Align.RIGHT))
    if is_judged:
        columns.append(Column(f"与{report.whole}相比", width=1.4))
    rows: list[tuple[Cell, ...]] = []
    for stand in by_code:
        value = stand.part.values.get(figure.key)
        base = (Number(f"{value.denominator:,}", value.denominator, "#,##0") if value else "",) if is_based else ()
        rows.append((stand.part.name, *base, cell_of(figure, value), *((_side_said(stand),) if is_judged else ())))
    few = f"少于 {figure.minimum} {figure.base_unit}的为样本不足，不作比较。" if is_based else ""
    return Table(f"各{report.parts_word}{figure.name}", tuple(columns), tuple(rows), few)


def _side_said(stand: Stand) -> str:
    return f"{stand.side}预期范围" if stand.side in (ABOVE, BELOW) else stand.side or "不作比较"


def cell_of(figure: Figure, value: Value | None) -> str | Number:
    """A value as a cell that a spreadsheet computes with, without its unit; or why there is none."""
    if value is None or figure.standing(value) is not Standing.KNOWN:
        return cell_said(figure, value)
    number = rounded(figure.number(value), figure.decimals)
    whole = number * 10**figure.decimals
    form = "#,##0" + (f".{'0' * figure.decimals}" if figure.decimals else "")
    return Number(number_said(number, figure.decimals), _decimal(int(whole), figure.decimals), form)


def target_cell(figure: Figure, target: Fraction) -> Number:
    """A target as a cell, with no more decimals than it has."""
    decimals = exact_decimals(target)
    form = "#,##0" + (f".{'0' * decimals}" if decimals else "")
    whole = rounded(target, decimals) * 10**decimals
    return Number(number_said(target, decimals), _decimal(int(whole), decimals), form)


def _decimal(whole: int, decimals: int) -> Decimal:
    return Decimal(whole).scaleb(-decimals)


def parts_chart(report: Report, figure: Figure) -> FunnelChart | BarChart | None:
    """The parts in one drawing: shares by their number of cases with what chance allows, all else as bars in the order of
    codes; None of too few parts, and of too many for bars."""
    return _funnel(report, figure) if figure.shape is Shape.SHARE else _bars(report, figure)


def _bars(report: Report, figure: Figure) -> BarChart | None:
    if not BARS_FROM <= len(report.parts) <= BARS_MOST:
        return None
    bars = []
    for stand in stands(figure, report.parts):
        value = stand.part.values.get(figure.key)
        is_known = value is not None and figure.standing(value) is Standing.KNOWN
        number = float(figure.number(value)) if value is not None and is_known else None
        bars.append(Bar(stand.part.name, number, cell_said(figure, value)))
    return BarChart(
        title=f"各{report.parts_word}{figure.name}（{figure.unit}）",
        bars=tuple(bars),
        target=None if figure.target is None else float(figure.target),
        target_said="" if figure.target is None else f"目标 {exactly_said(figure, figure.target)}",
    )


def _funnel(report: Report, figure: Figure) -> FunnelChart | None:
    placed = [
        (stand, value, float(figure.number(value)))
        for stand in stands(figure, report.parts)
        if stand.side and (value := stand.part.values.get(figure.key)) is not None
    ]
    if figure.now is None or not is_share(figure.now) or len(placed) < FUNNEL_FROM:
        return None
    whole = Fraction(figure.now.numerator, figure.now.denominator)
    scale = float(figure.scale)
    smallest, largest = figure.minimum, max(value.denominator for _, value, _ in placed)
    sizes = sorted({smallest + (largest - smallest) * step // _CURVE for step in range(_CURVE + 1)})
    edges = {size: limits(whole, size) for size in sizes if size > 0}
    curve = tuple((size, low * scale, high * scale) for size, (low, high) in edges.items())
    return FunnelChart(
        title=f"各{report.parts_word}{figure.name}与{figure.base_unit}数（{figure.unit}）",
        size_said=f"{figure.base_unit}数（{figure.base_unit}）",
        dots=tuple(
            Dot(value.denominator, number, stand.part.name if stand.side in (ABOVE, BELOW) else "")
            for stand, value, number in placed
        ),
        centre=float(whole) * scale,
        centre_said=f"{report.whole} {number_said(whole * figure.scale, figure.decimals)} {figure.unit}",
        limits=curve,
        band_said="随机波动范围",
        lowest=0,
        highest=scale if scale == 100 else None,
    )
