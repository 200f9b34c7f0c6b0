"""A folder of backups: their names, how old the newest is, and how many are kept."""

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

SUFFIX, UNPROVED = ".backup", ".unproved"
_NAME = re.compile(r"(?P<schema>.+)-(?P<stamp>\d{8}T\d{6}Z)\.backup")
_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class Kept:
    """One backup in a folder."""

    path: Path
    taken_at: datetime


def program_version() -> str:
    """This program's version; "0" where it runs from a folder without being installed."""
    try:
        return version("shanzhi")
    except PackageNotFoundError:
        return "0"


def folder_of(home: Path) -> Path:
    """Where backups go by default: `SHANZHI_BACKUP_FOLDER`, or `backups` in the home folder."""
    named = os.environ.get("SHANZHI_BACKUP_FOLDER")
    return Path(named) if named else home / "backups"


def name_of(schema: str, now: datetime) -> str:
    """A backup's name: the city's schema and the time in UTC."""
    return f"{schema}-{now.astimezone(UTC).strftime(_STAMP)}{SUFFIX}"


def listed(folder: Path, schema: str) -> list[Kept]:
    """The whole backups of one city, oldest first."""
    found = []
    for path in folder.glob(f"*{SUFFIX}") if folder.is_dir() else ():
        match = _NAME.fullmatch(path.name)
        if match and match["schema"] == schema:
            found.append(Kept(path, datetime.strptime(match["stamp"], _STAMP).replace(tzinfo=UTC)))
    return sorted(found, key=lambda row: row.taken_at)


def thin_out(folder: Path, schema: str, *, most: int) -> list[Path]:
    """Remove the oldest backups of a city until `most` are left; returns which."""
    old = [row.path for row in listed(folder, schema)[:-most]] if most > 0 else []
    for path in old:
        path.unlink()
    return old


def doubt(path: Path) -> Path:
    """Give a backup that did not prove itself another name; it then counts as none."""
    return path.rename(path.with_name(path.name + UNPROVED))


def sync_folder(folder: Path) -> None:
    """Put the folder's own entries on the platter."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
