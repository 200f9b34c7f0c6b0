"""Background work of the slice: what daily work leaves is taken in and looked into; what is over is destroyed."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.evidence import operations

MOST = 40
"""Batches of one run: the next run goes on."""


@app.periodic(cron="*/10 * * * *")
@app.task(queueing_lock="evidence.take", name="evidence.take")
def take(timestamp: int) -> None:
    """Every ten minutes: attachments of matters and of typed-in figures come into the archive."""
    for _ in range(MOST):
        if not operations.evidence_take(now=timezone.now()):
            break
    for _ in range(MOST):
        if not operations.evidence_mark(now=timezone.now()):
            break


@app.periodic(cron=daily("04:40"))
@app.task(queueing_lock="evidence.retire", name="evidence.retire")
def retire(timestamp: int) -> None:
    """At night: files whose time of retention is over are destroyed."""
    operations.evidence_retire(now=timezone.now())
