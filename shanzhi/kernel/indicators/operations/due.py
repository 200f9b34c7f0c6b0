"""What is computed anew, and when: at once after a decision or a typed-in value, past months at night, this one often."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.kernel.facts.operations.cutting import cut_of
from shanzhi.kernel.facts.operations.projecting import place
from shanzhi.kernel.indicators.models import Computing, Due, Exclusion, Submission
from shanzhi.kernel.indicators.operations.computing import AlreadyComputing, Computed, Why, compute
from shanzhi.kernel.indicators.operations.restating import figures_restate
from shanzhi.kernel.indicators.operations.touched import is_touched
from shanzhi.kernel.indicators.policy.periods import later, month_of

log = logging.getLogger(__name__)
LOOK_BACK = 24
"""Months in which late events are looked for."""
REASONS = {"exclusion": "granted", "included": "declined"}


def due_add(*, key: str, month: int, reason: str, about: int, now: datetime) -> None:
    """Let an indicator's period be computed anew soon. Worker's role."""
    Due.objects.get_or_create(key=key, month=month, reason=reason, about=about, defaults={"months": 1, "asked_at": now})


def compute_due(*, now: datetime) -> list[Computed]:
    """Compute what waits, each decision by itself so that its own effect is seen, whatever else the facts know by then; what
    isn't projected yet waits on. Worker's role."""
    done = []
    rows = list(Due.objects.order_by("month", "key", "id"))
    ready = [row for row in rows if _is_projected(row)]
    for (month, key), group in groupby(ready, key=lambda row: (row.month, row.key)):
        for row in group:
            try:
                done.append(compute(month=month, keys=(key,), now=now, why=Why(row.reason, row.about)))
            except AlreadyComputing:
                log.info("month %s is being computed; %s waits", month, key)
                break
            Due.objects.filter(pk=row.pk).delete()
    if done:
        figures_restate(now=now, months={month for one in done for month in one.months})
    return done


def _is_projected(row: Due) -> bool:
    """Do the facts know of the decision? It comes by the journal, sealed, a moment later."""
    if row.reason not in REASONS:
        return True
    found = Exclusion.objects.filter(pk=row.about).values_list("matter_id", "state").first()
    if found is None:
        return True
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM fact_exclusion WHERE matter_id = %s AND indicator = %s AND month = %s)",
            [found[0], row.key, row.month],
        )
        is_out = bool(cursor.fetchone()[0])
    return is_out is (found[1] == "granted")


def compute_current(*, now: datetime) -> Computed:
    """Compute the running month. Worker's role."""
    return compute(month=month_of(local_date(now)), now=now)


def compute_night(*, now: datetime) -> list[Computed]:
    """Compute the past months that aren't cut, and those in which late events have changed something since. Worker's role."""
    this = month_of(local_date(now))
    return [compute(month=month, now=now, patient=True) for month in sorted(_past(this, now))]


def _past(this: int, now: datetime) -> Iterable[int]:
    for back in range(1, LOOK_BACK + 1):
        month, upto = later(this, -back), place()
        rows = Computing.objects.filter(month=month, months=1)
        known = rows.order_by("cursor").values_list("cursor", flat=True).first()
        if known is None:
            if back == 1:
                yield month
        elif cut_of(month) is None or is_touched(month, known, upto):
            yield month
        else:
            # Nothing of the month is new up to there: the next night asks from there on.
            rows.update(checked_at=now, cursor=upto.number)


REMEMBER = timedelta(days=7)


def submissions_forget(*, now: datetime) -> int:
    """Forget submissions older than a week; returns how many. Worker's role."""
    deleted, _ = Submission.objects.filter(sent_at__lt=now - REMEMBER).delete()
    return deleted
