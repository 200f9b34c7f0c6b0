"""A unit can't keep the limit: it asks for more time or for a pause, in time and with a reason; the level above decides.

All dates are worked out by hand with the calendar of 2025: NOW is Tuesday, 18 November, 10:30.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.clock.policy import promise, shipped_calendar
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Ask, Clock, Matter
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.clocks import course_of
from shanzhi.kernel.matters.policy.dispatching import DispatchCase
from shanzhi.kernel.matters.policy.process import (
    ClockRunOut,
    FieldsMissing,
    FieldsWrong,
    LimitReached,
    RoleForbids,
    StageForbids,
)
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.matters.tests import kind_support
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW, Cast
from tests.desks import at_stage, card, do, may, refused, signed_in

pytestmark = pytest.mark.django_db

at = partial(kind_support.at, 2025)
WHY: dict[str, Any] = {"ground": "extend.works", "words": "要采购水泵，二十日到货", "more_time": "5wd"}
REST: dict[str, Any] = {"ground": "pause.reporter", "words": "请反映人补充房产证明，已联系两次"}


CASE = DispatchCase(
    category="housing.property-service",
    region_code="",
    level="county",
    unit_code="",
    unit_kind="housing-construction",
    limit_text="5wd",
    ground="示例",
)


@pytest.fixture
def waiting(cast: Cast) -> Reported:
    """A matter that was just reported."""
    with acting(ANYONE):
        new = NewReport(body="地下室水泵坏了", title="水泵", region_code="370303009006")
        return operations.report(new=new, actor=ANYONE, now=NOW)


@pytest.fixture
def taken(cast: Cast, waiting: Reported) -> Reported:
    """A matter in the hands of the county's housing department."""
    matter = waiting
    do(cast.dispatcher, matter, "accept")
    do(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, matter, "take")
    return matter


def row(matter: Reported) -> Matter:
    return Matter.objects.get(pk=matter.matter_id)


def due(cast: Cast, matter: Reported, code: str = "handle") -> datetime:
    return next(line.due_at for line in card(cast.supervisor, matter).clocks if line.code == code)


def test_the_handling_limit_runs_from_the_report_whoever_holds_the_matter(cast: Cast, taken: Reported):
    assert due(cast, taken) == at(12, 9, 17, 30)  # 15 working days, the first is 19 November
    later = NOW + timedelta(days=3)
    do(cast.handler, taken, "hand_back", later, ground="return.not-our-duty", words="物业科管")
    do(cast.dispatcher, taken, "dispatch", later, lead=cast.second_handler.unit_id)
    do(cast.second_handler, taken, "take", later)
    assert due(cast, taken) == at(12, 9, 17, 30)


def test_it_is_due_with_the_soonest_of_its_clocks(cast: Cast, taken: Reported):
    contact = at(11, 19, 17, 30)
    with acting(cast.supervisor):
        assert row(taken).due_at == contact == due(cast, taken, "contact")
    do(cast.handler, taken, "contact", words="已电话联系")
    with acting(cast.supervisor):
        assert row(taken).due_at == at(12, 9, 17, 30)
        kept = Clock.objects.get(matter_id=taken.matter_id, code="contact")
        assert kept.stopped_at == NOW
    do(cast.handler, taken, "reply", reply="修好了")
    do(cast.checker, taken, "check_fail", words="还在漏")
    codes = {line.code for line in card(cast.supervisor, taken).clocks}
    assert codes == {"handle"}  # first contact is asked for once


def test_more_time_is_asked_for_and_granted_by_the_level_above(cast: Cast, taken: Reported):
    do(cast.handler, taken, "contact", words="已电话联系")
    do(cast.handler, taken, "ask_extension", **WHY)
    asked = card(cast.handler, taken).asks
    assert [(ask.state, ask.amount, ask.ground, ask.due_at) for ask in asked] == [
        ("open", "5wd", "要施工或采购", at(11, 19, 17, 30))
    ]
    with acting(cast.supervisor):
        waiting = queries.asks_waiting(cast.supervisor.unit_id or 0, NOW)
    assert [(line.number, line.name, line.amount) for line in waiting] == [(taken.number, "延期申请", "5wd")]
    tomorrow = NOW + timedelta(days=1)
    do(cast.supervisor, taken, "grant_extension", tomorrow, words="同意，请按期完成")
    assert due(cast, taken) == at(12, 16, 17, 30)  # 10, 11, 12, 15, 16 December
    with acting(cast.supervisor):
        assert row(taken).due_at == at(12, 16, 17, 30)
        assert queries.asks_waiting(cast.supervisor.unit_id or 0, NOW) == ()
    reporter = Actor(follow=(taken.follow_hash,))
    told = card(reporter, taken, tomorrow)
    grant = next(entry for entry in told.timeline if entry.action == "matters.grant")
    assert (grant.ground, grant.detail["amount"], grant.words) == ("要施工或采购", "5wd", "同意，请按期完成")
    assert not [entry for entry in told.timeline if entry.action == "matters.ask"]


