"""The background finds reports of one problem for triage: undecided ones too, leads alone, none that sounds like it elsewhere."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.models import Suggestion
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW
from tests.concurrency.committed import City
from tests.desks import do

DRAIN, AGAIN = "世纪花园东门排水沟堵塞，污水横流三天没有人管", "世纪花园东门的排水沟堵了，污水漫到路上"
LAMP, LAMPS = "西六路中段路灯不亮，晚上黑漆漆", "西六路路灯坏了一排，老人摔了一跤"


def reported(body: str, region: str = "370303009006", now: datetime = NOW) -> Reported:
    with acting(ANYONE):
        return operations.report(new=NewReport(body=body, region_code=region), actor=ANYONE, now=now)


def similar(*matters: Reported) -> list[list[int]]:
    ids = [matter.matter_id for matter in matters]
    with database.acting_as(settings.INSTALLATION, "worker"):
        operations.suggestions_make(matter_ids=ids, now=NOW)
        found = dict(Suggestion.objects.filter(matter_id__in=ids).values_list("matter_id", "similar"))
    return [found[pk] for pk in ids]


def test_it_finds_undecided_ones_of_the_same_batch_and_leads_alone(city: City):
    cast = city.cast
    first, second, lamp, lamps = (reported(body) for body in (DRAIN, AGAIN, LAMP, LAMPS))
    old, far = reported(DRAIN, now=NOW - timedelta(days=31)), reported(DRAIN, "370306100200")
    assert similar(first, second, lamp, lamps) == [
        [second.matter_id],
        [first.matter_id],
        [lamps.matter_id],
        [lamp.matter_id],
    ]
    assert similar(far) == [[]]
    # Of two that are linked the lead is offered; one that was refused isn't.
    do(cast.dispatcher, second, "link", same_as=first.number)
    third = reported(AGAIN)
    assert similar(third) == [[first.matter_id]]
    do(cast.dispatcher, lamp, "refuse", ground="refuse.litigation", words="已由法院受理")
    assert similar(lamps) == [[]]
    assert old.matter_id not in similar(reported(DRAIN))[0]


def test_it_takes_as_many_queries_for_one_as_for_many(city: City):
    def queries(count: int) -> int:
        ids = [reported(DRAIN).matter_id for _ in range(count)]
        with database.acting_as(settings.INSTALLATION, "worker"):
            operations.suggestions_make(matter_ids=ids[:1], now=NOW)
            with CaptureQueriesContext(connection) as told:
                operations.suggestions_make(matter_ids=ids, now=NOW)
        return len(told)

    few = queries(1)
    assert queries(20) == few
    assert few <= 14
