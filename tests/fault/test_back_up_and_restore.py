"""A city is backed up while it works, and restored into an empty place: every row, file and key is there again."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import transaction
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.backup import keep, take, verify
from shanzhi.config.backup.errors import BackupError, NoRoom
from shanzhi.config.backup.sealed import FileKey, Passphrase
from shanzhi.config.backup.take import Taken
from shanzhi.config.installation import UNFINISHED, Installation
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import storage_key
from shanzhi.kernel.files.tests.pictures import picture
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW
from tests.concurrency.committed import City, city, seal_all
from tests.concurrency.steps import COMMUNITY, to_verdict
from tests.started import Said, run, start

__all__ = ["city"]

ROOT = Path(__file__).parents[2]
FULL = pytest.mark.skipif(os.environ.get("SHANZHI_SIZE") != "full", reason="runs at full size only (make proof)")
PASSPHRASE = "correct horse battery"
LOCK = Passphrase(PASSPHRASE)
# A restore ends sessions, brings tables up to date and begins a new epoch of the journal: it adds to these.
CHANGED_BY_RESTORING = {"access_session", "django_migrations"}


@dataclass(frozen=True, slots=True)
class Made:
    """A backup of the standing city with a few matters, and what lies in the city."""

    taken: Taken
    city: City
    sha256: str


@pytest.fixture(scope="module")
def made(city: City) -> Iterator[Made]:
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-b-"))
    to_verdict(city)
    assert seal_all(city.installation, NOW) > 0
    # What follows is in the backup and not sealed yet.
    with acting(ANYONE), transaction.atomic():
        stored = files.store(data=picture(), name="路灯.jpg", now=NOW)
        new = NewReport(body="张三丰 13812345678 说路灯不亮", region_code=COMMUNITY, contact_phone="13812345678")
        operations.report(new=new, actor=ANYONE, now=NOW, stored=[stored])
    taken = take.take(city.installation, folder=folder, lock=LOCK, now=NOW)
    yield Made(taken, city, stored.sha256)
    shutil.rmtree(folder)


@contextmanager
def scratch() -> Iterator[Path]:
    """A short path: a socket has to fit under it."""
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-r-"))
    try:
        yield folder
    finally:
        for pid in folder.rglob("postmaster.pid"):
            os.kill(int(pid.read_text().splitlines()[0]), signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


def shanzhi(*arguments: object, **environment: str) -> Said:
    """The command line, as somebody types it."""
    return run("shanzhi", *map(str, arguments), env=clean(**environment))


def clean(**environment: str) -> dict[str, str]:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("SHANZHI_", "DJANGO_", "PYTEST"))}
    return {**bare, "PYTHONPATH": str(ROOT), "COLUMNS": "1000", "SHANZHI_BACKUP_PASSPHRASE": PASSPHRASE, **environment}


def content(installation: Installation) -> dict[str, str]:
    """A hash of all rows of each table, by name."""
    with database.as_owner(installation) as connection:
        found = {}
        for table in take.counts(connection, installation.schema):
            row = connection.execute(
                sql.SQL("SELECT count(*) || md5(string_agg(t::text, '' ORDER BY t::text)) FROM {} t").format(
                    sql.Identifier(installation.schema, table)
                )
            ).fetchone()
            found[table] = row[0] if row else ""
    return found


@contextmanager
def served(home: Path) -> Iterator[Installation]:
    """The installation of a restored home folder, its database running."""
    before = os.environ.pop("SHANZHI_HOME", None), os.environ.pop("SHANZHI_DATABASE", None)
    os.environ["SHANZHI_HOME"] = str(home)
    try:
        installation = Installation.from_environment()
    finally:
        os.environ.pop("SHANZHI_HOME")
        for name, value in zip(("SHANZHI_HOME", "SHANZHI_DATABASE"), before, strict=True):
            if value is not None:
                os.environ[name] = value
    engine: Any = database.start_embedded(installation)
    try:
        yield installation
    finally:
        engine.stop()


@pytest.fixture(scope="module")
def restored(made: Made) -> Iterator[Path]:
    """The home folder of the backup, restored."""
    with scratch() as place:
        said = shanzhi("restore", made.taken.path, "--into", place / "home")
        assert said.returncode == 0, said.stderr
        yield place / "home"


def test_it_has_every_row_file_and_key_again_after_a_restore(made: Made, restored: Path):
    home = restored
    assert not (home / UNFINISHED).exists()
    assert (home / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert (home / "secrets.json").read_bytes() == (made.city.installation.home / "secrets.json").read_bytes()
    kept = home / "files" / storage_key(made.sha256)
    assert kept.read_bytes() == (made.city.installation.home / "files" / storage_key(made.sha256)).read_bytes()
    with served(home) as installation:
        ours, theirs = content(installation), content(made.city.installation)
        added = {name for name in ours if name.startswith("journal_")} | CHANGED_BY_RESTORING
        assert {name: ours[name] for name in ours.keys() - added} == {
            name: theirs[name] for name in theirs.keys() - added
        }
        with database.as_owner(installation) as connection:
            assert connection.execute("SELECT count(*) FROM access_session").fetchone() == (0,)
            assert connection.execute("SELECT count(*) FROM vault_record").fetchone() != (0,)
    doctor = shanzhi("doctor", SHANZHI_HOME=str(home))
    assert "事项与留痕：2 件，全部对得上" in doctor.stdout
    assert "打得开保险库" in doctor.stdout
    again = shanzhi("restore", made.taken.path, "--into", home)
    assert again.returncode == 1
    assert "不是空的" in again.stderr


def leaves_and_entries(installation: Installation) -> tuple[int, int, int]:
    """Leaves, the entries that they stand for, and all entries."""
    with database.as_owner(installation) as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM journal_leaf), (SELECT count(DISTINCT (recorded_at, id)) FROM journal_leaf),"
            " (SELECT count(*) FROM journal_entry)"
        ).fetchone()
    assert row is not None
    return row


def test_it_goes_on_sealing_in_a_new_epoch_and_seals_nothing_twice(made: Made, restored: Path):
    """The restored entries bear transaction numbers of another server, far above those of the new one."""
    before = shanzhi("journal", "verify", SHANZHI_HOME=str(restored))
    assert before.returncode == 0, before.stdout
    with served(restored) as installation:
        entries = made.taken.manifest.journal["entries"]
        # The epoch's own entry is written after it has begun, and is not sealed yet.
        assert leaves_and_entries(installation) == (entries, entries, entries + 1)
        with database.as_owner(installation) as connection:
            epochs = connection.execute("SELECT number, reason FROM journal_epoch ORDER BY 1").fetchall()
            assert epochs == [(1, "first"), (2, "restore")]
            ahead = connection.execute(
                "SELECT max(transaction_id::text::bigint) > pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
                " FROM journal_entry WHERE action <> 'journal.epoch'"
            ).fetchone()
            assert ahead == (True,), "the test tests nothing: the new server's numbers are above the old ones"
        assert shanzhi("journal", "seal", SHANZHI_HOME=str(restored)).returncode == 0
        assert leaves_and_entries(installation) == (entries + 1,) * 3
        after = shanzhi("journal", "verify", SHANZHI_HOME=str(restored))
        assert after.returncode == 0, after.stdout


def test_it_notices_a_journal_that_was_tampered_with(restored: Path, tmp_path: Path):
    """The backup is taken of a city in whose journal a keeper has changed a sealed row."""
    with served(restored) as installation, psycopg.connect(database.admin_url(installation), autocommit=True) as admin:
        admin.execute("SET session_replication_role = replica")
        changed = "UPDATE shanzhi.journal_entry SET happened_at = happened_at {} interval '1 second' WHERE id = 1"
        admin.execute(changed.format("+"))
        said = shanzhi("backup", "--to", tmp_path, SHANZHI_HOME=str(restored))
        admin.execute(changed.format("-"))
    assert said.returncode == 1
    assert "没有通过核对" in said.stderr
    assert [path.name[-16:] for path in tmp_path.iterdir()] == [".backup.unproved"]


def test_it_proves_a_backup_by_restoring_it_beside(made: Made):
    looked = verify.verify(made.taken.path, made.taken.file_key, beside=Path(tempfile.gettempdir()))
    assert [row.what for row in looked if not row.ok] == []
    assert {"行数", "数据表", "行级安全", "密钥", "事项与留痕"} <= {row.what for row in looked}
    assert not list(Path(tempfile.gettempdir()).glob("proof-*"))


def test_it_holds_what_the_database_names_and_says_so(made: Made):
    manifest = made.taken.manifest
    assert (manifest.files, manifest.missing, manifest.without) == (2, [], [])
    assert manifest.tables["matters_matter"] == 2
    assert manifest.journal["entries"] == manifest.tables["journal_entry"] > 0
    raw = made.taken.path.read_bytes()
    for secret in ("张三丰".encode(), b"13812345678", b"matters_matter", b"keyring", b"BEGIN"):
        assert secret not in raw
    assert made.taken.path.stat().st_mode & 0o777 == 0o600


def test_it_says_which_files_are_not_in_the_store(made: Made, tmp_path: Path):
    kept = made.city.installation.home / "files" / storage_key(made.sha256)
    raw = kept.read_bytes()
    try:
        for broken in (raw[:-1], None):
            kept.unlink() if broken is None else kept.write_bytes(broken)
            taken = take.take(made.city.installation, folder=tmp_path, lock=LOCK, now=NOW + timedelta(days=1))
            assert taken.manifest.missing == [made.sha256]
    finally:
        kept.write_bytes(raw)


def test_it_can_leave_files_and_secrets_out_and_wants_them_back(made: Made, tmp_path: Path):
    taken = take.take(made.city.installation, folder=tmp_path, lock=LOCK, now=NOW, with_files=False, with_secrets=False)
    assert (taken.manifest.without, taken.manifest.files, taken.manifest.secrets) == (["files", "secrets"], 0, {})
    with scratch() as place:
        refused = shanzhi("restore", taken.path, "--into", place / "home")
        assert (refused.returncode, "--secrets" in refused.stderr) == (1, True)
        assert list((place / "home").iterdir()) == []
        looked = verify.verify(taken.path, taken.file_key, beside=place, secrets=made.city.installation.home)
        assert [row.what for row in looked if not row.ok] == []


def test_it_counts_as_no_backup_where_the_secrets_change_meanwhile(made: Made, tmp_path: Path):
    home = tmp_path / "home"
    shutil.copytree(made.city.installation.home / "files", home / "files")
    (home / "secrets.json").write_text("{}")
    moved = replace(made.city.installation, home=home)

    def step(what: str, done: int, total: int) -> None:
        (home / "secrets.json").write_text('{"new": 1}')

    # Where the server's socket is comes from the home folder's cluster.
    (home / "pg").symlink_to(made.city.installation.cluster)
    with pytest.raises(BackupError, match="密钥文件变了"):
        take.take(moved, folder=tmp_path / "to", lock=LOCK, now=NOW, step=step)
    assert list((tmp_path / "to").iterdir()) == []


def refused(path: Path, **environment: str) -> str:
    """What restoring the file says; it must be refused and leave nothing but its marker, or nothing at all."""
    with scratch() as place:
        said = shanzhi("restore", path, "--into", place / "home", **environment)
        assert said.returncode == 1, said.stdout
        assert "Traceback" not in said.stderr
    return said.stderr


def test_it_refuses_a_wrong_passphrase_before_it_writes_anything(made: Made):
    with scratch() as place:
        said = shanzhi(
            "restore", made.taken.path, "--into", place / "home", SHANZHI_BACKUP_PASSPHRASE="wrong wrong wrong"
        )
        assert (said.returncode, "口令不对" in said.stderr) == (1, True)
        assert not (place / "home").exists()


@pytest.mark.parametrize("part", ["cut in the middle", "cut at the end", "changed", "no file"])
def test_it_refuses_a_file_that_is_not_whole(made: Made, tmp_path: Path, part):
    raw = bytearray(made.taken.path.read_bytes())
    if part == "changed":
        raw[len(raw) // 2] ^= 1
    whole = {"cut in the middle": len(raw) // 2, "cut at the end": len(raw) - 1}.get(part, len(raw))
    if part != "no file":
        (tmp_path / "broken.backup").write_bytes(raw[:whole])
    sentence = {"changed": "被改过或损坏", "no file": "没有"}.get(part, "不完整")
    assert sentence in refused(tmp_path / "broken.backup")


def test_it_refuses_a_backup_of_a_newer_program(made: Made, tmp_path: Path, monkeypatch):
    about = take._about

    def later(*arguments: Any) -> Any:
        found = about(*arguments)
        return replace(found, version="9.9", migrations=[*found.migrations, "matters.9999_to_come"])

    monkeypatch.setattr(take, "_about", later)
    taken = take.take(made.city.installation, folder=tmp_path, lock=LOCK, now=NOW)
    said = refused(taken.path)
    assert "9.9" in said
    assert "matters.9999_to_come" in said


def test_it_can_be_repeated_after_it_was_killed(made: Made):
    with scratch() as place:
        home = place / "home"
        arguments = ("restore", str(made.taken.path), "--into", str(home))
        child = start("shanzhi", *arguments, env=clean(), out=os.devnull, err=os.devnull)
        deadline = time.monotonic() + 60
        while not (home / "pg" / "postmaster.pid").exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.3)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        assert (home / UNFINISHED).exists()
        for name in ("setup", "backup"):
            said = shanzhi(name, SHANZHI_HOME=str(home))
            assert (said.returncode, "没有做完" in said.stderr) == (1, True)
        doctor = shanzhi("doctor", SHANZHI_HOME=str(home))
        assert (doctor.returncode, "没有做完" in doctor.stdout) == (1, True)
        again = shanzhi("restore", made.taken.path, "--into", home)
        assert again.returncode == 0, again.stderr
        assert "2 件，全部对得上" in shanzhi("doctor", SHANZHI_HOME=str(home)).stdout


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of its own of a given size."""
    folder.mkdir()
    try:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
        )
    except OSError:
        mounted = None
    if mounted is None or mounted.returncode:
        pytest.skip("only who may mount can make a disk full")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


