"""A call about what others have reported already: offered while it is typed, and linked to theirs with one press."""

import uuid
from typing import Any

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries as seen
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.process import FieldsWrong
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.modules.hotline import operations, queries
from shanzhi.modules.hotline.operations import Ended
from shanzhi.modules.hotline.policy import CallOver, Ending, Words
from shanzhi.modules.hotline.queries import Look
from tests.city import Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db

PHONE = "13812345678"
COMMUNITY = "370303009006"
SAID = "世纪花园东门的排水沟堵了，污水漫到路上，味道很大"
PROPERTY = "housing.property-service"


def reported(body: str = "世纪花园东门排水沟堵塞，污水横流三天没有人管", region: str = COMMUNITY) -> Reported:
    with acting(ANYONE):
        return matters.report(new=NewReport(body=body, region_code=region), actor=ANYONE, now=timezone.now())


def in_hand(cast: Cast, made: Reported, *ways: str) -> None:
    steps: dict[str, tuple[Actor, dict[str, Any]]] = {
        "accept": (cast.dispatcher, {"category": "cityscape.drainage"}),
        "dispatch": (cast.dispatcher, {"lead": cast.handler.unit_id}),
        "take": (cast.handler, {}),
        "reply": (cast.handler, {"reply": "排水沟已经疏通。"}),
        "check_pass": (cast.checker, {}),
    }
    for action in ways:
        actor, fields = steps[action]
        with acting(actor):
            matters.act(matter_id=made.matter_id, action=action, actor=actor, now=timezone.now(), fields=fields)


def words(**more: str) -> Words:
    return Words(**({"phone": PHONE, "body": SAID, "region": COMMUNITY} | more))


def typed(actor: Actor, given: Words) -> Look:
    with acting(actor):
        return operations.call_keep(ref=uuid.uuid4(), words=given, actor=actor, now=timezone.now())


def linked(actor: Actor, number: str, ref: uuid.UUID | None = None, given: Words | None = None) -> Ended:
    with acting(actor):
        return operations.call_end(
            ref=ref or uuid.uuid4(),
            words=given or words(),
            ending=Ending.LINKED,
            same_as=number,
            actor=actor,
            now=timezone.now(),
        )


def test_it_offers_what_is_likely_the_same_first(cast: Cast):
    same = reported()
    in_hand(cast, same, "accept", "dispatch", "take")
    look = typed(cast.operator, words())
    assert [(row.number, row.id in look.same, row.may_lead) for row in look.like] == [(same.number, True, True)]
    # What has been answered is shown, and isn't offered as a lead any more.
    in_hand(cast, same, "reply", "check_pass")
    look = typed(cast.operator, words())
    assert {row.number: (row.id in look.same, row.may_lead) for row in look.like}[same.number] == (False, False)


def test_it_links_the_call_and_the_caller_follows_their_own(cast: Cast):
    lead = reported()
    in_hand(cast, lead, "accept", "dispatch", "take")
    ref = uuid.uuid4()
    first = linked(cast.operator, lead.number, ref)
    assert (first.stage_name, len(first.follow_code)) == ("并单办理", 9)
    with acting(cast.operator):
        pk = seen.matter_id_of_number(first.number)
        assert pk is not None
        card = seen.card(pk, actor=cast.operator, now=timezone.now())
        assert (card.links.lead.number if card.links.lead else "", card.links.reports) == (lead.number, 2)
        assert queries.counts_today(cast.operator, timezone.now())["linked"] == 1
    # Sent again: the same answer, nothing done twice; another ending is over.
    again = linked(cast.operator, lead.number, ref)
    assert (again.number, again.follow_code, again.replayed) == (first.number, first.follow_code, True)
    with pytest.raises(CallOver), acting(cast.operator):
        operations.call_end(ref=ref, words=words(), ending=Ending.TRIAGE, actor=cast.operator, now=timezone.now())
    with acting(cast.handler):
        assert [row.body for row in seen.card(lead.matter_id, actor=cast.handler, now=timezone.now()).links.under] == [
            SAID
        ]


@pytest.mark.parametrize("wrong", ["ended", "answered", "none", "nonsense", "elsewhere"])
def test_what_cant_be_its_lead_takes_nothing_in(cast: Cast, wrong: str):
    lead = reported()
    if wrong == "ended":
        with acting(Actor(follow=(lead.follow_hash,))):
            matters.act(
                matter_id=lead.matter_id,
                action="withdraw",
                actor=Actor(follow=(lead.follow_hash,)),
                now=timezone.now(),
            )
    if wrong == "answered":
        in_hand(cast, lead, "accept", "dispatch", "take", "reply", "check_pass")
    number = {"none": "20200101-000001", "nonsense": "没有"}.get(wrong, lead.number)
    with acting(cast.supervisor):
        before = seen.matters_page(seen.ListFilter(open_only=False), now=timezone.now(), actor=cast.supervisor).total
    if wrong == "elsewhere":
        # A post that doesn't see the lead doesn't link to it.
        other = cast.neighbour_dispatcher
        mine = reported(region="370306100200")
        with pytest.raises(FieldsWrong), acting(other):
            matters.act(
                matter_id=mine.matter_id, action="link", actor=other, now=timezone.now(), fields={"same_as": number}
            )
        return
    client, ref = signed_in("operator"), str(uuid.uuid4())
    given = {"ref": ref, "body": SAID, "region": COMMUNITY, "do": f"link:{number}"}
    answer = client.post(f"/desk/call/{ref}/", given)
    assert answer.status_code == 422
    assert SAID in answer.content.decode()
    with acting(cast.supervisor):
        after = seen.matters_page(seen.ListFilter(open_only=False), now=timezone.now(), actor=cast.supervisor).total
    assert after == before


def test_the_page_has_the_button_and_carries_it_out(cast: Cast):
    lead = reported()
    in_hand(cast, lead, "accept", "dispatch", "take")
    client, ref = signed_in("operator"), str(uuid.uuid4())
    given = {"ref": ref, "phone": PHONE, "body": SAID, "region": COMMUNITY}
    html = client.post("/desk/look/", given).content.decode()
    assert f'name="do" value="link:{lead.number}" data-key="m"' in html
    assert "可能是同一件" in html
    done = client.post(f"/desk/call/{ref}/", given | {"do": f"link:{lead.number}"})
    assert done.status_code == 200
    told = done.content.decode()
    assert "并单办理" in told
    assert "查询码" in told
    # A button without a number ends nothing.
    assert client.post(f"/desk/call/{uuid.uuid4()}/", given | {"do": "link:"}).status_code == 200
