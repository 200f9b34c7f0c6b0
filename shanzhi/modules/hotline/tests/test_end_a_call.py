"""An operator takes a call and ends it in one of its four ways; the draft is sealed, the caller found by the number."""

import re
import uuid
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal.models import Entry
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries as seen
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.modules.hotline import operations, queries
from shanzhi.modules.hotline.operations import Ended
from shanzhi.modules.hotline.policy import CallNotFound, CallOver, Ending, NewItem, Words
from tests.city import OPENED, Cast
from tests.desks import signed_in

pytestmark = pytest.mark.django_db

PHONE = "13812345678"
BODY = "世纪花园小区物业不作为，楼道卫生没人管"
COMMUNITY = "370303009006"
PROPERTY = "housing.property-service"
ITEM = NewItem(
    "property-fee", "物业费怎么算", "物业费按合同约定收取，可向街道申请调解。", (PROPERTY,), date(2025, 1, 1)
)


def words(**more: str) -> Words:
    return Words(phone=PHONE, body=BODY, region=COMMUNITY, category=PROPERTY, **more)


def end(actor: Actor, ending: Ending, given: Words, ref: uuid.UUID | None = None, **more: Any) -> Ended:
    with acting(actor):
        return operations.call_end(
            ref=ref or uuid.uuid4(), words=given, ending=ending, actor=actor, now=timezone.now(), **more
        )


def known(cast: Cast) -> str:
    with acting(cast.keeper):
        return operations.item_edit(new=ITEM, based_on=0, actor=cast.keeper, now=timezone.now()).cite


def payload(actor: Actor, number: str) -> dict[str, Any]:
    with acting(actor):
        pk = seen.matter_id_of_number(number)
        assert pk is not None
        told: dict[str, Any] = Entry.objects.filter(subject_kind="matter", subject_id=pk).latest("subject_step").payload
        return told


def test_it_answers_at_once_and_cites_the_item(cast: Cast):
    cite = known(cast)
    ended = end(cast.operator, Ending.ANSWERED, words(cite=cite, words="已告知收费标准。"))
    assert (ended.stage_name, len(ended.follow_code)) == ("直接解答", 9)
    told = payload(cast.operator, ended.number)
    assert (told["cited"], told["cited_version"], told["result"]) == ("property-fee", 1, "closed")
    with acting(cast.operator):
        assert queries.counts_today(cast.operator, timezone.now())["answered"] == 1


@pytest.mark.parametrize("cite", ["property-fee@2", "no-such@1", "nonsense"])
def test_it_cites_nothing_that_is_not_there(cast: Cast, cite: str):
    known(cast)
    with pytest.raises(FieldsWrong):
        end(cast.operator, Ending.ANSWERED, words(cite=cite))


def test_it_answers_nothing_without_an_item(cast: Cast):
    with pytest.raises(FieldsMissing):
        end(cast.operator, Ending.ANSWERED, words())
    with acting(cast.operator):
        assert seen.matters_page(seen.ListFilter(), now=timezone.now(), actor=cast.operator).rows == ()


def test_it_passes_on_by_one_tap(cast: Cast):
    ended = end(cast.operator, Ending.PASSED, Words(), passed_to="110")
    assert ended.stage_name == "已转接"
    assert payload(cast.operator, ended.number)["passed_to"] == "110"


def test_it_does_not_accept_and_names_the_lawful_channel(cast: Cast):
    ended = end(cast.operator, Ending.REFUSED, words(ground="refuse.discipline"))
    assert (ended.stage_name, payload(cast.operator, ended.number)["ground"]) == ("不予受理", "refuse.discipline")
    assert "12388" in seen.grounds().by_code["refuse.discipline"].channel


def test_it_dispatches(cast: Cast):
    ended = end(cast.operator, Ending.DISPATCHED, words(lead=str(cast.handler.unit_id)))
    assert ended.stage_name == "待签收"
    assert payload(cast.handler, ended.number)["lead_unit_id"] == cast.handler.unit_id


