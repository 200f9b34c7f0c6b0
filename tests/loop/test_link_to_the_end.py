"""Linked reports walked to their end by every way: two verdicts that differ, a lead that is done anew, unlinking at each stage."""

import re
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Clock, Link, Matter
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.process import StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import current_kind
from shanzhi.modules.intake.tests.walk import follow_in
from tests.city import NOW, Cast
from tests.concurrency.committed import City, as_role
from tests.desks import do, may, refused, signed_in

LATER = NOW + timedelta(hours=2)
NEXT = NOW + timedelta(days=1)
PROPERTY = "housing.property-service"
WAY = ("accept", "dispatch", "take", "reply", "check_pass")


def reported(now=NOW, region: str = "370303009006", title: str = "路灯") -> Reported:
    with acting(ANYONE):
        new = NewReport(body="小区门口的路灯不亮", title=title, region_code=region)
        return operations.report(new=new, actor=ANYONE, now=now)


def who(matter: Reported) -> Actor:
    return Actor(follow=(matter.follow_hash,))


def as_worker() -> AbstractContextManager[None]:
    return database.acting_as(settings.INSTALLATION, "worker")


def follow(*matters: Reported, now=NOW) -> None:
    with as_worker():
        while operations.links_follow(matter_ids=[matter.matter_id for matter in matters], now=now):
            pass


def row(matter: Reported) -> Matter:
    with as_worker():
        return Matter.objects.defer(*KEPT_FROM_WORKER).get(pk=matter.matter_id)


def stages(*matters: Reported) -> list[str]:
    return [row(matter).stage for matter in matters]


def brought(cast: Cast, matter: Reported, last: str, now=NOW) -> None:
    """All steps up to `last`."""
    steps: dict[str, tuple[Actor, dict[str, Any]]] = {
        "accept": (cast.dispatcher, {"category": PROPERTY}),
        "dispatch": (cast.dispatcher, {"lead": cast.handler.unit_id}),
        "take": (cast.handler, {}),
        "reply": (cast.handler, {"reply": "路灯已经修好"}),
        "check_pass": (cast.checker, {}),
    }
    for action in WAY[: WAY.index(last) + 1]:
        do(steps[action][0], matter, action, now, **steps[action][1])


def again(cast: Cast, matter: Reported, reply: str = "换了新灯头，已经亮了") -> None:
    do(cast.handler, matter, "reply", reply=reply)
    do(cast.checker, matter, "check_pass")


def replies(matter: Reported) -> str:
    with acting(who(matter)):
        return queries.card(matter.matter_id, actor=who(matter), now=NOW).reply


@pytest.fixture
def cast(city: City) -> Cast:
    return city.cast


@pytest.fixture
def put(cast: Cast) -> tuple[Reported, Reported]:
    """A lead and one under it, both put to their reporters."""
    lead, second = reported(), reported()
    brought(cast, lead, "take")
    do(cast.dispatcher, second, "link", same_as=lead.number)
    again(cast, lead, "路灯已经修好")
    follow(lead)
    assert stages(lead, second) == ["verdict", "verdict"]
    return lead, second


WHY = "反映同一问题的另一位反映人认为没有解决，退回承办单位重办。"


def told(matter: Reported) -> list[tuple[str, str]]:
    """What a reporter's history says of a matter that was done anew for another's sake: titles, and why."""
    with acting(who(matter)):
        shown = queries.card(matter.matter_id, actor=who(matter), now=NOW).timeline
    return [(entry.action, entry.detail["reason"]) for entry in shown if entry.detail["reason"] == WHY]


def shown_to(matter: Reported) -> str:
    """The page of a matter as its reporter sees it."""
    client = Client()
    follow_in(client, matter)
    return str(client.get(f"/my/{matter.number}/").content.decode())


def all_whole() -> None:
    with as_worker():
        state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())


