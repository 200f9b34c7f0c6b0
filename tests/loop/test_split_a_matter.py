"""A matter that holds several problems is split: each part goes its own way, the reporter gets one answer and judges once.

NOW is Tuesday, 18 November 2025, 10:30; 15 working days from the report end on Tuesday, 9 December, 17:30.
"""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import ProgrammingError, transaction

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Part
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.duty import NoDuty
from shanzhi.kernel.matters.policy.linking import HasLinked
from shanzhi.kernel.matters.policy.parting import PartsMoved
from shanzhi.kernel.matters.policy.process import FieldsMissing, FieldsWrong, StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.matters.tests.kind_support import of_unit
from shanzhi.kernel.vault.models import Record
from tests.city import NOW, Cast
from tests.concurrency.committed import City
from tests.desks import card, do, may, refused

DUE = datetime(2025, 12, 9, 17, 30, tzinfo=CITY_ZONE)
PARTS = [
    {"about": "三号楼电梯停了", "category": "housing.property-service"},
    {"about": "小区门口垃圾没人清", "category": "cityscape.waste", "region": "370303009007"},
]


@pytest.fixture
def cast(city: City) -> Cast:
    return city.cast


def accepted(cast: Cast) -> Reported:
    with acting(ANYONE):
        new = NewReport(
            body="三号楼电梯停了，小区门口垃圾也没人清", title="电梯和垃圾", region_code="370303009006",
            contact_phone="13812345678",
        )  # fmt: skip
        made = operations.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, made.matter_id, "accept", category="housing.property-service")
    return made


@pytest.fixture
def whole(cast: Cast) -> Reported:
    """A matter in two parts, of which the housing department joins the answers."""
    made = accepted(cast)
    do(cast.dispatcher, made.matter_id, "split", lead=cast.handler.unit_id, parts=PARTS)
    return made


def parts(cast: Cast, whole: Reported) -> list[int]:
    with acting(cast.dispatcher):
        return list(
            Part.objects.filter(whole_id=whole.matter_id).order_by("matter_id").values_list("matter_id", flat=True)
        )


def follow(whole: Reported, now: datetime = NOW) -> int:
    with database.acting_as(settings.INSTALLATION, "worker"):
        return operations.parts_follow(matter_ids=[whole.matter_id], now=now)


def walk(cast: Cast, part: int, unit: Actor, reply: str) -> None:
    do(cast.dispatcher, part, "dispatch", lead=unit.unit_id)
    do(unit, part, "take")
    do(unit, part, "reply", reply=reply)
    assert do(cast.checker, part, "check_pass").stage == "joined"


def test_each_part_is_a_matter_with_its_number_place_and_the_wholes_date(cast: Cast, whole: Reported):
    first, second = parts(cast, whole)
    seen = [card(cast.dispatcher, part) for part in (first, second)]
    assert [(one.number, one.category, one.region_code, one.stage) for one in seen] == [
        (f"{whole.number}-1", "housing.property-service", "370303009006", "accepted"),
        (f"{whole.number}-2", "cityscape.waste", "370303009007", "accepted"),
    ]
    for one in seen:
        handle = next(line for line in one.clocks if line.code == "handle")
        assert (handle.due_at, one.reported_at) == (DUE, NOW)
    held = card(cast.handler, whole.matter_id)
    assert (held.stage, held.holder_name, held.due_at) == ("parted", "张店区住房和城乡建设局", DUE)
    assert [row.number for row in held.parts.rows] == [f"{whole.number}-1", f"{whole.number}-2"]


