"""What a process that was killed left on the disk: folders that it would have taken away itself."""

import shutil
from pathlib import Path

OLD_SECONDS = 24 * 3600
"""No work of ours takes as long: whoever made such a folder is dead."""


def sweep(folder: Path, prefix: str, now: float) -> int:
    """Take away the folders in `folder` that begin with `prefix` and weren't touched for a day; returns how many. `now` is in
    seconds since 1970. What can't be taken away (another user's) stays."""
    taken = 0
    for path in folder.glob(f"{prefix}*"):
        try:
            if path.is_symlink() or not path.is_dir() or now - path.stat().st_mtime < OLD_SECONDS:
                continue
        except OSError:
            continue
        shutil.rmtree(path, ignore_errors=True)
        taken += not path.exists()
    return taken
