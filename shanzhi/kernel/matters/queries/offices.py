"""Open work by unit, in figures: for whoever looks after units, never by person."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, slots=True)
class OpenWork:
    """How many open matters are a unit's turn, and how many of them are past their time."""

    held: int
    late: int


def open_work_of_units(unit_ids: Iterable[int], now: datetime) -> dict[int, OpenWork]:
    """Open work of units, whatever the acting post sees of the matters themselves: a keeper's, nothing for others; 1 query,
    by an index."""
    ids = list(unit_ids)
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM matters_load_of_units(%s, %s)", [ids, now])
        counted = {unit_id: OpenWork(held, late) for unit_id, held, late in cursor.fetchall()}
    return dict.fromkeys(ids, OpenWork(0, 0)) | counted
