"""The background process: tells the outbox's events, seals the journal, runs jobs and schedules, and stops cleanly."""

import asyncio
import logging
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import psycopg
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import ConnectorException

from shanzhi.config import embedded
from shanzhi.config.observe import metrics
from shanzhi.core.errors import DomainError
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.facts import queries as facts_queries
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices import queries as notices_queries
from shanzhi.kernel.notices.policy.templates import GATEWAYS
from shanzhi.modules.seals import queries as seals

log = logging.getLogger(__name__)

IDLE_SECONDS = 0.3
AFTER_ERROR_SECONDS = 3.0
MEASURE_SECONDS = 10.0
STOP_SECONDS = 10
SEAL_SECONDS = 1.0
PROJECT_SECONDS = 0.3
DELIVER_SECONDS = 2.0


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
            _maybe_revive()
            wait = AFTER_ERROR_SECONDS
        stop.wait(wait)
    connections.close_all()


def _deliver(stop: threading.Event, gateway: str) -> None:
    """Send by one gateway until told to stop. Each has a thread of its own: one that hangs holds up no other."""
    while not stop.is_set():
        try:
            if gateway == "mail":
                notices.digest_due(timezone.now())
            wait = 0.0 if notices.deliver_due(gateway=gateway, now=timezone.now(), most=1) else DELIVER_SECONDS
        except (DatabaseError, DomainError) as error:
            log.warning("deliveries: failed (%s), trying again", type(error).__name__)
            connections.close_all()
            wait = AFTER_ERROR_SECONDS
        stop.wait(wait)
    connections.close_all()


def _maybe_revive() -> None:
    """Start an embedded database that has died; where that fails it is tried again at the next failure."""
    try:
        if embedded.maybe_revive(settings.INSTALLATION):
            log.warning("the embedded database was gone and has been started again")
    except embedded.EmbeddedFailed as error:
        log.error("%s", error)


def _seal(stop: threading.Event) -> None:
    """Seal the journal until told to stop, and sign its last state."""
    while not stop.is_set():
        try:
            wait = 0.0 if journal.seal(now=timezone.now()).more else SEAL_SECONDS
        except (DatabaseError, DomainError) as error:
            log.warning("sealing: failed (%s), trying again", type(error).__name__)
            connections.close_all()
            wait = AFTER_ERROR_SECONDS
        stop.wait(wait)
    with suppress(DatabaseError, DomainError):
        journal.seal(now=timezone.now(), head_every=timedelta(0))
    connections.close_all()


def _project(stop: threading.Event) -> None:
    """Project sealed entries into facts until told to stop."""
    while not stop.is_set():
        try:
            wait = 0.0 if facts.project(now=timezone.now()).more else PROJECT_SECONDS
        except (DatabaseError, DomainError) as error:
            said = error.sentence() if isinstance(error, DomainError) else type(error).__name__
            log.warning("facts: failed (%s), trying again", said)
            connections.close_all()
            wait = AFTER_ERROR_SECONDS
        stop.wait(wait)
    connections.close_all()


async def _work(stopping: asyncio.Event) -> None:
    """Run jobs until told to stop; a database that is away is waited for."""
    while not stopping.is_set():
        try:
            await _run_jobs(stopping)
        except (ConnectorException, psycopg.Error, DatabaseError, OSError) as error:
            log.warning("jobs: the database failed (%s), trying again", type(error).__name__)
        # It may also end by itself, having told of a database that is away: never try again at once.
        with suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), AFTER_ERROR_SECONDS)


async def _run_jobs(stopping: asyncio.Event) -> None:
    worker_app = app.with_connector(app.connector.get_worker_connector())  # type: ignore[attr-defined]
    async with worker_app.open_async():
        task = asyncio.create_task(
            worker_app.run_worker_async(
                # A long job (an export) keeps no limit from lapsing in its minute.
                concurrency=3,
                install_signal_handlers=False,
                shutdown_graceful_timeout=STOP_SECONDS,
                wait=True,
            )
        )
        stopped = asyncio.create_task(stopping.wait())
        await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        task.cancel()
        ended = (await asyncio.gather(task, return_exceptions=True))[0]
    if isinstance(ended, Exception):
        raise ended


def _measure(stop: threading.Event) -> None:
    """Tell the metrics how far behind the work is, until told to stop."""
    while not stop.wait(MEASURE_SECONDS):
        try:
            measure(now=timezone.now())
        except DatabaseError:
            connections.close_all()
    connections.close_all()


def measure(*, now: datetime) -> None:
    """Look once at what waits (worker's role) and set the gauges."""
    waiting, since = notices_queries.outbox_backlog()
    metrics.set_gauge("outbox_events", waiting)
    metrics.set_gauge("outbox_lag_seconds", (now - since).total_seconds() if since else 0)
    metrics.set_gauge("jobs_failed", ProcrastinateJob.objects.filter(status="failed").count())
    sent = seals.deliveries(now=now)
    metrics.set_gauge("seal_deliveries_waiting", sent.waiting)
    metrics.set_gauge("seal_deliveries_given_up", sent.given_up)
    projected = facts_queries.facts_state()
    metrics.set_gauge("facts_entries", projected.waiting)
    metrics.set_gauge("facts_lag_seconds", projected.lag(now))
    metrics.set_gauge("measured_at_seconds", now.timestamp())


def run() -> None:
    """Work until SIGTERM or SIGINT, then finish the batch at hand."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=task, args=(stop,), name=name)
        for name, task in (("outbox", _tell), ("seal", _seal), ("facts", _project), ("metrics", _measure))
    ]
    threads += [
        threading.Thread(target=_deliver, args=(stop, gateway), name=f"deliver-{gateway}") for gateway in GATEWAYS
    ]
    for thread in threads:
        thread.start()

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
        for thread in threads:
            thread.join()
