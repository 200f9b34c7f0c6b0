"""The data key is changed: added, activated, everything sealed anew, the old one retired; and what may go wrong."""

import json
import threading
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.utils import IntegrityError

from shanzhi.config import database
from shanzhi.core.errors import InputError
from shanzhi.kernel.access.policy.signoff import SignoffMissing
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.vault import keys, operations, queries, tasks
from shanzhi.kernel.vault.models import Key, ParkedForm, Record, Rotation
from shanzhi.kernel.vault.operations import Keep, Progress
from shanzhi.kernel.vault.policy.envelope import BadKeyRing, KeyRing, UnknownKey, record_context
from shanzhi.kernel.vault.policy.ring_text import KeyStep
from tests.city import NOW
from tests.concurrency.committed import as_role

EXPIRES, TODAY = date(2030, 11, 1), date(2025, 11, 18)
WHY = "年度更换密钥，只有一位管理员"


def keep(count: int) -> None:
    """As the owner: the worker seals nothing new."""
    pieces = [Keep("test", number, "contact", "phone", f"138{number:08d}", "duty") for number in range(count)]
    with database.acting_as(settings.INSTALLATION, "owner"):
        operations.keep(pieces, now=NOW, expires_on=EXPIRES)


def opened() -> dict[int, str]:
    return {
        row.subject_id: operations.open_sealed(
            row.sealed, context=record_context(row.subject_kind, row.subject_id, row.part)
        ).decode()
        for row in Record.objects.all()
    }


def under() -> dict[str, int]:
    return {row.code: row.rows for row in queries.status(today=TODAY).keys if row.rows}


def fresh(name: str) -> str:
    """The new key, added and active, nothing sealed anew yet."""
    operations.key_add(key_id=name, now=NOW)
    operations.key_activate(key_id=name, now=NOW, reason=WHY)
    return name


def to_the_end(size: int = 1000) -> list[Progress]:
    return list(operations.reencrypt(now=NOW, size=size))


# -- the file ---------------------------------------------------------------------------------------------------------


def test_it_adds_a_key_that_opens_and_does_not_seal_yet(working, own_secrets: Path):
    before = own_secrets.read_bytes()
    operations.key_add(key_id="added", now=NOW)
    assert (keys.keyring().active_id, keys.keyring().ids) == ("k1", ("k1", "added"))
    assert own_secrets.stat().st_mode & 0o777 == 0o600
    previous = own_secrets.with_name("secrets.json.previous")
    assert (previous.read_bytes(), previous.stat().st_mode & 0o777) == (before, 0o600)
    assert json.loads(before)["passwords"] == json.loads(own_secrets.read_bytes())["passwords"]
    assert sorted(path.name for path in own_secrets.parent.iterdir()) == [
        "secrets.json",
        "secrets.json.lock",
        "secrets.json.previous",
    ]


def test_it_keeps_comments_and_the_index_key(working, own_secrets: Path):
    follow = keys.keyring().derive("follow")
    fresh("kept")
    text = settings.INSTALLATION.keyring_text()
    assert text.startswith("# Keys of the vault.")
    assert keys.keyring().derive("follow") == follow
    assert KeyRing.load(text).ids == ("kept", "k1")


@pytest.mark.parametrize("key_id", ["k1", "index"])
def test_it_adds_no_key_twice(working, key_id):
    with pytest.raises(KeyStep, match="换一个编号"):
        operations.key_add(key_id=key_id, now=NOW)


@pytest.mark.parametrize("key_id", ["", "a b", "k" * 33, "密钥", "a:b", "a\nb", "../x"])
def test_it_adds_no_key_of_an_impossible_id(working, own_secrets: Path, key_id):
    before = own_secrets.read_bytes()
    with pytest.raises(BadKeyRing):
        operations.key_add(key_id=key_id, now=NOW)
    assert own_secrets.read_bytes() == before
    assert not Key.objects.filter(code=key_id).exists()


