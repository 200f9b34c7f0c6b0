"""A week's report: a fixed set of counts by the day on which each thing happened, with its definition in words.

Indicators are rules by the month; a week is for work: what came in, what ended, what is open, what is late, what residents
said. Beside each stands the week before and the same week a year before, where there were records then.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction
from math import sqrt

from shanzhi.core.papers import Align, Annex, Block, Cell, Column, Number, Paragraph, Table, Verbatim
from shanzhi.kernel.indicators.policy import fairness
from shanzhi.kernel.indicators.policy.reports.chance import limits
from shanzhi.kernel.indicators.policy.reports.figures import (
    Definition,
    Figure,
    Moment,
    Part,
    Project,
    Report,
    Section,
    Shape,
    Value,
)
from shanzhi.kernel.indicators.policy.reports.period import Period
from shanzhi.kernel.indicators.policy.reports.sentences import number_said

Counts = Mapping[str, int]
"""What was counted, by measure."""
WEEKS_BACK = 12
"""Weeks before a report's that are drawn, and from which the expected range is made."""
FEWEST_WEEKS = 6
"""Fewer weeks say nothing about what is usual."""
LEAST_CASES = 10
"""Under so many cases nothing is said of a share."""
UNITS_NOTE = "按单位代码排列，不排名次。少于 10 个到期时限的不作比较。"


@dataclass(frozen=True, slots=True)
class Plain:
    """A count: `key` is the measure."""

    key: str
    name: str
    says: str
    unit: str = "件"


@dataclass(frozen=True, slots=True)
class Rate:
    """A share: what is counted among what, both measures."""

    key: str
    name: str
    says: str
    top: str
    bottom: str
    base_unit: str


OVERVIEW = (
    Plain("reported", "收到事项", "本周报告的事项，按报告那天计。"),
    Plain("ended", "办结事项", "本周结束的事项，不论怎样结束，按结束那天计；结束后又重新办理的，不算结束。"),
    Plain("open", "周末未结事项", "到本周最后一天为止报告过、还没有结束的事项。"),
)
RATES = (
    Rate(
        "kept_rate", "按期率", "本周到期的时限，按时完成的占多少。到期后才完成的、到期还没有完成的，都算没有按时。",
        "kept", "due", "个时限",
    ),
    Rate(
        "solved_rate", "解决率", "本周收到的评价，反映人说已经解决的占多少。经申诉剔除、当月不计入的，这里也不计入。",
        "solved_counted", "rated_counted", "次评价",
    ),
    Rate(
        "pleased_rate", "满意率", "本周收到的评分，4 分或 5 分的占多少。经申诉剔除、当月不计入的，这里也不计入。",
        "pleased_counted", "scored_counted", "次评分",
    ),
)  # fmt: skip
GROUPS = (
    (
        "受理与派单",
        (
            Plain("accepted", "受理事项", "本周第一次受理的事项，按受理那天计。"),
            Plain("dispatched", "派出事项", "本周第一次派给单位的事项，按派单那天计。"),
            Plain("given_back", "退单", "本周单位退回的派单，按退回那天计；一件事项退几次计几次。", "件次"),
        ),
    ),
    (
        "时限",
        (
            Plain("due", "到期时限", "本周到期的时限：已经完成的，和过了期还没有完成的。", "个"),
            Plain("late", "超期时限", "本周到期的时限里，没有按时完成的，包括至今没有完成的。", "个"),
        ),
    ),
    (
        "评价",
        (
            Plain("rated", "收到评价", "本周反映人作出的评价，剔除的也在内。一件事项评几次计几次。", "次"),
            Plain("unrated", "逾期未评价", "本周过了评价期限、反映人没有评价的。", "次"),
        ),
    ),
)
TRENDS = frozenset({"reported", "ended", "solved_rate", "pleased_rate"})
"""What is drawn over the weeks before. Limits that are past and still run are known of the weeks compared alone."""


