"""How long it took: days as the calendar has them, each figure equal to its list, nothing said of nothing."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.batch import BatchRow
from shanzhi.kernel.matters.queries import ListFilter, Sitting, Took
from shanzhi.kernel.matters.tests.page_support import page, queries_of, signed_in
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy.ontime import Share
from shanzhi.modules.oversight.queries import OnTime
from shanzhi.modules.oversight.tests.city_of_work import HERE, THERE, dispatched, reported, to_the_end, work
from shanzhi.modules.oversight.tests.test_count_what_the_list_shows import rows_of
from tests.city import Cast

pytestmark = pytest.mark.django_db
MOST_QUERIES = 12
ALL = "since=&until=&ended_since=&ended_until="


def settled(*pairs: tuple[str, str], region: str = HERE, source: str = "old") -> None:
    """Records of another system with the times of report and reply, in the city's time; imported as the importer does."""
    rows = [
        BatchRow(f"{source}-{n}", _at(first), "路灯不亮", reply="已修好。", replied_at=_at(last), region_code=region)
        for n, (first, last) in enumerate(pairs)
    ]
    list(operations.import_batch(rows=rows, source=source, now=timezone.now()))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def look(actor: Actor, **wanted: Any) -> OnTime:
    with acting(actor):
        return queries.ontime(actor, ListFilter(open_only=False, **wanted), timezone.now())


def test_it_runs(cast: Cast, db: None):
    work(cast)
    found = look(cast.supervisor)
    print(found)
    html = page(signed_in("supervisor").get("/oversight/ontime/"))
    print(re.sub(r"<[^>]+>|\s+", " ", html)[:3000])
