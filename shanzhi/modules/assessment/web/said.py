"""Rounds in words: values, states, periods, what comes next. Shared by both sides' pages."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator, Length, ScoringKind
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import STATES as VALUE_STATES
from shanzhi.kernel.indicators.policy.values import State as ValueState
from shanzhi.kernel.indicators.policy.values import Value
from shanzhi.kernel.rounds.policy.items import ITEM_KINDS, ItemKind
from shanzhi.kernel.rounds.policy.states import STATES, State
from shanzhi.kernel.rounds.queries.shapes import ItemRow
from shanzhi.ui.components import Badge, Tone

NONE = "–"
TIGHT = frozenset({"", "%", "‰"})
"""Units that stand without a space."""
NO_POINTS: Mapping[str, str] = {state: said for state, said in VALUE_STATES.items() if state is not ValueState.VALUE}
SHARES = frozenset({Figure.RATIO, Figure.YES_NO})
"""Figures that say what they were counted from."""
_TONES: Mapping[State, Tone] = {
    State.RETURNED: "warn",
    State.WITHDRAWN: "neutral",
    State.THROUGH: "good",
    State.SPOT_CHECKED: "good",
    State.FINAL: "good",
}


def state_badge(state: State) -> Badge:
    """Where a city stands."""
    return Badge(gettext(STATES[state]), _TONES.get(state, "action"))


def period_said(period: Period) -> str:
    """2025年10月, 2025年第4季度, 2025年."""
    year, month = divmod(period.first, 100)
    if period.length is Length.YEAR:
        return gettext(msg("%(year)d年")) % {"year": year}
    if period.length is Length.QUARTER:
        return gettext(msg("%(year)d年第%(quarter)d季度")) % {"year": year, "quarter": (month + 2) // 3}
    return month_said(period.first)


def outside_said(period: Period) -> str:
    """Why a typed-in figure of another time isn't computed again."""
    return gettext(msg("%(period)s的填报数，不在本包期间内，按自报值核对")) % {"period": period_said(period)}


def month_said(yyyymm: int) -> str:
    """2025年10月."""
    return gettext(msg("%(year)d年%(month)d月")) % {"year": yyyymm // 100, "month": yyyymm % 100}


def figure_said(value: Value | None, unit: str = "") -> str:
    """A figure in plain digits, with its unit where one is given; a dash without."""
    if value is None or value.shown is None:
        return NONE
    return f"{value.shown:,}{unit if unit in TIGHT else f' {unit}'}"


def with_base(indicator: Indicator, value: Value | None) -> tuple[str, str]:
    """A figure with its unit, or why there is none; and what it was counted from, where it is a share."""
    if value is None or value.shown is None:
        return (NONE if value is None else gettext(VALUE_STATES[value.state])), ""
    base = f"{value.numerator:,} / {value.denominator:,}" if indicator.figure in SHARES and value.denominator else ""
    return figure_said(value, indicator.unit), base


def value_said(indicator: Indicator, value: Value) -> str:
    """The number with its unit and base, or why there is none."""
    if value.shown is None:
        return gettext(VALUE_STATES[value.state])
    said = figure_said(value, indicator.unit)
    if indicator.figure in SHARES and value.denominator:
        return gettext(msg("%(value)s（%(top)s/%(bottom)s）")) % {
            "value": said,
            "top": f"{value.numerator:,}",
            "bottom": f"{value.denominator:,}",
        }
    return said


def points_said(points: Decimal | None, most: Decimal | None = None) -> str:
    """Points, of the most that can be had."""
    if points is None:
        return NONE
    return plain(points) if most is None else f"{plain(points)} / {plain(most)}"


def no_points_said(value: str) -> str:
    """Why a score has no points, by its figure's state."""
    return gettext(NO_POINTS.get(value, msg("无分")))


def plain(number: Decimal) -> str:
    """A number without noughts behind its point: 90, 87.5."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def scoring_said(indicator: Indicator) -> str:
    """How points come of a value, in words."""
    of = indicator.scoring
    given = {"most": plain(of.most), "floor": of.floor, "full": of.full, "at": of.at, "each": of.each, "free": of.free}
    if of.kind is ScoringKind.STEPS:
        steps = gettext(msg("、")).join(f"{value}→{points}" for value, points in of.steps)
        return gettext(msg("分档计分：%(steps)s")) % {"steps": steps}
    return gettext(_SCORINGS[of.kind]) % given


_SCORINGS: Mapping[ScoringKind, str] = {
    ScoringKind.LINEAR: msg("从 %(floor)s 得 0 分到 %(full)s 得 %(most)s 分，按比例计分"),
    ScoringKind.THRESHOLD: msg("达到 %(at)s 得 %(most)s 分，否则 0 分"),
    ScoringKind.VETO: msg("一票否决：超过 %(at)s，整个项目不合格"),
    ScoringKind.DEDUCTION: msg("每多 1 扣 %(each)s 分，满分 %(most)s 分"),
    ScoringKind.BONUS: msg("每多 1 加 %(each)s 分，最多 %(most)s 分"),
    ScoringKind.NONE: msg("只看不计分"),
}


KINDS: Mapping[ItemKind, str] = ITEM_KINDS


def item_badge(item: ItemRow) -> Badge:
    """How an item stands in the self-evaluation."""
    if item.kind is ItemKind.ASSESSED:
        return Badge(gettext(msg("不用填")), "neutral")
    if item.returned:
        return Badge(gettext(msg("被退回")), "warn")
    if not item.is_complete and not item.is_scored:
        return Badge(gettext(msg("尚未计算")), "neutral")
    if not item.is_complete:
        return Badge(gettext(msg("缺数据")), "warn")
    if item.reason and item.value.state is ValueState.MISSING:
        return Badge(gettext(msg("已说明")), "neutral")
    return Badge(gettext(msg("有异议")), "warn") if item.reason else Badge(gettext(msg("完成")), "good")
