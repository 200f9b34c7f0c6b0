"""Background work of the module."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.notices.policy import on_event
from shanzhi.modules.imports import running
from shanzhi.modules.imports.uploads import START_TOPIC

on_event(START_TOPIC, running.run_soon)


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="imports.run", name="imports.run")
def run(timestamp: int) -> None:
    """Every minute, and as soon as somebody starts one: run the imports that wait."""
    running.imports_run(now=timezone.now())


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="imports.expire", name="imports.expire")
def expire(timestamp: int) -> None:
    """Every ten minutes: throw away files that nobody started, and rejects whose week is over."""
    running.uploads_expire(now=timezone.now())