def test_it_leaves_it_to_triage(cast: Cast):
    ended = end(cast.operator, Ending.TRIAGE, words())
    assert ended.stage_name == "待受理"
    with acting(cast.dispatcher):
        rows = seen.matters_page(seen.ListFilter(), now=timezone.now(), actor=cast.dispatcher).rows
        assert [row.number for row in rows] == [ended.number]


def test_it_is_sent_twice_and_done_once(cast: Cast):
    ref = uuid.uuid4()
    first = end(cast.operator, Ending.TRIAGE, words(), ref)
    again = end(cast.operator, Ending.TRIAGE, words(), ref)
    assert (again.number, again.follow_code, again.replayed) == (first.number, first.follow_code, True)
    with pytest.raises(CallOver):
        end(cast.operator, Ending.REFUSED, words(), ref)


def test_it_keeps_a_sealed_draft_for_its_own_desk(cast: Cast):
    ref = uuid.uuid4()
    with acting(cast.operator):
        operations.call_keep(ref=ref, words=words(), actor=cast.operator, now=timezone.now())
        assert queries.typed(ref, cast.operator) == words()
        with connection.cursor() as cursor:
            cursor.execute("SELECT sealed FROM hotline_call WHERE ref = %s", [ref])
            sealed = bytes(cursor.fetchone()[0])
    assert PHONE.encode() not in sealed
    assert BODY.encode() not in sealed
    other = cast.second_operator
    with acting(other):
        assert queries.typed(ref, other) is None
        assert queries.open_calls(other, timezone.now()) == ()
        with pytest.raises(CallNotFound):
            operations.call_keep(ref=ref, words=words(), actor=other, now=timezone.now())
    end(cast.operator, Ending.TRIAGE, words(), ref)
    with acting(cast.operator):
        assert queries.open_calls(cast.operator, timezone.now()) == ()
        with connection.cursor() as cursor:
            cursor.execute("SELECT sealed FROM hotline_call WHERE ref = %s", [ref])
            assert bytes(cursor.fetchone()[0]) == b""


def test_who_holds_the_post_next_reads_no_draft_of_the_one_before(cast: Cast):
    """Not by the desk, nor by a function or SQL of their own; the one who took the call goes on with it within the day."""
    ref, now = uuid.uuid4(), timezone.now()
    heir = replace(cast.operator, staff_id=cast.second_operator.staff_id)
    with acting(cast.operator):
        operations.call_keep(ref=ref, words=words(), actor=cast.operator, now=now)
    with acting(heir):
        assert queries.open_calls(heir, now) == ()
        assert queries.typed(ref, heir) is None
    for run in (operations.call_keep, operations.call_end, operations.call_resume, operations.call_drop):
        more: dict[str, Any] = {"words": words()} if run in (operations.call_keep, operations.call_end) else {}
        more |= {"ending": Ending.TRIAGE} if run is operations.call_end else {}
        with pytest.raises(CallNotFound), acting(heir):
            run(ref=ref, actor=heir, now=now, **more)
    with acting(heir), connection.cursor() as cursor:
        cursor.execute("SELECT hotline_take(%s, %s)", [ref, now])
        assert cursor.fetchone() == (False,)
        cursor.execute("SELECT count(*) FROM hotline_call WHERE ref = %s", [ref])
        assert cursor.fetchone() == (0,)
        cursor.execute("UPDATE hotline_call SET staff_id = %s WHERE ref = %s", [heir.staff_id, ref])
        assert cursor.rowcount == 0
    with pytest.raises(DatabaseError, match="row-level security"), acting(heir), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO hotline_call (ref, post_id, staff_id, rung, opened_at, taken_at, ending, sealed, steps)"
            " VALUES (gen_random_uuid(), %s, %s, false, now(), now(), '', '', 0)",
            [heir.post_id, cast.operator.staff_id],
        )
    with acting(cast.operator):
        assert [call.ref for call in queries.open_calls(cast.operator, now)] == [ref]
        resumed, _ = operations.call_resume(ref=ref, actor=cast.operator, now=now)
    assert resumed.body == BODY
    end(cast.operator, Ending.TRIAGE, words(), ref)
    with acting(heir), connection.cursor() as cursor:
        cursor.execute("SELECT staff_id, ended_at IS NOT NULL FROM hotline_call WHERE ref = %s", [ref])
        assert cursor.fetchone() == (None, True), "what has ended names nobody"


