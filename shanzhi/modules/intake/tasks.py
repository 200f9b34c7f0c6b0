"""Background work of the module: the public list follows what happens to matters."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.notices.policy import Happened, on_event
from shanzhi.modules.intake import operations

STEP_TOPIC = "matters.step"
"""The topic under which matters tell each step; the body's `matter` is its id."""


def project_public(events: Sequence[Happened], now: datetime) -> None:
    """Bring the lines of these matters up to date."""
    matter_ids = sorted({int(event.body["matter"]) for event in events})
    if matter_ids:
        operations.public_take_over(matter_ids=matter_ids, now=now)


on_event(STEP_TOPIC, project_public)


@app.periodic(cron="*/15 * * * *")
@app.task(queueing_lock="intake.forget_codes", name="intake.forget_codes")
def forget_codes(timestamp: int) -> None:
    """Every quarter of an hour: forget phone codes and residents' sessions that are over."""
    operations.codes_forget(now=timezone.now())
