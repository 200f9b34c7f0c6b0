"""Doing an action of a matter's process: one function, one transaction, one journal entry, whatever the kind."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Matter
from shanzhi.kernel.matters.operations.clocks import clocks_of, finish_clocks
from shanzhi.kernel.matters.operations.effects import EFFECTS
from shanzhi.kernel.matters.operations.fields import checked_fields, day_given
from shanzhi.kernel.matters.operations.helping import join_helpers
from shanzhi.kernel.matters.operations.linking import LEAD_FIELD, linked_from, linked_target, lock_with_lead
from shanzhi.kernel.matters.operations.parting import check_still_part, part_target
from shanzhi.kernel.matters.operations.standing import case_of
from shanzhi.kernel.matters.operations.step import (
    Done,
    Step,
    attach_files,
    check_version,
    claim_submission,
    done_of,
    door_of,
    finish,
    move,
    write_words,
)
from shanzhi.kernel.matters.policy.process import (
    Kind,
    Verb,
    check_action,
    is_drawn,
    outcome_of,
    with_verdict,
)
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.vault import operations as vault


@transaction.atomic
def act(
    *,
    matter_id: int,
    action: str,
    actor: Actor,
    now: datetime,
    fields: Mapping[str, object] | None = None,
    version: int | None = None,
    key: uuid.UUID | None = None,
) -> Done:
    """Do `action` (its code in the matter's process) with `fields` by field code.

    `version` is the one that the actor's screen showed; `key` names the submission, so that sending it again does
    nothing again. Files are given as they come from `files.operations.store`. About 12 statements.

    Raises:
        MatterNotFound: not there, or not visible to the actor.
        MovedOn: the screen was older than the matter.
        StageForbids, RoleForbids, SamePerson, LimitReached, FieldsMissing, FieldsWrong: see policy.process.
        KeyReused: the key was used for another content.
    """
    matter = lock_with_lead(matter_id, (fields or {}).get(LEAD_FIELD), actor)
    kind = kind_version(matter.kind, matter.kind_version)
    given = {code: value for code, value in (fields or {}).items() if value not in (None, "", (), [])}
    if kind.has_action(action):
        given = with_verdict(kind, kind.action(action), given)
    if key is not None:
        content = (matter_id, action, sorted((code, repr(value)) for code, value in given.items()))
        earlier = claim_submission(
            door=door_of(actor), key=key, content=content, matter_id=matter_id, step=matter.steps + 1, now=now
        )
        if earlier is not None:
            return replace(done_of(matter, kind), step=earlier.step, replayed=True)
    # Asked for behind the lock, and once: what is checked and what is written go by the same regions.
    with organisation.one_tree():
        step = _begin(matter, kind, action, actor, now, given)
        check_version(matter, kind, step.action, version)
        step.given = checked_fields(step)
        return _carry_out(step)


def _begin(matter: Matter, kind: Kind, action: str, actor: Actor, now: datetime, given: Mapping[str, Any]) -> Step:
    """The step, if the actor may take it now."""
    rows = list(Assignment.objects.filter(matter=matter).order_by("id"))
    open_rows = [row for row in rows if row.ended_at is None]
    asks, clocks = _asked_of(matter, kind, action)
    case = case_of(matter, kind, actor, rows, asks=asks, clocks=clocks, now=now)
    checked = check_action(case, action, given)
    return Step(matter, kind, checked, actor, now, given, open_rows)


def _asked_of(matter: Matter, kind: Kind, action: str) -> tuple[list[Ask], list[Clock]]:
    """What was asked and the clocks, for the actions that depend on them; 2 queries at most for those."""
    if not kind.has_action(action):
        return [], []
    found = kind.action(action)
    is_ruled_on = any(ask.after and ask.after == found.counts for ask in kind.asks)
    if not (found.ask or is_ruled_on or found.verb in (Verb.RESUME, Verb.APPEAL, Verb.TRANSFER)):
        return [], []
    asks = list(Ask.objects.filter(matter=matter).order_by("id"))
    return asks, [] if found.verb is Verb.TRANSFER else clocks_of(matter)


def is_named(matter_id: int) -> bool:
    """Is a resident named in the matter, who may be asked for a verdict? As it was reported; 1 query."""
    told = journal.entries_by_action("matter", [matter_id], ["matters.report"], limit=1)
    return any(row.payload.get("has_contact") for row in told)


def _draw(step: Step) -> bool:
    """Is this end to be checked? Told in the journal either way."""
    if step.action.verb is not Verb.CONCLUDE:
        return False
    key = vault.keyring().derive("check-draw")
    step.tells["drawn"] = is_drawn(step.kind, key, step.matter.number, step.matter.steps + 1)
    return bool(step.tells["drawn"])


def _target(step: Step, outcome: str) -> str:
    """Where the action leads; who is named in the matter is asked only where the way depends on it."""
    matter = step.matter
    target = step.kind.target(step.action, matter.stage, outcome=outcome, counts=matter.counts)
    if not step.kind.stage(target).unnamed or is_named(matter.pk):
        return target
    return step.kind.target(step.action, matter.stage, outcome=outcome, counts=matter.counts, is_named=False)


def _carry_out(step: Step) -> Done:
    matter, kind, action = step.matter, step.kind, step.action
    before = matter.stage
    if step.actor.kind != "system":
        check_still_part(step)
    outcome = outcome_of(kind, action, step.given, drawn=_draw(step), linked_from=linked_from(step))
    target = part_target(step, linked_target(step, outcome, _target(step, outcome)))
    # One that follows another only goes back to it: the reopening is the lead's, and counted there.
    if action.counts_up(outcome) and not (action.verb is Verb.RATE and target == kind.linked_stage):
        matter.counts = matter.counts | {action.counts: matter.counts.get(action.counts, 0) + 1}
        step.tells.update(count=action.counts, counted=matter.counts[action.counts])
    matter.steps += 1
    EFFECTS[action.verb](step)
    step.until = day_given(step)
    write_words(step)
    attach_files(step)
    # An action that stays in its stage lets the clock run on; a stage entered anew (a transfer) starts its own.
    if action.stays:
        finish_clocks(matter, kind, action, step.now)
    deadline = None if action.stays else move(step, target)
    join_helpers(step)
    return finish(step, before, deadline)
