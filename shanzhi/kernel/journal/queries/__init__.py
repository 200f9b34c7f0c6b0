"""Every read of the journal: entries under row-level security, heads and proofs, verification."""

from shanzhi.kernel.journal.queries.entries import EntryRow, count_entries, entries_of
from shanzhi.kernel.journal.queries.sealed import (
    EpochLine,
    HeadRow,
    KeyRow,
    SealState,
    consistency_proof,
    epochs,
    head_covering,
    head_now,
    heads_page,
    inclusion_proof,
    is_sealed,
    keys,
    proof_of,
    seal_state,
    tree_at,
)
from shanzhi.kernel.journal.queries.verify import Span, Verified, sizes, span_of_last, spans_of_time, verify

__all__ = [
    "EntryRow",
    "EpochLine",
    "HeadRow",
    "KeyRow",
    "SealState",
    "Span",
    "Verified",
    "consistency_proof",
    "count_entries",
    "entries_of",
    "epochs",
    "head_covering",
    "head_now",
    "heads_page",
    "inclusion_proof",
    "is_sealed",
    "keys",
    "proof_of",
    "seal_state",
    "sizes",
    "span_of_last",
    "spans_of_time",
    "tree_at",
    "verify",
]
