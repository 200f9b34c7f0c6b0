"""Taking a backup: one snapshot of the database, the files that it names, the secrets, and a manifest of all that."""

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, LiteralString

import psycopg
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.backup import keep, tools
from shanzhi.config.backup.archive import DATABASE, FILES, PIECE, SECRETS, About, ArchiveWriter, Manifest, Tally
from shanzhi.config.backup.errors import BackupError, NoRoom
from shanzhi.config.backup.sealed import Lock
from shanzhi.config.installation import SECRET_FILES, Installation
from shanzhi.core.text import msg

Step = Callable[[str, int, int], None]
"""Told of progress: what, how much is done, of how much (0: not known)."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A finished backup file, what is in it, and the key of this very file (never written down)."""

    path: Path
    manifest: Manifest
    file_key: bytes


def nothing(what: str, done: int, total: int) -> None:
    """Nobody watches."""


def take(
    installation: Installation,
    *,
    folder: Path,
    lock: Lock,
    now: datetime,
    with_files: bool = True,
    with_secrets: bool = True,
    step: Step = nothing,
) -> Taken:
    """Write a backup of the city into `folder`; it has its name only once it is whole and on the platter.

    Django must be set up. Nothing is stopped meanwhile: everything in it is as of one moment.

    Raises:
        NoRoom: the folder can't be written, or the disk is full.
        ToolFailed: the database can't be dumped.
        BackupError: the secrets were changed meanwhile.
    """
    path = folder / keep.name_of(installation.schema, now)
    with (
        _draft(path) as file,
        _snapshot(installation) as (connection, snapshot),
        ArchiveWriter(file, lock) as writer,
    ):
        secrets, tally = _secrets(installation) if with_secrets else {}, Tally()
        about = _about(installation, connection, now)
        writer.add_about(about)
        for name, data in secrets.items():
            writer.add(SECRETS + name, data)
        with tools.dump(installation, snapshot) as dumped:
            for number in count(1):
                piece = dumped.read(PIECE)
                if not piece:
                    break
                tally.piece(piece)
                writer.add(f"{DATABASE}{number:08d}", piece)
                step(msg("数据库"), tally.database_bytes, 0)
        missing = _add_files(connection, writer, tally, step) if with_files else []
        if with_secrets and _secrets(installation) != secrets:
            raise BackupError(msg("备份期间密钥文件变了，这份备份作废。请再备份一次。"))
        manifest = Manifest(
            about=about,
            tables=counts(connection, installation.schema),
            journal=_journal(connection),
            secrets={name: hashlib.sha256(data).hexdigest() for name, data in secrets.items()},
            missing=missing,
            without=[name for name, given in (("files", with_files), ("secrets", with_secrets)) if not given],
            **tally.said(),
        )
        writer.finish(manifest)
    return Taken(path, manifest, writer.file_key)


@contextmanager
def _draft(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name when it is whole; nothing stays of one that isn't."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.rename(path)
        keep.sync_folder(path.parent)
    except OSError as error:
        raise NoRoom(
            msg("备份写不进 %(folder)s（%(reason)s）。请清理磁盘或换一个文件夹，再备份一次。"),
            folder=path.parent,
            reason=error.strerror or error,
        ) from error
    except psycopg.Error as error:
        raise tools.database_failed(error) from error
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _snapshot(installation: Installation) -> Iterator[tuple[psycopg.Connection, str]]:
    """A connection as the owner in one snapshot, which pg_dump then shares."""
    with database.as_owner(installation) as connection:
        tools.check_version(connection.info.server_version)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        yield connection, _one(connection, "SELECT pg_export_snapshot()")[0]


def _secrets(installation: Installation) -> dict[str, bytes]:
    found = {name: installation.home / name for name in SECRET_FILES}
    return {name: path.read_bytes() for name, path in found.items() if path.exists()}


def _about(installation: Installation, connection: psycopg.Connection, now: datetime) -> About:
    rows = connection.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1").fetchall()
    return About(
        version=keep.program_version(),
        schema=installation.schema,
        taken_at=now.isoformat(),
        server_version=connection.info.server_version,
        migrations=[row[0] for row in rows],
    )


def counts(connection: psycopg.Connection, schema: str) -> dict[str, int]:
    """Rows of every table of the schema (a partitioned one as a whole), as this connection sees them."""
    names = connection.execute(
        "SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1",
        [schema],
    ).fetchall()
    found: dict[str, int] = {}
    for (name,) in names:
        row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(schema, name))).fetchone()
        found[name] = int(row[0]) if row else 0
    return found


def _journal(connection: psycopg.Connection) -> dict[str, Any]:
    """How far the journal goes, and its last signed head where it is sealed."""
    entries, last_id = _one(connection, "SELECT count(*), max(id) FROM journal_entry")
    said = {"entries": entries, "last_id": last_id}
    if _one(connection, "SELECT to_regclass('journal_head')")[0] is not None:
        head = connection.execute(
            "SELECT epoch, size, encode(root, 'hex'), note FROM journal_head ORDER BY id DESC LIMIT 1"
        )
        said["head"] = dict(zip(("epoch", "size", "root", "note"), head.fetchone() or (), strict=False))
    return said


def _one(connection: psycopg.Connection, query: LiteralString) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = connection.execute(query).fetchone()
    return row or (None,)


def _add_files(connection: psycopg.Connection, writer: ArchiveWriter, tally: Tally, step: Step) -> list[str]:
    """Every file that the snapshot names, each checked against its hash; returns those that aren't there."""
    # Imported here: they need Django's settings.
    from django.core.files.storage import storages  # noqa: PLC0415

    from shanzhi.kernel.files.policy import preview_key, storage_key  # noqa: PLC0415

    evidence, missing = storages["evidence"], []
    total = connection.execute("SELECT count(*) FROM files_blob").fetchone()
    with connection.cursor(name="blobs") as cursor:
        cursor.execute("SELECT sha256 FROM files_blob ORDER BY sha256")
        for done, (sha256,) in enumerate(cursor, start=1):
            try:
                data = _read(evidence, storage_key(sha256))
            except OSError:
                data = b""
            if hashlib.sha256(data).hexdigest() != sha256:
                missing.append(sha256)
                continue
            for name, content in (
                (storage_key(sha256), data),
                (preview_key(sha256), _maybe(evidence, preview_key(sha256))),
            ):
                if content:
                    tally.file(name, content)
                    writer.add(FILES + name, content)
            step(msg("文件"), done, total[0] if total else 0)
    return missing


def _read(evidence: Any, name: str) -> bytes:
    with evidence.open(name) as file:
        return bytes(file.read())


def _maybe(evidence: Any, name: str) -> bytes:
    return _read(evidence, name) if evidence.exists(name) else b""
