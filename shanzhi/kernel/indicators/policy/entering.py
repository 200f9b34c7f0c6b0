"""Figures that people type in: who may, until when, and what is plausible. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator, Level, ScoringKind, Source
from shanzhi.kernel.indicators.policy.fairness import wilson
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.policy.values import rounded

READ, ENTER, CONTEST, DECIDE, ASSESS = (
    "figures",
    "figures_enter",
    "figures_contest",
    "figures_decide",
    "figures_assess",
)
"""The features of roles.toml: read figures; type them in; contest a count; decide one level up; veto and deductions."""
DUE_DAYS = 10
"""Days after a period's end within which a figure is typed in where its definition doesn't say."""
TIMES = 100
"""A value so many times the last one, or a part of it, is asked about whatever the definition says."""
MOST = 10**15
"""The largest whole number that is taken: beyond it a slip of the keyboard is certain."""
WORDS_MOST = 1000
PERMIT_MOST_DAYS = 60
ASSESSED = frozenset({ScoringKind.VETO, ScoringKind.DEDUCTION})
"""Scorings whose figures are typed in by assessors alone: the platform collects nothing for them."""


class NoSuchIndicator(NotFound):
    """No rule of this key in the period."""

    code = "indicator-unknown"


class NotTypedIn(InputError):
    """The figure is computed from the records."""

    code = "figure-computed"


class NotYours(NotAllowed):
    """Another post types this figure in, or for another region."""

    code = "figure-not-yours"


class BadValue(InputError):
    """A value that can't be; `fields` says where."""

    code = "figure-value"


class Outlier(Conflict):
    """A value far from the last one that nobody has confirmed in words."""

    code = "figure-outlier"


class NotOver(Conflict):
    """The period isn't over."""

    code = "figure-period-open"


class Late(Conflict):
    """The time for typing it in has passed, and nobody has permitted it."""

    code = "figure-late"


class MovedOn(Conflict):
    """Somebody else has typed it in since the page was shown."""

    code = "figure-moved-on"


class PermitUnusable(Conflict):
    """A wish to hand in late that can't be made or decided (any more)."""

    code = "figure-permit"


class NoSuchPermit(NotFound):
    """No such wish, or not for this post."""

    code = "figure-permit-unknown"


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed in: whole numbers; yes is 1 of 1. `confirmed` with `words`: it is far from the last, and true."""

    numerator: int
    denominator: int | None = None
    words: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """Who types an indicator in, for which level, and within how many days after the period."""

    by: str
    level: Level
    due_days: int
    paper: str


def rule_of(indicator: Indicator) -> Rule:
    """Who types it in.

    Raises:
        NotTypedIn: it is computed.
    """
    if indicator.reported is not None:
        given = indicator.reported
        return Rule(given.by, given.level, given.due_days, given.evidence)
    if indicator.survey is not None:
        return Rule(indicator.survey.by, indicator.survey.level, DUE_DAYS, "")
    if indicator.declared is not None:
        return Rule(indicator.declared.by, indicator.declared.level, DUE_DAYS, indicator.declared.paper)
    raise NotTypedIn(msg("“%(name)s”由系统按事项记录计算，不用填报。要更正，请更正对应的事项。"), name=indicator.name)


def is_assessed(indicator: Indicator) -> bool:
    """Is it typed in by assessors alone?"""
    return indicator.source is not Source.COMPUTED and indicator.scoring.kind in ASSESSED


def due_on(indicator: Indicator, period: Period) -> date:
    """The last day on which it is handed in in time."""
    return period.ends_on + timedelta(days=rule_of(indicator).due_days)


def check_period(indicator: Indicator, period: Period, on: date) -> None:
    """Is this a period for which the figure is typed in, and may it be now?

    A reported figure waits for the period's end; a survey is held and a declaration made within it.

    Raises:
        BadValue: another length of period.
        NotOver: it hasn't ended, or not begun.
    """
    if period.length is not indicator.period or period != period_of(period.begins_on, period.length):
        shape = str(period_of(period.begins_on, indicator.period))
        raise BadValue(
            msg("“%(name)s”不按这样的期间填报。请改填 %(code)s 这样的期间。"),
            name=indicator.name,
            code=shape,
            fields={"period": msg("请换一个期间。")},
        )
    begins = period.begins_on if indicator.source is not Source.REPORTED else period.ends_on + timedelta(days=1)
    if on < begins:
        raise NotOver(msg("%(code)s 还没有结束，%(day)s起可以填报。"), code=str(period), day=begins)


def check_time(indicator: Indicator, period: Period, on: date, permitted_until: date | None) -> bool:
    """Is it in time? True where it is late with permission.

    Raises:
        Late: too late, and nobody has permitted it.
    """
    due = due_on(indicator, period)
    if on <= due:
        return False
    if permitted_until is None or on > permitted_until:
        raise Late(
            msg("“%(name)s”%(code)s 应在%(day)s以前填报，已经过期。请先申请补报，经上一级同意后再填。"),
            name=indicator.name,
            code=str(period),
            day=due,
        )
    return True


def check_value(indicator: Indicator, typed: Typed) -> tuple[int, int]:
    """Numerator and denominator as they are stored.

    Raises:
        BadValue: nothing, too much, a part larger than the whole, outside the definition's bounds, too few answers.
    """
    wrong = dict(_wrong(indicator, typed))
    if wrong:
        raise BadValue(msg("“%(name)s”还没有保存，请按提示改正。"), name=indicator.name, fields=wrong)
    pair = typed.numerator, _denominator(indicator, typed)
    _check_bounds(indicator, *pair)
    if indicator.survey is not None:
        _check_survey(indicator, *pair)
    return pair


def _denominator(indicator: Indicator, typed: Typed) -> int:
    return 1 if indicator.figure is Figure.YES_NO or typed.denominator is None else typed.denominator


def _wrong(indicator: Indicator, typed: Typed) -> list[tuple[str, str]]:
    wrong = []
    if not 0 <= typed.numerator <= MOST:
        wrong.append(("numerator", msg("请填 0 或更大的整数。")))
    if indicator.figure is Figure.YES_NO and typed.numerator not in (0, 1):
        wrong.append(("numerator", msg("请填 1（是）或 0（否）。")))
    if indicator.figure is Figure.RATIO and typed.denominator is None:
        wrong.append(("denominator", msg("请填总数。")))
    if typed.denominator is not None and not 0 <= typed.denominator <= MOST:
        wrong.append(("denominator", msg("请填 0 或更大的整数。")))
    whole = typed.denominator if indicator.figure is Figure.RATIO and indicator.scale == TIMES else None
    if whole is not None and typed.numerator > whole:
        wrong.append(("numerator", msg("不能大于总数。请核对两个数。")))
    if len(typed.words) > WORDS_MOST:
        wrong.append(("words", msg("说明太长，请缩短到 1000 字以内。")))
    return wrong


def exact(indicator: Indicator, numerator: int, denominator: int) -> Fraction | None:
    """The figure, exactly; None without a denominator."""
    if indicator.figure in (Figure.COUNT, Figure.AMOUNT):
        return numerator * indicator.scale
    return numerator * indicator.scale / denominator if denominator else None


def _check_bounds(indicator: Indicator, numerator: int, denominator: int) -> None:
    rule, value = indicator.reported, exact(indicator, numerator, denominator)
    if rule is None or value is None:
        return
    low, high = rule.below, rule.above
    if (low is not None and value < Fraction(low)) or (high is not None and value > Fraction(high)):
        raise BadValue(
            msg("“%(name)s”算出来是 %(value)s，超出了 %(low)s 到 %(high)s 的范围。请核对后再填。"),
            name=indicator.name,
            value=shown(indicator, value),
            low="—" if low is None else low,
            high="—" if high is None else high,
            fields={"numerator": msg("请核对。")},
        )


def half_interval(numerator: int, denominator: int) -> Decimal | None:
    """Half the width of Wilson's 95 % interval, in percentage points; None without answers."""
    interval = wilson(numerator, denominator)
    return None if interval is None else Decimal(str(round((interval.high - interval.low) * 50, 2)))


