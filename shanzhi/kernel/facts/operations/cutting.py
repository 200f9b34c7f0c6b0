"""Cutting a month (封账): one entry of the journal with a root over the facts of all matters that weren't over before it began.

The rows are read in a snapshot, without holding up the projector; the entry says up to which leaf they were projected, so
that the same rows can be made again later, when more has happened. Each matter's hash is kept (`fact_cut_leaf`), and the
text of regions and units (`fact_cut_tree`), so that a pack can show what the root is over without folding everything again.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.errors import Conflict
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.operations.projecting import place
from shanzhi.kernel.facts.operations.proofs import SYSTEM, digests_of
from shanzhi.kernel.facts.policy.columns import REGION, UNIT
from shanzhi.kernel.facts.policy.months import (
    check_over,
    month_after,
    month_before,
    month_starts,
    month_text,
)
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT, FactsCut
from shanzhi.kernel.facts.policy.rows import FORM, Row, dimensions_digest, dimensions_text
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as sealed
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.journal.policy.tree import HASHES, leaf_hash, root_of

CHUNK = 2000
HASH = HASHES["sha256"]
_LOCK = 370312


class NotProjected(Conflict):
    """Entries of the month aren't projected yet."""

    code = "facts-not-projected"


@dataclass(frozen=True, slots=True)
class Cut:
    """A month that was cut: how many matters, and the root over their facts; `is_new` False where that was done before."""

    month: int
    matters: int
    root: str
    is_new: bool


def cut_month(month: int, *, now: datetime, tick: Callable[[int], None] = lambda count: None) -> Cut:
    """Cut a month that is over, once; `tick` is told how many matters were hashed. Worker's role; not inside a transaction.

    Raises:
        MonthIsntOver: it still runs.
        NotProjected: something that was done in it isn't in the facts yet.
    """
    check_over(month, now)
    before = cut_of(month)
    if before is not None:
        return before
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        upto = place()
        _check_projected(month, upto)
        hashes = list(_hashes(month, tick))
        tree = dimensions_now()
    root = root_of(HASH, (leaf_of(digested) for _, _, digested in hashes)).hex()
    told = FactsCut(month, FORM, upto.epoch, upto.number, len(hashes), root, dimensions_digest(tree).hex())
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])
        before = cut_of(month)
        if before is not None:
            return before
        journal.record(payload=told, subject=Subject(MONTH_SUBJECT, month), author=SYSTEM, happened_at=now)
        _keep(month, hashes, tree)
    return Cut(month, told.matters, told.root, is_new=True)


def cut_due(*, now: datetime) -> Cut | None:
    """Cut the month before this one, where that wasn't done yet; None where nothing was ever projected. Worker's role."""
    return cut_month(month_before(local_date(now)), now=now) if place().number or place().epoch > 1 else None


def cut_of(month: int) -> Cut | None:
    """The cut of a month as it was journaled; 1 query."""
    for row in sealed.entries_of(MONTH_SUBJECT, month):
        return Cut(month, int(row.payload["matters"]), str(row.payload["root"]), is_new=False)
    return None


def leaf_of(digested: bytes) -> bytes:
    """A matter's leaf in a month's tree, over the SHA-256 of its facts."""
    return leaf_hash(HASH, digested)


def _check_projected(month: int, upto: sealed.Leaf) -> None:
    since = sealed.waiting_since(upto)
    if since is not None and since < month_starts(month_after(month)):
        raise NotProjected(
            msg("%(month)s 的留痕还没有全部进入事实表。请先运行 shanzhi facts project，再封账。"),
            month=(month_text(month),),
        )


def dimensions_now() -> str:
    """Regions and units as they stand in their tables, in canonical form; 2 queries."""
    found: dict[str, list[Row]] = {}
    with connection.cursor() as cursor:
        for table in (REGION, UNIT):
            names = ", ".join(column.name for column in table.columns)
            cursor.execute(f"SELECT {names} FROM {table.name} ORDER BY {', '.join(table.key)}")  # noqa: S608 - own names
            found[table.name] = cursor.fetchall()
    return dimensions_text(found)


def _keep(month: int, hashes: Iterable[tuple[int, int, bytes]], tree: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO fact_cut_tree (month, told) VALUES (%s, %s)", [month, tree])
        with cursor.copy("COPY fact_cut_leaf (month, matter_id, steps, sha256) FROM STDIN") as copy:
            for row in hashes:
                copy.write_row((month, *row))


def _hashes(month: int, tick: Callable[[int], None]) -> Iterator[tuple[int, int, bytes]]:
    """Each matter of the month with the number of its last entry and the hash of its facts, in the order of their ids (the
    same condition as `policy.months.is_of_month`)."""
    last = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT matter_id, steps FROM fact_matter WHERE matter_id > %s AND reported_month <= %s"
                " AND (ended_month IS NULL OR ended_month >= %s OR last_at >= %s) ORDER BY matter_id LIMIT %s",
                [last, month, month, month_starts(month), CHUNK],
            )
            steps: dict[int, int] = dict(cursor.fetchall())
        if not steps:
            return
        yield from ((pk, steps[pk], digested) for pk, digested in digests_of(steps).items())
        tick(len(steps))
        last = max(steps)
