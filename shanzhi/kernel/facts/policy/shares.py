"""Shares out of entries: which unit had which part of a matter, from when to when, and how that ended.

Entries of version 2 name each share that began or changed, as it stands after them. Those of version 1 tell who was given it;
the rest follows from what the action is.
"""

from datetime import datetime

from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.folded import SHARES, Fields, Folded, day_of, month_of, seconds

OPEN = frozenset({"waiting", "taken"})
VACANT_UNIT = "vacant.unit"
"""The ground on a share whose unit has nobody left (`matters`)."""


def follow_shares(folded: Folded, entry: Entry) -> None:
    """The shares that began or changed with an entry."""
    told = entry.payload.get("shares")
    if told is None:
        _by_action(folded, entry)
        return
    for unit_id, part, state, taken, due, ground in told:
        taken_at = datetime.fromisoformat(taken) if taken else None
        row = _share(folded, unit_id, part)
        if row is None:
            if state in OPEN:
                due_at = datetime.fromisoformat(due) if due else None
                _begin(folded, entry, unit_id, part, state=state, taken_at=taken_at, due_at=due_at)
            continue
        if taken_at is not None:
            _taken(folded, row, taken_at)
        if state in OPEN:
            row["state"] = state
            folded.touch(SHARES, row)
        else:
            _end(folded, row, state, entry.happened_at, ground)


def succeed(folded: Folded, entry: Entry) -> None:
    """Units ended and others took over: their shares go on as the heirs' (as `matters_units_follow` writes them)."""
    payload, matter = entry.payload, folded.matter
    at = entry.happened_at
    old_holder, holder = payload["from_holder_unit_id"], payload["holder_unit_id"]
    told = payload.get("heirs")
    heirs = {old: new for old, new in told} if told is not None else {old_holder: holder}  # noqa: C416 - pairs are lists
    moved: dict[int, list[Fields]] = {}
    for row in folded.still_open(SHARES):
        new = heirs.get(row["unit_id"])
        if new is not None and new != row["unit_id"]:
            _end(folded, row, "moved", at, "")
            moved.setdefault(new, []).append(row)
    for new, rows in moved.items():
        _inherit(folded, entry, new, rows)
    matter["intake_unit_id"] = payload["intake_unit_id"]
    folded.extra["holder"] = holder


def _inherit(folded: Folded, entry: Entry, unit_id: int, rows: list[Fields]) -> None:
    """One heir's share: the lead's, where it takes over that too; of two co-handlers the sooner date holds."""
    part = "lead" if any(row["part"] == "lead" for row in rows) else "co"
    own = next((row for row in folded.still_open(SHARES) if row["unit_id"] == unit_id), None)
    if own is not None and not (part == "lead" and own["part"] == "co"):
        return
    if own is not None:
        _end(folded, own, "over", entry.happened_at, "")
    taken = [row["taken_at"] for row in rows if row["taken_at"] is not None]
    dues = [row["due_at"] for row in rows if row["part"] == part and row["due_at"] is not None]
    due_at = min(dues, default=None) if part == "co" else None
    state = "taken" if taken else "waiting"
    _begin(folded, entry, unit_id, part, state=state, taken_at=max(taken, default=None), due_at=due_at)


def promise_moved(folded: Folded, entry: Entry) -> None:
    """A co-handler's date followed the calendar (an entry that names what was asked is about an answer's)."""
    payload = entry.payload
    row = _share(folded, payload["unit_id"], "co")
    if not payload["ask"] and row is not None:
        row["due_at"] = datetime.fromisoformat(payload["due_at"])
        folded.touch(SHARES, row)


def helper_left(folded: Folded, entry: Entry) -> None:
    """Nobody is left in a co-handling unit."""
    row = _share(folded, entry.payload["unit_id"], "co")
    if row is not None:
        _end(folded, row, "excused", entry.happened_at, VACANT_UNIT)


def _share(folded: Folded, unit_id: int | None, part: str) -> Fields | None:
    return next((row for row in folded.still_open(SHARES) if row["unit_id"] == unit_id and row["part"] == part), None)


def _begin(
    folded: Folded,
    entry: Entry,
    unit_id: int,
    part: str,
    *,
    state: str = "waiting",
    taken_at: datetime | None = None,
    due_at: datetime | None = None,
) -> None:
    at = entry.happened_at
    on = day_of(at)
    row = folded.add(
        SHARES,
        {
            "unit_id": unit_id,
            "part": part,
            "state": state,
            "ground": "",
            "assigned_at": at,
            "assigned_on": on,
            "assigned_month": month_of(on),
            "taken_at": None,
            "ended_at": None,
            "ended_month": None,
            "due_at": due_at,
            "take_seconds": None,
            "seconds": None,
            "on_time": None,
        },
    )
    folded.keep_open(SHARES, row)
    matter = folded.matter
    if part == "lead":
        matter["lead_unit_id"] = unit_id
        if matter["dispatched_at"] is None:
            matter.update(dispatched_at=at, dispatch_seconds=seconds(matter["reported_at"], at))
    elif unit_id not in folded.extra.setdefault("helpers", []):
        folded.extra["helpers"].append(unit_id)
        matter["co_handlers"] += 1
    if taken_at is not None:
        _taken(folded, row, taken_at)


