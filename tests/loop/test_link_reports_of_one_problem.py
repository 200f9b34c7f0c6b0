"""Two report the same broken lamp: one is worked, both are answered, and each says whether it is solved."""

from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, ProgrammingError, transaction

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.kernel import matters
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Clock, Link, Matter, Remark
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.linking import HasLinked, Lead, check_link, is_collective
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, Kind, RoleForbids, StageForbids, load_kind
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW, Cast
from tests.concurrency.committed import City
from tests.desks import do, may, refused

CATEGORY = "housing.property-service"
FOLDER = Path(matters.__file__).parent / "catalogue" / "kinds"
LATER = NOW + timedelta(hours=2)


@pytest.fixture
def cast(city: City) -> Cast:
    return city.cast


def reported(
    now: datetime = NOW, *, kind: str = "request", region: str = "370303009006", title: str = "路灯"
) -> Reported:
    with acting(ANYONE):
        new = NewReport(body="小区门口的路灯不亮", title=title, region_code=region, kind=kind)
        return operations.report(new=new, actor=ANYONE, now=now)


def _worker() -> AbstractContextManager[None]:
    return database.acting_as(settings.INSTALLATION, "worker")


def who(matter: Reported) -> Actor:
    return Actor(follow=(matter.follow_hash,))


def follow(*matters: Reported, now: datetime = NOW) -> int:
    with _worker():
        done = 0
        while step := operations.links_follow(matter_ids=[matter.matter_id for matter in matters], now=now):
            done += step
        return done


def row(matter: Reported) -> Matter:
    with _worker():
        return Matter.objects.defer(*KEPT_FROM_WORKER).get(pk=matter.matter_id)


def stages(*matters: Reported) -> list[str]:
    return [row(matter).stage for matter in matters]


def answered(cast: Cast, matter: Reported, now: datetime = NOW) -> None:
    do(cast.handler, matter, "reply", now, reply="路灯已经修好")
    do(cast.checker, matter, "check_pass", now)


@pytest.fixture
def pair(cast: Cast) -> tuple[Reported, Reported]:
    """A lead in the handler's hands, and another linked under it."""
    lead, second = reported(), reported(LATER)
    do(cast.dispatcher, lead, "accept", category=CATEGORY)
    do(cast.dispatcher, lead, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, lead, "take")
    do(cast.dispatcher, second, "link", LATER, same_as=lead.number)
    return lead, second


def load(code: str) -> Kind:
    found = load_kind((FOLDER / f"{code}.toml").read_text(encoding="utf-8"))
    assert isinstance(found, Kind)
    return found


def test_a_linked_matter_is_due_with_its_lead_and_held_with_it(cast: Cast, pair: tuple[Reported, Reported]):
    second = row(pair[1])
    with acting(cast.handler):
        answer = Clock.objects.get(matter_id=pair[0].matter_id, code="handle", stopped_at=None).due_at
    assert (
        row(pair[0]).due_at < answer
    )  # the lead's first contact is due sooner: no answer, and nothing that this reporter hears of
    assert (second.stage, second.due_at, second.holder_unit_id) == ("merged", answer, cast.handler.unit_id)
    with acting(who(pair[0])):
        own = queries.card(pair[0].matter_id, actor=who(pair[0]), now=LATER)
    with acting(who(pair[1])):
        linked = queries.card(pair[1].matter_id, actor=who(pair[1]), now=LATER)
    assert own.next_params["due"] == linked.next_params["due"] == answer
    with acting(cast.handler):
        assert [clock.code for clock in Clock.objects.filter(matter_id=second.pk, stopped_at=None)] == [""]
        assert queries.card(second.pk, actor=cast.handler, now=LATER).body == "小区门口的路灯不亮"


def test_while_the_lead_stands_still_both_reporters_read_that_it_does(cast: Cast, pair: tuple[Reported, Reported]):
    lead, _ = pair
    why: dict[str, Any] = {"ground": "pause.reporter", "words": "等材料", "until": "2025-11-28"}
    do(cast.handler, lead, "ask_pause", LATER, **why)
    do(cast.supervisor, lead, "grant_pause", LATER)
    follow(lead, now=LATER)

    def told(matter: Reported) -> tuple[str, Any]:
        with acting(who(matter)):
            card = queries.card(matter.matter_id, actor=who(matter), now=LATER)
        return card.next_sentence.partition("，")[0], local_date(card.next_params["due"]).isoformat()

    assert [told(matter) for matter in pair] == [("%(unit)s正在办理。现在暂停计时", "2025-11-28")] * 2
    do(cast.handler, lead, "resume", LATER)
    follow(lead, now=LATER)
    assert [told(matter)[1] for matter in pair] == ["2025-12-09"] * 2


