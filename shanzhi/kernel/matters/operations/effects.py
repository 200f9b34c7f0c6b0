"""What each verb of the engine does to a matter beyond moving it. The table at the end is complete."""

from collections.abc import Callable, Mapping

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.matters.models import Assignment
from shanzhi.kernel.matters.operations.asking import (
    decline_ask,
    grant_ask,
    put_ask,
    receive_matter,
    resume_matter,
    rule_ask,
)
from shanzhi.kernel.matters.operations.dispatching import limit_on
from shanzhi.kernel.matters.operations.falling import VACANT_UNIT
from shanzhi.kernel.matters.operations.helping import (
    assist_back,
    assist_done,
    check_all_answered,
    check_helpers,
    excuse,
    include_results,
    involve,
)
from shanzhi.kernel.matters.operations.linking import follow, link_under, tell_reports, unlink
from shanzhi.kernel.matters.operations.parting import limit_of_part, rejoin, split, tell_parts
from shanzhi.kernel.matters.operations.passing import (
    check_hand_down,
    check_same_county,
    escalate_intake,
    from_empty_centre,
    hand_down,
    to_centre_above,
)
from shanzhi.kernel.matters.operations.receiving import check_given
from shanzhi.kernel.matters.operations.step import Step, assign, end_assignments, take_part
from shanzhi.kernel.matters.operations.supervising import (
    clear_supervision,
    insist_on,
    push_lead,
    report_back,
    respond_urge,
)
from shanzhi.kernel.matters.policy.process import TOP_ALREADY, FieldsWrong, FieldType, NobodyAbove, Owner, Verb
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, UnitKind, level_of
from shanzhi.kernel.organisation.queries import RegionRow

_TOWNSHIP_DIGITS = 9
_BELOW_TOWNSHIP = frozenset({Level.COMMUNITY, Level.GRID})


def _join(step: Step) -> None:
    """The acting centre takes part from now on: it keeps seeing what it decided about."""
    if step.actor.unit_id is not None:
        take_part(step.matter.pk, {step.actor.unit_id: "holder"}, step.now)


def _correct(step: Step) -> None:
    """Category and region as triage finds them; the report's own region code stays what it was."""
    _join(step)
    category, region = step.given.get("category"), step.given.get("region")
    if category and category != step.matter.category:
        step.tells["old_category"] = step.matter.category
        step.matter.category = category
    if isinstance(region, RegionRow) and region.id != step.matter.region_id:
        check_same_county(step, region)
        step.tells["old_region_id"] = step.matter.region_id
        step.matter.region_id = region.id
        step.matter.scope_code = region.code


def _ground(step: Step) -> None:
    step.tells["ground"] = step.given.get("ground", "")


def _refuse(step: Step) -> None:
    _join(step)
    _ground(step)


def _answer(step: Step) -> None:
    _correct(step)
    item = step.given[next(code for code in step.action.needs if step.kind.field(code).type is FieldType.CITE)]
    step.tells.update(cited=item.code, cited_version=item.version)


def _pass_on(step: Step) -> None:
    _correct(step)
    # A verb takes one choice; its code is the process file's to give.
    chosen = next(code for code in step.action.needs if step.kind.field(code).type is FieldType.CHOICE)
    step.tells["passed_to"] = step.given[chosen]


def _withdraw(step: Step) -> None:
    """The centre is told of it, and sees what it is told of, though it may not have decided anything yet."""
    take_part(step.matter.pk, {step.matter.intake_unit_id: "holder"}, step.now)
    _ground(step)


def _dispatch(step: Step) -> None:
    check_helpers(step, step.given["lead"], step.given.get("co", ()))
    check_given(step, step.given["lead"], step.given.get("co", ()))
    _join(step)
    if any(clock.by_catalogue for clock in step.kind.clocks):
        step.limit = limit_on(local_date(step.now), step.matter.category, step.matter.scope_code)
        step.limit = limit_of_part(step)
    assign(step, step.given["lead"], step.given.get("co", ()))


