"""Which posts have how much in hand: counts of matters by post, never by person."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Count

from shanzhi.kernel.matters.models import Assignment
from shanzhi.kernel.matters.queries.lists import MatterRow, rows_by_ids


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
