"""Doing an action of a matter's process: one function, one transaction, one journal entry, whatever the kind."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.effects import EFFECTS
from shanzhi.kernel.matters.operations.fields import checked_fields
from shanzhi.kernel.matters.operations.step import (
    Done,
    Step,
    attach_files,
    check_version,
    claim_submission,
    done_of,
    door_of,
    finish,
    lock_matter,
    move,
    write_words,
)
from shanzhi.kernel.matters.policy.process import Kind, check_action, outcome_of
from shanzhi.kernel.matters.rulebook import kind_version


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
    matter = lock_matter(matter_id, actor=actor)
    kind = kind_version(matter.kind, matter.kind_version)
    given = {code: value for code, value in (fields or {}).items() if value not in (None, "", (), [])}
    if key is not None:
        content = (matter_id, action, sorted((code, repr(value)) for code, value in given.items()))
        earlier = claim_submission(
            door=door_of(actor), key=key, content=content, matter_id=matter_id, step=matter.steps + 1, now=now
        )
        if earlier is not None:
            return replace(done_of(matter, kind), step=earlier.step, replayed=True)
    step = _begin(matter, kind, action, actor, now, given)
    check_version(matter, kind, step.action, version)
    step.given = checked_fields(step)
    return _carry_out(step)


def _begin(matter: Matter, kind: Kind, action: str, actor: Actor, now: datetime, given: Mapping[str, Any]) -> Step:
    """The step, if the actor may take it now."""
    rows = list(Assignment.objects.filter(matter=matter).order_by("id"))
    open_rows = [row for row in rows if row.ended_at is None]
    mine = next((row for row in open_rows if row.unit_id == actor.unit_id), None) if actor.is_post else None
    checked = check_action(
        kind,
        action,
        stage=matter.stage,
        roles=actor.roles,
        is_lead=mine is not None and mine.part == "lead",
        is_co=mine is not None and mine.part == "co",
        is_reporter=actor.kind == "reporter" and matter.follow_hash in actor.follow,
        is_intake=is_intake(matter, actor),
        handled_by={row.handled_by_id for row in rows if row.handled_by_id is not None},
        actor_staff=actor.staff_id,
        counts=matter.counts,
        given_fields=given,
    )
    return Step(matter, kind, checked, actor, now, given, open_rows)


def is_intake(matter: Matter, actor: Actor) -> bool:
    """Does the actor answer for the matter's intake: its centre, or one whose place it lies in?"""
    return (
        actor.unit_id == matter.intake_unit_id
        or actor.ranges.contains(matter.scope_code)
        or actor.intake.contains(matter.scope_code)
    )


def _carry_out(step: Step) -> Done:
    matter, kind, action = step.matter, step.kind, step.action
    before = matter.stage
    outcome = outcome_of(kind, action, step.given)
    target = kind.target(action, before, outcome=outcome, counts=matter.counts)
    if action.counts_up(outcome):
        matter.counts = matter.counts | {action.counts: matter.counts.get(action.counts, 0) + 1}
        step.tells.update(count=action.counts, counted=matter.counts[action.counts])
    matter.steps += 1
    EFFECTS[action.verb](step)
    write_words(step)
    attach_files(step)
    # An action that stays in its stage lets the clock run on; a stage entered anew (a transfer) starts its own.
    deadline = None if action.stays else move(step, target)
    return finish(step, before, deadline)