def _transfer(step: Step) -> None:
    before = step.lead.unit_id if step.lead else None
    if step.given["lead"] == before:
        raise FieldsWrong(msg("这件事项已经由该单位主办。请选择另一个单位。"), fields={"lead": msg("请另选单位。")})
    check_given(step, step.given["lead"], step.given.get("co", ()))
    _join(step)
    _ground(step)
    _assign_anew(step)


def _assign_anew(step: Step) -> None:
    end_assignments(step, "moved")
    check_helpers(step, step.given["lead"], step.given.get("co", ()))
    assign(step, step.given["lead"], step.given.get("co", ()))


def _take(step: Step) -> None:
    _own(step, "taken")


def _reply(step: Step) -> None:
    check_all_answered(step)
    include_results(step)
    _own(step, "taken")


def _own(step: Step, state: str) -> None:
    """The acting unit's share moves on, and who did it is kept for the separation of duties."""
    row = step.mine
    if row is None:
        return
    row.state = state
    row.taken_at = row.taken_at or step.now
    row.handled_by_id = step.actor.staff_id or row.handled_by_id
    row.post_id = step.actor.post_id or row.post_id
    row.save(update_fields=["state", "taken_at", "handled_by", "post"])
    step.touch(row)


def _hand_back(step: Step) -> None:
    _ground(step)
    _give_up(step)


def _give_up(step: Step) -> None:
    """End all shares; the lead's says why it was given back."""
    if step.lead is not None:
        step.lead.ground = step.tells["ground"]
    end_assignments(step, "returned")


def _rate(step: Step) -> None:
    _ground(step)
    step.matter.solved = bool(step.given["solved"])
    step.matter.satisfied = step.given.get("satisfied")
    step.tells.update(solved=step.matter.solved, satisfied=step.matter.satisfied)


def _appeal(step: Step) -> None:
    """The centre has it to arrange a review, and sees what it is told of."""
    take_part(step.matter.pk, {step.matter.intake_unit_id: "holder"}, step.now)


def _take_up(step: Step) -> None:
    """The acting unit takes the matter itself, and who did it is kept."""
    if step.actor.unit_id is None:
        return
    assign(step, step.actor.unit_id, ())
    _own(step, "taken")


def _escalate(step: Step) -> None:
    """上报: to whoever answers for the matter's place one level above the acting post's own."""
    if step.kind.stage(step.action.to).owner is Owner.INTAKE:
        _join(step)
        escalate_intake(step)
        return
    level = level_of(step.actor.region_code)
    above = organisation.unit_above(step.matter.scope_code, level, local_date(step.now))
    if above is None:
        raise NobodyAbove(TOP_ALREADY)
    _join(step)
    end_assignments(step, "moved")
    assign(step, above.id, ())
    step.tells.update(from_level=str(level), to_level=str(above.level))


def _check_ladder(step: Step) -> None:
    """A community passes on within its own township; what goes beyond it, it escalates.

    Raises:
        FieldsWrong: a unit of another place, or a governance centre.
    """
    if level_of(step.actor.region_code) not in _BELOW_TOWNSHIP:
        return
    wanted = {step.given["lead"], *step.given.get("co", ())}
    township = step.actor.region_code[:_TOWNSHIP_DIGITS]
    for unit in organisation.units_by_ids(wanted, local_date(step.now)).values():
        if unit.region_code != township or unit.kind is UnitKind.CENTRE:
            raise FieldsWrong(
                msg("村（社区）只能转给本乡镇（街道）的单位，“%(name)s”不在其中。请另选单位，或上报乡镇（街道）。"),
                fields={"lead": msg("请选择本乡镇（街道）的单位。")},
                name=unit.name,
            )


def _entrust(step: Step) -> None:
    _check_ladder(step)
    if step.lead is not None and step.given["lead"] == step.lead.unit_id:
        raise FieldsWrong(msg("这件事项已经由该单位主办。请选择另一个单位。"), fields={"lead": msg("请另选单位。")})
    check_given(step, step.given["lead"], step.given.get("co", ()))
    _join(step)
    _assign_anew(step)


