"""What is promised of a matter, each promise by itself: the step that comes next, and the answer to whoever reported it."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import Course
from shanzhi.kernel.matters.models import Clock, Matter
from shanzhi.kernel.matters.policy.clocks import STAGE
from shanzhi.kernel.matters.policy.process import Kind, Owner, Role, Verb
from shanzhi.kernel.matters.queries.names import Names
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.matters.rulebook import kind_version

THIS_STEP = msg("办完这一步")


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that is to be done by a moment: its name (a message id)."""

    name: str
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Promised:
    """What is promised of an open matter. `step`: what `unit` is to do next; `clocks`: the limits that run beside, the soonest
    first; `waits_until`: how long its reporter may take, whose turn it is; `answer_at`: by when its reporter has an answer,
    where one is answered; `held_until`: the clocks stand still, and go on then at the latest."""

    unit: str
    step: Promise | None = None
    clocks: tuple[Promise, ...] = ()
    waits_until: datetime | None = None
    answer_at: datetime | None = None
    held_until: datetime | None = None


def promised(matter_id: int, *, now: datetime) -> Promised | None:
    """What is promised of a visible matter; None where there is none, or it has ended; 1 query, 2 for one in a grid."""
    matters, clocks = together(
        Matter.objects.filter(pk=matter_id, ended_at=None),
        Clock.objects.filter(matter_id=matter_id, stopped_at=None).order_by("due_at", "id"),
    )
    if not matters:
        return None
    matter: Matter = matters[0]
    kind, unit = kind_version(matter.kind, matter.kind_version), Names(matters, now).unit(matter.holder_unit_id)
    held = next(
        (row for row in clocks if row.paused_at or (row.course and Course.from_json(row.course).is_paused)), None
    )
    if held is not None:
        return Promised(unit, held_until=held.due_at)
    return _promised(kind, matter.stage, unit, {row.code: row.due_at for row in clocks})


def _promised(kind: Kind, code: str, unit: str, due: dict[str, datetime]) -> Promised:
    """Out of the clocks that run, by their codes, the soonest first."""
    stage = kind.stage(code)
    # A limit that rules a stage of the lead, who answers, is what an answer is promised by; a linked report has its lead's.
    ruling = {each.clock for each in kind.stages if each.clock and each.owner is Owner.LEAD}
    ruling |= {STAGE} if code == kind.linked_stage else set()
    is_answered = any(each.owner is Owner.REPORTER for each in kind.stages)
    answer = next((name for name in due if name in ruling), None) if is_answered else None
    is_awaited = stage.owner is Owner.REPORTER
    own = due.get(STAGE)
    return Promised(
        unit,
        Promise(_next_step(kind, code), own) if own and answer != STAGE and not is_awaited else None,
        tuple(Promise(kind.clock(name).name, at) for name, at in due.items() if name not in (answer, STAGE)),
        waits_until=own if is_awaited else None,
        answer_at=due[answer] if answer is not None else None,
    )


def _next_step(kind: Kind, code: str) -> str:
    """What a stage's own limit is for: to take it over, where that comes next; else to be done with the stage."""
    return next((each.name for each in kind.actions_from(code, {Role.HANDLER}) if each.verb is Verb.TAKE), THIS_STEP)
