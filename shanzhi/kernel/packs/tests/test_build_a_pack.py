"""A pack of two cut months: what it holds is what the journal and the facts say; nothing personal leaves the city."""

import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from shanzhi.config import database
from shanzhi.kernel.facts.operations.cutting import HASH, leaf_of
from shanzhi.kernel.facts.policy.tables import all_tables, projected
from shanzhi.kernel.journal.policy.heads import read_head
from shanzhi.kernel.journal.policy.tiles import WIDTH, grow, root
from shanzhi.kernel.journal.policy.tree import hasher, leaf_hash, root_of
from shanzhi.kernel.journal.tests.sealing import keeper
from shanzhi.kernel.packs.operations.building import BadPeriod, build
from shanzhi.kernel.packs.operations.building_facts import FactsDiffer, TreeDiffers
from shanzhi.kernel.packs.operations.building_journal import NotSealed
from shanzhi.kernel.packs.operations.building_stands import CutDiffers, NotCut
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.contents import Evidence, Part
from shanzhi.kernel.packs.policy.letter import open_letter
from shanzhi.kernel.vault.policy.masking import mask
from tests.concurrency.committed import as_role, doctoring
from tests.packed import BUILT_AT, COMMUNITY, FIRST, LAST, TOWNSHIP, Packed, city, packed

__all__ = ["city", "packed"]


