"""A dispatcher decides what comes in: accept, correct, dispatch, refuse, and on to the next."""

import re
from datetime import timedelta

import pytest

from shanzhi.kernel.matters import queries
from shanzhi.modules.triage.tests.desk_support import (
    PROPERTY,
    WASTE,
    card,
    done,
    form,
    new_key,
    page,
    reported,
    signed_in,
    url,
)
from tests.city import Cast

pytestmark = pytest.mark.django_db


def test_it_accepts_and_dispatches_in_one_go_and_goes_on_to_the_next(cast: Cast):
    first, second = reported(ago=timedelta(minutes=2)), reported(title="电梯坏了")
    client = signed_in("dispatcher")
    html = page(client.get("/triage/"))
    sent = form(html, do="accept_and_dispatch", category=PROPERTY, lead=cast.handler.unit_id, words="请先到现场")
    answer = client.post(url(first), sent)
    assert answer.status_code == 302
    assert answer["Location"] == url(second)
    assert "已派给张店区住建局，" in page(client.get(answer["Location"]))
    now = card(cast.dispatcher, first)
    assert (now.stage, now.category, now.holder_name) == ("dispatched", PROPERTY, "张店区住房和城乡建设局")
    assert [(entry.title, entry.words) for entry in now.timeline] == [
        ("反映", ""),
        ("受理", ""),
        ("派单", "请先到现场"),
    ]


def test_it_says_until_when_the_unit_has_to_take_it(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="accept_and_dispatch", category=PROPERTY, lead=cast.handler.unit_id)
    said = page(client.get(client.post(url(matter), sent)["Location"]))
    assert re.search("已派给张店区住建局，[^，。]+前签收。承诺[^，。]+前答复反映人。", said)
    assert "都处理完了" in said


def test_it_fills_in_the_unit_that_the_category_suggests(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "correct", category=PROPERTY)
    sent = form(page(signed_in("dispatcher").get(url(matter))))
    assert sent["lead"] == str(cast.handler.unit_id)
    assert sent["category"] == PROPERTY
    assert sent["region"] == "370303009006"


def test_it_does_nothing_at_all_where_the_dispatch_fails(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="accept_and_dispatch", category=PROPERTY, words="请先到现场")
    sent.pop("lead", None)
    answer = client.post(url(matter), sent)
    html = page(answer)
    assert answer.status_code == 422
    assert "请先到现场" in html
    assert 'id="id_triage_lead_error"' in html
    assert card(cast.dispatcher, matter).stage == "reported"


def test_it_accepts_alone(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    answer = client.post(url(matter), form(page(client.get(url(matter))), do="accept", category=PROPERTY))
    assert answer.status_code == 302
    now = card(cast.dispatcher, matter)
    assert (now.stage, now.category) == ("accepted", PROPERTY)


def test_it_corrects_on_the_way_to_the_unit(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category="housing.property-fees")
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="dispatch", category=PROPERTY, lead=cast.handler.unit_id)
    assert client.post(url(matter), sent).status_code == 302
    now = card(cast.dispatcher, matter)
    assert (now.stage, now.category) == ("dispatched", PROPERTY)
    assert [entry.title for entry in now.timeline] == ["反映", "受理", "更正", "派单"]


