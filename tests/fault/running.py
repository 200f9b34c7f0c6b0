"""An installation that really runs, for tests that harm it: `shanzhi serve` and `shanzhi worker` in a home of their own."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from shanzhi.config import database, embedded, server
from shanzhi.config.installation import Installation
from tests.prepared import copy_prepared
from tests.started import Started

ROOT = Path(__file__).parents[2]
UP_SECONDS = 30


@dataclass(slots=True)
class Running:
    """An installation as it runs in a city: `shanzhi serve`, which keeps web server and database up, and `shanzhi worker`."""

    installation: Installation
    port: int
    served: "subprocess.Popen[bytes] | None" = None
    worker: "subprocess.Popen[bytes] | None" = None

    def start_serving(self) -> None:
        command = [
            sys.executable,
            "-m",
            "shanzhi",
            "serve",
            "--port",
            str(self.port),
            "--workers",
            "1",
            "--threads",
            "4",
        ]
        # Beside it stands no role: `serve` gives its children theirs.
        self.served = server.start(command, server.environment(self.installation, ""))
        self.wait_until_up()

    def start_worker(self) -> None:
        self.worker = server.start(server.worker_command(), server.environment(self.installation, "worker"))

    def kill_web(self) -> None:
        """kill -9 of the web server with all its processes; its parent is left alone."""
        assert self.served is not None
        (web,) = children_of(self.served.pid)
        os.killpg(web, signal.SIGKILL)

    def kill_worker(self) -> None:
        """kill -9 of the worker, which somebody (systemd) starts again."""
        kill(self.worker)
        self.start_worker()

    def kill_database(self) -> None:
        """kill -9 of PostgreSQL's first process; the others end when they notice."""
        os.kill(self.database_pid(), signal.SIGKILL)

    def database_pid(self) -> int:
        return int((self.installation.cluster / "postmaster.pid").read_text().split("\n", 1)[0])

    def wait_until_up(self) -> None:
        deadline = time.monotonic() + UP_SECONDS
        while time.monotonic() < deadline:
            with suppress(OSError, http.client.HTTPException, ValueError):
                if call(self.port, "GET", "/healthz")[0] == 200:
                    return
            time.sleep(0.05)
        raise AssertionError("the web server did not come up")

    def cut_connections(self) -> None:
        """End every session of the city's roles, as a database that restarts does."""
        with psycopg.connect(database.admin_url(self.installation)) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                " AND usename LIKE 'shanzhi%%' AND pid <> pg_backend_pid()", []
            )  # fmt: skip


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def kill(child: "subprocess.Popen[bytes] | None") -> None:
    """kill -9, with all its children."""
    if child is not None:
        with suppress(ProcessLookupError, FileNotFoundError):
            for grandchild in children_of(child.pid):
                os.killpg(grandchild, signal.SIGKILL)
        with suppress(ProcessLookupError, FileNotFoundError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def call(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        sent = None if body is None else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, sent, {"Content-Type": "application/json", **named})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def kill_as_soon_as(is_so: Callable[[], bool], running: Started, seconds: float) -> None:
    """kill -9 of what `start` started, once something is so; it must become so in these seconds, and before it ends."""
    give_up = time.monotonic() + seconds
    while not is_so():
        assert running.poll() is None, "it ended before it was killed"
        assert time.monotonic() < give_up, "it doesn't get on"
        time.sleep(0.001)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()


@contextmanager
def standing(home: Path, **settings: str) -> Iterator[Installation]:
    """The standing city in a home folder, with nothing running but its database, which is stopped at the end.

    Meanwhile this process's environment is the installation's, with these `settings` beside.
    """
    before = dict(os.environ)
    clean = {name: value for name, value in before.items() if not name.startswith("SHANZHI_")}
    own = {"SHANZHI_HOME": str(home), "DJANGO_SETTINGS_MODULE": "shanzhi.config.settings"}
    os.environ.clear()
    os.environ.update(clean | own | settings)
    installation: Installation | None = None
    try:
        copy_prepared(home, "tests.fault.set_up", os.environ)
        installation = Installation.from_environment()
        database.start_embedded(installation)
        yield installation
    finally:
        if installation is not None:
            embedded.stop(installation)
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def of_its_own(**settings: str) -> Iterator[Installation]:
    """The standing city in a temporary home, with nothing running but its database."""
    with _temporary_home() as home, standing(home, **settings) as installation:
        yield installation


@contextmanager
def installed(home: Path) -> Iterator[Running]:
    """The standing city in a home folder, ready to be served and worked; all of it stopped at the end."""
    with standing(home) as installation:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        found = Running(installation, port)
        try:
            yield found
        finally:
            kill(found.served)
            kill(found.worker)


@contextmanager
def at_work() -> Iterator[Running]:
    """The standing city with web server and worker, in a temporary home."""
    with _temporary_home() as home, installed(home) as running:
        running.start_serving()
        running.start_worker()
        yield running


@contextmanager
def _temporary_home() -> Iterator[Path]:
    home = Path(tempfile.mkdtemp(prefix="shanzhi-fault-"))
    try:
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
