"""A petitioner who doesn't accept the answer asks for a review on the own page; nobody reports a petition without staff."""

import re
import uuid

import pytest
from django.utils import timezone

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.modules.intake.tests.test_look_after_my_matter import card, page_of, post
from shanzhi.modules.intake.tests.walk import BODY, PLACE, do, follow_in, text_of
from tests.city import Cast

pytestmark = pytest.mark.django_db


def taken_in(cast: Cast, kind: str) -> Reported:
    with acting(cast.dispatcher):
        new = NewReport(body=BODY, kind=kind, channel="letter", region_code=PLACE)
        return operations.report(new=new, actor=cast.dispatcher, now=timezone.now(), key=uuid.uuid4())


def answered(cast: Cast) -> Reported:
    made = taken_in(cast, "petition")
    do(cast.dispatcher, made.matter_id, "accept")
    do(cast.dispatcher, made.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made.matter_id, "take")
    do(cast.handler, made.matter_id, "reply", reply="经查，电梯已列入更新计划。")
    return made


def test_it_asks_for_a_review_and_for_a_re_review(client, cast):
    made = answered(cast)
    follow_in(client, made)
    read = text_of(page_of(client, made))
    assert "请求复查" in read
    assert "经查，电梯已列入更新计划。" in read
    response = post(client, made, "appeal", words="没有说什么时候更新")
    assert (response.status_code, card(made).stage) == (302, "appealed")
    assert re.search(r"您的请求已收到。承诺\S+前答复您。", text_of(page_of(client, made)))
    do(cast.dispatcher, made.matter_id, "record_review", reply="维持原答复意见。")
    assert "请求复核" in text_of(page_of(client, made))
    post(client, made, "appeal", words="仍不服")
    assert card(made).stage == "reappealed"


def test_it_asks_for_reasons(client, cast):
    made = answered(cast)
    follow_in(client, made)
    assert post(client, made, "appeal", words=" ").status_code == 422
    assert card(made).stage == "replied"


def test_it_is_not_there_before_the_answer_nor_for_a_stranger(client, cast):
    made = taken_in(cast, "petition")
    assert client.post(f"/my/{made.number}/appeal/", {"words": "不服"}).status_code == 404
    follow_in(client, made)
    assert "/appeal/" not in page_of(client, made)
    sent = {"words": "不服", "key": str(uuid.uuid4()), "version": "1"}
    assert client.post(f"/my/{made.number}/appeal/", sent).status_code == 409
    assert card(made).stage == "reported"


def test_a_deputys_second_word_is_kept_and_ends_it(client, cast):
    made = taken_in(cast, "suggestion")
    do(cast.dispatcher, made.matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made.matter_id, "take")
    do(cast.handler, made.matter_id, "reply", reply="已列入计划。")
    follow_in(client, made)
    shown = text_of(page_of(client, made))
    assert "对办理和答复满意吗" in shown
    assert "基本满意" in shown
    assert "选“不满意”，会再办一次并再次答复您。" in shown
    assert "问题解决了吗" not in shown
    assert "没有解决" not in shown
    assert post(client, made, "rate").status_code == 422
    assert post(client, made, "rate", satisfied="4").status_code == 422
    post(client, made, "rate", satisfied="1", words="没有时间表")
    assert card(made).stage == "again"
    do(cast.handler, made.matter_id, "reply_again", reply="已提前实施。")
    assert "选“不满意”，您的意见会如实记载。" in text_of(page_of(client, made))
    post(client, made, "rate", satisfied="1")
    assert card(made).stage == "unsatisfied"
    assert "您的评价已收到，意见已如实记载。" in text_of(page_of(client, made))


@pytest.mark.parametrize("kind", ["petition", "suggestion", "finding", "incident"])
def test_the_open_door_takes_requests_alone(client, cast, kind):
    answer = client.post("/api/v1/reports", {"body": BODY, "kind": kind}, content_type="application/json")
    assert (answer.status_code, list(answer.json()["fields"])) == (422, ["kind"])
