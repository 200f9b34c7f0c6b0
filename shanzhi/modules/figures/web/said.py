"""Figures in words: values with base and interval, periods, how a figure stands to its target and how it moved."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from shanzhi.core.dates import MONTHS, moment_said
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator, Length, Source
from shanzhi.kernel.indicators.policy.fairness import Compared, Interval, Standing
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.reports import Period as Week
from shanzhi.kernel.indicators.policy.scoring import is_reached
from shanzhi.kernel.indicators.policy.trend import Change, Move
from shanzhi.kernel.indicators.policy.values import STATES, State, Value
from shanzhi.kernel.indicators.queries.values.shapes import Amount, EnteredRow, IndexPoint
from shanzhi.ui.components import Mark
from shanzhi.ui.formats import number_text
from shanzhi.ui.words import gettext

NONE = "–"
MOVES: Mapping[Move, str] = {
    Move.BETTER: msg("好转"),
    Move.WORSE: msg("变差"),
    Move.HIGHER: msg("升高"),
    Move.LOWER: msg("降低"),
    Move.SAME: msg("持平"),
    Move.UNCLEAR: msg("变化不明显"),
    Move.UNKNOWN: msg("无法比较"),
}
STANDINGS: Mapping[Standing, str] = {
    Standing.USUAL: msg("在正常范围"),
    Standing.HIGH: msg("偏高"),
    Standing.VERY_HIGH: msg("明显偏高"),
    Standing.LOW: msg("偏低"),
    Standing.VERY_LOW: msg("明显偏低"),
    Standing.TOO_FEW: msg("样本不足"),
}
"""Against all together, chance considered: no rank."""
SOURCES: Mapping[Source, str] = {
    Source.COMPUTED: msg("由事项记录计算"),
    Source.REPORTED: msg("由指定岗位填报"),
    Source.SURVEYED: msg("由问卷调查"),
    Source.DECLARED: msg("由指定岗位申报"),
}
_FROM = re.compile(r"\bFROM\s+fact_(\w+)", re.IGNORECASE)
_BASES: Mapping[str, str] = {
    "matter": msg("共 %(count)s 件"),
    "rating": msg("共 %(count)s 次评价"),
    "assignment": msg("共 %(count)s 件次"),
}
"""What a formula counts, by the facts that it reads; a matter may be rated and assigned more than once."""


def period_said(period: Period) -> str:
    """2025年10月, 2025年第4季度, 2025年."""
    year, month = divmod(period.first, 100)
    if period.length is Length.YEAR:
        return gettext(msg("%(year)d年")) % {"year": year}
    if period.length is Length.QUARTER:
        return gettext(msg("%(year)d年第%(quarter)d季度")) % {"year": year, "quarter": (month + 2) // 3}
    return gettext(msg("%(year)s年%(month)s")) % {"year": year, "month": gettext(MONTHS[month - 1])}


def week_said(week: Week) -> str:
    """2025年第47周（11月17日至11月23日）."""
    days = {"first": _day(week.first), "last": _day(week.last), "year": week.year, "week": week.number}
    return gettext(msg("%(year)s年第%(week)s周（%(first)s至%(last)s）")) % days


def _day(day: date) -> str:
    """A day within its year."""
    return gettext(msg("%(month)s%(day)s日")) % {"month": gettext(MONTHS[day.month - 1]), "day": day.day}


def number_said(indicator: Indicator, value: Value) -> str:
    """The number with its unit, or why there is none: 87.5%, 12 件, 是, 样本不足."""
    if value.shown is None:
        return gettext(STATES[value.state])
    if indicator.figure is Figure.YES_NO and value.denominator == 1:
        return gettext(msg("是")) if value.numerator else gettext(msg("否"))
    return with_unit(indicator, value.shown)


def with_unit(indicator: Indicator, number: Decimal) -> str:
    """A number of an indicator's own with its unit."""
    unit = indicator.unit
    return f"{number:,}{unit if unit in ('%', '‰') else f' {unit}' if unit else ''}"


