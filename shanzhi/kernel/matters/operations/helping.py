"""Co-handling (协办): each co-handler has a promise of its own and gives its own result; the lead answers for the whole.

A co-handler's promise is no later than the lead's, and stands in its share, apart from the matter's clocks: a late one
makes nobody else late. A share ends by its result, by its return to the lead on a ground, or by the lead's reason for
not waiting any longer.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from shanzhi.core.errors import Conflict
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import set_deadline
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Matter, Remark
from shanzhi.kernel.matters.operations.clocks import calendars, clocks_of, running
from shanzhi.kernel.matters.operations.receiving import check_receivers
from shanzhi.kernel.matters.operations.step import Step, take_part
from shanzhi.kernel.matters.policy.clocks import calendar_of
from shanzhi.kernel.matters.policy.process import AskType, FieldsWrong, FieldType, Kind, Verb
from shanzhi.kernel.organisation import queries as organisation


class HelpersOpen(Conflict):
    """Co-handlers haven't given their results, and the lead hasn't said why it doesn't wait for them."""

    code = "helpers-open"


class ReturnedBefore(Conflict):
    """A unit gave its co-handling back once, and the lead asked it again: that stands."""

    code = "returned-before"


def helpers_of(rows: Iterable[Assignment]) -> list[Assignment]:
    """The co-handlers among shares whose results are awaited."""
    return [row for row in rows if row.part == "co" and row.ended_at is None]


def check_helpers(step: Step, lead: int | None, units: Collection[int]) -> None:
    """Co-handlers are other units than the lead, each once, with somebody at work, and not too many in all.

    Raises:
        FieldsWrong: `fields` names the field of the units.
    """
    field = next((code for code in step.action.fields if step.kind.field(code).type is FieldType.UNITS), "co")
    if not units:
        return
    on = local_date(step.now)
    if lead in units:
        raise FieldsWrong(msg("主办单位不能同时是协办单位。"), fields={field: msg("请去掉主办单位。")})
    twice = {row.unit_id for row in helpers_of(step.open)} & set(units)
    if twice:
        raise FieldsWrong(
            msg("%(units)s已经在协办，还没有给出结果。"),
            fields={field: msg("请去掉已在协办的单位。")},
            units=named(twice, step.now),
        )
    empty = set(units) - organisation.held_roles_of_units(units, on).keys()
    if empty:
        raise FieldsWrong(
            msg("%(units)s现在没有在岗人员，不能协办。请另选单位，或请管理员先安排人员。"),
            fields={field: msg("请去掉没有在岗人员的单位。")},
            units=named(empty, step.now),
        )
    most = step.kind.field(field).max
    if most is not None and len(helpers_of(step.open)) + len(units) > most:
        raise FieldsWrong(
            msg("同时协办的单位最多%(most)s个。请先等前面的结果。"), fields={field: msg("太多了。")}, most=most
        )


def named(unit_ids: Collection[int], now: datetime) -> str:
    """Units' names in a row, as a sentence has them."""
    found = organisation.units_by_ids(unit_ids, local_date(now))
    return "、".join(f"“{found[each].name}”" for each in sorted(unit_ids) if each in found)


def involve(step: Step) -> None:
    """The lead asks further units to help (请求协办)."""
    units = tuple(step.given[next(code for code in step.action.needs if _type(step, code) is FieldType.UNITS)])
    check_helpers(step, step.lead.unit_id if step.lead else None, units)
    check_receivers(step, None, units)
    take_part(step.matter.pk, dict.fromkeys(units, "receiver"), step.now)
    made = [
        Assignment(matter=step.matter, unit_id=unit, part="co", state="waiting", assigned_at=step.now) for unit in units
    ]
    step.open += made
    step.joining += made
    step.touch(*made)
    step.tells["co_unit_ids"] = units


def join_helpers(step: Step) -> None:
    """Write the shares of those who came in with this step, each with its promise; once the clocks have moved."""
    made, spec = step.joining, step.kind.assist_clock
    if not made:
        return
    if spec is not None:
        calendar = calendars(local_date(step.now))(calendar_of(step.kind, spec.code))
        own, whole = set_deadline(step.now, spec.limit, spec.warn, calendar), lead_clock(step.matter, step.kind)
        is_capped = whole is not None and step.now < whole.due_at < own.due_at
        for row in made:
            row.due_at = whole.due_at if whole is not None and is_capped else own.due_at
            row.warn_at = min(own.warn_at, whole.warn_at) if whole is not None and is_capped else own.warn_at
            row.limit_text, row.calendar_version = own.limit_text, own.calendar_version
            row.is_provisional = own.is_provisional
    Assignment.objects.bulk_create(made)


