"""Entries get their leaves in the order of their transactions; none is skipped, none comes twice."""

import threading
from collections.abc import Iterator
from datetime import timedelta

import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections

from shanzhi.config import database, worker
from shanzhi.config.installation import Installation
from shanzhi.core.errors import Conflict
from shanzhi.kernel.journal import operations, queries
from shanzhi.kernel.journal.operations import Sealed
from shanzhi.kernel.journal.operations.sealing import _NEXT
from shanzhi.kernel.journal.policy import PublicKey, TreeState, read_head
from shanzhi.kernel.journal.policy.notes import BadSigningKeys, new_seed
from shanzhi.kernel.journal.tests.sealing import NOW, fill, keeper, last_head, last_previous
from shanzhi.kernel.journal.trees import TreeDamaged
from tests.concurrency.committed import as_role, committed_city

AT_ONCE = timedelta(0)
_INSERT = (
    "INSERT INTO journal_entry (happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
    " author_kind, payload) VALUES (now(), 'test', 1, 'late', %s, 1, '', 'reporter', '{}')"
)


@pytest.fixture
def city(django_db_setup: None, django_db_blocker) -> Iterator[Installation]:
    """A city of its own for each test: what is sealed can't be undone."""
    with (
        django_db_blocker.unblock(),
        committed_city("sealing") as installation,
        database.acting_as(installation, "worker"),
    ):
        operations.seal(now=NOW, head_every=AT_ONCE)
        yield installation


def size() -> int:
    return queries.sizes()[max(queries.sizes())]


def leaves(epoch: int = 1) -> list[tuple[int, int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, transaction_id::text::bigint, id FROM journal_leaf WHERE epoch = %s ORDER BY number",
            [epoch],
        )
        return list(cursor.fetchall())


def subjects(kind: str, epoch: int = 1) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.subject_id FROM journal_leaf l JOIN journal_entry e USING (recorded_at, id)"
            " WHERE e.subject_kind = %s AND l.epoch = %s ORDER BY l.number",
            [kind, epoch],
        )
        return [row[0] for row in cursor.fetchall()]


def test_it_seals_in_batches_and_then_has_nothing_to_do(city):
    before = size()
    fill(city, 1000, piece=300)
    assert operations.seal(now=NOW, limit=400) == Sealed(400, True, False)
    assert operations.seal(now=NOW + timedelta(seconds=10), limit=400) == Sealed(400, True, True)
    assert operations.seal(now=NOW + timedelta(seconds=11), limit=400) == Sealed(200, False, False)
    assert operations.seal(now=NOW + timedelta(seconds=12), limit=400) == Sealed(0, False, False)
    assert operations.seal(now=NOW + timedelta(seconds=12), head_every=AT_ONCE) == Sealed(0, False, True)
    assert operations.seal(now=NOW + timedelta(seconds=99), head_every=AT_ONCE) == Sealed(0, False, False)
    found = leaves()
    assert [row[0] for row in found] == list(range(before + 1000))
    assert [row[1:] for row in found] == sorted(row[1:] for row in found)
    assert last_head().size == before + 1000
    assert queries.verify().is_whole


def test_it_seals_a_transaction_that_began_early_and_commits_late_without_skipping_it(city):
    """A begins, B begins and commits, C waits for nobody: while A runs, nothing from A on may be sealed."""
    with as_role(city, "app") as early, as_role(city, "app") as late:
        early.execute(_INSERT, [1])
        late.execute(_INSERT, [2])
        late.commit()
        assert operations.seal(now=NOW) == Sealed(0, False, False)
        late.execute(_INSERT, [3])
        early.execute(_INSERT, [4])
        late.commit()
        assert subjects("late") == []
        early.commit()
        assert operations.seal(now=NOW).count == 4
    assert subjects("late") == [1, 4, 2, 3]
    assert queries.verify().is_whole


def test_it_seals_what_is_over_while_a_long_transaction_runs(city):
    with as_role(city, "app") as done, as_role(city, "app") as running, as_role(city, "app") as after:
        done.execute(_INSERT, [1])
        running.execute(_INSERT, [2])
        after.execute(_INSERT, [3])
        done.commit()
        after.commit()
        assert operations.seal(now=NOW).count == 1
        running.rollback()
        assert operations.seal(now=NOW).count == 1
    assert subjects("late") == [1, 3]