def test_it_leaves_nothing_where_the_disk_is_full(made: Made, tmp_path: Path):
    with small_disk(tmp_path / "disk", "100k") as disk:
        with pytest.raises(NoRoom, match="No space left"):
            take.take(made.city.installation, folder=disk / "to", lock=LOCK, now=NOW)
        assert list((disk / "to").iterdir()) == []


@pytest.mark.parametrize("size", ["5m", "40m", pytest.param("43m", marks=FULL)])
def test_it_says_that_there_is_no_room_to_restore(made: Made, size):
    with scratch() as place, small_disk(place / "disk", size) as disk:
        said = shanzhi("restore", made.taken.path, "--into", disk / "home")
        assert said.returncode == 1
        assert "Traceback" not in said.stderr
        assert "磁盘" in said.stderr
        assert (disk / "home" / UNFINISHED).exists()


def test_it_keeps_the_newest_and_says_how_old_they_are(tmp_path: Path):
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(6):
        (tmp_path / keep.name_of("shanzhi", start + timedelta(days=day))).touch()
        (tmp_path / keep.name_of("shanzhi-2", start + timedelta(days=day))).touch()
    (tmp_path / "shanzhi-notes.backup").touch()
    unproved = keep.doubt(tmp_path / keep.name_of("shanzhi", start + timedelta(days=5)))
    assert unproved.exists()
    gone = keep.thin_out(tmp_path, "shanzhi", most=2)
    assert [path.name for path in gone] == [keep.name_of("shanzhi", start + timedelta(days=day)) for day in range(3)]
    assert [row.taken_at for row in keep.listed(tmp_path, "shanzhi")] == [start + timedelta(days=day) for day in (3, 4)]
    assert len(keep.listed(tmp_path, "shanzhi-2")) == 6
    assert keep.thin_out(tmp_path, "shanzhi", most=0) == []