def test_the_whole_ends_with_one_answer_and_one_verdict(cast: Cast, whole: Reported):
    me = Actor(follow=(whole.follow_hash,))
    first, second = parts(cast, whole)
    walk(cast, first, cast.handler, "电梯已修好")
    assert follow(whole) == 0
    assert card(me, whole.matter_id).stage == "parted"
    walk(cast, second, cast.second_handler, "垃圾已清")
    assert (follow(whole), follow(whole)) == (1, 0)
    ready = card(cast.handler, whole.matter_id)
    assert (ready.stage, [row.reply for row in ready.parts.rows]) == ("handling", ["电梯已修好", "垃圾已清"])
    assert next(line.due_at for line in ready.clocks if line.code == "handle") == DUE
    do(cast.handler, whole.matter_id, "reply", reply="电梯已修好；垃圾已清。")
    assert do(cast.checker, whole.matter_id, "check_pass").stage == "verdict"
    for part in (first, second):
        seen = card(me, part)
        assert (seen.result, [choice.code for choice in seen.actions]) == ("joined", [])
    assert [row.reply for row in card(me, whole.matter_id).parts.rows] == ["电梯已修好", "垃圾已清"]
    assert do(me, whole.matter_id, "rate", solved=True).stage == "closed"
    with acting(me):
        mine = queries.matters_page(ListFilter(follow=me.follow, open_only=False, sort="newest"), now=NOW, actor=me)
    assert [row.number for row in mine.rows] == [whole.number]


def test_who_works_on_a_part_reads_the_whole_and_no_more(cast: Cast, whole: Reported):
    first, second = parts(cast, whole)
    do(cast.dispatcher, second, "dispatch", lead=cast.second_handler.unit_id)
    with pytest.raises(operations.MatterNotFound):
        card(cast.second_handler, whole.matter_id)
    follow(whole)
    assert card(cast.second_handler, whole.matter_id).body == "三号楼电梯停了，小区门口垃圾也没人清"
    assert [choice.code for choice in card(cast.second_handler, whole.matter_id).actions] == []
    with pytest.raises(operations.MatterNotFound):
        card(cast.second_handler, first)
    # The whole's lead reads how each part goes.
    assert card(cast.handler, second).stage == "dispatched"


def test_a_split_that_nobody_has_worked_on_is_undone(cast: Cast, whole: Reported):
    first, second = parts(cast, whole)
    assert do(cast.dispatcher, whole.matter_id, "rejoin").stage == "accepted"
    refused(PartsMoved, "并回整体", cast.dispatcher, first, "dispatch", lead=cast.handler.unit_id)
    assert follow(whole) == 2
    assert [card(cast.dispatcher, part).result for part in (first, second)] == ["joined", "joined"]
    assert card(cast.dispatcher, whole.matter_id).parts.rows == ()
    # Split again, the numbers go on.
    do(cast.dispatcher, whole.matter_id, "split", lead=cast.handler.unit_id, parts=PARTS)
    assert [row.number for row in card(cast.dispatcher, whole.matter_id).parts.rows] == [
        f"{whole.number}-3",
        f"{whole.number}-4",
    ]


def test_a_split_that_is_worked_on_stays(cast: Cast, whole: Reported):
    do(cast.dispatcher, parts(cast, whole)[0], "dispatch", lead=cast.handler.unit_id)
    refused(PartsMoved, "已经派单", cast.dispatcher, whole.matter_id, "rejoin")


def test_what_the_reporter_takes_back_ends_whole(cast: Cast, whole: Reported):
    first, second = parts(cast, whole)
    do(cast.dispatcher, first, "dispatch", lead=cast.handler.unit_id)
    do(Actor(follow=(whole.follow_hash,)), whole.matter_id, "withdraw")
    assert follow(whole) == 2
    assert [card(cast.dispatcher, part).result for part in (first, second)] == ["joined", "joined"]
    with database.acting_as(settings.INSTALLATION, "worker"):
        assert queries.loop_state().out_of_step == ()


def test_a_part_taken_back_or_refused_doesnt_hold_the_whole(cast: Cast, whole: Reported):
    first, second = parts(cast, whole)
    do(Actor(follow=(whole.follow_hash,)), first, "withdraw")
    do(cast.dispatcher, second, "refuse", ground="refuse.litigation", words="属市场行为")
    assert follow(whole) == 1
    assert card(cast.handler, whole.matter_id).stage == "handling"


