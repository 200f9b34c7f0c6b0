"""What became of a matter's clocks on the way: more time, standing still, going on; read off their rows."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby, pairwise

from shanzhi.kernel.clock.policy import Extension, Pause
from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.matters.models import Clock
from shanzhi.kernel.matters.operations.clocks import course_of, standing_due
from shanzhi.kernel.matters.policy.clocks import STAGE
from shanzhi.kernel.matters.policy.process import Kind

EXTENDED, PAUSED, RESUMED = "extended", "paused", "resumed"


@dataclass(frozen=True, slots=True)
class ClockChange:
    """Something that moved a clock's date: `what` extended, paused or resumed, `at` when, by the journal's entry `step` (0: by
    that of the matter which this one follows).

    `due_at` is the date since then: of a pause the moment at which it ends at the latest, None where the clock ended with
    its pause. `was_due_at` the date before and `by` the duration of an extension; `since` when a pause began; `reason` is a
    message id.
    """

    at: datetime
    what: str
    step: int
    due_at: datetime | None
    was_due_at: datetime | None = None
    by: str = ""
    since: datetime | None = None
    reason: str = ""


def changes_of(rows: Iterable[Clock], kind: Kind, entries: Sequence[EntryRow]) -> tuple[ClockChange, ...]:
    """What happened to a matter's clocks, the oldest first. All stand still at once: of those the clock is told of by which
    the reporter is answered. No query."""
    ruling = {stage.clock for stage in kind.stages if stage.clock}
    ordered = sorted(
        rows, key=lambda row: (row.code not in ruling, row.code == STAGE, row.code, row.started_at, row.pk)
    )
    told: dict[tuple[str, datetime], ClockChange] = {}
    for _, same in groupby(ordered, key=lambda row: (row.code, row.started_at)):
        for change in _of_clock(list(same), kind, entries):
            told.setdefault((change.what, change.at), change)
    return tuple(sorted(told.values(), key=lambda change: change.at))


def _of_clock(rows: list[Clock], kind: Kind, entries: Sequence[EntryRow]) -> Iterator[ClockChange]:
    for old, new in pairwise(rows):
        yield from _between(old, new, kind, entries)
    last = rows[-1]
    pause = _pause_of(last, kind)
    if pause is not None and last.stopped_at is not None:
        yield _resumed(pause, last.stopped_at, None, entries)


def _between(old: Clock, new: Clock, kind: Kind, entries: Sequence[EntryRow]) -> Iterator[ClockChange]:
    before, after = course_of(old, kind), course_of(new, kind)
    for event in after.events[len(before.events) :]:
        if isinstance(event, Extension) and event.granted_at is not None:
            yield ClockChange(
                at=event.granted_at,
                what=EXTENDED,
                step=_granted_by(event.granted_at, EXTENDED, kind, entries),
                due_at=standing_due(new, kind),
                was_due_at=standing_due(old, kind),
                by=str(event.by),
                reason=event.reason,
            )
        elif isinstance(event, Pause):
            step = _granted_by(event.since, PAUSED, kind, entries)
            yield ClockChange(event.since, PAUSED, step, new.due_at, since=event.since, reason=event.reason)
    pause = _pause_of(old, kind)
    if pause is not None and not after.is_paused:
        until = next(e.until for e in after.events if isinstance(e, Pause) and e.since == pause.since)
        yield _resumed(pause, until or new.started_at, new.due_at, entries)


def _pause_of(row: Clock, kind: Kind) -> Pause | None:
    """The pause in which a clock stands, if it does."""
    return next((each for each in course_of(row, kind).events if isinstance(each, Pause) and each.until is None), None)


def _resumed(pause: Pause, until: datetime, due_at: datetime | None, entries: Sequence[EntryRow]) -> ClockChange:
    """It went on: by a step of its own, or since the matter moved."""
    then = [row for row in entries if row.happened_at == until]
    by = [row for row in then if row.action == "matters.resume"] or [
        row for row in then if row.payload.get("stage") != row.payload.get("to_stage")
    ]
    step = by[-1].step if by else 0
    return ClockChange(until, RESUMED, step, due_at, since=pause.since, reason=pause.reason)


_TYPES = {EXTENDED: "extend", PAUSED: "pause"}


def _granted_by(at: datetime, what: str, kind: Kind, entries: Sequence[EntryRow]) -> int:
    codes = {ask.code for ask in kind.asks if ask.type == _TYPES[what]}
    found = (
        row.step
        for row in entries
        if row.happened_at == at and row.action == "matters.grant" and row.payload.get("ask") in codes
    )
    return next(found, 0)
