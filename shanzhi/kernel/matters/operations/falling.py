"""What waits for an answer that nobody is left to give, and for a result from a unit in which nobody is left.

An answer is given by the next centre above in which somebody may, other than who asked; what only the asked one could answer
is over, and whoever asked is told. For an empty co-handler the lead doesn't wait. Each matter in a transaction of its own.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters.models import Ask, Assignment, Matter
from shanzhi.kernel.matters.operations.passing import county_centre
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.payloads_moved import AskFall, HelperLeft
from shanzhi.kernel.matters.policy.process import AskType, Kind, Verb
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation

BATCH = 500
FELL_TOPIC = "matters.ask_fell"
VACANT_UNIT = "vacant.unit"
"""The ground on a share whose unit has nobody left."""
_DECIDING = frozenset({Verb.GRANT, Verb.DECLINE, Verb.RULE, Verb.RECEIVE})
_OVERSEEING = frozenset({Verb.CLEAR, Verb.INSIST})
_OF_LEAD = (AskType.URGE, AskType.URGE_CO)
"""The lead and its co-handlers answer these: they go with the share."""

Answerers = Mapping[tuple[int, str], set[int]]
"""Who holds a post of a role in a unit: (unit, role) → staff."""


def asks_fall(*, now: datetime) -> int:
    """Let what nobody can answer go to whoever can; returns how many asks moved or are over. Worker's role."""
    rows = Ask.objects.filter(state="open", matter__ended_at=None).exclude(type__in=_OF_LEAD)
    waiting = list(
        rows.select_related("matter").defer(*(f"matter__{name}" for name in KEPT_FROM_WORKER)).order_by("id")
    )
    if not waiting:
        return 0
    on = local_date(now)
    open_units = organisation.units_by_ids({_answering(row) for row in waiting}, on)
    roles = {row.pk: _roles(kind_version(row.matter.kind, row.matter.kind_version), row) for row in waiting}
    held = _answerers({role for found in roles.values() for role in found}, on)
    # A unit that was closed has an heir, who takes over (`matters_follow`).
    stuck = [
        row
        for row in waiting
        if _answering(row) in open_units
        and (not _can(held, _answering(row), row, roles[row.pk]) or not _may_receive(row, on))
    ]
    return sum(_fall(row, held, roles[row.pk], now) for row in stuck[:BATCH])


def _answering(row: Ask) -> int:
    """Whose turn it is: a supervision is ended by who began it."""
    return row.unit_id if row.type == AskType.SUPERVISE else row.to_unit_id


def _roles(kind: Kind, row: Ask) -> frozenset[str]:
    """In which roles it is answered."""
    spec = kind.ask(row.code)
    of, verbs = (spec.about, _OVERSEEING) if spec.type is AskType.REPORT else (spec.code, _DECIDING | _OVERSEEING)
    return frozenset(str(role) for each in kind.actions if each.ask == of and each.verb in verbs for role in each.by)


def _answerers(roles: set[str], on: date) -> Answerers:
    found: dict[tuple[int, str], set[int]] = defaultdict(set)
    for card in organisation.posts_of_roles(sorted(roles), on):
        if card.staff_id is not None:
            found[card.unit_id, card.role].add(card.staff_id)
    return found


def _can(held: Answerers, unit_id: int, row: Ask, roles: frozenset[str]) -> bool:
    """Is there somebody in the unit who may answer, other than who asked? A supervision is theirs to end who began it, unless
    they reported in it as well."""
    people = {staff for role in roles for staff in held.get((unit_id, role), ())}
    if row.type != AskType.SUPERVISE:
        return bool(people - {row.staff_id})
    reports = Ask.objects.filter(matter_id=row.matter_id, state="open", type=AskType.REPORT)
    return bool(people - set(reports.values_list("staff_id", flat=True)))


def _may_receive(row: Ask, on: date) -> bool:
    """Is it the centre of the county to which the matter would pass? One that took over from it, of another place, isn't."""
    if row.type != AskType.CROSS:
        return True
    region = organisation.region_of_code(row.amount, on) or organisation.region_at_or_above(row.amount, on)
    centre = county_centre(region.code, on) if region is not None else None
    return centre is not None and centre.id == row.to_unit_id


