"""Restoring a backup into an empty place: all of it, or a place that says it is unfinished and can be filled again.

Runs in a process of its own in which Django isn't set up yet: its settings are those of the place that is being filled.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

import django
import psycopg
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.backup import tools
from shanzhi.config.backup.archive import DATABASE, FILES, SECRETS, About, ArchiveReader, Manifest, Part, Tally, opened
from shanzhi.config.backup.errors import BackupError, Damaged, NewerBackup, NoRoom, PlaceTaken, SecretsMissing
from shanzhi.config.backup.sealed import Opener
from shanzhi.config.backup.take import Step, counts, nothing
from shanzhi.config.installation import SECRET_FILES, UNFINISHED, Installation
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import SignedHead

PARTS = (*SECRET_FILES, "pg", "files", "static", "prepare.lock")
"""What an installation keeps in its home folder; all of it is made anew by a restore."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a backup goes: a home folder, and the server of its database (empty: the embedded one)."""

    home: Path
    url: str = ""

    @classmethod
    def named(cls, into: str) -> "Place":
        """A folder, or the address of a database, whose home folder is then `SHANZHI_HOME`.

        Raises:
            BackupError: an address without SHANZHI_HOME.
        """
        if not into.startswith(("postgresql://", "postgres://")):
            return cls(Path(into).resolve())
        home = os.environ.get("SHANZHI_HOME")
        if not home:
            raise BackupError(msg("恢复到数据库时，请用 SHANZHI_HOME 说明文件和密钥放在哪个空文件夹。"))
        return cls(Path(home).resolve(), into)

    @property
    def marker(self) -> Path:
        """Lies there while the place isn't finished."""
        return self.home / UNFINISHED

    def enter(self) -> None:
        """Make this process's settings those of the place."""
        os.environ["SHANZHI_HOME"] = str(self.home)
        os.environ["DJANGO_SETTINGS_MODULE"] = "shanzhi.config.settings"
        os.environ.pop("SHANZHI_ROLE", None)
        os.environ.pop("DATABASE_URL", None)
        if self.url:
            os.environ["DATABASE_URL"] = self.url


def restore(
    path: Path,
    opener: Opener,
    *,
    place: Place,
    now: datetime,
    secrets: Path | None = None,
    shown: SignedHead | None = None,
    step: Step = nothing,
) -> Manifest:
    """Fill an empty place with a backup and begin a new epoch of its journal; returns what it holds.

    A place in which an earlier restore was broken off is cleared first. `secrets` is a folder with the secret files,
    for a backup that was made without them. `shown` is the last head of the journal that was published, if one is known.

    Raises:
        PlaceTaken: it isn't empty; nothing in it was touched.
        NotABackup, NewerBackup, WrongKey: before anything is written.
        Damaged, Cut, NoRoom, ToolFailed: the place stays marked as unfinished.
    """
    _check_folder(place)
    try:
        with opened(path, opener) as archive:
            place.enter()
            os.environ["SHANZHI_SCHEMA"] = archive.about.schema
            with _marked(place, path):
                installation, manifest = _fill(place, archive, secrets, step)
                _settle(installation, manifest, shown, now)
    except OSError as error:
        raise NoRoom(
            msg("恢复没有做完（%(reason)s）。请查看磁盘空间和权限，再运行一次同样的命令，它会清掉重来。"),
            reason=error.strerror or error,
        ) from error
    except psycopg.Error as error:
        raise tools.database_failed(error) from error
    return manifest


def _check_folder(place: Place) -> None:
    if place.marker.exists():
        return
    there = sorted(entry.name for entry in place.home.iterdir()) if place.home.is_dir() else []
    there = [name for name in there if name in PARTS] if place.url else there
    if there:
        raise PlaceTaken(
            msg("%(home)s 不是空的（有 %(what)s）。为了不覆盖已有的数据，请换一个空文件夹。"),
            home=place.home,
            what="、".join(there[:3]),
        )


@contextmanager
def _marked(place: Place, path: Path) -> Iterator[None]:
    """Mark the place as unfinished until everything is in it; clear what an earlier try has left."""
    place.home.mkdir(parents=True, exist_ok=True)
    said = json.loads(place.marker.read_text(encoding="utf-8")) if place.marker.exists() else {}
    if said:
        _clear(place)
    place.marker.write_text(json.dumps({"backup": path.name} | said), encoding="utf-8")
    try:
        yield
    except (NewerBackup, PlaceTaken, SecretsMissing):
        # Refused before the database: nothing that has to be kept for another try.
        _clear(place)
        place.marker.unlink()
        raise
    place.marker.unlink()


def _clear(place: Place) -> None:
    """Remove what a broken restore has left. A database that was given is cleared by `_check_database`."""
    tools.stop_cluster(place.home / "pg")
    for name in PARTS:
        there = place.home / name
        shutil.rmtree(there) if there.is_dir() else there.unlink(missing_ok=True)


