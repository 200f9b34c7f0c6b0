"""Figures as Chinese sentences. They say no more than the figures do: what chance does is 基本持平, too few cases aren't
compared, and nothing to count is neither 0 nor 100."""

from dataclasses import replace
from fractions import Fraction

from shanzhi.kernel.indicators.policy.reports.chance import Change, change_of, rounded, shown_difference
from shanzhi.kernel.indicators.policy.reports.figures import Better, Figure, Part, Shape, Standing, Value
from shanzhi.kernel.indicators.policy.reports.period import Period

POINTS = "个百分点"
NOTHING = "没有此类事项"
FEW = "样本不足"
MISSING = "未填报"


def number_said(number: Fraction, decimals: int) -> str:
    """1,234.5, rounded as in `chance.rounded`."""
    whole = rounded(number, decimals)
    size, sign = abs(whole), "−" if whole < 0 else ""
    units, rest = divmod(size * 10**decimals, 10**decimals)
    return f"{sign}{int(units):,}" + (f".{int(rest):0{decimals}}" if decimals else "")


def value_said(figure: Figure, value: Value) -> str:
    """A value with its unit: 93.4 %, 3,126 件."""
    return f"{number_said(figure.number(value), figure.decimals)} {figure.unit}"


def exactly_said(figure: Figure, number: Fraction) -> str:
    """A target or edge, with no more decimals than it has (three at most): 90 %, 92.5 %."""
    return f"{number_said(number, exact_decimals(number))} {figure.unit}"


def exact_decimals(number: Fraction) -> int:
    """How many decimals a number has, three at most."""
    return next((d for d in range(3) if rounded(number, d) == number), 3)


def range_said(figure: Figure, edges: tuple[Fraction, Fraction]) -> str:
    """88.0 %—92.5 %."""
    return "—".join(f"{number_said(edge, figure.decimals)} {figure.unit}" for edge in edges)


def cell_said(figure: Figure, value: Value | None) -> str:
    """A value as it stands in a table, or why there is none."""
    said = {Standing.FEW: FEW, Standing.NOTHING: NOTHING, Standing.MISSING: MISSING}
    standing = figure.standing(value)
    return said.get(standing) or value_said(figure, value or Value(0, 0))


def base_said(figure: Figure, value: Value) -> str:
    """（共 3,126 件）; nothing for a count, which is its own base, and for what rests on no cases (an index)."""
    return (
        ""
        if figure.shape is Shape.COUNT or not figure.base_unit
        else f"（共 {value.denominator:,} {figure.base_unit}）"
    )


def figure_sentence(
    figure: Figure, period: Period, where: str, *, when: str = "", is_over: bool = True, is_first: bool = True
) -> str:
    """What a figure is, how it has changed and how it stands to its target, in one sentence.

    `when` replaces the period's name; a period that isn't over is neither compared nor held against a target. Only the
    first of several sentences says when and where.
    """
    about = f"{when or period.said}，{where}{figure.name}" if is_first else figure.name
    match figure.standing(figure.now):
        case Standing.MISSING:
            return f"{about}尚{MISSING}。"
        case Standing.NOTHING:
            return f"{about}不适用：本期{NOTHING}。"
        case Standing.FEW:
            base = figure.now.denominator if figure.now else 0
            return (
                f"{about}{FEW}（共 {base:,} {figure.base_unit}，少于 {figure.minimum} {figure.base_unit}），不作比较。"
            )
    value = figure.now or Value(0, 0)
    said = [f"{about}为 {value_said(figure, value)}{base_said(figure, value)}"]
    if figure.grade:
        said.append(f"等级为“{figure.grade}”")
    if is_over:
        said += [change_said(figure, period), year_said(figure, period), target_said(figure)]
    return "，".join(part for part in said if part) + "。"


