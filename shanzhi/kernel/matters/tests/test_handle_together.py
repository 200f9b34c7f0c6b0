"""Co-handling: each helper has a date and a result of its own, the lead answers for the whole, nobody waits for ever.

All dates are worked out by hand with the calendar of 2025: NOW is Tuesday, 18 November, 10:30; office hours end 17:30.
The lead's clock is 15 working days from the report: Tuesday, 9 December. A helper's is 5: Tuesday, 25 November.
"""

from datetime import datetime
from functools import partial
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Assignment, Remark
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.helping import HelpersOpen, ReturnedBefore
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, RoleForbids, StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.matters.tests import kind_support
from shanzhi.kernel.matters.tests.kind_support import of_unit
from shanzhi.kernel.organisation import operations as holdings
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW, Cast
from tests.desks import card, do, may, refused

pytestmark = pytest.mark.django_db

at = partial(kind_support.at, 2025)
DUE = at(11, 25, 17, 30)
NOT_OURS: dict[str, Any] = {"ground": "return.not-our-duty", "words": "三定规定第五条：不归我局"}


def states(actor: Actor, matter: Reported, now: datetime = NOW) -> list[tuple[str, str, Light | None]]:
    return [(share.part, share.state, share.light) for share in card(actor, matter, now).shares]


@pytest.fixture
def third(cast: Cast) -> Actor:
    """The county's police: a third helper."""
    return of_unit("public-security-370303")


