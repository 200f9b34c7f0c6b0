"""The background process: tells the outbox's events, runs jobs and schedules, and stops cleanly."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from datetime import datetime

from django.db import DatabaseError, connections
from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.notices import operations as notices

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.3
AFTER_ERROR_SECONDS = 3.0


def drain(*, now: Callable[[], datetime]) -> int:
    """Tell every event that is due; returns how many were taken."""
    taken = 0
    while count := notices.tell_next(now=now()):
        taken += count
    return taken


def _tell(stop: threading.Event) -> None:
    """Tell events until told to stop; a database that is away is waited for."""
    while not stop.is_set():
        try:
            wait = 0.0 if notices.tell_next(now=timezone.now()) else IDLE_SECONDS
        except DatabaseError as error:
            log.warning("outbox: the database failed (%s), trying again", type(error).__name__)
            connections.close_all()
            wait = AFTER_ERROR_SECONDS
        stop.wait(wait)
    connections.close_all()


async def _work(stopping: asyncio.Event) -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        task = asyncio.create_task(
            worker_app.run_worker_async(
                # A long job (an export) keeps no limit from lapsing in its minute.
                concurrency=3,
                install_signal_handlers=False,
                shutdown_graceful_timeout=10,
                wait=True,
            )
        )
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def run() -> None:
    """Work until SIGTERM or SIGINT, then finish the batch at hand."""
    stop = threading.Event()
    teller = threading.Thread(target=_tell, args=(stop,), name="outbox")
    teller.start()

    async def main() -> None:
        stopping = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopping.set)
        await _work(stopping)

    try:
        asyncio.run(main())
    finally:
        stop.set()
        teller.join()