@transaction.atomic
def _fall(seen: Ask, held: Answerers, roles: frozenset[str], now: datetime) -> int:
    matter = Matter.objects.defer(*KEPT_FROM_WORKER).select_for_update().get(pk=seen.matter_id)
    row = Ask.objects.filter(pk=seen.pk, state="open").first()
    if row is None or matter.ended_at is not None or _answering(row) != _answering(seen):
        return 0
    before = _answering(row)
    to = None if row.type == AskType.CROSS else _above(matter, before, row, held, roles, local_date(now))
    if to is None and row.type != AskType.CROSS:
        return 0  # Nobody anywhere: it stays where it is, and its day passes.
    matter.steps += 1
    if to is None:
        row.state, row.decided_at, row.decided_step = "dropped", now, matter.steps
        row.save(update_fields=["state", "decided_at", "decided_step"])
    elif row.type == AskType.SUPERVISE:
        row.unit_id = to
        row.save(update_fields=["unit"])
    else:
        row.to_unit_id = to
        row.save(update_fields=["to_unit"])
    _tell(matter, AskFall(number=matter.number, ask=row.code, from_unit_id=before, to_unit_id=to), now)
    body = {
        "matter": matter.pk,
        "step": matter.steps,
        "unit": to or row.unit_id,
        "roles": sorted(roles),
        "over": to is None,
    }
    notices.emit(topic=FELL_TOPIC, body=body, now=now)
    return 1


def _above(matter: Matter, unit_id: int, row: Ask, held: Answerers, roles: frozenset[str], on: date) -> int | None:
    """The nearest unit above in which somebody may answer, else the centre that took the matter in."""
    above = organisation.unit_by_id(unit_id, on)
    while above is not None:
        higher = organisation.unit_above(matter.scope_code, above.level, on)
        if higher is None or higher.id == above.id:
            break
        above = higher
        if _can(held, above.id, row, roles):
            return above.id
    return matter.intake_unit_id if _can(held, matter.intake_unit_id, row, roles) else None


def helpers_leave(*, now: datetime) -> int:
    """Where nobody is left in a co-handling unit the lead doesn't wait for it; returns how many shares ended. Worker's role."""
    shares = Assignment.objects.filter(ended_at=None, part="co", matter__ended_at=None)
    units = set(shares.order_by().values_list("unit_id", flat=True).distinct())
    on = local_date(now)
    empty = units - organisation.held_roles_of_units(units, on).keys()
    empty &= organisation.units_by_ids(empty, on).keys()
    found = shares.filter(unit_id__in=empty).order_by("matter_id", "id").values_list("pk", "matter_id")[:BATCH]
    return sum(_leave(pk, matter_id, now) for pk, matter_id in (list(found) if empty else ()))


@transaction.atomic
def _leave(share_id: int, matter_id: int, now: datetime) -> int:
    matter = Matter.objects.defer(*KEPT_FROM_WORKER).select_for_update().get(pk=matter_id)
    row = Assignment.objects.filter(pk=share_id, ended_at=None, part="co").first()
    if row is None:
        return 0
    matter.steps += 1
    row.state, row.ended_at, row.ground, row.result_step = "excused", now, VACANT_UNIT, matter.steps
    row.save(update_fields=["state", "ended_at", "ground", "result_step"])
    urged = Ask.objects.filter(matter=matter, state="open", type=AskType.URGE_CO, to_unit_id=row.unit_id)
    urged.update(state="dropped", decided_at=now, decided_step=matter.steps)
    _tell(matter, HelperLeft(number=matter.number, unit_id=row.unit_id), now)
    lead = (
        Assignment.objects.filter(matter=matter, part="lead", ended_at=None).values_list("unit_id", flat=True).first()
    )
    body = {"matter": matter.pk, "step": matter.steps, "unit": lead or matter.intake_unit_id, "helper": row.unit_id}
    notices.emit(topic=FELL_TOPIC, body=body, now=now)
    return 1


def _tell(matter: Matter, payload: Payload, now: datetime) -> None:
    matter.save(update_fields=["steps"])
    subject = Subject("matter", matter.pk, matter.steps, matter.scope_code)
    journal.record(payload=payload, subject=subject, author=Author("system"), happened_at=now)