def test_the_linked_one_isnt_content_and_the_lead_is_done_anew(cast: Cast, put: tuple[Reported, Reported]):
    """The lead's reporter was content: that stays said. The lead goes back to the handler once, then the other is asked again."""
    lead, second = put
    do(who(lead), lead, "rate", solved=True, satisfied=5)
    follow(lead)
    assert stages(lead, second) == ["gathering", "verdict"]
    do(who(second), second, "rate", solved=False, words="晚上又灭了")
    follow(second)
    assert stages(lead, second) == ["handling", "merged"]
    assert told(lead) == [("matters.reopen", WHY)], "the reporter who was content reads why it goes on"
    assert told(second) == [], "the other said it"
    page = re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", shown_to(lead)))
    assert f"原因：{WHY}" in page
    assert second.number not in page
    assert "晚上又灭了" not in page
    again(cast, lead)
    follow(lead)
    assert (stages(lead, second), replies(second)) == (["gathering", "verdict"], "换了新灯头，已经亮了")
    do(who(second), second, "rate", solved=True, satisfied=4)
    follow(second)
    assert [(r.stage, r.result, r.solved, r.satisfied) for r in (row(lead), row(second))] == [
        ("closed", "closed", True, 5),
        ("closed", "closed", True, 4),
    ]
    assert row(lead).counts["reopenings"] == 1
    all_whole()


def test_the_leads_reporter_isnt_content_and_who_was_stays_content(cast: Cast, put: tuple[Reported, Reported]):
    lead, second = put
    with acting(who(second)):
        way = queries.card(second.matter_id, actor=who(second), now=NOW).stages
    # Only its own way: no stage in which it never was, and that it was handled with another.
    assert way == (("待受理", "done"), ("并单办理", "done"), ("待评价", "now"), ("已办结", "todo"))
    do(who(second), second, "rate", solved=True, satisfied=5)
    follow(second)
    do(who(lead), lead, "rate", solved=False, words="还是不亮")
    follow(lead)
    assert stages(lead, second) == ["handling", "closed"]
    again(cast, lead)
    follow(lead)
    assert stages(lead, second) == ["verdict", "closed"]
    do(who(lead), lead, "rate", solved=True)
    follow(lead)
    assert stages(lead, second) == ["closed", "closed"]
    assert row(second).satisfied == 5
    all_whole()


def test_who_hasnt_said_yet_waits_for_the_new_answer(cast: Cast, put: tuple[Reported, Reported]):
    """Nobody is held to a verdict on an answer that another found wanting, and it doesn't lapse meanwhile."""
    lead, second = put
    do(who(lead), lead, "rate", solved=False, words="还是不亮")
    follow(lead)
    assert stages(lead, second) == ["handling", "merged"]
    assert (told(lead), told(second)) == ([], [("matters.follow", WHY)])
    assert (row(second).due_at, row(second).holder_unit_id) == (row(lead).due_at, cast.handler.unit_id)
    with as_worker():
        operations.lapse_due(now=NOW + timedelta(days=8))
    assert stages(lead, second) == ["handling", "merged"]
    again(cast, lead)
    follow(lead)
    assert (stages(lead, second), replies(second)) == (["verdict", "verdict"], "换了新灯头，已经亮了")
    for each in put:
        do(who(each), each, "rate", solved=True)
    follow(*put)
    assert stages(lead, second) == ["closed", "closed"]
    all_whole()


def test_both_arent_content_before_the_background_comes(cast: Cast, put: tuple[Reported, Reported]):
    lead, second = put
    for each in put:
        do(who(each), each, "rate", solved=False, words="还是不亮")
    follow(*put)
    assert stages(lead, second) == ["handling", "merged"]
    assert row(lead).counts["reopenings"] == 1
    with as_worker():
        assert not Link.objects.get(matter_id=second.matter_id, unlinked_at=None).asked
    again(cast, lead)
    follow(lead)
    assert stages(lead, second) == ["verdict", "verdict"]


