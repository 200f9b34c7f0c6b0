"""The cubes are kept: what a change of facts changes in them, and the whole counted anew."""

import orjson
from django.db import connection

from shanzhi.kernel.facts.policy import cube_sql, cubes
from shanzhi.kernel.facts.policy.counting import Delta

_LOCK = 370312
_CUBES = {cube.name: cube for cube in cubes.CUBES}


def lock_cubes() -> None:
    """Wait for whoever writes cubes or what they rest on, and hold up the next, until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])


def cubes_add(delta: Delta, *, twin: str = "") -> None:
    """Add what has changed (`policy.counting.apply`), in the transaction that changes the facts, under `lock_cubes`; rows to
    which nothing contributes any more go. At most 2 statements a cube."""
    with connection.cursor() as cursor:
        for name, cells in delta.items():
            if not cells:
                continue
            cube = _CUBES[name]
            keys = cube.key_names
            rows = [dict(zip(keys, key, strict=True)) | values for key, values in sorted(cells.items())]
            names = {name for values in cells.values() for name in values}
            cursor.execute(cube_sql.add(cube, names, twin=twin), {"rows": orjson.dumps(rows).decode()})
            if any(values.get("facts", 0) < 0 for values in cells.values()):
                cursor.execute(cube_sql.prune(cube, twin=twin))


def cubes_count(*, twin: str = "") -> dict[str, int]:
    """Count every cube anew from the rows of facts; with `twin` from and into the tables that are being rebuilt. Rows of each
    cube. The caller is in a transaction."""
    if not twin:
        lock_cubes()
    made = {}
    with connection.cursor() as cursor:
        for cube in cubes.CUBES:
            cursor.execute(f"DELETE FROM {cube.name}{twin}")  # noqa: S608 - one of the program's own names
            cursor.execute(cube_sql.insert(cube, twin=twin))
            made[cube.name] = cursor.rowcount
    return made
