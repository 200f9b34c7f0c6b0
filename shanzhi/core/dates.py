"""How a day or a moment stands in a sentence: 2025年11月18日, 2025年11月18日 14:05; in English 18 Nov 2025, 18 Nov 2025 14:05.

One form for people, in whatever is shown to them. Files, forms' own fields and everything for programs keep ISO 8601.
"""

from collections.abc import Callable
from datetime import date, datetime

from shanzhi.core.text import msg

MONTHS = (
    *(msg("1月"), msg("2月"), msg("3月"), msg("4月"), msg("5月"), msg("6月")),
    *(msg("7月"), msg("8月"), msg("9月"), msg("10月"), msg("11月"), msg("12月")),
)


def day_said(day: date, translate: Callable[[str], str] = str) -> str:
    """A day in full, in Chinese or as `translate` (gettext) says it."""
    named = {"year": day.year, "month": translate(MONTHS[day.month - 1]), "day": day.day}
    return translate(msg("%(year)s年%(month)s%(day)s日")) % named


def moment_said(at: datetime, translate: Callable[[str], str] = str) -> str:
    """A moment in full, in the zone that it has; with its seconds where it has some."""
    return (
        f"{day_said(at.date(), translate)} {at:%H:%M:%S}"
        if at.second
        else f"{day_said(at.date(), translate)} {at:%H:%M}"
    )
