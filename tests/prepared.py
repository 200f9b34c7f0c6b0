"""A home folder with roles, tables and the standing city, made once and copied for every test that breaks one of its own;
and one with roles and tables alone (`tests.migrated`), from which the others are made.

To make one takes twenty times as long as to copy it. It is kept under a hash of everything that it is made from (the
program, the city, the installed packages, the day), so that nothing that has changed since is ever copied.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "var" / "cache" / "prepared"
MADE_FROM = ("shanzhi", "tests")
SAID = "said-when-made"
TABLES = "tests.migrated"


def copy_prepared(home: Path, program: str, environment: Mapping[str, str]) -> str:
    """Fill `home` with what `python -m <program> prepare` makes of one that has tables; returns what the program printed.

    `environment` is the program's; its SHANZHI_HOME is set here.
    """
    with _one_at_a_time():
        kept = _kept(program, environment)
    _copy(kept, home)
    said = home / SAID
    text = said.read_text(encoding="utf-8")
    said.unlink()
    return text


def copy_tables(cluster: Path) -> None:
    """Put a database server's files into this folder, where there are none: the roles and a migrated database `shanzhi`."""
    with _one_at_a_time():
        kept = _kept(TABLES, _bare())
    _copy(kept / "pg", cluster)


def make_tables() -> "subprocess.Popen[bytes]":
    """Begin to make the home with tables, if there is none; whoever needs it meanwhile waits for it."""
    return subprocess.Popen([sys.executable, "-m", "tests.prepared"], cwd=ROOT, env=_bare())


def _bare() -> dict[str, str]:
    """Without what would lead a child to this process's own installation."""
    ours = ("SHANZHI_", "PYTEST_", "DATABASE_URL")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return bare | {"DJANGO_SETTINGS_MODULE": "shanzhi.config.settings"}


def _kept(program: str, environment: Mapping[str, str]) -> Path:
    kept = KEPT / f"{program}-{_made_from()}"
    if not kept.exists():
        for old in KEPT.glob(f"{program}-*"):
            shutil.rmtree(old)
        _make(kept, program, environment)
    return kept


def _make(kept: Path, program: str, environment: Mapping[str, str]) -> None:
    # In a short path, because the database's socket lies in it. The server stops with the program that started it.
    home = Path(tempfile.mkdtemp(prefix="sz-"))
    try:
        if program != TABLES:
            _copy(_kept(TABLES, _bare()), home)
        done = subprocess.run(
            [sys.executable, "-m", program, "prepare"],
            cwd=ROOT, env={**environment, "SHANZHI_HOME": str(home)}, stdout=subprocess.PIPE, text=True, check=True,
        )  # fmt: skip
        assert not (home / "pg" / "postmaster.pid").exists(), "the server is still running"
        (home / SAID).write_text(done.stdout, encoding="utf-8")
        half = kept.with_name("half-made")
        shutil.rmtree(half, ignore_errors=True)
        _copy(home, half)
        half.rename(kept)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _copy(found: Path, into: Path) -> None:
    """With owners and rights: a server that is started by root runs as somebody else, to whom its folder belongs."""
    into.mkdir(exist_ok=True)
    subprocess.run(["cp", "-a", f"{found}/.", into], check=True)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    KEPT.mkdir(parents=True, exist_ok=True)
    with (KEPT / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@cache
def _made_from() -> str:
    """A hash of all that a prepared home depends on."""
    found = hashlib.sha256(f"{sys.version} {datetime.now(tz=UTC).date()} {os.getuid()}".encode())
    for each in sorted(f"{one.name} {one.version}" for one in metadata.distributions()):
        found.update(each.encode())
    for folder in MADE_FROM:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.is_file() and path.suffix not in (".pyc", ".mo"):
                found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


if __name__ == "__main__":
    with _one_at_a_time():
        _kept(TABLES, _bare())
