"""What an engine does, and how it refuses."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlglot import exp

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.dialects import EngineName

Row = tuple[int | None, ...]
Pairs = Sequence[tuple[int, int]]


class EngineUnusable(DomainError):
    """The engine isn't there, or its facts aren't."""

    code = "engine"


class TookTooLong(DomainError):
    """A formula ran longer than it may; it was stopped."""

    status = 503
    code = "engine-time"


class TooLargeNumber(DomainError):
    """A formula multiplied or added beyond 64 bits; an engine that wraps around would give nonsense, so none may."""

    code = "engine-overflow"


TOO_LARGE = msg("公式算出的数超过了 64 位整数。请改写公式，例如用秒数列代替相乘。")


class Engine(Protocol):
    """Runs queries that were made around a sound formula (`policy/dialects.py`), and nothing else."""

    name: EngineName

    def rows(self, select: exp.Select, scope: Pairs, periods: Pairs) -> list[Row]:
        """The rows of a query, sorted; whole numbers and NULL only. `scope` and `periods` are the rows of the two small tables
        that it may join.

        Raises:
            EngineUnusable: a table isn't there.
            TookTooLong: it was stopped.
            TooLargeNumber: a number went beyond 64 bits.
        """
        ...

    def table(self, name: str, columns: Sequence[str], only: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """The given columns of a small table (regions, units), by the first two; of any table only the rows whose first column
        is one of `only`.

        Raises:
            EngineUnusable: it isn't there.
        """
        ...


def sorted_rows(rows: Iterable[Sequence[int | None]]) -> list[Row]:
    """Rows in one order whatever the engine: by their numbers, NULL first."""
    made = [tuple(row) for row in rows]
    try:
        made.sort()

    except TypeError:  # a NULL among them
        made.sort(key=lambda row: tuple((each is not None, each or 0) for each in row))
    return made


def table_text(name: str, columns: Sequence[str], only: Sequence[int] | None, quote: str = '"') -> str:
    """The query of `Engine.table`; names come from the code, `only` are whole numbers."""
    listed = ", ".join(f"{quote}{column}{quote}" for column in columns)
    among = "" if only is None else f" WHERE {listed.split(',')[0]} IN ({', '.join(str(int(each)) for each in only)})"
    return f"SELECT {listed} FROM {quote}{name}{quote}{among} ORDER BY 1, 2"  # noqa: S608  # as the docstring says
