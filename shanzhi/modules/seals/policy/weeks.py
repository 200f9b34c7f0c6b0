"""Weeks and days by which heads are published, and how a root is written down for people."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from shanzhi.core.errors import NotFound
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import msg

_WEEK = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_DAY = timedelta(days=1)
NOT_YET = msg("这一周还没有到。请选这一周或以前的一周。")


class BadWeek(NotFound):
    """There is no such week."""

    code = "no-such-week"


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday to Sunday, numbered as ISO 8601 (GB/T 7408) does."""

    year: int
    number: int

    @classmethod
    def read(cls, text: str) -> "Week":
        """The week of a text like 2026-W47.

        Raises:
            BadWeek: it isn't one.
        """
        found = _WEEK.fullmatch(text)
        try:
            if not found:
                raise ValueError(text)
            week = cls(int(found[1]), int(found[2]))
            # The first and the last weeks of all time have no neighbours to lead to.
            return cls.of(week.monday - _DAY * 7).after
        except (ValueError, OverflowError) as error:
            raise BadWeek(msg("没有这一周。请写成 2026-W47 这样的年份和周次。")) from error

    @classmethod
    def of(cls, day: date) -> "Week":
        """The week that a day lies in."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    def __str__(self) -> str:
        """As it stands in addresses: 2026-W47."""
        return f"{self.year}-W{self.number:02}"

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + _DAY * 6

    @property
    def before(self) -> "Week":
        """The week before."""
        return Week.of(self.monday - _DAY)

    @property
    def after(self) -> "Week":
        """The week after."""
        return Week.of(self.sunday + _DAY)

    def span(self) -> tuple[datetime, datetime]:
        """From its first moment in the city, to the first that isn't in it any more."""
        return midnight(self.monday), midnight(self.sunday + _DAY)


def midnight(day: date) -> datetime:
    """When a day begins in the city."""
    return datetime.combine(day, time(), CITY_ZONE)


def days_before(now: datetime, count: int) -> Iterator[tuple[date, datetime, datetime]]:
    """The last complete days, the oldest first: the day, its begin, its end."""
    today = local_date(now)
    for back in range(count, 0, -1):
        day = today - _DAY * back
        yield day, midnight(day), midnight(day + _DAY)


def groups(root: bytes, size: int = 4) -> list[str]:
    """A root in hexadecimal, in groups that can be read out and compared by eye."""
    text = root.hex()
    return [text[at : at + size] for at in range(0, len(text), size)]
