"""Programs of ours as processes of their own: each a fork of one that has loaded what all of them need (`tests.loaded`).

To load takes a program more than two seconds of processor time, and the tests start some two hundred. Everything else is as
`python -m` has it: arguments, environment, folder, a session of its own, settings that are read from the environment.
Where it is the start itself that is tested, it is `python -m` (`shanzhi.config.server`, `tests/fault/running.py`).
"""

import atexit
import os
import runpy
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Said:
    """How a program ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


class Started:
    """A program that runs."""

    def __init__(self, process: ForkServerProcess) -> None:
        assert process.pid is not None
        self._process, self.pid = process, process.pid

    def poll(self) -> int | None:
        """Its exit code once it has ended."""
        return self._process.exitcode

    def wait(self, seconds: float | None = None) -> int:
        """Its exit code; it has to end in these seconds."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, f"it doesn't end in {seconds} seconds"
        return code


def start(
    module: str, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT, typed: bytes = b"",
    out: str = "", err: str = "",
) -> Started:  # fmt: skip
    """`python -m MODULE ARGUMENTS` in this environment, else in our own; `typed` is what somebody types.

    `out` and `err` are files to which it speaks; without them it speaks where we do.
    """
    environment = dict(os.environ if env is None else env)
    process = _forking().Process(target=_become, args=(module, arguments, environment, str(cwd), typed, out, err))
    process.start()
    running = Started(process)
    with suppress(ProcessLookupError):
        # Whoever kills it with all its children names its session, which it begins first.
        while running.poll() is None and os.getpgid(running.pid) != running.pid:
            time.sleep(0.001)
    return running


def run(
    module: str, *arguments: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT, typed: bytes = b"",
    is_one: bool = False, seconds: float = 120,
) -> Said:  # fmt: skip
    """The same, and wait for its end; with `is_one` all that it says stands in one text."""
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        running = start(
            module, *arguments, env=env, cwd=cwd, typed=typed, out=str(out), err=str(out if is_one else err)
        )
        code = running.wait(seconds)
        return Said(code, *(path.read_text(encoding="utf-8") if path.exists() else "" for path in (out, err)))


@cache
def _forking() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.loaded"])
    return context


def _become(
    module: str, arguments: tuple[str, ...], environment: dict[str, str], cwd: str, typed: bytes, out: str, err: str
) -> None:
    """The fork's part: be the program."""
    os.setsid()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(cwd)
    with tempfile.TemporaryFile() as keyboard:
        keyboard.write(typed)
        keyboard.seek(0)
        os.dup2(keyboard.fileno(), 0)
    sys.stdin = open(0, encoding="utf-8")  # noqa: SIM115 - for as long as it runs
    for path, descriptor in ((out, 1), (err, 2)):
        if path:
            told = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(told, descriptor)
            os.close(told)
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        # A fork ends without what an interpreter does at its end: the database's last holder stops it then.
        sys.stdout.flush()
        atexit._run_exitfuncs()
