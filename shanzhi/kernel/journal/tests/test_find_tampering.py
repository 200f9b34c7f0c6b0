"""Somebody who holds the whole server changes what was sealed: verification finds it and names the place.

Small by default; 1,000,000 entries in `make proof`.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection
from psycopg import sql

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.journal import operations, queries
from shanzhi.kernel.journal.keys import signing_keys
from shanzhi.kernel.journal.policy import Head, SignedHead, TreeState, read_head
from shanzhi.kernel.journal.policy.canonical import CANONICAL_SQL
from shanzhi.kernel.journal.policy.tiles import WIDTH, grow, root
from shanzhi.kernel.journal.policy.tree import hasher, leaf_hash
from shanzhi.kernel.journal.queries import Span
from shanzhi.kernel.journal.tests.sealing import NOW, fill, keeper
from tests.concurrency.committed import committed_city

COUNT = 1_000_000 if os.environ.get("SHANZHI_SIZE") == "full" else 2000
# Full tiles of level 0 below one of level 1, and a begun one at the end.
EVERY = "2 seconds" if COUNT > 10_000 else "1 hour"


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed city: heads are signed at `sizes`, `size` is the last of them."""

    installation: Installation
    sizes: tuple[int, ...]
    heads: tuple[SignedHead, ...]

    @property
    def size(self) -> int:
        return self.sizes[-1]


