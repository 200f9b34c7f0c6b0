"""Every read of published seals. Heads, keys and epochs are everybody's; deliveries are the worker's."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shanzhi.core.errors import NotFound
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Proof, PublicKey, SignedHead
from shanzhi.kernel.journal.queries import EpochLine, HeadRow, KeyRow
from shanzhi.modules.seals import policy
from shanzhi.modules.seals.models import Delivery
from shanzhi.modules.seals.policy import HeadState, Judged, Week

PAGE = 25
COUNTED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Published:
    """The front page: the newest head, a page of heads (newest first) with what leads on, keys, epochs."""

    now: HeadRow | None
    rows: tuple[HeadRow, ...]
    before: int | None
    keys: tuple[KeyRow, ...]
    epochs: tuple[EpochLine, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A week's sheet: its last head, or none, the key that signed it, and whether the week still runs."""

    week: Week
    head: HeadRow | None
    key: KeyRow | None
    is_running: bool


@dataclass(frozen=True, slots=True)
class Deliveries:
    """How sending stands: open ones, those given up in the last thirty days, the last that arrived."""

    waiting: int
    given_up: int
    delivered_at: datetime | None


def heads(*, before: int | None = None, limit: int = PAGE) -> tuple[tuple[HeadRow, ...], int | None]:
    """A page of heads, the newest first, and what leads to the next page; 1 query."""
    rows = journal.heads_page(before=before, limit=limit + 1)
    return tuple(rows[:limit]), rows[limit - 1].id if len(rows) > limit else None


def published(*, before: int | None = None) -> Published:
    """The front page; 4 queries, whatever the number of heads."""
    rows, further = heads(before=before)
    return Published(journal.head_now(), rows, further, tuple(journal.keys()), tuple(journal.epochs()))


def head(number: int) -> HeadRow:
    """One head; 1 query.

    Raises:
        NotFound: there is none of this number.
    """
    return journal.head_of(number)


def keys() -> tuple[KeyRow, ...]:
    """All public keys, the first one first; 1 query."""
    return tuple(journal.keys())


def epochs() -> tuple[EpochLine, ...]:
    """All epochs, the first one first; 1 query."""
    return tuple(journal.epochs())


def grown(*, epoch: int, old: int, new: int) -> tuple[bytes, ...]:
    """The proof that an epoch's tree grew from one size into another; 2 queries, 4 for one and the same size.

    Raises:
        NotFound: no such epoch, or its tree hasn't grown as far.
    """
    if old == new:
        # Nothing has to be proved, but there has to be such a tree.
        journal.tree_at(epoch=epoch, size=new)
    return journal.consistency_proof(epoch=epoch, old=old, new=new)


def sheet(week: Week, *, now: datetime) -> Sheet:
    """A week's sheet; 2 queries.

    Raises:
        BadWeek: the week hasn't begun.
    """
    start, end = week.span()
    if start > now:
        raise policy.BadWeek(policy.NOT_YET)
    row = journal.head_last_in(start, end)
    key = next((key for key in keys() if row and key.id == row.key_id), None)
    return Sheet(week, row, key, now < end)


# -- judging a file ------------------------------------------------------------------------------------------------------


def examine(data: bytes) -> Judged:
    """Judge a file that somebody brings: by itself, and against this city's keys and its journal as it is now.

    2 queries, and two for each head in the file. Nothing is kept.

    Raises:
        TooLargeToExamine, NotExamined: the file can't be read.
    """
    found = policy.read_file(data)
    epochs = {row.number: row for row in journal.epochs()}
    ours = [PublicKey.read(row.text) for row in keys()]
    names = frozenset(row.name for row in epochs.values())
    if isinstance(found, Proof):
        judged = policy.judge(found, ours=ours, names=names)
    else:
        judged = policy.judge_head(found, ours=ours, names=names)
    if judged.verdict != "proved":
        return judged
    return policy.with_tree(judged, {each.note: _state(each, epochs) for each in judged.heads})


def _state(signed: SignedHead, epochs: dict[int, EpochLine]) -> HeadState:
    """How the journal as it is now stands to a head that this city has signed."""
    shown = signed.head.tree
    own, later = epochs.get(shown.epoch), epochs.get(shown.epoch + 1)
    if own is None:
        return "cut"
    if own.name != signed.head.name:
        return "rewritten"
    # An epoch ends where the next one says; what lies beyond was lost, and was said to be.
    if later is not None and later.previous_size is not None and shown.size > later.previous_size:
        return "lost" if shown.size <= (later.shown_size or 0) else "cut"
    try:
        return "same" if journal.tree_at(epoch=shown.epoch, size=shown.size) == shown else "rewritten"
    except NotFound:
        return "cut"


# -- deliveries ----------------------------------------------------------------------------------------------------------


def deliveries(*, now: datetime) -> Deliveries:
    """How sending stands, for the worker's role; 3 queries."""
    rows = Delivery.objects
    last = rows.filter(delivered_at__isnull=False).order_by("-delivered_at").first()
    return Deliveries(
        rows.filter(delivered_at__isnull=True, given_up_at__isnull=True).count(),
        rows.filter(given_up_at__gte=now - COUNTED).count(),
        last.delivered_at if last else None,
    )


def key_lines(rows: Sequence[KeyRow]) -> str:
    """Public keys as a file: one line each, as `shanzhi journal check --key` takes it."""
    return "".join(f"{row.text}\n" for row in rows)