def lead_clock(matter: Matter, kind: Kind) -> Clock | None:
    """By what the lead has to answer: the clock that a stage trusts in."""
    ruling = {stage.clock for stage in kind.stages if stage.clock}
    return next((row for row in running(clocks_of(matter)) if row.code in ruling), None)


def assist_done(step: Step) -> None:
    """A co-handler gives its result; that it was late is told."""
    _end(step, step.mine, "done")


def assist_back(step: Step) -> None:
    """A co-handler says on a ground that it isn't its business: the lead sees to it. Once; asked again, it helps.

    Raises:
        ReturnedBefore: it gave this matter back before.
    """
    row = step.mine
    if (
        row is not None
        and Assignment.objects.filter(matter=step.matter, unit_id=row.unit_id, part="co", state="returned").exists()
    ):
        raise ReturnedBefore(msg("本单位退过一次协办，主办单位仍请协办。请协办，或与主办单位商量。"))
    if row is not None:
        row.ground = step.given["ground"]
    step.tells["ground"] = step.given["ground"]
    _end(step, row, "returned")


def excuse(step: Step) -> None:
    """The lead doesn't wait for a co-handler any longer; its words say why, and the checker reads them."""
    row = awaited(step)
    step.tells["co_unit_ids"] = (row.unit_id,)
    _end(step, row, "excused")


def awaited(step: Step) -> Assignment:
    """The co-handler's share that a field names.

    Raises:
        FieldsWrong: no such one is awaited.
    """
    field = next(code for code in step.action.needs if _type(step, code) is FieldType.HELPER)
    row = next((each for each in helpers_of(step.open) if str(each.unit_id) == str(step.given[field])), None)
    if row is None:
        raise FieldsWrong(
            msg("这个单位没有在协办，或已经给出结果。请刷新后再看。"), fields={field: msg("请从列表里选。")}
        )
    return row


def _end(step: Step, row: Assignment | None, state: str) -> None:
    if row is None:
        return
    step.tells["overdue"] = row.due_at is not None and step.now > row.due_at
    if state != "excused":
        row.taken_at = row.taken_at or step.now
        row.handled_by_id = step.actor.staff_id or row.handled_by_id
        row.post_id = step.actor.post_id or row.post_id
    row.state, row.ended_at, row.result_step = state, step.now, step.matter.steps
    row.save(update_fields=["state", "taken_at", "handled_by", "post", "ended_at", "ground", "result_step"])
    step.open = [each for each in step.open if each.ended_at is None]
    step.touch(row)
    if step.kind.asks:
        urged = Ask.objects.filter(matter=step.matter, state="open", type=AskType.URGE_CO, to_unit_id=row.unit_id)
        urged.update(state="dropped", decided_at=step.now, decided_step=step.matter.steps)


def check_all_answered(step: Step) -> None:
    """The lead answers for the whole: every co-handler has given its result, or it is said why the lead didn't wait.

    Raises:
        HelpersOpen: some are awaited. Kinds without a way to stop waiting don't ask for this.
    """
    waiting = helpers_of(step.open) if step.kind.verb(Verb.EXCUSE) else []
    if waiting:
        raise HelpersOpen(
            msg("协办单位%(units)s还没有给出结果。请等结果，或逐个写明不再等待的理由，然后再%(action)s。"),
            units=named([row.unit_id for row in waiting], step.now),
            action=(step.action.name,),
        )


def include_results(step: Step) -> None:
    """Let the reporter read the results that the lead includes in its answer.

    Raises:
        FieldsWrong: a unit without a result.
    """
    field = next((code for code in step.action.fields if _type(step, code) is FieldType.RESULTS), "")
    wanted = {str(each) for each in step.given.get(field) or ()} if field else set()
    if not wanted:
        return
    done = Assignment.objects.filter(matter=step.matter, part="co", state="done", result_step__isnull=False)
    steps = {row.result_step or 0: str(row.unit_id) for row in done if str(row.unit_id) in wanted}
    if wanted - set(steps.values()):
        raise FieldsWrong(msg("选中的单位还没有协办结果。"), fields={field: msg("请从列表里选。")})
    Remark.objects.filter(matter=step.matter, step__in=steps, part="words", for_reporter=False).update(
        for_reporter=True
    )
    step.tells["co_unit_ids"] = tuple(sorted(int(each) for each in wanted))


def _type(step: Step, code: str) -> FieldType:
    return step.kind.field(code).type
