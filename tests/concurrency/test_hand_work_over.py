"""What a post has in hand is handed to another post of its unit, all or chosen; nothing is lost, nobody is taken for another."""

from collections.abc import Callable
from datetime import date, timedelta

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.errors import DomainError, NotAllowed
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import queries as seen
from shanzhi.kernel.matters.models import Assignment
from shanzhi.kernel.matters.operations import NotInHand
from shanzhi.kernel.notices.queries import notices_for
from shanzhi.modules.oversight import operations, queries
from shanzhi.modules.oversight.policy.handing import CantReceive, NoSuchPostHere, NothingChosen, NotMyUnit
from shanzhi.modules.oversight.tests.city_of_work import HERE, THERE, dispatched
from tests.city import Cast, _actor
from tests.concurrency.committed import City, as_role, at_once
from tests.desks import signed_in

HandOver = Callable[..., int]
SECOND = (
    "INSERT INTO organisation_post (unit_id, role, title, region_id, seat, sees, opened_on, version)"
    " SELECT unit_id, role, title, region_id, 2, sees, opened_on, version FROM organisation_post WHERE id = %s RETURNING id"
)
HOLDS = "INSERT INTO organisation_post_holding (post_id, staff_id, valid) VALUES (%s, %s, daterange(%s, NULL))"
LEAVES = "UPDATE organisation_post_holding SET valid = daterange(lower(valid), %s) WHERE post_id = %s"
# Nobody, the owner included, makes a holding longer (trigger): it is written anew.
BACK = (
    "WITH was AS (DELETE FROM organisation_post_holding WHERE post_id = %s RETURNING post_id, staff_id, lower(valid) AS since)"
    " INSERT INTO organisation_post_holding (post_id, staff_id, valid)"
    " SELECT post_id, staff_id, daterange(since, NULL) FROM was"
)


def owner(city: City, statement: str, *values: object) -> psycopg.Cursor:
    """Do one thing as the owner of the tables, for good."""
    with as_role(city.installation, "owner") as opened:
        done = opened.execute(statement, values)
        opened.commit()
        return done


def second_post(city: City) -> int:
    """A second post of the handler's kind in the handler's unit, held by somebody."""
    with as_role(city.installation, "owner") as opened:
        row = opened.execute(SECOND, [city.cast.handler.post_id]).fetchone()
        assert row is not None
        opened.execute(HOLDS, [row[0], city.cast.operator.staff_id, date(2024, 1, 1)])
        opened.commit()
        return int(row[0])


@pytest.fixture(scope="module")
def other(city: City) -> int:
    return second_post(city)


@pytest.fixture
def cast(city: City, other: int) -> Cast:
    """The standing city's people; nobody has anything in hand, everybody holds their post."""
    owner(city, "UPDATE matters_assignment SET post_id = NULL")
    owner(city, BACK, city.cast.handler.post_id)
    owner(city, BACK, other)
    return city.cast


@pytest.fixture
def supervisors(city: City) -> dict[str, Actor]:
    """The supervisors of the city and of both counties."""
    return {
        "city": city.cast.supervisor,
        "county": _actor("centre-370303", "supervisor", 0),
        "neighbour": _actor("centre-370306", "supervisor", 0),
    }


@pytest.fixture
def hand_over(cast: Cast, other: int) -> HandOver:
    def run(actor: Actor, ids: list[int] | None, *, to: int | None = other, post: int | None = None) -> int:
        with acting(actor):
            return operations.post_hand_over(
                post_id=post or cast.handler.post_id or 0,
                to_post_id=to,
                matter_ids=ids,
                actor=actor,
                now=timezone.now(),
            )

    return run


def counts(actor: Actor, *posts: int | None) -> list[int]:
    with acting(actor):
        found = seen.in_hand_counts([post or 0 for post in posts])
    return [found.get(post or 0, 0) for post in posts]


