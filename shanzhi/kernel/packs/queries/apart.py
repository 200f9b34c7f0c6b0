"""A check in a process of its own, for files of strangers: whatever such a file does to it, it ends in time, and alone.

The process is the command `shanzhi pack verify`, as anybody runs it: no settings, no database and no secret in its
environment.
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from threading import Lock

from shanzhi.core.errors import DomainError
from shanzhi.core.leftovers import sweep
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import PublicKey
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.telling import from_json

_one = Lock()
_MB = 1_000_000
_OWN_MB = 3000
"""Megabytes of address space that the program takes beside DuckDB's memory: libraries, threads, tables of the check."""
_FILE_MB = 500
_SAID_MOST = 64 * _MB
_PREFIX = "shanzhi-check-"
_GRACE = 15
"""Seconds for starting the process and for its last words."""


class CheckBusy(DomainError):
    """Another file is being checked."""

    status = 503
    code = "pack-check-busy"


class CheckFailed(DomainError):
    """The process ended without a result: a file that it couldn't bear, or no memory."""

    status = 422
    code = "pack-check-failed"


@dataclass(frozen=True, slots=True)
class Room:
    """What a check apart may take: seconds, megabytes of DuckDB, matters that are folded again, processors."""

    seconds: float = 30
    memory_mb: int = 600
    sample: int = 50
    threads: int = 1


ORDINARY = Room()


def check_apart(
    path: Path, name: str, room: Room = ORDINARY, *, keys: Sequence[PublicKey] = (), city: str = ""
) -> Checked:
    """Check a pack beside; `name` is what its sender calls it; `keys` and `city`: whose it should be, where that is known. One
    at a time in a process.

    Raises:
        CheckBusy: another one is under way.
        CheckFailed: nothing came of it.
    """
    if not _one.acquire(blocking=False):
        raise CheckBusy(msg("另一个文件正在核对。请过一分钟再试，或在命令行里用 shanzhi pack verify 核对。"))
    try:
        found = from_json(json.loads(_said(_command(path, room, keys, city), path.stat().st_size, room)))
    except (subprocess.TimeoutExpired, OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        words = msg("没能核对完：文件太大或太复杂。请在命令行里用 shanzhi pack verify 核对。")
        raise CheckFailed(words) from error
    finally:
        _one.release()
    found.name = name
    return found


def _said(command: Sequence[str], size: int, room: Room) -> bytes:
    """What the process says. Its folder is ours, so that nothing of a file stays on the disk whatever becomes of it; the system
    holds it to its memory, its files and its time, so that nothing goes on once we are gone."""
    sweep(Path(gettempdir()), _PREFIX, time.time())
    with TemporaryDirectory(prefix=_PREFIX) as folder, open(Path(folder) / "said", "w+b") as said:
        process = subprocess.Popen(
            command, env=_environment(folder), stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            _hold(process.pid, size, room)
            process.wait(room.seconds + _GRACE)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        said.seek(0)
        return said.read(_SAID_MOST)


def _hold(pid: int, size: int, room: Room) -> None:
    """Bounds of the system for a process: its memory, any file that it writes, the seconds that it computes."""
    memory = (room.memory_mb * 2 + _OWN_MB) * _MB
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, 2 * size + _FILE_MB * _MB),
        (resource.RLIMIT_CPU, int(room.seconds + _GRACE) * max(1, room.threads) + 1),
    ):
        with suppress(ProcessLookupError):
            resource.prlimit(pid, what, (most, most))


def _command(path: Path, room: Room, keys: Sequence[PublicKey], city: str) -> list[str]:
    options: list[tuple[str, object]] = [
        ("seconds", f"{room.seconds:g}"), ("memory", room.memory_mb), ("sample", room.sample), ("threads", room.threads),
        ("city", city), *(("key", key.text()) for key in keys),
    ]  # fmt: skip
    listed = [word for option, value in options if value != "" for word in (f"--{option}", str(value))]
    return [sys.executable, "-m", "shanzhi", "pack", "verify", str(path), "--json", *listed]


def _environment(folder: str) -> dict[str, str]:
    return {
        "PATH": os.defpath,
        "TMPDIR": folder,
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(each for each in sys.path if each),
    }