def _give_back(step: Step) -> None:
    """Back to the unit that had the lead last, this one aside, and can act where it goes: a community that passed it on
    has no say among the centres, so there it is the centre that took it in."""
    _ground(step)
    mine = step.lead.unit_id if step.lead else step.actor.unit_id
    leads = list(
        Assignment.objects.filter(matter=step.matter, part="lead", ended_at__isnull=False)
        .exclude(unit_id=mine or 0)
        .order_by("-id")
        .values_list("unit_id", flat=True)
    )
    posts = organisation.roles_of_units(leads, local_date(step.now))
    deciding = step.kind.roles_at(step.action.to)
    giver = next((unit_id for unit_id in leads if posts.get(unit_id, frozenset()) & deciding), None)
    _give_up(step)
    assign(step, giver or step.matter.intake_unit_id, ())


def _hand_down(step: Step) -> None:
    _ground(step)
    check_hand_down(step)
    check_given(step, step.given["lead"])
    _join(step)
    hand_down(step)


def _vacate(step: Step) -> None:
    """Nobody is left in the unit whose turn it is: the centre above has it, and a share that ends says why."""
    step.tells["ground"] = VACANT_UNIT
    if step.action.stays:
        from_empty_centre(step)
        return
    if step.lead is not None:
        to_centre_above(step, step.lead.unit_id)
    if step.kind.stage(step.action.to).owner is Owner.CHECKER:
        # What is done waits for its check alone, and comes back to the lead's share if it fails.
        return
    if step.lead is not None:
        step.lead.ground = VACANT_UNIT
    end_assignments(step, "moved")


def _nothing(step: Step) -> None:
    """The move itself, or the words and files, are all there is."""


EFFECTS: Mapping[Verb, Callable[[Step], None]] = {
    Verb.ACCEPT: _correct,
    Verb.REFUSE: _refuse,
    Verb.ANSWER: _answer,
    Verb.PASS_ON: _pass_on,
    Verb.CORRECT: _correct,
    Verb.DISPATCH: _dispatch,
    Verb.TAKE: _take,
    Verb.HAND_BACK: _hand_back,
    Verb.TRANSFER: _transfer,
    Verb.REPLY: _reply,
    Verb.ASSIST_DONE: assist_done,
    Verb.ASSIST_BACK: assist_back,
    Verb.INVOLVE: involve,
    Verb.EXCUSE: excuse,
    Verb.CHECK_PASS: _nothing,
    Verb.CHECK_FAIL: _ground,
    Verb.RATE: _rate,
    Verb.LAPSE: _nothing,
    Verb.WITHDRAW: _withdraw,
    Verb.NOTE: _nothing,
    Verb.ATTACH: _nothing,
    Verb.TAKE_UP: _take_up,
    Verb.CONCLUDE: _reply,
    Verb.ESCALATE: _escalate,
    Verb.ENTRUST: _entrust,
    Verb.GIVE_BACK: _give_back,
    Verb.ASK: put_ask,
    Verb.GRANT: grant_ask,
    Verb.DECLINE: decline_ask,
    Verb.RESUME: resume_matter,
    Verb.RULE: rule_ask,
    Verb.APPEAL: _appeal,
    Verb.REVIEW: _reply,
    Verb.LINK: link_under,
    Verb.UNLINK: unlink,
    Verb.FOLLOW: follow,
    Verb.REOPEN: tell_reports,
    Verb.GATHER: tell_reports,
    Verb.SPLIT: split,
    Verb.REJOIN: rejoin,
    Verb.COLLECT: tell_parts,
    Verb.FOLD: tell_parts,
    Verb.URGE: push_lead,
    Verb.SUPERVISE: push_lead,
    Verb.RESPOND: respond_urge,
    Verb.REPORT_BACK: report_back,
    Verb.CLEAR: clear_supervision,
    Verb.INSIST: insist_on,
    Verb.RECEIVE: receive_matter,
    Verb.HAND_DOWN: _hand_down,
    Verb.VACATE: _vacate,
}