def test_it_hands_over_all(city: City, cast: Cast, hand_over: HandOver, other: int):
    made = [dispatched(cast, HERE, cast.handler)[0] for _ in range(3)]
    waiting = dispatched(cast, HERE, cast.handler, taken=False)[0]
    assert counts(cast.supervisor, cast.handler.post_id, other) == [3, 0]
    assert hand_over(cast.supervisor, None) == 3
    assert counts(cast.supervisor, cast.handler.post_id, other) == [0, 3]
    with acting(cast.supervisor):
        rows = journal.entries_by_action("matter", [*made, waiting], ["matters.hand_over"], limit=9)
        assert sorted(row.subject_id for row in rows) == made
        assert {(row.payload["from_post_id"], row.payload["to_post_id"]) for row in rows} == {
            (cast.handler.post_id, other)
        }
        titles = [entry.title for entry in seen.card(made[0], actor=cast.supervisor, now=timezone.now()).timeline]
        assert titles[-1] == "在本单位内转交给另一个岗位"
    with database.acting_as(city.installation, "worker"):
        state = seen.loop_state()
        drain(now=timezone.now)
    assert (state.lost, state.out_of_step) == ((), ())
    with acting(cast.handler):
        told = [n for n in notices_for(cast.handler.unit_id or 0, "handler") if n.message.startswith("转给")]
    assert sorted(notice.subject_id for notice in told) == made
    assert told[0].params["post"] == "承办员"


def test_it_hands_over_the_chosen_ones(cast: Cast, hand_over: HandOver, other: int):
    first, second = (dispatched(cast, HERE, cast.handler)[0] for _ in range(2))
    assert hand_over(cast.supervisor, [second]) == 1
    assert counts(cast.supervisor, cast.handler.post_id, other) == [1, 1]
    with acting(cast.supervisor):
        assert [row.id for row in seen.in_hand(other, now=timezone.now(), most=9)[1]] == [second]
        assert [row.id for row in seen.in_hand(cast.handler.post_id or 0, now=timezone.now(), most=9)[1]] == [first]


def test_it_leaves_clock_unit_version_and_who_handled_it(cast: Cast, hand_over: HandOver):
    pk = dispatched(cast, HERE, cast.handler)[0]
    with acting(cast.supervisor):
        before = seen.card(pk, actor=cast.supervisor, now=timezone.now())
        handled = Assignment.objects.get(matter_id=pk).handled_by_id
    hand_over(cast.supervisor, None)
    with acting(cast.supervisor):
        after = seen.card(pk, actor=cast.supervisor, now=timezone.now())
        assert Assignment.objects.get(matter_id=pk).handled_by_id == handled
    assert (after.version, after.due_at, after.stage, after.holder_name) == (
        before.version,
        before.due_at,
        before.stage,
        before.holder_name,
    )


def refusal(kind: type[DomainError], run: Callable[[], object]) -> str:
    with pytest.raises(kind) as caught:
        run()
    return str(caught.value)


def test_it_refuses_in_a_sentence(cast: Cast, hand_over: HandOver, other: int):
    pk = dispatched(cast, HERE, cast.handler)[0]
    boss, mine, foreign = cast.supervisor, cast.handler.post_id, cast.second_handler.post_id
    assert refusal(CantReceive, lambda: hand_over(boss, None, to=mine)).startswith("不能转交给原来的岗位")
    assert refusal(CantReceive, lambda: hand_over(boss, None, to=foreign)).startswith("只能转交给同一单位的岗位")
    assert refusal(CantReceive, lambda: hand_over(boss, None, to=None)).startswith("请选择接手的岗位")
    assert refusal(CantReceive, lambda: hand_over(boss, None, to=10**9)).startswith("请选择接手的岗位")
    assert refusal(NothingChosen, lambda: hand_over(boss, [])).startswith("还没有选择要转交的事项")
    assert refusal(NotInHand, lambda: hand_over(boss, [pk, 10**9])).startswith("选中的事项有的已经转交")
    assert refusal(NotInHand, lambda: hand_over(boss, None, post=other, to=mine)).startswith("选中的事项有的")
    assert refusal(NoSuchPostHere, lambda: hand_over(boss, None, post=10**9)).startswith("没有找到这个岗位")
    assert counts(boss, mine, other) == [1, 0]


def test_it_hands_nothing_to_a_vacant_post(city: City, cast: Cast, hand_over: HandOver, other: int):
    dispatched(cast, HERE, cast.handler)
    leave(city, other)
    said = refusal(CantReceive, lambda: hand_over(cast.supervisor, None, to=other))
    assert "现在无人在任，不能接手" in said


def test_it_is_the_supervisor_s_within_their_place(cast: Cast, hand_over: HandOver, supervisors: dict[str, Actor]):
    dispatched(cast, HERE, cast.handler)
    refusal(NotMyUnit, lambda: hand_over(supervisors["neighbour"], None))
    for actor in (cast.handler, cast.dispatcher, cast.checker, cast.keeper, Actor()):
        with pytest.raises(DomainError) as caught:
            hand_over(actor, None)
        assert isinstance(caught.value, NotAllowed) or caught.value.status == 401
    assert hand_over(supervisors["county"], None) == 1


