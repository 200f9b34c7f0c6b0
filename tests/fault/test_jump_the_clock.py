"""The machine's clock jumps, forwards and backwards: the journal's order, its seals and every promise stay as they were.

The database stamps and orders the journal by a clock and transaction numbers of its own, which a test can't turn; what a test
can turn is `now`, which every operation is given. Ticks of a clock that is only wrong are told by `shanzhi doctor`.
"""

from datetime import timedelta

import pytest
from django.db import connection

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting, token_issue
from shanzhi.kernel.access.policy import SignInNeeded
from shanzhi.kernel.access.queries import actor_of_token
from shanzhi.kernel.journal import queries as told
from shanzhi.kernel.matters import operations
from tests.city import NOW
from tests.concurrency.committed import City, city, seal_all
from tests.concurrency.steps import CATEGORY, entries, report, reporter_of

__all__ = ["city"]

DAYS = (0, 40, -400, 3, -1)
"""What the clock shows at each step, in days from now."""


def test_it_keeps_order_and_seals_whatever_the_clock_shows(city: City):
    made, cast = report(), city.cast
    steps = (
        (cast.dispatcher, "accept", {"category": CATEGORY}),
        (cast.dispatcher, "dispatch", {"lead": cast.handler.unit_id}),
        (cast.handler, "take", {}),
        (cast.handler, "reply", {"reply": "修好了。"}),
        (cast.checker, "check_pass", {}),
    )
    sealed = 0
    for days, (actor, action, fields) in zip(DAYS, steps, strict=True):
        now = NOW + timedelta(days=days)
        with acting(actor):
            operations.act(matter_id=made.matter_id, action=action, actor=actor, now=now, fields=fields)
        sealed += seal_all(city.installation, now)
    assert entries(city, made) == ["report", *(action for _, action, _ in steps)]
    with database.acting_as(city.installation, "worker"):
        rows = told.entries_of("matter", made.matter_id)
        assert [row.recorded_at for row in rows] == sorted(row.recorded_at for row in rows)
        assert [(row.happened_at - NOW).days for row in rows] == [0, *DAYS]
        found = told.verify()
    assert found.is_whole
    assert found.unsealed == 0
    assert sealed == found.leaves


def test_it_lets_nobody_in_by_a_clock_that_went_on_and_nobody_stay_out_for_ever(city: City):
    with database.acting_as(city.installation, "importer"):
        token = token_issue(post_id=city.cast.dispatcher.post_id, label="clock", days=30, now=NOW)
    assert actor_of_token(token, NOW - timedelta(days=300)).post_id == city.cast.dispatcher.post_id
    with pytest.raises(SignInNeeded):
        actor_of_token(token, NOW + timedelta(days=31))
    assert actor_of_token(token, NOW + timedelta(days=29)).post_id == city.cast.dispatcher.post_id
    connection.close()


def test_it_reads_its_promises_as_they_were_given(city: City):
    """Due times are stored; what a clock that runs wrong does is show a light too early or too late, for as long as it does."""
    made = report()
    with acting(reporter_of(made)), connection.cursor() as cursor:
        cursor.execute("SELECT due_at FROM matters_matter WHERE id = %s", [made.matter_id])
        due = cursor.fetchone()
    with acting(city.cast.dispatcher):
        operations.act(
            matter_id=made.matter_id,
            action="note",
            actor=city.cast.dispatcher,
            now=NOW + timedelta(days=200),
            fields={"words": "记一笔"},
        )
    with acting(reporter_of(made)), connection.cursor() as cursor:
        cursor.execute("SELECT due_at FROM matters_matter WHERE id = %s", [made.matter_id])
        assert cursor.fetchone() == due
