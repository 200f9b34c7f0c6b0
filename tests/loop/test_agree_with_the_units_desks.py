"""What a supervisor reads of a unit is what the unit's own desks show it: one definition of whose turn it is."""

from datetime import timedelta
from typing import cast as as_type

import pytest
from django.test import RequestFactory
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.policy.turns import WITH_LINKED, WITH_REPORTER, WITH_UNIT, stages_of_turn
from shanzhi.kernel.matters.tests.kind_support import taken_in
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.checks import queries as checks
from shanzhi.modules.intake.tests.walk import made
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy import Dimension
from shanzhi.modules.oversight.queries.overview import NOBODYS
from shanzhi.modules.oversight.tests.city_of_work import HERE, dispatched, do, work
from shanzhi.modules.oversight.tests.test_count_what_the_list_shows import cells, rows_of
from shanzhi.modules.triage.web import views as triage
from shanzhi.modules.worklist import queries as worklist
from tests.city import Cast

pytestmark = pytest.mark.django_db

PARTS = [
    {"about": "三号楼电梯停了", "category": "housing.property-service"},
    {"about": "小区门口垃圾没人清", "category": "cityscape.waste", "region": "370303009007"},
]


@pytest.fixture
def city(cast: Cast) -> Cast:
    """Work at every point of its way, some of it with the checker, linked, split, or re-checked under another kind's stage."""
    work(cast)
    lead, other, whole = made(title="停水"), made(title="停水"), made(title="电梯和垃圾")
    do(cast.dispatcher, other.matter_id, "link", same_as=lead.number)
    do(cast.dispatcher, whole.matter_id, "accept", category="housing.property-service")
    do(cast.dispatcher, whole.matter_id, "split", lead=cast.handler.unit_id, parts=PARTS)
    checked = dispatched(cast, HERE, cast.handler)
    do(cast.handler, checked[0], "reply", reply="已修好。")
    found, now = taken_in("finding", cast.dispatcher), timezone.now()
    found.do(cast.dispatcher, "dispatch", now, lead=cast.handler.unit_id)
    found.do(cast.handler, "plan", now, words="更换消防泵", until=(now + timedelta(days=20)).date().isoformat())
    found.do(cast.handler, "reply", now, reply="已更换")
    return cast


def shown_to(actors: list[Actor]) -> int:
    """How many the desks of a unit's posts show them as theirs to do."""
    now, kinds, total = timezone.now(), desk.kinds(), 0
    for actor in actors:
        with acting(actor):
            if actor.role == "handler":
                total += worklist.worklist(
                    actor, kinds=kinds, tab="", light="", words="", after="", now=now
                ).count.waiting
            elif actor.role == "checker":
                stages = checks.checking_stages(kinds)
                total += checks.desk(stages=stages, light="", words="", after="", actor=actor, now=now).count.waiting
            elif actor.role == "dispatcher":
                request = as_type(ActingRequest, RequestFactory().get("/triage/"))
                request.actor, request.now = actor, now
                total += triage._queue(request).count.waiting
    return total


def test_each_unit_is_told_as_many_as_its_desks_show(city: Cast):
    desks = {
        "淄博市社会治安综合治理中心": [city.dispatcher, city.checker],
        "张店区住房和城乡建设局": [city.handler],
        "张店区城市管理局": [city.second_handler],
        "周村区住房和城乡建设局": [city.neighbour_handler],
    }
    with acting(city.supervisor):
        found = queries.overview(city.supervisor, region="", kinds=desk.kinds(), now=timezone.now())
    told = {line.name: line.row.open for line in found.tables[Dimension.UNIT]}
    nobodys = {name: told.pop(name) for name in NOBODYS.values()}
    assert told == {name: shown_to(actors) for name, actors in desks.items()}
    assert nobodys == {"等反映人": 1, "等并案、拆分的各件": 2}
    assert sum(told.values()) + 3 == found.figures.whole.open


def test_each_number_leads_to_as_many(city: Cast):
    now = timezone.now()
    with acting(city.supervisor):
        found = queries.overview(city.supervisor, region="", kinds=desk.kinds(), now=now)
        units = [(name, value, url) for name, value, url in cells(found) if name.startswith("unit ")]
        assert len(units) == 6 * 5
        assert [value for _, value, _ in units] == [rows_of(city.supervisor, url, now) for _, _, url in units]


def test_no_stage_is_the_turn_of_two():
    kinds = desk.kinds()
    turns = [stages_of_turn(kinds, turn) for turn in (WITH_UNIT, WITH_REPORTER, WITH_LINKED)]
    every = {stage.code for kind in kinds for stage in kind.stages if not stage.is_end}
    assert sum(map(len, turns)) == len(every)
    assert {code for codes in turns for code in codes} == every
    assert "rechecking" in turns[0], "two kinds call so what a checker and what a lead does"