def _fill(place: Place, archive: ArchiveReader, secrets: Path | None, step: Step) -> tuple[Installation, Manifest]:
    """One pass over the parts, in their order."""
    tally, manifest, installation = Tally(), None, None
    for kind, parts in groupby(archive.parts(), lambda part: part.name.partition("/")[0] + "/"):
        if kind == SECRETS:
            for part in parts:
                _write_secret(place.home / _one_of(part.name.removeprefix(SECRETS), SECRET_FILES), part.data)
        elif kind == DATABASE:
            installation = _server(place, archive.about, secrets)
            _load(installation, parts, tally, step)
        elif kind == FILES:
            _keep_files(parts, tally, step)
        else:
            manifest = Manifest.read(next(iter(parts)).data)
    if manifest is None or installation is None:
        raise Damaged(msg("备份里没有数据库或清单。请换一份备份。"))
    tally.check(manifest)
    return installation, manifest


def _load(installation: Installation, parts: Iterable[Part], tally: Tally, step: Step) -> None:
    with database.as_owner(installation) as connection:
        version = connection.info.server_version
    with tools.load(installation, version) as sink:
        for part in parts:
            tally.piece(part.data)
            sink.write(part.data)
            step(msg("数据库"), tally.database_bytes, 0)


def _one_of(name: str, names: tuple[str, ...]) -> str:
    if name not in names:
        raise Damaged(msg("备份里有不认识的内容（%(name)s）。请用制作它的版本恢复。"), name=name)
    return name


def _write_secret(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _keep_files(parts: Iterable[Part], tally: Tally, step: Step) -> None:
    # Imported here: it needs Django's settings, which are those of the place.
    from django.core.files.base import ContentFile  # noqa: PLC0415
    from django.core.files.storage import storages  # noqa: PLC0415

    for part in parts:
        name = part.name.removeprefix(FILES)
        tally.file(name, part.data)
        storages["evidence"].save(name, ContentFile(part.data))
        step(msg("文件"), tally.files, 0)


def _server(place: Place, about: About, secrets: Path | None) -> Installation:
    """The place's database server, running, with roles and an empty schema; Django set up on it."""
    for name in SECRET_FILES:
        if secrets is not None and not (place.home / name).exists() and (secrets / name).exists():
            _write_secret(place.home / name, (secrets / name).read_bytes())
    if not (place.home / SECRET_FILES[0]).exists():
        raise SecretsMissing(
            msg("这份备份不含密钥文件。请用 --secrets 给出另存密钥文件（%(name)s）的文件夹。"), name=SECRET_FILES[0]
        )
    installation = Installation.from_environment()
    django.setup()
    _check_known(about)
    if installation.is_embedded:
        database.start_embedded(installation)
        database.create_database(installation)
    database.repoint(installation)
    with database.admin(installation) as connection:
        tools.check_version(connection.info.server_version)
        _check_database(place, installation, connection)
        database.make_roles_and_schema(installation, connection)
    return installation


def _check_known(about: About) -> None:
    """Raises NewerBackup where the backup's tables have steps that this program doesn't know."""
    from django.db.migrations.loader import MigrationLoader  # noqa: PLC0415 - needs Django's settings

    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    unknown = sorted(set(about.migrations) - known)
    if unknown:
        raise NewerBackup(
            msg("这份备份来自更新的版本 %(version)s（例如 %(step)s）。请先把程序升级到那个版本，再恢复。"),
            version=about.version,
            step=unknown[0],
        )


def _check_database(place: Place, installation: Installation, connection: psycopg.Connection) -> None:
    """The schema must be empty; what an earlier try has made there is removed."""
    said = json.loads(place.marker.read_text(encoding="utf-8"))
    schema = sql.Identifier(installation.schema)
    if said.get("schema_is_ours"):
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(schema))
    row = connection.execute(
        "SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s",
        [installation.schema],
    ).fetchone()
    if row and row[0]:
        raise PlaceTaken(
            msg("数据库里的 %(schema)s 不是空的。为了不覆盖已有的数据，请换一个空的数据库。"),
            schema=installation.schema,
        )
    place.marker.write_text(json.dumps(said | {"schema_is_ours": True}), encoding="utf-8")


def _settle(installation: Installation, manifest: Manifest, shown: SignedHead | None, now: datetime) -> None:
    """After the rows: compare the counts, bring the tables up to today's program, end old sessions, begin an epoch."""
    with database.as_owner(installation) as connection:
        found = counts(connection, installation.schema)
        wrong = sorted(name for name in {*found, *manifest.tables} if found.get(name) != manifest.tables.get(name))
        if wrong:
            raise Damaged(msg("恢复后行数对不上（%(what)s）。请换一份备份。"), what="、".join(wrong[:5]))
        # Whoever was signed in then need not be the one who sits there now; a post may have ended since.
        connection.execute("DELETE FROM access_session")
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE")
    database.prepare(installation)
    _begin_epoch(installation, shown, now)


def _begin_epoch(installation: Installation, shown: SignedHead | None, now: datetime) -> None:
    """A restored journal is no longer the one that other copies of its heads speak of: link a new epoch to it.

    Entries that had not been sealed bear transaction numbers of another server, which may lie above this one's: the
    new epoch takes them in first, whatever their number. A journal that was never sealed gets its first epoch before.
    """
    from shanzhi.kernel.journal import operations as journal  # noqa: PLC0415 - needs Django's settings
    from shanzhi.kernel.journal import queries  # noqa: PLC0415

    with database.acting_as(installation, "worker"):
        if not queries.epochs():
            journal.seal(now=now)
        journal.epoch_begin(reason="restore", now=now, shown=shown)
