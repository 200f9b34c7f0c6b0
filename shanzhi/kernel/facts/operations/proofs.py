"""Hashes of facts into the journal: as a matter ends, and as a month is cut."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from django.db import connection

from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.payloads import MATTER_SUBJECT, FactsClosed
from shanzhi.kernel.facts.policy.rows import FORM, Row, digest, row_sql
from shanzhi.kernel.facts.policy.tables import Shape, shapes
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject

SYSTEM = Author("system")


def journal_closed(folded: Iterable[Folded], now: datetime) -> int:
    """Journal the hash of each matter among these that ended with this batch; how many. After their rows are written."""
    closed = [each for each in folded if each.was_open and not each.is_open]
    digests = digests_of({each.matter["matter_id"]: each.steps for each in closed})
    return journal.record_many(_draft(each, digests[each.matter["matter_id"]], now) for each in closed)


def _draft(folded: Folded, digested: bytes, now: datetime) -> Draft:
    told = FactsClosed(folded.matter["number"], folded.steps, FORM, digested.hex())
    return Draft(told, Subject(MATTER_SUBJECT, folded.matter["matter_id"], folded.extra["closings"]), SYSTEM, now)


def digests_of(steps: Mapping[int, int]) -> dict[int, bytes]:
    """The hashes of matters' facts as they stand in the tables; given is the number of each matter's last entry. One query a
    table, which writes the rows' text itself."""
    if not steps:
        return {}
    texts: dict[str, dict[int, str]] = {}
    with connection.cursor() as cursor:
        for shape in shapes().values():
            cursor.execute(
                f"SELECT t.matter_id, string_agg({row_sql(shape.table)}, ', ' ORDER BY {_key(shape)})"  # noqa: S608 - own names
                f" FROM {shape.name} t WHERE t.matter_id = ANY(%s) GROUP BY t.matter_id",
                [list(steps)],
            )
            texts[shape.name] = dict(cursor.fetchall())
    return {
        pk: digest(pk, number, {name: found.get(pk, "") for name, found in texts.items()})
        for pk, number in steps.items()
    }


def _key(shape: Shape) -> str:
    return ", ".join(f"t.{name}" for name in shape.table.key)


def rows_within(first: int, last: int) -> dict[int, dict[str, list[Row]]]:
    """All rows of the matters with ids from one to another that have some, by table and in the order of their keys; one query
    a table."""
    found: dict[int, dict[str, list[Row]]] = {}
    with connection.cursor() as cursor:
        for shape in shapes().values():
            cursor.execute(
                f"SELECT {', '.join(shape.names)} FROM {shape.name} t WHERE matter_id BETWEEN %s AND %s"  # noqa: S608 - own names
                f" ORDER BY {_key(shape)}",
                [first, last],
            )
            for row in cursor.fetchall():
                if row[0] not in found:
                    found[row[0]] = {name: [] for name in shapes()}
                found[row[0]][shape.name].append(row)
    return found
