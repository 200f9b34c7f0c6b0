"""Clocks out of entries: each promise as it was given, how it ended, and whether the limits on handling were kept.

Entries of version 1 tell of one running clock without its code; they make no rows, and what they can't tell stays empty.
"""

from datetime import datetime

from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.folded import CLOCKS, Fields, Folded, day_of, month_of

ON, HELD = "on", "held"
"""How a promise begins that goes on from another, running or standing still (`matters.policy.payloads_second.How`)."""


def begin_clocks(folded: Folded, entry: Entry) -> None:
    """The clocks with which a matter comes in."""
    for begun in entry.payload.get("clocks", ()):
        _begin(folded, entry, begun)
    _judge(folded)


def follow_clocks(folded: Folded, entry: Entry) -> None:
    """The clocks that stopped with an entry, and those that began or went on with it."""
    payload = entry.payload
    stopped, begun = payload.get("stopped", ()), payload.get("clocks", ())
    if not stopped and not begun:
        return
    goes_on = {each[0]: each[1] for each in begun if each[1] in (ON, HELD)}
    is_longer = payload.get("ask_type") == "extend" and entry.action == "matters.grant"
    for code in stopped:
        row = _running(folded, code)
        if row is None:
            continue
        if code not in goes_on:
            _stop(folded, row, entry.happened_at, "")
        elif is_longer and code == payload["clock"]:
            _stop(folded, row, entry.happened_at, "extended")
        else:
            _stop(folded, row, entry.happened_at, "paused" if goes_on[code] == HELD else "moved")
    for each in begun:
        _begin(folded, entry, each)
    _judge(folded)


def due_moved(folded: Folded, entry: Entry) -> None:
    """A limit followed the calendar. Version 1 doesn't say which clock: the one that was due then."""
    payload = entry.payload
    was, due = datetime.fromisoformat(payload["was_due_at"]), datetime.fromisoformat(payload["due_at"])
    code = payload.get("code")
    rows = (
        row for row in folded.still_open(CLOCKS) if (row["due_at"] == was if code is None else row["clock"] == code)
    )
    row = next(rows, None)
    if row is not None:
        _stop(folded, row, entry.happened_at, "moved")
        _add(folded, row | {"due_at": due})


def _running(folded: Folded, code: str) -> Fields | None:
    return next((row for row in folded.still_open(CLOCKS) if row["clock"] == code), None)


def _begin(folded: Folded, entry: Entry, begun: list[str | None]) -> None:
    code, _how, limit, due, stage, began = begun
    fields = {
        "clock": code,
        "stage": stage or entry.payload["to_stage"],
        "unit_id": folded.extra.get("holder"),
        "limit_text": limit,
        "started_at": datetime.fromisoformat(began) if began else entry.happened_at,
        "due_at": datetime.fromisoformat(str(due)),
    }
    _add(folded, fields)
    if code in folded.extra.get("promises", ()):
        folded.extra["promised"] = 1


def _add(folded: Folded, fields: Fields) -> None:
    due_on = day_of(fields["due_at"])
    fresh = {
        "due_on": due_on,
        "due_month": month_of(due_on),
        "stopped_at": None,
        "stopped_month": None,
        "ended_by": "",
        "kept": None,
        "late_seconds": None,
    }
    folded.keep_open(CLOCKS, folded.add(CLOCKS, fields | fresh))


def _stop(folded: Folded, row: Fields, at: datetime, went_on_by: str) -> None:
    """A promise ended: because it goes on as another (`went_on_by`), or for good, kept or late."""
    late = max(int((at - row["due_at"]).total_seconds()), 0)
    is_kept = at <= row["due_at"]
    row.update(
        stopped_at=at, stopped_month=month_of(day_of(at)), ended_by=went_on_by or ("kept" if is_kept else "late")
    )
    if not went_on_by:
        row.update(kept=int(is_kept), late_seconds=late)
        if not is_kept:
            folded.matter["was_late"] = 1
            if row["clock"] in folded.extra.get("promises", ()):
                folded.extra["broken"] = 1
    folded.touch(CLOCKS, row, is_over=True)


def _judge(folded: Folded) -> None:
    """Were the limits kept by which the kind promises an answer?"""
    extra = folded.extra
    if not extra.get("promised"):
        return
    runs = any(row["clock"] in extra["promises"] for row in folded.still_open(CLOCKS))
    folded.matter["on_time"] = 0 if extra.get("broken") else None if runs else 1
