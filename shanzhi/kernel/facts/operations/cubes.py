"""The cubes are kept: what a change of facts changes in them, and the whole counted anew."""

import json
from collections.abc import Collection
from datetime import date
from typing import Any

from django.db import connection

from shanzhi.kernel.facts.policy import columns, cube_sql, cubes
from shanzhi.kernel.facts.policy.counting import Delta, Row, apply
from shanzhi.kernel.facts.policy.lines import Lines

_LOCK = 370306
_CUBES = {cube.name: cube for cube in cubes.CUBES}
_TABLES = {table.name: table for table in columns.TABLES}


def lock_cubes() -> None:
    """Wait for whoever writes cubes or what they rest on, and hold up the next, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def cubes_follow(*, old: dict[str, list[Row]], new: dict[str, list[Row]], lines: Lines) -> None:
    """Follow a change of fact rows, in the transaction that makes it; see `policy.counting.apply` for what `old` and `new` are.

    `lines` are those of `lines_now`, read after the lock: the caller holds `lock_cubes`.
    """
    cubes_add(apply(old, new, lines))


def cubes_add(delta: Delta) -> None:
    """Add what has changed, and take out rows to which nothing contributes any more. At most 2 statements a cube."""
    with connection.cursor() as cursor:
        for name, cells in delta.items():
            if not cells:
                continue
            cube = _CUBES[name]
            rows = [dict(zip(cube.key_names, key, strict=True)) | values for key, values in sorted(cells.items())]
            cursor.execute(cube_sql.add(cube), {"rows": json.dumps(rows, default=date.isoformat)})
            if any(values.get("facts", 0) < 0 for values in cells.values()):
                cursor.execute(cube_sql.prune(cube))


def cubes_count(*, twin: str = "") -> dict[str, int]:
    """Count every cube anew from the rows of facts; with `twin` from and into the tables that are being rebuilt, which are
    empty. Rows of each cube. The caller is in a transaction."""
    if not twin:
        lock_cubes()
    made = {}
    with connection.cursor() as cursor:
        for cube in cubes.CUBES:
            if not twin:
                cursor.execute(f"DELETE FROM {cube.name}")  # noqa: S608 - one of the program's own names
            cursor.execute(cube_sql.insert(cube, twin=twin))
            made[cube.name] = cursor.rowcount
    return made


def rows_of_matters(matter_ids: Collection[int]) -> dict[str, list[Row]]:
    """The rows of facts of some matters that cubes are counted from; 1 query a table."""
    rows: dict[str, list[Row]] = {}
    with connection.cursor() as cursor:
        for name in cubes.TABLES:
            names = ", ".join(column.name for column in _TABLES[name].columns)
            cursor.execute(f"SELECT {names} FROM {name} WHERE matter_id = ANY(%s)", [list(matter_ids)])  # noqa: S608 - own names
            rows[name] = _rows(cursor.fetchall())
    return rows


def _rows(found: list[Any]) -> list[Row]:
    return found
