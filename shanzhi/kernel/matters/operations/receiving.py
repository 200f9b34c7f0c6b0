"""Who may be given a matter, by whatever door: somebody is there, it isn't a department's duty put on a community, and it
isn't the one that refused it.

Asked wherever a post names who is to have it: dispatch, transfer, hand-down, entrusting, a ruling, each co-handler.
"""

from collections.abc import Collection

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.models import Assignment
from shanzhi.kernel.matters.operations.step import Step
from shanzhi.kernel.matters.policy.duty import Signed, departments_duty, first_acceptor
from shanzhi.kernel.matters.policy.process import FieldsWrong, Verb
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import UnitKind


def check_receivers(step: Step, lead: int, co: Collection[int]) -> None:
    """May these units be given the matter? At most 1 query.

    Raises:
        FieldsWrong: a unit in which nobody holds a post, or a community or grid for what is a department's duty.
    """
    on = local_date(step.now)
    units = organisation.units_by_ids({lead, *co}, on)
    held = organisation.held_roles_of_units(units, on)
    department = departments_duty(categories(on).rules, step.matter.category)
    for unit_id, field in ((lead, "lead"), *((each, "co") for each in co)):
        unit = units[unit_id]
        if unit_id not in held:
            raise FieldsWrong(
                msg("“%(name)s”现在没有人在岗，收到也没有人办。请另选单位，或请管理员先安排人员任职。"),
                fields={field: msg("这个单位没有人在岗，请另选。")},
                name=unit.name,
            )
        if department and unit.kind is UnitKind.COMMUNITY:
            raise FieldsWrong(
                msg(
                    "“%(category)s”是部门的法定职责，不能派给村（社区）或网格“%(name)s”。请派给部门，分类不对的先更正。"
                ),
                fields={field: msg("部门的职责不能下派，请选部门。")},
                category=(categories(on).name(step.matter.category),),
                name=unit.name,
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
