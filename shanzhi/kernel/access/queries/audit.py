"""What an auditor reads: figures by day and lines of the record. No contents, nobody's doings in detail."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from shanzhi.core.periods import local_date

DAYS = 14
COLUMNS = ("signed_in", "failed", "readings", "asked", "decided", "sessions_ended", "tokens")


@dataclass(frozen=True, slots=True)
class AuditDay:
    """One day of the city: sign-ins and failed ones, readings of the vault, sign-offs asked for and decided, sessions
    ended by somebody else, tokens issued and ended."""

    on: date
    signed_in: int
    failed: int
    readings: int
    asked: int
    decided: int
    sessions_ended: int
    tokens: int


def audit_days(now: datetime, days: int = DAYS) -> list[AuditDay]:
    """The last days, newest first, days on which nothing happened left out; 1 query. Empty for who doesn't audit."""
    since = local_date(now) - timedelta(days=days - 1)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT day, {', '.join(COLUMNS)} FROM audit_days(%s)", [since])  # noqa: S608 - fixed names
        return [AuditDay(day, *(int(figure) for figure in figures)) for day, *figures in cursor.fetchall()]
