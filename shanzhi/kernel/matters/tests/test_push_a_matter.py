"""A matter that doesn't move is pushed: urged by a centre or its reporter, supervised on a ground, and checked twice.

All dates are worked out by hand with the calendar of 2025: NOW is Tuesday, 18 November, 10:30; office hours end 17:30.
"""

from functools import partial
from typing import Any

import pytest
from django.db import ProgrammingError, transaction

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.models import Ask, Matter, Remark
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import (
    FieldsMissing,
    FieldsWrong,
    RoleForbids,
    SamePerson,
    StageForbids,
    load_kind,
)
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.tests import kind_support
from tests.city import NOW, Cast
from tests.desks import card, do, in_hand, may, refused

pytestmark = pytest.mark.django_db

at = partial(kind_support.at, 2025)
GROUND: dict[str, Any] = {"ground": "supervise.overdue", "words": "办理已超期，请五个工作日内报告"}


def asks(cast: Cast, matter: Reported) -> list[tuple[str, str]]:
    with acting(cast.supervisor):
        return list(Ask.objects.filter(matter_id=matter.matter_id).order_by("id").values_list("code", "state"))


@pytest.fixture
def taken(cast: Cast) -> Reported:
    return in_hand(cast)


def test_a_centre_urges_and_the_lead_answers_by_the_limit(cast: Cast, taken: Reported):
    do(cast.checker, taken, "urge", words="反映人说还没人上门")
    urged = card(cast.handler, taken).asks[0]
    assert (urged.name, urged.state, urged.due_at) == ("催办", "open", at(11, 19, 17, 30))
    assert "respond" in may(cast.handler, taken)
    refused(StageForbids, "还没有回应", cast.dispatcher, taken, "urge", words="再催")
    refused(RoleForbids, "承办员", cast.checker, taken, "respond", words="我替他说")
    refused(FieldsMissing, "请填写", cast.handler, taken, "respond")
    do(cast.handler, taken, "respond", at(11, 19, 9), words="水泵明天到货")
    assert asks(cast, taken) == [("urging", "granted")]
    do(cast.dispatcher, taken, "urge", at(11, 20, 9), words="水泵到了吗")  # answered: it may be urged again
    told = [entry.action for entry in card(cast.supervisor, taken).timeline]
    assert told[-3:] == ["matters.urge", "matters.respond", "matters.urge"]


def test_a_reporter_urges_once_a_working_day_and_reads_the_answer(cast: Cast, taken: Reported):
    reporter = Actor(follow=(taken.follow_hash,))
    friday = at(11, 21, 16)
    do(reporter, taken, "urge_again", friday)
    with acting(reporter):
        row = Ask.objects.get(matter_id=taken.matter_id)
        assert (row.post_id, row.staff_id, row.to_unit_id) == (None, None, cast.handler.unit_id)
        assert row.due_at == at(11, 24, 17, 30)  # the first working day after Friday is Monday
    do(cast.handler, taken, "respond_reporter", at(11, 21, 17), words="下周一上门")
    told = card(reporter, taken, friday).timeline
    assert [(entry.title, entry.words) for entry in told[-2:]] == [("催一下", ""), ("回应反映人催办", "下周一上门")]
    for tried in (at(11, 21, 17, 5), at(11, 22, 10), at(11, 23, 23)):  # the same day, Saturday, Sunday
        assert "urge_again" not in may(reporter, taken, tried)
        refused(StageForbids, "每个工作日", reporter, taken, "urge_again", now=tried)
    do(reporter, taken, "urge_again", at(11, 24, 0, 1))
    refused(StageForbids, "还没有回应", reporter, taken, "urge_again", now=at(11, 25, 9))


def test_a_reporter_reads_nothing_of_what_is_put_to_the_unit_by_others(cast: Cast, taken: Reported):
    reporter = Actor(follow=(taken.follow_hash,))
    before = [entry.title for entry in card(reporter, taken).timeline]
    do(cast.dispatcher, taken, "urge", words="快办，内部催办")
    do(cast.handler, taken, "respond", words="人手不够，内部回应")
    do(cast.supervisor, taken, "supervise", ground="supervise.leader", words="领导批示内容")
    do(cast.handler, taken, "report_back", words="内部报告")
    do(cast.supervisor, taken, "insist", words="不够")
    do(cast.handler, taken, "report_back", words="再报告")
    do(cast.supervisor, taken, "clear", claim_solved=False, negligent=True, words="拖延")
    seen = card(reporter, taken)
    assert ([entry.title for entry in seen.timeline], seen.asks) == (before, ())
    with acting(reporter):
        assert list(Remark.objects.filter(matter_id=taken.matter_id)) == []
    assert [entry.action for entry in card(cast.supervisor, taken).timeline][-7:] == [
        "matters.urge", "matters.respond", "matters.supervise", "matters.report_back", "matters.insist",
        "matters.report_back", "matters.clear",
    ]  # fmt: skip