def test_it_goes_on_with_the_ring_it_has_while_the_file_can_not_be_read(working, own_secrets: Path, caplog):
    keys.keyring()
    content = own_secrets.read_bytes()
    own_secrets.write_bytes(content[: len(content) // 2])
    assert keys.keyring().ids == ("k1",)
    assert "can't be read" in caplog.text
    own_secrets.write_bytes(content)
    assert keys.keyring().ids == ("k1",)


# -- processes that hold the ring -------------------------------------------------------------------------------------


def test_it_seals_under_a_key_that_another_process_activated(working, own_secrets: Path):
    """The other process is another writer of the file: nothing here is told of it."""
    keep(1)
    held = keys.keyring()
    fresh("elsewhere")
    keys._held = keys._Held((*settings.INSTALLATION.secrets_stamp(), settings.VAULT_CIPHER)[:0], held)
    keep(1)
    assert under() == {"k1": 1, "elsewhere": 1}


def test_it_reads_the_file_again_for_a_key_that_it_does_not_know(working):
    held = keys.keyring()
    fresh("unknown-yet")
    blob = keys.keyring().seal(b"x", context=b"c")
    # A process whose look at the file's time tells it nothing new.
    keys._held = keys._Held((*settings.INSTALLATION.secrets_stamp(), settings.VAULT_CIPHER), held)
    assert operations.open_sealed(blob, context=b"c") == b"x"
    with pytest.raises(UnknownKey):
        operations.open_sealed(KeyRing([("gone", b"k" * 32)], b"i" * 32).seal(b"x", context=b"c"), context=b"c")


# -- activating -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["", " ", "没空", "一二三四五六七"])
def test_it_activates_nothing_without_a_second_person_or_a_reason(working, own_secrets: Path, reason):
    before = own_secrets.read_bytes()
    with pytest.raises(InputError, match="另一人的批准"):
        operations.key_activate(key_id="k1", now=NOW, reason=reason)
    with pytest.raises(SignoffMissing):
        operations.rotate_by_signoff(signoff_id=1, now=NOW)
    assert own_secrets.read_bytes() == before


def test_it_activates_no_key_that_the_ring_lacks(working):
    with pytest.raises(KeyStep, match="没有“nowhere”"):
        operations.key_activate(key_id="nowhere", now=NOW, reason=WHY)


def test_it_journals_each_step_and_no_key_and_no_reason(working, own_secrets: Path):
    keep(3)
    key = Key.objects.get(code=fresh("journaled"))
    to_the_end()
    entries = journal.entries_of("vault", key.pk)
    assert [(row.step, row.action) for row in entries] == [
        (1, "vault.key_added"),
        (2, "vault.key_activated"),
        (3, "vault.reencrypted"),
    ]
    told = entries[1].payload
    assert (told["key_id"], told["sole_keeper"], told["signoff"], told["rows"]) == ("journaled", True, "", 3)
    assert entries[2].payload == {"key_id": "journaled", "algorithm": 1, "moved": 3, "unreadable": 0}
    said = json.dumps([row.payload for row in entries], ensure_ascii=False)
    assert WHY not in said
    for line in settings.INSTALLATION.keyring_text().splitlines()[2:]:
        assert line.partition(":")[2] not in said


def test_it_rotates_in_one_call_for_whoever_approved(working):
    keep(2)
    said = operations.rotate({"key": "approved", "@signoff": "7", "reason": "到期更换"}, NOW)
    assert said == "已启用密钥“approved”，2 条旧内容将在后台重新加密。"
    assert Rotation.objects.get(done_at=None).signoff == "7"
    assert operations.rotate({"@signoff": "8"}, NOW).startswith("已启用密钥“k20251118”")
    assert operations.rotate({"@signoff": "9"}, NOW).startswith("已启用密钥“k20251118-2”")


# -- sealing anew -----------------------------------------------------------------------------------------------------


def test_it_seals_everything_anew_and_loses_nothing(working):
    keep(25)
    before = opened()
    fresh("all")
    last = to_the_end(size=10)[-1]
    assert (last.total, last.moved, last.unreadable, last.is_done) == (25, 25, 0, True)
    assert (under(), opened()) == ({"all": 25}, before)
    assert to_the_end() == []


def test_it_opens_rows_of_both_keys_while_it_runs(working):
    keep(25)
    before = opened()
    fresh("between")
    next(operations.reencrypt(now=NOW, size=10))
    assert (under(), opened()) == ({"between": 10, "k1": 15}, before)


def test_it_goes_on_where_another_process_stopped(working):
    keep(25)
    fresh("resumed")
    assert next(operations.reencrypt(now=NOW, size=10)).moved == 10
    with transaction.atomic():
        operations.reencrypt_batch(now=NOW, size=10)
        transaction.set_rollback(True)  # killed before the commit
    assert under() == {"resumed": 10, "k1": 15}
    assert [step.moved for step in to_the_end(size=10)] == [20, 25, 25]
    assert (under(), len(opened())) == ({"resumed": 25}, 25)


def test_it_takes_rows_that_somebody_held_in_a_later_pass(working):
    keep(5)
    fresh("held")
    first = Record.objects.order_by("pk").first()
    assert first is not None
    with as_role(working.installation, "worker") as other:
        other.execute("SELECT 1 FROM vault_record WHERE id = %s FOR UPDATE", [first.pk])
        last = to_the_end()[-1]
        assert (last.moved, last.is_done, last.waits) == (4, False, True)
    assert to_the_end()[-1].is_done
    assert under() == {"held": 5}


def test_it_takes_what_was_sealed_under_the_old_key_meanwhile(working):
    """A process whose ring is old by a moment keeps a row behind the place that was reached."""
    keep(3)
    old = keys.keyring()
    fresh("late")
    operations.reencrypt_batch(now=NOW)
    row = Record.objects.order_by("pk").first()
    assert row is not None
    row.sealed = old.seal(b"late", context=record_context(row.subject_kind, row.subject_id, row.part))
    row.save(update_fields=["sealed"])
    assert to_the_end()[-1].is_done
    assert under() == {"late": 3}


def test_it_seals_parked_forms_anew(working):
    with as_role(working.installation, "app") as app:
        key = "0b6f3a52-5d0c-4c5e-9a43-1f2f6f1c7a10"
        blob = keys.keyring().seal(b'{"a": ["b"]}', context=bytes.fromhex(key.replace("-", "")))
        app.execute(
            "INSERT INTO vault_parkedform (id, path, sealed, parked_at, address, browser) VALUES (%s, '/', %s, %s, '', '')",
            [key, blob, NOW],
        )
        app.commit()
    fresh("forms")
    assert to_the_end()[-1].moved == 1
    assert keys.keyring().is_current(ParkedForm.objects.get(pk=key).sealed)
    with as_role(working.installation, "app") as app:
        app.execute("DELETE FROM vault_parkedform")
        app.commit()


def test_it_leaves_what_nobody_can_open_and_says_so(working):
    keep(3)
    row = Record.objects.order_by("pk").first()
    assert row is not None
    Record.objects.filter(pk=row.pk).update(sealed=bytes(row.sealed)[:-1] + b"?")
    fresh("damaged")
    last = to_the_end()[-1]
    assert (last.moved, last.unreadable, last.is_done) == (2, 1, True)
    with pytest.raises(KeyStep, match="还有 1 条"):
        operations.key_retire(key_id="k1", now=NOW)


def test_it_changes_the_cipher_under_the_same_key_and_back(working, monkeypatch):
    keep(4)
    before = opened()
    for cipher, algorithm in (("sm4-gcm", 2), ("aes-256-gcm", 1)):
        monkeypatch.setattr(settings, "VAULT_CIPHER", cipher)
        assert operations.reencrypt_begin(now=NOW) == 4
        assert opened() == before
        assert to_the_end()[-1].is_done
        assert {bytes(row.sealed)[1] for row in Record.objects.all()} == {algorithm}
        assert opened() == before
    assert operations.reencrypt_begin(now=NOW) == 0


def test_it_is_gone_on_with_by_the_worker_every_minute(working, monkeypatch):
    keep(3)
    monkeypatch.setattr(tasks, "BATCHES_A_MINUTE", 1)
    fresh("by-the-minute")
    for _ in range(2):
        tasks.reencrypt(timestamp=0)
    rotation = queries.rotation()
    assert rotation is not None
    assert (rotation.moved, rotation.done_at is not None, under()) == (3, True, {"by-the-minute": 3})
    tasks.reencrypt(timestamp=0)
    tasks.purge(timestamp=0)
    assert under() == {"by-the-minute": 3}


def test_it_does_nothing_in_a_process_of_another_cipher(working, monkeypatch):
    keep(1)
    fresh("ours")
    monkeypatch.setattr(settings, "VAULT_CIPHER", "sm4-gcm")
    with pytest.raises(KeyStep, match="SHANZHI_CIPHER"):
        to_the_end()
    monkeypatch.setattr(settings, "VAULT_CIPHER", "rot13")
    with pytest.raises(BadKeyRing, match="rot13"):
        keys.keyring_again()


# -- retiring ---------------------------------------------------------------------------------------------------------


def test_it_retires_a_key_that_nothing_is_sealed_under(working, own_secrets: Path):
    keep(2)
    fresh("a-year")
    with pytest.raises(KeyStep, match="还有 2 条"):
        operations.key_retire(key_id="k1", now=NOW)
    assert keys.keyring().ids == ("a-year", "k1")
    to_the_end()
    fresh("next-year")
    to_the_end()
    operations.key_retire(key_id="a-year", now=NOW)
    assert keys.keyring().ids == ("next-year", "k1")
    assert Key.objects.get(code="a-year").retired_at == NOW
    assert "a-year:" in own_secrets.with_name("secrets.json.previous").read_text()
    assert len(opened()) == 2
    with pytest.raises(KeyStep, match="用过了"):
        operations.key_add(key_id="a-year", now=NOW)
    for refused in ("next-year", "a-year", "nowhere", "index"):
        with pytest.raises(KeyStep):
            operations.key_retire(key_id=refused, now=NOW)


def test_it_is_refused_by_the_database_to_seal_under_a_retired_key(working):
    """Whoever holds a ring of before the key was retired loses nothing, because nothing is acknowledged."""
    keep(1)
    fresh("short-lived")
    to_the_end()
    old = keys.keyring()
    fresh("after")
    to_the_end()
    operations.key_retire(key_id="short-lived", now=NOW)
    row = Record.objects.get()
    row.sealed = old.seal(b"x", context=b"c")
    with pytest.raises(IntegrityError, match="retired key"), transaction.atomic():
        row.save(update_fields=["sealed"])
    assert len(opened()) == 1


def test_it_waits_for_who_is_still_sealing_before_it_retires(working):
    """A row that was on its way when the key was to be retired is seen, and keeps the key."""
    keep(1)
    old = keys.keyring()
    fresh("waiting")
    to_the_end()
    blob = old.seal(b"138", context=record_context("test", 99, "phone"))
    failed: list[BaseException] = []

    def retire() -> None:
        try:
            connection.settings_dict = {**connection.settings_dict, **worker}
            operations.key_retire(key_id="k1", now=NOW)
        except BaseException as error:
            failed.append(error)
        finally:
            connection.close()

    worker = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", "NAME")}
    with as_role(working.installation, "owner") as other:
        other.execute(
            "INSERT INTO vault_record (subject_kind, subject_id, purpose, part, sealed, legal_ground, kept_at, expires_on)"
            " VALUES ('test', 99, 'contact', 'phone', %s, 'duty', %s, %s)",
            [blob, NOW, EXPIRES],
        )
        thread = threading.Thread(target=retire)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
        other.commit()
        thread.join(30)
    assert [type(error) for error in failed] == [KeyStep]
    assert Key.objects.get(code="k1").retired_at is None
    assert opened()[99] == "138"


def test_it_says_how_the_vault_stands(working):
    keep(3)
    fresh("told")
    operations.reencrypt_batch(now=NOW, size=2)
    state = queries.status(today=TODAY)
    assert (state.rows, state.stale, state.is_exact, state.overdue) == (3, 1, True, 0)
    assert state.rotation is not None
    assert (state.rotation.key, state.rotation.moved, state.rotation.total, state.rotation.done_at) == (
        "told",
        2,
        3,
        None,
    )
    rows = {row.code: (row.rows, row.in_ring, row.is_active) for row in state.keys}
    assert (rows["told"], rows["k1"]) == ((2, True, True), (1, True, False))
    assert queries.status(today=date(2031, 1, 1)).overdue == 3


# -- rights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["subject_id", "part", "blind_index", "legal_ground", "kept_at", "purpose"])
def test_it_lets_the_worker_change_the_envelope_and_the_term_alone(working, column):
    with as_role(working.installation, "worker") as worker, pytest.raises(Exception, match="permission denied"):
        worker.execute(f"UPDATE vault_record SET {column} = {column}")
