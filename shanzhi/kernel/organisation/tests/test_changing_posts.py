"""A keeper sets up posts, changes and fills them; who held what when stays as it was."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.models import PostHolding
from shanzhi.kernel.organisation.operations import NewPost, PostNow
from shanzhi.kernel.organisation.operations._common import from_day
from shanzhi.kernel.organisation.policy import BadCode, NoSuchPost, PostTaken, Sees, UnknownRegion
from shanzhi.kernel.organisation.policy.offices import BadPost, ChangedMeanwhile, HistoryWritten, NoSuchUnit
from shanzhi.kernel.organisation.tests.cast import AUTHORED, LOADED, OPENED, TODAY, importing
from tests.roles import everything

pytestmark = pytest.mark.usefixtures("keeper")


def _unit() -> int:
    unit = queries.unit_by_code("justice-370303", TODAY)
    assert unit is not None
    return unit.id


def _post(role: str = "handler") -> int:
    return next(card.post_id for card in queries.posts_of_unit(_unit(), TODAY) if card.role == role)


def _staff(number: str = "K-1") -> int:
    with importing():
        return operations.staff_add(name="赵新", work_number=number, **LOADED)


def test_it_sets_up_a_vacant_post_on_the_next_seat() -> None:
    before = len(queries.posts_of_unit(_unit(), TODAY))
    first = operations.post_add(new=NewPost(_unit(), "checker", "370303"), on=TODAY, **AUTHORED)
    second = operations.post_add(new=NewPost(_unit(), "checker", "370303", "复核岗"), on=TODAY, **AUTHORED)
    cards = [queries.seat_card(first), queries.seat_card(second)]
    assert [(card.title, card.seat, card.sees) for card in cards if card] == [
        ("核查员", 1, Sees.REGION),
        ("复核岗", 2, Sees.REGION),
    ]
    seats = queries.seats_of_unit(_unit(), TODAY)
    assert len(seats) == before + 2
    assert [(seat.is_vacant, seat.since) for seat in seats if seat.post_id == first] == [(True, TODAY)]


@pytest.mark.parametrize(
    ("new", "on", "error"),
    [
        (NewPost(10**9, "handler", "370303"), TODAY, NoSuchUnit),
        (NewPost(0, "handler", "370399"), TODAY, UnknownRegion),
        (NewPost(0, "handler", "370303"), OPENED - timedelta(days=1), NoSuchUnit),
        (NewPost(0, "no-such", "370303"), TODAY, BadPost),
        (NewPost(0, "handler", "370303", "长" * 51), TODAY, BadPost),
    ],
)
def test_it_refuses_a_post_that_cannot_be(new: NewPost, on: date, error: type[Exception]) -> None:
    given = NewPost(new.unit_id or _unit(), new.role, new.region_code, new.title)
    with pytest.raises(error):
        operations.post_add(new=given, on=on, **AUTHORED)


def test_it_changes_role_and_range_and_keeps_what_was() -> None:
    post_id = _post()
    wide = PostNow("supervisor", Sees.REGION, ("370303009", "370303105"))
    # By the worker, once two people have agreed (tests/protection/test_appoint_with_two_people.py).
    with everything():
        operations.post_change(post_id=post_id, to=wide, on=TODAY, version=1, **LOADED)
    card = queries.seat_card(post_id)
    assert card is not None
    assert (card.role, card.sees, card.version) == ("supervisor", Sees.REGION, 2)
    assert card.ranges == CodeRanges.from_prefixes("370303009", "370303105")
    assert [(past.since, past.until, past.more) for past in card.past] == [(OPENED, TODAY, "handler")]
    with pytest.raises(ChangedMeanwhile, match="角色：承办员 → 督办员"):
        operations.post_rename(post_id=post_id, title="别的", on=TODAY, version=1, **AUTHORED)
    with everything():
        assert [row.action for row in journal.entries_of("post", post_id)] == ["post.change"]


def test_it_refuses_a_range_that_is_no_code() -> None:
    with pytest.raises(BadCode):
        operations.post_change(post_id=_post(), to=PostNow("handler", Sees.UNIT, ("abc",)), on=TODAY, **AUTHORED)
    with pytest.raises(BadPost):
        operations.post_change(post_id=_post(), to=PostNow("king", Sees.UNIT), on=TODAY, **AUTHORED)
    with pytest.raises(NoSuchPost):
        operations.post_rename(post_id=10**9, title="某岗", on=TODAY, **AUTHORED)


def test_it_refuses_a_post_held_twice_and_dates_before_the_record() -> None:
    post_id, staff_id = _post(), _staff()
    with pytest.raises(PostTaken, match="起由"):
        operations.hold_post(post_id=post_id, staff_id=staff_id, on=TODAY, **AUTHORED)
    left = TODAY - timedelta(days=30)
    operations.end_holding(post_id=post_id, on=left, **AUTHORED)
    with importing():
        operations.hold_post(post_id=post_id, staff_id=staff_id, on=left + timedelta(days=10), **LOADED)
    with pytest.raises(PostTaken):
        operations.hold_post(post_id=post_id, staff_id=_staff("K-2"), on=left + timedelta(days=5), **AUTHORED)
    with pytest.raises(HistoryWritten, match="已有任职登记"):
        operations.hold_post(
            post_id=post_id,
            staff_id=_staff("K-3"),
            on=left + timedelta(days=1),
            until=left + timedelta(days=10),
            only_next=True,
            **AUTHORED,
        )


def test_it_tells_since_when_a_post_is_vacant() -> None:
    post_id = _post()
    operations.end_holding(post_id=post_id, on=TODAY - timedelta(days=3), **AUTHORED)
    seat = next(seat for seat in queries.seats_of_unit(_unit(), TODAY) if seat.post_id == post_id)
    assert (seat.is_vacant, seat.since, seat.next_from) == (True, TODAY - timedelta(days=3), None)
    with importing():
        operations.hold_post(post_id=post_id, staff_id=_staff(), on=TODAY + timedelta(days=2), **LOADED)
    seat = next(seat for seat in queries.seats_of_unit(_unit(), TODAY) if seat.post_id == post_id)
    assert seat.next_from == TODAY + timedelta(days=2)


def test_it_lets_nobody_make_a_holding_longer() -> None:
    post_id = _post()
    operations.end_holding(post_id=post_id, on=TODAY, **AUTHORED)
    with pytest.raises(IntegrityError, match="can only end earlier"), transaction.atomic():
        PostHolding.objects.filter(post_id=post_id).update(valid=from_day(OPENED))
    with pytest.raises(IntegrityError, match="can only end earlier"), transaction.atomic():
        PostHolding.objects.filter(post_id=post_id).update(valid=from_day(OPENED + timedelta(days=1), TODAY))
