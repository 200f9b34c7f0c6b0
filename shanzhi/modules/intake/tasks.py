"""Background work of the module: the public list follows what happens to matters."""

from collections.abc import Sequence
from datetime import datetime

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
