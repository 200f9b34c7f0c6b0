"""Reports of one problem under one lead (重复并单): linking, unlinking, and what it means for a step.

What the linked ones do as their lead moves is the background's (`following.links_follow`): who moves the lead needn't
see them. The lead of a linked matter is locked with it, in the order of their ids.
"""

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import Deadline
from shanzhi.kernel.matters.models import Assignment, Link, Matter
from shanzhi.kernel.matters.operations.clocks import clocks_of, deadline_of, follow_lead, running
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER, Step, lock_matter, take_part
from shanzhi.kernel.matters.policy.clocks import soonest
from shanzhi.kernel.matters.policy.linking import Lead, check_link
from shanzhi.kernel.matters.policy.parting import whole_of
from shanzhi.kernel.matters.policy.process import PART_ISNT_LINKED, SOLVED, UNSOLVED, StageForbids, Verb
from shanzhi.kernel.matters.policy.report import normalise_number
from shanzhi.kernel.matters.rulebook import kind_version

LEAD_FIELD = "same_as"
"""The field in which a process file takes the lead's number."""


def lock_with_lead(matter_id: int, lead_number: object, actor: Actor) -> Matter:
    """The matter, locked; before it the lead that is to be, where its id is lower, else after it.

    Raises:
        MatterNotFound: the matter isn't there, or not for this actor. (A lead that isn't there, its field tells of.)
    """
    number = normalise_number(str(lead_number)) if lead_number else ""
    other = Matter.objects.filter(number=number).values_list("pk", flat=True).first() if number else None
    if other is not None and other < matter_id:
        _lock(other)
    matter = lock_matter(matter_id, actor=actor)
    if other is not None and other > matter_id:
        _lock(other)
    return matter


def _lock(matter_id: int) -> None:
    list(Matter.objects.select_for_update().filter(pk=matter_id).values_list("pk"))


def link_of(matter: Matter) -> Link | None:
    """By what the matter is linked under another now; None: it isn't."""
    return Link.objects.filter(matter=matter, unlinked_at=None).first()


def linked_from(step: Step) -> str:
    """In which stage a matter that is being unlinked was before; empty for every other step."""
    found = link_of(step.matter) if step.action.verb is Verb.UNLINK else None
    return found.stage if found is not None else ""


def linked_target(step: Step, outcome: str, target: str) -> str:
    """Where a step leads that has to do with linked matters, else `target`.

    A linked one whose reporter says "not solved" waits for its lead again. A lead doesn't end before those under it: it
    waits for their verdicts; and isn't put to a reporter again who was content.
    """
    kind, matter, verb = step.kind, step.matter, step.action.verb
    if verb not in (Verb.RATE, Verb.LAPSE, Verb.CHECK_PASS) or not kind.linked_stage:
        return target
    if verb is Verb.RATE and outcome == UNSOLVED:
        return kind.linked_stage if link_of(matter) is not None else target
    is_over = outcome == SOLVED or verb is Verb.LAPSE or (verb is Verb.CHECK_PASS and matter.solved is True)
    if is_over and Link.objects.filter(lead=matter, unlinked_at=None).exists():
        return kind.gathering_stage
    return target


def link_under(step: Step) -> None:
    """Put the matter under its lead: those who handle the lead take part, and it is due with the lead.

    Raises:
        FieldsWrong, HasLinked: `policy.linking`.
    """
    matter, lead = step.matter, step.given[LEAD_FIELD]
    if whole_of(matter.number) or whole_of(lead.number):
        raise StageForbids(PART_ISNT_LINKED)
    of = kind_version(lead.kind, lead.kind_version)
    under = Link.objects.filter(lead=lead, unlinked_at=None).count()
    has_linked = Link.objects.filter(lead=matter, unlinked_at=None).exists()
    check_link(step.kind, matter.pk, Lead(lead.pk, lead.kind, of, lead.stage, under), has_linked=has_linked)
    units = dict.fromkeys(units_of(lead), "receiver")
    take_part(matter.pk, {step.actor.unit_id or matter.intake_unit_id: "holder"} | units, step.now)
    Link.objects.create(
        matter=matter,
        lead=lead,
        stage=matter.stage,
        linked_at=step.now,
        unit_id=step.actor.unit_id or 0,
        post_id=step.actor.post_id or 0,
    )
    _stand_by(step, lead)
    step.tells["lead_id"] = lead.pk


def unlink(step: Step) -> None:
    """Let the matter go its own way again."""
    link = link_of(step.matter)
    if link is not None:
        Link.objects.filter(pk=link.pk).update(unlinked_at=step.now)
        step.tells["lead_id"] = link.lead_id


def follow(step: Step) -> None:
    """Be due with the lead and held by whom holds it; be put to the reporter; or come back as the lead is done anew."""
    link = link_of(step.matter)
    if link is None:
        return
    lead = Matter.objects.defer(*KEPT_FROM_WORKER).get(pk=link.lead_id)
    step.tells["lead_id"] = lead.pk
    step.matter.holder_unit_id = lead.holder_unit_id
    if step.action.stays or step.action.to == step.kind.linked_stage:
        _stand_by(step, lead)
    if step.action.stays and step.follows is not None:
        follow_lead(step.matter, step.kind, step.follows, step.now)


def _stand_by(step: Step, lead: Matter) -> None:
    step.follows, step.holder = deadline_by(lead), lead.holder_unit_id


def deadline_by(lead: Matter) -> Deadline | None:
    """By when an open matter is to be answered, which is what those under it wait for: by the clock that rules its stages,
    though another (the first contact) may be due sooner; where none runs, by the soonest. None for one that ended."""
    rows = running(clocks_of(lead))
    ruling = {stage.clock for stage in kind_version(lead.kind, lead.kind_version).stages if stage.clock}
    promised = [row for row in rows if row.code in ruling] or rows
    return soonest(deadline_of(row) for row in promised) if promised else None


def units_of(lead: Matter) -> tuple[int, ...]:
    """The units that have a share of a matter now."""
    return tuple(Assignment.objects.filter(matter=lead, ended_at=None).order_by("id").values_list("unit_id", flat=True))


def tell_reports(step: Step) -> None:
    """How many reports the problem had, the lead's own with them."""
    step.tells["reports"] = 1 + Link.objects.filter(lead=step.matter, unlinked_at=None).count()
