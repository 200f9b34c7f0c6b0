"""Acting: the database is held to what the actor may see, for one transaction, and to nothing after it."""

from datetime import timedelta

import pytest
from django.db import connection, connections, transaction

from shanzhi.config import database
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Account, Token
from shanzhi.kernel.access.operations import acting, open_door, set_scope
from shanzhi.kernel.access.policy import ANYONE, Actor, NoPost, SignInNeeded
from tests.city import LOGINS, NOW, PARTS, PASSWORD, _actor
from tests.concurrency.committed import City, city

__all__ = ["city"]

SETTINGS = ("ranges", "intake", "unit", "post", "follow", "door")
WIDE = Actor(
    kind="post",
    post_id=11,
    unit_id=12,
    ranges=CodeRanges.from_prefixes("3703", "3705"),
    intake=CodeRanges.from_prefixes("3704"),
    follow=("a" * 64, "b" * 64),
)
EMPTY = dict.fromkeys(SETTINGS, "")
WIDE_SETTINGS = {
    "ranges": "{[3703,3704),[3705,3706)}",
    "intake": "{[3704,3705)}",
    "unit": "12",
    "post": "11",
    "follow": "a" * 64 + "," + "b" * 64,
    "door": "",
}


def scope() -> dict[str, str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"coalesce(current_setting('shanzhi.{name}', true), '')" for name in SETTINGS)
        )
        return dict(zip(SETTINGS, cursor.fetchone(), strict=True))


# -- the scope -------------------------------------------------------------------------------------------------------


def test_it_holds_a_transaction_to_the_actor_and_no_longer(city: City):
    assert scope() == EMPTY
    with acting(WIDE):
        assert scope() == WIDE_SETTINGS
    assert scope() == EMPTY


def test_it_is_gone_after_a_failure_too(city: City):
    with pytest.raises(ZeroDivisionError), acting(WIDE):
        raise ZeroDivisionError
    assert scope() == EMPTY


def test_it_leaves_an_empty_scope_behind_when_nested(city: City):
    with transaction.atomic():
        set_scope(WIDE)
        with acting(Actor(unit_id=99)):
            assert scope() == EMPTY | {"unit": "99"}
        assert scope() == EMPTY
    with acting(WIDE):
        with acting(ANYONE):
            assert scope() == EMPTY
        assert scope() == EMPTY


def test_it_gives_a_nested_failure_no_more_than_the_outer_scope(city: City):
    with acting(Actor(unit_id=5)):
        with pytest.raises(ZeroDivisionError), acting(WIDE):
            raise ZeroDivisionError
        assert scope() == EMPTY | {"unit": "5"}


def test_it_replaces_a_scope_whole(city: City):
    with acting(WIDE):
        open_door("web", "c" * 64, "matters_matter_id_seq")
        set_scope(Actor(unit_id=5))
        assert scope() == EMPTY | {"unit": "5"}


def test_it_opens_a_door_to_one_matter(city: City):
    with acting(WIDE):
        first = open_door("web", "c" * 64, "matters_matter_id_seq")
        assert open_door("web", "c" * 64, "matters_matter_id_seq") == first + 1
        assert scope() == WIDE_SETTINGS | {"door": "web", "follow": "c" * 64}
    assert scope() == EMPTY


def test_it_sets_no_scope_that_would_be_lost_at_once(city: City):
    with pytest.raises(RuntimeError):
        set_scope(WIDE)
    assert scope() == EMPTY


def test_it_survives_no_handing_back_of_the_connection(city: City):
    """A kept connection serves the next request: what the last one left must not be there."""
    connection.ensure_connection()
    kept = connection.connection
    for _ in range(8):
        with acting(WIDE):
            scope()
    assert connection.connection is kept
    with transaction.atomic():
        assert scope() == EMPTY