def test_both_are_answered_and_each_gives_a_verdict(cast: Cast, pair: tuple[Reported, Reported]):
    lead, second = pair
    answered(cast, lead)
    assert stages(lead, second) == ["verdict", "merged"]
    follow(lead)
    assert stages(lead, second) == ["verdict", "verdict"]
    with acting(who(second)):
        card = queries.card(second.matter_id, actor=who(second), now=NOW)
        assert card.reply == "路灯已经修好"
    do(who(lead), lead, "rate", solved=True, satisfied=5)
    follow(lead)
    # The lead doesn't end before the other has said, too.
    assert stages(lead, second) == ["gathering", "verdict"]
    do(who(second), second, "rate", solved=True, satisfied=3)
    follow(second)
    assert stages(lead, second) == ["closed", "closed"]
    assert [(row(each).result, row(each).solved, row(each).satisfied) for each in pair] == [
        ("closed", True, 5),
        ("closed", True, 3),
    ]
    with _worker():
        state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())


def test_one_who_is_not_content_reopens_the_lead_once_and_leaves_the_other_verdict(
    cast: Cast, pair: tuple[Reported, Reported]
):
    lead, second = pair
    third = reported(LATER)
    do(cast.dispatcher, third, "link", LATER, same_as=lead.number)
    answered(cast, lead)
    follow(lead)
    do(who(lead), lead, "rate", solved=True, satisfied=5)
    for each in (second, third):
        do(who(each), each, "rate", solved=False, words="还是不亮")
    follow(second, third)
    assert stages(lead, second, third) == ["handling", "merged", "merged"]
    assert (row(lead).counts, row(second).counts) == ({"linked": 2, "reopenings": 1}, {})
    assert (row(second).due_at, row(lead).solved) == (row(lead).due_at, True)
    follow(lead, second, third)
    assert row(lead).counts == {"linked": 2, "reopenings": 1}
    answered(cast, lead)
    follow(lead)
    # Whoever was content isn't asked again.
    assert stages(lead, second, third) == ["gathering", "verdict", "verdict"]
    do(who(second), second, "rate", solved=True)
    follow(second)
    assert stages(lead, second, third) == ["gathering", "closed", "verdict"]
    day = NOW + timedelta(days=7, minutes=1)
    with _worker():
        operations.lapse_due(now=day)
    follow(third, now=day)
    assert stages(lead, second, third) == ["closed", "closed", "closed"]
    assert [row(each).result for each in (lead, second, third)] == ["closed", "closed", "lapsed"]


def test_silence_of_all_ends_all_as_lapsed(cast: Cast, pair: tuple[Reported, Reported]):
    lead = pair[0]
    answered(cast, lead)
    follow(lead)
    day = NOW + timedelta(days=7, minutes=1)
    with _worker():
        operations.lapse_due(now=day)
    follow(lead, now=day)
    assert [(row(each).stage, row(each).result) for each in pair] == [("closed", "lapsed"), ("closed", "lapsed")]


@pytest.mark.parametrize("accepted", [False, True])
def test_unlinking_restores_stage_clock_and_holder(cast: Cast, pair: tuple[Reported, Reported], accepted: bool):
    lead, third = pair[0], reported(NOW - timedelta(days=3))
    if accepted:
        do(cast.dispatcher, third, "accept", category=CATEGORY)
    before = row(third)
    with acting(cast.dispatcher):
        clock = Clock.objects.get(matter_id=third.matter_id, code="handle", stopped_at=None)
    do(cast.dispatcher, third, "link", same_as=lead.number)
    do(cast.dispatcher, third, "unlink", LATER)
    after = row(third)
    assert (after.stage, after.in_intake, after.holder_unit_id) == (before.stage, True, before.holder_unit_id)
    with acting(cast.dispatcher):
        again = Clock.objects.get(matter_id=third.matter_id, code="handle", stopped_at=None)
        assert (again.started_at, again.due_at, again.course) == (clock.started_at, clock.due_at, clock.course)
        assert not Link.objects.filter(matter_id=third.matter_id, unlinked_at=None).exists()
    # Once more, under the same or another: nothing of before is in the way.
    do(cast.dispatcher, third, "link", LATER, same_as=lead.number)
    assert row(third).stage == "merged"


def test_a_lead_that_ends_otherwise_lets_the_others_go(cast: Cast):
    lead, second = reported(), reported()
    do(cast.dispatcher, second, "link", same_as=lead.number)
    do(who(lead), lead, "withdraw")
    follow(lead)
    assert [(row(each).stage, row(each).result) for each in (lead, second)] == [
        ("withdrawn", "withdrawn"),
        ("reported", None),
    ]


def test_a_linked_one_follows_hand_overs_and_its_new_holder_sees_it(cast: Cast, pair: tuple[Reported, Reported]):
    lead, second = pair
    with acting(cast.second_handler):
        assert not Matter.objects.filter(pk=second.matter_id).exists()
    do(cast.supervisor, lead, "transfer", lead=cast.second_handler.unit_id)
    assert follow(lead) == 1
    assert follow(lead) == 0
    assert row(second).holder_unit_id == cast.second_handler.unit_id
    with acting(cast.second_handler):
        assert Matter.objects.filter(pk=second.matter_id).exists()