@pytest.fixture
def helped(cast: Cast, third: Actor) -> Reported:
    """A matter that the housing department leads, with two helpers; it asked the third itself."""
    with acting(ANYONE):
        new = NewReport(body="小区里三家饭店夜里排烟又占道", title="排烟占道", region_code="370303009006")
        matter = operations.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, matter, "accept", category="housing.property-service")
    do(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    do(cast.handler, matter, "take")
    do(cast.handler, matter, "involve", co=[third.unit_id], words="请查处占道")
    return matter


def test_each_helper_has_a_date_of_its_own_and_never_later_than_the_lead(cast: Cast, helped: Reported, third: Actor):
    seen = card(cast.handler, helped)
    assert [(share.part, share.due_at, share.light) for share in seen.shares] == [
        ("lead", None, None),
        ("co", DUE, Light.NORMAL),
        ("co", DUE, Light.NORMAL),
    ]
    handle = next(line for line in seen.clocks if line.code == "handle")
    assert (handle.due_at, seen.stage) == (at(12, 9, 17, 30), "handling")
    assert [line.code for line in seen.clocks] == ["handle", "contact"]
    late = at(12, 5)  # Friday: five working days would end on 12 December
    do(third, helped, "assist_back", late, **NOT_OURS)
    do(cast.handler, helped, "involve", late, co=[third.unit_id], words="仍请贵局")
    assert card(third, helped, late).shares[-1].due_at == at(12, 9, 17, 30)


def test_of_a_lead_that_is_late_already_a_helper_has_its_own_days(cast: Cast, helped: Reported):
    fourth = of_unit("health-370303")
    do(cast.handler, helped, "involve", at(12, 10), co=[fourth.unit_id], words="请到场")
    assert card(fourth, helped, at(12, 10)).shares[-1].due_at == at(12, 17, 17, 30)


def test_a_helper_does_nothing_but_its_own_share(cast: Cast, helped: Reported):
    assert may(cast.second_handler, helped) == {"assist_done", "assist_back", "contact", "note", "attach"}
    for action, fields in (
        ("reply", {"reply": "已办好"}),
        ("hand_back", NOT_OURS),
        ("excuse", {"helper": cast.second_handler.unit_id, "words": "不等了"}),
        ("involve", {"co": [cast.handler.unit_id], "words": "一起"}),
        ("ask_extension", {"ground": "extend.complex", "more_time": "5wd", "words": "情况复杂"}),
    ):
        refused(RoleForbids, "主办单位", cast.second_handler, helped, action, **fields)


def test_the_lead_answers_once_all_have_answered(cast: Cast, helped: Reported, third: Actor):
    do(cast.second_handler, helped, "assist_done", at(11, 20), words="已拆除占道摊位")
    refused(HelpersOpen, "公安", cast.handler, helped, "reply", reply="已办好", now=at(11, 26))
    # A late one stops nobody's clock but its own: the matter is still due as it was.
    assert states(cast.handler, helped, at(11, 26))[1:] == [
        ("co", "done", Light.NORMAL),
        ("co", "waiting", Light.OVERDUE),
    ]
    handle = next(line for line in card(cast.handler, helped, at(11, 26)).clocks if line.code == "handle")
    assert (handle.due_at, handle.light) == (at(12, 9, 17, 30), Light.NORMAL)
    done = do(
        cast.handler, helped, "excuse", at(11, 26), helper=third.unit_id, words="超期一天，占道部分由城管一并处理"
    )
    assert done.stage == "handling"
    assert do(cast.handler, helped, "reply", at(11, 26), reply="已办好").stage == "checking"
    told = card(cast.checker, helped, at(11, 27))
    assert [(share.state, share.words) for share in told.shares] == [
        ("taken", ""),
        ("done", "已拆除占道摊位"),
        ("excused", "超期一天，占道部分由城管一并处理"),
    ]
    with acting(cast.checker):
        entry = journal.entries_by_action("matter", [helped.matter_id], ["matters.excuse"], limit=1)[0]
    assert (entry.payload["co_unit_ids"], entry.payload["overdue"]) == ([third.unit_id], True)
    assert entry.payload["words_sealed"]


def test_no_reason_no_excuse(cast: Cast, helped: Reported, third: Actor):
    refused(FieldsMissing, "请填写", cast.handler, helped, "excuse", helper=third.unit_id)
    refused(FieldsMissing, "请填写", cast.handler, helped, "excuse", words="不等了")
    refused(FieldsWrong, "没有在协办", cast.handler, helped, "excuse", helper=cast.handler.unit_id, words="不等了")
    refused(FieldsWrong, "", cast.handler, helped, "excuse", helper="全部", words="不等了")


def test_a_late_result_is_told_as_late(cast: Cast, helped: Reported):
    do(cast.second_handler, helped, "assist_done", at(11, 26), words="晚了一天，已拆除")
    with acting(cast.checker):
        entry = journal.entries_by_action("matter", [helped.matter_id], ["matters.assist_done"], limit=1)[0]
    assert entry.payload["overdue"] is True
    # How it stood when it ended stays.
    assert states(cast.handler, helped, at(12, 20))[1] == ("co", "done", Light.OVERDUE)


def test_nobody_answers_twice(cast: Cast, helped: Reported):
    do(cast.second_handler, helped, "assist_done", words="已拆除")
    refused(RoleForbids, "不是协办单位", cast.second_handler, helped, "assist_done", words="再说一遍")
    refused(RoleForbids, "不是协办单位", cast.second_handler, helped, "assist_back", **NOT_OURS)
    assert "assist_done" not in may(cast.second_handler, helped)


def test_it_is_given_back_once_and_then_it_stands(cast: Cast, helped: Reported, third: Actor):
    refused(FieldsMissing, "", third, helped, "assist_back", words="不归我们")
    do(third, helped, "assist_back", **NOT_OURS)
    seen = card(cast.handler, helped).shares[-1]
    assert (seen.state, seen.ground, seen.words) == ("returned", "不属于本单位职责", NOT_OURS["words"])
    do(cast.handler, helped, "involve", co=[third.unit_id], words="占道属贵局职责")
    refused(ReturnedBefore, "仍请协办", third, helped, "assist_back", **NOT_OURS)
    do(third, helped, "assist_done", words="已查处")
    assert [share.state for share in card(cast.handler, helped).shares] == ["taken", "waiting", "returned", "done"]


def test_helpers_are_others_once_and_with_somebody_at_work(cast: Cast, helped: Reported):
    ask: dict[str, Any] = {"words": "请协办"}
    refused(FieldsWrong, "不能同时", cast.handler, helped, "involve", co=[cast.handler.unit_id], **ask)
    refused(FieldsWrong, "已经在协办", cast.handler, helped, "involve", co=[cast.second_handler.unit_id], **ask)
    refused(FieldsWrong, "没有这个单位", cast.handler, helped, "involve", co=[999_999], **ask)
    empty = of_unit("sports-370303").unit_id or 0
    with acting(cast.keeper):
        for post in organisation.posts_of_unit(empty, NOW.date()):
            author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
            holdings.end_holding(post_id=post.post_id, on=NOW.date(), now=NOW, author=author)
    refused(FieldsWrong, "没有在岗人员", cast.handler, helped, "involve", co=[empty], **ask)
    twice = [of_unit("health-370303").unit_id] * 2
    do(cast.handler, helped, "involve", co=twice, **ask)
    assert len(card(cast.handler, helped).shares) == 4


def test_a_dispatch_refuses_the_lead_as_its_own_helper(cast: Cast):
    with acting(ANYONE):
        new = NewReport(body="路灯不亮", title="路灯", region_code="370303009006")
        matter = operations.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, matter, "accept", category="housing.property-service")
    unit = cast.handler.unit_id
    refused(FieldsWrong, "不能同时", cast.dispatcher, matter, "dispatch", lead=unit, co=[unit])


