"""Doing an action of a matter's process: one function, one transaction, one journal entry, whatever the kind."""

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import working_days_between
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Matter
from shanzhi.kernel.matters.operations.clocks import calendars, clocks_of, finish_clocks, running
from shanzhi.kernel.matters.operations.effects import EFFECTS
from shanzhi.kernel.matters.operations.fields import checked_fields, day_given
from shanzhi.kernel.matters.operations.helping import helpers_of, join_helpers
from shanzhi.kernel.matters.operations.linking import LEAD_FIELD, linked_from, linked_target, lock_with_lead
from shanzhi.kernel.matters.operations.parting import check_still_part, part_target
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
    AskState,
    ClockState,
    Kind,
    Role,
    Verb,
    check_action,
    is_drawn,
    outcome_of,
)
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.organisation.policy import Level, level_of
from shanzhi.kernel.vault import operations as vault

GRID_ROLES = frozenset({Role.GRID_CHIEF.value, Role.GRID_WORKER.value})


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
    mine = share_of(matter, actor, open_rows)
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
        is_colleague=was_handled_by(actor.unit_id, rows),
        counts=matter.counts,
        has_helpers=bool(helpers_of(open_rows)),
        given_fields=given,
        **_states(matter, kind, action, actor, now),
    )
    return Step(matter, kind, checked, actor, now, given, open_rows)


def _states(matter: Matter, kind: Kind, action: str, actor: Actor, now: datetime) -> dict[str, Any]:
    """What was asked and which clocks run, for the actions that depend on it; 2 queries for those."""
    if not kind.has_action(action):
        return {}
    found = kind.action(action)
    if not (found.ask or found.verb in (Verb.RESUME, Verb.APPEAL)):
        return {}
    asks, clocks = Ask.objects.filter(matter=matter).order_by("id"), clocks_of(matter)
    return {"asks": ask_states(asks, actor, kind, now), "clocks": clock_states(clocks, now)}


def ask_states(asks: Iterable[Ask], actor: Actor, kind: Kind, now: datetime) -> tuple[AskState, ...]:
    """How what may be asked about a matter stands, seen by this actor, from all that was asked about it."""
    rows = list(asks)
    # Of those that several units have at once, the acting unit's own.
    open_rows = {
        row.code: row
        for row in sorted(rows, key=lambda row: (row.to_unit_id == actor.unit_id, row.pk))
        if row.state == "open"
    }
    newest = {row.code: row.asked_at for row in rows}
    calendar = calendars(local_date(now))(kind.calendar)
    granted, declined = (Counter(row.code for row in rows if row.state == state) for state in ("granted", "declined"))
    return tuple(
        AskState(
            code,
            is_open=(row := open_rows.get(code)) is not None,
            is_mine=row is not None and row.staff_id is not None and row.staff_id == actor.staff_id,
            is_to_us=row is not None and row.to_unit_id == actor.unit_id,
            granted=granted[code],
            declined=declined[code],
            is_ours=row is not None and row.unit_id == actor.unit_id,
            is_today=working_days_between(newest[code], now, calendar) == 0,
        )
        for code in dict.fromkeys(row.code for row in rows)
    )


def clock_states(clocks: Iterable[Clock], now: datetime) -> tuple[ClockState, ...]:
    """How a matter's running clocks stand, from all its clocks."""
    return tuple(ClockState(row.code, now > row.due_at, row.paused_at is not None) for row in running(clocks))


def was_handled_by(unit_id: int | None, rows: Iterable[Assignment]) -> bool:
    """Did this unit take the matter in hand, by any of its shares?"""
    return any(row.unit_id == unit_id and row.taken_at is not None for row in rows)


def share_of(matter: Matter, actor: Actor, rows: Sequence[Assignment]) -> Assignment | None:
    """The open share of the acting post's unit. Grids of one community share its unit: where the matter lies in a grid,
    a post of another grid has none of it."""
    if not actor.is_post or (actor.role in GRID_ROLES and _is_elsewhere(matter, actor)):
        return None
    return next((row for row in rows if row.ended_at is None and row.unit_id == actor.unit_id), None)


def _is_elsewhere(matter: Matter, actor: Actor) -> bool:
    return level_of(matter.scope_code) is Level.GRID and not actor.ranges.contains(matter.scope_code)


def is_intake(matter: Matter, actor: Actor) -> bool:
    """Does the actor answer for the matter's intake: its centre, or one whose place it lies in?"""
    return (
        actor.unit_id == matter.intake_unit_id
        or actor.ranges.contains(matter.scope_code)
        or actor.intake.contains(matter.scope_code)
    )


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
