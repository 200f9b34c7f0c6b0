"""When people turn to the city: by hour, weekday and day off. Pure; the same seed, the same moments."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from shanzhi.core.periods import CITY_ZONE

# Shares of a day's contacts by the hour from 0 to 23. Hotlines know two waves, before noon and in the afternoon;
# phones in the hand (小程序、手机网页) have their second half of the day after supper.
CALLS = (4, 2, 1, 1, 1, 3, 10, 30, 78, 104, 100, 76, 34, 40, 76, 84, 74, 58, 36, 32, 28, 20, 12, 7)
PAGES = (6, 3, 2, 1, 1, 3, 8, 20, 38, 48, 46, 40, 44, 38, 40, 42, 42, 44, 54, 74, 88, 82, 54, 22)
ROUNDS = (0, 0, 0, 0, 0, 0, 2, 14, 60, 90, 84, 40, 6, 20, 70, 86, 62, 28, 6, 2, 0, 0, 0, 0)
NIGHTS = (60, 34, 16, 6, 2, 2, 4, 3, 3, 2, 2, 2, 3, 2, 2, 2, 2, 3, 4, 6, 10, 26, 70, 96)
WEEKDAYS = (1.26, 1.12, 1.05, 1.02, 1.0, 0.66, 0.55)
DAY_OFF = 0.6
MAKE_UP_DAY = 0.95


@dataclass(frozen=True, slots=True)
class Moment:
    """Somebody turns to the city: when, by which door (call, page, round), and in which story (plain, wet, site).

    `halt`: the stage in which the matter is to be seen today, for what would else seldom be there.
    """

    at: datetime
    door: str
    story: str = "plain"
    halt: str = ""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How many come on a usual working day, and on which days the two stories play."""

    per_day: float
    wet: tuple[int, ...] = (4, 14, 19, 14, 8, 4, 2)
    """More contacts on each day of the wet week."""
    wet_days_ago: int = 38
    site_days_ago: int = 47
    site_per_night: float = 1.5

    def moments(
        self, until: datetime, days: int, random: Random, is_worked: Callable[[date], bool]
    ) -> Iterator[Moment]:
        """All moments of the `days` before `until`, day by day, in order within each."""
        last = until.astimezone(CITY_ZONE).date()
        for ago in range(days, -1, -1):
            day = last - timedelta(days=ago)
            found = [
                *self._usual(day, random, is_worked(day)),
                *self._wet(day, ago, random),
                *self._site(day, ago, random, is_worked(day)),
            ]
            yield from sorted((row for row in found if row.at <= until), key=lambda row: row.at)

    def _usual(self, day: date, random: Random, is_worked: bool) -> Iterator[Moment]:
        weight = WEEKDAYS[day.weekday()]
        if is_worked and day.weekday() > 4:
            weight = MAKE_UP_DAY
        elif not is_worked and day.weekday() < 5:
            weight = DAY_OFF
        for _ in range(some(self.per_day * weight, random)):
            door = random.choices(("call", "page", "round"), (54, 31, 15 if is_worked else 4))[0]
            yield Moment(_moment(day, {"call": CALLS, "page": PAGES, "round": ROUNDS}[door], random), door)

    def _wet(self, day: date, ago: int, random: Random) -> Iterator[Moment]:
        since = self.wet_days_ago - ago
        for _ in range(some(self.wet[since] * self.per_day / 36, random) if 0 <= since < len(self.wet) else 0):
            door = random.choices(("call", "page", "round"), (60, 25, 15))[0]
            yield Moment(_moment(day, CALLS if door == "call" else PAGES, random), door, "wet")

    def _site(self, day: date, ago: int, random: Random, is_worked: bool) -> Iterator[Moment]:
        nights = self.site_per_night * (1.0 if is_worked else 0.5) * self.per_day / 36
        for _ in range(some(nights, random) if ago <= self.site_days_ago else 0):
            yield Moment(_moment(day, NIGHTS, random), random.choice(("call", "call", "page")), "site")


HALTS = ("in_grid", "in_grid", "in_community", "in_centre", "in_unit", "checking", *("spot_check",) * 6)
"""Stages of incidents; one in five that end in their grid are looked at, so six try for it."""


def halted(until: datetime, is_worked: Callable[[date], bool]) -> Iterator[Moment]:
    """Incidents of the last working day that stand today in each of their stages."""
    day = until.astimezone(CITY_ZONE).date() - timedelta(days=1)
    while not is_worked(day):
        day -= timedelta(days=1)
    for number, stage in enumerate(HALTS):
        yield Moment(datetime.combine(day, time(9, 4 * number + 3), CITY_ZONE), "round", halt=stage)


def some(mean: float, random: Random) -> int:
    """A count that scatters round its mean a little more than evenly spread callers would."""
    return max(0, round(random.gauss(mean, (1.3 * mean) ** 0.5)))


def _moment(day: date, hours: Sequence[int], random: Random) -> datetime:
    hour = random.choices(range(24), hours)[0]
    return datetime.combine(day, time(hour, random.randrange(60), random.randrange(60)), CITY_ZONE)