def test_the_lead_urges_each_helper_and_is_answered(cast: Cast, helped: Reported, third: Actor):
    for helper in (cast.second_handler, third):
        do(cast.handler, helped, "urge_helper", helper=helper.unit_id, words="进展如何")
    refused(StageForbids, "还没有回应", cast.handler, helped, "urge_helper", helper=third.unit_id, words="再催")
    refused(RoleForbids, "协办单位", cast.handler, helped, "respond_helper", words="我替他说")
    do(third, helped, "respond_helper", words="明天到场")
    assert "respond_helper" in may(cast.second_handler, helped)
    assert "respond_helper" not in may(third, helped)
    # Its result answers an urging as well.
    do(cast.second_handler, helped, "assist_done", words="已拆除")
    assert [(ask.name, ask.state) for ask in card(cast.handler, helped).asks] == [
        ("催办协办", "dropped"),
        ("催办协办", "granted"),
    ]
    do(third, helped, "assist_done", words="已查处")
    assert not {"urge_helper", "excuse"} & may(cast.handler, helped)
    refused(StageForbids, "没有要等结果", cast.handler, helped, "urge_helper", helper=third.unit_id, words="再催")


def test_the_reporter_sees_who_works_and_what_the_lead_includes(cast: Cast, helped: Reported, third: Actor):
    reporter = Actor(follow=(helped.follow_hash,))
    do(cast.second_handler, helped, "assist_done", words="已拆除占道摊位")
    do(third, helped, "assist_done", words="内部：已约谈")
    before = card(reporter, helped)
    assert "matters.assist_done" not in [entry.action for entry in before.timeline]
    assert [share.words for share in before.shares] == ["", "", ""]
    refused(FieldsWrong, "没有协办结果", cast.handler, helped, "reply", reply="已办好", include=[cast.handler.unit_id])
    do(cast.handler, helped, "reply", reply="已办好", include=[cast.second_handler.unit_id])
    after = card(reporter, helped)
    assert [entry.words for entry in after.timeline if entry.action == "matters.assist_done"] == ["已拆除占道摊位"]
    assert "内部" not in repr(after)


def test_the_database_lets_only_the_lead_include_and_nobody_change_a_promise(cast: Cast, helped: Reported):
    do(cast.second_handler, helped, "assist_done", words="已拆除")
    for actor in (cast.second_handler, cast.dispatcher, Actor(follow=(helped.follow_hash,))):
        with acting(actor):
            assert Remark.objects.filter(matter_id=helped.matter_id).update(for_reporter=True) == 0
    with acting(cast.handler):
        assert Remark.objects.filter(matter_id=helped.matter_id, for_reporter=False).update(for_reporter=True) == 1
    for column in ("due_at", "warn_at"):
        with acting(cast.handler), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Assignment.objects.filter(matter_id=helped.matter_id, part="co").update(**{column: at(12, 24)})


def test_a_helpers_list_has_its_own_date(cast: Cast, helped: Reported):
    me = cast.second_handler
    with acting(me):
        page = queries.matters_page(ListFilter(unit_id=me.unit_id, part="co"), now=NOW, actor=me)
        row = next(row for row in queries.as_helper(page, me.unit_id or 0, now=at(11, 26)).rows)
    assert (row.number, row.due_at, row.light) == (helped.number, DUE, Light.OVERDUE)


def test_given_back_by_the_lead_nothing_is_left_open(cast: Cast, helped: Reported):
    do(cast.handler, helped, "hand_back", **NOT_OURS)
    assert [share.state for share in card(cast.dispatcher, helped).shares] == ["returned", "over", "over"]
