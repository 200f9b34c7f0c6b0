"""What of a matter its reporter reads: which entries of the journal, and whose words. Pure.

Supervision inside the administration (督办), urgings that somebody else put to a unit, and what units ask each other are
the administration's own; the reporter reads what was done with the matter, and the answer to their own urging.
"""

from collections.abc import Mapping
from typing import Any

from shanzhi.kernel.matters.policy.entries import entries_offered
from shanzhi.kernel.matters.policy.process import Kind, Owner, PaperTo, Role, Verb

_INNER = frozenset(
    f"matters.{verb}"
    for verb in (
        *("correct", "hand_over", "post_fall", "ask", "decline"),
        *("supervise", "report_back", "insist", "clear"),
        *("involve", "assist_back", "excuse"),
    )
)
"""Corrections, who in the offices has it in hand, and how units push and answer each other."""
_NOTES = frozenset({"matters.note", "matters.attach"})
_PAPERS = frozenset({"matters.paper", "matters.paper_void"})
_URGINGS = frozenset({"matters.urge", "matters.respond"})


def is_reporters_ask(kind: Kind, ask: str) -> bool:
    """Is it the reporter who puts this ask: their own urging?"""
    return any(action.ask == ask and Role.REPORTER in action.by for action in kind.verb(Verb.URGE))


def is_asked_again(payload: Mapping[str, Any], kind: Kind) -> bool:
    """Was a linked matter taken back from its reporter, who was being asked, to wait for another answer?"""
    been = next((stage for stage in kind.stages if stage.code == payload.get("stage")), None)
    is_back = bool(kind.linked_stage) and payload.get("to_stage") == kind.linked_stage
    return is_back and been is not None and been.owner is Owner.REPORTER


def is_entry_for_reporter(
    action: str, payload: Mapping[str, Any], author_kind: str, kind: Kind, *, has_words: bool
) -> bool:
    """Does the reporter read this entry? `has_words`: it has words that the reporter may read."""
    if action in _PAPERS:
        return bool(payload["to"] == PaperTo.REPORTER)
    if action == "matters.assist_done":
        # A co-handler's result is for the lead, until the lead includes it in the answer.
        return has_words
    if action == "matters.follow":
        return is_asked_again(payload, kind)
    if action in _URGINGS:
        return is_reporters_ask(kind, str(payload.get("ask") or ""))
    return (
        action not in _INNER and action not in entries_offered() and (action not in _NOTES or author_kind == "reporter")
    )


def is_entry_proved_to_reporter(
    action: str, payload: Mapping[str, Any], author_kind: str, kind: Kind, *, has_words: bool
) -> bool:
    """Does the reporter's proof file hold this entry? It holds each whole, so none that names another's report."""
    names_another = payload.get("lead_id") is not None
    return not names_another and is_entry_for_reporter(action, payload, author_kind, kind, has_words=has_words)
