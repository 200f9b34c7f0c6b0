"""Duration and retention texts of a process file, read and compared; the clock slice makes instants of them."""

import re

from shanzhi.kernel.clock.policy import BadDuration, Duration, DurationUnit

_RETENTION = re.compile(r"([1-9][0-9]{0,2})([ym])", re.ASCII)

_MINUTES = {
    DurationUnit.WORKING_DAY: 8 * 60,
    DurationUnit.WORKING_HOUR: 60,
    DurationUnit.STATUTORY_DAY: 24 * 60,
    DurationUnit.MONTH: 30 * 24 * 60,
    DurationUnit.DAY: 24 * 60,
    DurationUnit.HOUR: 60,
    DurationUnit.MINUTE: 1,
}
"""A working day has eight hours: 国务院关于职工工作时间的规定 (1995), art. 3."""


def maybe_duration(text: str) -> Duration | None:
    """The duration that `text` says ("5wd", "4wh", "7d", "24h"); None where it says none."""
    try:
        return Duration.parse(text)
    except BadDuration:
        return None


def minutes(duration: Duration) -> int:
    """Minutes in a duration, for comparing two of the same family only (working or natural time)."""
    return duration.amount * _MINUTES[duration.unit]


def retention_months(text: str) -> int | None:
    """Months in a retention text ("5y", "18m"); None where it isn't one."""
    found = _RETENTION.fullmatch(text)
    if found is None:
        return None
    return int(found[1]) * (12 if found[2] == "y" else 1)
