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
    for statement in changes:
        with (
            pytest.raises(DatabaseError, match="for keepers"),
            acting(officer),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
    with acting(officer), connection.cursor() as cursor:
        for figures in (
            "matters_load_of_units(ARRAY[%s]::bigint[], now())",
            "matters_open_of_units(ARRAY[%s]::bigint[])",
        ):
            cursor.execute(f"SELECT * FROM {figures}", [city.cast.handler.unit_id])
            assert cursor.fetchall() == [], figures
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


HOLD = "INSERT INTO organisation_post_holding (post_id, staff_id, valid) VALUES (%s, %s, daterange(%s, NULL))"
"""How a keeper would appoint alone."""


def attack(city: City, steps: list[tuple[str, list[object]]], post_id: int, staff_id: int | None, since: date) -> None:
    """A keeper with the application's own rights and a free hand writes `steps`, then lets somebody into a post."""
    with acting(city.cast.keeper), connection.cursor() as cursor:
        for statement, values in steps:
            cursor.execute(statement, values)
        with pytest.raises(DatabaseError, match='row-level security policy for table "organisation_post_holding"'):
            cursor.execute(HOLD, [post_id, staff_id, since])
        transaction.set_rollback(True)


def redraw_of(old_unit: int, new_unit: int) -> list[tuple[str, list[object]]]:
    """A redraw made up by hand, that lets one unit take over from another."""
    made = "INSERT INTO organisation_redraw (effective_on, made_at, plan) VALUES (%s, now(), '')"
    heir = (
        "INSERT INTO organisation_unit_heir (old_unit_id, new_unit_id, effective_on, redraw_id)"
        " VALUES (%s, %s, %s, currval('organisation_redraw_id_seq'))"
    )
    return [(made, [TODAY]), (heir, [old_unit, new_unit, TODAY])]


def test_a_keeper_lets_nobody_into_a_post_alone(city: City, vacant: int) -> None:
    """Neither plainly nor as if a redraw led there: the person, the role, the sight, the day and the unit have to be as the
    redraw has them."""
    cast = city.cast
    assert cast.handler.post_id
    assert cast.handler.unit_id
    assert cast.dispatcher.post_id
    assert cast.dispatcher.unit_id
    shut = [
        (
            "UPDATE organisation_post_holding SET valid = daterange(lower(valid), %s) WHERE post_id = %s AND valid @> %s::date"
        ),
        ("UPDATE organisation_post SET closed_on = %s WHERE id = %s"),
    ]

    def ended(post_id: int) -> list[tuple[str, list[object]]]:
        return [(shut[0], [TODAY, post_id, TODAY]), (shut[1], [TODAY, post_id])]

    attack(city, [], vacant, cast.keeper.staff_id, TODAY)
    attack(city, [], vacant, cast.handler.staff_id, TODAY)
    # Another role: a dispatcher's post ended, and a handler's is taken.
    over = redraw_of(cast.dispatcher.unit_id, cast.handler.unit_id)
    attack(city, [*ended(cast.dispatcher.post_id), *over], vacant, cast.dispatcher.staff_id, TODAY)
    # Another person than the one whose post ended; then the right one from another day.
    attack(
        city, [*ended(cast.handler.post_id), *redraw_of(cast.handler.unit_id, 1)], vacant, cast.keeper.staff_id, TODAY
    )
    attack(city, ended(cast.handler.post_id), vacant, cast.handler.staff_id, date(2025, 1, 1))
    # No redraw on that day.
    attack(city, ended(cast.handler.post_id), vacant, cast.handler.staff_id, TODAY)
    # Out of the keeper's reach: a unit of another kind takes over.
    assert cast.second_handler.post_id
    assert cast.second_handler.unit_id
    other = redraw_of(cast.second_handler.unit_id, cast.handler.unit_id)
    attack(city, [*ended(cast.second_handler.post_id), *other], vacant, cast.second_handler.staff_id, TODAY)


@pytest.mark.parametrize(("had", "gets"), [(None, "{[3703,3704)}"), ("{[370303,370304)}", None)])
def test_nobody_goes_on_with_codes_of_its_own_who_had_none_or_loses_them(
    city: City, had: str | None, gets: str | None
) -> None:
    """A post that sees by codes of its own isn't the one that sees its region, whatever a redraw made up by hand says."""
    handler, second = city.cast.handler, city.cast.second_handler
    with as_role(city.installation, "importer") as importer:
        taken = importer.execute("SELECT max(seat) FROM organisation_post").fetchone()
    assert taken is not None
    new = (
        "INSERT INTO organisation_post (unit_id, role, title, region_id, seat, sees, ranges, opened_on, version)"
        " SELECT unit_id, role, title, region_id, %s, sees, %s::codemultirange, %s, 1 FROM organisation_post WHERE id = %s"
    )
    then = date(2025, 6, 1)
    assert handler.staff_id
    with as_role(city.installation, "owner") as owner:
        owner.execute("SET row_security = off")
        owner.execute(new, [taken[0] + 1, had, then, second.post_id])
        ended = owner.execute("SELECT currval('organisation_post_id_seq')").fetchone()
        owner.execute(new, [taken[0] + 2, gets, TODAY, second.post_id])
        same = owner.execute("SELECT currval('organisation_post_id_seq')").fetchone()
        owner.execute(new, [taken[0] + 3, had, TODAY, second.post_id])
        right = owner.execute("SELECT currval('organisation_post_id_seq')").fetchone()
        assert ended
        assert same
        assert right
        owner.execute("UPDATE organisation_post SET closed_on = %s WHERE id = %s", [TODAY, ended[0]])
        owner.execute(
            "INSERT INTO organisation_post_holding (post_id, staff_id, valid) VALUES (%s, %s, daterange(%s, %s))",
            [ended[0], handler.staff_id, then, TODAY],
        )
        owner.execute("INSERT INTO organisation_redraw (effective_on, made_at, plan) VALUES (%s, now(), '')", [TODAY])
        asked = "SELECT organisation_goes_on(%s, %s, daterange(%s, NULL))"
        goes = [owner.execute(asked, [post[0], handler.staff_id, TODAY]).fetchone() for post in (same, right)]
    assert goes == [(False,), (True,)]


def asks(city: City, steps: list[tuple[str, list[object]]], post: str, staff_id: int | None) -> bool:
    """What `organisation_goes_on` says of the post that the last of `steps` makes, whatever else is written before."""
    with as_role(city.installation, "owner") as owner:
        owner.execute("SET row_security = off")
        for statement, values in steps:
            owner.execute(statement, values)
        row = owner.execute(
            f"SELECT organisation_goes_on({post}, %s, daterange(%s, NULL))", [staff_id, TODAY]
        ).fetchone()
        owner.rollback()
    assert row
    return bool(row[0])


def ends(actor: Actor) -> list[tuple[str, list[object]]]:
    """The actor's post ends today with its holding."""
    return [
        ("UPDATE organisation_post_holding SET valid = daterange(lower(valid), %s) WHERE post_id = %s AND valid @> %s::date",
         [TODAY, actor.post_id, TODAY]),
        ("UPDATE organisation_post SET closed_on = %s WHERE id = %s", [TODAY, actor.post_id]),
        ("INSERT INTO organisation_redraw (effective_on, made_at, plan) VALUES (%s, now(), '')", [TODAY]),
    ]  # fmt: skip


PAIR = (
    "INSERT INTO organisation_redraw_pair (redraw_id, old_region_id, old_code, new_region_id, new_code)"
    " SELECT currval('organisation_redraw_id_seq'), a.region_id, a.code, b.region_id, b.code"
    " FROM organisation_region_state a, organisation_region_state b WHERE a.code = %s AND b.code = %s"
    " AND a.valid @> %s::date - 1 AND b.valid @> %s::date"
)
TO = (
    "INSERT INTO organisation_post (unit_id, role, title, region_id, seat, sees, ranges, opened_on, version)"
    " SELECT p.unit_id, p.role, p.title, s.region_id, 900, p.sees, %s::codemultirange, %s, 1 FROM organisation_post p,"
    " organisation_region_state s WHERE p.id = %s AND s.code = %s AND s.valid @> %s::date"
)
MADE = "currval('organisation_post_id_seq')"
END_STATE = (
    "UPDATE organisation_region_state SET valid = daterange(lower(valid), %s) WHERE code = %s AND upper_inf(valid)"
)
NEW_STATE = (
    "INSERT INTO organisation_region_state (region_id, level, code, name, short_name, parent_id, ranges, valid)"
    " SELECT region_id, level, %s, name, short_name, parent_id, %s::codemultirange, daterange(%s, NULL)"
    " FROM organisation_region_state WHERE code = %s AND upper(valid) = %s"
)


def test_nobody_goes_on_with_wider_codes_by_a_redraw_that_was_made_up(city: City) -> None:
    """A grid's post doesn't go on in the county, nor in a region beside its own that still stands; codes of its own don't
    grow beyond what took the place of what it held."""
    worker = city.cast.grid_worker
    grid, other = "370303009006001", "370303009006002"
    assert worker.region_code == grid

    def goes(steps: list[tuple[str, list[object]]], ranges: str | None, to: str) -> bool:
        made = (TO, [ranges, TODAY, worker.post_id, to, TODAY])
        return asks(city, [*ends(worker), *steps, made], MADE, worker.staff_id)

    def pair(old: str, new: str) -> tuple[str, list[object]]:
        return (PAIR, [old, new, TODAY, TODAY])

    gone = (END_STATE, [TODAY, grid])
    assert goes([], None, grid)
    for to in ("370303", "3703", "370303009006"):
        assert not goes([pair(grid, to)], None, to)
        assert not goes([gone, pair(grid, to)], None, to)
    assert not goes([pair(grid, other)], None, other), "its grid still stands"
    assert goes([gone, pair(grid, other)], None, other)
    own = ("UPDATE organisation_post SET ranges = %s::codemultirange WHERE id = %s",
           [f"{{[{grid},{grid[:-1]}2)}}", worker.post_id])  # fmt: skip
    same, wider = f"{{[{grid},{grid[:-1]}2)}}", "{[370303,370304)}"
    assert goes([own], same, grid)
    assert not goes([own], wider, grid)
    assert not goes([own, gone, pair(grid, other)], wider, other)
    assert not goes([own, gone, pair(grid, other)], f"{{[{other},{other[:-1]}3)}}", other), "it took another one in"
    renamed = (NEW_STATE, ["370303009007099", "{[370303009007099,37030300900709A)}", TODAY, grid, TODAY])
    moved = [own, gone, renamed, pair(grid, "370303009007099")]
    assert goes(moved, "{[370303009007099,37030300900709A)}", "370303009007099")
    assert not goes(moved, "{[370303009007,370303009008)}", "370303009007099")


def test_a_neighbouring_keeper_lets_no_unit_here_take_over(city: City) -> None:
    centre = queries.unit_by_code("centre-370306", TODAY)
    assert centre is not None
    post = next(card for card in queries.posts_of_unit(centre.id, TODAY) if card.role == "keeper")
    neighbour = acting_queries.actor_of_post(post.post_id, TODAY)
    heir = "INSERT INTO organisation_unit_heir (old_unit_id, new_unit_id, effective_on) VALUES (%s, %s, %s)"
    for pair in ([city.cast.handler.unit_id, centre.id], [centre.id, city.cast.handler.unit_id]):
        with (
            pytest.raises(DatabaseError, match="row-level security"),
            acting(neighbour),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(heir, [*pair, TODAY])