def test_it_dispatches_without_a_correction_where_nothing_was_changed(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    client = signed_in("dispatcher")
    co = [cast.second_handler.unit_id]
    sent = form(page(client.get(url(matter))), do="dispatch", lead=cast.handler.unit_id, co=co)
    assert client.post(url(matter), sent).status_code == 302
    now = card(cast.dispatcher, matter)
    assert [entry.title for entry in now.timeline] == ["反映", "受理", "派单"]
    assert [(share.unit_name, share.part) for share in now.shares] == [("张店区住建局", "lead"), ("张店区城管局", "co")]


def test_it_asks_again_where_another_category_suggests_another_unit(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="dispatch", category=WASTE)
    assert sent["lead"] == str(cast.handler.unit_id)
    answer = client.post(url(matter), sent)
    assert answer.status_code == 422
    assert "建议的主办单位变成了张店区城市管理局" in page(answer)
    assert card(cast.dispatcher, matter).stage == "accepted"
    # Looked at and left as it is, it goes where the dispatcher wants it.
    chosen = form(page(answer), do="dispatch", category=WASTE, lead=cast.handler.unit_id)
    assert client.post(url(matter), chosen).status_code == 302
    assert card(cast.dispatcher, matter).stage == "dispatched"


def test_it_saves_a_correction_and_stays(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="correct", category=PROPERTY, region="370303009007")
    assert client.post(url(matter), sent)["Location"] == url(matter)
    now = card(cast.dispatcher, matter)
    assert (now.stage, now.category, now.region_code) == ("reported", PROPERTY, "370303009007")


def test_it_says_that_there_is_nothing_to_save(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "correct", category=PROPERTY)
    client = signed_in("dispatcher")
    answer = client.post(url(matter), form(page(client.get(url(matter))), do="correct"))
    assert answer.status_code == 422
    assert "没有改动" in page(answer)


def test_it_refuses_with_a_ground(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="refuse", ground="refuse.discipline")
    assert client.post(url(matter), sent).status_code == 302
    now = card(cast.dispatcher, matter)
    assert (now.stage, now.timeline[-1].channel[:10]) == (
        "refused",
        queries.grounds().by_code["refuse.discipline"].channel[:10],
    )


def test_it_wants_words_with_a_ground_that_needs_them(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    answer = client.post(url(matter), form(page(client.get(url(matter))), do="refuse", ground="refuse.litigation"))
    html = page(answer)
    assert answer.status_code == 422
    assert 'id="id_triage_words_error"' in html
    assert 'value="refuse.litigation" selected' in html
    assert "12368" in html


def test_it_knows_no_other_button(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    assert client.post(url(matter), form(page(client.get(url(matter))), do="abolish")).status_code == 404


def test_it_is_done_once_though_it_was_sent_twice(cast: Cast):
    matter = reported()
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="accept_and_dispatch", category=PROPERTY, lead=cast.handler.unit_id)
    assert [client.post(url(matter), sent).status_code for _ in range(2)] == [302, 302]
    assert [entry.title for entry in card(cast.dispatcher, matter).timeline] == ["反映", "受理", "派单"]


def test_it_tells_the_second_dispatcher_and_keeps_what_they_typed(cast: Cast):
    matter = reported()
    late = signed_in("second_dispatcher")
    sent = form(page(late.get(url(matter))), do="accept_and_dispatch", category=PROPERTY, words="先电话核实")
    sent |= {"lead": cast.second_handler.unit_id}
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    answer = late.post(url(matter), sent)
    html = page(answer)
    assert answer.status_code == 409
    assert "事项已在“待派单”，不能受理。" in html
    assert "先电话核实" in html
    assert form(html)["lead"] == str(cast.second_handler.unit_id)
    done(cast.dispatcher, matter, "dispatch", lead=cast.handler.unit_id)
    gone = late.post(url(matter), sent | {"key": new_key()})
    assert gone.status_code == 409
    assert "您刚才写的内容还在这里" in page(gone)
    assert "先电话核实" in page(gone)


def test_it_notices_a_stale_screen(cast: Cast):
    matter = reported()
    done(cast.dispatcher, matter, "accept", category=PROPERTY)
    client = signed_in("dispatcher")
    sent = form(page(client.get(url(matter))), do="dispatch", lead=cast.handler.unit_id, words="请先到现场")
    done(cast.dispatcher, matter, "dispatch", lead=cast.second_handler.unit_id)
    ground = queries.grounds().of_use("return")[0].code
    done(cast.second_handler, matter, "hand_back", ground=ground, words="不归本单位管")
    answer = client.post(url(matter), sent)
    assert answer.status_code == 409
    assert "刚刚有了变化" in page(answer)
    assert "请先到现场" in page(answer)
