"""A matter passes between levels and counties: up, down, and across with the receiver's consent."""

from datetime import date

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.operations.checking import checking_unit
from shanzhi.kernel.matters.operations.step import Step, assign, end_assignments, take_part
from shanzhi.kernel.matters.policy.process import (
    CROSSES_FROM_COUNTY,
    NO_ESCALATION,
    TOP_ALREADY,
    AskType,
    FieldsWrong,
    FieldType,
    NobodyAbove,
    NotForThisLevel,
    Owner,
    Verb,
)
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.queries import RegionRow, UnitRow

FROM_COUNTY_UP = frozenset({Level.COUNTY, Level.ZONE, Level.CITY, Level.PROVINCE})
ESCALATING = frozenset({UnitKind.TOWNSHIP, UnitKind.COMMUNITY, UnitKind.CENTRE})
"""Units that stand in the line of levels; departments stand beside it."""
_BELOW = frozenset({UnitKind.TOWNSHIP, UnitKind.COMMUNITY})


def county_centre(code: str, on: date) -> UnitRow | None:
    """The governance centre of the county in which a place lies; None where it lies in none."""
    return organisation.centre_for(code, Level.COUNTY, on)


def region_code(step: Step) -> str:
    """Code of the field in which the action names a place."""
    return next(code for code in step.action.fields if step.kind.field(code).type is FieldType.REGION)


def check_same_county(step: Step, region: RegionRow) -> None:
    """A correction keeps a matter in its county, unless who corrects stands for both.

    Raises:
        FieldsWrong: another county would be given a matter without being asked.
    """
    on, actor = local_date(step.now), step.actor
    here, there = county_centre(step.matter.scope_code, on), county_centre(region.code, on)
    if here is None or (there is not None and there.id == here.id):
        return
    if not actor.is_post or (actor.place.contains(step.matter.scope_code) and actor.place.contains(region.code)):
        return
    asks = [ask.name for ask in step.kind.asks if ask.type is AskType.CROSS]
    said = (
        msg("“%(name)s”不在本区县，不能直接改过去。请用“%(ask)s”，由那里的中心接收。")
        if asks
        else msg("“%(name)s”不在本区县，不能直接改过去。请联系市级中心更正。")
    )
    raise FieldsWrong(
        said, fields={region_code(step): msg("请选本区县的区域。")}, name=region.name, ask=(asks or [""])[0]
    )


def receiver_of(step: Step) -> UnitRow:
    """The centre of the county that is asked to take the matter over.

    Raises:
        NotForThisLevel: asked by less than a county's centre.
        FieldsWrong: a place in the same county, in none, or where nobody could answer.
    """
    on, field = local_date(step.now), region_code(step)
    asking = organisation.unit_by_id(step.actor.unit_id or 0, on)
    if asking is None or asking.level not in FROM_COUNTY_UP:
        raise NotForThisLevel(CROSSES_FROM_COUNTY)
    region: RegionRow = step.given[field]
    here, there = county_centre(step.matter.scope_code, on), county_centre(region.code, on)
    if there is None:
        raise FieldsWrong(
            msg("“%(name)s”不属于哪个区县，没有中心可以接收。请选到区县或以下。"),
            fields={field: msg("请选到区县或以下。")},
            name=region.name,
        )
    if there.id in (asking.id, here.id if here else None):
        raise FieldsWrong(
            msg("“%(name)s”就在本区县，不用移交。区域不对的，请用“更正”。"),
            fields={field: msg("请选别的区县。")},
            name=region.name,
        )
    if not organisation.held_roles_of_units([there.id], on):
        raise FieldsWrong(
            msg("“%(name)s”现在没有人在岗，没有人能接收。请联系市级中心。"),
            fields={field: msg("那里的中心没有人在岗。")},
            name=there.name,
        )
    return there


def region_taken(step: Step, code: str) -> RegionRow:
    """Where the matter lies from now on: the place that was asked for, or a finer one that the receiver names.

    Raises:
        FieldsWrong: a place in another county.
    """
    on = local_date(step.now)
    finer = step.given.get(region_code(step))
    asked = organisation.region_of_code(code, on) or organisation.region_at_or_above(code, on)
    region = finer if isinstance(finer, RegionRow) else asked
    centre = county_centre(region.code, on) if region is not None else None
    if region is None or centre is None or centre.id != step.actor.unit_id:
        raise FieldsWrong(
            msg("接收的事项要放在本区县。请选本区县的区域，或不填。"),
            fields={region_code(step): msg("请选本区县的区域。")},
        )
    return region


def cross_over(step: Step, region: RegionRow, centre_id: int) -> None:
    """Place, intake and duty pass to another county's centre; who took part until now keeps seeing what they did."""
    matter = step.matter
    take_part(matter.pk, {centre_id: "holder"}, step.now)
    end_assignments(step, "moved")
    step.tells.update(old_region_id=matter.region_id)
    matter.region_id, matter.scope_code = region.id, region.code
    matter.intake_unit_id = centre_id
    step.passes = True


