"""Which posts have how much in hand: counts of matters by post, never by person."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.queries.lists import MatterRow, rows_told
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.organisation import queries as organisation


def in_hand_counts(post_ids: Collection[int]) -> dict[int, int]:
    """How many open matters in sight each of these posts has in hand; those with none are left out; 1 query."""
    return dict(_counted(post_ids))


def in_hand_and_fallen(post_ids: Collection[int], *, now: datetime) -> tuple[dict[int, int], "tuple[Fallen, ...]"]:
    """`in_hand_counts` of these posts and all that `fallen` tells, in one statement; 2 queries where anything fell."""
    counted, fell = together(_counted(post_ids), fallen_wanted())
    return dict(counted), fallen_told(fell, now=now)


def _counted(post_ids: Collection[int]) -> QuerySet[Assignment, Any]:
    rows = (
        Assignment.objects.filter(post_id__in=list(post_ids), ended_at=None) if post_ids else Assignment.objects.none()
    )
    return rows.values_list("post_id").annotate(n=Count("matter_id")).order_by("post_id")


def in_hand(post_id: int, *, now: datetime, most: int) -> tuple[int, tuple[MatterRow, ...]]:
    """How many open matters in sight a post has in hand, and the first of them, soonest due first; 1 query, 2 with grids."""
    shares = Assignment.objects.filter(post_id=post_id, ended_at=None, matter__ended_at=None)
    first = shares.order_by("matter__due_at", "matter_id").values_list("matter_id", flat=True)[:most]
    counted, ids, rows = together(_counted([post_id]), first, Matter.objects.filter(pk__in=first))
    return dict(counted).get(post_id, 0), tuple(rows_told(rows, ids, now=now))


@dataclass(frozen=True, slots=True)
class Fallen:
    """A matter that changed hands because nobody was there: from which post of a unit to which; or, with `to_title` empty,
    from a unit without people back to the centre; `is_helper`: a co-handler without people, whom its lead doesn't wait for."""

    number: str
    title: str
    unit_name: str
    from_title: str
    to_title: str
    due_at: datetime | None
    is_helper: bool = False


def fallen(*, now: datetime, post_id: int | None = None, most: int = 100) -> tuple[Fallen, ...]:
    """Open matters in sight that fell to a unit's head because their post was left, or back to the centre because nobody is
    left in the unit, the soonest due first; with `post_id` those that this post has in hand. 1 query, 2 where there are."""
    return fallen_told(fallen_wanted(post_id=post_id, most=most), now=now)


def fallen_wanted(*, post_id: int | None = None, most: int = 100) -> QuerySet[Assignment, Any]:
    """What `fallen` reads, not asked yet, for who reads it along with other things."""
    fell = Q(ended_at=None, fell_from__isnull=False)
    wanted = (
        fell & Q(post_id=post_id)
        if post_id is not None
        else fell | Q(Q(matter__in_intake=True) | Q(part="co"), ground="vacant.unit")
    )
    return (
        Assignment.objects.filter(wanted, matter__ended_at=None)
        .order_by("matter__due_at", "pk")
        .values_list(
            "unit_id", "fell_from_id", "post_id", "ground", "part", "matter__number", "matter__title", "matter__due_at"
        )[:most]
    )


def fallen_told(found: Iterable[Any], *, now: datetime) -> tuple[Fallen, ...]:
    """What `fallen_wanted` found, in words; 1 query where there is any."""
    rows = list(found)
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
            bool(ground) and part == "co",
        )
        for unit_id, from_id, to_id, ground, part, number, title, due_at in rows
    )
