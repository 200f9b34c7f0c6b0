"""`shanzhi doctor` names what is wrong with an installation, and is content with a sound one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.utils import timezone

from shanzhi.config import database, doctor
from shanzhi.config.backup import keep
from shanzhi.config.doctor import Finding
from shanzhi.config.installation import ROLES, UNFINISHED, Installation
from shanzhi.core.papers import FontSet, shipped_fonts
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.vault.policy.envelope import KeyRing, new_keyring_text, record_context
from tests.concurrency.committed import City, city, seal_all

__all__ = ["city"]

PROTECTED = (
    "journal_entry journal_leaf vault_hold vault_record files_attachment notices_notice matters_matter matters_participant matters_assignment"
    " matters_clock matters_remark matters_suggestion"
).split()


@pytest.fixture
def asked(city: City, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], dict[str, Finding]]]:
    """The doctor's findings for the copy of the standing city, by what was looked at."""
    monkeypatch.setenv("SHANZHI_DATABASE", city.installation.database)
    yield lambda: {row.what: row for row in doctor.findings()}
    connections.close_all()


@pytest.fixture(scope="module", autouse=True)
def sealed(city: City) -> None:
    """The standing city's entries are as old as the test process; what is older than five minutes waits too long."""
    seal_all(city.installation, timezone.now())
    with database.acting_as(city.installation, "worker"):
        while facts.project(now=timezone.now()).count:
            pass


@pytest.fixture
def broken(city: City) -> Iterator[Callable[[str], None]]:
    """Do something to the database as its keeper; undone after the test."""
    connections.close_all()
    undo: list[str] = []

    def run(statement: str, back: str = "") -> None:
        with psycopg.connect(database.admin_url(city.installation), autocommit=True) as admin:
            admin.execute("SET search_path = shanzhi")
            admin.execute(statement)
        undo.append(back)

    yield run
    connections.close_all()
    with psycopg.connect(database.admin_url(city.installation), autocommit=True) as admin:
        admin.execute("SET search_path = shanzhi")
        for statement in filter(None, reversed(undo)):
            admin.execute(statement)


# What depends on the machine and the front end, and not on the database.
ELSEWHERE = {"磁盘空间", "网页样式", "区划数据"}


def wrong(found: dict[str, Finding]) -> set[str]:
    return {what for what, row in found.items() if not row.ok} - ELSEWHERE


def test_it_finds_a_sound_installation_sound(asked):
    found = asked()
    assert wrong(found) == set()
    assert {
        "密钥文件",
        "数据库",
        "数据库角色",
        "行级安全不能绕过",
        "数据表",
        "行级安全",
        "密钥",
        "金库",
        "区划",
        "事项与留痕",
        "后台",
        "封存",
    } <= set(found)
    assert all(row.mend or row.ok for row in found.values())


