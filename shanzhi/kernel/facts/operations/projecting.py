"""The projector: sealed entries, in the order of their leaves, into facts; each batch with the place up to which it came.

An entry is folded once: the place moves in the transaction that writes the rows. A late commit isn't skipped: it is sealed
late, too. A matter's entries are folded in the order of their steps; one that is sealed before an earlier step of its
matter (its transaction began first) waits until that one is there.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from django.db import connection, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.memory import uncollected
from shanzhi.core.text import msg
from shanzhi.kernel.facts.operations.dimensions import dimensions_follow
from shanzhi.kernel.facts.operations.proofs import journal_closed
from shanzhi.kernel.facts.operations.writing import LIVE, Kept, states_of
from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.facts.policy.fold import fold
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import Leaf, SealedEntry

BATCH = 10_000
"""Entries at once: the more, the fewer rows of the cubes are written twice; so many take about two seconds."""
SUBJECT = "matter"
_LOCK = 370310


class Unfoldable(DomainError):
    """A sealed entry can't be folded."""

    status = 500
    code = "facts-unfoldable"


@dataclass(frozen=True, slots=True)
class Projected:
    """What one projecting did: `count` entries taken, of them `folded` of matters; whether more wait; `busy`: another one is
    at it and nothing was done."""

    count: int = 0
    folded: int = 0
    more: bool = False
    busy: bool = False


def project(*, now: datetime, limit: int = BATCH) -> Projected:
    """Project one batch of sealed entries, all of it or nothing. Worker's role.

    One projector works at a time; another one is told `busy`. Safe to call at any time, again and again.

    Raises:
        Unfoldable: an entry isn't in its shape; the batch isn't taken.
    """
    with transaction.atomic():
        if not try_lock():
            return Projected(busy=True)
        dimensions_follow()
        return project_batch(now, limit)


@uncollected()
def project_batch(
    now: datetime, limit: int, *, twin: str = LIVE, until: Leaf | None = None, has_cubes: bool = True
) -> Projected:
    """As `project`, under the lock; into the tables with the ending `twin` (and their cubes), no further than `until`. Only
    facts that are shown have their hashes journaled: what is rebuilt had them before."""
    start = place(twin)
    rows = journal.sealed_after(start, kind=SUBJECT, limit=limit)
    if until is not None:
        rows = [row for row in rows if row.leaf < until]
    if not rows:
        return Projected()
    end = Leaf(rows[-1].leaf.epoch, rows[-1].leaf.number + 1)
    kept = _folded(rows, start, end, Kept(twin, has_cubes=has_cubes))
    kept.write()
    move(end, len(rows), now, twin)
    if twin == LIVE:
        journal_closed(kept.folded, now)
    return Projected(len(rows), sum(row.subject_kind == SUBJECT for row in rows), len(rows) == limit)


def entry_of(row: SealedEntry) -> Entry:
    """A sealed entry as the fold takes it."""
    return Entry(
        row.subject_id,
        row.step,
        row.action,
        row.version,
        row.happened_at,
        row.author_kind,
        row.author_unit_id,
        orjson.loads(row.payload),
    )


def _folded(rows: Sequence[SealedEntry], start: Leaf, end: Leaf, kept: Kept) -> Kept:
    """Every matter of the batch after its entries."""
    entries: dict[int, list[SealedEntry]] = {}
    for row in rows:
        if row.subject_kind == SUBJECT:
            entries.setdefault(row.subject_id, []).append(row)
    states = states_of([pk for pk, found in entries.items()], kept.twin) if entries else {}
    anew = []
    for pk, found in entries.items():
        folded = states.get(pk)
        is_waiting = pk in states and folded is None
        if is_waiting or not _goes_on(folded, found):
            anew.append(pk)
            continue
        kept.keep(pk, _after(folded, found), is_begun=True)
    if anew:
        _fold_anew(kept, anew, start, end)
    return kept