def test_nobody_urges_itself_and_nothing_without_a_lead(cast: Cast, taken: Reported):
    with acting(ANYONE):
        fresh = operations.report(
            new=NewReport(body="路灯不亮", title="路灯", region_code="370303009006"), actor=ANYONE, now=NOW
        )
    refused(StageForbids, "不能催办", cast.dispatcher, fresh, "urge", words="快办")
    own = kind_support.taken_in("incident", cast.dispatcher).made  # What a centre may handle itself.
    do(cast.dispatcher, own, "dispatch", lead=cast.dispatcher.unit_id)
    refused(SamePerson, "本单位正在主办", cast.supervisor, own, "urge", words="快办")
    refused(SamePerson, "本单位正在主办", cast.supervisor, own, "supervise", **GROUND)


def test_an_urging_falls_with_the_share_and_a_supervision_follows(cast: Cast, taken: Reported):
    do(cast.dispatcher, taken, "urge", words="快办")
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(cast.dispatcher, taken, "transfer", lead=cast.second_handler.unit_id)
    assert asks(cast, taken) == [("urging", "dropped"), ("supervision", "open")]
    assert "report_back" in may(cast.second_handler, taken)


def test_a_supervision_ends_with_two_answers(cast: Cast, taken: Reported):
    refused(FieldsMissing, "请填写", cast.supervisor, taken, "supervise", words="快办")
    refused(FieldsWrong, "1项", cast.supervisor, taken, "supervise", **GROUND | {"ground": "extend.works"})
    do(cast.supervisor, taken, "supervise", **GROUND)
    # Five working days after 18 November: 19, 20, 21, 24, 25.
    assert [(ask.ground, ask.due_at) for ask in card(cast.handler, taken).asks] == [("超期未办结", at(11, 25, 17, 30))]
    refused(StageForbids, "已经转给", cast.supervisor, taken, "supervise", **GROUND)
    answers: dict[str, Any] = {"claim_solved": True, "negligent": False}
    refused(StageForbids, "还没有报告", cast.supervisor, taken, "clear", **answers)
    do(cast.handler, taken, "report_back", at(11, 20, 9), words="水泵已更换，附照片")
    refused(StageForbids, "还没有答复", cast.handler, taken, "report_back", words="再报一次")
    assert {"clear", "insist"} <= may(cast.supervisor, taken)
    refused(FieldsMissing, "写明情况", cast.supervisor, taken, "clear", **answers | {"negligent": True})
    do(cast.supervisor, taken, "clear", at(11, 21, 9), **answers)
    assert asks(cast, taken) == [("supervision", "granted"), ("supervision_report", "granted")]
    with acting(cast.supervisor):
        told = journal.entries_by_action("matter", [taken.matter_id], ["matters.clear"], limit=1)[0].payload
    assert (told["claim_solved"], told["negligent"], told["asked_unit_id"]) == (True, False, cast.supervisor.unit_id)


def test_a_report_that_is_not_enough_goes_on_with_a_new_limit(cast: Cast, taken: Reported):
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(cast.handler, taken, "report_back", words="正在联系厂家")
    do(cast.supervisor, taken, "insist", at(11, 21, 9), words="没有完成时间，请补报")
    assert asks(cast, taken) == [
        ("supervision", "declined"),
        ("supervision_report", "declined"),
        ("supervision", "open"),
    ]
    # Five working days after Friday, 21 November: 24, 25, 26, 27, 28.
    assert card(cast.handler, taken).asks[-1].due_at == at(11, 28, 17, 30)
    do(cast.handler, taken, "report_back", at(11, 24, 9), words="二十六日完成")


def test_a_supervision_outlives_the_matter_until_it_is_answered(cast: Cast, taken: Reported):
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(Actor(follow=(taken.follow_hash,)), taken, "withdraw")
    assert may(cast.supervisor, taken) == {"clear"}
    do(cast.supervisor, taken, "clear", claim_solved=False, negligent=False, words="反映人已撤回")
    assert asks(cast, taken) == [("supervision", "granted")]


ANSWERS: dict[str, Any] = {"claim_solved": True, "negligent": False}


