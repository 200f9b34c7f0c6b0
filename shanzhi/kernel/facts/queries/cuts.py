"""Months that were cut: what the journal says of each, what was kept of it, and the same made again from entries."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import orjson
from django.db import connection

from shanzhi.core.memory import uncollected
from shanzhi.kernel.facts.operations.cutting import HASH, leaf_of
from shanzhi.kernel.facts.operations.projecting import SUBJECT, contiguous, folded_by
from shanzhi.kernel.facts.operations.rebuilding import CHUNK, by_matter, last_matter
from shanzhi.kernel.facts.policy.comparing import Fault, kept_differs, tree_differs
from shanzhi.kernel.facts.policy.folded import Folded
from shanzhi.kernel.facts.policy.months import is_of_month
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT
from shanzhi.kernel.facts.policy.rows import FORM, Row, digest, dimensions_digest, rows_text
from shanzhi.kernel.facts.policy.tables import shapes
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy.tree import root_of
from shanzhi.kernel.journal.queries import Leaf, SealedEntry

_PIECE = 20_000


@dataclass(frozen=True, slots=True)
class CutEntry:
    """A month's cut as it is sealed: its entry's version and place (`sealed`), the place before which the facts were
    projected, how many matters, the root and (version 2) the hash of regions and units, in hexadecimal."""

    month: int
    version: int
    sealed: Leaf
    upto: Leaf
    matters: int
    root: str
    dimensions: str


def cut_entries(first: int, last: int) -> list[CutEntry]:
    """The sealed cuts of the months from one to another, the first first; 2 queries. Worker's role."""
    rows = journal.sealed_within(MONTH_SUBJECT, first, last, before=journal.sealed_end())
    told = [(row, orjson.loads(row.payload)) for row in rows]
    return [
        CutEntry(
            said["month"], row.version, row.leaf, Leaf(said["epoch"], said["leaf"]), said["matters"], said["root"],
            said.get("dimensions", ""),
        )
        for row, said in told
        if said["form"] == FORM
    ]  # fmt: skip


def cut_tree(month: int) -> str | None:
    """Regions and units as of a month's cut in canonical form; None where that wasn't kept. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT told FROM fact_cut_tree WHERE month = %s", [month])
        row = cursor.fetchone()
    return str(row[0]) if row else None


def kept_faults(cuts: Iterable[CutEntry]) -> Iterator[Fault]:
    """What was kept of months and doesn't give what the journal says. Nothing is said of a month of which nothing was
    kept."""
    for cut in cuts:
        leaves = list(_kept_leaves(cut.month))
        if leaves and root_of(HASH, leaves).hex() != cut.root:
            yield kept_differs(cut.month)
        tree = cut_tree(cut.month)
        if tree is not None and dimensions_digest(tree).hex() != cut.dimensions:
            yield tree_differs(cut.month)


def _kept_leaves(month: int) -> Iterator[bytes]:
    with connection.chunked_cursor() as cursor:
        cursor.execute("SELECT sha256 FROM fact_cut_leaf WHERE month = %s ORDER BY matter_id", [month])
        while rows := cursor.fetchmany(_PIECE):
            yield from (leaf_of(bytes(row[0])) for row in rows)


def hashes_again(cuts: Sequence[CutEntry]) -> Iterator[tuple[int, int, int, bytes]]:
    """The hashes of months of which none were kept, made again from entries: month, matter, last step, SHA-256; matters in
    the order of their ids. Takes as long as folding all entries does. Worker's role."""
    if not cuts:
        return
    before = max(cut.upto for cut in cuts)
    last = last_matter()
    for first in range(1, last + 1, CHUNK):
        yield from _again(cuts, journal.sealed_within(SUBJECT, first, min(first + CHUNK - 1, last), before=before))


@uncollected()
def _again(cuts: Sequence[CutEntry], rows: list[SealedEntry]) -> list[tuple[int, int, int, bytes]]:
    found = []
    for pk, entries in by_matter(rows).items():
        for cut, folded in _at_cuts(cuts, entries):
            if is_of_month(folded.matter, cut.month):
                found.append((cut.month, pk, folded.steps, digest_of(folded)))
    return found


def _at_cuts(cuts: Sequence[CutEntry], entries: Sequence[SealedEntry]) -> Iterator[tuple[CutEntry, Folded]]:
    """A matter as it was at each cut, as far as its entries follow one on another; cuts in the order of their places."""
    folded: Folded | None = None
    waiting = sorted(cuts, key=lambda cut: cut.upto)
    for row in entries:
        if row.step != (folded.steps if folded is not None else 0) + 1:
            break
        while waiting and row.leaf >= waiting[0].upto:
            cut = waiting.pop(0)
            if folded is not None:
                yield cut, folded
        folded = folded_by(folded, row)
    if folded is not None:
        yield from ((cut, folded) for cut in waiting)


def digest_of(folded: Folded) -> bytes:
    """The SHA-256 of a folded matter's facts."""
    return digest(folded.matter["matter_id"], folded.steps, texts_of(folded))


def texts_of(folded: Folded) -> dict[str, str]:
    """A folded matter's rows as they stand in the canonical form."""
    return {name: rows_text(folded.rows(name)) for name in shapes()}


@uncollected()
def rows_before(places: Mapping[int, Leaf]) -> dict[int, dict[str, list[Row]]]:
    """Rows of matters as their entries that were sealed before a place make them, by table; 1 query. Worker's role."""
    if not places:
        return {}
    found = by_matter(journal.sealed_of(SUBJECT, list(places), before=max(places.values())))
    made: dict[int, dict[str, list[Row]]] = {}
    for pk, rows in found.items():
        folded = contiguous([row for row in rows if row.leaf < places[pk]])
        if folded is not None:
            made[pk] = {name: folded.rows(name) for name in shapes()}
    return made
