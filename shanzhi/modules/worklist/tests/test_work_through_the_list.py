"""A handler finds what is due, takes it, returns it, replies; a neighbour sees none of it."""

import re
import uuid
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.city import Cast
from tests.desks import at_stage, signed_in

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def words(answer) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main", 1)[1].split("</main>")[0])
    )


def titles(answer) -> list[str]:
    return re.findall(r'<h2 class="ui-panel__title">([^<]*)</h2>', answer.content.decode())


def fields_of(html: str, number: str, action: str) -> dict[str, str]:
    form = re.search(rf'<form[^>]+action="/worklist/{number}/{action}/".*?</form>', html, re.S)
    assert form, f"no form for {action}"
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group()))


def send(client, number: str, action: str, **more: object):
    page = f"/worklist/{number}/"
    fields = fields_of(client.get(page).content.decode(), number, action)
    return client.post(f"/worklist/{number}/{action}/", {**fields, **more})


def test_it_shows_what_is_due_from_my_unit_and_nothing_else(cast: Cast):
    mine = at_stage(cast, "dispatch", body="三号楼电梯坏了，请尽快修。")
    answer = signed_in("handler").get("/worklist/")
    assert answer.status_code == 200
    assert f"/worklist/{mine}/" in answer.content.decode()
    assert "待签收" in words(answer)
    neighbour = signed_in("neighbour_handler")
    assert mine not in neighbour.get("/worklist/").content.decode()
    assert neighbour.get(f"/worklist/{mine}/").status_code == 404
    assert neighbour.post(f"/worklist/{mine}/take/", {"version": "3", "key": str(uuid.uuid4())}).status_code == 404


def test_it_puts_each_matter_into_its_part_of_the_list(cast: Cast):
    numbers = {last: at_stage(cast, last, co=True) for last in ("accept", "dispatch", "take", "reply", "check_pass")}
    handler, helper = signed_in("handler"), signed_in("second_handler")

    def shown(client, tab: str) -> set[str]:
        html = client.get("/worklist/", {"tab": tab}).content.decode()
        return {last for last, number in numbers.items() if f'href="/worklist/{number}/' in html}

    assert shown(handler, "") == {"dispatch", "take"}
    assert shown(handler, "todo") == {"dispatch", "take"}
    assert shown(handler, "waiting") == {"dispatch"}
    assert shown(handler, "handling") == {"take"}
    assert shown(handler, "follow") == {"reply", "check_pass"}
    assert shown(handler, "co") == set()
    assert shown(helper, "todo") == set()
    assert shown(helper, "co") == {"dispatch", "take"}


def test_it_lists_what_is_late_first_and_counts_it(cast: Cast):
    fresh = at_stage(cast, "take", body="路灯不亮了，晚上走路不安全。")
    late = at_stage(cast, "take", body="井盖缺失，请尽快补上。", ago=timedelta(days=60))
    client = signed_in("handler")
    html = client.get("/worklist/").content.decode()
    assert html.index(late) < html.index(fresh)
    only = client.get("/worklist/", {"light": "overdue"}).content.decode()
    assert late in only
    assert fresh not in only
    assert "超期" in only


def test_it_shows_the_dates_and_papers_of_a_matter_and_leads_to_its_own_page(cast: Cast):
    taken, replied = at_stage(cast, "take"), at_stage(cast, "reply")
    client = signed_in("handler")
    shown = client.get(f"/worklist/{taken}/")
    assert f'href="/m/{taken}/"' in shown.content.decode()
    assert "时限" in titles(shown)
    assert "这个日期怎么来的" in words(shown)
    assert "起算" in words(shown)
    answered = client.get(f"/worklist/{replied}/")
    assert "文书" in titles(answered)
    assert re.search(rf'href="/m/{replied}/papers/\d+/reply_slip/"', answered.content.decode())


def test_it_takes_with_one_press_and_offers_the_reply_next(cast: Cast):
    number = at_stage(cast, "dispatch")
    client = signed_in("handler")
    assert 'data-key="t"' in client.get(f"/worklist/{number}/").content.decode()
    answer = send(client, number, "take")
    assert (answer.status_code, answer["Location"]) == (302, f"/worklist/{number}/")
    after = client.get(answer["Location"])
    assert "已签收" in words(after)
    assert f'action="/worklist/{number}/reply/"' in after.content.decode()


