"""Which clocks of a process begin, go on and stop as a matter moves, and when it is due: the soonest of them. Pure."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.clock.policy import Deadline, WorkCalendar, set_deadline
from shanzhi.kernel.matters.policy.process import ClockSpec, Kind, Owner

Calendars = Callable[[str], WorkCalendar]
"""The work calendar of a code."""

STAGE = ""
"""The code of the stage's own clock."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A clock that begins: its code (empty: the stage's own) and its deadline."""

    code: str
    deadline: Deadline


def promises(
    kind: Kind,
    stage: str,
    start: datetime,
    calendars: Calendars,
    *,
    action: str = "",
    runs: Collection[str] = (),
    ran: Collection[str] = (),
) -> tuple[Promise, ...]:
    """What begins as a matter comes into an open stage by an action: the stage's own limit, and every clock of the kind
    that belongs here; of both what doesn't run (`runs`) and hasn't had its one time (`ran`: all that ever began)."""
    spec = kind.stage(stage)
    own = (
        ()
        if spec.limit is None or STAGE in runs
        else (Promise(STAGE, set_deadline(start, spec.limit, spec.warn, calendars(kind.calendar))),)
    )
    return (
        *own,
        *(
            Promise(clock.code, set_deadline(start, clock.limit, clock.warn, calendars(calendar_of(kind, clock.code))))
            for clock in kind.clocks
            if clock.owner is not Owner.CO
            and _begins(clock, stage, action)
            and clock.code not in runs
            and not (clock.once and clock.code in ran)
        ),
    )


def calendar_of(kind: Kind, code: str) -> str:
    """The code of the calendar by which a clock of the kind is reckoned; the kind's own for a stage's."""
    return next((clock.calendar for clock in kind.clocks if clock.code == code), "") or kind.calendar


def _begins(clock: ClockSpec, stage: str, action: str) -> bool:
    return stage in clock.stages and (not clock.starts_by or action in clock.starts_by) and action not in clock.done_by


def stops(kind: Kind, code: str, target: str, action: str) -> bool:
    """Does this clock stop as `action` leads to `target`? The stage's own does; a clock that the kind no longer has, too."""
    clock = next((each for each in kind.clocks if each.code == code), None)
    return clock is None or target not in clock.stages or action in clock.done_by


def soonest(deadlines: Iterable[Deadline]) -> Deadline:
    """The one by which a matter is due; there is at least one."""
    return min(deadlines, key=lambda deadline: (deadline.due_at, deadline.warn_at))
