"""What the vault says without opening anything."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.kernel.vault.keys import keyring
from shanzhi.kernel.vault.models import Record
from shanzhi.kernel.vault.policy.envelope import VaultError, record_context


def parts_kept(subject_kind: str, subject_id: int) -> frozenset[str]:
    """Which parts of a subject are kept sealed (names only), as far as row-level security shows them; 1 query."""
    rows = Record.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return frozenset(rows.values_list("part", flat=True))


@dataclass(frozen=True, slots=True)
class KeptPiece:
    """One sealed piece as its owner may know of it: never what it says. `purpose` is contact or original."""

    subject_id: int
    part: str
    purpose: str
    legal_ground: str
    kept_at: datetime
    expires_on: date


def pieces_kept(subject_kind: str, subject_ids: Collection[int]) -> list[KeptPiece]:
    """What is kept sealed of these subjects, for what, on which ground and until when; oldest first; 1 query."""
    rows = Record.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids).order_by("subject_id", "id")
    return [
        KeptPiece(row.subject_id, row.part, row.purpose, row.legal_ground, row.kept_at, row.expires_on)
        for row in rows.defer("sealed")
    ]


def does_keyring_fit() -> bool:
    """Can this installation's key ring open what the vault holds, its oldest and newest piece? (Worker's role.)

    An empty vault fits every ring. A secrets file that was lost is made anew, and would fit nothing.
    """
    rows = [Record.objects.order_by("pk").first(), Record.objects.order_by("-pk").first()]
    try:
        for row in rows:
            if row is not None:
                context = record_context(row.subject_kind, row.subject_id, row.part)
                keyring().open_sealed(row.sealed, context=context)
    except VaultError:
        return False
    return True
