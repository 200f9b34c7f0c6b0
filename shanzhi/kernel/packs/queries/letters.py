"""Letters and peers as pages, readers and the command line need them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import storages

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import NoteError, PublicKey, trusted
from shanzhi.kernel.journal.queries import keys as journal_keys
from shanzhi.kernel.packs.models import KeptLetter, Peer
from shanzhi.kernel.packs.policy.letter import Letter, open_letter
from shanzhi.kernel.packs.policy.letter_box import Direction, LetterNotFound, spellings

STORE = "letters"
PAGE = 25


@dataclass(frozen=True, slots=True)
class PeerRow:
    """A platform that was entered: its keys as lines with their ids, since when, and until when."""

    code: str
    name: str
    keys: tuple[PublicKey, ...]
    since: datetime
    withdrawn_at: datetime | None
    signoff_id: int


@dataclass(frozen=True, slots=True)
class LetterRow:
    """A letter that is kept; `reason` is a message id with `params`: why it is refused, or what it waits for."""

    id: int
    sha256: str
    direction: str
    kind: str
    uid: str
    round: str
    sender: str
    receiver: str
    about: str
    made_at: datetime
    bytes: int
    signed_by: tuple[str, ...]
    state: str
    reason: str
    params: Mapping[str, Any]
    kept_at: datetime
    settled_at: datetime | None

    @property
    def file_name(self) -> str:
        """What its file is called when it is carried: from, to, kind and the letter's own id."""
        return f"{self.sender}-{self.receiver}-{self.kind}-{self.uid}.letter".replace(":", "-")


@dataclass(frozen=True, slots=True)
class OpenLetter:
    """A letter's file, open for sending; whoever gets it closes it."""

    name: str
    file: IO[bytes]


def file_name(sha256: str) -> str:
    """The name of a letter's file in the store."""
    return f"{sha256[:2]}/{sha256}"


def peers(*, withdrawn: bool = False) -> list[PeerRow]:
    """The platforms whose letters are believed, by code; with `withdrawn` also those that were. 1 query."""
    rows = Peer.objects.order_by("code", "-id")
    return [
        PeerRow(
            row.code,
            row.name,
            tuple(PublicKey.read(key) for key in row.keys),
            row.since,
            row.withdrawn_at,
            row.signoff_id,
        )
        for row in (rows if withdrawn else rows.filter(withdrawn_at=None))
    ]


def keys_of(sender: str) -> tuple[PublicKey, ...]:
    """The keys by which letters of a platform are believed; none where it wasn't entered. 1 query."""
    entered = Peer.objects.filter(code__in=spellings(sender), withdrawn_at=None).values_list("keys", flat=True)
    return tuple(PublicKey.read(key) for lines in entered for key in lines)


def is_believed(letter: Letter) -> bool:
    """Is a letter without faults signed by a key of its sender's, or one that such a key names? 1 query."""
    known = keys_of(letter.header.sender)
    try:
        return bool(set(letter.signed_by) & set(trusted(known, letter.header.statements)))
    except NoteError:
        return False


def letters(*, direction: str, before: int | None = None, limit: int = PAGE) -> list[LetterRow]:
    """Letters of one direction, the newest first, those before a number; 1 query."""
    rows = KeptLetter.objects.filter(direction=direction).order_by("-id")
    return [_row(row) for row in (rows.filter(pk__lt=before) if before is not None else rows)[:limit]]


def letters_about(round_uid: str, limit: int = 2 * PAGE) -> list[LetterRow]:
    """Letters about a round, both ways, the newest first; 1 query."""
    return [_row(row) for row in KeptLetter.objects.filter(round=round_uid).order_by("-id")[:limit]]


def letter(letter_id: int) -> LetterRow:
    """One letter; 1 query.

    Raises:
        LetterNotFound: there is none, or not for this post.
    """
    row = KeptLetter.objects.filter(pk=letter_id).first()
    if row is None:
        raise LetterNotFound(msg("没有找到这份函件，或者您现在的岗位看不到它。请返回列表再试。"))
    return _row(row)


def is_kept(*, sender: str, uid: str) -> bool:
    """Was a letter of this sender and id written here? 1 query."""
    return KeptLetter.objects.filter(direction=Direction.OUT, sender=sender, uid=uid).exists()


def letters_of_round(round_uid: str) -> list[LetterRow]:
    """All letters about a round, the newest first, for posts that carry letters (others see none); 1 query."""
    return [_row(row) for row in KeptLetter.objects.filter(round=round_uid).order_by("-id")]


def letter_open(letter_id: int) -> Letter:
    """A kept letter, read and checked anew against the keys of its sender: what a reader of its kind works with. 2 queries.

    Raises:
        LetterNotFound: there is none, or its file is gone.
        LetterError: its file can't be read any more.
    """
    row = letter(letter_id)
    own = [key.text for key in journal_keys()] if row.direction == Direction.OUT else []
    try:
        return open_letter(letter_path(row.sha256), keys=[PublicKey.read(key) for key in own] or keys_of(row.sender))
    except FileNotFoundError as error:
        raise _gone() from error


def letter_path(sha256: str) -> Path:
    """Where a letter's file lies."""
    return Path(storages[STORE].path(file_name(sha256)))


def letter_file(letter_id: int) -> OpenLetter:
    """A letter's file, to be carried; 1 query.

    Raises:
        LetterNotFound: there is none, not for this post, or its file is gone.
    """
    row = letter(letter_id)
    try:
        return OpenLetter(row.file_name, storages[STORE].open(file_name(row.sha256)))
    except FileNotFoundError as error:
        raise _gone() from error


def _gone() -> LetterNotFound:
    return LetterNotFound(msg("函件的文件不在了。请重新收一次，或请发出方重新发送。"))


def _row(row: KeptLetter) -> LetterRow:
    return LetterRow(
        id=row.pk,
        sha256=row.sha256,
        direction=row.direction,
        kind=row.kind,
        uid=row.uid,
        round=row.round,
        sender=row.sender,
        receiver=row.receiver,
        about=row.about,
        made_at=row.made_at,
        bytes=row.bytes,
        signed_by=tuple(row.signed_by),
        state=row.state,
        reason=row.reason,
        params=row.params,
        kept_at=row.kept_at,
        settled_at=row.settled_at,
    )
