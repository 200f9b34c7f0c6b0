"""The journal's rules: payloads, the canonical form, the Merkle tree, signed heads, proof files. Pure."""

from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL, EntryFields, canonical
from shanzhi.kernel.journal.policy.check import Checked, Saying, check, tell
from shanzhi.kernel.journal.policy.drafts import Draft, Drafted, drafted
from shanzhi.kernel.journal.policy.heads import Head, SignedHead, TreeState, read_head, trusted
from shanzhi.kernel.journal.policy.notes import NoteError, PublicKey, new_seed
from shanzhi.kernel.journal.policy.payloads import (
    ActorKind,
    Author,
    Payload,
    Subject,
    encode,
    payload,
    registered_payloads,
)
from shanzhi.kernel.journal.policy.proof import Proof, ProofError
from shanzhi.kernel.journal.policy.proof import read as read_proof
from shanzhi.kernel.journal.policy.proof import write as write_proof

__all__ = [
    "CANONICAL_SQL",
    "ActorKind",
    "Author",
    "Checked",
    "Draft",
    "Drafted",
    "EntryFields",
    "Head",
    "NoteError",
    "Payload",
    "Proof",
    "ProofError",
    "PublicKey",
    "Saying",
    "SignedHead",
    "Subject",
    "TreeState",
    "canonical",
    "check",
    "drafted",
    "encode",
    "new_seed",
    "payload",
    "read_head",
    "read_proof",
    "registered_payloads",
    "tell",
    "trusted",
    "write_proof",
]
