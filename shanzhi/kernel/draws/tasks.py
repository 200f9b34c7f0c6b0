"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.draws import operations


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="draws.go_on", name="draws.go_on")
def go_on(timestamp: int) -> None:
    """Every minute: take heads, show our nonces, make what is due."""
    operations.draws_go_on(now=timezone.now())
