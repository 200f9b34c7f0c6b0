"""What the vault says without opening anything."""

from shanzhi.kernel.vault.models import Record


def parts_kept(subject_kind: str, subject_id: int) -> frozenset[str]:
    """Which parts of a subject are kept sealed (names only), as far as row-level security shows them; 1 query."""
    rows = Record.objects.filter(subject_kind=subject_kind, subject_id=subject_id)
    return frozenset(rows.values_list("part", flat=True))