def change_said(figure: Figure, period: Period) -> str:
    """Beside the period before; nothing where there is none."""
    match change_of(figure):
        case Change.UNTOLD:
            return ""
        case Change.RULE:
            return (
                f"计算口径由第 {figure.before_version} 版改为第 {figure.definition.version} 版，"
                f"不与{period.before_word}比较"
            )
        case Change.NOTHING:
            return f"{period.before_word}{NOTHING}，不作比较"
        case Change.FEW:
            return f"{period.before_word}{FEW}，不作比较"
        case Change.SAME:
            return f"与{period.before_word}基本持平"
    return f"比{period.before_said}{step_said(figure)}"


def year_said(figure: Figure, period: Period) -> str:
    """Beside the same period of the year before; nothing where that says nothing."""
    then = replace(figure, before=figure.year_ago, before_version=None)
    match change_of(then):
        case Change.SAME:
            return f"与{period.year_ago_word}基本持平"
        case Change.UP | Change.DOWN:
            return f"比{period.year_ago_word}{step_said(then)}"
    return ""


def step_said(figure: Figure) -> str:
    """提高 1.2 个百分点, 增加 120 件（3.8 %）."""
    step = shown_difference(figure)
    size = number_said(abs(step), figure.decimals)
    if figure.shape is Shape.SHARE and figure.unit == "%":
        return f"{'提高' if step > 0 else '下降'} {size} {POINTS}"
    word = "增加" if step > 0 else "减少"
    if figure.unit == "分":
        word = "提高" if step > 0 else "下降"
    before = figure.number(figure.before) if figure.before else Fraction(0)
    exact = figure.number(figure.now) - before if figure.now else Fraction(0)
    part = f"（{number_said(abs(exact) / before * 100, 1)} %）" if figure.shape is Shape.COUNT and before > 0 else ""
    return f"{word} {size} {figure.unit}{part}"


def is_on_target(figure: Figure) -> bool | None:
    """Whether the target is met, by the exact value; None without target, direction or value."""
    if figure.target is None or figure.better is Better.NEITHER or figure.now is None:
        return None
    if figure.standing(figure.now) is not Standing.KNOWN:
        return None
    number = figure.number(figure.now)
    return number >= figure.target if figure.better is Better.HIGHER else number <= figure.target


def target_said(figure: Figure) -> str:
    """How it stands to its target; nothing without one."""
    met = is_on_target(figure)
    if met is None or figure.target is None or figure.now is None:
        return ""
    target = exactly_said(figure, figure.target)
    if met:
        return f"达到目标（{target}）" if figure.better is Better.HIGHER else f"控制在目标（{target}）以内"
    gap = abs(figure.target - figure.number(figure.now))
    # A gap too small to be printed is told with more decimals: it is never 0.
    decimals = next((d for d in range(figure.decimals, figure.decimals + 4) if rounded(gap, d)), figure.decimals + 4)
    unit = POINTS if figure.unit == "%" else figure.unit
    size = f"{number_said(gap, decimals)} {unit}"
    if figure.better is Better.HIGHER:
        return f"未达到目标（{target}），差 {size}"
    return f"超过目标（{target}）{size}"


def outside_said(figure: Figure, period: Period, where: str) -> str:
    """That a figure lies outside what was expected; nothing if it doesn't."""
    if figure.expected is None or figure.standing(figure.now) is not Standing.KNOWN or figure.now is None:
        return ""
    number, (low, high) = figure.number(figure.now), figure.expected
    if low <= number <= high:
        return ""
    side = "低于" if number < low else "高于"
    return (
        f"{period.said}，{where}{figure.name}为 {value_said(figure, figure.now)}{base_said(figure, figure.now)}，"
        f"{side}按以往各期推算的预期范围（{range_said(figure, figure.expected)}）。"
    )


def part_said(figure: Figure, part: Part, side: str, edges: tuple[Fraction, Fraction], where: str) -> str:
    """That a part of the city lies outside what chance allows."""
    value = part.values[figure.key] or Value(0, 0)
    return (
        f"{part.name}{figure.name}为 {value_said(figure, value)}{base_said(figure, value)}，"
        f"{side}以{where}水平推算的预期范围（{range_said(figure, edges)}）。"
    )
