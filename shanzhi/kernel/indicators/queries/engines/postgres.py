"""PostgreSQL on the live tables, read-only, with a time limit, as the role of the process."""

from collections.abc import Sequence
from typing import Any

from django.db import DatabaseError, OperationalError, connections, transaction
from psycopg.errors import NumericValueOutOfRange, QueryCanceled, UndefinedTable
from sqlglot import exp

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.dialects import PERIOD, SCOPE, EngineName, render
from shanzhi.kernel.indicators.policy.excluded import NAME, NOTHING_HELD, Held
from shanzhi.kernel.indicators.queries.engines.base import (
    TOO_LARGE,
    EngineUnusable,
    Pairs,
    Row,
    TookTooLong,
    TooLargeNumber,
    sorted_rows,
    table_text,
)


class PostgresEngine:
    """The city's own database."""

    name = EngineName.POSTGRES

    def __init__(self, *, using: str = "default", seconds: float = 120, held: Held = NOTHING_HELD) -> None:
        self.using, self.seconds, self.held = using, seconds, held

    def rows(self, select: exp.Select, scope: Pairs, periods: Pairs) -> list[Row]:
        """See `Engine`."""
        text = render(select, self.name).replace("%", "%%")
        small = [
            _listed(SCOPE, "region_id", "ancestor_id"),
            _listed(PERIOD, "month", "period"),
        ]
        given: list[list[Any]] = [[each[side] for each in pairs] for pairs in (scope, periods) for side in (0, 1)]
        before, first = held_back(self.held)
        return sorted_rows(self._run(f"WITH {', '.join([*before, *small])} {text}", [*first, *given]))

    def table(self, name: str, columns: Sequence[str], only: Sequence[int] | None = None) -> list[tuple[Any, ...]]:
        """See `Engine`."""
        return [] if only is not None and not only else self._run(table_text(name, columns, only), [])

    def _run(self, text: str, given: list[list[Any]]) -> list[tuple[Any, ...]]:
        try:
            # Rolled back in any case: with the savepoint go the settings.
            with transaction.atomic(using=self.using), connections[self.using].cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [f"{round(self.seconds * 1000)}"])
                cursor.execute("SET LOCAL transaction_read_only = on")
                cursor.execute(text, given)
                found: list[tuple[Any, ...]] = cursor.fetchall()
                transaction.set_rollback(True, using=self.using)
                return found
        except OperationalError as error:
            if not isinstance(error.__cause__, QueryCanceled):
                raise
            words = msg("算了超过 %(seconds)s 秒，已停下。请把范围缩小，或稍后再算。")
            raise TookTooLong(words, seconds=f"{self.seconds:g}") from error
        except DatabaseError as error:
            if isinstance(error.__cause__, NumericValueOutOfRange):
                raise TooLargeNumber(TOO_LARGE) from error
            if not isinstance(error.__cause__, UndefinedTable):
                raise
            words = msg("事实里缺少公式要用的表：%(reason)s")
            raise EngineUnusable(words, reason=str(error).splitlines()[0]) from error


_HELD = f"""
"{NAME}" AS (
    SELECT x.matter_id, x.indicator, x.month FROM {NAME} x WHERE NOT EXISTS (
        SELECT 1 FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS h (matter_id, indicator, month)
        WHERE (h.matter_id, h.indicator, h.month) = (x.matter_id, x.indicator, x.month))
    UNION ALL SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[])
)"""  # noqa: S608  # the table's own name


def held_back(held: Held) -> tuple[list[str], list[list[Any]]]:
    """What goes before a query so that it counts as if these decisions hadn't come yet: a table in the place of the facts'
    own, and its values. Nothing where nothing is held back."""
    if held == NOTHING_HELD:
        return [], []
    return [_HELD], [[row[side] for row in rows] for rows in (held.left_out, held.let_in) for side in (0, 1, 2)]


def _listed(name: str, left: str, right: str) -> str:
    rows = f'unnest(%s::bigint[], %s::bigint[]) AS t ("{left}", "{right}")'
    return f'"{name}" AS (SELECT * FROM {rows})'  # noqa: S608  # names come from the code
