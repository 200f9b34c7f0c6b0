"""A reporter reads what was done, gives the verdict, adds something, takes it back."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.operations import Reported
from shanzhi.modules.intake.tests.test_report_a_problem import picture
from shanzhi.modules.intake.tests.walk import (
    do,
    follow_in,
    hidden,
    made,
    reporter,
    text_of,
    to_verdict,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]


@pytest.fixture
def mine(client) -> Reported:
    report = made()
    follow_in(client, report)
    return report


def page_of(client, report: Reported) -> str:
    response = client.get(f"/my/{report.number}/")
    assert response.status_code == 200
    return str(response.content.decode())


def card(report: Reported) -> queries.MatterCard:
    with acting(reporter(report)):
        return queries.card(report.matter_id, actor=reporter(report), now=timezone.now())


def post(client, report: Reported, verb: str, page: str = "", **fields: object):
    page = page or page_of(client, report)
    behind = f'action="/my/{report.number}/{verb}/"'
    given = {"key": hidden(page, "key", behind), "version": hidden(page, "version", behind), **fields}
    return client.post(f"/my/{report.number}/{verb}/", given)


def test_it_tells_who_has_it_until_when_and_what_comes_next(client, mine):
    read = text_of(page_of(client, mine))
    assert re.search(r"待受理.*治理中心会在.*\d\d:\d\d前答复您是否受理。", read)
    assert re.search(r"经过反映.*反映人", read)
    assert "撤回这件事项" in read
    assert "请您评价" not in read


def test_it_says_that_the_clock_stands_still_and_promises_no_answer_by_its_end(client, mine, cast):
    do(cast.dispatcher, mine.matter_id, "accept")
    do(cast.dispatcher, mine.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, mine.matter_id, "take")
    assert "前答复您" in page_of(client, mine)
    until = timezone.localdate() + timedelta(days=10)
    do(cast.handler, mine.matter_id, "ask_pause", ground="pause.reporter", words="等材料", until=until.isoformat())
    do(cast.supervisor, mine.matter_id, "grant_pause")
    read = page_of(client, mine)
    assert f"最迟到{until.month}月{until.day}日23:59恢复" in read.replace(f"{until.year}年", "")
    assert "前答复您" not in read


def test_it_promises_nothing_for_a_day_that_is_over(client, mine, cast):
    do(cast.dispatcher, mine.matter_id, "accept")
    do(cast.dispatcher, mine.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, mine.matter_id, "take")
    with acting(cast.handler):
        shown = queries.card(mine.matter_id, actor=cast.handler, now=timezone.now() + timedelta(days=60))
    assert shown.next_sentence == "%(unit)s应在%(due)s前办完这一步，已经超期，还在办理。"


def test_it_is_not_there_for_a_stranger_in_the_same_words(client, mine):
    client.cookies.clear()
    answers = [client.get(f"/my/{number}/") for number in (mine.number, "20200101-999999", "x")]
    assert [answer.status_code for answer in answers] == [404] * 3
    assert len({text_of(answer.content.decode()) for answer in answers}) == 1
    for verb in ("rate", "add", "withdraw"):
        assert client.post(f"/my/{mine.number}/{verb}/", {"solved": "yes", "words": "x"}).status_code == 404


def test_it_shows_the_way_through_the_offices_and_no_inner_notes(client, mine, cast):
    do(cast.dispatcher, mine.matter_id, "note", words="内部提醒：请核对。")
    to_verdict(cast, mine.matter_id)
    read = text_of(page_of(client, mine))
    assert "内部提醒" not in read
    assert "主办：张店区住建局" in read
    assert "电梯已修好，已试运行。" in read
    assert re.search("经过核查通过.*签收.*派单.*受理.*反映", read)


def test_it_closes_with_a_verdict(client, mine, cast):
    to_verdict(cast, mine.matter_id)
    response = post(client, mine, "rate", solved="yes", satisfied="5", words="谢谢")
    assert (response.status_code, response["Location"]) == (302, f"/my/{mine.number}/")
    found = card(mine)
    assert (found.stage, found.solved, found.satisfied) == ("closed", True, 5)
    read = text_of(page_of(client, mine))
    assert "您的评价已收到，事项办结。" in read
    assert "还有问题的，可以重新反映" in read


def test_it_goes_back_to_be_done_again(client, mine, cast):
    to_verdict(cast, mine.matter_id)
    assert "选“没有解决”，会退回重办，您不用重新反映。" in text_of(page_of(client, mine))
    post(client, mine, "rate", solved="no", ground="not-solved.came-back", satisfied="1", words="第二天又停了")
    found = card(mine)
    assert (found.stage, found.solved, found.counts) == ("handling", False, {"reopenings": 1})
    read = text_of(page_of(client, mine))
    assert re.search(r"您的评价已收到，事项已退回重办。承诺\S+前答复您。", read)
    assert re.search("没有解决·满意程度1分.*第二天又停了", read)


def test_it_asks_for_the_answer_and_keeps_the_words(client, mine, cast):
    to_verdict(cast, mine.matter_id)
    response = post(client, mine, "rate", satisfied="3", words="说不好")
    page = response.content.decode()
    assert response.status_code == 422
    assert "请选择：解决了，还是没有解决。" in page
    assert "说不好" in page
    assert re.search(r'name="satisfied" value="3"[^>]*checked', page)


def test_it_asks_for_words_where_the_reason_needs_them(client, mine, cast):
    to_verdict(cast, mine.matter_id)
    response = post(client, mine, "rate", solved="no", ground="not-solved.partly")
    assert response.status_code == 422
    assert "选择“只解决了一部分”时要另写说明。" in text_of(response.content.decode())


def test_it_can_not_rate_what_is_not_done(client, mine):
    key = str(uuid.uuid4())
    response = client.post(f"/my/{mine.number}/rate/", {"key": key, "version": "1", "solved": "yes"})
    assert response.status_code == 409
    assert "待受理" in text_of(response.content.decode())


def test_it_counts_a_verdict_once(client, mine, cast):
    to_verdict(cast, mine.matter_id)
    page = page_of(client, mine)
    for _ in range(2):
        assert post(client, mine, "rate", page, solved="no").status_code == 302
    assert card(mine).counts == {"reopenings": 1}


def test_it_says_that_the_matter_has_moved_on_and_keeps_what_was_typed(client, mine, cast):
    page = page_of(client, mine)
    do(cast.dispatcher, mine.matter_id, "accept", category="housing.property-service")
    response = post(client, mine, "withdraw", page, words="不用办了")
    again = response.content.decode()
    assert response.status_code == 409
    assert "这件事项刚刚有了变化，现在是“待派单”。" in text_of(again)
    assert "不用办了" in again
    assert post(client, mine, "withdraw", again, words="不用办了").status_code == 302


def test_it_takes_a_note(client, mine):
    assert post(client, mine, "add", words="补充：是二单元。").status_code == 302
    read = text_of(page_of(client, mine))
    assert "补充的内容已收到，经办单位看得到。" in read
    assert "补充：是二单元。" in read


def test_it_takes_photos_with_words(client, mine):
    assert post(client, mine, "add", words="这是照片", photos=[picture()]).status_code == 302
    assert len(card(mine).attachments) == 1
    assert "ui-thumbs__image" in page_of(client, mine)


def test_it_wants_something_to_add_and_keeps_the_good_files(client, mine):
    assert "请写几句话，或选几张照片。" in post(client, mine, "add").content.decode()
    response = post(client, mine, "add", photos=[SimpleUploadedFile("a.exe", b"MZ12"), picture()])
    again = response.content.decode()
    assert response.status_code == 422
    kept = re.findall(r'name="kept" value="([^"]+)"', again)
    assert post(client, mine, "add", again, kept=kept).status_code == 302
    assert len(card(mine).attachments) == 1


def test_it_is_withdrawn_and_says_what_can_be_done(client, mine):
    assert post(client, mine, "withdraw", ground="withdraw.solved").status_code == 302
    assert card(mine).stage == "withdrawn"
    read = text_of(page_of(client, mine))
    assert "事项已撤回，不再办理。" in read
    assert "需要时可以重新反映。" in read
    assert "确认撤回" not in read
    assert "补充说明或照片" not in read


def test_it_tells_why_it_was_refused_and_where_to_go(client, mine, cast):
    do(cast.dispatcher, mine.matter_id, "refuse", ground="refuse.discipline")
    read = text_of(page_of(client, mine))
    assert "不予受理" in read
    assert "理由：属于纪检监察举报" in read
    assert "12388" in read


def test_it_leads_back_to_the_page_from_a_typed_address(client, mine):
    for verb in ("rate", "add", "withdraw"):
        assert client.get(f"/my/{mine.number}/{verb}/")["Location"] == f"/my/{mine.number}/"


def test_it_needs_few_queries(client, mine, cast, django_assert_num_queries):
    to_verdict(cast, mine.matter_id)
    page_of(client, mine)
    with django_assert_num_queries(8):
        client.get(f"/my/{mine.number}/")
