"""What daily records answer by themselves: figures about the matters at a place, and the rule that an item sets on them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from shanzhi.core.text import msg


class Measure(StrEnum):
    """What is counted of the matters at a place that were reported in a time."""

    REPORTED = "reported"
    OPEN_LATE = "open_late"
    REOPENED = "reopened"
    CLOSED = "closed"
    ON_TIME = "on_time"
    SOLVED = "solved"


MEASURES: Mapping[Measure, str] = {
    Measure.REPORTED: msg("发生的事项"),
    Measure.OPEN_LATE: msg("超期没有办结的事项"),
    Measure.REOPENED: msg("反映人说没有解决、重新办理的事项"),
    Measure.CLOSED: msg("已经办结的比例"),
    Measure.ON_TIME: msg("按时办理的比例"),
    Measure.SOLVED: msg("反映人认为已经解决的比例"),
}
SHARES = frozenset({Measure.CLOSED, Measure.ON_TIME, Measure.SOLVED})
"""Parts of a whole, bounded in per cent; the others are counts."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The matters at a place, as whole numbers: `timed` have a limit by which an answer was promised, of which `on_time`
    kept it; `judged` have a verdict, of which `solved` say that it is solved."""

    reported: int = 0
    ended: int = 0
    open_late: int = 0
    reopened: int = 0
    timed: int = 0
    on_time: int = 0
    judged: int = 0
    solved: int = 0

    def of(self, measure: Measure) -> tuple[int, int | None]:
        """Numerator and, of a share, denominator."""
        table: Mapping[Measure, tuple[int, int | None]] = {
            Measure.REPORTED: (self.reported, None),
            Measure.OPEN_LATE: (self.open_late, None),
            Measure.REOPENED: (self.reopened, None),
            Measure.CLOSED: (self.ended, self.reported),
            Measure.ON_TIME: (self.on_time, self.timed),
            Measure.SOLVED: (self.solved, self.judged),
        }
        return table[measure]


@dataclass(frozen=True, slots=True)
class Rule:
    """What an item asks of the records: a measure over `months` before the day, of matters of some kinds (empty: all) and a
    category with all below it; at most, or at least, `bound` (a count, or per cent of a share)."""

    measure: Measure
    bound: int
    is_most: bool
    months: int
    kinds: tuple[str, ...] = ()
    category: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the records say: `met` is None where there was nothing to take a share of; then somebody says it in words."""

    numerator: int
    denominator: int | None
    met: bool | None


def answer(rule: Rule, counts: Counts) -> Found:
    """Judge a rule by what was counted; a share is compared in whole numbers."""
    top, bottom = counts.of(rule.measure)
    if bottom is None:
        return Found(top, None, top <= rule.bound if rule.is_most else top >= rule.bound)
    if bottom == 0:
        return Found(0, 0, None)
    share, bound = 100 * top, rule.bound * bottom
    return Found(top, bottom, share <= bound if rule.is_most else share >= bound)


def since(on: date, months: int) -> date:
    """The first day of a time of so many months that ends with a day; the last of a shorter month."""
    year, month = divmod(on.year * 12 + on.month - 1 - months, 12)
    for day in (on.day, 30, 29, 28):
        try:
            return date(year, month + 1, day)
        except ValueError:
            continue
    raise AssertionError(f"{on} - {months}")


def ends_on(granted_on: date, months: int) -> date:
    """The last day of a title that is granted on a day for so many months."""
    return since(granted_on, -months)
