"""Judging a file that somebody brings: a proof, or a head that they kept. What it proves, and what it doesn't."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from shanzhi.core.errors import DomainError, InputError, TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import (
    Checked,
    NoteError,
    Proof,
    ProofError,
    PublicKey,
    SignedHead,
    check,
    read_head,
    read_proof,
)

FILE_MOST = 2_000_000
"""Bytes. A matter's proof has some ten thousand."""
# What a real proof never reaches; each bounds how often something has to be computed.
_KEYS_MOST, _TREES_MOST, _ENTRIES_MOST, _PATH_MOST, _NOTE_MOST, _LINES_MOST = 100, 50, 2000, 64, 4000, 20

Verdict = Literal["proved", "lost", "damaged", "forged", "foreign", "rewritten", "cut"]
"""proved: as published. lost: signed and published, but its last leaves went with a restore, as the next epoch says.
damaged: changed after it was made. forged: uses this city's name and isn't signed by it. foreign: another log's.
rewritten, cut: signed by this city, and its journal now is another one, or shorter. That is an alarm."""
HeadState = Literal["same", "lost", "cut", "rewritten"]
"""How a signed head stands to the journal as it is now."""


class NotExamined(InputError):
    """The file can't be read as a proof or as a head; says why."""

    code = "not-examined"


class TooLargeToExamine(TooLarge):
    """More than a proof can have."""

    code = "too-large-to-examine"


@dataclass(frozen=True, slots=True)
class Judged:
    """What came out: `checked` for a proof, `heads` that are signed (by the city's keys, where the verdict is its own)."""

    verdict: Verdict
    heads: tuple[SignedHead, ...]
    checked: Checked | None = None


def read_file(data: bytes) -> Proof | SignedHead:
    """The proof or the signed head of a file's bytes, within bounds.

    Raises:
        TooLargeToExamine: it has more than a proof can have.
        NotExamined: it is neither.
    """
    if len(data) > FILE_MOST:
        raise TooLargeToExamine(msg("文件太大，最多 2 MB。证明文件通常只有几十 KB，请核对有没有选错。"))
    if not data.strip():
        raise NotExamined(msg("文件是空的。请重新选择证明文件。"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise NotExamined(msg("文件不是 UTF-8 编码的文本，可能被别的软件另存过。请用下载到的原文件。")) from error
    try:
        if not text.lstrip().startswith("{"):
            return _checked_head(read_head(text))
        proof = read_proof(text)
    except NoteError as error:
        raise NotExamined(msg("这既不是证明文件，也不是树头。请选择从本系统下载的文件。")) from error
    except ProofError as error:
        raise NotExamined(str(error)) from error
    _check_bounds(proof)
    return proof


def _checked_head(head: SignedHead) -> SignedHead:
    if len(head.note) > _NOTE_MOST or head.note.count("\n") > _LINES_MOST:
        raise _beyond()
    return head


def _beyond() -> TooLargeToExamine:
    return TooLargeToExamine(msg("文件里的内容比一份证明可能有的多得多，没有核对。请用下载到的原文件。"))


def _check_bounds(proof: Proof) -> None:
    notes = [*proof.statements, *proof.links, *(tree.head for tree in proof.trees)]
    entries = [entry for tree in proof.trees for entry in tree.entries]
    paths = [entry.path for entry in entries] + [grown.path for tree in proof.trees for grown in tree.grown]
    fits = (
        len(proof.keys) <= _KEYS_MOST
        and len(notes) <= 2 * _TREES_MOST
        and all(len(note) <= _NOTE_MOST and note.count("\n") <= _LINES_MOST for note in notes)
        and len(entries) <= _ENTRIES_MOST
        and len(paths) <= 2 * _ENTRIES_MOST
        and all(len(path) <= _PATH_MOST for path in paths)
    )
    if not fits:
        raise _beyond()


def judge(proof: Proof, *, ours: Sequence[PublicKey], names: frozenset[str]) -> Judged:
    """Check a proof against this city's keys, and where that fails find out what it is; `names` are the city's logs.

    The file's own statements about keys are set aside: the city's keys are all known, and a key that was lost one day may
    have signed for anybody.

    Raises:
        NotExamined: its parts are of a kind that no proof has.
    """
    try:
        by_ours = check(replace(proof, statements=()), given=ours) if ours else None
        if by_ours is not None and by_ours.is_proved:
            return Judged("proved", by_ours.heads, by_ours)
        alone = check(proof)
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError, DomainError) as error:
        raise NotExamined(msg("证明文件的内容残缺。请重新取一份。")) from error
    if not alone.is_proved:
        return Judged("damaged", (), alone)
    return Judged("forged" if any(head.head.name in names for head in alone.heads) else "foreign", alone.heads, alone)


def judge_head(head: SignedHead, *, ours: Sequence[PublicKey], names: frozenset[str]) -> Judged:
    """Is a head that somebody kept signed by this city?"""
    if head.signers(ours):
        return Judged("proved", (head,))
    # A digit that was copied wrong and a forgery look alike: neither is signed.
    return Judged("forged" if head.head.name in names else "foreign", (head,))


def with_tree(judged: Judged, states: Mapping[str, HeadState]) -> Judged:
    """The verdict with how the journal now stands to each head (by its note): the worst one counts."""
    if judged.verdict != "proved":
        return judged
    found = {states[head.note] for head in judged.heads}
    worst: tuple[tuple[HeadState, Verdict], ...] = (("rewritten", "rewritten"), ("cut", "cut"), ("lost", "lost"))
    for state, verdict in worst:
        if state in found:
            return replace(judged, verdict=verdict)
    return judged