def test_declined_leaves_the_date_and_may_be_asked_again(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_extension", **WHY)
    refused(StageForbids, "已经提出", cast.handler, taken, "ask_extension", **WHY)
    do(cast.supervisor, taken, "decline_extension", words="十五个工作日够了")
    assert due(cast, taken) == at(12, 9, 17, 30)
    do(cast.handler, taken, "ask_extension", **WHY)


def test_it_says_what_is_wrong(cast: Cast, taken: Reported):
    refused(FieldsMissing, "请填写", cast.handler, taken, "ask_extension", ground="extend.works", words="要采购")
    refused(FieldsWrong, "请从列表里选", cast.handler, taken, "ask_extension", **WHY | {"more_time": "99wd"})
    refused(FieldsWrong, "一条理由", cast.handler, taken, "ask_extension", **WHY | {"ground": "pause.reporter"})
    refused(FieldsWrong, "今天以后", cast.handler, taken, "ask_pause", **REST, until="2025-11-18")
    refused(FieldsWrong, "最长到", cast.handler, taken, "ask_pause", **REST, until="2026-03-01")
    refused(FieldsWrong, "2026-03-05", cast.handler, taken, "ask_pause", **REST, until="下周")
    refused(FieldsMissing, "请填写", cast.handler, taken, "ask_pause", until="2025-11-28", words="等材料")
    refused(FieldsMissing, "请填写", cast.handler, taken, "reply", reply="\u200b\u200b")
    refused(FieldsMissing, "请填写", cast.supervisor, taken, "note", words="\ud800")
    refused(StageForbids, "没有待答复", cast.supervisor, taken, "grant_extension")
    refused(StageForbids, "没有暂停", cast.handler, taken, "resume")
    refused(RoleForbids, "主办单位", cast.second_handler, taken, "ask_extension", **WHY) if seen(cast, taken) else None


@pytest.mark.parametrize("until", ["20251201", "2025-W49-1", "2025W491", "2025-335", "２０２５-１２-０１", 20251201])
def test_a_day_is_written_in_one_way(cast: Cast, taken: Reported, until: object):
    refused(FieldsWrong, "2026-03-05", cast.handler, taken, "ask_pause", **REST, until=until)


@pytest.mark.parametrize("amount", ["20251201", "2025-W49-1", "5xy", "0wd"])
def test_what_cannot_be_read_stands_on_the_pages_as_it_is(cast: Cast, amount: str):
    number = at_stage(cast, "take")
    with acting(cast.supervisor):
        matter_id = Matter.objects.get(number=number).pk
    now = timezone.now()
    until = (now + timedelta(days=3)).date().isoformat()
    do(cast.handler, matter_id, "ask_pause", now, **REST, until=until)
    with acting(cast.handler):  # as an earlier version took it
        row = Ask.objects.get(matter_id=matter_id)
        row.pk, row.code, row.type, row.clock, row.amount = None, "extension", "extend", "handle", amount
        row.save(force_insert=True)
    for page in ("/oversight/", f"/m/{number}/"):
        assert amount in signed_in("supervisor").get(page).content.decode(), page
    assert signed_in("handler").get(f"/worklist/{number}/").status_code == 200


def seen(cast: Cast, matter: Reported) -> bool:
    with acting(cast.second_handler):
        return Matter.objects.filter(pk=matter.matter_id).exists()


def test_nothing_is_asked_after_the_limit_ran_out(cast: Cast, taken: Reported):
    late = at(12, 9, 17, 31)
    refused(ClockRunOut, "时限已过", cast.handler, taken, "ask_extension", now=late, **WHY)
    refused(ClockRunOut, "时限已过", cast.handler, taken, "ask_pause", now=late, **REST, until="2025-12-20")
    # Asked in time and decided late still counts.
    do(cast.handler, taken, "ask_extension", at(12, 9, 17, 29), **WHY)
    do(cast.supervisor, taken, "grant_extension", late)
    assert due(cast, taken) == at(12, 16, 17, 30)


def test_it_is_granted_twice_at_most(cast: Cast, taken: Reported):
    for _ in range(2):
        do(cast.handler, taken, "ask_extension", **WHY)
        do(cast.supervisor, taken, "grant_extension")
    refused(LimitReached, "最多批准2次", cast.handler, taken, "ask_extension", **WHY)
    with acting(cast.supervisor):
        clock = Clock.objects.get(matter_id=taken.matter_id, code="handle", stopped_at=None)
    assert clock.limit_text == "15wd+5wd+5wd"
    assert clock.course is not None
    assert [event["extend"] for event in clock.course["events"]] == ["5wd", "5wd"]


def test_an_asker_of_the_same_unit_is_refused_by_the_database(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_extension", **WHY)
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        Ask.objects.filter(matter_id=taken.matter_id).update(state="granted", decided_at=NOW, decided_step=9)
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE matters_clock SET due_at = due_at + interval '9 days' WHERE matter_id = %s", [taken.matter_id]
        )


def test_a_pause_keeps_what_is_left(cast: Cast, taken: Reported):
    do(cast.handler, taken, "contact", words="已电话联系")
    do(cast.handler, taken, "ask_pause", **REST, until="2025-11-28")
    # Granted on Friday, 21 November, at 10:30: of 15 working days (7.5 h each) 12 whole ones are left, and of Friday
    # 90 minutes till noon and four hours afterwards.
    granted = at(11, 21, 10, 30)
    do(cast.supervisor, taken, "grant_pause", granted)
    with acting(cast.supervisor):
        held = row(taken)
    assert held.due_at == at(11, 28, 23, 59) + timedelta(seconds=59)
    shown = card(cast.supervisor, taken, granted)
    assert [(line.code, line.paused_at) for line in shown.clocks] == [("handle", granted)]
    refused(StageForbids, "暂停计时", cast.handler, taken, "ask_extension", now=granted, **WHY)
    do(cast.handler, taken, "resume", at(11, 29, 0))
    # From Monday, 1 December: twelve working days till Tuesday the 16th, then five and a half hours: 8:30 to 12:00, 13:30 to 15:30.
    assert due(cast, taken) == at(12, 17, 15, 30)


def test_more_time_that_is_granted_in_a_pause_leaves_it_standing(cast: Cast, taken: Reported):
    do(cast.handler, taken, "contact", words="已电话联系")
    do(cast.handler, taken, "ask_extension", **WHY)
    do(cast.handler, taken, "ask_pause", **REST, until="2025-12-17")
    stopped, granted = at(11, 21, 10, 30), at(11, 24, 9)
    do(cast.supervisor, taken, "grant_pause", stopped)
    do(cast.supervisor, taken, "grant_extension", granted)
    until = at(12, 17, 23, 59) + timedelta(seconds=59)
    assert [(line.code, line.paused_at, line.due_at) for line in card(cast.handler, taken, granted).clocks] == [
        ("handle", stopped, until)
    ]
    assert "resume" in may(cast.handler, taken, granted)
    with acting(cast.supervisor):
        assert row(taken).due_at == until
        assert queries.loop_state().out_of_step == ()
    do(cast.handler, taken, "resume", at(11, 24, 10, 30))
    # One working day in the pause: 10 December, and five more: 11, 12, 15, 16, 17.
    assert due(cast, taken) == at(12, 17, 17, 30)
    with acting(cast.supervisor):
        clock = Clock.objects.get(matter_id=taken.matter_id, code="handle", stopped_at=None)
        assert promise(course_of(clock, kind_version("request", 3)), shipped_calendar()).due_at == clock.due_at
    assert (clock.limit_text, clock.paused_at) == ("15wd+5wd", None)


def test_the_unit_lets_the_clocks_go_on_before_that(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_pause", **REST, until="2025-11-28")
    do(cast.supervisor, taken, "grant_pause", at(11, 21, 10, 30))
    do(cast.handler, taken, "resume", at(11, 24, 10, 30))  # one working day later
    assert due(cast, taken) == at(12, 10, 17, 30)
    codes = {line.code: line.paused_at for line in card(cast.supervisor, taken).clocks}
    assert codes == {"handle": None, "contact": None}


def test_a_matter_that_moves_is_not_waiting_any_more(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_pause", **REST, until="2025-11-28")
    do(cast.supervisor, taken, "grant_pause", at(11, 21, 10, 30))
    moved = at(11, 24, 10, 30)
    do(cast.handler, taken, "reply", moved, reply="修好了")
    clocks = {line.code: (line.paused_at, line.due_at) for line in card(cast.supervisor, taken, moved).clocks}
    assert clocks["handle"] == (None, at(12, 10, 17, 30))
    assert clocks[""] == (None, at(11, 26, 17, 30))


def test_what_was_asked_falls_away_with_the_share(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_extension", **WHY)
    do(cast.handler, taken, "hand_back", ground="return.not-our-duty", words="物业科管")
    with acting(cast.supervisor):
        assert Ask.objects.get(matter_id=taken.matter_id).state == "dropped"
        assert queries.asks_waiting(cast.supervisor.unit_id or 0, NOW) == ()


def told(cast: Cast, matter: Reported) -> list[tuple[str, str, int | None]]:
    """Everything that was asked: its code, its state, and by which step that came."""
    with acting(cast.supervisor):
        rows = Ask.objects.filter(matter_id=matter.matter_id).order_by("id")
        return list(rows.values_list("code", "state", "decided_step"))


def test_what_was_asked_ends_as_its_stage_is_left(cast: Cast, taken: Reported):
    """Asked in the unit's hands, a pause has no sense once it has answered, nor more time once it was checked; both are over
    with the step that left the stage, and are not granted on a later clock."""
    do(cast.handler, taken, "ask_extension", **WHY)
    do(cast.handler, taken, "ask_pause", **REST, until="2025-11-28")
    answered = do(cast.handler, taken, "reply", reply="修好了").step
    assert told(cast, taken) == [("extension", "open", None), ("pause", "dropped", answered)]
    with acting(cast.supervisor):
        waiting = queries.asks_waiting(cast.supervisor.unit_id or 0, NOW)
    assert [line.name for line in waiting] == ["延期申请"]
    passed = do(cast.checker, taken, "check_pass").step
    assert told(cast, taken)[0] == ("extension", "dropped", passed)
    with acting(cast.supervisor):
        assert queries.asks_waiting(cast.supervisor.unit_id or 0, NOW) == ()
    reporter = Actor(follow=(taken.follow_hash,))
    do(reporter, taken, "rate", solved=False, ground="not-solved.nothing-done", words="还在漏")
    refused(StageForbids, "没有待答复", cast.supervisor, taken, "grant_extension")


def test_an_end_stops_every_clock(cast: Cast, taken: Reported):
    do(cast.handler, taken, "ask_extension", **WHY)
    reporter = Actor(follow=(taken.follow_hash,))
    do(reporter, taken, "withdraw")
    with acting(cast.supervisor):
        assert not Clock.objects.filter(matter_id=taken.matter_id, stopped_at=None).exists()
        state = queries.loop_state()
    assert taken.number not in state.out_of_step


def test_the_level_above_a_county_is_the_city(cast: Cast):
    unit = organisation.unit_by_id(cast.handler.unit_id or 0, NOW.date())
    assert unit is not None
    above = organisation.unit_above("370303009006", unit.level, NOW.date())
    assert above is not None
    assert above.id == cast.supervisor.unit_id


def test_the_dispatch_catalogue_sets_the_limit_from_the_report_on(cast: Cast, waiting: Reported):
    with acting(cast.keeper):
        number = operations.dispatch_load(
            rows=[CASE], holds_from=NOW.date(), note="", actor=cast.keeper, now=NOW - timedelta(days=1)
        )
        operations.dispatch_go_live(version_id=number, actor=cast.keeper, now=NOW)
    do(cast.dispatcher, waiting, "accept", category="housing.property-service")
    later = NOW + timedelta(days=2)
    do(cast.dispatcher, waiting, "dispatch", later, lead=cast.handler.unit_id)
    assert due(cast, waiting) == at(11, 25, 17, 30)  # 5 working days from the report: 19 … 21, 24, 25
    do(cast.handler, waiting, "take", later)
    do(cast.handler, waiting, "ask_extension", later, **WHY)
    do(cast.supervisor, waiting, "grant_extension", later)
    do(cast.dispatcher, waiting, "transfer", later, lead=cast.second_handler.unit_id)
    assert due(cast, waiting) == at(12, 2, 17, 30)  # what was granted stays: 26 … 28 November, 1, 2 December