def base_said(indicator: Indicator, value: Value) -> str:
    """What a ratio rests on: 共 96 件; empty for a plain number."""
    if indicator.figure not in (Figure.RATIO, Figure.YES_NO) or not value.denominator:
        return ""
    count = number_text(value.denominator)
    if indicator.source is Source.SURVEYED:
        return gettext(msg("共 %(count)s 份")) % {"count": count}
    return gettext(_base_of(indicator.formula)) % {"count": count}


@lru_cache(maxsize=1024)
def _base_of(formula: str) -> str:
    found = _FROM.search(formula)
    return _BASES.get(found[1].lower() if found else "", msg("总数 %(count)s"))


def value_said(indicator: Indicator, value: Value) -> str:
    """Number and base in one: 87.5%，共 96 件."""
    base = base_said(indicator, value)
    return (
        gettext(msg("%(number)s，%(base)s")) % {"number": number_said(indicator, value), "base": base}
        if base
        else (number_said(indicator, value))
    )


def parts_said(value: Value) -> str:
    """A figure with the two integers that it comes from: 87.5（84 / 96）."""
    if value.shown is None:
        return gettext(STATES[value.state])
    return f"{value.words}（{value.numerator:,} / {value.denominator:,}）"


def interval_said(indicator: Indicator, interval: Interval | None) -> str:
    """79.4 – 92.7; empty where there is none."""
    if interval is None:
        return ""
    places = indicator.decimals
    return f"{interval.low:,.{places}f} – {interval.high:,.{places}f}"


def target_said(indicator: Indicator) -> str:
    """The target with which way is better: ≥ 90%, ≤ 15 天; empty without one."""
    if indicator.target is None:
        return ""
    sign = "≤" if indicator.direction.value == "lower" else "≥"
    return f"{sign} {with_unit(indicator, indicator.target.normalize() + 0)}"


def mark_of(indicator: Indicator, amount: Amount) -> Mark:
    """How a figure stands to its target: met, missed within what chance does, missed; or why that can't be said."""
    value = amount.value
    if value.state is not State.VALUE or value.exact is None:
        return Mark("none", gettext(STATES[value.state]))
    if indicator.target is None:
        return Mark("none", gettext(msg("不设目标")))
    if is_reached(value.exact, indicator.target, indicator.direction):
        return Mark("green", gettext(msg("达标")))
    if amount.interval is not None and amount.interval.holds(float(indicator.target)):
        return Mark("yellow", gettext(msg("接近目标")))
    return Mark("red", gettext(msg("未达标")))


def grade_of(indicator: Indicator, amount: Amount) -> Mark | None:
    """The same beside a number: None where the number's place says already why there is none."""
    mark = mark_of(indicator, amount)
    return None if mark.word == number_said(indicator, amount.value) else mark


def standing_said(found: Compared | None, value: Value) -> str:
    """How a figure stands to all together; empty where its own place says already that the sample is too small."""
    return "" if found is None or value.state is State.TOO_FEW else gettext(STANDINGS[found.standing])


def change_said(indicator: Indicator, change: Change) -> str:
    """+2.1 好转; the difference in the figure's own unit and what can be said of it."""
    word = gettext(MOVES[change.move])
    if change.difference is None:
        return word
    return f"{change.difference:+,} {word}" if change.difference else word


def moment_of(moment: datetime) -> str:
    """2025年11月18日 14:05, in the reader's language."""
    return moment_said(moment.astimezone(CITY_ZONE).replace(second=0, microsecond=0), gettext)


def entered_state(row: EnteredRow) -> str:
    """What a typed-in value is now: the one that counts, or one that a correction took the place of."""
    parts = [gettext(msg("有效")) if row.is_last else gettext(msg("已更正"))]
    if row.late:
        parts.append(gettext(msg("经同意补报")))
    if row.confirmed:
        parts.append(gettext(msg("偏离较大，已说明原因")))
    return gettext(msg("、")).join(parts)


def index_said(point: IndexPoint) -> str:
    """An index as text; says where too little of its weight has values."""
    return f"{point.value}" if point.value is not None else gettext(msg("数据不足"))


def index_mark(point: IndexPoint) -> Mark:
    """The colour grade of an index, by the catalogue's words."""
    if point.grade is None:
        return Mark("none", gettext(msg("数据不足")))
    return Mark(point.grade.color, gettext(point.grade.name))  # type: ignore[arg-type]