def test_the_parts_are_filled_in_whole(cast: Cast):
    made = accepted(cast)
    lead, at = cast.handler.unit_id, made.matter_id
    refused(FieldsMissing, "请填写", cast.dispatcher, at, "split", lead=lead)
    refused(FieldsMissing, "请填写", cast.dispatcher, at, "split", parts=PARTS)
    refused(FieldsWrong, "至少要有两部分", cast.dispatcher, at, "split", lead=lead, parts=PARTS[:1])
    bare = {"about": "垃圾没人清"}
    refused(FieldsWrong, "第2部分没有填分类", cast.dispatcher, at, "split", lead=lead, parts=[PARTS[0], bare])
    bare = {"category": "cityscape.waste"}
    refused(FieldsWrong, "第2部分没有填问题", cast.dispatcher, at, "split", lead=lead, parts=[PARTS[0], bare])
    strange = PARTS[0] | {"category": "没有的"}
    refused(FieldsWrong, "没有这个分类", cast.dispatcher, at, "split", lead=lead, parts=[PARTS[0], strange])
    strange = PARTS[0] | {"region": "370399"}
    refused(FieldsWrong, "没有这个区域", cast.dispatcher, at, "split", lead=lead, parts=[PARTS[0], strange])
    refused(FieldsWrong, "", cast.dispatcher, at, "split", lead=lead, parts=PARTS * 4)
    refused(FieldsWrong, "", cast.dispatcher, at, "split", lead=lead, parts="两部分")
    refused(FieldsWrong, "两部分", cast.dispatcher, at, "split", lead=lead, parts=["a", 2])


def test_what_is_linked_or_a_part_isnt_split(cast: Cast, whole: Reported):
    refused(
        StageForbids,
        "不能再拆",
        cast.dispatcher,
        parts(cast, whole)[0],
        "split",
        lead=cast.handler.unit_id,
        parts=PARTS,
    )
    lead, other = accepted(cast), accepted(cast)
    do(cast.dispatcher, other.matter_id, "link", same_as=lead.number)
    refused(HasLinked, "先取消并单", cast.dispatcher, lead.matter_id, "split", lead=cast.handler.unit_id, parts=PARTS)
    assert "split" not in may(cast.dispatcher, lead.matter_id)
    refused(StageForbids, "并单办理", cast.dispatcher, other.matter_id, "split", lead=cast.handler.unit_id, parts=PARTS)
    fresh = accepted(cast)
    refused(FieldsWrong, "不能并", cast.dispatcher, fresh.matter_id, "link", same_as=whole.number)
    refused(StageForbids, "整体", cast.dispatcher, fresh.matter_id, "link", same_as=f"{whole.number}-1")
    refused(StageForbids, "整体", cast.dispatcher, parts(cast, whole)[0], "link", same_as=fresh.number)


def test_a_parts_date_never_goes_past_the_wholes(cast: Cast, whole: Reported):
    first = parts(cast, whole)[0]
    do(cast.dispatcher, first, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, first, "take")
    more: dict[str, Any] = {"ground": "extend.complex", "more_time": "5wd", "words": "配件要从外地调"}
    do(cast.handler, first, "ask_extension", **more)
    refused(DomainError, "不能再延长", cast.supervisor, first, "grant_extension")
    refused(
        StageForbids, "不能单独暂停", cast.handler, first, "ask_pause",
        ground="pause.reporter", until="2025-11-28", words="等材料",
    )  # fmt: skip
    do(cast.handler, whole.matter_id, "ask_extension", **more)
    do(cast.supervisor, whole.matter_id, "grant_extension")
    do(cast.supervisor, first, "grant_extension")
    dues = [
        next(line.due_at for line in card(cast.handler, pk).clocks if line.code == "handle")
        for pk in (whole.matter_id, first)
    ]
    assert dues[1] <= dues[0] > DUE


def test_the_database_lets_nobody_claim_a_part(cast: Cast, whole: Reported):
    fresh = accepted(cast)
    row = {"split_at": NOW, "unit_id": cast.handler.unit_id, "post_id": cast.handler.post_id}
    with acting(cast.handler), pytest.raises(ProgrammingError, match="row-level"), transaction.atomic():
        Part.objects.create(whole_id=whole.matter_id, matter_id=fresh.matter_id, **row)
    with acting(cast.neighbour_handler):
        assert not Part.objects.exists()
    with acting(Actor(follow=(whole.follow_hash,))):
        assert Part.objects.update(rejoined_at=NOW) == 0


