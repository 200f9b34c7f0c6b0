"""What a unit asks about a matter on its way (more time, a pause), and what becomes of it once it is granted or declined."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time

from shanzhi.core.errors import Conflict
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.clock.policy import Duration, due_at
from shanzhi.kernel.matters.models import Ask, Precedent
from shanzhi.kernel.matters.operations import asks
from shanzhi.kernel.matters.operations.clocks import (
    calendars,
    clocks_of,
    days_until,
    extend_clock,
    pause_clocks,
    resume_clocks,
    running,
    standing_due,
)
from shanzhi.kernel.matters.operations.helping import check_helpers
from shanzhi.kernel.matters.operations.parting import is_part, whole_due
from shanzhi.kernel.matters.operations.passing import (
    county_centre,
    cross_over,
    receiver_of,
    region_code,
    region_taken,
)
from shanzhi.kernel.matters.operations.receiving import check_given
from shanzhi.kernel.matters.operations.step import Step, assign, end_assignments, take_part
from shanzhi.kernel.matters.policy.clocks import calendar_of
from shanzhi.kernel.matters.policy.process import (
    PART_ISNT_PAUSED,
    AskSpec,
    AskTo,
    AskType,
    FieldsWrong,
    FieldType,
    StageForbids,
    Verb,
)
from shanzhi.kernel.matters.rulebook import grounds
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import UnitKind

COUNTY_DIGITS = 6
TOWNSHIP_DIGITS = 9
"""A precedent holds in the township in which the matter lies: whose duty something is seldom changes inside of one."""


class AskOutOfTime(Conflict):
    """What was asked for has passed before it was decided."""

    code = "ask-out-of-time"


def put_ask(step: Step) -> None:
    """Put what is asked to whoever decides it, who sees the matter from now on."""
    spec = step.kind.ask(step.action.ask)
    if spec.type is AskType.PAUSE and is_part(step.matter):
        raise StageForbids(PART_ISNT_PAUSED)
    amount = _amount(step, spec)
    decider = _decider(step, spec)
    take_part(step.matter.pk, {decider: "holder"}, step.now)
    asks.put(step, spec, decider, step.given.get("ground", ""), amount)


def grant_ask(step: Step) -> None:
    """Do what was asked for."""
    spec, row = decide_ask(step, "granted")
    _GRANTED[spec.type](step, spec, row)


def rule_ask(step: Step) -> None:
    """Give the matter to whom the ruling names; the ruling is final, and a precedent for its category and place.

    Raises:
        FieldsWrong: the unit that asked: it would be a refusal, which has its own button.
    """
    row = decide_ask(step, "granted")[1]
    if "lead" not in step.given:
        rule_crossing(step, row)
        return
    lead = step.given["lead"]
    if lead == row.unit_id:
        raise FieldsWrong(
            msg("裁定由申请单位继续办理的，请按“不同意”，写明理由。"), fields={"lead": msg("请另选单位，或不同意。")}
        )
    check_given(step, lead, step.given.get("co", ()))
    end_assignments(step, "moved")
    check_helpers(step, lead, step.given.get("co", ()))
    assign(step, lead, step.given.get("co", ()))
    _keep_precedent(step, lead)


def ruled_county(category: str, *codes: str) -> int | None:
    """The centre that a ruling named last for a category at a place of these codes; 1 query."""
    if not category:
        return None
    wanted = {code[:size] for code in codes for size in (TOWNSHIP_DIGITS, COUNTY_DIGITS)}
    ruled = Precedent.objects.filter(category=category, region_code__in=wanted, unit__kind=UnitKind.CENTRE.value)
    return ruled.order_by("-ruled_at").values_list("unit_id", flat=True).first()


def _keep_precedent(step: Step, unit_id: int) -> None:
    if step.matter.category:
        Precedent.objects.create(
            category=step.matter.category,
            region_code=step.matter.scope_code[:TOWNSHIP_DIGITS],
            unit_id=unit_id,
            by_unit_id=step.actor.unit_id or 0,
            matter=step.matter,
            ruled_at=step.now,
        )


def decline_ask(step: Step) -> None:
    """Leave everything as it is; on what ground, where the kind asks for one."""
    decide_ask(step, "declined")
    step.tells["ground"] = step.given.get("ground") or step.tells["ground"]


def receive_matter(step: Step) -> None:
    """Another county takes it over: its place and its intake are there from now on, and so is the duty.

    Raises:
        FieldsWrong: a place that isn't in the receiving county.
    """
    row = decide_ask(step, "granted")[1]
    region = region_taken(step, row.amount)
    cross_over(step, region, row.to_unit_id)


def rule_crossing(step: Step, row: Ask) -> None:
    """The level above names the place; the county in which it lies has the matter, and a precedent is kept.

    Raises:
        FieldsWrong: the county that asked: it would be a refusal, which has its own button.
    """
    region = step.given[region_code(step)]
    centre = county_centre(region.code, local_date(step.now))
    if centre is None or centre.id == row.unit_id:
        raise FieldsWrong(
            msg("裁定由原区县继续办理的，请按“裁定由原区县办理”，写明理由。"),
            fields={region_code(step): msg("请选另一个区县，或按“裁定由原区县办理”。")},
        )
    _keep_precedent(step, centre.id)
    cross_over(step, region, centre.id)


def resume_matter(step: Step) -> None:
    """Let the clocks go on, before the pause is over or because it is."""
    resume_clocks(step.matter, step.kind, step.now)


def decide_ask(step: Step, state: str) -> tuple[AskSpec, Ask]:
    """Answer what was asked."""
    spec = step.kind.ask(step.action.ask)
    row = asks.open_ask(step, spec.code)
    asks.end(step, row, state)
    return spec, row


def _decider(step: Step, spec: AskSpec) -> int:
    """The unit that decides; the centre that took the matter in where nobody stands above who asks.

    What a unit's own head decides goes to the level above where nobody but who asks holds a post that could.
    """
    if spec.to is AskTo.RECEIVER:
        return receiver_of(step).id
    asking = organisation.unit_by_id(step.actor.unit_id or 0, local_date(step.now))
    if spec.to is AskTo.UNIT and asking is not None and _has_somebody_else(asking.id, step):
        return asking.id
    above = None
    if spec.to in (AskTo.ABOVE, AskTo.UNIT) and asking is not None:
        above = organisation.unit_above(step.matter.scope_code, asking.level, local_date(step.now))
    return above.id if above is not None else step.matter.intake_unit_id


def _has_somebody_else(unit_id: int, step: Step) -> bool:
    """Does somebody else hold a post of the unit in which this may be granted?"""
    grants = [action for action in step.kind.verb(Verb.GRANT) if action.ask == step.action.ask]
    roles = {role.value for action in grants for role in action.by}
    return any(
        post.staff_id not in (None, step.actor.staff_id) and post.role in roles
        for post in organisation.posts_of_unit(unit_id, local_date(step.now))
    )


def _amount(step: Step, spec: AskSpec) -> str:
    """What is asked for, as text: a duration, or an ISO date.

    Raises:
        FieldsWrong: a day that isn't ahead, or further than the kind lets clocks stand still.
    """
    if spec.type is AskType.RULING:
        return ""
    if spec.type is AskType.CROSS:
        return str(step.given[region_code(step)].code)
    wanted = {AskType.EXTEND: FieldType.LIMIT, AskType.PAUSE: FieldType.DAY}[spec.type]
    code = next(code for code in step.action.needs if step.kind.field(code).type is wanted)
    given = str(step.given[code])
    if spec.type is AskType.PAUSE:
        calendar = calendars(local_date(step.now))(step.kind.calendar)
        last = due_at(step.now, spec.most, calendar) if spec.most else None
        day = date.fromisoformat(given)
        if day <= local_date(step.now):
            raise FieldsWrong(msg("暂停要到今天以后的一天。"), fields={code: msg("请选今天以后的日期。")})
        if last is not None and day > local_date(last):
            raise FieldsWrong(
                msg("暂停最长到%(day)s。请改日期。"),
                fields={code: msg("日期太远了。")},
                day=local_date(last),
            )
    return given


def _extend(step: Step, spec: AskSpec, row: Ask) -> None:
    step.tells["was_due_at"] = step.matter.due_at
    by = _within(step, spec, Duration.parse(row.amount))
    extend_clock(step.matter, step.kind, spec.clock, by, _ground_name(row), step.now)


def _within(step: Step, spec: AskSpec, by: Duration) -> Duration:
    """What is granted: what was asked for, and no longer than the kind allows in all from the clock's start."""
    row = next(each for each in running(clocks_of(step.matter)) if each.code == spec.clock)
    calendar = calendars(local_date(step.now))(calendar_of(step.kind, spec.clock))
    latest = [due_at(row.started_at, spec.most, calendar)] if spec.most is not None else []
    latest += [whole] if is_part(step.matter) and (whole := whole_due(step.matter, spec.clock)) else []
    if not latest:
        return by
    stands = standing_due(row, step.kind)
    last, wanted = min(latest), due_at(stands, by, calendar)
    if wanted <= last:
        return by
    if local_date(last) <= local_date(stands):
        raise AskOutOfTime(msg("这项时限已经到了最长的一天，不能再延长。请不同意，并抓紧办理。"))
    return days_until(local_date(stands), local_date(last))


def _pause(step: Step, spec: AskSpec, row: Ask) -> None:
    until = end_of_day(date.fromisoformat(row.amount), step)
    if until <= step.now:
        raise AskOutOfTime(
            msg("申请暂停到%(day)s，这一天已经过了。请不同意，需要时请办理单位重新申请。"),
            day=date.fromisoformat(row.amount),
        )
    step.tells["was_due_at"] = step.matter.due_at
    pause_clocks(step.matter, step.kind, until, _ground_name(row), step.now)


def _ground_name(row: Ask) -> str:
    """The ground's name, a message id: a course tells it beside what happened."""
    found = grounds().by_code.get(row.ground)
    return found.name if found else ""


def end_of_day(day: date, step: Step) -> datetime:
    """The last second of a day in the city's zone: pages then name the day that was asked for."""
    return datetime.combine(day, time(23, 59, 59), calendars(day)(step.kind.calendar).zone)


_GRANTED: Mapping[AskType, Callable[[Step, AskSpec, Ask], None]] = {AskType.EXTEND: _extend, AskType.PAUSE: _pause}
