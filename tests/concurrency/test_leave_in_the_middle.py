"""Posts are vacated in the middle of something: an answer, a supervision, a co-handler's result or a check waits for nobody."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from django.utils import timezone

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Ask, Assignment, Matter
from shanzhi.kernel.matters.policy.process import SamePerson
from shanzhi.kernel.notices.queries import notices_for
from shanzhi.kernel.organisation import queries as organisation
from tests.city import Cast
from tests.concurrency.committed import City, as_role
from tests.concurrency.test_hand_work_over import BACK, LEAVES, owner
from tests.desks import at_stage, card, do, may, refused, signed_in

CITY, COUNTY, HOUSING, URBAN = "centre-3703", "centre-370303", "housing-construction-370303", "urban-management-370303"
Empty = Callable[..., None]


@pytest.fixture
def cast(city: City) -> Cast:
    return city.cast


@pytest.fixture
def empty(city: City) -> Iterator[Empty]:
    """Everybody in a unit (or in these roles of it) leaves, until the test is over."""
    left: list[int] = []

    def leave(code: str, *roles: str) -> None:
        on = local_date(timezone.now())
        for post in organisation.posts_of_unit(unit(code), on):
            if post.staff_id is not None and (not roles or post.role in roles):
                owner(city, LEAVES, on, post.post_id)
                left.append(post.post_id)

    yield leave
    for post in left:
        owner(city, BACK, post)


def unit(code: str) -> int:
    found = organisation.unit_by_code(code, local_date(timezone.now()))
    assert found is not None, code
    return found.id


def settle(city: City) -> int:
    with database.acting_as(city.installation, "worker"):
        done = operations.vacancies_settle(now=timezone.now())
        drain(now=timezone.now)
        assert operations.vacancies_settle(now=timezone.now()) == 0
        state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())
    return done


def in_hand(cast: Cast, last: str = "take", *, co: bool = False) -> int:
    number = at_stage(cast, last, co=co)
    with acting(cast.supervisor):
        return Matter.objects.values_list("pk", flat=True).get(number=number)


def asks_of(cast: Cast, made: int) -> list[tuple[str, str, int, int]]:
    with acting(cast.supervisor):
        rows = Ask.objects.filter(matter_id=made).order_by("id")
        return list(rows.values_list("code", "state", "unit_id", "to_unit_id"))


def asked(cast: Cast, city: City, **where: int) -> int:
    """A matter for which more time was asked; `where` puts the ask to another unit, as where a county decides."""
    made = in_hand(cast)
    now = timezone.now()
    do(cast.handler, made, "ask_extension", now, ground="extend.works", words="要采购水泵", more_time="5wd")
    for column, value in where.items():
        owner(city, f"UPDATE matters_ask SET {column} = %s WHERE matter_id = %s", value, made)
    return made


def told(unit_id: int, role: str, reader: Actor, made: int) -> list[str]:
    with acting(reader):
        return [each.message for each in notices_for(unit_id, role) if each.subject_id == made]


def test_what_nobody_is_left_to_answer_goes_to_the_level_above(city: City, cast: Cast, empty: Empty) -> None:
    made = asked(cast, city, to_unit_id=unit(COUNTY))
    assert settle(city) == 0
    empty(COUNTY, "supervisor")
    assert settle(city) >= 1
    assert asks_of(cast, made) == [("extension", "open", unit(HOUSING), unit(CITY))]
    now = timezone.now()
    with acting(cast.supervisor):
        assert made in [line.matter_id for line in queries.asks_waiting(unit(CITY), now)]
    assert card(cast.supervisor, made, now).timeline[-1].title == "没有人能答复，改由上一级答复"
    assert "没有人能答复，转由您单位答复" in told(unit(CITY), "supervisor", cast.supervisor, made)[0]
    assert do(cast.supervisor, made, "grant_extension", timezone.now()).stage == "handling"


def test_who_asked_and_sits_where_it_is_answered_leaves_it_to_the_level_above(city: City, cast: Cast) -> None:
    """The same person holds the deciding post now: their own request isn't theirs to grant."""
    made = asked(cast, city, to_unit_id=unit(COUNTY))
    on = local_date(timezone.now())
    (post,) = (each for each in organisation.posts_of_unit(unit(COUNTY), on) if each.role == "supervisor")
    owner(city, "UPDATE matters_ask SET staff_id = %s WHERE matter_id = %s", post.staff_id, made)
    assert settle(city) >= 1
    assert asks_of(cast, made) == [("extension", "open", unit(HOUSING), unit(CITY))]


def test_an_asker_who_leaves_is_answered_all_the_same(city: City, cast: Cast, empty: Empty) -> None:
    made = asked(cast, city)
    empty(HOUSING)
    settle(city)
    with acting(cast.supervisor):
        assert Matter.objects.values_list("stage", flat=True).get(pk=made) == "accepted"
    assert [state for _, state, *_ in asks_of(cast, made)] == ["dropped"]


