"""What holds from which day: versions of processes and editions of the rule book. Pure.

A decision names a version and its first day; decisions are only added. On a day holds the version whose first day is the
latest up to that day, and of two decisions for one day the later one. So an edit is undone by a later edit: the older
version goes live again, from a day to come.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.text import msg

CATEGORIES, CALENDAR = "categories", "calendar"
NOTE_MOST = 200


def kind_subject(code: str) -> str:
    """The subject under which a kind's versions go live."""
    return f"kind:{code}"


class BadDay(InputError):
    """From this day nothing can begin to hold."""

    code = "bad-day"


class RulesMovedOn(Conflict):
    """Somebody else has decided meanwhile."""

    code = "rules-moved-on"


class NoSuchVersion(NotFound):
    """There is no such version or edition."""

    code = "no-such-version"


class NotTheCitys(NotAllowed):
    """What holds for the whole city is decided in a post that stands for the whole city."""

    code = "not-the-citys"


@dataclass(frozen=True, slots=True)
class Decision:
    """A version or edition holds from a day on; `id` counts decisions."""

    id: int
    subject: str
    number: int
    holds_from: date


def in_force(decisions: Iterable[Decision], on: date) -> Decision | None:
    """The decision that holds on a day, of one subject's; None before the first of them."""
    held = [one for one in decisions if one.holds_from <= on]
    return last_decision(held)


def last_decision(decisions: Iterable[Decision]) -> Decision | None:
    """The decision with the latest day (then the latest number): what holds once everything decided has begun."""
    return max(decisions, key=lambda one: (one.holds_from, one.id), default=None)


def check_day(holds_from: date, today: date, last: Decision | None) -> None:
    """Raises BadDay for a day that is past, too far, or before the one that was decided last.

    Days only go forward, so that what holds at the end always contains, or knowingly undoes, what was decided before.
    """
    beside = {"holds_from": msg("请重新选一天。")}
    if holds_from < today:
        raise BadDay(msg("生效日期不能早于今天。已经按旧规定办的不能改写，请选今天或以后。"), fields=beside)
    if (holds_from - today).days > 366:
        raise BadDay(msg("生效日期最多定到一年以后。请选近一些的一天。"), fields=beside)
    if last is not None and holds_from < last.holds_from:
        raise BadDay(
            msg("已经定了从 %(day)s 起换版，新的生效日期不能比它早。请选这一天或以后。"),
            fields=beside,
            day=last.holds_from,
        )