def _goes_on(folded: Folded | None, found: list[SealedEntry]) -> bool:
    """Do these follow one on another, without a gap, and nothing waits for them? (Sorts them.)"""
    found.sort(key=_step)
    steps = folded.steps if folded is not None else 0
    has_waited = folded is not None and bool(folded.extra.get("ahead"))
    return not has_waited and [row.step for row in found] == list(range(steps + 1, steps + 1 + len(found)))


def _step(row: SealedEntry) -> int:
    return row.step


def _after(folded: Folded | None, found: Iterable[SealedEntry]) -> Folded | None:
    for row in found:
        folded = folded_by(folded, row)
    return folded


def folded_by(folded: Folded | None, row: SealedEntry) -> Folded | None:
    """A matter after one more sealed entry.

    Raises:
        Unfoldable: the entry says something else than its shape tells; nothing after it is projected until that is mended.
    """
    try:
        return fold(folded, entry_of(row))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unfoldable(
            msg(
                "第 %(epoch)d 纪元第 %(leaf)d 个叶（%(action)s）和它的格式不符，折算不了，投影停在这里。请向维护方报告。"
            ),
            epoch=row.leaf.epoch,
            leaf=row.leaf.number,
            action=row.action,
        ) from error


def _fold_anew(kept: Kept, ids: list[int], start: Leaf, end: Leaf) -> None:
    """Fold matters from their first entry: those that had ended, and those whose entries weren't sealed in their order."""
    kept.anew += ids
    found: dict[int, list[SealedEntry]] = {pk: [] for pk in ids}
    for row in journal.sealed_of(SUBJECT, ids, before=end):
        found[row.subject_id].append(row)
    for pk, rows in found.items():
        kept.keep(pk, contiguous(rows, start), is_begun=False)


def contiguous(rows: Sequence[SealedEntry], start: Leaf | None = None) -> Folded | None:
    """A matter after its entries, as far as they follow one on another; `extra["ahead"]` tells that some wait. `was_open` says
    whether it was open before the first that was sealed from `start` on."""
    folded: Folded | None = None
    was_open = None
    for row in rows:
        steps = folded.steps if folded is not None else 0
        if row.step != steps + 1:
            break
        if was_open is None and start is not None and row.leaf >= start:
            was_open = folded is None or folded.is_open
        folded = folded_by(folded, row)
    if folded is not None:
        folded.was_open = was_open if was_open is not None else folded.is_open
        if folded.steps < rows[-1].step:
            folded.extra["ahead"] = True
    return folded


def try_lock() -> bool:
    """Keep other projectors out until the transaction ends; False where one is at work."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])
        return bool(cursor.fetchone()[0])


def lock() -> None:
    """Wait until no projector is at work, and keep others out until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", [_LOCK])


def place(twin: str = LIVE) -> Leaf:
    """Up to which place the tables are projected; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT epoch, number FROM fact_cursor{twin}")  # noqa: S608 - own names
        row = cursor.fetchone()
    return Leaf(*row) if row else Leaf(1, 0)


_MOVE = """
INSERT INTO fact_cursor{twin} (place, epoch, number, entries, recorded_at, projected_at)
SELECT 1, %(epoch)s, %(number)s, %(count)s, (SELECT l.recorded_at FROM journal_leaf l
    WHERE (l.epoch, l.number) < (%(epoch)s, %(number)s) ORDER BY l.epoch DESC, l.number DESC LIMIT 1), %(now)s
ON CONFLICT (place) DO UPDATE SET epoch = EXCLUDED.epoch, number = EXCLUDED.number,
    entries = fact_cursor{twin}.entries + EXCLUDED.entries, recorded_at = EXCLUDED.recorded_at,
    projected_at = EXCLUDED.projected_at
"""


def move(end: Leaf, count: int, now: datetime, twin: str = LIVE) -> None:
    """Say that the tables are projected up to `end`, with `count` more entries."""
    with connection.cursor() as cursor:
        cursor.execute(_MOVE.format(twin=twin), {"epoch": end.epoch, "number": end.number, "count": count, "now": now})