@pytest.fixture(scope="module")
def folder(packed: Packed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pack's members, as files."""
    made = tmp_path_factory.mktemp("members")
    with zipfile.ZipFile(packed.path) as file:
        file.extractall(made)
    return made


def rows(folder: Path, file: str, select: str = "SELECT * FROM rows") -> list[tuple[Any, ...]]:
    with duckdb.connect() as asked:
        asked.execute("SET TimeZone = 'UTC'")
        asked.execute(f"CREATE VIEW rows AS SELECT * FROM read_parquet('{folder / file}')")
        return asked.execute(select).fetchall()


def again(made: Packed, path: Path, **changed: Any) -> contents.Told:
    with database.acting_as(made.city.installation, "worker"):
        return build(path, replace(made.asked, **changed), now=BUILT_AT).told


def test_it_is_a_sealed_letter_with_these_members(packed: Packed) -> None:
    letter = open_letter(packed.path)
    assert letter.faults == ()
    assert (letter.header.kind, letter.header.sender, letter.header.uid) == ("pack", "370300", packed.built.uid)
    own = contents.order_of(all_tables(), (FIRST, LAST))
    assert [member.name for member in letter.members] == [*own, *contents.REPORTS]


def test_its_matters_are_those_that_were_cut(packed: Packed, folder: Path) -> None:
    told = contents.read_told((folder / contents.ROUND).read_text())
    assert (told.city, told.first, told.last, told.months) == ("370300", FIRST, LAST, (FIRST, LAST))
    assert told == packed.built.told
    standing: set[int] = set()
    for cut in told.cuts:
        leaves = rows(folder, contents.cut_file(cut.month), "SELECT matter_id, sha256 FROM rows ORDER BY 1")
        assert len(leaves) == cut.matters
        assert root_of(HASH, (leaf_of(digested) for _, digested in leaves)).hex() == cut.root
        standing |= {pk for pk, _ in leaves}
    facts = contents.fact_file(projected()[0])
    assert {row[0] for row in rows(folder, facts, "SELECT matter_id FROM rows")} == standing
    assert len(standing) == told.matters
    assert {packed.excluded.matter_id, packed.moved.matter_id} <= standing


def test_what_went_on_since_the_cut_is_told_as_it_was_then(packed: Packed, folder: Path) -> None:
    assert packed.built.folded == 1
    found = rows(
        folder, "facts/fact_matter.parquet", f"SELECT stage, steps FROM rows WHERE matter_id = {packed.moved.matter_id}"
    )
    assert found == [("accepted", 2)]
    entries = rows(
        folder,
        contents.ENTRIES_FILE,
        f"SELECT step FROM rows WHERE subject_kind = 'matter' AND subject_id = {packed.moved.matter_id} ORDER BY 1",
    )
    assert entries == [(1,), (2,)]


def test_its_entries_lead_to_the_signed_head(folder: Path) -> None:
    heads = contents.read_heads((folder / contents.HEADS).read_text())
    (epoch,) = heads.epochs
    head, h = read_head(epoch.head).head, hasher(epoch.hash)
    leaves = {row[0]: row[1] for row in rows(folder, contents.LEAVES_FILE, "SELECT leaf, hash FROM rows")}
    entries = rows(folder, contents.ENTRIES_FILE, "SELECT leaf, salt, entry FROM rows ORDER BY leaf")
    assert len(entries) > 150
    leaves |= {leaf: leaf_hash(h, salt + entry.encode()) for leaf, salt, entry in entries}
    # Of a tile that has one of the entries every leaf is there; the others are told by the level above.
    above = {
        (level, place): data
        for level, place, data in rows(folder, contents.TILES_FILE, "SELECT level, place, hashes FROM rows")
    }
    tiles = dict(above)
    for place in range(-(-head.tree.size // WIDTH)):
        span = range(place * WIDTH, min((place + 1) * WIDTH, head.tree.size))
        there = [leaf for leaf in span if leaf in leaves]
        assert len(there) in (0, len(span)), place
        if there:
            made = grow(h, 0, {}, [leaves[leaf] for leaf in span])
            tiles[0, place] = made[0, 0]
    assert root(h, head.tree.size, tiles) == head.tree.root
    assert (0, 0) in tiles


def test_its_figures_are_counted_over_its_own_facts(packed: Packed, folder: Path) -> None:
    region = rows(folder, "facts/fact_region.parquet", "SELECT code, region_id FROM rows")
    ids = dict(region)
    select = "SELECT key, region_id, month, months, numerator, denominator, handed_in, owed FROM rows"
    found = {
        (key, region_id, month): rest
        for key, region_id, month, *rest in rows(folder, contents.OBSERVATIONS_FILE, select)
    }
    assert len(found) == packed.built.observations
    # The excluded verdict counts for nobody; the others of November do.
    rated = (
        "SELECT count(*) FILTER (WHERE satisfied >= 4), count(*) FROM rows WHERE is_lapsed = 0"
        f" AND rated_month = {FIRST} AND region_id = {ids[COMMUNITY]} AND matter_id <> {packed.excluded.matter_id}"
    )
    assert found["satisfied", ids[COMMUNITY], FIRST][1:3] == [*rows(folder, "facts/fact_rating.parquet", rated)[0]]
    (excluded,) = rows(folder, "facts/fact_exclusion.parquet", "SELECT matter_id, indicator, month FROM rows")
    assert excluded == (packed.excluded.matter_id, "satisfied", FIRST)
    assert found["teams", ids[TOWNSHIP], FIRST] == [1, 3, 1, 1, 1]
    assert found["teams", ids[TOWNSHIP], LAST] == [1, 4, 1, 1, 1]
    assert found["covenants", ids["370303"], 202501][:3] == [12, 9, 10]
    assert found["teams", ids["3703"], LAST][3] == 1
    reported = rows(folder, "facts/fact_matter.parquet", f"SELECT count(*) FROM rows WHERE reported_month = {FIRST}")
    assert found["accepted", ids["3703"], FIRST][2] == reported[0][0]


def texts(folder: Path) -> Iterator[tuple[str, str]]:
    """Every text of the pack: cells, texts, what stands in the report."""
    for file in sorted(folder.rglob("*")):
        name = file.relative_to(folder).as_posix()
        if name.endswith(".parquet"):
            columns = rows(folder, name, "SELECT column_name FROM (DESCRIBE rows) WHERE column_type = 'VARCHAR'")
            for (column,) in columns:
                yield from (
                    (f"{name} {column}", row[0]) for row in rows(folder, name, f"SELECT DISTINCT {column} FROM rows")
                )
        elif name.endswith(".docx"):
            with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as word:
                yield name, word.read("word/document.xml").decode()
        elif file.is_file() and not name.endswith(".pdf"):
            yield name, file.read_text()


def test_nothing_in_it_is_about_a_person(packed: Packed, folder: Path) -> None:
    """The masker finds nobody's number, name or address; no name of the city's staff and people is in it."""
    with as_role(packed.city.installation, "owner") as owner:
        staff = {name for (name,) in owner.execute("SELECT name FROM organisation_staff").fetchall()}
    assert len(staff) > 3
    seen = 0
    for where, text in texts(folder):
        seen += 1
        # A grid's code has fifteen digits, as a number of an old identity card had.
        if where in (contents.GUIDELINE, "facts/fact_region.parquet code") or not text:
            continue
        # Hashes are looked over: eleven of their digits may well look like a number.
        said = re.sub("[0-9a-f]{32,}", "…", text)
        assert mask(said).spans == (), (where, [said[s.start : s.end] for s in mask(said).spans])
        assert [name for name in staff if name in text] == [], where
    assert seen > 300


def test_no_entry_carries_words(folder: Path) -> None:
    """Of what people wrote there are commitments alone: no text in an entry's payload has a Chinese character."""
    for (entry,) in rows(folder, contents.ENTRIES_FILE, "SELECT entry FROM rows"):
        payload = json.dumps(json.loads(entry)[14], ensure_ascii=False)
        assert not any("一" <= letter <= "鿿" for letter in payload), payload


def test_the_same_state_gives_the_same_bytes(packed: Packed, tmp_path: Path) -> None:
    assert again(packed, tmp_path / "again.zip") == packed.built.told
    assert (tmp_path / "again.zip").read_bytes() == packed.path.read_bytes()
    assert [file.name for file in tmp_path.iterdir()] == ["again.zip"]


def test_what_the_caller_adds_goes_along(packed: Packed, tmp_path: Path) -> None:
    photo = tmp_path / "photo"
    photo.write_bytes(b"photo")
    piece = Evidence("ab" * 32, 5, "photo", "现场照片", ("satisfied",), "matter 1", is_inside=True)
    path = tmp_path / "round.zip"
    again(packed, path, round="r-1", parts=(Part("scores.json", b"{}"),), evidence=(piece,), files={"ab" * 32: photo})
    letter = open_letter(path)
    assert letter.header.round == "r-1"
    assert (letter.read("scores.json"), letter.read(contents.evidence_file("ab" * 32))) == (b"{}", b"photo")
    assert contents.read_evidence(letter.read(contents.EVIDENCE).decode()) == (piece,)


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        ({"last": 202601}, NotCut, "2026-01"),
        ({"first": 202510}, NotCut, "2025-10"),
        ({"first": LAST, "last": FIRST}, BadPeriod, "2025-12 到 2025-11"),
    ],
)
def test_a_month_that_isnt_cut_is_named(
    packed: Packed, tmp_path: Path, changed: dict[str, int], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        again(packed, tmp_path / "never.zip", **changed)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("table", "change", "error", "said"),
    [
        ("fact_matter", "UPDATE fact_matter SET returns = returns + 7 WHERE matter_id = {}", FactsDiffer, "2025-11 封账"),
        ("fact_step", "UPDATE fact_step SET is_late = 1 - is_late WHERE matter_id = {} AND step = 2", FactsDiffer, "2025-11 封账"),
        ("fact_cut_leaf", "UPDATE fact_cut_leaf SET sha256 = sha256(sha256) WHERE matter_id = {}", CutDiffers, "2025-11"),
        ("fact_cut_tree", "UPDATE fact_cut_tree SET told = replace(told, '淄博', '滨州') WHERE month = 202512", TreeDiffers, "2025-12"),
    ],
)  # fmt: skip
def test_what_was_doctored_is_found_before_it_travels(
    packed: Packed, tmp_path: Path, table: str, change: str, error: type[Exception], said: str
) -> None:
    with doctoring(packed.city.installation) as run:
        run(table, change.format(packed.excluded.matter_id))
        with pytest.raises(error, match=said):
            again(packed, tmp_path / "never.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_month_cut_before_hashes_were_kept_is_folded_again(packed: Packed, tmp_path: Path) -> None:
    with as_role(packed.city.installation, "owner") as owner:
        kept = owner.execute("SELECT * FROM fact_cut_leaf WHERE month = %s", [FIRST]).fetchall()
        owner.execute("DELETE FROM fact_cut_leaf WHERE month = %s", [FIRST])
        owner.commit()
        try:
            again(packed, tmp_path / "again.zip")
        finally:
            owner.cursor().executemany("INSERT INTO fact_cut_leaf VALUES (%s, %s, %s, %s)", kept)
            owner.commit()
    assert (tmp_path / "again.zip").read_bytes() == packed.path.read_bytes()


def test_what_isnt_sealed_yet_is_waited_for(packed: Packed, tmp_path: Path) -> None:
    """A figure was typed in a moment ago."""
    with keeper(packed.city.installation) as admin:
        admin.execute(
            "INSERT INTO journal_entry (happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
            " author_kind, author_post_id, author_unit_id, payload) SELECT happened_at, action, version, subject_kind, 9000,"
            " subject_step, scope_code, author_kind, author_post_id, author_unit_id, payload FROM journal_entry"
            " WHERE subject_kind = 'figure' ORDER BY id LIMIT 1"
        )
        try:
            with pytest.raises(NotSealed, match="还没有封存"):
                again(packed, tmp_path / "never.zip")
        finally:
            admin.execute("DELETE FROM journal_entry WHERE subject_kind = 'figure' AND subject_id = 9000")