def test_a_lead_withdrawn_after_its_answer_lets_the_other_say_and_then_go_on(
    cast: Cast, put: tuple[Reported, Reported]
):
    lead, second = put
    do(who(lead), lead, "withdraw")
    follow(lead)
    assert stages(lead, second) == ["withdrawn", "verdict"]
    do(who(second), second, "rate", solved=False, words="还是不亮")
    follow(second)
    assert stages(lead, second) == ["withdrawn", "reported"]
    assert row(second).in_intake
    all_whole()


def test_the_lead_given_up_four_times_goes_to_the_centre_and_the_other_with_it(
    cast: Cast, put: tuple[Reported, Reported]
):
    lead, second = put
    do(who(lead), lead, "rate", solved=True)
    for time in range(4):
        do(who(second), second, "rate", solved=False, words="还是不亮")
        follow(second)
        if time < 3:
            again(cast, lead)
            follow(lead)
    assert stages(lead, second) == ["accepted", "merged"]
    assert (row(lead).holder_unit_id, row(second).holder_unit_id) == (row(lead).intake_unit_id,) * 2
    brought_on = {"lead": cast.second_handler.unit_id}
    do(cast.dispatcher, lead, "dispatch", **brought_on)
    follow(lead)
    assert row(second).holder_unit_id == cast.second_handler.unit_id
    all_whole()


@pytest.mark.parametrize("decided", [False, True])
@pytest.mark.parametrize("last", ["", *WAY[:-1], "hand_back", "check_fail", "unsolved"])
def test_unlinking_restores_holder_stage_and_dates_whatever_the_lead_did(cast: Cast, last: str, decided: bool):
    lead, second = reported(NOW - timedelta(days=2)), reported()
    if decided:
        do(cast.dispatcher, second, "accept", category=PROPERTY)
    before, first = row(second), promised(second)
    do(cast.dispatcher, second, "link", LATER, same_as=lead.number)
    if last in WAY:
        brought(cast, lead, last, LATER)
    elif last:
        brought(cast, lead, "take", LATER)
        if last == "hand_back":
            do(cast.handler, lead, "hand_back", LATER, ground="return.not-our-duty", words="不归我们")
        else:
            do(cast.handler, lead, "reply", LATER, reply="修好了")
            if last == "check_fail":
                do(cast.checker, lead, "check_fail", LATER, words="没有修好")
            else:
                do(cast.checker, lead, "check_pass", LATER)
                follow(lead, now=LATER)
                do(who(second), second, "rate", LATER, solved=False, words="还是不亮")
    follow(lead, now=LATER)
    assert row(second).stage == "merged"
    do(cast.dispatcher, second, "unlink", NEXT)
    after = row(second)
    assert [(r.stage, r.in_intake, r.holder_unit_id, r.due_at, r.warn_at, r.category) for r in (after, before)] == [
        (before.stage, True, before.intake_unit_id, before.due_at, before.warn_at, before.category)
    ] * 2
    assert promised(second) == first
    assert row(lead).counts.get("linked", 0) in (0, 1)
    follow(second, lead, now=NEXT)
    assert row(lead).counts.get("linked", 0) == 0
    # It goes its own way, and can be put under another again.
    do(cast.dispatcher, second, "link", NEXT, same_as=reported().number)
    do(cast.dispatcher, second, "unlink", NEXT)
    assert promised(second) == first
    all_whole()


def promised(matter: Reported) -> list[tuple[object, ...]]:
    """The running clocks: code, start, dates, limit and course."""
    with as_worker():
        rows = Clock.objects.filter(matter_id=matter.matter_id, stopped_at=None).order_by("code")
        return [(r.code, r.started_at, r.due_at, r.warn_at, r.limit_text, r.course) for r in rows]


