"""A check in a process of its own, for files of strangers: whatever such a file does to it, it ends in time, and alone.

The process is the command `shanzhi pack verify`, as anybody runs it: no settings, no database and no secret in its
environment.
"""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import PublicKey
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.policy.telling import from_json

_one = Lock()
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
        done = subprocess.run(
            _command(path, room, keys, city),
            env=_environment(),
            capture_output=True,
            check=False,
            timeout=room.seconds + _GRACE,
        )
        found = from_json(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError, KeyError, TypeError) as error:
        words = msg("没能核对完：文件太大或太复杂。请在命令行里用 shanzhi pack verify 核对。")
        raise CheckFailed(words) from error
    finally:
        _one.release()
    found.name = name
    return found


def _command(path: Path, room: Room, keys: Sequence[PublicKey], city: str) -> list[str]:
    options: list[tuple[str, object]] = [
        ("seconds", f"{room.seconds:g}"), ("memory", room.memory_mb), ("sample", room.sample), ("threads", room.threads),
        ("city", city), *(("key", key.text()) for key in keys),
    ]  # fmt: skip
    listed = [word for option, value in options if value != "" for word in (f"--{option}", str(value))]
    return [sys.executable, "-m", "shanzhi", "pack", "verify", str(path), "--json", *listed]


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