def test_it_finds_the_callers_open_matters_and_says_that_it_looked(cast: Cast):
    with acting(ANYONE):
        made = matters.report(
            new=NewReport(body=BODY, region_code="370306100200", contact_phone=PHONE), actor=ANYONE, now=timezone.now()
        )
    with acting(cast.operator):
        ref = uuid.uuid4()
        for _ in range(2):
            found = operations.call_keep(ref=ref, words=words(), actor=cast.operator, now=timezone.now())
        assert [(row.number, row.stage_name) for row in found.caller] == [(made.number, "待受理")]
        assert found.phone_is_wrong is False
    with acting(cast.handler):
        assert seen.open_of_phone(PHONE) == ()
    with acting(ANYONE):
        assert seen.open_of_phone(PHONE) == ()


def test_it_finds_what_is_like_it_near_by_and_what_may_be_cited(cast: Cast):
    cite = known(cast)
    near = end(cast.operator, Ending.DISPATCHED, words(lead=str(cast.handler.unit_id)))
    with acting(cast.operator):
        found = operations.call_keep(ref=uuid.uuid4(), words=words(), actor=cast.operator, now=timezone.now())
    assert [row.number for row in found.like] == [near.number]
    assert [item.cite for item in found.items] == [cite]
    assert found.hint is not None
    assert found.hint.unit_name == "张店区住房和城乡建设局"


def test_it_cites_nothing_for_what_callers_say_of_anything(cast: Cast):
    known(cast)
    with acting(cast.operator):
        assert queries.items_for("请问一下这个怎么办，要求部门现在处理", "", timezone.localdate()) == ()


def place(cast: Cast, name: str, longitude: float, region: str = COMMUNITY) -> int:
    author = Author("post", cast.keeper.post_id, cast.keeper.unit_id)
    said = PlaceSaid(name, "compound", region, latitude=36.8135, longitude=longitude)
    with acting(cast.keeper):
        return organisation.place_add(said=said, on=OPENED, now=timezone.now(), author=author, even_so=True)


def test_it_tells_unfinished_calls_apart_to_their_own_operator(cast: Cast):
    calls = [
        Words(phone="138-1234 5678"),
        Words(phone=PHONE, body="楼道灯坏了一个星期，\n打了几次电话没有人来修"),
        Words(phone=PHONE, title="电梯停运", body="住在 12 楼"),
        Words(name="王先生", phone="110"),
    ]
    with acting(cast.operator):
        for given in calls:
            operations.call_keep(ref=uuid.uuid4(), words=given, actor=cast.operator, now=timezone.now())
        told = [(row.said, row.tail) for row in queries.open_calls(cast.operator, timezone.now())]
    assert told[::-1] == [("", "5678"), ("楼道灯坏了一个星期， 打…", ""), ("电梯停运", ""), ("", "")]
    shown = signed_in("operator").get("/desk/rings/").content.decode()
    assert "尾号 5678" in shown
    assert "电梯停运" in shown
    assert PHONE not in shown
    with acting(cast.second_operator):
        assert queries.open_calls(cast.second_operator, timezone.now()) == ()


def test_it_finds_what_is_open_at_a_place_and_near_it_whatever_is_said(cast: Cast):
    garden = place(cast, "世纪花园小区", 118.0480)
    beside, far = place(cast, "隔壁新苑小区", 118.0505), place(cast, "远处家园小区", 118.0900)
    made = {}
    for site in (far, beside, garden):
        with acting(ANYONE):
            new = NewReport(body="电梯停运", place_id=site)
            made[site] = matters.report(new=new, actor=ANYONE, now=timezone.now()).number
    with acting(cast.operator):
        given = Words(body="水压很低，洗不了澡", site=str(garden))
        look = operations.call_keep(ref=uuid.uuid4(), words=given, actor=cast.operator, now=timezone.now())
        assert [row.number for row in look.like] == [made[garden], made[beside]]
        nowhere = Words(body="水压很低，洗不了澡", site="999999999999")
        assert operations.call_keep(ref=uuid.uuid4(), words=nowhere, actor=cast.operator, now=timezone.now()).like == ()