def test_a_supervision_that_nobody_can_end_goes_to_the_level_above(city: City, cast: Cast, empty: Empty) -> None:
    made = in_hand(cast)
    do(cast.supervisor, made, "supervise", timezone.now(), ground="supervise.overdue", words="请报告")
    owner(city, "UPDATE matters_ask SET unit_id = %s WHERE matter_id = %s", unit(COUNTY), made)
    do(cast.handler, made, "report_back", timezone.now(), words="已办")
    owner(city, "UPDATE matters_ask SET to_unit_id = %s WHERE matter_id = %s AND type = 'report'", unit(COUNTY), made)
    empty(COUNTY)
    assert settle(city) >= 2
    assert asks_of(cast, made) == [
        ("supervision", "open", unit(CITY), unit(HOUSING)),
        ("supervision_report", "open", unit(HOUSING), unit(CITY)),
    ]
    do(cast.supervisor, made, "clear", timezone.now(), claim_solved=True, negligent=False)
    assert [state for _, state, *_ in asks_of(cast, made)] == ["granted", "granted"]


def test_a_county_in_which_nobody_is_receives_nothing(city: City, cast: Cast, empty: Empty) -> None:
    made = in_hand(cast, "accept")
    do(
        cast.dispatcher, made, "ask_crossing", timezone.now(),
        to_region="370306", ground="cross.wrong-county", words="在周村",
    )  # fmt: skip
    empty("centre-370306")
    assert settle(city) >= 1
    assert [(code, state) for code, state, *_ in asks_of(cast, made)] == [("crossing", "dropped")]
    assert "申请已失效" in told(unit(CITY), "dispatcher", cast.dispatcher, made)[0]
    assert "dispatch" in may(cast.dispatcher, made, timezone.now())


def test_the_lead_doesnt_wait_for_a_co_handler_without_people(city: City, cast: Cast, empty: Empty) -> None:
    made = in_hand(cast, co=True)
    do(cast.handler, made, "urge_helper", timezone.now(), helper=cast.second_handler.unit_id, words="请回应")
    empty(URBAN)
    assert settle(city) >= 1
    with acting(cast.supervisor):
        row = Assignment.objects.get(matter_id=made, part="co")
        lines = [line for line in queries.fallen(now=timezone.now()) if line.is_helper]
    assert (row.state, row.ground, row.result_step is not None) == ("excused", "vacant.unit", True)
    assert [state for _, state, *_ in asks_of(cast, made)] == ["dropped"]
    assert len(lines) == 1
    assert "主办单位不再等它协办" in signed_in("supervisor").get("/oversight/posts/").content.decode()
    assert "不再等它的结果" in told(cast.handler.unit_id or 0, "handler", cast.handler, made)[0]
    assert do(cast.handler, made, "reply", timezone.now(), reply="已修好").stage == "checking"


def test_a_check_goes_where_somebody_is_left_to_check(city: City, cast: Cast, empty: Empty) -> None:
    made = in_hand(cast, "reply")
    with as_role(city.installation, "owner") as opened:
        opened.execute(
            "UPDATE matters_matter SET holder_unit_id = %s, intake_unit_id = %s WHERE id = %s",
            [unit(COUNTY), unit(COUNTY), made],
        )
        opened.commit()
    assert settle(city) == 0
    empty(COUNTY, "checker")
    assert settle(city) >= 1
    with acting(cast.supervisor):
        stage, holder = Matter.objects.values_list("stage", "holder_unit_id").get(pk=made)
    assert (stage, holder) == ("checking", unit(CITY))
    now: datetime = timezone.now()
    assert do(cast.checker, made, "check_pass", now).stage == "verdict"


def test_who_supervises_doesnt_report_and_who_reported_doesnt_end_it(city: City, cast: Cast) -> None:
    """The same person in a post of either side."""
    made, both = in_hand(cast), replace(cast.handler, staff_id=cast.supervisor.staff_id)
    do(cast.supervisor, made, "supervise", timezone.now(), ground="supervise.overdue", words="请报告")
    refused(SamePerson, "您自己提出", both, made, "report_back", timezone.now(), words="已办")
    owner(city, "UPDATE matters_ask SET staff_id = NULL, post_id = NULL WHERE matter_id = %s", made)
    do(both, made, "report_back", timezone.now(), words="已办")
    for action, fields in (("clear", {"claim_solved": True, "negligent": False}), ("insist", {"words": "不够"})):
        refused(SamePerson, "您自己提出", cast.supervisor, made, action, timezone.now(), **fields)
    # Below another level it goes there; the city's own stays until somebody else is appointed.
    assert settle(city) == 0
    owner(city, "UPDATE matters_ask SET unit_id = %s WHERE matter_id = %s AND type = 'supervise'", unit(COUNTY), made)
    owner(city, "UPDATE matters_ask SET to_unit_id = %s WHERE matter_id = %s AND type = 'report'", unit(COUNTY), made)
    (post,) = (each for each in county_posts() if each.role == "supervisor")
    owner(city, "UPDATE matters_ask SET staff_id = %s WHERE matter_id = %s AND type = 'report'", post.staff_id, made)
    assert settle(city) == 2
    do(cast.supervisor, made, "clear", timezone.now(), claim_solved=True, negligent=False)


def county_posts() -> list[organisation.PostCard]:
    return organisation.posts_of_unit(unit(COUNTY), local_date(timezone.now()))
