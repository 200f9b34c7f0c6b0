"""Which posts have how much in hand: counts of matters by post, never by person."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Assignment
from shanzhi.kernel.matters.queries.lists import MatterRow, rows_by_ids
from shanzhi.kernel.organisation import queries as organisation


def in_hand_counts(post_ids: Collection[int]) -> dict[int, int]:
    """How many open matters in sight each of these posts has in hand; those with none are left out; 1 query."""
    rows = (
        Assignment.objects.filter(post_id__in=list(post_ids), ended_at=None) if post_ids else Assignment.objects.none()
    )
    counted = rows.values("post_id").annotate(n=Count("matter_id")).order_by("post_id")
    return {row["post_id"]: row["n"] for row in counted}


def in_hand(post_id: int, *, now: datetime, most: int) -> list[MatterRow]:
    """The matters in sight that a post has in hand, soonest due first; 4 queries."""
    shares = Assignment.objects.filter(post_id=post_id, ended_at=None, matter__ended_at=None)
    ids = shares.order_by("matter__due_at", "matter_id").values_list("matter_id", flat=True)
    return rows_by_ids(list(ids[:most]), now=now)


@dataclass(frozen=True, slots=True)
class Fallen:
    """A matter that changed hands because nobody was there: from which post of a unit to which; or, with `to_title` empty,
    from a unit without people back to the centre."""

    number: str
    title: str
    unit_name: str
    from_title: str
    to_title: str
    due_at: datetime | None


def fallen(*, now: datetime, post_id: int | None = None, most: int = 100) -> tuple[Fallen, ...]:
    """Open matters in sight that fell to a unit's head because their post was left, or back to the centre because nobody is
    left in the unit, the soonest due first; with `post_id` those that this post has in hand. 2 or 3 queries."""
    fell = Q(ended_at=None, fell_from__isnull=False)
    wanted = (
        fell & Q(post_id=post_id) if post_id is not None else fell | Q(ground="vacant.unit", matter__in_intake=True)
    )
    rows = list(
        Assignment.objects.filter(wanted, matter__ended_at=None)
        .order_by("matter__due_at", "pk")
        .values_list(
            "unit_id", "fell_from_id", "post_id", "ground", "matter__number", "matter__title", "matter__due_at"
        )[:most]
    )
    if not rows:
        return ()
    units = organisation.units_by_ids({row[0] for row in rows}, local_date(now))
    posts = organisation.post_names({pk for row in rows for pk in (row[1] or 0, row[2] or 0)})
    return tuple(
        Fallen(
            number,
            title,
            units[unit_id].short_name if unit_id in units else "",
            posts[from_id].title if from_id in posts else "",
            posts[to_id].title if to_id in posts and not ground else "",
            due_at,
        )
        for unit_id, from_id, to_id, ground, number, title, due_at in rows
    )
