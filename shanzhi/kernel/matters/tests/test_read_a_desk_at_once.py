"""A desk that is read at once shows what its count and each of its lists show by themselves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.queries import ListFilter, Sitting
from shanzhi.kernel.matters.tests.page_support import COMMUNITY, handed_to, reported
from tests.city import Cast

pytestmark = pytest.mark.django_db
GRID = f"{COMMUNITY}001"
WAITING = ("reported", "accepted")


@pytest.fixture(autouse=True)
def _filled(cast: Cast) -> None:
    """More than a page that waits, late ones among it; some with a unit."""
    for place in range(30):
        reported(title=f"等待{place}", region=GRID if place % 3 else COMMUNITY, ago=timedelta(days=place % 12))
    for _ in range(3):
        handed_to(cast.handler, cast.dispatcher, reported())


@pytest.mark.parametrize("light", ["", "normal", "warning", "overdue"])
@pytest.mark.parametrize("part", ["dispatcher", "neighbour_dispatcher", "handler", "supervisor"])
def test_it_shows_what_each_shows_by_itself(cast: Cast, part: str, light: str):
    actor, now = cast.actors()[part], timezone.now()
    whole = ListFilter(stages=WAITING, sitting=Sitting(holder_id=cast.dispatcher.unit_id))
    own = ListFilter(unit_id=actor.unit_id, part="lead")
    for all_of_it, wanted in ((whole, replace(whole, light=light)), (own, replace(own, light=light))):
        with acting(actor):
            first = queries.matters_page(wanted, now=now, actor=actor)
            for after, before in (("", ""), (first.next_after, ""), ("9_9_9", ""), ("", first.next_after)):
                found = queries.desk_page(
                    all_of_it, wanted, now=now, actor=actor, after=after, before=before, lists=[own]
                )
                assert found.count == queries.desk_count(all_of_it, now=now, actor=actor)
                assert found.page == queries.matters_page(wanted, now=now, actor=actor, after=after, before=before)
                assert found.lists == (queries.matters_page(own, now=now, actor=actor),)


def test_the_whole_desk_of_a_centre_is_seen_page_by_page(cast: Cast):
    actor, now = cast.dispatcher, timezone.now()
    whole = ListFilter(stages=WAITING, sitting=Sitting(holder_id=actor.unit_id))
    with acting(actor):
        first = queries.desk_page(whole, whole, now=now, actor=actor)
        second = queries.desk_page(whole, whole, now=now, actor=actor, after=first.page.next_after)
        back = queries.desk_page(whole, whole, now=now, actor=actor, before=second.page.previous_before)
    assert (len(first.page.rows), len(second.page.rows), first.count.waiting) == (25, 5, 30)
    assert (back.page.rows, second.page.total) == (first.page.rows, 30)
    assert {row.id for row in first.page.rows} & {row.id for row in second.page.rows} == set()


def test_a_units_board_shows_what_each_shows_by_itself(cast: Cast):
    actor, now = cast.handler, timezone.now()
    mine = ListFilter(unit_id=actor.unit_id, part="lead", region_code=COMMUNITY)
    ended = ListFilter(kind="request", open_only=False, sort="newest")
    with acting(actor):
        board = queries.unit_board(mine, [(mine, 2), (ended, 30), (mine, 0)], now=now, actor=actor)
        assert board.count == queries.desk_count(mine, now=now, actor=actor)
        assert board.lists == (
            queries.matters_page(mine, now=now, actor=actor, size=2).rows,
            queries.matters_page(ended, now=now, actor=actor, size=30).rows,
            (),
        )
        assert (board.count.waiting, len(board.lists[0]), len(board.lists[1])) == (3, 2, 3)
