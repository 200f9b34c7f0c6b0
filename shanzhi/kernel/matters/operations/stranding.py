"""Which open matters couldn't go on under a version of their kind's process; counted by the database, stage by stage."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count

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
    """What of the open matters of `new`'s kind, as far as whoever asks sees them, couldn't go on under it; 2 queries,
    and one for each stage at fault."""
    rows = (
        Matter.objects.filter(kind=new.code, ended_at=None)
        .values_list("kind_version", "stage")
        .annotate(count=Count("pk"))
        .order_by("kind_version", "stage")
    )
    roles = {card.role for card in organisation.posts_of_roles(sorted({str(r) for a in new.actions for r in a.by}), on)}
    found = []
    for version, stage, count in rows:
        old = kind_version(new.code, version)
        why = stranded(old, new, stage, roles)
        if why is not None:
            there = Matter.objects.filter(kind=new.code, ended_at=None, kind_version=version, stage=stage)
            numbers = tuple(there.order_by("pk").values_list("number", flat=True)[:LISTED_MOST])
            found.append(StrandedGroup(version, stage, old.stage(stage).name, why, count, numbers))
    return tuple(found)