@pytest.fixture(scope="module")
def sealed(django_db_setup: None, django_db_blocker) -> Iterator[Sealed]:
    with django_db_blocker.unblock(), committed_city("tampered") as installation:
        with database.acting_as(installation, "worker"):
            operations.seal(now=NOW, head_every=timedelta(0))
            for piece in range(4):
                fill(installation, COUNT // 4, first=1 + piece * COUNT // 4, every=EVERY, piece=max(COUNT // 40, 50))
                while operations.seal(now=NOW, head_every=timedelta(days=1)).more:
                    pass
                operations.seal(now=NOW + timedelta(minutes=piece + 1), head_every=timedelta(0))
            rows = queries.heads_page()[::-1]
        with keeper(installation) as admin:
            admin.execute("ANALYZE")
        with database.acting_as(installation, "worker"):
            yield Sealed(installation, tuple(row.size for row in rows), tuple(read_head(row.note) for row in rows))


@contextmanager
def tampered(sealed: Sealed, *changes: tuple[str, str, str]) -> Iterator[psycopg.Connection]:
    """Make changes (table, which rows, statement) and put the rows back afterwards."""
    with keeper(sealed.installation) as admin:
        kept = [(table, which, f"kept_{number}") for number, (table, which, _) in enumerate(changes)]
        for table, which, copy in kept:
            admin.execute(f"CREATE TEMPORARY TABLE {copy} AS SELECT * FROM {table} WHERE {which}")
        try:
            for _, _, statement in changes:
                admin.execute(statement)
            yield admin
        finally:
            for table, which, copy in reversed(kept):
                override = "OVERRIDING SYSTEM VALUE" if table == "journal_head" else ""
                admin.execute(f"DELETE FROM {table} WHERE {which}")
                admin.execute(f"INSERT INTO {table} {override} SELECT * FROM {copy}")


@dataclass(frozen=True, slots=True)
class At:
    """An entry by its leaf."""

    leaf: int
    id: int
    recorded_at: datetime

    @property
    def row(self) -> str:
        return f"recorded_at = '{self.recorded_at.isoformat()}' AND id = {self.id}"

    @property
    def month(self) -> str:
        return f"{(self.recorded_at + timedelta(hours=8)):%Y-%m}"


def at(leaf: int) -> At:
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, id, recorded_at FROM journal_leaf WHERE epoch = 1 AND number = %s", [leaf])
        return At(*cursor.fetchone())


def places(damages) -> list[tuple[str, int | None, int | None, str | None]]:
    return [(each.what, each.leaf, each.entry, each.month) for each in damages]


def found(**given) -> list[tuple[str, int | None, int | None, str | None]]:
    return places(queries.verify(**given).damages)


def said(**given) -> list[str]:
    return [str(each) for each in queries.verify(**given).damages]


def flip(column: str, byte: int) -> str:
    return f"{column} = set_byte({column}, {byte}, get_byte({column}, {byte}) # 1)"


def test_it_finds_nothing_where_nothing_was_changed(sealed):
    counted: list[int] = []
    verified = queries.verify(kept=sealed.heads, tick=counted.append)
    assert (verified.leaves, verified.heads, verified.unsealed) == (sealed.size, 5, 0)
    assert (verified.damages, verified.open, sum(counted)) == ((), (), sealed.size)


@pytest.mark.parametrize(
    "change",
    [
        "payload = payload || '{\"lead\": 91}'",
        "payload = payload - 'ground'",
        "payload = jsonb_set(payload, '{share}', '0.5')",
        "happened_at = happened_at + interval '1 microsecond'",
        "action = action || ' '",
        "version = version + 1",
        "subject_id = subject_id + 1",
        "subject_step = subject_step + 1",
        "scope_code = '3704'",
        "author_post_id = author_post_id + 1",
        "author_unit_id = NULL",
        "transaction_id = (transaction_id::text::bigint + 1)::text::xid8",
    ],
)
@pytest.mark.parametrize("place", ["inside", "edge"])
def test_it_names_a_journal_row_in_which_anything_was_changed(sealed, change, place):
    if COUNT > 10_000 and (place, change.split()[0]) not in {("inside", "action"), ("edge", "version")}:
        pytest.skip("two of them at full size")
    entry = at(sealed.size // 2 if place == "inside" else sealed.size - 2)
    with tampered(sealed, ("journal_entry", entry.row, f"UPDATE journal_entry SET {change} WHERE {entry.row}")):
        (damage,) = queries.verify().damages
        assert places([damage]) == [("entry-changed", entry.leaf, entry.id, entry.month)]
        assert str(damage) == f"第 {entry.id} 号留痕（叶 {entry.leaf}，{entry.month}）：内容被改过，和封存时不同。"


def test_it_names_every_row_of_several(sealed):
    entries = [at(leaf) for leaf in (5, 300, 301, sealed.size - 1)]
    changes = [("journal_entry", e.row, f"UPDATE journal_entry SET scope_code = '1' WHERE {e.row}") for e in entries]
    with tampered(sealed, *changes):
        assert found() == [("entry-changed", e.leaf, e.id, e.month) for e in entries]


def test_it_names_a_leaf_whose_salt_was_changed(sealed):
    entry = at(400)
    which = f"number = {entry.leaf}"
    with tampered(sealed, ("journal_leaf", which, f"UPDATE journal_leaf SET {flip('salt', 3)} WHERE {which}")):
        assert found() == [("entry-changed", entry.leaf, entry.id, entry.month)]


@pytest.mark.parametrize("level, place, cell", [(0, 1, 7), (0, None, 3), (1, 0, 2)])
def test_it_names_a_tile_in_which_a_byte_was_changed(sealed, level, place, cell):
    place = sealed.size // WIDTH if place is None else place
    which = f"level = {level} AND place = {place}"
    with tampered(
        sealed, ("journal_tile", which, f"UPDATE journal_tile SET {flip('hashes', cell * 32 + 5)} WHERE {which}")
    ):
        leaf = (place * WIDTH + cell) * WIDTH**level
        (damage,) = queries.verify().damages
        assert places([damage]) == [("tile", leaf, None, None)]
        assert str(damage) == (
            f"第 1 纪元树瓦 {level}/{place} 第 {cell} 格（叶 {leaf} 起）：被改过。留痕本身和签过名的一致。"
        )


def test_it_tells_a_changed_row_from_a_changed_tile_beside_it(sealed):
    entry = at(WIDTH + 9)
    tile = "level = 0 AND place = 2"
    with tampered(
        sealed,
        ("journal_entry", entry.row, f"UPDATE journal_entry SET action = 'x' WHERE {entry.row}"),
        ("journal_tile", tile, f"UPDATE journal_tile SET {flip('hashes', 64)} WHERE {tile}"),
    ):
        assert found() == [("entry-changed", entry.leaf, entry.id, entry.month), ("tile", 2 * WIDTH + 2, None, None)]


def test_it_names_a_tile_that_is_gone_or_was_cut(sealed):
    which = "level = 0 AND place = 3"
    with tampered(sealed, ("journal_tile", which, f"DELETE FROM journal_tile WHERE {which}")):
        assert said() == ["第 1 纪元树瓦 0/3：应有 256 格，现有 0 格。"]
    cut = f"UPDATE journal_tile SET hashes = substr(hashes, 1, 320) WHERE {which}"
    with tampered(sealed, ("journal_tile", which, cut)):
        assert said() == ["第 1 纪元树瓦 0/3：应有 256 格，现有 10 格。"]


# -- heads ---------------------------------------------------------------------------------------------------------------


def head_row(number: int) -> str:
    return f"id = (SELECT id FROM journal_head ORDER BY id OFFSET {number} LIMIT 1)"


def test_it_names_a_head_whose_signature_was_changed(sealed):
    row = queries.heads_page()[::-1][2]
    signature = row.note.rstrip("\n").rsplit(" ", 1)[1]
    changed = row.note.replace(signature, signature[:20] + ("A" if signature[20] != "A" else "B") + signature[21:])
    statement = f"UPDATE journal_head SET note = '{changed}' WHERE id = {row.id}"
    with tampered(sealed, ("journal_head", f"id = {row.id}", statement)):
        assert said() == [f"第 {row.id} 号树头（第 1 纪元 {row.size} 条，2025-11）：签名被改过，内容没有变。"]


@pytest.mark.parametrize("part", ["size", "root", "time", "column", "size column", "key column"])
def test_it_names_a_head_whose_content_was_changed(sealed, part):
    row = queries.heads_page()[::-1][1]
    note = row.note
    lines = note.split("\n")
    lines[2] = ("A" if lines[2][0] != "A" else "B") + lines[2][1:]
    change = {
        "size": f"note = '{note.replace(chr(10) + str(row.size) + chr(10), chr(10) + str(row.size + 1) + chr(10))}'",
        "root": "note = '" + "\n".join(lines) + "'",
        "time": f"note = '{note.replace('time 2025', 'time 2024')}'",
        "column": flip("root", 0),
        "size column": "size = size - 1",
        "key column": "key_id = (SELECT 'ffffffff')",
    }[part]
    with tampered(sealed, ("journal_head", f"id = {row.id}", f"UPDATE journal_head SET {change} WHERE id = {row.id}")):
        size = row.size - (part == "size column")
        assert said() == [f"第 {row.id} 号树头（第 1 纪元 {size} 条，2025-11）：内容被改过，和签名对不上。"]


def test_it_names_the_public_key_that_was_exchanged(sealed):
    (key,) = queries.keys()
    with tampered(
        sealed, ("journal_key", "true", "UPDATE journal_key SET text = overlay(text placing 'XY' from 50 for 2)")
    ):
        assert f"公钥 {key.id}：内容或换钥声明被改过。" in said()


def test_it_names_an_epoch_that_was_changed(sealed):
    with tampered(sealed, ("journal_epoch", "true", "UPDATE journal_epoch SET name = name || 'x'")):
        assert set(said()) == {"第 1 纪元：它说的上一纪元和库里的不符，或纪元表被改过。"}


# -- order, missing, inserted --------------------------------------------------------------------------------------------


def test_it_names_entries_whose_order_was_swapped(sealed):
    one, two = at(777), at(778)
    which = "number IN (777, 778)"
    swap = (
        "UPDATE journal_leaf l SET recorded_at = o.recorded_at, id = o.id, transaction_id = o.transaction_id"
        " FROM (SELECT 1555 - number AS number, recorded_at, id, transaction_id FROM journal_leaf"
        " WHERE number IN (777, 778)) o WHERE l.number = o.number AND l.epoch = 1"
    )
    with keeper(sealed.installation) as admin:
        admin.execute("ALTER TABLE journal_leaf DROP CONSTRAINT journal_leaf_recorded_at_id_key")
    try:
        with tampered(sealed, ("journal_leaf", which, swap)):
            assert found() == [
                ("order", 778, one.id, one.month),
                ("entry-changed", 777, two.id, two.month),
                ("entry-changed", 778, one.id, one.month),
            ]
    finally:
        with keeper(sealed.installation) as admin:
            admin.execute("ALTER TABLE journal_leaf ADD UNIQUE (recorded_at, id)")


def test_it_names_an_entry_that_was_deleted(sealed):
    entry = at(900)
    with tampered(sealed, ("journal_entry", entry.row, f"DELETE FROM journal_entry WHERE {entry.row}")):
        (damage,) = queries.verify().damages
        assert places([damage]) == [("entry-missing", entry.leaf, entry.id, entry.month)]
        assert [str(damage)] == [f"第 {entry.id} 号留痕（叶 {entry.leaf}，{entry.month}）：记录不见了。"]


def test_it_names_a_leaf_that_was_deleted_and_the_entry_that_has_none(sealed):
    entry = at(901)
    with tampered(sealed, ("journal_leaf", "number = 901", "DELETE FROM journal_leaf WHERE number = 901")):
        assert found() == [("leaf-missing", 901, None, None), ("entry-inserted", None, entry.id, entry.month)]


@pytest.mark.parametrize("tail", [1, 40])
def test_it_names_the_entries_of_a_tail_that_was_deleted(sealed, tail):
    first = sealed.size - tail
    entries = [at(leaf) for leaf in range(first, sealed.size)]
    which = " OR ".join(f"({entry.row})" for entry in entries)
    with tampered(sealed, ("journal_entry", which, f"DELETE FROM journal_entry WHERE {which}")):
        assert found() == [("entry-missing", e.leaf, e.id, e.month) for e in entries]


def test_it_finds_leaves_cut_off_with_their_entries(sealed):
    first = sealed.size - 30
    which = " OR ".join(f"({at(leaf).row})" for leaf in range(first, sealed.size))
    with tampered(
        sealed,
        ("journal_entry", which, f"DELETE FROM journal_entry WHERE {which}"),
        ("journal_leaf", f"number >= {first}", f"DELETE FROM journal_leaf WHERE number >= {first}"),
    ):
        assert said() == [f"第 1 纪元叶 {first} 至 {sealed.size - 1}：叶表里不见了。"]


def cut_to(size: int) -> list[tuple[str, str, str]]:
    """Entries, leaves, tiles and heads from a size on, gone without a trace: only what was shown elsewhere can tell."""
    cut = []
    level = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT recorded_at, id FROM journal_leaf WHERE number >= %s", [size])
        entries = [At(0, row[1], row[0]) for row in cursor.fetchall()]
    which = " OR ".join(f"({entry.row})" for entry in entries)
    cut.append(("journal_entry", which, f"DELETE FROM journal_entry WHERE {which}"))
    cut.append(("journal_leaf", f"number >= {size}", f"DELETE FROM journal_leaf WHERE number >= {size}"))
    while count := size >> (8 * level):
        place, cells = divmod(count, WIDTH)
        beyond = f"level = {level} AND place > {place - (cells == 0)}"
        cut.append(("journal_tile", beyond, f"DELETE FROM journal_tile WHERE {beyond}"))
        edge = f"level = {level} AND place = {place}"
        if cells:
            shorter = f"UPDATE journal_tile SET hashes = substr(hashes, 1, {cells * 32}) WHERE {edge}"
            cut.append(("journal_tile", edge, shorter))
        level += 1
    cut.append(("journal_head", f"size > {size}", f"DELETE FROM journal_head WHERE size > {size}"))
    return cut


def test_it_finds_a_cut_tail_by_a_head_that_was_kept_elsewhere(sealed):
    size = sealed.size - 300
    with tampered(sealed, *cut_to(size)):
        assert found() == []
        kept = sealed.heads[-1:]
        assert said(kept=kept) == [
            f"另存的树头说第 1 纪元有 {sealed.size} 条，现在只有 {size} 条：叶 {size} 至 {sealed.size - 1} 被截去。"
        ]
        assert found(kept=kept, spans=queries.span_of_last(10)) == [("tail", size, None, None)]
        assert found(kept=sealed.heads[:3]) == []


def test_it_finds_a_cut_tail_by_a_head_that_was_left(sealed):
    size = sealed.size - 300
    changes = [change for change in cut_to(size) if change[0] != "journal_head"]
    with tampered(sealed, *changes):
        row = queries.heads_page()[0]
        assert said() == [f"第 {row.id} 号树头（第 1 纪元 {row.size} 条，2025-11）：台账只剩 {size} 条，末尾被截去。"]


_ROW = (
    "INSERT INTO journal_entry (recorded_at, id, transaction_id, happened_at, action, version, subject_kind, subject_id,"
    " subject_step, scope_code, author_kind, payload) VALUES ('2025-09-03 10:00+08', 99000001, '{}', now(), 'forged', 1,"
    " 'probe', 1, 1, '', 'system', '{{}}')"
)


@pytest.mark.parametrize("transaction, words", [(800, "是后来塞进去的"), (2**40, "事务编号还没有发生过")])
def test_it_names_a_row_that_was_put_in_with_another_transaction(sealed, transaction, words):
    with tampered(sealed, ("journal_entry", "id = 99000001", _ROW.format(transaction))):
        (damage,) = queries.verify().damages
        assert places([damage]) == [("entry-inserted", None, 99000001, "2025-09")]
        assert str(damage).startswith(f"第 99000001 号留痕（2025-09，事务 {transaction}）：")
        assert words in str(damage)


# -- rewriting with care -------------------------------------------------------------------------------------------------


def rewrite(sealed: Sealed, leaf: int, levels: int) -> list[tuple[str, str, str]]:
    """Change an entry and make the tiles fit, as far up as `levels` of them."""
    entry = at(leaf)
    h = hasher("sha256")
    with keeper(sealed.installation) as admin:
        old = {
            (level, place): bytes(hashes)
            for level, place, hashes in admin.execute("SELECT level, place, hashes FROM journal_tile").fetchall()
        }
        change = f"UPDATE journal_entry SET action = 'forged' WHERE {entry.row}"
        with admin.transaction(force_rollback=True):
            admin.execute(change)
            row = admin.execute(
                f"SELECT l.salt, {CANONICAL_SQL} FROM journal_entry e JOIN journal_leaf l USING (recorded_at, id)"
                f" WHERE e.id = {entry.id}"
            ).fetchone()
            assert row is not None
            salt, data = row
    leaves = [old[0, place][cell : cell + 32] for place in range(sealed.size // WIDTH + 1)
              for cell in range(0, len(old[0, place]), 32)]  # fmt: skip
    leaves[leaf] = leaf_hash(h, salt + data)
    new = grow(h, 0, {}, leaves)
    changes = [("journal_entry", entry.row, change)]
    for (level, place), hashes in sorted(new.items()):
        if level < levels and hashes != old[level, place]:
            which = f"level = {level} AND place = {place}"
            changes.append(
                ("journal_tile", which, f"UPDATE journal_tile SET hashes = '\\x{hashes.hex()}' WHERE {which}")
            )
    return changes


def test_it_finds_entries_that_were_rewritten_with_their_tile(sealed):
    with tampered(sealed, *rewrite(sealed, 600, levels=1)):
        assert said() == ["第 1 纪元叶 512 至 767：留痕和树瓦被一起改写，和签过名的树不符。"]


@pytest.mark.parametrize("where", ["inside", "edge"])
def test_it_finds_entries_that_were_rewritten_with_every_tile_above(sealed, where):
    """Then only the signed heads tell, and the narrowest pair of them names the leaves."""
    leaf = sealed.sizes[2] + 10 if where == "inside" else sealed.size - 5
    before, after = (2, 3) if where == "inside" else (3, 4)
    row = queries.heads_page()[::-1][after]
    with tampered(sealed, *rewrite(sealed, leaf, levels=9)):
        assert said() == [
            f"第 {row.id} 号树头（第 1 纪元 {row.size} 条，2025-11）：和台账算出的不同，"
            f"叶 {sealed.sizes[before]} 至 {row.size - 1} 里有被改写的。"
        ]


def test_it_finds_a_history_rewritten_with_the_citys_own_keys_by_a_head_kept_elsewhere(sealed):
    """Whoever has database and keys can make everything fit; what a city has shown it can't rewrite."""
    changes = rewrite(sealed, 300, levels=9)
    with tampered(sealed, *changes, ("journal_head", "true", "SELECT 1")) as admin:
        for row, head in zip(queries.heads_page()[::-1], sealed.heads, strict=True):
            tree = queries.tree_at(epoch=1, size=row.size)
            (key,) = signing_keys(head.head.name)
            forged = Head(head.head.name, tree, "sha256", head.head.at)
            statement = sql.SQL("UPDATE journal_head SET root = {}, note = {} WHERE id = {}")
            admin.execute(statement.format(tree.root, forged.signed([key]), row.id))
        assert found() == []
        assert said(kept=sealed.heads[-1:]) == [
            f"另存的树头（第 1 纪元 {sealed.size} 条）和台账算出的不同：这之前的历史被改写过。"
        ]
        assert found(kept=sealed.heads[:1]) == []


# -- a part only ---------------------------------------------------------------------------------------------------------


def test_it_verifies_a_part_and_finds_what_lies_in_it(sealed):
    inside, outside = at(600), at(100)
    with tampered(
        sealed,
        ("journal_entry", inside.row, f"UPDATE journal_entry SET action = 'x' WHERE {inside.row}"),
        ("journal_entry", outside.row, f"UPDATE journal_entry SET action = 'x' WHERE {outside.row}"),
    ):
        span = Span(1, 550, 700)
        assert found(spans=[span]) == [("entry-changed", 600, inside.id, inside.month)]
        assert queries.verify([span]).leaves == 150
        assert found(spans=[Span(1, 601, 700)]) == []
        assert found(spans=queries.span_of_last(20)) == []


def test_it_verifies_a_month(sealed):
    entry = at(300)
    start = datetime.fromisoformat(f"{entry.month}-01T00:00:00+08:00")
    spans = queries.spans_of_time(start, start + timedelta(days=28))
    assert [span.epoch for span in spans] == [1]
    assert spans[0].start <= 300 < spans[0].end
    with tampered(sealed, ("journal_entry", entry.row, f"UPDATE journal_entry SET action = 'x' WHERE {entry.row}")):
        assert found(spans=spans) == [("entry-changed", 300, entry.id, entry.month)]
        assert said(spans=[]) == []


def test_it_finds_in_a_part_what_was_rewritten_with_every_tile(sealed):
    with tampered(sealed, *rewrite(sealed, sealed.sizes[2] + 10, levels=9)):
        assert [each[0] for each in found(spans=[Span(1, sealed.sizes[2], sealed.sizes[2] + 50)])] == ["head-root"]


def test_it_refuses_a_kept_head_of_another_log(sealed):
    (key,) = signing_keys("other")
    stranger = read_head(Head("other", TreeState(1, 5, b"\x00" * 32), "sha256", NOW).signed([key]))
    forged = read_head(sealed.heads[1].note.replace(f"\n{sealed.sizes[1]}\n", f"\n{sealed.sizes[1] + 1}\n"))
    for head in (stranger, forged):
        assert [each[0] for each in found(kept=[head])] == ["kept"]


def test_it_computes_the_same_roots_from_the_definition(sealed):
    """The tiles in the database, read plainly."""
    with keeper(sealed.installation) as admin:
        rows = admin.execute("SELECT level, place, hashes FROM journal_tile").fetchall()
    tiles = {(level, place): bytes(hashes) for level, place, hashes in rows}
    for size, head in zip(sealed.sizes, sealed.heads, strict=True):
        assert root(hasher("sha256"), size, tiles) == head.head.tree.root