def _check_survey(indicator: Indicator, numerator: int, denominator: int) -> None:
    survey, half = indicator.survey, half_interval(numerator, denominator)
    if survey is None:
        return
    if denominator < survey.sample:
        raise BadValue(
            msg("“%(name)s”只收到 %(count)s 份答卷，至少要 %(most)s 份。请补足样本后再填。"),
            name=indicator.name,
            count=denominator,
            most=survey.sample,
            fields={"denominator": msg("答卷不够。")},
        )
    if half is not None and half > survey.margin:
        raise BadValue(
            msg("“%(name)s”的误差是 ±%(half)s 个百分点，不能超过 ±%(most)s。请补足样本后再填。"),
            name=indicator.name,
            half=half,
            most=survey.margin,
            fields={"denominator": msg("答卷不够。")},
        )


def check_plausible(indicator: Indicator, typed: Typed, new: tuple[int, int], last: tuple[int, int] | None) -> bool:
    """Is it near the last value? True where it isn't, and somebody has confirmed it in words.

    Raises:
        Outlier: it isn't, and nobody has.
    """
    if last is None or not is_far(indicator, new, last):
        return False
    if typed.confirmed and is_read(typed.words):
        return True
    before, now = exact(indicator, *last), exact(indicator, *new)
    raise Outlier(
        msg("“%(name)s”填的是 %(now)s，上一期是 %(before)s，相差很大。请核对；确实如此的，勾选“确认无误”并写明原因。"),
        name=indicator.name,
        now=shown(indicator, now),
        before=shown(indicator, before),
        fields={"words": msg("请写明原因。")},
    )


def is_far(indicator: Indicator, new: tuple[int, int], last: tuple[int, int]) -> bool:
    """Is a value so far from the last one that somebody is asked?"""
    if indicator.figure is Figure.YES_NO:
        return False
    now, before = exact(indicator, *new), exact(indicator, *last)
    if now is None or before is None:
        return False
    jump = indicator.reported.jump if indicator.reported else None
    if jump is not None and abs(now - before) * 100 > Fraction(jump) * before:
        return True
    pairs = [(now, before), *((Fraction(a), Fraction(b)) for a, b in zip(new, last, strict=True))]
    return any(max(a, b) >= TIMES * min(a, b) > 0 for a, b in pairs)


def shown(indicator: Indicator, value: Fraction | None) -> str:
    """A value as a sentence has it."""
    return "—" if value is None else f"{rounded(value, indicator.decimals):f}{indicator.unit}"
