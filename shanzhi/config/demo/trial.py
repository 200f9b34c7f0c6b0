"""The demo's trial round: the same for a city and its province where both are made in one month, so that letters fit."""

from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID, uuid5

from shanzhi.kernel.indicators.policy.periods import Period, month_of
from shanzhi.kernel.rounds.policy.results import PassRule, check_rule
from shanzhi.kernel.rounds.policy.text import Calendar

MARK = "60"
"""Points from which a city passes."""
_NAMES = UUID("5d4f5a1e-5b0e-4d57-9a53-3d1c8c9c5a10")
_DAYS = (-21, 45, 66, 87, 101)
"""The calendar's days, counted from the first of the month in which the demo is made."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Whose, over which month (`yyyymm`), by which days."""

    uid: UUID
    name: str
    month: int
    calendar: Calendar
    rule: PassRule


def trial_of(province: str, on: date) -> Trial:
    """The trial round that a province (two digits) holds in a day's month, over the month before."""
    first, month = on.replace(day=1), month_of(on)
    return Trial(
        uid=uuid5(_NAMES, f"{province} {month}"),
        name=f"{on.year}年{on.month}月平安建设试评（演示）",
        month=Period(month).before().first,
        calendar=Calendar(*(first + timedelta(days=days) for days in _DAYS)),
        rule=check_rule(MARK),
    )
