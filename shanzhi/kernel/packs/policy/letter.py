"""Letters: the sealed file by which one platform tells another something. Pure; needs nothing but the file.

    letter.txt      the form, and how long the whole file is
    …               what it carries, in the order in which it was added
    manifest.json   header, and each of these with bytes and SHA-256
    signature       a signed note over the manifest's length and SHA-256, by the sender's journal key

`LetterWriter` writes one, whole or not at all; `open_letter` reads one and looks at each of its bytes. Both stream: what
they hold in memory doesn't grow with the file. docs/letters.md describes the file for whoever reads it with another program.
"""

import hashlib
import os
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Saying
from shanzhi.kernel.journal.policy.notes import NoteError, PublicKey, signers
from shanzhi.kernel.packs.policy import letter_reading as reading
from shanzhi.kernel.packs.policy.letter_manifest import (
    FRONT,
    FRONT_BYTES,
    KINDS,
    MANIFEST,
    MANIFEST_MOST,
    SIGNATURE,
    SIGNATURE_MOST,
    Header,
    LetterCut,
    LetterError,
    LetterNewer,
    Manifest,
    Member,
    check_name,
    clashing,
    front,
    signed_text,
)
from shanzhi.kernel.packs.policy.letter_zip import (
    MEMBERS_MOST,
    ORDINARY,
    Limits,
    Placed,
    directory_entry,
    end_record,
    header_bytes,
    local_header,
    whole_bytes,
)

__all__ = [
    "KINDS",
    "Header",
    "Letter",
    "LetterCut",
    "LetterError",
    "LetterNewer",
    "LetterWriter",
    "Member",
    "open_letter",
]

CHUNK = 1 << 20
READ_MOST = 256_000_000
"""How much `Letter.read` takes into memory; what is larger is extracted."""


