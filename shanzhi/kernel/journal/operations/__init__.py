"""Every change of the journal: entries, their sealing, heads and keys, epochs."""

from shanzhi.kernel.journal.operations.entries import make_months, record, record_drafted, record_many
from shanzhi.kernel.journal.operations.epochs import epoch_begin
from shanzhi.kernel.journal.operations.heads import NoteSigner, key_introduce, note_signer
from shanzhi.kernel.journal.operations.sealing import Sealed, seal
from shanzhi.kernel.journal.policy.drafts import Draft

__all__ = [
    "Draft",
    "NoteSigner",
    "Sealed",
    "epoch_begin",
    "key_introduce",
    "make_months",
    "note_signer",
    "record",
    "record_drafted",
    "record_many",
    "seal",
]
