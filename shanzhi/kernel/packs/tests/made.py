"""Letters as tests need them: a key, a header, a file."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from shanzhi.kernel.journal.policy.notes import SigningKey, sign_note
from shanzhi.kernel.packs.policy.letter import Header, LetterWriter
from shanzhi.kernel.packs.policy.letter_zip import ORDINARY, Limits

KEY = SigningKey("shanzhi-city", b"\x01" * 32)
NEW_KEY = SigningKey("shanzhi-city", b"\x02" * 32)
STRANGER = SigningKey("shanzhi-stranger", b"\x03" * 32)
MADE_AT = datetime(2026, 11, 23, 8, 30, 15, tzinfo=UTC)
HEADER = Header(
    kind="pack",
    uid="2026-trial-3703-1",
    round="2026-trial",
    sender="3703",
    receiver="37",
    about="2026年试评 · 淄博市",
    made_at=MADE_AT,
    program="shanzhi 0.7",
    keys=(KEY.public.text(),),
)
MEMBERS = {
    "round.json": b'{"name": "trial"}',
    "facts/fact_matter.parquet": bytes(range(256)) * 40,
    "evidence/" + "ab" * 32: b"a photo, say",
    "empty.txt": b"",
}


def sign(text: str) -> str:
    """A signed note by the city's key."""
    return sign_note(text, (KEY,))


def write(
    path: Path,
    members: dict[str, bytes] | None = None,
    *,
    header: Header = HEADER,
    limits: Limits = ORDINARY,
    key: SigningKey = KEY,
    **changes: object,
) -> Path:
    """Write a letter there; `changes` are of the header."""
    header = replace(header, keys=(key.public.text(),), **changes) if key is not KEY else replace(header, **changes)  # type: ignore[arg-type]
    with LetterWriter(path, header, limits=limits) as writer:
        for name, data in (MEMBERS if members is None else members).items():
            writer.add(name, data)
        writer.close(lambda text: sign_note(text, (key,)))
    return path
