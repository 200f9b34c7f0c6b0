"""Posts and units that people have left with open work: it falls to the unit's head, or back to the centre above; and so do
checks, and answers to what was asked, for which nobody is left (`falling`).

Run by the worker every ten minutes. Nobody is asked, and nothing rests with a post in which nobody is.
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.operations.act import act
from shanzhi.kernel.matters.operations.checking import may_check
from shanzhi.kernel.matters.operations.falling import asks_fall, helpers_leave
from shanzhi.kernel.matters.operations.handing import HANDED_TOPIC
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.payloads import PostFall
from shanzhi.kernel.matters.policy.process import Role, Verb
from shanzhi.kernel.matters.rulebook import checking_stages, kind_version
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation

BATCH = 500
_SYSTEM = Author("system")

# What somebody works on just now is left for the next pass.
_LEFT = """
SELECT a.id, a.matter_id, a.unit_id, a.post_id, m.number, m.steps, m.scope_code
FROM matters_assignment a JOIN matters_matter m ON m.id = a.matter_id
WHERE a.ended_at IS NULL AND a.post_id IS NOT NULL AND m.ended_at IS NULL AND a.unit_id = ANY (%(units)s)
  AND NOT EXISTS (SELECT 1 FROM organisation_post_holding h WHERE h.post_id = a.post_id AND h.valid @> %(on)s::date)
ORDER BY a.matter_id LIMIT %(most)s FOR UPDATE OF m SKIP LOCKED
"""
_UNITS_LEFT = """
SELECT DISTINCT a.unit_id FROM matters_assignment a
WHERE a.ended_at IS NULL AND a.post_id IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM organisation_post_holding h WHERE h.post_id = a.post_id AND h.valid @> %(on)s::date)
"""


def vacancies_settle(*, now: datetime) -> int:
    """Let what lies with vacant posts fall to their units' heads, and whatever is the turn of a unit without people go to
    the centre above, as what was asked of one; returns how many moved. Worker's role. Each batch, and each matter that goes
    back, in a transaction of its own."""
    moved = 0
    while fell := _posts_fall(now):
        moved += fell
    return moved + _units_give_back(now) + _checks_move_on(now) + asks_fall(now=now) + helpers_leave(now=now)


@transaction.atomic
def _posts_fall(now: datetime) -> int:
    on = local_date(now)
    with connection.cursor() as cursor:
        cursor.execute(_UNITS_LEFT, {"on": on})
        heads = organisation.head_posts([unit_id for (unit_id,) in cursor.fetchall()], on)
    if not heads:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_LEFT, {"on": on, "units": list(heads), "most": BATCH})
        rows = cursor.fetchall()
    # One matter may have two shares that fall: each is a step of its own.
    steps: dict[int, int] = {}
    told: dict[int, dict[str, int]] = defaultdict(dict)
    drafts = []
    for share, matter_id, unit_id, post_id, number, step, code in rows:
        head = heads[unit_id].post_id
        steps[matter_id] = steps.get(matter_id, step) + 1
        Assignment.objects.filter(pk=share).update(post_id=head, fell_from_id=post_id)
        told[head][str(matter_id)] = steps[matter_id]
        drafts.append(
            Draft(
                PostFall(number=number, unit_id=unit_id, from_post_id=post_id, to_post_id=head),
                Subject("matter", matter_id, steps[matter_id], code),
                _SYSTEM,
                now,
            )
        )
    for matter_id, step in steps.items():
        Matter.objects.filter(pk=matter_id).update(steps=step)
    journal.record_many(drafts)
    for head, matters in told.items():
        notices.emit(topic=HANDED_TOPIC, body={"post": head, "matters": matters, "fell": True}, now=now)
    return len(rows)


def _units_give_back(now: datetime) -> int:
    """Matters whose turn is that of a unit in which nobody holds a post, where their process says how they go on."""
    on = local_date(now)
    open_ones = Matter.objects.filter(ended_at=None, holder_unit__isnull=False)
    units = set(open_ones.order_by().values_list("holder_unit_id", flat=True).distinct())
    empty = units - organisation.held_roles_of_units(units, on).keys()
    # A unit that was closed has an heir, who takes over (`matters_follow`).
    empty &= organisation.units_by_ids(empty, on).keys()
    if not empty:
        return 0
    waiting = open_ones.filter(holder_unit_id__in=empty)
    done = 0
    # By stage, so that what only waits for its reporter keeps nothing else waiting.
    for kind, at, stage in waiting.order_by("kind").values_list("kind", "kind_version", "stage").distinct():
        action = next(iter(kind_version(kind, at).verb_at(Verb.VACATE, stage)), None)
        if action is not None:
            rows = waiting.filter(kind=kind, kind_version=at, stage=stage).order_by("pk")
            done += sum(_goes_on(pk, action.code, now) for pk in list(rows.values_list("pk", flat=True)[:BATCH]))
    return done


def _checks_move_on(now: datetime) -> int:
    """Checks of centres in which people are, but nobody left who could check."""
    stages = checking_stages()
    waiting = Matter.objects.filter(ended_at=None, stage__in={stage for _, _, stage in stages})
    units = set(waiting.order_by().values_list("holder_unit_id", flat=True).distinct())
    held = organisation.held_roles_of_units(units, local_date(now))
    lacking = {unit_id for unit_id, roles in held.items() if Role.CHECKER not in roles}
    if not lacking:
        return 0
    rows = waiting.filter(holder_unit_id__in=lacking).order_by("pk")
    found = list(rows.values_list("pk", "kind", "kind_version", "stage")[:BATCH])
    return sum(
        _goes_on(pk, stages[kind, at, stage], now) for pk, kind, at, stage in found if (kind, at, stage) in stages
    )


def checks_follow(*, matter_ids: Collection[int], now: datetime) -> int:
    """Give checks that came to a unit which may not do them, having handled the matter itself, to one that may; returns how
    many. Worker's role."""
    stages = checking_stages()
    names = {stage for _, _, stage in stages}
    rows = Matter.objects.defer(*KEPT_FROM_WORKER).filter(pk__in=matter_ids, ended_at=None, stage__in=names)
    return sum(
        _goes_on(row.pk, stages[key], now)
        for row in rows.order_by("pk")
        if (key := (row.kind, row.kind_version, row.stage)) in stages
        and not may_check(row, kind_version(row.kind, row.kind_version), row.holder_unit_id or 0, now)
    )


def _goes_on(matter_id: int, action: str, now: datetime) -> bool:
    try:
        act(matter_id=matter_id, action=action, actor=SYSTEM, now=now)
    except DomainError:
        return False
    return True