def test_it_restores_onto_a_server_that_was_given(made: Made):
    """Its own roles and passwords are made there; what lies there already is refused, what a broken try left is not."""
    with scratch() as place:
        theirs = place / "theirs"
        with served_empty(theirs) as url:
            home = place / "home"
            said = shanzhi("restore", made.taken.path, "--into", url, SHANZHI_HOME=str(home))
            assert said.returncode == 0, said.stderr
            with psycopg.connect(url) as connection:
                assert connection.execute("SELECT count(*) FROM shanzhi.matters_matter").fetchone() == (2,)
            doctor = shanzhi("doctor", SHANZHI_HOME=str(home), DATABASE_URL=url)
            assert "2 件，全部对得上" in doctor.stdout
            other = shanzhi("restore", made.taken.path, "--into", url, SHANZHI_HOME=str(place / "other"))
            assert (other.returncode, "不是空的" in other.stderr) == (1, True)
            assert not (place / "other" / "secrets.json").exists()
            # As if it had been killed before its last line: it is cleared and filled again.
            (home / UNFINISHED).write_text(json.dumps({"backup": "x", "schema_is_ours": True}))
            again = shanzhi("restore", made.taken.path, "--into", url, SHANZHI_HOME=str(home))
            assert again.returncode == 0, again.stderr


@contextmanager
def served_empty(home: Path) -> Iterator[str]:
    """A server with nothing on it but a role that may create roles and its database, as the README tells."""
    home.mkdir()
    from shanzhi.config.installation import Secrets  # noqa: PLC0415

    installation = Installation(home, "none", "postgres", "", Secrets.load(home / "secrets.json"))
    engine: Any = database.start_embedded(installation)
    with psycopg.connect(database.admin_url(installation), autocommit=True) as admin:
        admin.execute("CREATE ROLE setup LOGIN CREATEROLE")
        admin.execute("CREATE DATABASE city OWNER setup TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'")
    try:
        yield f"postgresql://setup@/city?host={installation.address()['host']}"
    finally:
        engine.stop()


def test_it_opens_with_the_file_s_own_key(made: Made):
    assert verify.key_of(made.taken.path, LOCK) == made.taken.file_key
    assert verify.key_of(made.taken.path, FileKey(b"x" * 32)) == b"x" * 32