def test_a_whole_split_again_has_the_parts_of_that_split(cast: Cast, whole: Reported):
    """Joined, answered, found wanting, given back and split once more: what ended before neither counts nor stands in the way."""
    for part, unit in zip(parts(cast, whole), (cast.handler, cast.second_handler), strict=True):
        walk(cast, part, unit, "办好了")
    assert follow(whole) == 1
    do(cast.handler, whole.matter_id, "hand_back", ground="return.not-our-duty", words="三定规定第五条：不归我局")
    later = NOW + timedelta(minutes=5)
    do(cast.dispatcher, whole.matter_id, "split", later, lead=cast.handler.unit_id, parts=PARTS)
    seen = card(cast.dispatcher, whole.matter_id)
    numbers = [f"{whole.number}-3", f"{whole.number}-4"]
    assert ([row.number for row in seen.parts.rows], seen.counts["parts"]) == (numbers, 2)
    assert do(cast.dispatcher, whole.matter_id, "rejoin", later).stage == "accepted"
    third, fourth = parts(cast, whole)[2:]
    assert follow(whole, later) == 2
    assert [card(cast.dispatcher, part).result for part in (third, fourth)] == ["joined", "joined"]
    do(cast.dispatcher, whole.matter_id, "split", later + timedelta(minutes=1), lead=cast.handler.unit_id, parts=PARTS)
    for part, unit in zip(parts(cast, whole)[4:], (cast.handler, cast.second_handler), strict=True):
        walk(cast, part, unit, "又办了一次")
    assert follow(whole, later) == 1
    ready = card(cast.handler, whole.matter_id)
    assert [row.reply for row in ready.parts.rows] == ["又办了一次", "又办了一次"]


def test_who_leads_a_whole_may_lead_each_of_its_parts(cast: Cast):
    made, township = accepted(cast), of_unit("centre-370303009", "dispatcher")
    at, community = made.matter_id, cast.community_handler.unit_id
    refused(FieldsWrong, "法定职责", cast.dispatcher, at, "split", lead=community, parts=PARTS)
    refused(FieldsWrong, "没有能办理", cast.dispatcher, at, "split", lead=cast.county_dispatcher.unit_id, parts=PARTS)
    county = cast.county_dispatcher
    refused(FieldsWrong, "申请跨区县移交", county, at, "split", lead=cast.neighbour_handler.unit_id, parts=PARTS)
    do(county, at, "hand_down_centre", lead=township.unit_id, ground="hand-down.small-and-near", words="就近")
    refused(FieldsWrong, "只能派给这里的单位", township, at, "split", lead=cast.handler.unit_id, parts=PARTS)


def test_who_gave_it_back_doesn_t_lead_its_parts(cast: Cast):
    made = accepted(cast)
    for minute, actor in enumerate((cast.handler, cast.second_handler)):
        do(cast.dispatcher, made, "dispatch", NOW + timedelta(minutes=5 * minute), lead=actor.unit_id)
        do(actor, made, "take", NOW + timedelta(minutes=5 * minute + 1))
        why = {"ground": "return.not-our-duty", "words": "三定规定第五条：不归我局"}
        do(actor, made, "hand_back", NOW + timedelta(minutes=5 * minute + 2), **why)
    refused(FieldsWrong, "首接单位", cast.dispatcher, made, "split", lead=cast.second_handler.unit_id, parts=PARTS)


@pytest.mark.parametrize("centre", ["centre-370303", "centre-370303009"])
def test_no_part_is_put_where_who_splits_has_no_say(cast: Cast, centre: str):
    made, actor = accepted(cast), of_unit(centre, "dispatcher")
    if centre == "centre-370303009":
        given = {"ground": "hand-down.small-and-near", "words": "就近"}
        do(cast.county_dispatcher, made, "hand_down_centre", lead=actor.unit_id, **given)
    lead = cast.handler.unit_id if centre == "centre-370303" else of_unit("township-370303009").unit_id
    beyond = ["370306", "370306100200", "3703"] + (["370303008001"] if centre == "centre-370303009" else [])
    for region in beyond:
        elsewhere = [PARTS[0], PARTS[1] | {"region": region}]
        refused(FieldsWrong, "不在您的辖区", actor, made, "split", lead=lead, parts=elsewhere)
    assert do(actor, made, "split", lead=lead, parts=PARTS).stage == "parted"


