"""Background work of the slice: sealing anew goes on a slice of every minute, expired records go at night."""

from django.utils import timezone
from procrastinate.contrib.django import app

from shanzhi.core.periods import daily
from shanzhi.kernel.vault import operations

BATCHES_A_MINUTE = 60


@app.periodic(cron="* * * * *")
@app.task(queueing_lock="vault.reencrypt", name="vault.reencrypt")
def reencrypt(timestamp: int) -> None:
    """Every minute: where sealing anew was begun and isn't done, do the next batches; whoever was killed is followed by
    the next minute's run."""
    for done, _ in enumerate(operations.reencrypt(now=timezone.now()), start=1):
        if done >= BATCHES_A_MINUTE:
            return


@app.periodic(cron=daily("03:40"))
@app.task(queueing_lock="vault.purge", name="vault.purge")
def purge(timestamp: int) -> None:
    """Every night: remove what is kept beyond its term."""
    for _ in operations.purge(now=timezone.now()):
        pass
