"""What the worker does for places: they follow when their regions are redrawn."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import local_date
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation


@app.periodic(cron="7 * * * *")
@app.task(queueing_lock="grid.places_follow", name="grid.places_follow")
def places_follow(timestamp: int) -> None:
    """Every hour: let places follow redraws that have taken effect; until then they are listed where they lay."""
    now = timezone.now()
    organisation.places_follow(on=local_date(now), now=now, author=Author("system"))