class LetterWriter:
    """Writes a letter to `path`, beside it first and into place when it is whole.

    Use it in a `with`: what was not closed is taken away again. The same header, members and signature give the same bytes.
    """

    def __init__(self, path: Path, header: Header, *, limits: Limits = ORDINARY) -> None:
        """Begin; raises LetterError where the header can't stand in a letter."""
        header.check()
        self.path = path
        self.header = header
        self._limits = limits
        self._aside = path.with_name(f".{path.name}.part")
        self._file: IO[bytes] = self._aside.open("wb+")
        self._placed: list[Placed] = []
        self._members: list[Member] = []
        self._names: set[str] = set()
        # Its length is known when all else is; its place is kept.
        self._put(FRONT, iter([front(0)]), FRONT_BYTES)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.abandon()

    def abandon(self) -> None:
        """Take away what is not closed; does nothing after `close`."""
        if not self._file.closed:
            self._file.close()
            self._aside.unlink(missing_ok=True)

    def add(self, name: str, data: bytes) -> Member:
        """Add a member; raises LetterError where its name can't stand in a letter or stands there already."""
        self._check(name)
        digest = self._put(name, iter([data]), len(data))
        self._members.append(Member(name, len(data), digest))
        return self._members[-1]

    def add_file(self, name: str, path: Path) -> Member:
        """Add a file as a member; raises LetterError as `add`, and where the file changes while it is read."""
        self._check(name)
        with path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            digest = self._put(name, iter(lambda: source.read(CHUNK), b""), size)
        self._members.append(Member(name, size, digest))
        return self._members[-1]

    def close(self, sign: Callable[[str], str]) -> int:
        """Sign and finish; returns the file's length in bytes.

        `sign` makes a signed note of a text (`journal.operations.note_signer`). Raises LetterError where none of the
        header's keys has signed it.
        """
        clash = clashing([member.name for member in self._members])
        if clash:
            raise LetterError(msg("函件里的“%(name)s”同时是文件和文件夹。请换一个名称。"), name=clash)
        manifest = Manifest(self.header, tuple(self._members)).encode()
        if len(manifest) > MANIFEST_MOST:
            raise LetterError(msg("函件的清单太长。请把附件少放一些，分几份发送。"))
        note = sign(signed_text(manifest, hashlib.sha256(manifest).hexdigest()))
        self._check_signed(note)
        self._put(MANIFEST, iter([manifest]), len(manifest))
        self._put(SIGNATURE, iter([note.encode()]), len(note.encode()))
        total = whole_bytes(self._placed, self._limits)
        self._finish(total)
        return total

    def _check_signed(self, note: str) -> None:
        try:
            fitting = signers(note, [PublicKey.read(key) for key in self.header.keys])
        except NoteError as error:
            unsigned = LetterError(error.message)
            unsigned.params.update(error.params)
            raise unsigned from error
        if not fitting or len(note.encode()) > SIGNATURE_MOST:
            raise LetterError(msg("函件没有用清单里写明的密钥签名，没有写出。请先核对签名密钥。"))

    def _finish(self, total: int) -> None:
        file, first = self._file, self._placed[0]
        begin = self._placed[-1].end
        content = front(total)
        self._placed[0] = first = replace(first, crc=zlib.crc32(content))
        file.seek(0)
        file.write(local_header(FRONT, FRONT_BYTES, first.crc, self.header.made_at, self._limits) + content)
        file.seek(begin)
        directory = b"".join(directory_entry(each, self.header.made_at, self._limits) for each in self._placed)
        file.write(directory)
        file.write(end_record(len(self._placed), begin, len(directory), self._limits))
        file.flush()
        os.fsync(file.fileno())
        file.close()
        self._aside.replace(self.path)

    def _check(self, name: str) -> None:
        if not check_name(name):
            sentence = msg("函件里不能有名为“%(name)s”的内容。名称只用小写字母、数字、点、横线，文件夹用“/”隔开。")
            raise LetterError(sentence, name=name)
        if len(self._members) >= MEMBERS_MOST:
            raise LetterError(msg("一份函件最多放 %(most)d 项内容。请分几份发送。"), most=MEMBERS_MOST)
        if name in self._names:
            raise LetterError(msg("函件里已经有“%(name)s”。请换一个名称。"), name=name)
        self._names.add(name)

    def _put(self, name: str, chunks: Iterator[bytes], size: int) -> str:
        """Write one member at the end; returns its SHA-256. Its header is written last, when its check sum is known."""
        at = self._placed[-1].end if self._placed else 0
        begin = at + header_bytes(name, size, self._limits)
        crc, digest, written = 0, hashlib.sha256(), 0
        self._file.seek(begin)
        for chunk in chunks:
            crc = zlib.crc32(chunk, crc)
            digest.update(chunk)
            written += len(chunk)
            self._file.write(chunk)
        if written != size:
            raise LetterError(msg("“%(name)s”在写入函件时变了。请等它写完再试。"), name=name)
        self._file.seek(at)
        self._file.write(local_header(name, size, crc, self.header.made_at, self._limits))
        self._placed.append(Placed(name, at, begin, size, crc))
        return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter that was read: what it says, what is wrong with it, and what can't be said.

    `signed_by` are the keys whose signature fits: of those that were given, or of those inside where none were. `open`
    says what stays open. What it carries may be used only where there are no `faults`.
    """

    path: Path
    header: Header
    members: tuple[Member, ...]
    signed_by: tuple[PublicKey, ...]
    faults: tuple[Saying, ...]
    open: tuple[Saying, ...]
    places: dict[str, Placed]

    @property
    def is_whole(self) -> bool:
        """Is each of its bytes as it was sent, and the signature by a key that may be believed?"""
        return not self.faults

    def member(self, name: str) -> Member:
        """The member of this name; raises LetterError where there is none."""
        found = next((member for member in self.members if member.name == name), None)
        if found is None or name not in self.places:
            raise LetterError(msg("函件里没有“%(name)s”。请让发出方重新发送。"), name=name)
        return found

    def read(self, name: str) -> bytes:
        """A member's content, at most 256 MB of it; raises LetterError where it isn't there or not what the manifest says."""
        member = self.member(name)
        if member.bytes > READ_MOST:
            raise LetterError(msg("“%(name)s”太大，不能整个读入。请让发出方重新发送。"), name=name)
        return b"".join(self._chunks(member))

    def extract(self, name: str, folder: Path) -> Path:
        """Write a member into a folder, under its own name, and say where.

        Raises LetterError as `read`, and leaves nothing behind then.
        """
        member = self.member(name)
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        aside = target.with_name(f".{target.name}.part")
        try:
            with aside.open("wb") as file:
                file.writelines(self._chunks(member))
            aside.replace(target)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return target

    def _chunks(self, member: Member) -> Iterator[bytes]:
        """The content, hashed once more as it passes: the file may have been changed since it was opened."""
        digest = hashlib.sha256()
        with self.path.open("rb") as file:
            for chunk in reading.chunks(file, self.places[member.name].content_at, member.bytes):
                digest.update(chunk)
                yield chunk
        if digest.hexdigest() != member.sha256:
            raise LetterError(msg("“%(name)s”的内容和清单不符。请让发出方重新发送。"), name=member.name)


def open_letter(path: Path, *, keys: Sequence[PublicKey] = (), kind: str = "", limits: Limits = ORDINARY) -> Letter:
    """Read a letter and check every byte of it; its faults are in the answer.

    `keys` are those of the sender, or of everybody who is known; with none of them the signature is checked against the
    keys inside the file, and whose they are stays open. With `kind` a letter of another one has that as a fault.

    Raises:
        LetterNewer: it has a form that only a newer program knows.
        LetterCut: its end is missing, and with it the manifest; says how much, and where the cut is.
        LetterError: it isn't a letter, or so damaged that nothing can be said about it.
    """
    with path.open("rb") as file:
        found = reading.read(file, os.fstat(file.fileno()).st_size, keys=keys, kind=kind, limits=limits)
    return Letter(
        path=path,
        header=found.manifest.header,
        members=found.manifest.members,
        signed_by=found.signed_by,
        faults=tuple(found.faults),
        open=tuple(found.open),
        places=found.places,
    )
