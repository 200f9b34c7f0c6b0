"""The fold: a matter's entries in their order → its facts. Pure, and the same whenever and however often it is done.

Every entry becomes a step. What it does beyond that is said by tables: what all entries of the loop tell (`_about`), what each
action means (`_ACTIONS`), what later slices offer for theirs (`offer_fold`). An action that isn't named is a step and no more.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from shanzhi.kernel.facts.policy.clocks import begin_clocks, due_moved, follow_clocks
from shanzhi.kernel.facts.policy.columns import MATTER
from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.folded import (
    RATINGS,
    STEPS,
    Folded,
    day_of,
    month_of,
    seconds,
    tell_what,
)
from shanzhi.kernel.facts.policy.shares import follow_shares, helper_left, promise_moved, succeed

Fold = Callable[[Folded, Entry], None]
LATE_ELSEWHERE = frozenset({"matters.assist_done", "matters.assist_back", "matters.excuse"})
"""Entries whose `overdue` is about a co-handler's date, not the stage's."""
_ZEROS = "was_late returns reopenings failed_checks extensions pauses urges supervisions escalations co_handlers papers".split()
_NEW: dict[str, Any] = {
    **{column.name: None if column.nullable else "" for column in MATTER.columns},
    **dict.fromkeys(_ZEROS, 0),
}


def fold(folded: Folded | None, entry: Entry) -> Folded | None:
    """A matter's facts after one more entry; None for what doesn't begin with a report (or a part of one): no matter."""
    if folded is None:
        if entry.action not in _BEGIN:
            return None
        folded = Folded()
        _begin(folded, entry)
    payload, matter = entry.payload, folded.matter
    before, last_at, was_open = matter["stage"], matter["last_at"] or entry.happened_at, bool(matter["is_open"])
    if "to_stage" in payload:
        _about(folded, entry)
    act = _ACTIONS.get(entry.action) or _offered.get(entry.action)
    if act is not None:
        act(folded, entry)
    folded.steps = matter["steps"] = entry.step
    matter["last_at"] = entry.happened_at
    if was_open and not matter["is_open"]:
        folded.extra["closings"] = folded.extra.get("closings", 0) + 1
    _step(folded, entry, before, last_at)
    return folded


def fold_all(entries: Iterable[Entry]) -> Folded | None:
    """The facts of a matter after all of these entries, which are in the order of their steps."""
    folded = None
    for entry in entries:
        folded = fold(folded, entry)
    return folded


def offer_fold(action: str, act: Fold) -> None:
    """Let an action of a later slice mean more than a step: `act` changes what is folded (`Folded.add`, `touch`, `extra`).

    Raises:
        ValueError: the action has its meaning already.
    """
    if action in _ACTIONS or _offered.get(action, act) is not act:
        raise ValueError(f"{action} is folded already")
    _offered[action] = act


_offered: dict[str, Fold] = {}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _begin(folded: Folded, entry: Entry) -> None:
    payload, matter = entry.payload, folded.matter
    matter.update(_NEW)
    reported_at = _time(payload["reported_at"]) or entry.happened_at
    on = day_of(reported_at)
    matter.update(
        matter_id=entry.matter_id,
        number=payload["number"],
        kind=payload["kind"],
        kind_version=payload["kind_version"],
        category=payload["category"],
        category_1=payload["category"].partition(".")[0],
        category_reported=payload["category"],
        region_id=payload["region_id"],
        region_code=payload["region_code"],
        channel=payload["channel"],
        source=payload.get("source") or "",
        place_id=payload.get("place_id"),
        place_kind=payload.get("place_kind") or "",
        intake_unit_id=payload["intake_unit_id"],
        part_of=payload.get("whole_id"),
        reported_at=reported_at,
        reported_on=on,
        reported_month=month_of(on),
        last_at=entry.happened_at,
        is_open=1,
    )
    folded.extra["promises"] = list(payload.get("promises") or ())
    folded.moved_what = False


def _about(folded: Folded, entry: Entry) -> None:
    """What every entry of the loop tells of its matter: what it is and where, in which stage, its clocks and shares."""
    payload, matter = entry.payload, folded.matter
    category = payload["category"]
    if category != matter["category"]:
        tell_what(folded, category=category, category_1=category.partition(".")[0])
    if payload.get("old_region_id") is not None:
        tell_what(folded, region_id=payload["region_id"])
        matter["region_code"] = payload["region_code"]
    matter["intake_unit_id"] = payload.get("intake_unit_id") or matter["intake_unit_id"]
    folded.extra["holder"] = payload["holder_unit_id"]
    follow_shares(folded, entry)
    _stand(folded, payload["to_stage"], payload["result"] or "", entry)
    if entry.action in _BEGIN:
        begin_clocks(folded, entry)
    else:
        follow_clocks(folded, entry)
    if payload.get("overdue") and entry.action not in LATE_ELSEWHERE:
        matter["was_late"] = 1


def _stand(folded: Folded, stage: str, result: str, entry: Entry) -> None:
    """The stage in which it is, and whether that is its end."""
    matter = folded.matter
    if result and (not matter["result"] or stage != matter["stage"]):
        on = day_of(entry.happened_at)
        matter.update(
            ended_at=entry.happened_at,
            ended_on=on,
            ended_month=month_of(on),
            end_seconds=seconds(matter["reported_at"], entry.happened_at),
        )
    elif not result and matter["result"]:
        matter.update(ended_at=None, ended_on=None, ended_month=None, end_seconds=None)
    matter.update(stage=stage, result=result, is_open=int(not result))


def _step(folded: Folded, entry: Entry, before: str, last_at: datetime) -> None:
    payload, matter = entry.payload, folded.matter
    on = day_of(entry.happened_at)
    is_loop = "to_stage" in payload
    ended = is_loop and bool(payload["result"]) and payload["stage"] != payload["to_stage"]
    row = {
        "matter_id": entry.matter_id,
        "step": entry.step,
        "action": entry.action,
        "done_by": payload.get("done_by") or "",
        "stage": payload["stage"] if is_loop else before,
        "to_stage": matter["stage"],
        "author_kind": entry.author_kind,
        "unit_id": entry.author_unit_id,
        "holder_unit_id": folded.extra.get("holder"),
        "ground": payload.get("ground") or "",
        "result": payload["result"] if ended else "",
        "happened_at": entry.happened_at,
        "happened_on": on,
        "month": month_of(on),
        "is_late": int(bool(payload.get("overdue")) and entry.action not in LATE_ELSEWHERE),
        "seconds": seconds(last_at, entry.happened_at),
    }
    folded.changed.setdefault(STEPS, {})[entry.step] = row
    folded.counted[STEPS] = entry.step


# -- what each action means beyond -------------------------------------------------------------------------------------


def _first(column: str, since: str, took: str) -> Fold:
    """The first time that something was done, and how long it took since another."""

    def act(folded: Folded, entry: Entry) -> None:
        matter = folded.matter
        if matter[column] is None:
            matter[column] = entry.happened_at
            matter[took] = seconds(matter[since], entry.happened_at)

    return act


_accept = _first("accepted_at", "reported_at", "accept_seconds")
_contact = _first("contacted_at", "taken_at", "contact_seconds")


def _count(column: str) -> Fold:
    def act(folded: Folded, _entry: Entry) -> None:
        folded.matter[column] += 1

    return act


def _note(folded: Folded, entry: Entry) -> None:
    """A process names its step of contact `contact`; any other note is a step and no more."""
    if entry.payload["done_by"] == "contact":
        _contact(folded, entry)


def _replied(folded: Folded, at: datetime) -> None:
    folded.matter.update(replied_at=at, reply_seconds=seconds(folded.matter["reported_at"], at))


def _reply(folded: Folded, entry: Entry) -> None:
    _replied(folded, entry.happened_at)


def _settle(folded: Folded, entry: Entry) -> None:
    _replied(folded, _time(entry.payload["replied_at"]) or entry.happened_at)


def _grant(folded: Folded, entry: Entry) -> None:
    """More time, or a pause. Version 1 doesn't say which: a pause is about no clock."""
    payload = entry.payload
    kind = payload.get("ask_type")
    if kind is None and payload["was_due_at"] is not None:
        kind = "extend" if payload["clock"] else "pause"
    if kind == "extend":
        folded.matter["extensions"] += 1
    elif kind == "pause":
        folded.matter["pauses"] += 1


