"""Background work of the slice; the projector has a thread of its own (`config/worker.py`)."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import local_date
from shanzhi.kernel.facts import operations

FIRST_NIGHTS = 7
"""Days of a month in whose nights the one before is cut; what was missed then is for `shanzhi facts cut`."""


@app.periodic(cron="40 17-21 * * *")  # 01:40 to 05:40 in the city
@app.task(queueing_lock="facts.cut", name="facts.cut")
def cut(timestamp: int) -> None:
    """In the first nights of a month: cut the one before, once its entries are projected."""
    if local_date(timezone.now()).day <= FIRST_NIGHTS:
        operations.cut_due(now=timezone.now())
