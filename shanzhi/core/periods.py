"""Days and times as the city counts them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")
"""All of China keeps one time (GB/T 7408, UTC+8)."""


def local_date(moment: datetime) -> date:
    """The city's date at an aware `moment`."""
    return moment.astimezone(CITY_ZONE).date()


def daily(time: str) -> str:
    """Each day at a time of the city (`03:20`), as a schedule of cron: its reader counts in UTC, 8 hours behind all year."""
    hour, _, minute = time.partition(":")
    return f"{int(minute)} {(int(hour) - 8) % 24} * * *"


def next_day(day: date) -> date:
    """The day after; the last day that there is (9999-12-31, which a form takes like any other) stays itself."""
    return day if day == date.max else day + timedelta(days=1)