@dataclass(frozen=True, slots=True)
class Group:
    """A category or unit: its code, its name and what was counted in it this week, the week before, a year before."""

    code: str
    name: str
    now: Counts
    before: Counts | None = None
    year_ago: Counts | None = None


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the region with its week."""

    code: str
    name: str
    now: Counts


@dataclass(frozen=True, slots=True)
class Week:
    """All that was counted for a week's report. `past` are the weeks before, the oldest first; None where the city had no
    records yet. `at` is when it was counted."""

    period: Period
    now: Counts
    before: Counts | None
    year_ago: Counts | None
    past: tuple[tuple[str, Counts | None], ...] = ()
    parts: tuple[Region, ...] = ()
    categories: tuple[Group, ...] = ()
    units: tuple[Group, ...] = field(default=())


def weekly(
    week: Week, *, name: str, code: str, whole: str, parts_word: str, issuer: str, now: datetime, today: date
) -> Report:
    """The report of a week, for `compose`."""
    overview = tuple(_plain(one, week) for one in OVERVIEW)
    rates = tuple(_rate(one, week) for one in RATES)
    groups = tuple(Project(head, tuple(_plain(one, week) for one in listed)) for head, listed in GROUPS)
    is_over = week.period.last < today
    keys = ("reported", *(one.key for one in RATES))
    return Report(
        city=name,
        region=code,
        issuer=issuer,
        period=week.period,
        dated=today,
        made_at=now,
        data_at=now,
        catalogue="",
        overview=overview,
        rates=rates,
        rates_head="按期与评价",
        projects_head="办理情况",
        tells_all=True,
        projects=groups,
        parts=tuple(Part(part.code, part.name, _values(part.now)) for part in week.parts),
        compared=keys if week.parts else (),
        parts_word=parts_word,
        whole=whole,
        until=None if is_over else today,
        sections=(Section("分类情况", tuple(_categories(week, is_over))),) if week.categories else (),
        annexes=(Annex("各单位情况", (_units(week),)),) if week.units else (),
        attention=(*_categories_told(week), *_units_told(week, whole)) if is_over else (),
        counted=tuple(_counted(week.period, code)),
    )


def _values(counts: Counts) -> dict[str, Value | None]:
    made: dict[str, Value | None] = {one.key: _value_of_plain(one, counts) for one in OVERVIEW[:1]}
    return made | {one.key: _value_of_rate(one, counts) for one in RATES}


def _value_of_plain(one: Plain, counts: Counts | None) -> Value | None:
    return None if counts is None else Value(counts[one.key], counts[one.key])


def _value_of_rate(one: Rate, counts: Counts | None) -> Value | None:
    return None if counts is None else Value(counts[one.top], counts[one.bottom])


def _plain(one: Plain, week: Week) -> Figure:
    values = [_value_of_plain(one, counts) for _, counts in week.past]
    is_drawn = one.key in TRENDS
    moments = [Moment(label, value) for (label, _), value in zip(week.past, values, strict=True)]
    now = _value_of_plain(one, week.now)
    return Figure(
        key=one.key,
        name=one.name,
        shape=Shape.COUNT,
        unit=one.unit,
        decimals=0,
        definition=Definition(1, one.says),
        now=now,
        before=_value_of_plain(one, week.before),
        year_ago=_value_of_plain(one, week.year_ago),
        expected=_usual([value.numerator for value in values if value is not None]) if is_drawn else None,
        trend=(*moments, Moment(week.period.said, now)) if is_drawn else (),
    )


def _rate(one: Rate, week: Week) -> Figure:
    now, is_drawn = _value_of_rate(one, week.now), one.key in TRENDS
    moments = [Moment(label, _value_of_rate(one, counts)) for label, counts in week.past]
    return Figure(
        key=one.key,
        name=one.name,
        shape=Shape.SHARE,
        unit="%",
        scale=Fraction(100),
        base_unit=one.base_unit,
        minimum=LEAST_CASES,
        definition=Definition(1, one.says),
        now=now,
        before=_value_of_rate(one, week.before),
        year_ago=_value_of_rate(one, week.year_ago),
        trend=(*moments, Moment(week.period.said, now)) if is_drawn else (),
    )


def _usual(counts: Sequence[int]) -> tuple[Fraction, Fraction] | None:
    """Between which numbers a week's count was to be expected: three spreads about the mean of the weeks before, where the
    spread is at least that of chance (Poisson), and what the weeks themselves show where that is more."""
    if len(counts) < FEWEST_WEEKS:
        return None
    mean = sum(counts) / len(counts)
    shown = sum((count - mean) ** 2 for count in counts) / (len(counts) - 1)
    half = 3 * sqrt(max(mean, shown) * (1 + 1 / len(counts)))
    return Fraction(max(mean - half, 0.0)), Fraction(mean + half)


def _categories(week: Week, is_over: bool) -> list[Block]:
    has_before = any(group.before is not None for group in week.categories)
    has_year_ago = any(group.year_ago is not None for group in week.categories)
    is_compared = is_over and has_before
    columns = (
        Column("类别", width=1.8),
        Column("本周收到（件）", Align.RIGHT),
        *((Column(week.period.before_word, Align.RIGHT),) if has_before else ()),
        *((Column(week.period.year_ago_word, Align.RIGHT),) if has_year_ago else ()),
        *((Column(f"与{week.period.before_word}相比", width=1.1),) if is_compared else ()),
    )
    rows = tuple(
        (
            group.name,
            _count(group.now),
            *((_count(group.before),) if has_before else ()),
            *((_count(group.year_ago),) if has_year_ago else ()),
            *((_moved(group),) if is_compared else ()),
        )
        for group in week.categories
    )
    note = "按类别代码排列。“基本持平”指不能排除是随机波动。" if is_compared else "按类别代码排列。"
    return [Table("各类收到事项", columns, rows, note)]


def _count(counts: Counts | None) -> Cell:
    if counts is None:
        return ""
    number = counts.get("reported", 0)
    return Number(f"{number:,}", number, "#,##0")


def _moved(group: Group) -> str:
    if group.before is None:
        return "不作比较"
    step = group.now.get("reported", 0) - group.before.get("reported", 0)
    if not _stands_out(group):
        return "基本持平"
    return f"{'增加' if step > 0 else '减少'} {abs(step):,} 件"


def _stands_out(group: Group) -> bool:
    """Beyond chance at 99.8 %, wide because many categories are looked at together."""
    now, before = group.now.get("reported", 0), (group.before or {}).get("reported", 0)
    return abs(now - before) > fairness.Z99_8 * sqrt(now + before)


def _categories_told(week: Week) -> list[str]:
    return [
        f"{week.period.said}，“{group.name}”收到 {group.now.get('reported', 0):,} 件，比{week.period.before_said}"
        f"{_moved(group)}，超出随机波动。"
        for group in week.categories
        if group.before is not None and _stands_out(group)
    ]


def _units(week: Week) -> Table:
    columns = (
        Column("单位", width=2.2),
        Column("新派（件次）", Align.RIGHT),
        Column("到期时限", Align.RIGHT),
        Column("超期时限", Align.RIGHT),
        Column("按期率（%）", Align.RIGHT),
        Column("收到评价", Align.RIGHT),
        Column("已解决", Align.RIGHT),
        Column("按期率与整体比", width=1.3),
    )
    rows: list[tuple[Cell, ...]] = []
    for unit in week.units:
        due, kept = unit.now.get("due", 0), unit.now.get("kept", 0)
        rate = number_said(Fraction(100 * kept, due), 1) if due >= LEAST_CASES else "样本不足" if due else "不适用"
        told = [unit.now.get("given", 0), due, due - kept]
        rated = [unit.now.get("rated", 0), unit.now.get("solved", 0)]
        side = _side(week, unit)
        rows.append(
            (
                unit.name,
                *(Number(f"{number:,}", number, "#,##0") for number in told),
                rate,
                *(Number(f"{number:,}", number, "#,##0") for number in rated),
                f"{side}预期范围" if side else "在预期范围内" if due >= LEAST_CASES else "不作比较",
            )
        )
    return Table("各单位本周办理情况", columns, tuple(rows), UNITS_NOTE)


def _side(week: Week, unit: Group) -> str:
    """高于 or 低于 what chance allows at 99.8 % about the whole region's share; empty within it, and of too few."""
    due, kept = unit.now.get("due", 0), unit.now.get("kept", 0)
    if due < LEAST_CASES or not week.now["due"]:
        return ""
    low, high = limits(Fraction(week.now["kept"], week.now["due"]), due)
    share = kept / due
    return "低于" if share < low else "高于" if share > high else ""