def test_it_dispatches_by_the_place_alone(cast: Cast):
    garden = place(cast, "世纪花园小区", 118.0480)
    client, ref = signed_in("operator"), str(uuid.uuid4())
    found = client.get("/m/units/?field=site&kind=place&id=id_call_site&q_site=世纪花园").content.decode()
    assert f'value="{garden}"' in found
    given = {"ref": ref, "body": "楼道卫生没人管", "site": str(garden), "category": PROPERTY}
    known_now = client.post("/desk/look/", given).content.decode()
    assert "建议派给" in known_now
    back = client.get(f"/desk/call/{ref}/").content.decode()
    assert re.search(rf'name="site"[^>]*value="{garden}"[^>]*checked', back)
    lead = str(cast.handler.unit_id)
    done = client.post(f"/desk/call/{ref}/", given | {"do": "dispatched", "lead": lead})
    assert done.status_code == 200
    with acting(cast.supervisor):
        card = seen.card(max(seen.place_ids(range(1, 10_000))), actor=cast.supervisor, now=timezone.now())
    assert (card.region_code, card.place, card.longitude) == (COMMUNITY, "世纪花园小区", 118.048)
    wrong = client.post(f"/desk/call/{uuid.uuid4()}/", given | {"site": "999999", "do": "triage"})
    assert (wrong.status_code, "请重新选择" in wrong.content.decode()) == (422, True)


def test_it_is_for_operators(cast: Cast):
    for part in ("handler", "dispatcher", "keeper"):
        client = signed_in(part)
        assert client.get("/desk/").status_code == 403
        assert client.post(f"/desk/call/{uuid.uuid4()}/", {"do": "triage"}).status_code == 403


def test_it_ends_a_call_on_the_page(cast: Cast):
    client = signed_in("operator")
    ref = str(uuid.uuid4())
    given = {"ref": ref, "phone": PHONE, "body": BODY, "region": COMMUNITY}
    known_now = client.post("/desk/look/", given).content.decode()
    assert "建议派给" in known_now
    assert PHONE not in known_now
    back = client.post(f"/desk/call/{ref}/", given | {"do": "answered"})
    assert back.status_code == 422
    assert "直接解答要引用一条知识" in back.content.decode()
    assert BODY in back.content.decode()
    done = client.post(f"/desk/call/{ref}/", given | {"do": "triage"})
    assert (done.status_code, "no-store" in done["Cache-Control"]) == (200, True)
    assert "查询码" in done.content.decode()
    over = client.get(f"/desk/call/{ref}/")
    assert (over.status_code, over["Location"]) == (302, "/desk/")


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("typed", ["x" * 3000, "\x00路灯", "\u202e%s%(x)s{0}😀", "=1+1", "坏" * 50_000])
def test_it_keeps_whatever_is_typed_or_pasted(typed: str):
    """A link, a picture as letters, signs of other writings: the draft is kept and the desk goes on."""
    client, ref = signed_in("operator"), uuid.uuid4()
    given = {"ref": str(ref), "body": typed, "title": typed[:40], "phone": typed[:30], "region": "²", "co": "²,1"}
    assert client.post("/desk/look/", given).status_code == 200
    assert client.get(f"/desk/call/{ref}/").status_code == 200


def test_it_says_by_when_the_caller_is_promised_an_answer_where_one_is_to_come(cast: Cast):
    sent = end(cast.operator, Ending.DISPATCHED, words(lead=str(cast.handler.unit_id)))
    with acting(cast.operator):
        pk = seen.matter_id_of_number(sent.number)
        assert pk is not None
        clocks = {line.code: line.due_at for line in seen.card(pk, actor=cast.operator, now=timezone.now()).clocks}
    assert sent.answer_at == clocks["handle"] != clocks[""]
    assert end(cast.operator, Ending.ANSWERED, words(cite=known(cast), words="已告知。")).answer_at is None
    client, ref = signed_in("operator"), str(uuid.uuid4())
    given = {"ref": ref, "body": BODY, "region": COMMUNITY, "category": PROPERTY, "do": "triage"}
    assert re.search("承诺[^，。]+前答复。", client.post(f"/desk/call/{ref}/", given).content.decode())
