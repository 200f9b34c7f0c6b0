"""What a killed process left behind goes; what somebody works in stays."""

import os
from pathlib import Path

from shanzhi.core.leftovers import OLD_SECONDS, sweep

NOW = 1_800_000_000.0


def made(folder: Path, name: str, age: float) -> Path:
    """A folder with a file in it that was last touched so many seconds ago."""
    path = folder / name
    path.mkdir()
    (path / "half").write_bytes(b"x")
    os.utime(path, (NOW - age, NOW - age))
    return path


def test_old_folders_of_ours_go_and_nothing_else(tmp_path: Path) -> None:
    old, young = made(tmp_path, ".pack-a", OLD_SECONDS + 1), made(tmp_path, ".pack-b", OLD_SECONDS - 1)
    other, letters = made(tmp_path, "ab", OLD_SECONDS * 9), tmp_path / ".pack-file"
    letters.write_bytes(b"x")
    os.utime(letters, (0, 0))
    (tmp_path / ".pack-link").symlink_to(other)
    assert sweep(tmp_path, ".pack-", NOW) == 1
    assert (old.exists(), young.exists(), other.exists(), letters.exists()) == (False, True, True, True)
    assert sweep(tmp_path / "nowhere", ".pack-", NOW) == 0