def test_it_lets_one_sealer_work_at_a_time(city):
    with as_role(city, "worker") as other:
        other.execute("SELECT pg_advisory_xact_lock(370301, hashtext(current_schema()))")
        assert operations.seal(now=NOW) == Sealed(busy=True)
    assert operations.seal(now=NOW) == Sealed(0, False, False)


def test_it_seals_all_of_a_batch_or_nothing(city, monkeypatch):
    fill(city, 500)
    before = leaves()
    monkeypatch.setattr("shanzhi.kernel.journal.operations.sealing.head_sign", lambda *args, **kwargs: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        operations.seal(now=NOW)
    assert leaves() == before
    monkeypatch.undo()
    assert operations.seal(now=NOW).count == 500
    assert queries.verify().is_whole


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM journal_tile WHERE level = 1",
        "UPDATE journal_tile SET hashes = substr(hashes, 1, 64) WHERE level = 0 AND place = 1",
        "UPDATE journal_tile SET hashes = hashes || substr(hashes, 1, 32) WHERE level = 0 AND place = 1",
        "UPDATE journal_tile SET hashes = set_byte(hashes, 9, get_byte(hashes, 9) # 1) WHERE level = 0 AND place = 1",
    ],
)
def test_it_builds_nothing_on_tiles_that_are_not_those_that_were_signed(city, damage):
    fill(city, 300)
    operations.seal(now=NOW, head_every=AT_ONCE)
    with keeper(city) as admin:
        admin.execute(damage)
    fill(city, 300, first=1000)
    before = leaves(), last_head()
    with pytest.raises(TreeDamaged):
        operations.seal(now=NOW, head_every=AT_ONCE)
    assert (leaves(), last_head()) == before


def test_it_is_driven_by_the_index(city):
    """However many entries are sealed: finding the next ones reads the index from the last leaf on."""
    fill(city, 3000, piece=100)
    while operations.seal(now=NOW).more:
        pass
    with keeper(city) as admin:
        admin.execute("ANALYZE journal_entry, journal_leaf")
    fill(city, 5, first=9000)
    last = leaves()[-1]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS OFF, TIMING OFF) " + _NEXT, [False, str(last[1]), last[2], 100])
        plan = [row[0] for row in cursor.fetchall()]
    (place,) = (at for at, line in enumerate(plan) if "on journal_entry_rest" in line)  # where the old entries lie
    assert "Index Scan using journal_entry_rest_transaction_id_id_idx" in plan[place]
    assert "actual rows=5" in plan[place]
    assert plan[place + 1].strip().startswith("Index Cond: ((ROW(transaction_id, id) > ")


# -- heads and keys ------------------------------------------------------------------------------------------------------


def test_it_signs_heads_that_the_published_key_fits(city):
    fill(city, 300)
    operations.seal(now=NOW, head_every=AT_ONCE)
    (key,) = queries.keys()
    row = last_head()
    head = read_head(row.note)
    public = PublicKey.read(key.text)
    assert head.signers([public]) == (public,)
    assert (head.head.tree.size, head.head.tree.root, head.head.tree.epoch) == (row.size, row.root, 1)
    assert head.head.at == row.signed_at == NOW
    assert queries.tree_at(epoch=1, size=row.size).root == row.root
    assert [each.id for each in queries.heads_page(limit=1)] == [row.id]
    assert [each.id for each in queries.heads_page(before=row.id)] == [row.id - 1]
    assert queries.head_covering(1, row.size) == row
    assert queries.head_covering(1, row.size + 1) is None


@pytest.fixture
def ring(city, monkeypatch) -> Installation:
    """The installation with signing keys that a test may change."""
    kept = [settings.INSTALLATION.signing()]
    monkeypatch.setattr(type(settings.INSTALLATION), "signing", lambda self: kept[0])
    monkeypatch.setattr(
        type(settings.INSTALLATION), "rotate_signing", lambda self: kept.__setitem__(0, f"{new_seed()}\n{kept[0]}")
    )
    monkeypatch.setattr(
        type(settings.INSTALLATION), "lose", lambda self: kept.__setitem__(0, new_seed()), raising=False
    )
    return settings.INSTALLATION


def test_it_goes_on_with_a_new_key_that_the_old_one_names(city, ring):
    ring.rotate_signing()
    new = operations.key_introduce(now=NOW)
    assert operations.key_introduce(now=NOW) == new
    old, added = queries.keys()
    assert (old.statement, added.id) == ("", new)
    assert old.text in added.statement
    fill(city, 10)
    operations.seal(now=NOW, head_every=AT_ONCE)
    assert [row.key_id for row in queries.heads_page()] == [new, old.id]
    assert queries.verify().is_whole
    assert queries.verify().open == ()