# -- tokens ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_it_ends_a_token_at_once_and_only_that_one(cast):
    first, second = (operations.token_issue(post_id=cast.handler.post_id, label=f"t{n}", now=NOW) for n in range(2))
    assert first != second
    found = Token.objects.get(label="t0")
    operations.token_end(token_id=found.pk, now=NOW)
    operations.token_end(token_id=found.pk, now=NOW + timedelta(days=1))
    found.refresh_from_db()
    assert found.ended_at == NOW
    with pytest.raises(SignInNeeded):
        queries.actor_of_token(first, NOW)
    assert queries.actor_of_token(second, NOW) == cast.handler


@pytest.mark.django_db
def test_it_expires_to_the_second(cast):
    token = operations.token_issue(post_id=cast.handler.post_id, label="t", now=NOW, days=2)
    last = NOW + timedelta(days=2)
    assert queries.actor_of_token(token, last - timedelta(microseconds=1)) == cast.handler
    with pytest.raises(SignInNeeded):
        queries.actor_of_token(token, last)


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "sz_", "sz_x", "令牌", "x" * 10_000, "\x00"])
def test_it_knows_no_other_token(cast, token):
    with pytest.raises(SignInNeeded):
        queries.actor_of_token(token, NOW)


def test_it_acts_for_no_post_that_has_ended(city: City):
    actor = _actor(*PARTS["neighbour_handler"])
    assert actor.post_id is not None
    token = operations.token_issue(post_id=actor.post_id, label="t", now=NOW)
    assert queries.actor_of_token(token, NOW) == actor
    with database.acting_as(city.installation, "importer"), connection.cursor() as cursor:
        cursor.execute("UPDATE organisation_post SET closed_on = %s WHERE id = %s", [NOW.date(), actor.post_id])
    with pytest.raises(NoPost):
        queries.actor_of_token(token, NOW)
    with pytest.raises(NoPost):
        queries.actor_of_post(actor.post_id, NOW.date())
    account = Account.objects.get(username=LOGINS["neighbour_handler"])
    assert queries.actor_of_account(account, actor.post_id, NOW.date()) is None
    connections.close_all()


# -- accounts --------------------------------------------------------------------------------------------------------


def test_it_opens_and_resets_a_sign_in_for_the_same_person(city: City):
    handler = _actor(*PARTS["second_handler"])
    assert handler.staff_id is not None
    with database.acting_as(city.installation, "importer"):
        name = LOGINS["second_handler"]
        first = operations.account_open(username=name, staff_id=handler.staff_id, password="another-one-2")
        assert operations.account_open(username=name, staff_id=handler.staff_id, password=None) == first
    account = Account.objects.get(pk=first)
    assert not account.has_usable_password()
    assert not account.check_password(PASSWORD)
    assert queries.actor_of_account(account, None, NOW.date()) == handler


@pytest.mark.django_db
def test_it_lets_an_account_without_a_person_act_as_nobody(cast):
    account = Account(username="nobody", staff_id=None)
    assert queries.actor_of_account(account, cast.handler.post_id, NOW.date()) is None
    assert queries.posts_of_account(account, NOW.date()) == []


@pytest.mark.django_db
def test_it_gives_no_post_that_somebody_else_holds(cast):
    account = Account.objects.get(username=LOGINS["handler"])
    acted = queries.actor_of_account(account, cast.supervisor.post_id, NOW.date())
    assert acted == cast.handler


@pytest.mark.django_db
def test_it_gives_each_post_the_scope_that_its_role_has(cast):
    city_wide, county = CodeRanges.from_prefixes("3703"), CodeRanges.from_prefixes("370306")
    assert (cast.dispatcher.ranges, cast.dispatcher.intake) == (CodeRanges(), city_wide)
    assert (cast.supervisor.ranges, cast.supervisor.intake) == (city_wide, CodeRanges())
    assert (cast.neighbour_dispatcher.ranges, cast.neighbour_dispatcher.intake) == (CodeRanges(), county)
    assert (cast.handler.ranges, cast.handler.intake) == (CodeRanges(), CodeRanges())
