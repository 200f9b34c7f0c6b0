"""Days and times as the city counts them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

CITY_ZONE = ZoneInfo("Asia/Shanghai")
"""All of China keeps one time (GB/T 7408, UTC+8)."""


def local_date(moment: datetime) -> date:
    """The city's date at an aware `moment`."""
    return moment.astimezone(CITY_ZONE).date()
