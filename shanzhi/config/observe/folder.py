"""Where processes keep their figures: decided before the library of metrics is imported, which reads it once."""

import shutil
from pathlib import Path

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def folder_of(home: Path, role: str) -> Path:
    """Where the processes of one role keep their figures."""
    return home / "metrics" / role


def fresh_folder(home: Path, role: str) -> Path:
    """An empty folder for the processes of one role, which are about to start."""
    folder = folder_of(home, role)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    return folder
