"""Nobody alone lets anybody into a post: a keeper asks, a security officer agrees, the worker does just that."""

from datetime import date

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access import queries as acting_queries
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.operations import NewPost, PostNow
from shanzhi.kernel.organisation.policy import PostTaken, Sees
from shanzhi.modules.keeper import operations
from shanzhi.modules.keeper.operations import Appointment
from shanzhi.modules.keeper.policy import NotHere, OwnPost
from tests.city import NOW
from tests.concurrency.committed import City, as_role

TODAY = local_date(NOW)
REASON = "任免通知（2025）第 8 号"


@pytest.fixture
def vacant(city: City) -> int:
    """A vacant post of a department."""
    keeper = city.cast.keeper
    assert city.cast.handler.unit_id is not None
    with acting(keeper):
        new = NewPost(city.cast.handler.unit_id, "handler", "370303")
        return operations.post_open(new=new, on=TODAY, actor=keeper, now=NOW)


def ask(city: City, post_id: int, number: str = "N-1", name: str = "赵新", actor: Actor | None = None) -> int:
    keeper = actor or city.cast.keeper
    to = Appointment(number, name, TODAY, None, REASON)
    with acting(keeper):
        return operations.appoint_ask(post_id=post_id, to=to, actor=keeper, now=NOW)


def agree(city: City, number: int, *, run: bool = True) -> None:
    officer = city.cast.security_officer
    with acting(officer):
        access.signoff_decide(signoff_id=number, approve=True, words="已核对任免通知", actor=officer, now=NOW)
    if run:
        with database.acting_as(city.installation, "worker"):
            access.signoff_run_due(now=NOW)


def state_of(city: City, number: int) -> tuple[str, str]:
    with as_role(city.installation, "worker") as worker:
        row = worker.execute("SELECT state, outcome FROM access_signoff WHERE id = %s", [number]).fetchone()
    assert row is not None
    return row[0], row[1]


def holder(post_id: int, on: date = TODAY) -> str | None:
    card = queries.post_card(post_id, on)
    assert card is not None
    return card.staff_name


def test_it_takes_two_people_to_appoint(city: City, vacant: int) -> None:
    number = ask(city, vacant)
    assert holder(vacant) is None
    agree(city, number, run=False)
    assert holder(vacant) is None
    with database.acting_as(city.installation, "worker"):
        access.signoff_run_due(now=NOW)
    assert state_of(city, number) == ("done", "任职已登记。")
    assert holder(vacant) == "赵新"
    with pytest.raises(PostTaken):
        ask(city, vacant, "N-2", "钱新")


def test_what_was_taken_meanwhile_is_told_as_not_done(city: City, vacant: int) -> None:
    first, second = ask(city, vacant, "N-3", "孙新"), ask(city, vacant, "N-4", "李新")
    agree(city, first)
    agree(city, second)
    assert state_of(city, first)[0] == "done"
    state, outcome = state_of(city, second)
    assert state == "failed"
    assert "孙新" in outcome
    assert holder(vacant) == "孙新"


def test_a_keeper_appoints_neither_themselves_nor_far_away(city: City, vacant: int) -> None:
    keeper = city.cast.keeper
    assert keeper.staff_id is not None
    with acting(keeper):
        row = next(row for row in queries.find_staff(keeper.staff_name) if row.staff_id == keeper.staff_id)
    with pytest.raises(OwnPost):
        ask(city, vacant, row.work_number, row.name)
    county = queries.unit_by_code("centre-370306", TODAY)
    assert county is not None
    post = next(card for card in queries.posts_of_unit(county.id, TODAY) if card.role == "keeper")
    neighbour = acting_queries.actor_of_post(post.post_id, TODAY)
    with pytest.raises(NotHere):
        ask(city, vacant, "N-5", "周新", actor=neighbour)


def test_it_takes_two_people_to_widen_a_sight(city: City) -> None:
    keeper, post_id = city.cast.keeper, city.cast.second_handler.post_id
    assert post_id is not None
    with acting(keeper):
        number = operations.change_ask(
            post_id=post_id,
            to=PostNow("supervisor", Sees.REGION, ("370303",)),
            version=1,
            reason=REASON,
            actor=keeper,
            now=NOW,
        )
    assert acting_queries.actor_of_post(post_id, TODAY).role == "handler"
    agree(city, number)
    changed = acting_queries.actor_of_post(post_id, TODAY)
    assert (changed.role, changed.ranges.contains("370303009")) == ("supervisor", True)


