"""Durations as the rule book writes them: "5wd", "60sd", "3mo", "3d", "4wh", "24h", "30m"."""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg

_TEXT = re.compile(r"([1-9][0-9]{0,5})(wd|sd|wh|mo|d|h|m)", re.ASCII)
_LONGEST_DAYS = 36_525


class BadDuration(InputError):
    """A duration text in the rule book can't be read."""

    code = "bad-duration"


class DurationUnit(StrEnum):
    """What a duration counts."""

    WORKING_DAY = "wd"
    STATUTORY_DAY = "sd"
    MONTH = "mo"
    DAY = "d"
    WORKING_HOUR = "wh"
    HOUR = "h"
    MINUTE = "m"


_MESSAGES = {
    DurationUnit.WORKING_DAY: msg("%(amount)d个工作日"),
    DurationUnit.STATUTORY_DAY: msg("%(amount)d日"),
    DurationUnit.MONTH: msg("%(amount)d个月"),
    DurationUnit.DAY: msg("%(amount)d天"),
    DurationUnit.WORKING_HOUR: msg("%(amount)d个工作小时"),
    DurationUnit.HOUR: msg("%(amount)d小时"),
    DurationUnit.MINUTE: msg("%(amount)d分钟"),
}
_MOST = {
    DurationUnit.MONTH: 1200,
    DurationUnit.WORKING_HOUR: _LONGEST_DAYS * 24,
    DurationUnit.HOUR: _LONGEST_DAYS * 24,
    DurationUnit.MINUTE: _LONGEST_DAYS * 24 * 60,
}


@dataclass(frozen=True, slots=True)
class Duration:
    """A whole, positive amount of one unit. Five working days and forty working hours are not the same thing."""

    amount: int
    unit: DurationUnit

    @classmethod
    def parse(cls, text: str) -> "Duration":
        """Read "5wd" (working days), "60sd" (days as statutes count them), "3mo" (calendar months), "3d" (natural days),
        "4wh" (working hours), "24h" (natural hours) or "30m" (minutes).

        Raises:
            BadDuration: another form, zero, or more than a hundred years.
        """
        return _parse(text)

    @property
    def is_working(self) -> bool:
        """Does it count working time only?"""
        return self.unit in (DurationUnit.WORKING_DAY, DurationUnit.WORKING_HOUR)

    @property
    def message(self) -> str:
        """The message id of `to_text`, with the place `%(amount)d`."""
        return _MESSAGES[self.unit]

    def to_text(self) -> str:
        """In Chinese: "5个工作日", "60日", "3个月", "3天", "4个工作小时", "24小时", "30分钟"."""
        return self.message % {"amount": self.amount}

    def __str__(self) -> str:
        """As the rule book writes it: "5wd"."""
        return f"{self.amount}{self.unit.value}"


@lru_cache(maxsize=512)
def _parse(text: str) -> Duration:
    found = _TEXT.fullmatch(text)
    if found is None:
        raise BadDuration(
            msg(
                "时限“%(text)s”读不懂。请写成 5wd（工作日）、60sd（日）、3mo（月）、3d（天）、4wh（工作小时）、24h 或 30m。"
            ),
            text=text,
        )
    amount, unit = int(found[1]), DurationUnit(found[2])
    if amount > _MOST.get(unit, _LONGEST_DAYS):
        raise BadDuration(msg("时限“%(text)s”超过一百年。请改短。"), text=text)
    return Duration(amount, unit)
