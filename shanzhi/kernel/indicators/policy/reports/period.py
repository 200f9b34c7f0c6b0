"""Weeks, months and quarters, as sentences name them: 10月, 第三季度, 第44周, and what came before: 上年12月."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.periods import PeriodUnreadable

_DAY = timedelta(days=1)
_QUARTERS = "一二三四"


class Span(StrEnum):
    """How long a period is."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """A week by ISO 8601 (GB/T 7408), a month or a quarter: its year and its number in it.

    Raises:
        ValueError: the year has no such one.
    """

    span: Span
    year: int
    number: int

    def __post_init__(self) -> None:
        most = {Span.MONTH: 12, Span.QUARTER: 4}.get(self.span) or weeks_of(self.year)
        if not 1 <= self.number <= most:
            raise ValueError(f"{self.year} has no {self.span} {self.number}")

    @classmethod
    def of(cls, span: Span, day: date) -> "Period":
        """The period in which a day lies."""
        if span is Span.WEEK:
            year, week, _ = day.isocalendar()
            return cls(span, year, week)
        return cls(span, day.year, day.month if span is Span.MONTH else (day.month + 2) // 3)

    @property
    def first(self) -> date:
        """Its first day."""
        if self.span is Span.WEEK:
            return date.fromisocalendar(self.year, self.number, 1)
        return date(self.year, self.number if self.span is Span.MONTH else self.number * 3 - 2, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        if self.span is Span.WEEK:
            return self.first + 6 * _DAY
        months = 1 if self.span is Span.MONTH else 3
        year, month = divmod(self.first.year * 12 + self.first.month - 1 + months, 12)
        return date(year, month + 1, 1) - _DAY

    @property
    def before(self) -> "Period":
        """The one before."""
        return Period.of(self.span, self.first - _DAY)

    @property
    def key(self) -> str:
        """As commands take it: 2025-W44, 2025-10, 2025-Q3."""
        sign = {Span.WEEK: f"W{self.number:02}", Span.MONTH: f"{self.number:02}", Span.QUARTER: f"Q{self.number}"}
        return f"{self.year}-{sign[self.span]}"

    @property
    def said(self) -> str:
        """Within its year: 第44周, 10月, 第三季度."""
        if self.span is Span.WEEK:
            return f"第{self.number}周"
        return f"{self.number}月" if self.span is Span.MONTH else f"第{_QUARTERS[self.number - 1]}季度"

    @property
    def said_fully(self) -> str:
        """With its year, a week with its days too: 2025年第44周（10月27日至11月2日）."""
        if self.span is not Span.WEEK:
            return f"{self.year}年{self.said}"
        first, last = self.first, self.last
        years = (f"{first.year}年", f"{last.year}年") if first.year != last.year else ("", "")
        return (
            f"{self.year}年{self.said}（{years[0]}{first.month}月{first.day}日至{years[1]}{last.month}月{last.day}日）"
        )

    @property
    def before_said(self) -> str:
        """The one before, named: 9月, 上年12月, 上年第四季度."""
        before = self.before
        return before.said if before.year == self.year else f"上年{before.said}"

    @property
    def before_word(self) -> str:
        """The one before, in a word: 上周, 上月, 上季度."""
        return {Span.WEEK: "上周", Span.MONTH: "上月", Span.QUARTER: "上季度"}[self.span]

    @property
    def year_ago(self) -> "Period | None":
        """The same one of the year before; None for a 53rd week that the year before hadn't."""
        if self.span is Span.WEEK and self.number > weeks_of(self.year - 1):
            return None
        return Period(self.span, self.year - 1, self.number)

    @property
    def year_ago_word(self) -> str:
        """The same one of the year before, in a word: 上年同周, 上年同月, 上年同季."""
        return {Span.WEEK: "上年同周", Span.MONTH: "上年同月", Span.QUARTER: "上年同季"}[self.span]

    @property
    def counted_word(self) -> str:
        """What several of them are counted in: 周, 个月, 个季度."""
        return {Span.WEEK: "周", Span.MONTH: "个月", Span.QUARTER: "个季度"}[self.span]

    @property
    def paper_word(self) -> str:
        """What a report of it is called."""
        return {Span.WEEK: "周报", Span.MONTH: "月报", Span.QUARTER: "季报"}[self.span]


_WEEK = re.compile(r"(\d{4})-[Ww](\d{2})")


def is_week(text: str) -> bool:
    """Does a text mean a week, there or not: 2026-W47?"""
    return _WEEK.fullmatch(text) is not None


def read_week(text: str) -> Period:
    """A week of the city's calendar by its number in the year (GB/T 7408, as ISO 8601): Monday to Sunday, `2026-W47`.

    Raises:
        PeriodUnreadable: not such a text, or a week that the year hasn't.
    """
    found = _WEEK.fullmatch(text)
    if not found or int(found[1]) < date.min.year + 1 or int(found[1]) >= date.max.year:
        raise PeriodUnreadable(msg("“%(text)s”不是周，写成 2026-W47 这样。"), text=text)
    year, week = int(found[1]), int(found[2])
    if not 1 <= week <= weeks_of(year):
        raise PeriodUnreadable(
            msg("没有“%(text)s”这一周：%(year)s年有 %(weeks)s 周。请改正周次。"),
            text=text, year=str(year), weeks=weeks_of(year),
        )  # fmt: skip
    return Period(Span.WEEK, year, week)


def weeks_of(year: int) -> int:
    """How many weeks a year has: 52 or 53. The 28th of December always lies in its last."""
    return date(year, 12, 28).isocalendar().week
