"""Whatever a stranger's file does to its check: it ends in time, keeps to its memory and leaves nothing on the disk."""

import tempfile
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import duckdb
import pytest

from shanzhi.kernel.facts.policy.columns import MATTER, REGION, STEP
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.checked import Verdict
from shanzhi.kernel.packs.policy.faults import Step
from shanzhi.kernel.packs.queries import apart, checking
from shanzhi.kernel.packs.queries.checking import Asked
from shanzhi.kernel.packs.queries.checking.opened import TooMuch
from shanzhi.kernel.packs.queries.checking.rows import LARGE_MOST, in_slices
from shanzhi.kernel.packs.tests import by_hand
from shanzhi.kernel.packs.tests.made import write

PATIENT = apart.Room(seconds=600)


@pytest.fixture(autouse=True)
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for what is temporary."""
    folder = tmp_path / "disk"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_check_that_is_ended_leaves_nothing(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "any")
    monkeypatch.setattr(apart, "_GRACE", 0)
    with pytest.raises(apart.CheckFailed, match="没能核对完"):
        apart.check_apart(path, "any", apart.Room(seconds=0.05))
    assert list(disk.iterdir()) == []


def test_a_check_keeps_to_its_memory(disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "any")
    monkeypatch.setattr(apart, "_OWN_MB", -apart.ORDINARY.memory_mb * 2 + 60)
    with pytest.raises(apart.CheckFailed, match="shanzhi pack verify"):
        apart.check_apart(path, "any")
    assert list(disk.iterdir()) == []


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> by_hand.Made:
    """A small city; it is copied before it is changed."""
    return by_hand.made(folder=tmp_path_factory.mktemp("city"), matters=10)


def swollen(made: by_hand.Made, member: str, select: str, folder: Path) -> Path:
    """The pack of a city whose table is what a statement makes of its rows `t`."""
    columns, rows = {
        "facts/fact_matter.parquet": (contents.fact_columns(MATTER), made.facts["fact_matter"]),
        "facts/fact_step.parquet": (contents.fact_columns(STEP), made.facts["fact_step"]),
        "facts/fact_region.parquet": (contents.fact_columns(REGION), made.facts["fact_region"]),
        contents.ENTRIES_FILE: (contents.ENTRIES, made.entries),
        contents.TILES_FILE: (contents.TILES, [(1, 1, 0, bytes(8192))]),
        **{contents.cut_file(month): (contents.CUT, rows) for month, rows in made.cuts.items()},
    }[member]
    one, bomb = folder / "one.parquet", folder / "bomb.parquet"
    by_hand.write_parquet(one, columns, rows)
    with duckdb.connect(config={"threads": "1", "memory_limit": "2GB", "temp_directory": ""}) as db:
        db.execute(f"CREATE VIEW t AS SELECT * FROM '{one}'")
        db.execute(f"COPY ({select}) TO '{bomb}' (FORMAT parquet, COMPRESSION zstd)")
    doctored = deepcopy(made)
    doctored.members[member] = bomb.read_bytes()
    assert bomb.stat().st_size < 2_000_000
    return doctored.write(folder / "bomb.pack")


def test_a_table_of_millions_of_rows_in_few_bytes_is_judged_all_the_same(
    disk: Path, tmp_path: Path, city: by_hand.Made
) -> None:
    repeated = "SELECT m.* FROM (FROM t LIMIT 1) AS m, range(2000000)"
    path = swollen(city, "facts/fact_matter.parquet", repeated, tmp_path)
    found = apart.check_apart(path, "bomb.pack", PATIENT)
    assert found.verdict is Verdict.FAILED
    said = [str(one) for one in found.faults]
    assert any("有 2000000 行，应当只有一行" in one for one in said), said
    # Nobody has the memory for its rows: that is said, and the other steps are done.
    (large,) = [one for one in found.of_step(Step.FACTS) if "超过核对的内存上限" in str(one)]
    assert large.where["matter"] == city.facts["fact_matter"][0][0]
    assert {Step.FACTS, Step.FOLD, Step.FIGURES, Step.VALUES} <= set(found.done)
    assert list(disk.iterdir()) == []


@pytest.mark.parametrize(
    ("member", "select", "said"),
    [
        (
            "facts/fact_step.parquet",
            "SELECT t.* REPLACE (repeat('x', 2000000) AS ground) FROM t, range(40) WHERE matter_id = (SELECT min(matter_id) FROM t)",
            "的事实被改过",
        ),
        (contents.ENTRIES_FILE, "SELECT t.* REPLACE (repeat('x', 1000000) AS entry) FROM t, range(3)", "超过 200,000 字节"),
        ("facts/fact_region.parquet", "SELECT t.* REPLACE (repeat('x', 50000000) AS name) FROM t", "50,000,000 B"),
        ("facts/fact_region.parquet", "SELECT t.* FROM (FROM t LIMIT 1) AS t, range(2000000)", "超过核对的上限 1,000,000 行"),
        (contents.TILES_FILE, "SELECT t.* REPLACE (r AS place) FROM t, range(200000) AS n(r)", "内存超过了核对的上限"),
        ("facts/fact_matter.parquet", f"SELECT {', '.join(f'{n} AS c{n}' for n in range(3000))}", "c51"),
    ],
    ids=["long texts", "long entries", "a long name", "regions", "tiles", "columns"],
)  # fmt: skip
def test_few_bytes_that_are_many_in_memory_are_named(
    tmp_path: Path, city: by_hand.Made, member: str, select: str, said: str
) -> None:
    path = swollen(city, member, select, tmp_path)
    found = apart.check_apart(path, "bomb.pack", PATIENT)
    assert found.verdict is Verdict.FAILED
    assert [one for one in map(str, found.faults) if said in one], [str(one)[:300] for one in found.faults]
    assert max(len(str(one)) for one in found.faults) < 10_000


def test_a_cut_of_millions_of_matters_is_hashed_part_by_part(tmp_path: Path, city: by_hand.Made) -> None:
    month = min(city.cuts)
    select = "SELECT r AS matter_id, t.sha256 FROM (FROM t LIMIT 1) AS t, range(200000) AS n(r)"
    found = apart.check_apart(swollen(city, contents.cut_file(month), select, tmp_path), "bomb.pack", PATIENT)
    assert [one for one in found.of_step(Step.CUTS) if "200000" in str(one) or "200,000" in str(one)]
    assert found.more[Step.FACTS] > 190_000


def test_matters_are_read_in_parts_where_all_at_once_are_too_much(
    tmp_path: Path, city: by_hand.Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking.facts, "TEXT_MOST", 20_000)
    monkeypatch.setattr(checking.cuts, "_AT_ONCE", 4)
    path = deepcopy(city).write(tmp_path / "sound.pack")
    found = checking.check_pack(path, Asked(sample=50))
    assert (found.verdict, found.faults) == (Verdict.PASSED, [])
    assert found.counts["folded"] == found.counts["matters"]


def test_ids_are_halved_until_each_part_is_borne() -> None:
    def take(ids: Sequence[int]) -> int:
        if len(ids) > 3 or 7 in ids:
            raise TooMuch
        return sum(ids)

    assert list(in_slices(list(range(10)), take)) == [
        ([0, 1], 1), ([2, 3, 4], 9), ([5, 6], 11), ([7], None), ([8, 9], 17)
    ]  # fmt: skip
    with pytest.raises(TooMuch, match="内存"):
        list(in_slices([7] * (LARGE_MOST + 1), take))
