"""Hashes of facts into the journal: as a matter ends, and as a month is cut."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection

from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.payloads import MATTER_SUBJECT, FactsClosed
from shanzhi.kernel.facts.policy.rows import FORM, Row, digest
from shanzhi.kernel.facts.policy.tables import shapes
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject

SYSTEM = Author("system")


def journal_closed(folded: Iterable[Folded], now: datetime) -> int:
    """Journal the hash of each matter among these that ended with this batch; how many. After their rows are written."""
    closed = [each for each in folded if each.was_open and not each.is_open]
    read = rows_of([each.matter["matter_id"] for each in closed if each.is_known])
    return journal.record_many(_draft(each, read.get(each.matter["matter_id"]), now) for each in closed)


def _draft(folded: Folded, read: dict[str, list[Row]] | None, now: datetime) -> Draft:
    pk = folded.matter["matter_id"]
    tables = read if read is not None else {name: folded.rows(name) for name in shapes()}
    told = FactsClosed(folded.matter["number"], folded.steps, FORM, digest(pk, folded.steps, tables).hex())
    return Draft(told, Subject(MATTER_SUBJECT, pk, folded.extra["closings"]), SYSTEM, now)


def rows_of(ids: Sequence[int]) -> dict[int, dict[str, list[Row]]]:
    """All rows of these matters by table, in the order of their keys; one query a table."""
    found = _rows("matter_id = ANY(%s)", [list(ids)]) if ids else {}
    return {pk: found[pk] for pk in ids}


def rows_within(first: int, last: int) -> dict[int, dict[str, list[Row]]]:
    """As `rows_of`, of the matters with ids from one to another that have rows."""
    return _rows("matter_id BETWEEN %s AND %s", [first, last])


def _rows(which: str, params: list[object]) -> dict[int, dict[str, list[Row]]]:
    found: dict[int, dict[str, list[Row]]] = {}
    with connection.cursor() as cursor:
        for shape in shapes().values():
            cursor.execute(
                f"SELECT {', '.join(shape.names)} FROM {shape.name} WHERE {which}"  # noqa: S608 - own names
                f" ORDER BY {', '.join(shape.table.key)}",
                params,
            )
            for row in cursor.fetchall():
                if row[0] not in found:
                    found[row[0]] = {name: [] for name in shapes()}
                found[row[0]][shape.name].append(row)
    return found
