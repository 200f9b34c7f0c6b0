"""Starting the web server and the worker as processes of their own."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress

from shanzhi.config.installation import Installation
from shanzhi.config.observe.folder import FOLDER_VARIABLE, fresh_folder


def web_command(host: str, port: int, workers: int, threads: int) -> list[str]:
    """The web server's command line: Granian, WSGI, a fixed number of threads so that connections are kept."""
    return [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port),
        "--workers", str(workers), "--blocking-threads", str(threads), "--backpressure", str(threads * 16),
        "--respawn-failed-workers", "--no-ws", "--log-level", "warning", "shanzhi.config.wsgi:application",
    ]  # fmt: skip


def worker_command() -> list[str]:
    """The worker's command line."""
    return [sys.executable, "-m", "shanzhi", "worker"]


def environment(installation: Installation, role: str) -> dict[str, str]:
    """What a child process needs to find this installation, acting as one role; its metrics begin anew."""
    metrics = {FOLDER_VARIABLE: str(fresh_folder(installation.home, role))} if role else {}
    return {
        **os.environ,
        **metrics,
        "SHANZHI_HOME": str(installation.home),
        "SHANZHI_DATABASE": installation.database,
        "SHANZHI_SCHEMA": installation.schema,
        "SHANZHI_ROLE": role,
        "DJANGO_SETTINGS_MODULE": "shanzhi.config.settings",
    }


def start(command: list[str], env: Mapping[str, str]) -> "subprocess.Popen[bytes]":
    """Start a child in a session of its own, so that Ctrl-C reaches the parent alone, which then stops all in order."""
    return subprocess.Popen(command, env=dict(env), start_new_session=True)


def stop(child: "subprocess.Popen[bytes]", seconds: float = 15) -> None:
    """Ask a child to end and wait; end it by force where it doesn't, and what it had started with it."""
    if child.poll() is None:
        child.terminate()
        try:
            child.wait(seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    # One that was ended while it started its own children leaves them behind, with the port in their hands.
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
