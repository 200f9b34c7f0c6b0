"""A city that runs gets the new kinds with the program's next version; what nobody asks for in time ends by itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.kinds import shipped_kinds
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import forget_kinds
from tests.city import NOW
from tests.concurrency.committed import City, committed_city
from tests.desks import do

BY_LAW = {"petition", "suggestion", "finding"}


def test_a_city_that_runs_takes_the_new_kinds_over_once(django_db_setup: None, django_db_blocker: Any) -> None:
    before = [path for path in shipped_kinds() if path.stem not in BY_LAW]
    with django_db_blocker.unblock(), committed_city("later", of="_empty") as installation:
        forget_kinds()
        with database.acting_as(installation, "importer"):
            assert operations.kinds_take_over(paths=before, now=NOW) == len(before)
            assert queries.live_kinds() == {"request", "incident"}
            assert operations.kinds_take_over(now=NOW + timedelta(days=90)) == len(BY_LAW)
            assert queries.live_kinds() == {"request", "incident"} | BY_LAW
            assert operations.kinds_take_over(now=NOW + timedelta(days=91)) == 0
    forget_kinds()


def answered(city: City, kind: str, steps: tuple[str, ...]) -> operations.Reported:
    """A matter of a kind that was answered now."""
    cast = city.cast
    with acting(cast.dispatcher):
        new = NewReport(body="地下室漏水", kind=kind, channel="letter", region_code="370303009006")
        made = operations.report(new=new, actor=cast.dispatcher, now=NOW)
    fields = {"dispatch": {"lead": cast.handler.unit_id}, "reply": {"reply": "已维修。"}}
    for step in steps:
        actor = cast.dispatcher if step in ("accept", "dispatch") else cast.handler
        do(actor, made, step, **fields.get(step, {}))
    return made


@pytest.mark.parametrize(
    ("kind", "steps", "due", "result"),
    [
        # 18.11. + 30 = 18.12., a Thursday; the corresponding day of the month after is the same one.
        ("petition", ("accept", "dispatch", "take", "reply"), datetime(2025, 12, 18, 9, 30, tzinfo=UTC), "closed"),
        ("suggestion", ("dispatch", "take", "reply"), datetime(2025, 12, 18, 9, 30, tzinfo=UTC), "lapsed"),
    ],
)
def test_it_ends_by_itself_when_nobody_says_a_word(
    city: City, kind: str, steps: tuple[str, ...], due: datetime, result: str
) -> None:
    made = answered(city, kind, steps)
    with database.acting_as(city.installation, "worker"):
        assert operations.lapse_due(now=due) == 0
        assert operations.lapse_due(now=due + timedelta(seconds=1)) == 1
    with acting(city.cast.dispatcher):
        card = queries.card(made.matter_id, actor=city.cast.dispatcher, now=due)
    assert (card.stage, card.result) == ("closed", result)