def test_a_closed_unit_is_out_of_reach_too_while_its_post_stands(
    city: City, cast: Cast, hand_over: HandOver, supervisors: dict[str, Actor]
):
    """A unit can be closed for a day before its posts are: whose it was stays so."""
    dispatched(cast, HERE, cast.handler)
    close = "UPDATE organisation_unit SET closed_on = %s WHERE id = %s"
    renew = "UPDATE organisation_tree_version SET version = gen_random_uuid()"
    owner(city, close, timezone.now().date() - timedelta(days=1), cast.handler.unit_id)
    owner(city, renew)
    try:
        refusal(NotMyUnit, lambda: hand_over(supervisors["neighbour"], None))
        assert hand_over(supervisors["county"], None) == 1
    finally:
        owner(city, close, None, cast.handler.unit_id)
        owner(city, renew)


def leave(city: City, post_id: int | None) -> None:
    """Whoever holds the post left yesterday."""
    owner(city, LEAVES, timezone.now().date() - timedelta(days=1), post_id)


def test_it_lists_vacant_posts_with_work(city: City, cast: Cast, supervisors: dict[str, Actor], hand_over: HandOver):
    dispatched(cast, HERE, cast.handler)
    dispatched(cast, THERE, cast.neighbour_handler)
    with acting(cast.supervisor):
        assert queries.left_with_work(cast.supervisor, now=timezone.now()) == ()
    leave(city, cast.handler.post_id)
    for who, shown in (("city", 1), ("county", 1), ("neighbour", 0)):
        with acting(supervisors[who]):
            found = queries.left_with_work(supervisors[who], now=timezone.now())
        assert [(line.post_id, line.in_hand) for line in found] == [(cast.handler.post_id, 1)] * shown
    assert hand_over(cast.supervisor, None) == 1
    with acting(cast.supervisor):
        assert queries.left_with_work(cast.supervisor, now=timezone.now()) == ()


def test_it_refuses_a_post_of_another_unit_in_the_database(cast: Cast):
    pk = dispatched(cast, HERE, cast.handler)[0]
    with acting(cast.supervisor), pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.filter(matter_id=pk).update(post_id=cast.second_handler.post_id)


def test_it_is_done_on_the_page(cast: Cast, other: int):
    pks = [dispatched(cast, HERE, cast.handler)[0] for _ in range(2)]
    client: Client = signed_in("supervisor")
    url = f"/oversight/posts/{cast.handler.post_id}/"
    assert "在手 2 件" in client.get(url).content.decode()
    wrong = client.post(url, {"to": "", "which": "some", "matter": [str(pks[0])]})
    assert wrong.status_code == 422 or wrong.status_code == 400
    assert f'value="{pks[0]}" aria-label' in wrong.content.decode()
    assert "checked" in wrong.content.decode()
    assert client.post(url, {"to": str(other), "which": "some"}).status_code == 409
    assert client.post(url, {"to": str(other), "which": "some", "matter": [str(pks[0])]}).status_code == 302
    assert client.post(url, {"to": str(other), "which": "all"}).status_code == 302
    assert counts(cast.supervisor, cast.handler.post_id, other) == [0, 2]
    again = client.post(url, {"to": str(other), "which": "all"})
    assert again.status_code == 409
    assert signed_in("handler").get(url).status_code == 403


def test_it_is_done_once_when_two_do_it_at_once(cast: Cast, hand_over: HandOver, other: int):
    made = [dispatched(cast, HERE, cast.handler)[0] for _ in range(3)]
    outcomes = at_once(lambda: hand_over(cast.supervisor, made), lambda: hand_over(cast.supervisor, made))
    assert sorted(type(one.error).__name__ for one in outcomes) == ["NoneType", "NotInHand"]
    assert counts(cast.supervisor, cast.handler.post_id, other) == [0, 3]
    with acting(cast.supervisor):
        assert len(journal.entries_by_action("matter", made, ["matters.hand_over"], limit=9)) == 3


def test_it_loses_nothing_when_it_breaks_off(cast: Cast, hand_over: HandOver, other: int):
    made = [dispatched(cast, HERE, cast.handler)[0] for _ in range(2)]

    def breaks_off() -> None:
        with transaction.atomic():
            assert hand_over(cast.supervisor, None) == 2
            raise RuntimeError

    with pytest.raises(RuntimeError):
        breaks_off()
    assert counts(cast.supervisor, cast.handler.post_id, other) == [2, 0]
    with acting(cast.supervisor):
        assert journal.entries_by_action("matter", made, ["matters.hand_over"], limit=9) == []
