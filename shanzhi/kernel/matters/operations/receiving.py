"""Who may be given a matter, by whatever door: somebody is there who can do the part, it isn't a department's duty put on a
community, it lies where whoever gives it may give it to, and it isn't the one that refused it.

Asked wherever a post names who is to have it: dispatch, transfer, split, hand-down, entrusting, a ruling, each co-handler.
"""

from collections.abc import Collection, Iterable
from datetime import date

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.models import Assignment
from shanzhi.kernel.matters.operations.passing import check_within_township, county_centre
from shanzhi.kernel.matters.operations.step import Step
from shanzhi.kernel.matters.policy.duty import Signed, departments_duty, first_acceptor
from shanzhi.kernel.matters.policy.process import AskType, FieldsWrong, Verb
from shanzhi.kernel.matters.policy.receiving import Unfit, helping_roles, leading_roles, why_unfit
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import UnitKind
from shanzhi.kernel.organisation.queries import UnitRow


def check_given(step: Step, lead: int, co: Collection[int] = (), *, also: Iterable[str] = ()) -> None:
    """May these units be given the matter, by a post that chooses them? The one judgement behind every door; `also` are
    categories of its parts, beside its own. At most 3 queries.

    Raises:
        FieldsWrong: as `check_receivers`; a lead beyond the township or the county of who gives it, or one that gave it back,
            or that handled what it would review.
    """
    check_receivers(step, lead, co, also=also)
    check_within_township(step)
    check_own_county(step, lead)
    _check_reviewer(step, lead)
    if step.action.verb is not Verb.RULE:
        # A ruling is for what was refused: it may name one that did.
        check_refused_before(step, lead)


def check_receivers(step: Step, lead: int | None, co: Collection[int], *, also: Iterable[str] = ()) -> None:
    """Can these units do what they would be given? `lead` is None where it stays with who has it. At most 1 query.

    Raises:
        FieldsWrong: a unit in which nobody holds a post, or none of those that do the part; a community or grid for what is
            a department's duty.
    """
    on = local_date(step.now)
    wanted = (*(((lead, "lead"),) if lead is not None else ()), *((each, "co") for each in co))
    units = organisation.units_by_ids({unit_id for unit_id, _ in wanted}, on)
    held = organisation.held_roles_of_units(units, on)
    rules = categories(on).rules
    duty = next((each for each in (step.matter.category, *also) if departments_duty(rules, each)), "")
    for unit_id, field in wanted:
        _check_fit(step, units[unit_id], field, held.get(unit_id, frozenset()), duty)


def _check_fit(step: Step, unit: UnitRow, field: str, held: frozenset[str], duty: str) -> None:
    can = helping_roles(step.kind) if field == "co" else leading_roles(step.kind, step.action, step.matter.stage)
    is_community = unit.kind is UnitKind.COMMUNITY
    why = why_unfit(held=held, can=can, is_community=is_community, is_departments_duty=bool(duty))
    if why is Unfit.EMPTY:
        raise FieldsWrong(
            msg("“%(name)s”现在没有人在岗，收到也没有人办。请另选单位，或请管理员先安排人员任职。"),
            fields={field: msg("这个单位没有人在岗，请另选。")},
            name=unit.name,
        )
    if why is Unfit.UNABLE:
        raise FieldsWrong(
            msg("“%(name)s”没有能办理这类事项的岗位，收到也没有人能办。请另选单位。"),
            fields={field: msg("这个单位没有人能办理，请另选。")},
            name=unit.name,
        )
    if why is Unfit.DUTY:
        raise FieldsWrong(
            msg("“%(category)s”是部门的法定职责，不能派给村（社区）或网格“%(name)s”。请派给部门，分类不对的先更正。"),
            fields={field: msg("部门的职责不能下派，请选部门。")},
            category=(categories(local_date(step.now)).name(duty),),
            name=unit.name,
        )


def check_own_county(step: Step, lead: int) -> None:
    """A county, or who is in one, gives no other county's unit the lead: that county's centre is asked. (The city may.)

    Raises:
        FieldsWrong: a unit of another county.
    """
    on = local_date(step.now)
    home, there = _county_of(step.actor.unit_id, on), _county_of(lead, on)
    if home is None or there is None or home.id == there.id:
        return
    asks = [each.name for each in step.kind.verb(Verb.ASK) if step.kind.ask(each.ask).type is AskType.CROSS]
    said = (
        msg("“%(name)s”不在本区县，不能直接交给它主办。请用“%(ask)s”，由那里的中心接收；要它配合的，可以请它协办。")
        if asks
        else msg("“%(name)s”不在本区县，不能直接交给它主办。请联系市级中心。")
    )
    raise FieldsWrong(
        said,
        fields={"lead": msg("请选本区县的单位。")},
        name=organisation.units_by_ids([lead], on)[lead].name,
        ask=(*asks[:1],),
    )


def _county_of(unit_id: int | None, on: date) -> UnitRow | None:
    """The centre of the county in which a unit lies; None for the city's own, for zones across counties and the system."""
    unit = organisation.unit_by_id(unit_id, on) if unit_id is not None else None
    return county_centre(unit.region_code, on) if unit is not None else None


def _check_reviewer(step: Step, lead: int) -> None:
    """Whoever handled or reviewed a matter doesn't review it (《信访工作条例》第三十五、三十六条：上一级机关、单位).

    Raises:
        FieldsWrong: the unit had the lead before.
    """
    if not step.kind.verb_at(Verb.REVIEW, step.action.to):
        return
    handled = Assignment.objects.filter(matter=step.matter, part="lead", handled_by__isnull=False)
    if handled.filter(unit_id=lead).exists():
        raise FieldsWrong(
            msg("该单位办理过这件事项，不能由它复查、复核。请选择它的上一级机关、单位。"),
            fields={"lead": msg("请另选单位。")},
        )


def check_refused_before(step: Step, lead: int) -> None:
    """首接负责: once as many have given it back as may, it goes to one that hasn't been asked, or to the first acceptor.

    Raises:
        FieldsWrong: it refused before, and somebody else had signed for it first.
    """
    if not any(
        step.kind.count(action.counts).is_full(step.matter.counts.get(action.counts, 0))
        for action in step.kind.verb(Verb.HAND_BACK)
        if action.counts
    ):
        return
    rows = list(Assignment.objects.filter(matter=step.matter).order_by("id"))
    first = first_acceptor(signatures(rows))
    refused = {row.unit_id for row in rows if row.state == "returned"}
    if first is None or lead not in refused or lead == first:
        return
    unit = organisation.unit_by_id(first, local_date(step.now))
    raise FieldsWrong(
        msg("该单位已经退过这件事项。各单位都退的，按首接负责由首接单位“%(name)s”办理；也可以派给没有退过的单位。"),
        fields={"lead": msg("请选首接单位，或没有退过的单位。")},
        name=unit.name if unit else "",
    )


def signatures(rows: Collection[Assignment]) -> list[Signed]:
    """Which units signed for a matter as its lead, and when."""
    return [Signed(row.unit_id, row.taken_at) for row in rows if row.part == "lead" and row.taken_at is not None]