def test_it_mends_a_rotation_that_broke_off(city, ring):
    """The secrets have a new key, the journal has never heard of it: the next head introduces it."""
    ring.rotate_signing()
    fill(city, 10)
    operations.seal(now=NOW, head_every=AT_ONCE)
    assert len(queries.keys()) == 2
    assert last_head().key_id == queries.keys()[1].id
    assert queries.verify().is_whole


def test_it_seals_nothing_with_keys_that_nobody_named(city, ring):
    ring.lose()
    fill(city, 10)
    with pytest.raises(BadSigningKeys, match="epoch"):
        operations.seal(now=NOW, head_every=AT_ONCE)
    assert operations.epoch_begin(reason="密钥丢失", now=NOW) == 2
    found = queries.verify()
    assert found.is_whole
    assert [str(each) for each in found.open] == [
        f"公钥 {queries.keys()[1].id} 没有前一把密钥的声明：当时密钥丢失，开始了新的纪元。"
    ]


# -- epochs --------------------------------------------------------------------------------------------------------------


def restart_transactions(city: Installation) -> None:
    """As after a logical restore: the rows tell of transactions that this server hasn't reached yet."""
    with keeper(city) as admin:
        admin.execute("UPDATE journal_entry SET transaction_id = (transaction_id::text::bigint + 50000000)::text::xid8")


def test_it_begins_an_epoch_that_states_how_the_one_before_ended(city):
    fill(city, 700)
    operations.seal(now=NOW, head_every=AT_ONCE)
    old = last_head()
    assert operations.epoch_begin(reason="恢复演练", now=NOW) == 2
    head = read_head(last_head().note).head
    assert (head.tree.epoch, head.tree.size) == (2, 0)
    assert last_previous() == TreeState(1, old.size, old.root)
    fill(city, 40, first=5000)
    assert operations.seal(now=NOW, head_every=AT_ONCE).count == 41  # the epoch's own entry is the first one
    assert subjects("journal", 2) == [2]
    assert [(row.number, row.reason, row.previous_size) for row in queries.epochs()] == [
        (1, "first", None),
        (2, "恢复演练", old.size),
    ]
    found = queries.verify()
    assert (found.is_whole, found.leaves, found.unsealed) == (True, old.size + 41, 0)


def test_it_takes_over_what_was_not_sealed_and_skips_nothing_when_transactions_start_again(city):
    fill(city, 300)
    operations.seal(now=NOW, head_every=AT_ONCE)
    sealed = size()
    fill(city, 25, first=600, piece=5)
    restart_transactions(city)
    with keeper(city) as admin:
        admin.execute("UPDATE journal_leaf SET transaction_id = (transaction_id::text::bigint + 50000000)::text::xid8")
    fill(city, 10, first=700)
    assert operations.epoch_begin(reason="恢复", now=NOW) == 2
    assert size() == 35
    fill(city, 20, first=800)
    operations.seal(now=NOW, head_every=AT_ONCE)
    assert size() == 35 + 1 + 20
    assert (sealed, len(leaves(1))) == (sealed, sealed)
    everything = {row[2] for row in leaves(1)} | {row[2] for row in leaves(2)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*), count(DISTINCT id) FROM journal_entry")
        assert cursor.fetchone() == (len(everything), len(everything))


def test_it_skips_nothing_that_runs_while_an_epoch_begins(city):
    with as_role(city, "app") as running, as_role(city, "app") as done:
        running.execute(_INSERT, [1])
        done.execute(_INSERT, [2])
        done.commit()
        operations.epoch_begin(reason="x", now=NOW)
        assert subjects("late", 2) == [2]
        running.commit()
    operations.seal(now=NOW)
    assert subjects("late", 2) == [2, 1]
    assert queries.verify().is_whole


def test_it_states_what_had_been_shown_and_was_lost(city):
    fill(city, 100)
    operations.seal(now=NOW, head_every=AT_ONCE)
    shown = read_head(last_head().note)
    with keeper(city) as admin:  # an older backup
        admin.execute("DELETE FROM journal_head WHERE size > 50")
        admin.execute("DELETE FROM journal_entry e USING journal_leaf l WHERE l.id = e.id AND l.number >= 60")
        admin.execute("DELETE FROM journal_leaf WHERE number >= 60")
        admin.execute("UPDATE journal_tile SET hashes = substr(hashes, 1, 60 * 32)")
    operations.epoch_begin(reason="恢复", now=NOW, shown=shown)
    head = read_head(last_head().note).head
    assert (last_previous().size, head.shown) == (60, shown.head.tree)
    found = queries.verify(kept=[shown])
    assert [str(each) for each in found.damages] == []
    assert [str(each) for each in found.open] == [f"第 1 纪元曾公布到 {shown.head.tree.size} 条，恢复后只有 60 条。"]


