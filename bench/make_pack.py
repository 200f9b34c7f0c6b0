"""A large pack made of a small one: each of its matters many times over, sealed and cut anew, sound in every part.

`python -m bench.make_pack OUT --of FILE --times 10`; without `--of` the small one is the hand-made city of the tests. No
database is needed. Entries of a matter keep their order and lie in their old one's place times `times`, so that cuts hold the
same entries; what isn't of a matter stands once, and the places that it leaves hold hashes as others' entries do. The
figures are counted anew over the rows, the head is signed by a key of its own.
"""

import argparse
import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from shanzhi.kernel.facts.policy.columns import REGION, UNIT
from shanzhi.kernel.facts.policy.tables import all_tables, projected
from shanzhi.kernel.indicators.policy import excluded
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.queries.engines.duck import DuckEngine
from shanzhi.kernel.journal.policy import Head, TreeState, canonical, read_head
from shanzhi.kernel.journal.policy.canonical import read as read_entry
from shanzhi.kernel.journal.policy.notes import SigningKey, sign_note
from shanzhi.kernel.journal.policy.tiles import WIDTH, edge_places, grow, root
from shanzhi.kernel.journal.policy.tree import hasher, leaf_hash
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.digests import digests_duck
from shanzhi.kernel.packs.policy.letter import Letter, LetterWriter, open_letter
from shanzhi.kernel.packs.queries.checking.cuts import root_over
from shanzhi.kernel.packs.queries.checking.entries import told_of
from shanzhi.kernel.packs.queries.observing import Observing, typed_of

KEY = SigningKey("shanzhi-city", b"\x05" * 32)
AT_ONCE = 30_000
_PARQUET = "(FORMAT parquet, COMPRESSION zstd)"
_SALT = "unhex(substr(sha256(concat('salt ', {leaf})), 1, 32))"
_OTHER = "unhex(sha256(concat('leaf ', {leaf})))"
_HEAD = r'^(\["shanzhi-entry-1", )[0-9]+(, "[0-9]+", "[^"]*", "[^"]*", "[^"]*", [0-9]+, "matter", )[0-9]+'
"""What an entry of a matter says before its step: its own number and its matter's are made anew."""


@dataclass(slots=True)
class Making:
    """A pack on its way: the small one, the folder of the new one's members, DuckDB over both."""

    letter: Letter
    folder: Path
    times: int
    db: duckdb.DuckDBPyConnection
    told: contents.Told
    heads: contents.Heads
    roots: dict[int, str] = field(default_factory=dict)
    head: str = ""

    @property
    def size(self) -> int:
        """Leaves of the new tree."""
        return read_head(self.heads.epochs[-1].head).head.tree.size * self.times

    def source(self, member: str) -> str:
        """A table of the small pack, for SQL."""
        return f"read_parquet('{self.letter.extract(member, self.folder / 'old')}', hive_partitioning = false)"

    def file(self, member: str) -> Path:
        """Where a member of the new pack is put."""
        path = self.folder / "new" / member
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, member: str, statement: str) -> None:
        """A table of the new pack."""
        self.db.execute(f"COPY ({statement}) TO '{self.file(member)}' {_PARQUET}")


def multiply(source: Path, out: Path, times: int, *, folder: Path, tell: Callable[[str], None]) -> None:
    """Write the pack `out`: `source`, whose journal has one epoch, with each matter `times` times."""
    excluded.offer()
    letter = open_letter(source)
    told = contents.read_told(letter.read(contents.ROUND).decode())
    heads = contents.read_heads(letter.read(contents.HEADS).decode())
    db = duckdb.connect(config={"threads": "2", "memory_limit": "6GB", "temp_directory": str(folder / "spilled")})
    db.execute("SET TimeZone = 'UTC'")
    making = Making(letter, folder, times, db, told, heads)
    for step in (_facts, _cuts, _entries, _tree, _figures):
        began = time.perf_counter()
        step(making)
        tell(f"{step.__name__.removeprefix('_')} {time.perf_counter() - began:.0f} s")
    _close(making, out)


def _copies(making: Making) -> str:
    return f"(SELECT unnest(range({making.times})) AS copy)"


def _facts(making: Making) -> None:
    """Rows of matters many times, those of regions and units once; the hashes of all matters (table `digests`)."""
    for table in all_tables():
        member = contents.fact_file(table)
        source = making.source(member)
        order = ", ".join(table.key)
        if table in (REGION, UNIT):
            making.write(member, f"SELECT * FROM {source} ORDER BY {order}")
        else:
            anew = f"* EXCLUDE (copy) REPLACE (matter_id * {making.times} + copy AS matter_id)"
            making.write(member, f"SELECT {anew} FROM {source}, {_copies(making)} ORDER BY {order}")
        making.db.execute(f"CREATE VIEW {table.name} AS SELECT * FROM '{making.file(member)}'")
    making.db.execute("CREATE TABLE digests (matter_id BIGINT, sha256 VARCHAR)")
    bounds = making.db.execute(
        "SELECT min(matter_id), max(matter_id) FROM (SELECT matter_id, (row_number() OVER (ORDER BY matter_id) - 1)"
        f" // {AT_ONCE} AS part FROM fact_matter) GROUP BY part ORDER BY part"
    ).fetchall()
    for first, last in bounds:
        making.db.execute(f"INSERT INTO digests {digests_duck(projected(), first, last)}")


