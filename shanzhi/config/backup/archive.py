"""What lies in a backup: an ordinary tar, so that its parts can be read by any tool once it is decrypted.

In this order, so that one pass restores it: about.json, secrets/…, database/00000001 … (pieces of pg_dump's custom format),
files/… (evidence under its store's names), manifest.json (counts and hashes, known only at the end).
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, Self, cast

from shanzhi.config.backup.errors import Damaged
from shanzhi.config.backup.sealed import CHUNK, Lock, Opener, SealedReader, SealingWriter
from shanzhi.core.text import msg

PIECE = 8 << 20
ABOUT, MANIFEST, SECRETS, DATABASE, FILES = "about.json", "manifest.json", "secrets/", "database/", "files/"


@dataclass(frozen=True, slots=True)
class About:
    """What a restore has to know first. `taken_at` is ISO 8601; `migrations` are "app.name", as applied."""

    version: str
    schema: str
    taken_at: str
    server_version: int
    migrations: list[str]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What must come out again. `tables` are row counts in the dump's own snapshot; sizes in bytes, hashes SHA-256 in hex.

    `files_sha256` is over the lines "<hash of content> <name>" in the order of the archive.
    """

    about: About
    tables: dict[str, int]
    journal: dict[str, Any]
    database_bytes: int
    database_sha256: str
    files: int
    files_bytes: int
    files_sha256: str
    secrets: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    """Files that the database names and the store has not, or with other content."""
    without: list[str] = field(default_factory=list)
    """What was left out on purpose: "files", "secrets"."""

    @classmethod
    def read(cls, raw: bytes) -> Self:
        """From its JSON."""
        said = json.loads(raw)
        return cls(**said | {"about": About(**said["about"])})


class ArchiveWriter:
    """Adds parts one after another; nothing is held in memory but the part at hand."""

    def __init__(self, into: BinaryIO, lock: Lock) -> None:
        self._sealing = SealingWriter(into, lock)
        self._tar = tarfile.open(fileobj=cast(BinaryIO, self._sealing), mode="w|", bufsize=CHUNK)  # noqa: SIM115 - `finish` closes it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._sealing.abandon()

    @property
    def file_key(self) -> bytes:
        """The key of this very file."""
        return self._sealing.file_key

    def add(self, name: str, data: bytes) -> None:
        """One part."""
        info = tarfile.TarInfo(name)
        info.size, info.mode = len(data), 0o600
        self._tar.addfile(info, BytesIO(data))
        # tarfile remembers each member for a look-up that a stream never needs.
        self._tar.members.clear()  # type: ignore[attr-defined]

    def add_about(self, about: About) -> None:
        """The first part."""
        self.add(ABOUT, _json(asdict(about)))

    def finish(self, manifest: Manifest) -> None:
        """The last part, and the end of the stream."""
        self.add(MANIFEST, _json(asdict(manifest)))
        self._tar.close()
        self._sealing.finish()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


@dataclass(slots=True)
class Tally:
    """Counts and hashes what passes by, for the manifest and for comparing with it."""

    database_bytes: int = 0
    files: int = 0
    files_bytes: int = 0
    _database: Any = field(default_factory=hashlib.sha256)
    _files: Any = field(default_factory=hashlib.sha256)

    def piece(self, data: bytes) -> None:
        """A piece of the dump."""
        self.database_bytes += len(data)
        self._database.update(data)

    def file(self, name: str, data: bytes) -> None:
        """A file of the store."""
        self.files += 1
        self.files_bytes += len(data)
        self._files.update(f"{hashlib.sha256(data).hexdigest()} {name}\n".encode())

    def said(self) -> dict[str, Any]:
        """As the manifest has it."""
        return {
            "database_bytes": self.database_bytes,
            "database_sha256": self._database.hexdigest(),
            "files": self.files,
            "files_bytes": self.files_bytes,
            "files_sha256": self._files.hexdigest(),
        }

    def check(self, manifest: Manifest) -> None:
        """Raises Damaged where something else came out than went in."""
        said = asdict(manifest)
        wrong = [name for name, value in self.said().items() if said[name] != value]
        if wrong:
            raise Damaged(msg("备份里的内容和它自己的清单对不上（%(what)s）。请换一份备份。"), what="、".join(wrong))


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it is read."""

    name: str
    data: bytes


class ArchiveReader:
    """Reads the parts in their order; `about` is read on opening."""

    def __init__(self, source: BinaryIO, opener: Opener) -> None:
        self._sealed = SealedReader(source, opener)
        self._tar = tarfile.open(fileobj=cast(BinaryIO, self._sealed), mode="r|", bufsize=CHUNK)  # noqa: SIM115 - lives as long as its source
        first = self._next()
        if first is None or first.name != ABOUT:
            raise Damaged(msg("备份里没有说明（about.json）。请换一份备份。"))
        self.about = About(**json.loads(first.data))

    def parts(self) -> Iterator[Part]:
        """All parts after the first; the stream is read to its very end, so that a cut is seen."""
        while (part := self._next()) is not None:
            yield part
        while self._sealed.read(CHUNK):
            pass

    def _next(self) -> Part | None:
        info = self._tar.next()
        self._tar.members.clear()  # type: ignore[attr-defined]
        if info is None:
            return None
        opened = self._tar.extractfile(info)
        return Part(info.name, opened.read() if opened else b"")


@contextmanager
def opened(path: Path, opener: Opener) -> Iterator[ArchiveReader]:
    """A backup file, open for one pass."""
    with path.open("rb") as source:
        yield ArchiveReader(source, opener)
