"""What a parent does for its children: starts them, starts again what dies, and stops all in order."""

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from shanzhi.config import embedded, server
from shanzhi.config.installation import Installation
from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.5
RESTARTS_MOST = 5
AT_ONCE_SECONDS = 3.0
WAIT_MOST = 30.0


class KeepsFailing(DomainError):
    """A process ends again and again, however often it is started."""

    status = 503
    code = "keeps-failing"


@dataclass(slots=True)
class Child:
    """A process that shall be there: its name for people, its command line and its environment."""

    name: str
    command: list[str]
    env: Mapping[str, str]
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    failures: int = 0
    """How often in a row it ended at once."""

    def start(self, moment: float) -> None:
        """Start it in a session of its own; `moment` is monotonic seconds."""
        self.process, self.started_at = server.start(self.command, self.env), moment

    def is_up(self) -> bool:
        """Is its process there?"""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """Ask it to end, and wait."""
        if self.process is not None:
            server.stop(self.process)

    def restart(self, moment: float) -> None:
        """Start it again, after its orphans are gone.

        Raises:
            KeepsFailing: it ended at once, five times in a row.
        """
        self.failures = self.failures + 1 if moment - self.started_at < AT_ONCE_SECONDS else 0
        if self.failures >= RESTARTS_MOST:
            raise KeepsFailing(
                msg("%(name)s一再停止，已不再重启。上面的日志里有原因；请用 shanzhi doctor 检查。"), name=self.name
            )
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        log.warning("%s ended, starting it again", self.command[-1])
        self.start(moment)


@dataclass(slots=True)
class Supervisor:
    """Keeps an installation's children up, and its embedded database where it has one."""

    installation: Installation
    children: list[Child]
    _try_database_at: float = 0.0
    _wait: float = 0.0

    def start(self) -> None:
        """Start all children."""
        for child in self.children:
            child.start(time.monotonic())

    def look(self, moment: float) -> None:
        """Look once at the database and each child, and start again what is gone; `moment` is monotonic seconds.

        Raises:
            KeepsFailing: a child can't be kept up. A database is tried for ever: its disk may be given room.
        """
        self._look_at_database(moment)
        for child in self.children:
            if not child.is_up():
                child.restart(moment)

    def _look_at_database(self, moment: float) -> None:
        if moment < self._try_database_at:
            return
        try:
            if embedded.maybe_revive(self.installation):
                log.warning("the embedded database was gone and has been started again")
            self._wait = 0.0
        except embedded.EmbeddedFailed as error:
            log.error("%s", error)
            self._wait = min(max(1.0, self._wait * 2), WAIT_MOST)
            self._try_database_at = moment + self._wait

    def run(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Look again and again, until interrupted."""
        while not until():
            self.look(time.monotonic())
            time.sleep(LOOK_SECONDS)

    def stop(self) -> None:
        """Stop all children, the last one first."""
        for child in reversed(self.children):
            child.stop()


def interrupt_on_signals() -> None:
    """Let SIGTERM do what Ctrl-C does. And Ctrl-C too: a shell that starts this in the background lets it be ignored."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    # A second one must not break off the orderly end.
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt
