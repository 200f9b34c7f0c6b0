"""How many matters a redraw of regions concerns, and how many there were: counts for those who keep the regions.

They look past what a post sees, and tell no matter (`matters_open_in` and its like, migration 0016).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class RegionFigure:
    """Matters reported and ended under one code in one period, counted from 0."""

    code: str
    period: int
    reported: int
    ended: int


def open_matters_of(codes: Mapping[int, str]) -> dict[int, int]:
    """Open matters that lie directly in each of these regions (id → code); 1 query. A keeper's, or a terminal's."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT region, open FROM matters_open_in(%s::bigint[], %s::text[])", [list(codes), list(codes.values())]
        )
        return dict(cursor.fetchall())


def open_matters_of_units(unit_ids: Collection[int]) -> int:
    """Open matters in which one of these units has a part; 1 query, none for no unit. A keeper's, or a terminal's."""
    if not unit_ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT open FROM matters_open_of_units(%s::bigint[])", [list(unit_ids)])
        row = cursor.fetchone()
        return int(row[0]) if row else 0


def region_figures(bounds: Sequence[datetime]) -> list[RegionFigure]:
    """Matters reported (by the code of their report) and ended (by the code under which they ended) between each two of
    these times; 1 query. A keeper's."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, period - 1, reported, ended FROM matters_region_figures(%s)", [list(bounds)])
        return [RegionFigure(*row) for row in cursor.fetchall()]
