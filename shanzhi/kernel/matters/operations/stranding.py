"""Which open matters couldn't go on under a version of their kind's process; counted by the database, stage by stage."""

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date

from django.db.models import Count, Q, Window
from django.db.models.functions import RowNumber

from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.process.replay import Stranded, stranded
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.organisation import queries as organisation

LISTED_MOST = 20


@dataclass(frozen=True, slots=True)
class StrandedGroup:
    """Open matters in one stage of one version that couldn't go on: how many, why, and the numbers of the oldest twenty."""

    version: int
    stage: str
    stage_name: str
    why: Stranded
    count: int
    numbers: tuple[str, ...]


def stranded_groups(new: Kind, on: date) -> tuple[StrandedGroup, ...]:
    """What of the open matters of `new`'s kind, as far as whoever asks sees them, couldn't go on under it; 2 queries, 3 where
    there are any."""
    rows = (
        Matter.objects.filter(kind=new.code, ended_at=None)
        .values_list("kind_version", "stage")
        .annotate(count=Count("pk"))
        .order_by("kind_version", "stage")
    )
    roles = {card.role for card in organisation.posts_of_roles(sorted({str(r) for a in new.actions for r in a.by}), on)}
    told = ((kind_version(new.code, version), version, stage, count) for version, stage, count in rows)
    found = [
        StrandedGroup(version, stage, old.stage(stage).name, why, count, ())
        for old, version, stage, count in told
        if (why := stranded(old, new, stage, roles)) is not None
    ]
    numbers = _oldest(new.code, found) if found else {}
    return tuple(replace(group, numbers=tuple(numbers[group.version, group.stage])) for group in found)


def _oldest(code: str, groups: list[StrandedGroup]) -> dict[tuple[int, str], list[str]]:
    """The numbers of each group's oldest."""
    wanted = Q()
    for group in groups:
        wanted |= Q(kind_version=group.version, stage=group.stage)
    place = Window(RowNumber(), partition_by=["kind_version", "stage"], order_by="pk")
    rows = Matter.objects.filter(wanted, kind=code, ended_at=None).annotate(place=place).filter(place__lte=LISTED_MOST)
    found: dict[tuple[int, str], list[str]] = defaultdict(list)
    for version, stage, number in rows.order_by("pk").values_list("kind_version", "stage", "number"):
        found[version, stage].append(number)
    return found