def _rate(folded: Folded, entry: Entry) -> None:
    payload, matter = entry.payload, folded.matter
    solved, satisfied = int(bool(payload["solved"])), payload["satisfied"]
    row = _verdict(folded, entry, solved, satisfied, is_lapsed=0)
    matter.update(solved=solved, satisfied=satisfied, rated_month=row["rated_month"])
    # One that follows another only goes back to it: the reopening is the lead's, and counted there.
    if not solved and matter["is_open"] and not folded.extra.get("linked"):
        matter["reopenings"] += 1


def _lapse(folded: Folded, entry: Entry) -> None:
    _verdict(folded, entry, None, None, is_lapsed=1)


def _verdict(
    folded: Folded, entry: Entry, solved: int | None, satisfied: int | None, *, is_lapsed: int
) -> dict[str, Any]:
    matter, on = folded.matter, day_of(entry.happened_at)
    return folded.add(
        RATINGS,
        {
            "step": entry.step,
            "reported_month": matter["reported_month"],
            "rated_at": entry.happened_at,
            "rated_on": on,
            "rated_month": month_of(on),
            "unit_id": matter["lead_unit_id"],
            "solved": solved,
            "satisfied": satisfied,
            "is_lapsed": is_lapsed,
        },
    )


def _link(folded: Folded, entry: Entry) -> None:
    folded.matter["linked_to"] = entry.payload["lead_id"]
    folded.extra["linked"] = True


def _unlink(folded: Folded, _entry: Entry) -> None:
    folded.extra["linked"] = False


def _void(folded: Folded, _entry: Entry) -> None:
    folded.matter["papers"] -= 1


def _erased(folded: Folded, entry: Entry) -> None:
    """Its reporter had it deleted: which place it was about goes with the words; kind, category, region and dates stay."""
    if "text" in entry.payload.get("parts", ()):
        folded.matter["place_id"] = None


_BEGIN = frozenset({"matters.report", "matters.part"})
_ACTIONS: Mapping[str, Fold] = {
    "matters.accept": _accept,
    "matters.note": _note,
    "matters.reply": _reply,
    "matters.conclude": _reply,
    "matters.review": _reply,
    "matters.settle": _settle,
    "matters.hand_back": _count("returns"),
    "matters.give_back": _count("returns"),
    "matters.check_fail": _count("failed_checks"),
    "matters.escalate": _count("escalations"),
    "matters.reopen": _count("reopenings"),
    "matters.grant": _grant,
    "matters.urge": _count("urges"),
    "matters.supervise": _count("supervisions"),
    "matters.rate": _rate,
    "matters.lapse": _lapse,
    "matters.link": _link,
    "matters.unlink": _unlink,
    "matters.paper": _count("papers"),
    "matters.paper_void": _void,
    "matters.succeed": succeed,
    "matters.due_moved": due_moved,
    "matters.promise_moved": promise_moved,
    "matters.helper_left": helper_left,
    "matters.erased": _erased,
}
"""What each action means beyond its step and what every entry of the loop tells."""