def test_it_sees_every_table_whose_row_level_security_is_off(asked, broken):
    for table in PROTECTED:
        broken(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY", f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    found = asked()
    assert wrong(found) == {"行级安全"}
    assert set(found["行级安全"].seen.replace(" 没打开", "").split("、")) == set(PROTECTED)


def test_it_sees_every_table_that_is_missing(asked, broken):
    for table in PROTECTED:
        broken(f"ALTER TABLE {table} RENAME TO gone_{table}", f"ALTER TABLE gone_{table} RENAME TO {table}")
    found = asked()
    assert {"行级安全", "loop", "keys", "vault"} <= wrong(found)
    assert set(found["行级安全"].seen.replace(" 没有", "").split("、")) == set(PROTECTED)


def test_it_sees_that_a_role_may_bypass_the_policies(broken, city):
    """Roles belong to the whole server: those of a city that isn't there are broken, so that no other test is."""
    elsewhere = replace(city.installation, schema=f"{city.installation.database}_elsewhere")
    for kind in ROLES:
        broken(f'CREATE ROLE "{elsewhere.role(kind)}"', f'DROP ROLE "{elsewhere.role(kind)}"')
    assert [row.ok for row in doctor._server(elsewhere)] == [True, True]
    broken(f'ALTER ROLE "{elsewhere.role("app")}" BYPASSRLS', "SELECT 1")
    roles, strong = doctor._server(elsewhere)
    assert (roles.ok, strong.ok, strong.seen) == (True, False, elsewhere.role("app"))


def test_it_sees_that_a_role_is_missing(city):
    elsewhere = replace(city.installation, schema="nowhere")
    roles, strong = doctor._server(elsewhere)
    assert (roles.ok, strong.ok) == (False, True)
    assert "nowhere_importer" in roles.seen


def test_it_sees_that_the_keys_are_not_those_of_the_vault(asked, broken, city):
    """Somebody lost secrets.json, and a new one was made in its place."""
    ring = KeyRing.load(new_keyring_text())
    sealed = ring.seal("赵钱孙".encode(), context=record_context("matter", 1, "name"))
    values = f"'matter', 1, 'contact', 'name', '\\x{sealed.hex()}', 'duty', now(), now()"
    broken(
        "INSERT INTO vault_record (subject_kind, subject_id, purpose, part, sealed, legal_ground, kept_at, expires_on)"
        f" VALUES ({values})",
        "DELETE FROM vault_record",
    )
    found = asked()
    assert wrong(found) == {"密钥"}
    assert "secrets.json" in found["密钥"].mend


def kept_until(day: str, key: str = "k1") -> str:
    sealed = b"\x01\x01" + bytes((len(key),)) + key.encode() + bytes(28)
    return (
        "INSERT INTO vault_record (subject_kind, subject_id, purpose, part, sealed, legal_ground, kept_at, expires_on)"
        f" VALUES ('matter', 1, 'contact', 'name', '\\x{sealed.hex()}', 'duty', now(), {day})"
    )


def test_it_sees_that_nobody_purges(asked, broken):
    broken(kept_until("CURRENT_DATE - 3"), "DELETE FROM vault_record")
    assert "金库" not in wrong(asked())
    broken(kept_until("CURRENT_DATE - 4"))
    found = asked()["金库"]
    assert (found.ok, "到期未删 2 条" in found.seen, "vault purge" in found.mend) == (False, True, True)


def test_it_sees_what_is_sealed_under_no_key_of_the_ring(asked, broken):
    broken(kept_until("CURRENT_DATE", "lost"), "DELETE FROM vault_record")
    broken(kept_until("CURRENT_DATE"))
    found = asked()["金库"]
    assert (found.ok, found.seen) == (False, "k1 1 条，lost 1 条，旧密钥下 50.0%")
    assert "密钥环里没有 lost" in found.mend


def test_it_sees_that_a_migration_was_not_made(asked, broken):
    broken(
        "CREATE TABLE kept AS SELECT * FROM django_migrations WHERE app = 'notices';"
        " DELETE FROM django_migrations WHERE app = 'notices'",
        "INSERT INTO django_migrations (app, name, applied) SELECT app, name, applied FROM kept; DROP TABLE kept",
    )
    assert "数据表" in wrong(asked())


def test_it_sees_that_the_worker_does_not_run(asked, broken):
    broken(
        "INSERT INTO notices_event (topic, body, created_at) VALUES ('t', '{}', now() - interval '6 minutes')",
        "DELETE FROM notices_event",
    )
    assert wrong(asked()) == {"后台"}


def test_it_sees_that_nothing_is_sealed(asked, broken):
    broken(
        "SET session_replication_role = replica;"
        " INSERT INTO journal_entry (recorded_at, happened_at, action, version, subject_kind, subject_id, subject_step,"
        " scope_code, author_kind, payload)"
        " VALUES (now() - interval '6 minutes', now(), 'test', 1, 'test', 1, 1, '', 'system', '{}')",
        "SET session_replication_role = replica; DELETE FROM journal_entry WHERE subject_kind = 'test'",
    )
    assert wrong(asked()) == {"封存"}


def test_it_sees_that_the_last_head_is_not_what_was_signed(asked, broken, city):
    with database.acting_as(city.installation, "worker"):
        journal.seal(now=datetime.now(UTC), head_every=timedelta(0))
    assert wrong(asked()) == set()
    broken(
        "SET session_replication_role = replica; UPDATE journal_head SET note = replace(note, 'time 20', 'time 19')",
        "SET session_replication_role = replica; UPDATE journal_head SET note = replace(note, 'time 19', 'time 20')",
    )
    found = asked()
    assert wrong(found) == {"封存"}
    assert "verify" in found["封存"].mend


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_it_sees_that_others_can_read_the_secrets(monkeypatch, tmp_path: Path, mode):
    monkeypatch.setenv("SHANZHI_HOME", str(tmp_path))
    installation = Installation.from_environment()
    assert {row.what: row.ok for row in doctor._files(installation)}["密钥文件"]
    (tmp_path / "secrets.json").chmod(mode)
    found = {row.what: row for row in doctor._files(installation)}["密钥文件"]
    assert (found.ok, "chmod 600" in found.mend) == (False, True)


def test_it_sees_that_the_database_can_not_be_reached(asked, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    found = asked()
    assert not found["数据库"].ok
    assert "DATABASE_URL" in found["数据库"].mend
    assert "事项与留痕" not in found


def test_it_minds_the_age_of_the_last_backup_where_backups_are_kept(asked, monkeypatch, tmp_path: Path):
    assert "备份" not in asked()
    monkeypatch.setenv("SHANZHI_BACKUP_FOLDER", str(tmp_path))
    none = asked()["备份"]
    assert (none.ok, none.seen) == (False, "一份也没有")
    now = timezone.now()
    for hours, is_fresh in ((30, False), (2, True)):
        (tmp_path / keep.name_of("shanzhi", now - timedelta(hours=hours))).touch()
        assert asked()["备份"].ok is is_fresh
    keep.doubt(tmp_path / keep.name_of("shanzhi", now - timedelta(hours=2)))
    assert not asked()["备份"].ok


@pytest.mark.parametrize("jump", [timedelta(hours=-3), timedelta(minutes=1), timedelta(days=400)])
def test_it_sees_that_the_clock_is_not_the_database_s(asked, monkeypatch, jump):
    assert asked()["时钟"].ok
    right = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: right() + jump)
    found = asked()["时钟"]
    assert not found.ok
    assert "NTP" in found.mend


def test_it_sees_a_restore_that_was_broken_off(monkeypatch, tmp_path: Path):
    monkeypatch.setenv("SHANZHI_HOME", str(tmp_path))
    (tmp_path / UNFINISHED).write_text("{}")
    assert [(row.what, row.ok) for row in doctor.findings()] == [("恢复", False)]


def test_it_sees_a_matter_that_the_journal_tells_of_alone(asked, broken):
    """The last test here: nobody can remove the entry again."""
    broken(
        "INSERT INTO journal_entry (happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
        " author_kind, payload) VALUES (now(), 'matters.report', 1, 'matter', 987654, 1, '', 'system', '{}')",
    )
    found = asked()
    assert wrong(found) == {"事项与留痕"}
    assert "987654" in found["事项与留痕"].seen


def test_it_says_which_font_papers_are_set_in():
    there = doctor.fonts_seen(shipped_fonts())
    assert (there.ok, there.seen) == (True, "公文正文用 Noto Serif SC")
    gone = doctor.fonts_seen(FontSet(places=()))
    assert not gone.ok
    assert "make setup" in gone.mend


def test_it_looks_at_the_fonts_of_the_machine(asked):
    assert asked()["中文字体"].ok
