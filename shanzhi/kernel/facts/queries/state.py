"""How far facts are projected, and how far behind they are."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from shanzhi.kernel.facts.operations.projecting import place
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import Leaf


@dataclass(frozen=True, slots=True)
class FactsState:
    """How projecting stands: up to which place, how many entries were taken in all, how many sealed ones wait, when the oldest
    of them was recorded, when something was projected last, and the month that was cut last."""

    upto: Leaf
    entries: int
    waiting: int
    oldest_at: datetime | None
    projected_at: datetime | None
    cut_month: int | None

    def lag(self, now: datetime) -> float:
        """Seconds that the oldest waiting entry is old; 0 where none waits."""
        return max((now - self.oldest_at).total_seconds(), 0.0) if self.oldest_at else 0.0


def facts_state() -> FactsState:
    """How projecting stands; 5 queries. Worker's role."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT entries, projected_at FROM fact_cursor")
        entries, projected_at = cursor.fetchone() or (0, None)
    upto = place()
    cuts = [month for month, _ in journal.payloads_within(MONTH_SUBJECT, 0, 999_999)]
    return FactsState(
        upto,
        int(entries),
        journal.sealed_between(upto, journal.sealed_end()),
        journal.waiting_since(upto),
        projected_at,
        max(cuts, default=None),
    )


def row_counts() -> dict[str, int]:
    """About how many rows the tables have, as the database last counted them; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, greatest(reltuples, 0)::bigint FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relkind = 'r' AND relname LIKE 'fact\\_%' AND relname NOT LIKE '%\\_spare' ORDER BY relname"
        )
        return {str(name): int(count) for name, count in cursor.fetchall()}