def _cuts(making: Making) -> None:
    """Each month's leaves: the hash of the rows in the last cut in which a matter stands, any other one in those before."""
    months = [cut.month for cut in making.told.cuts]
    listed = " UNION ALL ".join(
        f"SELECT matter_id, {month} AS month FROM {making.source(contents.cut_file(month))}" for month in months
    )
    making.db.execute(
        f"CREATE TABLE cut AS SELECT matter_id * {making.times} + copy AS matter_id, month,"
        f" month = max(month) OVER (PARTITION BY matter_id) AS is_last FROM ({listed}), {_copies(making)}"
    )
    for month in months:
        member = contents.cut_file(month)
        making.write(
            member,
            "SELECT c.matter_id, unhex(CASE WHEN is_last AND d.sha256 IS NOT NULL THEN d.sha256"
            " ELSE sha256(concat(c.month, ' ', c.matter_id)) END) AS sha256"
            " FROM cut AS c LEFT JOIN digests AS d USING (matter_id)"
            f" WHERE c.month = {month} ORDER BY matter_id",
        )
        rows = making.db.execute(f"SELECT sha256 FROM '{making.file(member)}'").fetchall()
        making.roots[month] = root_over([hashlib.sha256(b"\x00" + sha256).digest() for (sha256,) in rows]).hex()
    cuts = tuple(
        replace(
            cut,
            leaf=cut.leaf * making.times,
            matters=cut.matters * making.times,
            root=making.roots[cut.month],
            sealed_leaf=cut.sealed_leaf * making.times,
        )
        for cut in making.told.cuts
    )
    making.told = replace(making.told, cuts=cuts, matters=making.told.matters * making.times)


def _entries(making: Making) -> None:
    """Entries of matters many times, others once; the cuts' own say the new roots."""
    db, times = making.db, making.times
    source = making.source(contents.ENTRIES_FILE)
    db.execute(
        f"CREATE TABLE other AS SELECT * REPLACE (leaf * {times} AS leaf) FROM {source} WHERE subject_kind <> 'matter'"
    )
    cuts = {cut.month: cut for cut in making.told.cuts}
    for leaf, month, entry in db.execute(
        "SELECT leaf, subject_id, entry FROM other WHERE subject_kind = 'fact_month'"
    ).fetchall():
        fields, cut = read_entry(entry.encode()), cuts.get(month)
        if cut is not None and fields.action == "facts.cut":
            payload = {**fields.payload, "leaf": cut.leaf, "matters": cut.matters, "root": cut.root}
            said = canonical(replace(fields, payload=payload)).decode()
            db.execute("UPDATE other SET entry = $1 WHERE leaf = $2", [said, leaf])
    anew = f"regexp_replace(s.entry, '{_HEAD}', concat('\\1', s.new_leaf + 1, '\\2', s.new_id))"
    # In the order in which they lie: sorting millions of texts would take more memory than there is.
    copied = (
        f"SELECT *, subject_kind = 'matter' AS is_matter, leaf * {times} + copy AS new_leaf,"
        f" CASE WHEN subject_kind = 'matter' THEN subject_id * {times} + copy ELSE subject_id END AS new_id FROM (SELECT *,"
        f" unnest(range(CASE WHEN subject_kind = 'matter' THEN {times} ELSE 1 END)) AS copy FROM {source})"
    )
    making.write(
        contents.ENTRIES_FILE,
        "SELECT s.epoch, new_leaf AS leaf, s.subject_kind, new_id AS subject_id, s.step,"
        f" coalesce(o.salt, {_SALT.format(leaf='new_leaf')}) AS salt, coalesce(o.entry, {anew}) AS entry"
        f" FROM ({copied}) AS s LEFT JOIN other AS o ON s.new_leaf = o.leaf AND NOT s.is_matter",
    )
    ((entries,),) = db.execute(f"SELECT count(*) FROM '{making.file(contents.ENTRIES_FILE)}'").fetchall()
    making.told = replace(making.told, entries=entries)


