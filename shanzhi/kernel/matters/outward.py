"""What reporters and other systems are told of a step: number, kind, stage and dates; never what the matter says."""

from collections.abc import Sequence
from datetime import datetime

from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import msg
from shanzhi.kernel.matters import operations, queries, rulebook
from shanzhi.kernel.matters.policy.process import Party
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.operations import Outward, ToReporter
from shanzhi.kernel.notices.policy import Happened, offer_places
from shanzhi.kernel.notices.policy.contacts import offer_calendar, offer_phone
from shanzhi.kernel.notices.policy.kinds import offer_kinds
from shanzhi.kernel.vault import queries as vault

REPORT = "report"
PHONE = "phone"
INVENTED = {
    "number": "SZ20251118-000042",
    "kind": msg("诉求"),
    "stage": msg("办理中"),
    "due": "11月25日17:30",
}
"""The places of templates, with what a preview shows in them."""


def facts_of(matter: queries.Parties) -> dict[str, str]:
    """What fills the places of templates: texts, the same whoever is told."""
    due = matter.due_at.astimezone(CITY_ZONE) if matter.due_at else None
    return {
        "number": matter.number,
        "kind": matter.kind.name,
        "stage": matter.kind.stage(matter.stage).name,
        "due": f"{due.month}月{due.day}日{due:%H:%M}" if due else "",
    }


def tell_outside(events: Sequence[Happened], now: datetime) -> None:
    """Plan what goes out of these steps; told twice, nothing is added."""
    told = queries.parties_of(list({int(event.body["matter"]) for event in events}))
    steps = [
        (event, matter, str(event.body["action"]))
        for event in events
        if (matter := told.get(int(event.body["matter"])))
        and (event.body["action"] == REPORT or matter.kind.has_action(str(event.body["action"])))
    ]
    notices.outward_plan([_outward(*step) for step in steps], now=now)
    to_reporters = [
        _to_reporter(event, matter, action)
        for event, matter, action in steps
        if action != REPORT and Party.REPORTER in matter.kind.action(action).notify
    ]
    if to_reporters:
        pieces = vault.pieces_kept("matter", {item.subject_id for item in to_reporters})
        reachable = {piece.subject_id for piece in pieces if piece.part == PHONE}
        notices.reporters_plan([item for item in to_reporters if item.subject_id in reachable], now=now)


def _step(matter: queries.Parties, action: str) -> str:
    return f"matters.{REPORT}" if action == REPORT else matter.kind.action(action).journal


def _outward(event: Happened, matter: queries.Parties, action: str) -> Outward:
    data = {
        "number": matter.number,
        "kind": matter.kind.code,
        "action": action,
        "stage": matter.stage,
        "region": matter.scope_code,
        "due_at": matter.due_at.isoformat(timespec="seconds") if matter.due_at else None,
    }
    return Outward(
        step=_step(matter, action),
        kind=matter.kind.code,
        scope_code=matter.scope_code,
        subject=matter.number,
        subject_step=int(event.body["step"]),
        happened_at=event.created_at,
        data=data,
    )


def _to_reporter(event: Happened, matter: queries.Parties, action: str) -> ToReporter:
    return ToReporter(
        step=_step(matter, action),
        kind=matter.kind.code,
        subject_kind="matter",
        subject_id=int(event.body["matter"]),
        subject_step=int(event.body["step"]),
        facts=facts_of(matter),
    )


offer_places("unit", "matters.", INVENTED)
offer_places("unit", "matters.ladder_", {"count": "3", "rung": "2"})
offer_places("reporter", "matters.", {**INVENTED, "link": "https://city.example/follow/"})
offer_phone("matter", operations.phone_for_notice)
offer_calendar(rulebook.work_calendar)
offer_kinds(lambda: {code: rulebook.current_kind(code).name for code in sorted(rulebook.live_kinds())})
