"""What the program does by itself: suggestions for triage, stages that lapse; and the one reading of contacts."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import SYSTEM, Actor
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import Matter, Submission, Suggestion
from shanzhi.kernel.matters.operations.act import act
from shanzhi.kernel.matters.operations.step import lock_matter
from shanzhi.kernel.matters.policy.suggest import suggest_category, suggest_units
from shanzhi.kernel.matters.rulebook import categories, kind_version
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.vault import operations as vault

LIKE_WITHIN = timedelta(days=30)
LIKE_MOST = 5
LAPSE_BATCH = 200
REMEMBER = timedelta(days=7)


@transaction.atomic
def suggestions_make(*, matter_ids: Sequence[int], now: datetime) -> int:
    """Suggest categories, a unit and like matters near by for matters that wait for triage; returns how many.

    Worker's role. Made twice, the later one stands.
    """
    matters = list(Matter.objects.filter(pk__in=matter_ids, in_intake=True).order_by("pk"))
    rules = categories().rules
    rows = []
    for matter in matters:
        found = [item.code for item in suggest_category(rules, matter.title, matter.body)]
        category = matter.category or (found[0] if found else "")
        rows.append(
            Suggestion(
                matter_id=matter.pk,
                categories=found,
                unit_id=suggested_unit(category, matter.scope_code, now),
                similar=_similar(matter, category),
                made_at=now,
            )
        )
    Suggestion.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["matter"],
        update_fields=["categories", "unit", "similar", "made_at"],
    )
    return len(rows)


def suggested_unit(category: str, region_code: str, now: datetime) -> int | None:
    """The unit that the rule book's hints name for a category and a place."""
    on = local_date(now)
    for hint in suggest_units(categories().rules, category, region_code):
        if not hint.lead:
            continue
        level = Level(hint.level)
        if hint.department == "township":
            row = next((unit for unit in _township(hint.region_code, now)), None)
        else:
            unit = organisation.unit_for_department(hint.department, level, region_code, on)
            row = unit.id if unit else None
        if row is not None:
            return row
    return None


def _township(code: str, now: datetime) -> list[int]:
    on = local_date(now)
    region = organisation.region_of_code(code, on)
    if region is None:
        return []
    found = organisation.units_within(region.ranges, on, levels=[Level.TOWNSHIP], limit=20)
    return [unit.id for unit in found if unit.kind.value == "township"]


def _similar(matter: Matter, category: str) -> list[int]:
    """Open matters of the same category in the same community (or township) in the last 30 days."""
    if not category or len(matter.scope_code) < len("370303001"):
        return []
    near = matter.scope_code[:12]
    rows = (
        Matter.objects.filter(
            category=category,
            scope_code__gte=near,
            scope_code__lt=near[:-1] + chr(ord(near[-1]) + 1),
            reported_at__gte=matter.reported_at - LIKE_WITHIN,
            ended_at=None,
        )
        .exclude(pk=matter.pk)
        .order_by("-reported_at", "-pk")
    )
    return list(rows.values_list("pk", flat=True)[:LIKE_MOST])


def lapse_due(*, now: datetime) -> int:
    """Do what stages do by themselves when their limit has run out; returns how many matters moved.

    Each in its own transaction; one that somebody else just moved is left alone. Worker's role.
    """
    due = Matter.objects.filter(ended_at=None, due_at__lt=now).order_by("due_at", "pk")
    done = 0
    for pk, kind_code, version, stage in due.values_list("pk", "kind", "kind_version", "stage").iterator():
        action = kind_version(kind_code, version).stage(stage).on_overdue
        if not action:
            continue
        try:
            act(matter_id=pk, action=action, actor=SYSTEM, now=now)
        except DomainError:
            continue
        done += 1
        if done >= LAPSE_BATCH:
            break
    return done


@transaction.atomic
def submissions_forget(*, now: datetime) -> int:
    """Forget submissions older than a week; returns how many. Worker's role."""
    deleted, _ = Submission.objects.filter(sent_at__lt=now - REMEMBER).delete()
    return deleted


@transaction.atomic
def reveal_contact(
    *, matter_id: int, reason: str, actor: Actor, now: datetime, originals: bool = False
) -> dict[str, str]:
    """The reporter's contact (or the originals of masked texts) by part, for a named reason; journaled.

    Raises:
        MatterNotFound: not there, or not visible to the actor.
        InputError: no such reason.
    """
    matter = lock_matter(matter_id)
    matter.steps += 1
    found = vault.reveal(
        subject=Subject("matter", matter.pk, matter.steps, matter.scope_code),
        purposes=["original"] if originals else ["contact"],
        reason=reason,
        actor=actor,
        now=now,
    )
    if found:
        matter.save(update_fields=["steps"])
    return found
