"""Signed heads (checkpoints) and statements about keys: the texts that a city shows and can't take back.

A head's text has the form of the C2SP specification “tlog-checkpoint”: origin, size, root, then lines of our own.

    shanzhi-0a1b2c3d4e5f/1            the log's name / the epoch's number
    1234                              how many leaves
    <root, Base64>
    hash sha256
    time 2026-11-22T01:20:00Z
    previous 1 950 <root, Base64>     from the second epoch on: the tree that the epoch before ended with
    shown 1 1000 <root, Base64>       only where more of that epoch had been shown than was there: a restore lost it
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy.notes import NoteError, PublicKey, SigningKey, sign_note, signers, split_note
from shanzhi.kernel.journal.policy.tree import HASH_BYTES, HASHES

_ORIGIN = re.compile(r"[A-Za-z0-9._:-]{1,100}")
_STATEMENT = "shanzhi-journal-key-1"


@dataclass(frozen=True, slots=True)
class TreeState:
    """How far a tree had grown: epoch, size, root."""

    epoch: int
    size: int
    root: bytes

    def line(self) -> str:
        """As it stands in a head."""
        return f"{self.epoch} {self.size} {base64.b64encode(self.root).decode()}"


@dataclass(frozen=True, slots=True)
class Head:
    """What a signed head says. `at` has whole seconds in UTC; `previous` and `shown` are of the epoch before."""

    name: str
    tree: TreeState
    hash: str
    at: datetime
    previous: TreeState | None = None
    shown: TreeState | None = None

    def text(self) -> str:
        """The text that is signed."""
        lines = [
            f"{self.name}/{self.tree.epoch}",
            str(self.tree.size),
            base64.b64encode(self.tree.root).decode(),
            f"hash {self.hash}",
            f"time {self.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        ]
        lines += [f"previous {self.previous.line()}"] if self.previous else []
        lines += [f"shown {self.shown.line()}"] if self.shown else []
        return "\n".join(lines) + "\n"

    def signed(self, keys: Iterable[SigningKey]) -> str:
        """The head as a signed note."""
        return sign_note(self.text(), keys)


@dataclass(frozen=True, slots=True)
class SignedHead:
    """A head with the note that it was read from, and the ids of the keys that it names; nothing is checked yet."""

    head: Head
    note: str
    key_ids: tuple[str, ...]

    def signers(self, keys: Sequence[PublicKey]) -> tuple[PublicKey, ...]:
        """Those of the keys that have signed it."""
        return signers(self.note, keys)


def read_head(note: str) -> SignedHead:
    """A head from its note; the signature is for the reader to check.

    Raises:
        NoteError: it isn't a head, or not written as heads are.
    """
    note = note.replace("\r\n", "\n").strip("\n") + "\n"
    text, signatures = split_note(note)
    head = _read_head(text)
    if head.text() != text:
        raise NoteError(msg("树头的写法不对，未予采信。请核对有没有抄错。"))
    return SignedHead(head, note, tuple(signature.key_id for signature in signatures))


def _read_head(text: str) -> Head:
    lines = text.rstrip("\n").split("\n")
    further = dict(line.partition(" ")[::2] for line in lines[3:])
    try:
        name, _, epoch = lines[0].partition("/")
        if not _ORIGIN.fullmatch(name) or further["hash"] not in HASHES:
            raise ValueError(name)
        at = datetime.strptime(further["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        tree = _state(f"{epoch} {lines[1]} {lines[2]}")
        previous, shown = (_state(further[key]) if key in further else None for key in ("previous", "shown"))
    except (KeyError, IndexError, ValueError) as error:
        raise NoteError(msg("这不是一份树头。请核对有没有抄漏，开头和末尾的行都要有。")) from error
    return Head(name, tree, further["hash"], at, previous, shown)


def _state(text: str) -> TreeState:
    epoch, size, encoded = text.split(" ")
    try:
        root = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise ValueError(encoded) from error
    if len(root) != HASH_BYTES or int(size) < 0 or int(epoch) < 1:
        raise ValueError(encoded)
    return TreeState(int(epoch), int(size), root)


def is_name(name: str) -> bool:
    """Can this be a log's name? Letters, digits, dots, colons and dashes."""
    return bool(_ORIGIN.fullmatch(name))


# -- a new key -----------------------------------------------------------------------------------------------------------


def key_statement(*, old: SigningKey, new: SigningKey, at: datetime) -> str:
    """The note by which the old key names the new one; both sign it, the new one to show that it is somebody's."""
    text = f"{_STATEMENT}\n{old.public.text()}\n{new.public.text()}\ntime {at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}\n"
    return sign_note(text, (old, new))


def read_statement(note: str) -> tuple[PublicKey, PublicKey]:
    """The old and the new key of a statement, both signatures checked.

    Raises:
        NoteError: it is none, or a signature doesn't fit.
    """
    text, _ = split_note(note)
    lines = text.split("\n")
    if len(lines) != 5 or lines[0] != _STATEMENT:
        raise NoteError(msg("这不是一份换钥声明。"))
    old, new = PublicKey.read(lines[1]), PublicKey.read(lines[2])
    if len(signers(note, (old, new))) != 2:
        raise NoteError(msg("换钥声明的签名对不上，新密钥 %(id)s 未予采信。"), id=new.id)
    return old, new


def trusted(given: Iterable[PublicKey], statements: Iterable[str]) -> tuple[PublicKey, ...]:
    """The keys that are given, and those that statements join to them: old and new key have both signed each.

    Raises:
        NoteError: a statement's signature doesn't fit.
    """
    found = list(given)
    pairs = [read_statement(note) for note in statements]
    for pair in (*pairs, *reversed(pairs)):
        if any(key in found for key in pair):
            found += [key for key in pair if key not in found]
    return tuple(found)
