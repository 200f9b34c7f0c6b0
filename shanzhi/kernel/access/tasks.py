"""Background work of the slice."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.kernel.access import operations


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="access.signoff_run_due", name="access.signoff_run_due")
def signoff_run_due(timestamp: int) -> None:
    """Every minute: carry out what two people agreed to, let run out what nobody decided."""
    operations.signoff_run_due(now=timezone.now())
