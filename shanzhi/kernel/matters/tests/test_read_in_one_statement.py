"""What hangs on a matter is read in one statement: the very rows, types and values that each read gives by itself."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import Count, Model, QuerySet, TextField
from django.db.models.expressions import RawSQL
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.files.models import Attachment
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.models import (
    Ask,
    Assignment,
    Clock,
    DispatchRow,
    Link,
    Matter,
    MatterPlace,
    Part,
    Participant,
    Precedent,
    Remark,
    Rung,
    Suggestion,
)
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries.hanging import hanging
from shanzhi.kernel.matters.queries.together import together
from shanzhi.kernel.matters.tests.page_support import COMMUNITY, done, handed_to, reported
from tests.city import Cast

pytestmark = pytest.mark.django_db

AWKWARD = '{"a": [1, 2.50]}\\x00 "双引号" ,NULL, {,}\n第二行 100% %s \'单\' \\ 😀'
TABLES: tuple[type[Model], ...] = (
    *(Matter, MatterPlace, Participant, Assignment, Clock, Ask, Rung, Precedent, Remark, Suggestion, Link, Part),
    *(Entry, Attachment, DispatchRow),
)


def rich(cast: Cast) -> int:
    """A matter with a point, awkward words, shares, clocks, an ask, remarks, and another linked under it."""
    now = timezone.now() - timedelta(hours=1)
    with acting(ANYONE):
        new = NewReport(body=AWKWARD, title="电梯", region_code=COMMUNITY, latitude=36.8135, longitude=118.0172)
        made = operations.report(new=new, actor=ANYONE, now=now)
    handed_to(cast.handler, cast.dispatcher, made)
    done(cast.handler, made, "note", words=AWKWARD)
    done(cast.handler, made, "ask_extension", ground="extend.works", words="等配件", more_time="5wd")
    done(cast.dispatcher, reported(), "link", same_as=made.number)
    return made.matter_id


def values(row: Any) -> Any:
    """A row with the type of each of its values; of a model also what was read along with it."""
    if not isinstance(row, Model):
        return row, type(row)
    kept = {name: value for name, value in vars(row).items() if name != "_state"}
    return type(row), row._state.db, row._state.adding, {name: (value, type(value)) for name, value in kept.items()}


def same(*wanted: QuerySet[Any, Any]) -> list[int]:
    """How many rows each read gave, once it is proved that both ways give the same."""
    for found, each in zip(together(*wanted), wanted, strict=True):
        assert [values(row) for row in found] == [values(row) for row in each.all()], each.model
    return [len(each) for each in wanted]


def test_it_reads_every_table_as_each_is_read_by_itself(cast: Cast):
    matter_id = rich(cast)
    for actor in (cast.handler, cast.dispatcher, cast.supervisor, cast.neighbour_dispatcher, ANYONE):
        with acting(actor):
            same(*(table._default_manager.order_by("pk") for table in TABLES))
    with acting(cast.handler):
        rows = same(*(table._default_manager.filter(matter_id=matter_id) for table in (Assignment, Clock, Ask, Remark)))
    assert all(rows), rows


def test_it_reads_values_counts_and_what_is_joined(cast: Cast):
    matter_id = rich(cast)
    with acting(cast.dispatcher):
        rows = Remark.objects.filter(matter_id=matter_id).order_by("step")
        assert same(
            rows.values_list("text", flat=True),
            rows.values_list("part").annotate(Count("pk")).order_by("part"),
            rows.values("salt", "for_reporter"),
            rows.select_related("matter")[:1],
            rows.none(),
            rows.filter(pk__in=[]),
            rows.values_list(RawSQL("ARRAY['甲,乙', '{', NULL]", [], output_field=ArrayField(TextField()))),
        )[-4:-1] == [1, 0, 0]
        assert together() == []
        assert together(rows.none()) == [[]]
        assert AWKWARD in together(rows.values_list("text", flat=True))[0]


def test_it_asks_once_for_all_that_hangs_on_a_matter(cast: Cast):
    matter_id = rich(cast)
    with acting(cast.handler):
        with CaptureQueriesContext(connection) as seen:
            hung = hanging(matter_id)
        assert len(seen) == 1
        assert hung is not None
        assert hung.matter == Matter.objects.get(pk=matter_id)
        assert [row.pk for row in hung.shares] == list(
            Assignment.objects.filter(matter_id=matter_id).order_by("id").values_list("pk", flat=True)
        )
        assert hung.kept >= {"body"} or hung.kept == frozenset()


@pytest.mark.parametrize("part", ["neighbour_handler", "neighbour_dispatcher", None])
def test_it_shows_nothing_to_who_has_no_part_in_it(cast: Cast, part: str | None):
    matter_id = rich(cast)
    actor: Actor = getattr(cast, part) if part else ANYONE
    with acting(actor):
        assert hanging(matter_id) is None
        assert together(Remark.objects.filter(matter_id=matter_id), Entry.objects.filter(subject_id=matter_id)) == [
            [],
            [],
        ]