def test_it_refuses_a_head_that_the_journal_does_not_fit(city):
    fill(city, 100)
    operations.seal(now=NOW, head_every=AT_ONCE)
    shown = read_head(last_head().note)
    with keeper(city) as admin:
        admin.execute("UPDATE journal_tile SET hashes = set_byte(hashes, 40, get_byte(hashes, 40) # 1)")
    with pytest.raises(Conflict, match="改写"):
        operations.epoch_begin(reason="恢复", now=NOW, shown=shown)
    operations.epoch_begin(reason="恢复", now=NOW)
    with pytest.raises(Conflict, match="纪元"):
        operations.epoch_begin(reason="恢复", now=NOW, shown=shown)


def test_it_begins_an_epoch_where_the_hash_function_changes(city):
    fill(city, 300)
    operations.seal(now=NOW)
    before = size()
    settings.TREE_HASH = "sm3"
    try:
        fill(city, 300, first=1000)
        operations.seal(now=NOW, head_every=AT_ONCE)
        operations.seal(now=NOW, head_every=AT_ONCE)
        assert queries.sizes() == {1: before, 2: 301}
        head = read_head(last_head().note).head
        assert (head.hash, last_previous().size) == ("sm3", before)
        assert queries.verify().is_whole
    finally:
        settings.TREE_HASH = "sha256"


# -- the worker ----------------------------------------------------------------------------------------------------------


def test_it_is_done_by_the_worker_until_it_stops(city, monkeypatch):
    monkeypatch.setattr(worker, "SEAL_SECONDS", 0.01)
    before = size()
    stop = threading.Event()
    thread = threading.Thread(target=worker._seal, args=(stop,))
    thread.start()
    try:
        for first in range(10):
            fill(city, 50, first=first * 50)
    finally:
        stop.set()
        thread.join(30)
    connections.close_all()
    operations.seal(now=NOW)
    assert size() == before + 500
    assert queries.verify().is_whole


# -- what the database refuses -------------------------------------------------------------------------------------------

TABLES = ("journal_epoch", "journal_leaf", "journal_tile", "journal_key", "journal_head")


@pytest.mark.parametrize("table", TABLES)
def test_it_refuses_to_change_or_remove_anything_sealed(city, table):
    for role in ("owner", "worker", "app"):
        for statement in (f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE", f"UPDATE {table} SET (epoch) = ROW(9)"):
            with as_role(city, role) as opened, pytest.raises(psycopg.Error) as caught:
                opened.execute(
                    statement.replace(
                        "(epoch) = ROW(9)",
                        f"{'number' if 'epoch' in table else 'id' if 'key' in table else 'epoch'} = DEFAULT",
                    )
                )
            expected = (psycopg.errors.IntegrityConstraintViolation, psycopg.errors.InsufficientPrivilege)
            assert isinstance(caught.value, expected), (role, statement)


@pytest.mark.parametrize(
    "change",
    [
        "set_byte(hashes, 0, get_byte(hashes, 0) # 1)",
        "substr(hashes, 1, 32)",
        "hashes",
        "set_byte(hashes, 0, 255 - get_byte(hashes, 0)) || hashes",
    ],
)
def test_it_lets_a_tile_only_grow(city, change):
    for role in ("owner", "worker"):
        with as_role(city, role) as opened, pytest.raises(psycopg.errors.IntegrityConstraintViolation):
            opened.execute(f"UPDATE journal_tile SET hashes = {change}")


def test_it_shows_a_leaf_to_those_who_see_the_entry(city):
    """A leaf carries the salt; without the entry it is nobody's."""
    with as_role(city, "app") as opened:
        assert opened.execute("SELECT count(*) FROM journal_leaf").fetchone() == (0,)
        assert opened.execute("SELECT count(*) > 0 FROM journal_tile").fetchone() == (True,)
        assert opened.execute("SELECT count(*) > 0 FROM journal_head").fetchone() == (True,)
    for role in ("app", "importer"):
        with as_role(city, role) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
            opened.execute(
                "INSERT INTO journal_leaf VALUES (1, 9, now(), 9, '9', '\\x00112233445566778899aabbccddeeff')"
            )
