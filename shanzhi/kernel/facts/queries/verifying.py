"""Verifying facts: every row is made again from the journal's payloads and compared, and every hash that was journaled; then
what is counted from the rows, and what was taken over from the organisation.

Runs as the worker's role in one read-only snapshot, so that the projector may go on.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from django.db import connection, transaction

from shanzhi.core.memory import uncollected
from shanzhi.kernel.facts.operations.cutting import HASH, leaf_of
from shanzhi.kernel.facts.operations.projecting import SUBJECT, folded_by, place
from shanzhi.kernel.facts.operations.proofs import rows_within
from shanzhi.kernel.facts.operations.rebuilding import CHUNK, by_matter, last_matter
from shanzhi.kernel.facts.policy.comparing import Fault, closed_differs, closed_unhashed, compare, cut_differs
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.months import is_of_month
from shanzhi.kernel.facts.policy.payloads import MATTER_SUBJECT, MONTH_SUBJECT
from shanzhi.kernel.facts.policy.rows import FORM
from shanzhi.kernel.facts.policy.tables import shapes
from shanzhi.kernel.facts.queries.counting_again import counted_faults, dimension_faults
from shanzhi.kernel.facts.queries.cuts import cut_entries, digest_of, kept_faults
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy.tree import root_of
from shanzhi.kernel.journal.queries import Leaf, SealedEntry

FAULTS_MOST = 10_000
"""More aren't gathered: a table that was emptied is named by its first rows."""
COUNTED_MOST = 1_000
"""Rows of each cube that are named."""


@dataclass(slots=True)
class Verified:
    """What a verification saw: matters, rows and hashes that it compared, and each fault (`is_cut_short`: there are more)."""

    matters: int = 0
    rows: int = 0
    hashes: int = 0
    faults: list[Fault] = field(default_factory=list)
    is_cut_short: bool = False

    @property
    def is_whole(self) -> bool:
        """Is every row what the journal makes it?"""
        return not self.faults


@dataclass(slots=True)
class _Month:
    """A month that was cut, and its leaves as they are made again."""

    month: int
    upto: Leaf
    root: str
    leaves: list[bytes] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Hash:
    steps: int
    sha256: str


def verify(*, tick: Callable[[int], None] = lambda count: None) -> Verified:
    """Verify all facts as far as they are projected; `tick` is told how many ids were done. Not inside a transaction."""
    found = Verified()
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        upto, months = place(), _months()
        last = max(last_matter(), _last_row())
        for first in range(1, last + 1, CHUNK):
            _verify(first, min(first + CHUNK - 1, last), upto, months, found)
            tick(CHUNK)
        _add(found, dimension_faults())
        # What is counted follows from rows: while one of those is wrong, so is what is counted from it; it's told once.
        if found.is_whole:
            _add(found, counted_faults(COUNTED_MOST))
        _add(found, kept_faults(cut_entries(0, 999_999)))
    for cut in months:
        found.hashes += 1
        if root_of(HASH, cut.leaves).hex() != cut.root:
            _add(found, [cut_differs(cut.month)])
    return found


@uncollected()
def _verify(first: int, last: int, upto: Leaf, months: list[_Month], found: Verified) -> None:
    entries = by_matter(journal.sealed_within(SUBJECT, first, last, before=upto))
    hashes = _hashes(first, last)
    stored = rows_within(first, last)
    for pk in sorted(entries.keys() | stored.keys()):
        folded = _again(pk, entries.get(pk, []), hashes.get(pk, []), months, found)
        should = {name: folded.rows(name) if folded else [] for name in shapes()}
        number = str(folded.matter["number"]) if folded else str(pk)
        is_ = stored.get(pk, {})
        for shape in shapes().values():
            _add(found, compare(shape, number, is_.get(shape.name, []), should[shape.name]))
            found.rows += len(should[shape.name])
        found.matters += folded is not None
        if folded is not None and not folded.is_open and not hashes.get(pk):
            _add(found, [closed_unhashed(pk, number)])


def _again(
    pk: int, rows: list[SealedEntry], hashes: list[_Hash], months: list[_Month], found: Verified
) -> Folded | None:
    """A matter after its entries; on the way there its facts are hashed wherever a hash of them was journaled."""
    folded: Folded | None = None
    wanted = {each.steps: each.sha256 for each in hashes}
    waiting = list(months)
    for row in rows:
        if row.step != (folded.steps if folded is not None else 0) + 1:
            break
        waiting = _cut(pk, folded, [each for each in waiting if row.leaf >= each.upto], waiting)
        folded = folded_by(folded, row)
        sha256 = wanted.get(row.step) if folded is not None else None
        if folded is not None and sha256 is not None:
            found.hashes += 1
            if digest_of(folded).hex() != sha256:
                _add(found, [closed_differs(pk, str(folded.matter["number"]), row.step)])
    _cut(pk, folded, waiting, waiting)
    return folded


def _cut(pk: int, folded: Folded | None, now: list[_Month], waiting: list[_Month]) -> list[_Month]:
    """Give the months that were cut at this point the matter's leaf; those that still wait."""
    if not now:
        return waiting
    if folded is not None:
        leaf = None
        for each in now:
            if is_of_month(folded.matter, each.month):
                leaf = leaf or leaf_of(digest_of(folded))
                each.leaves.append(leaf)
    return [each for each in waiting if each not in now]


def _hashes(first: int, last: int) -> dict[int, list[_Hash]]:
    """The hashes of matters that were journaled in the present form, sealed or not."""
    found: dict[int, list[_Hash]] = {}
    for pk, payload in journal.payloads_within(MATTER_SUBJECT, first, last):
        if payload["form"] == FORM:
            found.setdefault(pk, []).append(_Hash(int(payload["steps"]), str(payload["sha256"])))
    return found


def _months() -> list[_Month]:
    cuts = (payload for _, payload in journal.payloads_within(MONTH_SUBJECT, 0, 999_999))
    return [
        _Month(int(told["month"]), Leaf(int(told["epoch"]), int(told["leaf"])), str(told["root"]))
        for told in cuts
        if told["form"] == FORM
    ]


def _last_row() -> int:
    """The highest id in any table: a row that nothing made is found, too."""
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(
                f"SELECT max(matter_id) FROM {name}"  # noqa: S608 - own names
                for name in shapes()
            )
        )
        return max(int(row[0] or 0) for row in cursor.fetchall())


def _add(found: Verified, faults: Iterable[Fault]) -> None:
    for fault in faults:
        if len(found.faults) >= FAULTS_MOST:
            found.is_cut_short = True
            return
        found.faults.append(fault)