def _tree(making: Making) -> None:
    """Hashes of what isn't in the pack, all tiles, the signed head."""
    db, epoch = making.db, making.heads.epochs[-1]
    entries, h = f"'{making.file(contents.ENTRIES_FILE)}'", hasher(epoch.hash)
    db.execute(f"CREATE TABLE used AS SELECT leaf FROM {entries}")
    making.write(
        contents.LEAVES_FILE,
        f"SELECT {epoch.number}::INTEGER AS epoch, leaf, {_OTHER.format(leaf='leaf')} AS hash"
        f" FROM (SELECT unnest(range({making.size})) AS leaf) ANTI JOIN used USING (leaf)"
        f" WHERE leaf // {WIDTH} IN (SELECT leaf // {WIDTH} FROM used UNION ALL SELECT {making.size // WIDTH}) ORDER BY leaf",
    )
    tiles: dict[tuple[int, int], bytes] = {}
    done = 0
    for hashes in _hashes(making, entries, lambda salt, entry: leaf_hash(h, salt + entry)):
        edge = {place: tiles[place] for place in edge_places(done)}
        tiles |= grow(h, done, edge, hashes)
        done += len(hashes)
    db.execute("CREATE TABLE tile (epoch INTEGER, level INTEGER, place BIGINT, hashes BLOB)")
    rows = [(epoch.number, level, place, data) for (level, place), data in sorted(tiles.items()) if level]
    db.executemany("INSERT INTO tile VALUES (?, ?, ?, ?)", rows)
    making.write(contents.TILES_FILE, "SELECT * FROM tile")
    old = read_head(epoch.head).head
    state = TreeState(epoch.number, making.size, root(h, making.size, tiles))
    signed = Head(KEY.public.name, state, epoch.hash, old.at).signed((KEY,))
    making.heads = contents.Heads((KEY.public.text(),), (), (replace(epoch, head=signed),))
    making.file(contents.HEADS).write_text(making.heads.text())


def _hashes(making: Making, entries: str, hashed: Callable[[bytes, bytes], bytes]) -> Iterator[list[bytes]]:
    """All leaves' hashes in their order, some at a time."""
    for at in range(0, making.size, WIDTH * 2000):
        end = min(making.size, at + WIDTH * 2000)
        own = {
            leaf: hashed(salt, entry)
            for leaf, salt, entry in making.db.execute(
                f"SELECT leaf, salt, encode(entry) FROM {entries} WHERE leaf >= {at} AND leaf < {end}"
            ).fetchall()
        }
        yield [own.get(leaf) or hashlib.sha256(b"leaf %d" % leaf).digest() for leaf in range(at, end)]


def _figures(making: Making) -> None:
    """Every figure, over the new rows."""
    engine = DuckEngine.over_folder(making.folder / "new" / "facts", seconds=3600)
    book = sound_catalogue(making.letter.read(contents.GUIDELINE).decode(), contents.GUIDELINE)
    said = making.db.execute("SELECT epoch, leaf, entry FROM other WHERE subject_kind = 'figure'").fetchall()
    entries = [each for each in (told_of(*row) for row in said) if each and each.entry.action == "indicators.value"]
    observing = Observing(engine, book, making.told.first, making.told.last)
    rows = list(observing.observations(typed_of(each.entry.payload) for each in entries))
    engine.close()
    columns = ", ".join(f"{name} {kind}" for name, kind in contents.OBSERVATIONS)
    marks = ", ".join(f"unnest(${nth}::{kind}[])" for nth, (_, kind) in enumerate(contents.OBSERVATIONS, 1))
    making.db.execute(f"CREATE TABLE observed ({columns})")
    lists: list[list[Any]] = [list(each) for each in zip(*rows, strict=True)]
    making.db.execute(f"INSERT INTO observed SELECT {marks}", lists)
    making.write(contents.OBSERVATIONS_FILE, "SELECT * FROM observed")


def _close(making: Making, out: Path) -> None:
    """The letter: what was made anew, the rest as it was."""
    making.file(contents.ROUND).write_text(making.told.text())
    with LetterWriter(out, replace(making.letter.header, keys=(KEY.public.text(),), statements=())) as writer:
        for member in making.letter.members:
            made = making.file(member.name)
            if made.exists():
                writer.add_file(member.name, made)
            else:
                writer.add(member.name, making.letter.read(member.name))
        writer.close(lambda text: sign_note(text, (KEY,)))


def by_hand(folder: Path, matters: int) -> Path:
    """The hand-made city of the tests, as a pack."""
    from shanzhi.kernel.packs.tests.by_hand import made

    return made(matters=matters, folder=folder).write(folder / "small.pack")


def main() -> None:
    """Make it and say how long each part took."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("out", type=Path)
    options.add_argument(
        "--of", type=Path, help="the pack to begin with; a hand-made one of 2,000 matters where none is given"
    )
    options.add_argument("--times", type=int, default=10)
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="shanzhi-make-", dir=given.out.parent) as folder:
        source = given.of or by_hand(Path(folder), 2000)
        multiply(source, given.out, given.times, folder=Path(folder), tell=print)
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