def test_it_returns_with_a_ground_and_goes_back_to_the_list(cast: Cast):
    number = at_stage(cast, "dispatch")
    client = signed_in("handler")
    refused = send(client, number, "hand_back")
    assert refused.status_code == 422
    html = client.get(f"/worklist/{number}/").content.decode()
    ground = re.search(r'<option value="(return[^"]*|[^"]+)">', html.split(f"/worklist/{number}/hand_back/")[1])
    assert ground
    answer = send(client, number, "hand_back", ground=ground.group(1), words="不在本单位职责内，依据三定方案第3条。")
    assert (answer.status_code, answer["Location"]) == (302, "/worklist/")
    assert number not in client.get("/worklist/").content.decode().split('id="list"')[1].split('id="matter"')[0]


def test_it_replies_with_evidence(cast: Cast):
    number = at_stage(cast, "take")
    client = signed_in("handler")
    paper = SimpleUploadedFile("验收单.pdf", PDF, "application/pdf")
    answer = send(client, number, "reply", reply="电梯已于今天修好。", files=[paper])
    assert (answer.status_code, answer["Location"]) == (302, "/worklist/")
    shown = words(client.get(f"/worklist/{number}/"))
    assert "电梯已于今天修好。" in shown
    assert "验收单.pdf" in shown


def test_it_gives_back_what_was_typed_with_the_list_beside_it(cast: Cast):
    number = at_stage(cast, "take")
    client = signed_in("handler")
    answer = send(client, number, "reply", reply="", page=f"/worklist/{number}/?tab=handling")
    assert answer.status_code == 422
    html = answer.content.decode()
    assert "tab=handling" in html
    assert 'id="list"' in html
    stale = send(client, number, "reply", reply="已经修好了。", version="1")
    assert stale.status_code == 409
    assert "已经修好了。" in stale.content.decode()


def test_it_lets_a_co_handler_report_done(cast: Cast):
    number = at_stage(cast, "take", co=True)
    client = signed_in("second_handler")
    answer = send(client, number, "assist_done", words="已配合断电检修。")
    assert answer.status_code == 302
    assert "协办" in words(client.get(f"/worklist/{number}/"))


def test_it_says_why_a_list_is_empty(cast: Cast):
    client = signed_in("neighbour_handler")
    assert "没有待办" in words(client.get("/worklist/"))
    assert "没有协办事项" in words(client.get("/worklist/?tab=co"))
    assert "没有符合条件的事项" in words(client.get("/worklist/?q=没有这个词"))


def test_it_pages_by_twenty_five(cast: Cast):
    numbers = [at_stage(cast, "dispatch") for _ in range(27)]
    client = signed_in("handler")
    first = client.get("/worklist/").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = client.get(following.group(1).replace("&amp;", "&")).content.decode()
    on_first = {number for number in numbers if f"/worklist/{number}/" in first}
    on_second = {number for number in numbers if f"/worklist/{number}/" in second}
    assert (len(on_first), len(on_second), on_first & on_second) == (25, 2, set())
    assert "上一页" in second


@pytest.mark.parametrize("path", ["/triage/", "/checks/"])
def test_it_does_not_open_other_desks_to_a_handler(cast: Cast, path):
    assert signed_in("handler").get(path).status_code == 403


def test_it_sends_others_away(client, cast: Cast):
    assert client.get("/worklist/")["Location"].startswith("/accounts/login/")
    for part in ("dispatcher", "checker", "supervisor"):
        assert signed_in(part).get("/worklist/").status_code == 403


def test_it_asks_the_same_number_of_questions_for_thirty_rows_and_for_fifty(cast: Cast, django_assert_num_queries):
    client = signed_in("handler")
    for _ in range(30):
        at_stage(cast, "dispatch")
    client.get(reverse("worklist:list"))
    with django_assert_num_queries(LIST_QUERIES):
        client.get(reverse("worklist:list"))
    for _ in range(20):
        at_stage(cast, "dispatch")
    with django_assert_num_queries(LIST_QUERIES):
        client.get(reverse("worklist:list"))


LIST_QUERIES = 9


def test_what_is_wrong_is_said_once_above_with_links_and_once_beside_the_field(cast: Cast):
    number = at_stage(cast, "dispatch")
    client = signed_in("handler")
    html = send(client, number, "hand_back").content.decode()
    shown = words(client.get("/worklist/"))
    assert "请填写" not in shown
    assert html.count('role="alert"') == 1
    assert "ui-notice--bad" not in html
    assert html.count("请填写这一项。") == 4, "two fields, above and beside each"
    assert 'href="#id_hand_back_ground"' in html
    assert "退单前请填写" not in html, "the fields say it themselves"


def test_what_no_field_can_say_stands_above_alone(cast: Cast):
    number = at_stage(cast, "take")
    html = send(signed_in("handler"), number, "reply", reply="已经修好了。", version="1").content.decode()
    assert html.count("这件事项刚刚有了变化") == 1
    assert "ui-summary" not in html