def test_a_part_offers_nothing_that_is_its_wholes(cast: Cast, whole: Reported):
    part = parts(cast, whole)[0]
    assert {"split", "link"} & may(cast.dispatcher, part) == set()
    assert "dispatch" in may(cast.dispatcher, part)
    do(cast.dispatcher, part, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, part, "take")
    assert "ask_pause" not in may(cast.handler, part)
    assert "ask_extension" in may(cast.handler, part)


def test_who_works_on_a_part_reaches_the_reporter_and_it_is_told(cast: Cast, whole: Reported):
    """The contact is kept with the whole: it is read by way of the part, for a reason, and the resident sees by whom."""
    first, second = parts(cast, whole)
    me, helper = Actor(follow=(whole.follow_hash,)), of_unit("transport-370303")
    do(cast.dispatcher, second, "dispatch", lead=cast.second_handler.unit_id, co=[helper.unit_id])
    for actor in (cast.second_handler, helper):
        assert reach(actor, second)["phone"] == "13812345678"
        assert card(actor, second).has_contact
    with acting(me):
        read = queries.readings(me, matter_id=whole.matter_id).rows
    assert sorted((row.number, row.unit_name, row.parts) for row in read) == [
        (f"{whole.number}-2", "张店区交通运输局", ("phone",)),
        (f"{whole.number}-2", "张店区城市管理局", ("phone",)),
    ]
    # Nobody by way of another's part, no administrator, and none of what the whole said in full.
    for actor in (cast.handler, cast.second_handler, helper):
        with pytest.raises((operations.MatterNotFound, NoDuty)):
            reach(actor, first)
    for actor in (cast.second_handler, helper):
        with acting(actor):
            assert not operations.reveal_contact(
                matter_id=second, reason="original", actor=actor, now=NOW, originals=True
            )
            pieces = Record.objects.filter(subject_id=whole.matter_id)
            assert set(pieces.values_list("purpose", flat=True)) == {"contact"}
    for actor in (ANYONE, cast.keeper):
        with acting(actor):
            assert not Record.objects.filter(subject_id=whole.matter_id).exists()
    # It ends with the share.
    do(helper, second, "assist_done", words="已配合")
    do(cast.second_handler, second, "hand_back", ground="return.not-our-duty", words="三定规定第五条：不归我局")
    for actor in (cast.second_handler, helper):
        with acting(actor):
            assert not Record.objects.filter(subject_id=whole.matter_id).exists()


def test_who_checks_a_part_reaches_the_reporter_while_it_is_checked(cast: Cast, whole: Reported):
    part, _ = parts(cast, whole)
    checker = of_unit("centre-370303", role="checker")
    assert reach(cast.dispatcher, part)["phone"] == "13812345678"  # triage
    do(cast.dispatcher, part, "dispatch", lead=cast.second_handler.unit_id)
    do(cast.second_handler, part, "take")
    for actor in (cast.checker, cast.dispatcher, checker):
        with pytest.raises((operations.MatterNotFound, NoDuty)):
            reach(actor, part)
    do(cast.second_handler, part, "reply", reply="已清理")
    assert card(cast.checker, part).has_contact
    for actor in (cast.checker, checker):
        assert reach(actor, part)["phone"] == "13812345678"
    with pytest.raises(NoDuty):
        reach(cast.dispatcher, part)
    assert do(cast.checker, part, "check_pass").stage == "joined"
    for actor in (cast.checker, checker, cast.second_handler):
        with pytest.raises(NoDuty):
            reach(actor, part)
    assert reach(cast.supervisor, part)["phone"] == "13812345678"


def reach(actor: Actor, matter_id: int) -> dict[str, str]:
    with acting(actor):
        return operations.reveal_contact(matter_id=matter_id, reason="contact", actor=actor, now=NOW)
