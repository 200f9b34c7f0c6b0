"""Pushing the lead of a matter: urging (催办), supervision (督办), and the two answers at its end (一案双查)."""

from shanzhi.core.text import msg
from shanzhi.kernel.matters.models import Ask
from shanzhi.kernel.matters.operations import asks
from shanzhi.kernel.matters.operations.helping import awaited
from shanzhi.kernel.matters.operations.step import Step, take_part
from shanzhi.kernel.matters.policy.process import AskType, FieldsMissing, FieldType, StageForbids, is_blank


def push_lead(step: Step) -> None:
    """Put an urging or a supervision to the unit that leads; the lead's own urging to one of its co-handlers.

    Raises:
        StageForbids: nobody leads the matter now, or the co-handler was urged and hasn't answered.
        FieldsWrong: no such co-handler is awaited.
    """
    if step.kind.ask(step.action.ask).type is AskType.URGE_CO:
        _push_helper(step)
        return
    if step.lead is None:
        raise StageForbids(msg("现在没有主办单位，不能%(action)s。请先派单。"), action=(step.action.name,))
    asks.put(step, step.kind.ask(step.action.ask), step.lead.unit_id, step.given.get("ground", ""))


def _push_helper(step: Step) -> None:
    to = awaited(step).unit_id
    spec = step.kind.ask(step.action.ask)
    if Ask.objects.filter(matter=step.matter, code=spec.code, to_unit_id=to, state="open").exists():
        raise StageForbids(msg("“%(ask)s”已经转给这个单位，还没有回应。请等回应后再提。"), ask=(spec.name,))
    asks.put(step, spec, to, "")


def respond_urge(step: Step) -> None:
    """Who was urged answers: the lead, or a co-handler what it was asked itself."""
    is_helper = step.kind.ask(step.action.ask).type is AskType.URGE_CO
    own = {"to_unit_id": step.actor.unit_id} if is_helper else {}
    row = Ask.objects.get(matter=step.matter, code=step.action.ask, state="open", **own)
    asks.end(step, row, "granted")


def report_back(step: Step) -> None:
    """The lead reports to who supervises, who sees the matter from now on."""
    spec = step.kind.ask(step.action.ask)
    over = asks.open_ask(step, spec.about)
    take_part(step.matter.pk, {over.unit_id: "holder"}, step.now)
    asks.put(step, spec, over.unit_id, over.ground)


def clear_supervision(step: Step) -> None:
    """End a supervision with its two answers. What the lead reported counts as accepted.

    Raises:
        FieldsMissing: negligent, and no words that say in what.
    """
    solved, negligent = (bool(step.given[code]) for code in answers_of(step))
    over = asks.open_ask(step, step.action.ask)
    for row in _reports(step):
        asks.end(step, row, "granted")
    asks.end(step, over, "granted")
    step.tells.update(claim_solved=solved, negligent=negligent)
    if (negligent or not solved) and is_blank(step.given.get("words")):
        raise FieldsMissing(
            msg("没有解决，或者有失职的，要写明情况。"), fields={"words": msg("写明单位在哪一环节做得不够，不写人名。")}
        )


def insist_on(step: Step) -> None:
    """The report isn't enough: the supervision goes on with its limit anew, put to the unit that leads now."""
    over = asks.open_ask(step, step.action.ask)
    for row in _reports(step):
        asks.end(step, row, "declined")
    asks.end(step, over, "declined")
    lead = step.lead.unit_id if step.lead else over.to_unit_id
    asks.put(step, step.kind.ask(step.action.ask), lead, over.ground)


def answers_of(step: Step) -> tuple[str, str]:
    """Codes of the two questions at the end of a supervision, in the action's order: solved, negligent."""
    first, second = (code for code in step.action.needs if step.kind.field(code).type is FieldType.BOOL)
    return first, second


def _reports(step: Step) -> list[Ask]:
    codes = [spec.code for spec in step.kind.asks if spec.about == step.action.ask]
    return list(Ask.objects.filter(matter=step.matter, code__in=codes, state="open"))