def _taken(folded: Folded, row: Fields, at: datetime) -> None:
    if row["taken_at"] is not None:
        return
    row.update(taken_at=at, take_seconds=seconds(row["assigned_at"], at))
    matter = folded.matter
    if row["part"] == "lead" and matter["taken_at"] is None:
        matter.update(taken_at=at, take_seconds=seconds(matter["dispatched_at"], at))


def _end(folded: Folded, row: Fields, state: str, at: datetime, ground: str) -> None:
    row.update(
        state=state,
        ground=ground,
        ended_at=at,
        ended_month=month_of(day_of(at)),
        seconds=seconds(row["assigned_at"], at),
        on_time=None if row["due_at"] is None else int(at <= row["due_at"]),
    )
    folded.touch(SHARES, row, is_over=True)


# -- version 1 ---------------------------------------------------------------------------------------------------------

_GIVES = frozenset(
    f"matters.{verb}" for verb in "dispatch transfer entrust rule split hand_down escalate give_back take_up".split()
)
_TAKES = frozenset(f"matters.{verb}" for verb in ("take", "reply", "conclude", "review"))
_BACK = frozenset({"matters.hand_back", "matters.give_back"})
_TO_HOLDER = frozenset({"matters.escalate", "matters.give_back"})
_PASSES = frozenset({"matters.escalate", "matters.hand_down"})
_HELPERS = {"matters.assist_done": "done", "matters.assist_back": "returned", "matters.excuse": "excused"}
_DONE = frozenset({"closed", "lapsed"})


def _by_action(folded: Folded, entry: Entry) -> None:
    """What version 1 of an entry of the loop means for the shares."""
    action = entry.action
    if action in _TAKES:
        row = _share(folded, entry.author_unit_id, "lead")
        if row is not None:
            row["state"] = "taken"
            _taken(folded, row, entry.happened_at)
            folded.touch(SHARES, row)
    elif action in _HELPERS:
        _one_helper(folded, entry)
    elif action in _BACK:
        _end_all(folded, entry.happened_at, "returned", entry.payload.get("ground") or "")
    if action in _GIVES:
        _give(folded, entry)
    elif action == "matters.involve":
        _involve(folded, entry)
    _leave(folded, entry)


def _one_helper(folded: Folded, entry: Entry) -> None:
    named = entry.payload.get("co_unit_ids") or (entry.author_unit_id,)
    row = _share(folded, named[0], "co")
    if row is not None:
        if entry.action != "matters.excuse":
            _taken(folded, row, entry.happened_at)
        _end(folded, row, _HELPERS[entry.action], entry.happened_at, entry.payload.get("ground") or "")


def _give(folded: Folded, entry: Entry) -> None:
    """The lead goes to another unit; what goes back into an intake (of a centre above or below) has none."""
    payload = entry.payload
    is_own = entry.action == "matters.take_up"
    lead = payload["holder_unit_id"] if entry.action in _TO_HOLDER else payload.get("lead_unit_id")
    lead = entry.author_unit_id if is_own else lead
    _end_all(folded, entry.happened_at, "moved", "")
    if lead is None or (entry.action in _PASSES and payload["to_stage"] == "accepted"):
        return
    _begin(folded, entry, lead, "lead")
    if is_own:
        row = folded.still_open(SHARES)[-1]
        row["state"] = "taken"
        _taken(folded, row, entry.happened_at)
    _involve(folded, entry)


def _involve(folded: Folded, entry: Entry) -> None:
    for unit_id in entry.payload.get("co_unit_ids", ()):
        _begin(folded, entry, unit_id, "co")


def _leave(folded: Folded, entry: Entry) -> None:
    """Shares end with the matter, and where it goes back to its intake."""
    payload = entry.payload
    result = payload["result"]
    if result:
        is_done = result in _DONE or entry.action == "matters.check_pass"
        _end_all(folded, entry.happened_at, "done" if is_done else "over", "")
        return
    lead = next((row for row in folded.still_open(SHARES) if row["part"] == "lead"), None)
    goes_back = entry.action in (
        "matters.rate",
        "matters.reopen",
        "matters.vacate",
        "matters.rejoin",
        "matters.receive",
    )
    if lead is not None and goes_back and payload["holder_unit_id"] != lead["unit_id"]:
        _end_all(folded, entry.happened_at, "moved", "")


def _end_all(folded: Folded, at: datetime, lead_state: str, ground: str) -> None:
    for row in folded.still_open(SHARES):
        is_lead = row["part"] == "lead"
        _end(folded, row, lead_state if is_lead else "over", at, ground if is_lead else "")
