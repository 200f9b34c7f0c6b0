"""The row of what is put to a unit on a matter's way (an application, an urging, a supervision): put by a limit, ended once."""

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import set_deadline
from shanzhi.kernel.matters.models import Ask
from shanzhi.kernel.matters.operations.clocks import calendars
from shanzhi.kernel.matters.operations.step import Step
from shanzhi.kernel.matters.policy.process import AskSpec


def put(step: Step, spec: AskSpec, to_unit: int, ground: str, amount: str = "") -> None:
    """Put it to a unit, which answers by the limit. Of a reporter, who has no unit, it comes by the centre's name."""
    matter, actor = step.matter, step.actor
    answer = set_deadline(step.now, spec.limit, None, calendars(local_date(step.now))(step.kind.calendar))
    Ask.objects.create(
        matter=matter,
        code=spec.code,
        type=spec.type.value,
        clock=spec.clock,
        amount=amount,
        ground=ground,
        unit_id=actor.unit_id or matter.intake_unit_id,
        post_id=actor.post_id,
        staff_id=actor.staff_id,
        to_unit_id=to_unit,
        step=matter.steps,
        asked_at=step.now,
        due_at=answer.due_at,
        warn_at=answer.warn_at,
        limit_text=answer.limit_text,
        calendar_version=answer.calendar_version,
        is_provisional=answer.is_provisional,
    )
    step.tells.update(
        ask=spec.code,
        ask_type=spec.type.value,
        clock=spec.clock,
        amount=amount,
        ground=ground,
        asked_unit_id=to_unit,
        answer_due_at=answer.due_at,
    )


def open_ask(step: Step, code: str) -> Ask:
    """The one of this code that waits for its answer."""
    return Ask.objects.get(matter=step.matter, code=code, state="open")


def end(step: Step, row: Ask, state: str) -> None:
    """Answer it; the row stays with its answer, and the step tells whose it was."""
    row.state, row.decided_at, row.decided_step = state, step.now, step.matter.steps
    row.save(update_fields=["state", "decided_at", "decided_step"])
    step.tells.update(
        ask=row.code,
        ask_type=row.type,
        clock=row.clock,
        amount=row.amount,
        ground=row.ground,
        asked_unit_id=row.unit_id,
    )