def test_what_cant_be_linked_is_refused(cast: Cast, pair: tuple[Reported, Reported]):
    lead, second = pair
    third, ended = reported(), reported()
    do(cast.dispatcher, ended, "refuse", ground="refuse.litigation", words="已由法院受理")
    refused(FieldsMissing, "请填写", cast.dispatcher, third, "link")
    refused(FieldsWrong, "不能并到自己", cast.dispatcher, third, "link", same_as=third.number)
    refused(FieldsWrong, "已经办结", cast.dispatcher, third, "link", same_as=ended.number)
    refused(FieldsWrong, "主件的编号", cast.dispatcher, third, "link", same_as=second.number)
    refused(FieldsWrong, "没有找到", cast.dispatcher, third, "link", same_as="不是编号")
    refused(StageForbids, "", cast.dispatcher, second, "link", same_as=lead.number)
    refused(StageForbids, "", cast.dispatcher, lead, "link", same_as=third.number)
    do(cast.dispatcher, third, "link", same_as=lead.number)
    top = reported()
    other = reported()
    do(cast.dispatcher, other, "link", same_as=top.number)
    refused(HasLinked, "名下已有", cast.dispatcher, top, "link", same_as=lead.number)
    assert may(cast.dispatcher, top).isdisjoint({"link", "split"})
    answered(cast, lead)
    late = reported()
    refused(FieldsWrong, "已经答复", cast.dispatcher, late, "link", same_as=lead.number)


def test_only_the_centre_links_and_unlinks_and_only_what_it_sees(cast: Cast, pair: tuple[Reported, Reported]):
    lead, second = pair
    third, far = reported(), reported(region="370306100200")
    for actor in (cast.handler, cast.checker, cast.supervisor, who(second)):
        refused(RoleForbids, "", actor, second, "unlink")
    with pytest.raises(DomainError), transaction.atomic():
        do(cast.neighbour_dispatcher, third, "link", same_as=far.number)
    refused(FieldsWrong, "没有找到", cast.neighbour_dispatcher, far, "link", same_as=lead.number)


def test_the_kind_must_be_the_same_and_a_lead_takes_only_so_many(cast: Cast):
    request, incident = load("request"), load("incident")
    with pytest.raises(FieldsWrong) as caught:
        check_link(request, 1, Lead(2, "incident", incident, "in_grid", 0), has_linked=False)
    assert caught.value.fields == {"same_as": "两件不是同一类型，不能并。"}
    check_link(request, 1, Lead(2, "request", request, "handling", request.linking.most - 1), has_linked=False)
    with pytest.raises(FieldsWrong) as caught:
        check_link(request, 1, Lead(2, "request", request, "handling", request.linking.most), has_linked=False)
    assert caught.value.fields == {"same_as": "那一件名下并案的已经到了上限。请另选主件。"}
    assert [is_collective(request, reports) for reports in (1, 4, 5)] == [False, False, True]


def test_a_reporter_reads_the_reply_and_no_other_word_of_the_lead(cast: Cast, pair: tuple[Reported, Reported]):
    lead, second = pair
    do(who(lead), lead, "note", words="我住三号楼")
    do(cast.handler, lead, "reply", reply="路灯已经修好")
    with acting(who(second)):
        assert not Matter.objects.filter(pk=lead.matter_id).exists()
        assert list(Remark.objects.filter(matter_id=lead.matter_id).values_list("text", flat=True)) == ["路灯已经修好"]
    with acting(who(lead)):
        assert not Matter.objects.filter(pk=second.matter_id).exists()
        assert not Remark.objects.filter(matter_id=second.matter_id).exists()
    # Unlinked, it reads nothing of it any more.
    do(cast.dispatcher, second, "unlink")
    with acting(who(second)):
        assert not Remark.objects.filter(matter_id=lead.matter_id).exists()


def test_the_database_lets_nobody_make_up_a_link(cast: Cast, pair: tuple[Reported, Reported]):
    lead, second = pair
    third = reported()
    made = {
        "stage": "reported",
        "linked_at": NOW,
        "unit_id": cast.dispatcher.unit_id,
        "post_id": cast.dispatcher.post_id,
    }
    # Another's name, a matter out of sight, oneself, twice; and the link of another can't be led elsewhere.
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        Link.objects.create(matter_id=second.matter_id, lead_id=lead.matter_id, **made)
    own = made | {"unit_id": cast.handler.unit_id, "post_id": cast.handler.post_id}
    with acting(cast.handler), pytest.raises(ProgrammingError), transaction.atomic():
        Link.objects.create(matter_id=third.matter_id, lead_id=lead.matter_id, **own)
    with acting(cast.dispatcher), pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(matter_id=third.matter_id, lead_id=third.matter_id, **made)
    with acting(cast.dispatcher), pytest.raises(IntegrityError), transaction.atomic():
        Link.objects.create(matter_id=second.matter_id, lead_id=third.matter_id, **made)
    with acting(cast.dispatcher), pytest.raises(ProgrammingError), transaction.atomic():
        Link.objects.filter(matter_id=second.matter_id).update(lead_id=third.matter_id)
    with acting(who(second)), transaction.atomic():
        assert Link.objects.filter(matter_id=second.matter_id).update(unlinked_at=NOW) == 0
