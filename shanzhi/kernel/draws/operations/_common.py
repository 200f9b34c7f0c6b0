"""What the operations share: one at a time, a draw's next step in the journal."""

from datetime import datetime

from django.db import connection

from shanzhi.core.errors import NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.draws.models import Draw
from shanzhi.kernel.draws.policy.payloads import SUBJECT
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as journaled
from shanzhi.kernel.journal.policy import Author, Payload, Subject


def queue() -> None:
    """Let everybody else who would change a draw wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('draws', 0))")


def draw_numbered(number: int) -> Draw:
    """The draw with this number.

    Raises:
        NotFound: there is none.
    """
    row = Draw.objects.filter(number=number).first()
    if row is None:
        raise NotFound(msg("没有第 %(number)s 号抽取。请从抽取列表里选。"), number=str(number)[:20])
    return row


def record(row: Draw, payload: Payload, author: Author, now: datetime) -> None:
    """Write a draw's next entry into the journal."""
    step = journaled.last_step(SUBJECT, row.number) + 1
    journal.record(payload=payload, subject=Subject(SUBJECT, row.number, step), author=author, happened_at=now)
