"""An incident is pushed wherever it lies: in its grid, with the community, in a centre; what was put to it goes along."""

from datetime import datetime
from typing import Any

import pytest
from django.db import transaction

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Ask
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.climbing import _Group, _readers
from shanzhi.kernel.matters.operations.helping import HelpersOpen
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.policy.ladder import Tell
from shanzhi.kernel.matters.policy.process import SamePerson, StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests.kind_support import ends, of_region, taken_in
from tests.city import NOW, Cast
from tests.desks import do

pytestmark = pytest.mark.django_db
GRID = "370303009006001"
GROUND: dict[str, Any] = {"ground": "supervise.safety", "words": "先设警示，两日内换好井盖"}


def asks(actor: Actor, matter: Reported) -> list[tuple[str, str, int]]:
    with acting(actor):
        rows = Ask.objects.filter(matter_id=matter.matter_id).order_by("id")
        return list(rows.values_list("code", "state", "to_unit_id"))


@pytest.fixture
def worker(cast: Cast) -> Actor:
    return of_region(GRID, "grid_worker")


@pytest.fixture
def taken(worker: Actor) -> Reported:
    """Taken up in its grid."""
    new = NewReport(body="3号楼前窨井盖破损", kind="incident", channel="visit", region_code=GRID)
    with acting(worker):
        matter = operations.report(new=new, actor=worker, now=NOW)
    do(worker, matter, "take_up")
    return matter


def test_a_grid_is_urged_and_says_how_it_stands(cast: Cast, taken: Reported, worker: Actor):
    do(cast.supervisor, taken, "urge", words="居民反映有人差点踩空")
    with acting(worker):
        urged = queries.card(taken.matter_id, actor=worker, now=NOW).asks[0]
    # NOW is Tuesday, 10:30; four working hours on, over the noon break or not, is the same day.
    assert (urged.name, urged.to_unit_name != "", urged.due_at.astimezone(CITY_ZONE).date()) == (
        "催办", True, datetime(2025, 11, 18).date(),
    )  # fmt: skip
    with pytest.raises(StageForbids), transaction.atomic():
        do(cast.supervisor, taken, "urge", words="再催")
    do(worker, taken, "respond", words="警示桩已放，井盖下午到")
    assert [row[:2] for row in asks(cast.supervisor, taken)] == [("urging", "granted")]


def test_a_supervision_goes_along_as_the_incident_is_handed_up(cast: Cast, taken: Reported, worker: Actor):
    community = of_region(GRID[:12], "handler")
    do(cast.supervisor, taken, "urge", words="快办")
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(worker, taken, "escalate_to_community", words="超出网格能力")
    assert [row[:2] for row in asks(cast.supervisor, taken)] == [("urging", "dropped"), ("supervision", "open")]
    with pytest.raises(MatterNotFound), transaction.atomic():
        do(cast.handler, taken, "report_back", words="不是我办的")
    do(community, taken, "report_back", words="已找到井盖权属单位，明日更换")
    do(cast.supervisor, taken, "insist", words="请写明更换时间")
    assert asks(cast.supervisor, taken)[-1] == ("supervision", "open", community.unit_id)
    do(community, taken, "report_back", words="十九日上午九时更换")
    do(cast.supervisor, taken, "clear", claim_solved=True, negligent=False)
    with acting(cast.supervisor):
        told = journal.entries_by_action("matter", [taken.matter_id], ["matters.clear"], limit=1)[0].payload
    assert (told["claim_solved"], told["negligent"]) == (True, False)


def test_a_centre_that_has_it_answers_too_and_pushes_nobody_but_others(cast: Cast, taken: Reported, worker: Actor):
    community, township = of_region(GRID[:12], "handler"), of_region(GRID[:9], "dispatcher")
    do(worker, taken, "escalate_to_community", words="超出网格能力")
    do(community, taken, "escalate_to_centre", words="要几个单位一起办")
    with pytest.raises(SamePerson, match="本单位正在主办"), transaction.atomic():
        do(township, taken, "urge", words="催自己")
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(township, taken, "report_back", words="已会同供水公司到场")
    do(cast.supervisor, taken, "clear", claim_solved=True, negligent=False)
    assert [row[:2] for row in asks(cast.supervisor, taken)] == [
        ("supervision", "granted"),
        ("supervision_report", "granted"),
    ]


def test_the_ladder_tells_who_has_it_in_the_grid(taken: Reported, worker: Actor):
    group = _Group(0, 7, 1, "incident", 2, "in_grid", GRID[:12], 1, taken.number, NOW)
    held = {7: frozenset({"grid_worker", "handler"}), 1: frozenset({"supervisor"})}
    assert {role for _, role, _ in _readers(Tell.HOLDER, group, 1, held)} <= {"grid_worker", "handler"}
    assert list(_readers(Tell.CENTRE, group, 9, held)) == [(1, "supervisor", "matters.ladder_centre")]


def test_who_helps_with_an_incident_has_a_date_and_the_lead_answers_for_all(cast: Cast):
    """Two working days from Tuesday, 18 November, 10:30, are over on Thursday, 20 November, at the close of office hours."""
    case = taken_in("incident", cast.dispatcher)
    case.do(cast.dispatcher, "dispatch", lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    helper = next(row for row in case.card(cast.handler).shares if row.part == "co")
    assert (helper.state, helper.due_at) == ("waiting", ends(2025, 11, 20))
    with pytest.raises(HelpersOpen), transaction.atomic():
        case.do(cast.handler, "reply", reply="已修好。")
    case.do(cast.handler, "urge_helper", helper=str(cast.second_handler.unit_id), words="请尽快")
    case.do(cast.second_handler, "assist_done", words="已设围挡")
    case.do(cast.handler, "involve", co=[cast.second_handler.unit_id], words="再清运一次")
    case.do(cast.handler, "excuse", helper=str(cast.second_handler.unit_id), words="已自行清运")
    assert case.do(cast.handler, "reply", reply="已修好。").stage == "checking"
