"""Matters and the places (场所) that they are about."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from shanzhi.kernel.matters.models import Matter, MatterPlace


def place_ids(matter_ids: Iterable[int]) -> dict[int, int]:
    """Matter → place, of those visible matters that name one; 1 query."""
    return dict(MatterPlace.objects.filter(matter_id__in=list(matter_ids)).values_list("matter_id", "place_id"))


def open_at_place(place_id: int) -> int:
    """How many open matters that are visible are about a place; 1 query."""
    return MatterPlace.objects.filter(place_id=place_id, matter__ended_at=None).count()


def about_places_wanted(place_ids: Iterable[int] | QuerySet[Any, Any], most: int) -> QuerySet[Matter]:
    """Open matters that are visible and about one of these places, the newest first; not asked yet."""
    rows = MatterPlace.objects.filter(place_id__in=place_ids, matter__ended_at=None).order_by("-matter_id")
    return Matter.objects.filter(pk__in=rows.values("matter_id")[:most]).order_by("-pk")


def open_at_places(ids: Iterable[int]) -> dict[int, int]:
    """Place → how many open matters that are visible are about it; 1 query."""
    found: dict[int, int] = {}
    rows = MatterPlace.objects.filter(place_id__in=list(ids), matter__ended_at=None).values_list("place_id", flat=True)
    for place_id in rows:
        found[place_id] = found.get(place_id, 0) + 1
    return found


def ids_at_place_wanted(place_id: int, most: int) -> QuerySet[MatterPlace, int]:
    """The ids of visible matters about a place, open and ended, the newest first; not asked yet."""
    return (
        MatterPlace.objects.filter(place_id=place_id).order_by("-matter_id").values_list("matter_id", flat=True)[:most]
    )
