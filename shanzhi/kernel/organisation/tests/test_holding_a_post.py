"""Somebody takes a post, leaves it, and who was responsible on a date stays answerable."""

from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import DjangoAssertNumQueries

from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.models import Post, PostHolding
from shanzhi.kernel.organisation.operations._common import from_day
from shanzhi.kernel.organisation.policy import (
    BadPeriod,
    BadStaff,
    Level,
    NoSuchPost,
    NoSuchStaff,
    PostTaken,
    PostVacant,
    Sees,
    WorkNumberTaken,
)
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, OPENED, TODAY
from tests.roles import everything


def entries_of(kind: str, subject_id: int) -> list[EntryRow]:
    """Read by nobody of the city: the importer writes its entries and reads none."""
    with everything():
        return journal.entries_of(kind, subject_id)


GRID = "370303009006001"
HANDED_OVER = date(2025, 3, 1)


def _grid_worker() -> queries.Responsible:
    return next(row for row in queries.responsible_on(GRID, TODAY) if row.role == "grid_worker")


def _newcomer(name: str = "赵新", number: str = "N1") -> int:
    return operations.staff_add(name=name, work_number=number, now=NOW, author=LOADER)


def test_it_names_everybody_from_the_grid_to_the_city(city: operations.RegionsCount):
    rows = queries.responsible_on(GRID, TODAY)
    assert [(row.level, row.title) for row in rows[:3]] == [
        (Level.GRID, "网格长"),
        (Level.GRID, "网格员"),
        (Level.COMMUNITY, "承办员"),
    ]
    assert list(dict.fromkeys(row.level for row in rows)) == [
        Level.GRID,
        Level.COMMUNITY,
        Level.TOWNSHIP,
        Level.COUNTY,
        Level.CITY,
    ]
    assert all(row.staff_name for row in rows)
    assert not any("局" in row.unit_name for row in rows)
    assert any("局" in row.unit_name for row in queries.responsible_on(GRID, TODAY, with_departments=True))
    assert queries.responsible_on(GRID, date(2023, 1, 1)) == []


def test_it_gives_a_post_with_all_that_acting_in_it_needs(city: operations.RegionsCount):
    worker = _grid_worker()
    card = queries.post_card(worker.post_id, TODAY)
    assert card is not None
    assert (card.role, card.title, card.sees, card.region_code) == ("grid_worker", "网格员", Sees.REGION, GRID)
    assert card.ranges.to_pg() == "{[370303009006001,370303009006002)}"
    assert (card.staff_id, card.staff_name) == (worker.staff_id, worker.staff_name)
    assert queries.post_cards([card.post_id, 0], TODAY) == {card.post_id: card}
    assert card in queries.posts_of_unit(card.unit_id, TODAY)
    assert queries.post_card(card.post_id, date(2023, 1, 1)) is None


def test_it_lets_a_posts_own_ranges_replace_its_regions(city: operations.RegionsCount):
    worker = _grid_worker()
    with everything():
        Post.objects.filter(id=worker.post_id).update(ranges="{[370303009,37030300:)}")
    card = queries.post_card(worker.post_id, TODAY)
    assert card is not None
    assert card.ranges.to_pg() == "{[370303009,37030300:)}"


def test_it_hands_a_post_over_and_remembers(city: operations.RegionsCount):
    before = _grid_worker()
    newcomer = _newcomer()
    operations.end_holding(post_id=before.post_id, on=HANDED_OVER, now=NOW, author=LOADER)
    assert _grid_worker().staff_id is None
    operations.hold_post(post_id=before.post_id, staff_id=newcomer, on=HANDED_OVER, now=NOW, author=LOADER)
    assert _grid_worker().staff_name == "赵新"
    last_day = queries.responsible_on(GRID, date(2025, 2, 28))
    assert before.staff_id in [row.staff_id for row in last_day if row.role == "grid_worker"]
    assert [card.post_id for card in queries.posts_of_staff(newcomer, TODAY)] == [before.post_id]
    assert queries.posts_of_staff(newcomer, date(2025, 2, 28)) == []
    assert [(entry.step, entry.action, entry.payload["staff_id"]) for entry in entries_of("post", before.post_id)] == [
        (1, "post.leave", before.staff_id),
        (2, "post.hold", newcomer),
    ]


