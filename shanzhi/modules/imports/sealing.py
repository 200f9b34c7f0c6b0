"""The content of uploads: in sealed pieces of a megabyte, written and read whole, thrown away with the import."""

from shanzhi.kernel.vault import operations as vault
from shanzhi.modules.imports.models import Piece

PIECE = 1_000_000
"""Bytes; a file of 60 MB is then never in one row, and a change of keys takes it up piece by piece."""


def context_of(upload_id: int, part: str, number: int) -> bytes:
    """What a piece is bound to: it opens nowhere else."""
    return f"import:{upload_id}:{part}:{number}".encode()


def put(upload_id: int, part: str, content: bytes) -> None:
    """Seal and keep a part, over an older one."""
    ring = vault.keyring()
    Piece.objects.filter(upload_id=upload_id, part=part).delete()
    for number, start in enumerate(range(0, max(len(content), 1), PIECE)):
        sealed = ring.seal(content[start : start + PIECE], context=context_of(upload_id, part, number))
        Piece.objects.create(upload_id=upload_id, part=part, number=number, sealed=sealed)


def get(upload_id: int, part: str) -> bytes | None:
    """A part, opened; None where it is gone."""
    rows = Piece.objects.filter(upload_id=upload_id, part=part).order_by("number").values_list("number", "sealed")
    found = [
        vault.open_sealed(sealed, context=context_of(upload_id, part, number)) for number, sealed in rows.iterator()
    ]
    return b"".join(found) if found else None


def drop(upload_id: int, *parts: str) -> None:
    """Throw parts away; all of them where none is named."""
    rows = Piece.objects.filter(upload_id=upload_id)
    (rows.filter(part__in=parts) if parts else rows).delete()
