"""Whatever a stranger's file does to its check: it ends in time, keeps to its memory and leaves nothing on the disk."""

import tempfile
from pathlib import Path

import duckdb
import pytest

from shanzhi.kernel.facts.policy.columns import MATTER
from shanzhi.kernel.packs.policy import contents
from shanzhi.kernel.packs.policy.checked import Verdict
from shanzhi.kernel.packs.queries import apart
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


def test_a_table_of_millions_of_rows_in_few_bytes_is_judged_all_the_same(disk: Path, tmp_path: Path) -> None:
    made = by_hand.made(folder=tmp_path, matters=10)
    one, bomb = tmp_path / "one.parquet", tmp_path / "bomb.parquet"
    by_hand.write_parquet(one, contents.fact_columns(MATTER), made.facts["fact_matter"][:1])
    with duckdb.connect() as db:
        db.execute(
            f"COPY (SELECT m.* FROM '{one}' AS m, range(2000000)) TO '{bomb}' (FORMAT parquet, COMPRESSION zstd)"
        )
    made.members["facts/fact_matter.parquet"] = bomb.read_bytes()
    assert bomb.stat().st_size < 200_000
    found = apart.check_apart(made.write(tmp_path / "bomb.pack"), "bomb.pack", PATIENT)
    assert found.verdict is Verdict.FAILED
    assert [one for one in map(str, found.faults) if "2,000,000" in one or "2000000" in one]
    assert list(disk.iterdir()) == []
