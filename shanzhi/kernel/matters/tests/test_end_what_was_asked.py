"""What was left open on matters that have moved on since, by a version that didn't end it, is ended by the worker's job."""

from datetime import timedelta

from django.utils import timezone

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Ask
from tests.concurrency.committed import City, city
from tests.desks import at_stage, do

__all__ = ["city"]


def test_it_ends_what_nobody_can_answer_and_nothing_else(city: City):
    cast, now = city.cast, timezone.now()
    number = at_stage(cast, "take")
    with acting(cast.handler):
        matter = queries.matter_id_of_number(number) or 0
    do(cast.handler, matter, "ask_extension", now, ground="extend.works", words="要采购水泵", more_time="5wd")
    do(cast.supervisor, matter, "supervise", now, ground="supervise.overdue", words="请报告")
    step = do(cast.handler, matter, "reply", now, reply="修好了").step
    with acting(cast.handler):  # as it was left: a pause that waits in a stage where nobody answers it
        row = Ask.objects.get(matter_id=matter, code="extension")
        row.pk, row.code, row.type = None, "pause", "pause"
        row.save(force_insert=True)
    later = now + timedelta(hours=1)
    with database.acting_as(city.installation, "worker"):
        assert [operations.asks_drop(now=later), operations.asks_drop(now=later)] == [1, 0]
    with acting(cast.supervisor):
        found = Ask.objects.filter(matter_id=matter).order_by("id")
        assert list(found.values_list("code", "state", "decided_step")) == [
            ("extension", "open", None),
            ("supervision", "open", None),
            ("pause", "dropped", step),
        ]
        assert found.get(code="pause").decided_at == later