ATTACKS = (
    "INSERT INTO organisation_post_holding (post_id, staff_id, valid) VALUES (%(vacant)s, %(staff)s, '[2025-01-01,)')",
    "UPDATE organisation_post SET role = 'supervisor' WHERE id = %(vacant)s",
    "UPDATE organisation_post SET sees = 'region' WHERE id = %(vacant)s",
    "UPDATE organisation_post SET unit_id = 1 WHERE id = %(vacant)s",
    "UPDATE organisation_post_holding SET staff_id = %(staff)s",
    "DELETE FROM organisation_post_holding",
    "DELETE FROM organisation_unit",
    "UPDATE organisation_unit_past SET name = ''",
    "UPDATE organisation_admission SET ground = ''",
)


@pytest.mark.parametrize("statement", ATTACKS)
def test_the_application_cannot_do_it_alone(city: City, vacant: int, statement: str) -> None:
    keeper = city.cast.keeper
    with pytest.raises(DatabaseError, match="permission denied"), acting(keeper), connection.cursor() as cursor:
        cursor.execute(statement, {"vacant": vacant, "staff": keeper.staff_id})


def test_a_colleague_without_the_right_changes_no_row(city: City, vacant: int) -> None:
    officer = city.cast.security_officer
    changes = (
        "UPDATE organisation_unit SET name = 'x'",
        "UPDATE organisation_post SET title = 'x'",
        "UPDATE organisation_post_holding SET valid = '[2024-01-01,2024-01-02)'",
        "UPDATE organisation_tree_version SET version = gen_random_uuid()",
    )
    with acting(officer), connection.cursor() as cursor:
        for statement in changes:
            cursor.execute(statement)
            assert cursor.rowcount == 0, statement
        cursor.execute("SELECT * FROM matters_unit_succeeds(%s, 1, now())", [city.cast.handler.unit_id])
        assert cursor.fetchall() == []
    refused = "INSERT INTO organisation_staff (name, work_number) VALUES ('x', 'x-1')"
    with pytest.raises(DatabaseError, match="row-level security"), acting(officer), connection.cursor() as cursor:
        cursor.execute(refused)


def test_a_neighbouring_keeper_changes_no_row_here(city: City, vacant: int) -> None:
    county = queries.unit_by_code("centre-370306", TODAY)
    assert county is not None
    post = next(card for card in queries.posts_of_unit(county.id, TODAY) if card.role == "keeper")
    neighbour = acting_queries.actor_of_post(post.post_id, TODAY)
    with acting(neighbour), connection.cursor() as cursor:
        cursor.execute("UPDATE organisation_unit SET name = 'x' WHERE id = %s", [city.cast.handler.unit_id])
        assert cursor.rowcount == 0
        cursor.execute("UPDATE organisation_post SET title = 'x' WHERE id = %s", [vacant])
        assert cursor.rowcount == 0


def test_the_worker_appoints_only_whom_two_people_agreed_on(city: City, vacant: int) -> None:
    insert = "INSERT INTO organisation_post_holding (post_id, staff_id, valid) VALUES (%s, %s, '[2025-01-01,)')"
    widen = "UPDATE organisation_post SET role = 'supervisor' WHERE id = %s"
    with as_role(city.installation, "worker") as worker:
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            worker.execute(insert, [vacant, city.cast.keeper.staff_id])
        worker.rollback()
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            worker.execute(widen, [vacant])
        worker.rollback()


def test_the_record_of_who_held_what_stays(city: City) -> None:
    keeper, post_id = city.cast.keeper, city.cast.neighbour_handler.post_id
    assert post_id is not None
    with acting(keeper):
        organisation.end_holding(
            post_id=post_id, on=TODAY, now=NOW, author=Author("post", keeper.post_id, keeper.unit_id)
        )
    longer = "UPDATE organisation_post_holding SET valid = '[2024-01-01,)' WHERE post_id = %s"
    with (
        pytest.raises(DatabaseError, match="can only end earlier"),
        acting(keeper),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(longer, [post_id])
