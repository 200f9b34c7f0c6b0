"""The rows of matters as a pack has them, by the definition: as Python's values, hashed as `facts.policy.rows` says.

A hostile file has as many rows of a matter as it likes, in few bytes. So matters are read as many at a time as the memory
bears, and one that is too much alone is told and not read.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import duckdb

from shanzhi.kernel.facts.policy.columns import MATTER, Of
from shanzhi.kernel.facts.policy.rows import Row, digest, rows_text
from shanzhi.kernel.facts.policy.tables import shapes
from shanzhi.kernel.packs.queries.checking.opened import TooMuch, fetched, row_bytes

LARGE_MOST = 20
"""Matters too large to be read that are told one by one; with more of them a step ends."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")
Stored = dict[int, dict[str, list[Row]]]
"""Rows by matter and table."""


def in_slices(ids: Sequence[int], take: Callable[[Sequence[int]], _T]) -> Iterator[tuple[Sequence[int], _T | None]]:
    """What `take` takes of all these matters: at once where the memory bears it, by halves where it doesn't; None with the id
    of one that is too much alone.

    Raises:
        TooMuch: there are more than `LARGE_MOST` of these.
    """
    waiting, large = [ids] if ids else [], 0
    while waiting:
        some = waiting.pop()
        try:
            took = take(some)
        except (TooMuch, duckdb.OutOfMemoryException) as error:
            half = len(some) // 2
            if half:
                waiting += [some[half:], some[:half]]
                continue
            large += 1
            if large > LARGE_MOST:
                raise TooMuch from error
            yield some, None
        else:
            yield some, took


def rows_of(db: duckdb.DuckDBPyConnection, ids: Sequence[int], most: int) -> Stored:
    """The rows of matters by table, in the order of their keys; times in UTC.

    Raises:
        TooMuch: they take more than `most` bytes.
        duckdb.OutOfMemoryException: or more than DuckDB has.
    """
    found: Stored = {}
    listed = ", ".join(str(each) for each in ids)
    if not listed:
        return found
    for shape in shapes().values():
        names = ", ".join(
            f'epoch_us("{each.name}")' if each.of is Of.TIME else f'"{each.name}"' for each in shape.table.columns
        )
        times = [nth for nth, each in enumerate(shape.table.columns) if each.of is Of.TIME]
        order = ", ".join(f'"{name}"' for name in shape.table.key)
        within = f'FROM "{shape.name}" WHERE matter_id IN ({listed})'
        # Counting is quick, and says of millions of rows that they needn't be sorted.
        ((count,),) = db.execute(f"SELECT count(*) {within}").fetchall()
        if count * row_bytes(len(shape.names)) > most:
            raise TooMuch
        told = db.execute(f"SELECT {names} {within} ORDER BY {order}")
        for row in fetched(told, most):
            found.setdefault(row[0], {}).setdefault(shape.name, []).append(_timed(row, times))
    return found


def _timed(row: tuple[Any, ...], times: Sequence[int]) -> Row:
    made = list(row)
    for nth in times:
        if made[nth] is not None:
            made[nth] = _EPOCH + timedelta(microseconds=made[nth])
    return tuple(made)


def digest_of(matter_id: int, rows: dict[str, list[Row]]) -> str:
    """The hash of a matter's rows by table, in hexadecimal."""
    own = rows.get(MATTER.name) or []
    place = next(nth for nth, column in enumerate(MATTER.columns) if column.name == "steps")
    steps = own[0][place] if own else 0
    return digest(matter_id, steps or 0, {name: rows_text(rows.get(name, [])) for name in shapes()}).hex()
