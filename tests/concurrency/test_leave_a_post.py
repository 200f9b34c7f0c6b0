"""People leave with open work: it falls to the unit's head, or, where nobody is left in the unit, back to the centre above."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Assignment, Matter
from shanzhi.kernel.matters.policy.process import FieldsWrong, StageForbids
from shanzhi.kernel.notices.queries import notices_for
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.oversight.tests.city_of_work import HERE, dispatched
from tests.city import Cast
from tests.concurrency.committed import City
from tests.concurrency.test_hand_work_over import BACK, LEAVES, owner, second_post
from tests.desks import do, refused, signed_in


@pytest.fixture(scope="module")
def second(city: City) -> int:
    return second_post(city)


@pytest.fixture
def cast(city: City, second: int) -> Iterator[Cast]:
    """Everybody holds their post again afterwards."""
    yield city.cast
    owner(city, "UPDATE matters_assignment SET post_id = NULL")
    for post in (city.cast.handler.post_id, second):
        owner(city, BACK, post)


def leave(city: City, *posts: int | None) -> None:
    for post in posts:
        owner(city, LEAVES, local_date(timezone.now()), post)


def settle(city: City) -> int:
    with database.acting_as(city.installation, "worker"):
        done = operations.vacancies_settle(now=timezone.now())
        drain(now=timezone.now)
        state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())
    return done


def in_hand_of(actor: Actor, matter_id: int) -> tuple[int | None, int | None]:
    with acting(actor):
        row = Assignment.objects.get(matter_id=matter_id, part="lead", ended_at=None)
    return row.post_id, row.fell_from_id


def test_open_work_of_a_post_that_was_left_falls_to_the_units_head(city: City, cast: Cast, second: int):
    made = dispatched(cast, HERE, cast.handler)[0]
    assert in_hand_of(cast.supervisor, made) == (cast.handler.post_id, None)
    assert settle(city) == 0
    leave(city, cast.handler.post_id)
    assert settle(city) == 1
    assert in_hand_of(cast.supervisor, made) == (second, cast.handler.post_id)
    assert settle(city) == 0  # once only
    now = timezone.now()
    with acting(cast.supervisor):
        (line,) = queries.fallen(now=now)
        titles = [entry.title for entry in queries.card(made, actor=cast.supervisor, now=now).timeline]
        told = [each for each in notices_for(cast.supervisor.unit_id or 0, "supervisor") if each.subject_id == made]
    assert (line.unit_name, line.from_title, line.to_title) == ("张店区住建局", "承办员", "承办员")
    assert titles[-1] == "岗位空缺，转由本单位负责人接办"
    assert "岗位空缺" in told[0].message
    with acting(cast.second_handler):
        assert queries.fallen(now=now, post_id=second) == ()  # another unit's isn't theirs to see
    page = signed_in("supervisor").get("/oversight/posts/").content.decode()
    assert "无人在岗而转走的事项" in page
    assert "“承办员”空缺" in page
    with acting(cast.dispatcher):
        operations.act(matter_id=made, action="urge", actor=cast.dispatcher, now=now, fields={"words": "请抓紧"})


def test_a_unit_in_which_nobody_is_left_gives_back_to_the_centre_above(city: City, cast: Cast, second: int):
    made = dispatched(cast, HERE, cast.handler)[0]
    leave(city, cast.handler.post_id, second)
    assert settle(city) >= 1
    now = timezone.now()
    centre = organisation.unit_by_code("centre-3703", local_date(now))
    assert centre is not None
    with acting(cast.supervisor):
        matter = Matter.objects.get(pk=made)
        line = next(line for line in queries.fallen(now=now) if line.number == matter.number)
    assert (matter.stage, matter.holder_unit_id, matter.intake_unit_id) == ("accepted", centre.id, centre.id)
    assert (line.unit_name, line.to_title) == ("张店区住建局", "")
    assert "单位没有人在岗" in signed_in("supervisor").get("/oversight/posts/").content.decode()
    # Nobody dispatches to it before somebody is there, as lead or beside another.
    for fields in ({"lead": cast.handler.unit_id}, {"lead": cast.second_handler.unit_id, "co": [cast.handler.unit_id]}):
        with pytest.raises(FieldsWrong) as caught, acting(cast.dispatcher):
            operations.act(matter_id=made, action="dispatch", actor=cast.dispatcher, now=now, fields=fields)
        assert "在岗" in str(caught.value)
    sent = {"lead": str(cast.handler.unit_id), "page": f"/m/{matter.number}/"}
    answer = signed_in("dispatcher").post(f"/m/{matter.number}/do/dispatch/", sent)
    said = "现在没有人在岗，收到也没有人办。请另选单位，或请管理员先安排人员任职。"
    assert (answer.status_code, said in answer.content.decode()) == (422, True)


def test_what_was_ruled_goes_on_once_nobody_is_left_in_the_unit(city: City, cast: Cast, second: int):
    made, now = dispatched(cast, HERE, cast.second_handler)[0], timezone.now()
    why = {"ground": "return.not-our-duty", "words": "三定规定第五条：不归我局"}
    do(cast.second_handler, made, "hand_back", now, **why)
    do(cast.dispatcher, made, "dispatch", now, lead=cast.second_handler.unit_id)
    do(cast.second_handler, made, "hand_back", now, **why)
    do(cast.dispatcher, made, "dispatch", now, lead=cast.second_handler.unit_id)
    do(cast.second_handler, made, "ask_ruling", now, **why)
    now = timezone.now()
    do(cast.supervisor, made, "rule", now, lead=cast.handler.unit_id, words="按职责清单")
    refused(StageForbids, "裁定是终局的", cast.dispatcher, made, "transfer", now, lead=cast.second_handler.unit_id)
    leave(city, cast.handler.post_id, second)
    assert do(cast.dispatcher, made, "transfer", timezone.now(), lead=cast.second_handler.unit_id).stage == "dispatched"
