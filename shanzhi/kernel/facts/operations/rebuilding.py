"""Rebuilding facts from the journal: into the twins of the tables, matter by matter, which then take the tables' place.

Pages and figures read the old rows until the last moment; the projector goes on meanwhile, and what it took is caught up.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.errors import Conflict
from shanzhi.core.memory import uncollected
from shanzhi.core.text import msg
from shanzhi.kernel.facts.operations.cubes import cubes_count, lock_cubes
from shanzhi.kernel.facts.operations.dimensions import dimensions_follow, filled_for
from shanzhi.kernel.facts.operations.projecting import BATCH, SUBJECT, contiguous, lock, move, place, project_batch
from shanzhi.kernel.facts.operations.writing import SPARE, Kept
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import Leaf, SealedEntry

CHUNK = 2000
"""Matters of one transaction."""
_LOCK = 370311


class Rebuilding(Conflict):
    """Somebody rebuilds facts already."""

    code = "facts-rebuilding"


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did: how many matters were folded, up to which place."""

    matters: int
    until: Leaf


def rebuild(*, now: datetime, tick: Callable[[int], None] = lambda count: None) -> Rebuilt:
    """Make all facts again from the journal, as far as they are projected; `tick` is told how many ids were done. Worker's
    role; not inside a transaction. The same entries give the same rows in the same order.

    Raises:
        Rebuilding: another rebuild is at work.
    """
    with _alone():
        dimensions_follow()
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT facts_empty_spare()")
        upto = place()
        matters, last = 0, last_matter()
        for first in range(1, last + 1, CHUNK):
            with transaction.atomic():
                matters += _fold(first, min(first + CHUNK - 1, last), upto)
            tick(CHUNK)
        with transaction.atomic():
            move(upto, journal.sealed_between(Leaf(1, 0), upto), now, SPARE)
        while _catch_up(now, has_cubes=False):
            pass
        with transaction.atomic():
            counted_for = filled_for()
            cubes_count(twin=SPARE)
        while _catch_up(now, has_cubes=True):
            pass
        with transaction.atomic():
            lock()
            while _catch_up(now, has_cubes=True):
                pass
            lock_cubes()
            if filled_for() != counted_for:
                # The tree changed meanwhile: what was counted counted under the old one.
                cubes_count(twin=SPARE)
            with connection.cursor() as cursor:
                cursor.execute("SELECT facts_swap()")
            return Rebuilt(matters, place())


def last_matter() -> int:
    """The highest id of a matter in the journal; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(subject_id) FROM journal_entry WHERE subject_kind = %s", [SUBJECT])
        return int(cursor.fetchone()[0] or 0)


def by_matter(rows: list[SealedEntry]) -> dict[int, list[SealedEntry]]:
    """Entries by their matter, both in their order."""
    found: dict[int, list[SealedEntry]] = {}
    for row in rows:
        found.setdefault(row.subject_id, []).append(row)
    return found


@uncollected()
def _fold(first: int, last: int, upto: Leaf) -> int:
    kept = Kept(SPARE, has_cubes=False)
    found = by_matter(journal.sealed_within(SUBJECT, first, last, before=upto))
    for pk, rows in found.items():
        kept.keep(pk, contiguous(rows), is_begun=False)
    kept.write()
    return len(kept.folded)


def _catch_up(now: datetime, *, has_cubes: bool) -> int:
    """Let the twins follow what was projected meanwhile; how many entries that were."""
    with transaction.atomic():
        return project_batch(now, BATCH, twin=SPARE, until=place(), has_cubes=has_cubes).count


@contextmanager
def _alone() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, hashtext(current_schema()))", [_LOCK])
        if not cursor.fetchone()[0]:
            raise Rebuilding(msg("另一个进程正在重建事实表，请等它做完。"))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, hashtext(current_schema()))", [_LOCK])