def test_a_trial_of_the_same_version_strands_and_diverts_none_of_them(cast: Cast):
    """What the keeper sees before a change: linked and gathering matters walk as they did."""
    kind = current_kind("request")
    # Some in each of the three, whichever tests ran before on this city.
    lead, *others = (reported() for _ in range(6))
    brought(cast, lead, "take")
    for other in others[:2]:
        brought(cast, other, "check_pass")
    for other in others[2:]:
        do(cast.dispatcher, other, "link", same_as=lead.number)
    with acting(cast.supervisor):
        for row_ in Matter.objects.filter(kind="request").values_list("kind_version", flat=True).distinct():
            assert row_ == kind.version
        trial = queries.process_trial("request", kind.version, now=NOW)
        there = set(Matter.objects.filter(ended_at=None).values_list("stage", flat=True))
    assert {"merged", "verdict", "handling"} <= there
    assert trial.tried > 5
    assert (trial.other, trial.stopped, trial.stranded_count) == (0, 0, 0), trial.rows[:5]


SPOILT = """
CREATE FUNCTION spoilt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'spoilt'; END $$;
CREATE TRIGGER spoilt BEFORE UPDATE OF stage ON matters_matter FOR EACH ROW WHEN (NEW.id = {}) EXECUTE FUNCTION spoilt()
"""


def test_two_hundred_reports_are_told_at_once_or_not_at_all(city: City, cast: Cast):
    lead = reported()
    brought(cast, lead, "take")
    others = [reported() for _ in range(200)]
    for each in others:
        do(cast.dispatcher, each, "link", same_as=lead.number)
    one_more = reported()
    with pytest.raises(Exception, match="不能并到这件事项"):
        do(cast.dispatcher, one_more, "link", same_as=lead.number)
    do(cast.handler, lead, "reply", reply="路灯已经修好")
    do(cast.checker, lead, "check_pass")
    ids = [each.matter_id for each in others]
    with as_role(city.installation, "owner") as owner:
        owner.execute(SPOILT.format(ids[-1]))
        owner.commit()
    # The last of them can't be told: nobody is, and nothing of it stays.
    with pytest.raises(ProgrammingError, match="spoilt"):
        follow(lead)
    with as_worker():
        assert set(Matter.objects.filter(pk__in=ids).values_list("stage", flat=True)) == {"merged"}
        assert Entry.objects.filter(subject_id__in=ids, action="matters.follow").count() == 0
    with as_role(city.installation, "owner") as owner:
        owner.execute("DROP TRIGGER spoilt ON matters_matter; DROP FUNCTION spoilt()")
        owner.commit()
    follow(lead)
    with as_worker():
        assert set(Matter.objects.filter(pk__in=ids).values_list("stage", flat=True)) == {"verdict"}
        assert Link.objects.filter(lead_id=lead.matter_id, asked=True).count() == len(ids)
        assert Entry.objects.filter(subject_id__in=ids, action="matters.follow").count() == len(ids)
        assert row(lead).counts == {"linked": 200}
    client = signed_in("handler")
    client.get(f"/m/{lead.number}/")
    with CaptureQueriesContext(connection) as told:
        html = client.get(f"/m/{lead.number}/").content.decode()
    assert "共反映 201 件" in html
    assert "另外 180 件" in html
    own = [each["sql"] for each in told if re.search(r'FROM "?(matters|journal|vault|files|notices)_', each["sql"])]
    assert len(own) == 3, own


def test_whose_own_verdict_is_in_withdraws_no_more(cast: Cast):
    lead, other = reported(), reported(title="路灯不亮")
    brought(cast, lead, "take")
    do(cast.dispatcher, other, "accept", category=PROPERTY)
    do(cast.dispatcher, other, "link", same_as=lead.number)
    do(cast.handler, lead, "reply", reply="路灯已经修好")
    do(cast.checker, lead, "check_pass")
    follow(lead)
    do(who(lead), lead, "rate", solved=True)
    assert stages(lead) == ["gathering"]
    assert "withdraw" not in may(who(lead), lead)
    refused(StageForbids, "评价已经结束", who(lead), lead, "withdraw")
    do(who(other), other, "rate", solved=False, ground="not-solved.nothing-done")
    follow(lead)
    assert stages(lead) == ["handling"]  # done anew for the other one; the lead's own verdict stands
    refused(StageForbids, "评价已经结束", who(lead), lead, "withdraw")