def test_it_refuses_a_post_that_somebody_holds_and_says_who(city: operations.RegionsCount):
    worker = _grid_worker()
    newcomer = _newcomer()
    with pytest.raises(PostTaken) as refused:
        operations.hold_post(post_id=worker.post_id, staff_id=newcomer, on=TODAY, now=NOW, author=LOADER)
    assert str(refused.value) == (
        f"“网格员”自 2024年1月1日 起由{worker.staff_name}担任。请先办理离任，或改用离任之后的日期。"
    )
    assert entries_of("post", worker.post_id) == []


def test_it_refuses_a_stand_in_that_runs_into_the_next_holder(city: operations.RegionsCount):
    worker = _grid_worker()
    assert worker.staff_id is not None
    operations.end_holding(post_id=worker.post_id, on=HANDED_OVER, now=NOW, author=LOADER)
    operations.hold_post(post_id=worker.post_id, staff_id=worker.staff_id, on=TODAY, now=NOW, author=LOADER)
    stand_in: dict[str, Any] = {
        "post_id": worker.post_id,
        "staff_id": _newcomer(),
        "on": HANDED_OVER,
        "now": NOW,
        "author": LOADER,
    }
    with pytest.raises(PostTaken):
        operations.hold_post(**stand_in)
    operations.hold_post(**stand_in, until=TODAY)
    with pytest.raises(BadPeriod):
        operations.hold_post(**stand_in, until=HANDED_OVER)


def test_it_lets_one_person_hold_several_posts(city: operations.RegionsCount):
    clerk = next(row for row in queries.responsible_on(GRID, TODAY) if row.level is Level.COMMUNITY)
    assert clerk.staff_id is not None
    assert [card.role for card in queries.posts_of_staff(clerk.staff_id, TODAY)] == ["handler", "grid_chief"]


def test_it_says_what_is_missing(city: operations.RegionsCount):
    worker = _grid_worker()
    with pytest.raises(NoSuchStaff):
        operations.hold_post(post_id=worker.post_id, staff_id=0, on=TODAY, now=NOW, author=LOADER)
    with pytest.raises(NoSuchPost):
        operations.hold_post(post_id=0, staff_id=0, on=TODAY, now=NOW, author=LOADER)
    with pytest.raises(NoSuchPost):
        operations.end_holding(post_id=worker.post_id, on=date(2023, 1, 1), now=NOW, author=LOADER)
    with pytest.raises(PostVacant):
        operations.end_holding(post_id=worker.post_id, on=OPENED, now=NOW, author=LOADER)
    operations.end_holding(post_id=worker.post_id, on=HANDED_OVER, now=NOW, author=LOADER)
    with pytest.raises(PostVacant):
        operations.end_holding(post_id=worker.post_id, on=TODAY, now=NOW, author=LOADER)


def test_it_enters_staff_once_for_a_work_number(empty_city: None):
    _newcomer()
    with pytest.raises(WorkNumberTaken) as refused:
        _newcomer("钱二")
    assert str(refused.value) == "工号“N1”已由赵新使用。请核对工号。"
    for name, number in (("", "N2"), ("  ", "N2"), ("王", ""), ("王" * 51, "N2"), ("王", "N" * 33)):
        with pytest.raises(BadStaff):
            _newcomer(name, number)


def test_the_database_itself_refuses_two_holders(city: operations.RegionsCount):
    worker = _grid_worker()
    assert worker.staff_id is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        PostHolding.objects.create(post_id=worker.post_id, staff_id=worker.staff_id, valid=from_day(TODAY))


def test_it_pins_its_queries(city: operations.RegionsCount, django_assert_num_queries: DjangoAssertNumQueries):
    worker = _grid_worker()
    assert worker.staff_id is not None
    staff_id = worker.staff_id
    for expected, read in (
        (2, lambda: queries.responsible_on(GRID, TODAY)),
        (1, lambda: queries.post_card(worker.post_id, TODAY)),
        (1, lambda: queries.post_cards(range(50), TODAY)),
        (1, lambda: queries.posts_of_staff(staff_id, TODAY)),
        (1, lambda: queries.posts_of_unit(worker.unit_id, TODAY)),
    ):
        with django_assert_num_queries(expected):
            read()
