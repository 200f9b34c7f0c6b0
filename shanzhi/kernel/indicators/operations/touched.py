"""Has something of a month become a fact since it was computed? Asked by the journal's place and no clock: one may go back."""

from django.db import connection

from shanzhi.kernel.journal.queries import Leaf

# Entries that became facts since a month was computed, of matters that count in it.
_SINCE = """
SELECT EXISTS (
    SELECT 1 FROM journal_leaf l JOIN journal_entry e ON e.recorded_at = l.recorded_at AND e.id = l.id
    WHERE l.epoch = %(epoch)s AND l.number >= %(since)s AND l.number < %(upto)s AND e.subject_kind = 'matter' AND (
        EXISTS (SELECT 1 FROM fact_step s WHERE s.matter_id = e.subject_id AND s.month = %(month)s)
        OR EXISTS (SELECT 1 FROM fact_clock c WHERE c.matter_id = e.subject_id AND c.due_month = %(month)s)))
"""


def is_touched(month: int, since: int, upto: Leaf) -> bool:
    """Is there an entry about a matter that counts in the month, from the leaf `since` up to before `upto`? 1 query.

    A place behind `upto` is of another tree of the journal (a restore began a new one): then nothing is known, and it is.
    """
    if since > upto.number:
        return True
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"epoch": upto.epoch, "since": since, "upto": upto.number, "month": month})
        return bool(cursor.fetchone()[0])