def _units_told(week: Week, whole: str) -> list[str]:
    told = []
    for unit in week.units:
        if _side(week, unit) != "低于":
            continue
        due, kept = unit.now["due"], unit.now.get("kept", 0)
        told.append(
            f"{unit.name}本周到期时限 {due:,} 个，超期 {due - kept:,} 个，按期率"
            f" {number_said(Fraction(100 * kept, due), 1)} %，低于以{whole}水平推算的预期范围。"
        )
    return told


def _counted(period: Period, code: str) -> list[Block]:
    days = f"DATE '{period.first}' AND DATE '{period.last}'"
    return [
        Paragraph(
            "周一至周日为一周，按北京时间。每一项都按事情发生的那天计数；事项算在报告那天它所在的区域。"
            "周报供工作调度，不打分，不作为考核依据；考核用月报的指标。",
            lead="周报口径。",
        ),
        Paragraph(
            "任何一个数都可以由记录重新算出。例如本周收到的事项，在服务器上运行下面的命令；"
            "其他数按下表的算法，表和列见 docs/facts.md。记录后来有更正的，重新出的周报随之改变。",
            lead="怎样复算。",
        ),
        Verbatim(
            'shanzhi facts query "SELECT count(*) FROM fact_matter'  # noqa: S608 - a line to be typed, run by nobody here
            f" WHERE region_code LIKE '{code}%' AND reported_on BETWEEN {days}\""
        ),
    ]