def escalate_intake(step: Step) -> None:
    """上报: the centre one level above has it in its intake, and decides who handles it. It isn't counted as a return.

    Raises:
        NotForThisLevel: a department, which gives it back with a ground instead.
        NobodyAbove: there is no level above.
    """
    on = local_date(step.now)
    unit = organisation.unit_by_id(step.actor.unit_id or 0, on)
    if unit is None or unit.kind not in ESCALATING:
        raise NotForThisLevel(NO_ESCALATION)
    above = organisation.unit_above(step.matter.scope_code, unit.level, on)
    if above is None or above.id == unit.id:
        raise NobodyAbove(TOP_ALREADY)
    take_part(step.matter.pk, {above.id: "holder"}, step.now)
    end_assignments(step, "moved")
    step.passes = above.id != step.matter.intake_unit_id
    step.matter.intake_unit_id = above.id
    step.tells.update(from_level=str(unit.level), to_level=str(above.level), lead_unit_id=above.id)


def to_centre_above(step: Step, unit_id: int) -> None:
    """The intake is that of the nearest centre above a unit in which nobody is left that has somebody; by the system.

    Where no centre above has, it stays with the intake: the ladder tells of it.
    """
    above = _held_above(step, unit_id)
    if above is not None and above.id != step.matter.intake_unit_id:
        step.matter.intake_unit_id = above.id
        step.passes = True


def from_empty_centre(step: Step) -> None:
    """What waits with a centre in which nobody is left goes to the nearest one above that has somebody; by the system.

    Raises:
        NobodyAbove: none has.
    """
    matter, on = step.matter, local_date(step.now)
    is_empty = not organisation.held_roles_of_units([matter.intake_unit_id], on)
    if is_empty:
        to_centre_above(step, matter.intake_unit_id)
    before = matter.holder_unit_id
    is_check = step.kind.stage(matter.stage).owner is Owner.CHECKER
    matter.holder_unit_id = checking_unit(matter, step.kind, step.now) if is_check else matter.intake_unit_id
    if matter.holder_unit_id == before:
        raise NobodyAbove(msg("上面的中心也没有人在岗。请管理员先安排人员任职。"))


def _held_above(step: Step, unit_id: int) -> UnitRow | None:
    """The nearest governance centre above a unit in which somebody holds a post."""
    on = local_date(step.now)
    above = organisation.unit_by_id(unit_id, on)
    while above is not None:
        above = organisation.unit_above(step.matter.scope_code, above.level, on)
        if above is not None and above.kind is UnitKind.CENTRE and organisation.held_roles_of_units([above.id], on):
            return above
    return None


def check_hand_down(step: Step) -> None:
    """下派 goes down, to the place in which the matter lies: to the township's centre, or to a township or community itself.

    Raises:
        FieldsWrong: another sort of unit, one of another place, or one that isn't below.
    """
    unit = organisation.units_by_ids([step.given["lead"]], local_date(step.now))[step.given["lead"]]
    if step.kind.stage(step.action.to).owner is Owner.INTAKE:
        _check_centre_below(step, unit)
        return
    scope = step.matter.scope_code
    is_there = scope.startswith(unit.region_code) or unit.region_code.startswith(scope)
    if unit.kind not in _BELOW or not is_there or not step.actor.place.contains(unit.region_code):
        raise FieldsWrong(
            msg("只能下派给事项所在的乡镇（街道）或村（社区），“%(name)s”不是。派给部门请用“派单”。"),
            fields={"lead": msg("请选事项所在的乡镇（街道）或村（社区）。")},
            name=unit.name,
        )


def _check_centre_below(step: Step, unit: UnitRow) -> None:
    there = organisation.centre_for(step.matter.scope_code, Level.TOWNSHIP, local_date(step.now))
    is_mine = unit.id == step.actor.unit_id or not step.actor.place.contains(unit.region_code)
    if there is None or unit.id != there.id or is_mine:
        raise FieldsWrong(
            msg(
                "只能下派给事项所在乡镇（街道）的综治中心，“%(name)s”不是。直接派给乡镇（街道）或村（社区）的，请用“下派”。"
            ),
            fields={"lead": msg("请选事项所在乡镇（街道）的综治中心。")},
            name=unit.name,
        )


def hand_down(step: Step) -> None:
    """下派: the township or community named has the lead; or the township's centre has it in its intake, and dispatches it."""
    lead = step.given["lead"]
    if step.kind.stage(step.action.to).owner is not Owner.INTAKE:
        assign(step, lead, ())
        return
    take_part(step.matter.pk, {lead: "holder"}, step.now)
    step.passes = lead != step.matter.intake_unit_id
    step.matter.intake_unit_id = lead
    step.tells["lead_unit_id"] = lead


def check_within_township(step: Step) -> None:
    """A township's centre to which a matter was handed down dispatches it within its township; the rest it escalates.

    Raises:
        FieldsWrong: a unit of another place.
    """
    if step.actor.unit_id != step.matter.intake_unit_id or not step.kind.verb(Verb.HAND_DOWN):
        return
    on = local_date(step.now)
    here = organisation.unit_by_id(step.matter.intake_unit_id, on)
    if here is None or here.level is not Level.TOWNSHIP:
        return
    wanted = (("lead", step.given["lead"]), *(("co", each) for each in step.given.get("co", ())))
    units = organisation.units_by_ids({unit_id for _, unit_id in wanted}, on)
    for field, unit_id in wanted:
        if not units[unit_id].region_code.startswith(here.region_code):
            raise FieldsWrong(
                msg("下派到本乡镇（街道）的事项，只能派给这里的单位，“%(name)s”不在其中。要别的单位办理的，请上报。"),
                fields={field: msg("请选本乡镇（街道）的单位。")},
                name=units[unit_id].name,
            )