def test_a_supervision_is_ended_where_nobody_leads_any_more(cast: Cast, taken: Reported):
    do(cast.supervisor, taken, "supervise", **GROUND)
    refused(StageForbids, "还没有报告", cast.supervisor, taken, "clear", **ANSWERS)
    refused(StageForbids, "还没有报告", cast.supervisor, taken, "insist", words="请报告")
    do(cast.handler, taken, "hand_back", ground="return.not-our-duty", words="物业科管")
    assert "clear" in may(cast.supervisor, taken)
    other = in_hand(cast)
    do(cast.dispatcher, taken, "link", same_as=other.number)
    do(cast.supervisor, taken, "clear", **ANSWERS)
    assert asks(cast, taken) == [("supervision", "granted")]


def test_a_supervision_of_a_whole_and_of_its_parts_is_ended(cast: Cast, taken: Reported):
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(cast.handler, taken, "hand_back", ground="return.not-our-duty", words="两件事")
    parts = [
        {"about": "水泵坏了", "category": "housing.property-service"},
        {"about": "垃圾没有清", "category": "cityscape.waste"},
    ]
    do(cast.dispatcher, taken, "split", lead=cast.handler.unit_id, parts=parts)
    do(cast.supervisor, taken, "clear", **ANSWERS)
    with acting(cast.supervisor):
        part = Matter.objects.get(number=f"{taken.number}-2").pk
    do(cast.dispatcher, part, "dispatch", lead=cast.second_handler.unit_id)
    do(cast.supervisor, part, "supervise", **GROUND)
    do(cast.second_handler, part, "take")
    do(cast.second_handler, part, "reply", reply="已清运")
    do(cast.checker, part, "check_pass")
    assert card(cast.supervisor, part).stage == "joined"
    do(cast.supervisor, part, "clear", **ANSWERS)
    assert [(ask.code, ask.state) for ask in card(cast.supervisor, part).asks] == [("supervision", "granted")]


def test_the_database_lets_only_the_right_unit_decide(cast: Cast, taken: Reported):
    do(cast.supervisor, taken, "supervise", **GROUND)
    do(cast.dispatcher, taken, "urge", words="快办")
    answer = {"state": "granted", "decided_at": NOW, "decided_step": 9}
    rows = Ask.objects.filter(matter_id=taken.matter_id)
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        rows.filter(code="supervision").update(**answer)  # the lead ends its own supervision
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        rows.filter(code="supervision").update(**answer | {"state": "dropped"})  # or shakes it off
    with acting(cast.supervisor), pytest.raises(ProgrammingError), transaction.atomic():
        rows.filter(code="urging").update(**answer)  # the centre answers for the lead
    reporter = Actor(follow=(taken.follow_hash,))
    for wrong in ({"type": "supervise"}, {"unit_id": cast.handler.unit_id}, {"post_id": cast.dispatcher.post_id}):
        with acting(reporter), pytest.raises(ProgrammingError), transaction.atomic():
            Ask.objects.create(
                **{
                    "matter_id": taken.matter_id, "code": "x", "type": "urge", "unit_id": cast.dispatcher.unit_id,
                    "to_unit_id": cast.handler.unit_id, "step": 9, "asked_at": NOW, "due_at": NOW, "warn_at": NOW,
                    "limit_text": "1wd", "calendar_version": "x", **wrong,
                }
            )  # fmt: skip


REQUEST = "shanzhi/kernel/matters/catalogue/kinds/request.toml"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('ask = "supervision"\nfrom = ["any"]', 'ask = "supervision"\nfrom = ["open", "closed"]', "就要能在哪里销号"),
        ('about = "supervision"\n', "", "没有“?”这项督办"),
        ('type = "urge"\nto = "lead"', 'type = "urge"\nto = "above"', "不能由"),
        ('to = "overseer"', 'to = "intake"', "不能由"),
        ('verb = "urge"\nask = "urging"', 'verb = "ask"\nask = "urging"', "不用"),
        ('needs = ["claim_solved", "negligent"]', 'needs = ["claim_solved"]\nmay = ["negligent"]', "两个问题"),
    ],
)
def test_a_file_that_would_leave_a_push_without_an_end_is_refused(old: str, new: str, said: str):
    with open(REQUEST, encoding="utf-8") as file:
        text = file.read()
    assert old in text
    text = text.replace(old, new, 1)
    if "may = [" in new:
        text = text.replace('may = ["negligent"]\nmay = ["words"]', 'may = ["words", "negligent"]')
    found = load_kind(text)
    assert isinstance(found, tuple | list)
    assert any(said in problem.sentence() for problem in found), [problem.sentence() for problem in found]
