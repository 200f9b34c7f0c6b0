"""A checker compares report and reply, passes or sends back; whoever handled a matter doesn't check it."""

import re
import uuid
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.queries import actor_of_post
from shanzhi.kernel.access.tests.two_posts import TwoPosts
from shanzhi.kernel.matters.queries import matter_id_of_number
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.checks import queries
from tests.city import Cast
from tests.desks import BACKEND, at_stage, do, signed_in

pytestmark = pytest.mark.django_db

LIST_QUERIES = 9
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def main(answer) -> str:
    html: str = answer.content.decode()
    return html.split("<main", 1)[1].split("</main>", maxsplit=1)[0]


def words(answer) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main(answer)))


def send(client, number: str, **more: object):
    html = client.get(f"/checks/{number}/").content.decode()
    form = re.search(rf'<form[^>]+action="/checks/{number}/check/".*?</form>', html, re.S)
    assert form
    hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form.group()))
    return client.post(f"/checks/{number}/check/", {**hidden, **more})


def test_it_lists_what_waits_for_a_check_and_nothing_else(cast: Cast):
    numbers = {last: at_stage(cast, last) for last in ("take", "reply", "check_pass")}
    html = main(signed_in("checker").get("/checks/"))
    assert {last for last, number in numbers.items() if f"/checks/{number}/" in html} == {"reply"}


def test_it_counts_and_lists_what_is_the_own_centres_turn(cast: Cast):
    number = at_stage(cast, "reply")
    today = timezone.now().date()
    centre = organisation.unit_by_code("centre-370303009", today)
    assert centre is not None
    (post,) = [card for card in organisation.posts_of_unit(centre.id, today) if card.role == "checker"]
    township = actor_of_post(post.post_id, today)
    stages = queries.checking_stages(desk.kinds())
    for actor, waiting in ((township, 0), (cast.checker, 1)):
        with acting(actor):
            found = queries.desk(stages=stages, light="", words="", after="", actor=actor, now=timezone.now())
            assert (found.count.waiting, len(found.page.rows)) == (waiting, waiting)
            assert matter_id_of_number(number) is not None


def test_it_shows_the_reply_beside_the_report(cast: Cast):
    number = at_stage(cast, "reply")
    shown = words(signed_in("checker").get(f"/checks/{number}/")).split("反映人看到")[1]
    assert shown.index("反映的内容") < shown.index("世纪花园3号楼电梯坏了三天") < shown.index("办理答复")
    assert shown.index("办理答复") < shown.index("电梯已修好，正常运行。") < shown.index("核查结果")


def test_it_passes_and_says_how_it_was_checked(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    draft = re.findall(r'data-draft="([^"]+-check)"', main(client.get(f"/checks/{number}/")))
    answer = send(client, number, result="check_pass", way="phone", words="反映人说已经修好。")
    assert (answer.status_code, answer["Location"]) == (302, "/checks/")
    after = client.get("/checks/")
    assert "已核查通过" in words(after)
    assert re.findall(r'data-draft-clear="([^"]+)"', main(after)) == draft
    shown = words(client.get(f"/checks/{number}/"))
    assert "电话回访：反映人说已经修好。" in shown
    assert "待评价" in shown
    assert f'action="/checks/{number}/check/"' not in main(client.get(f"/checks/{number}/"))


def test_it_passes_without_further_words(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    paper = SimpleUploadedFile("回访记录.pdf", PDF, "application/pdf")
    assert send(client, number, result="check_pass", way="visit", papers=[paper]).status_code == 302
    shown = words(client.get(f"/checks/{number}/"))
    assert "现场查看" in shown
    assert "回访记录.pdf" in shown


def test_it_sends_back_only_with_words_and_keeps_what_was_typed(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    bare = send(client, number, result="check_fail", way="phone", words="")
    assert bare.status_code == 422
    assert "请写明哪里没有办好、要补做什么。" in main(bare)
    assert re.search(r'value="phone"[^>]*checked', main(bare))
    no_way = send(client, number, result="check_fail", way="", words="电梯又停了。")
    assert no_way.status_code == 422
    assert "请选择是怎样核查的。" in main(no_way)
    assert "电梯又停了。" in main(no_way)
    done = send(client, number, result="check_fail", way="visit", words="电梯又停了。")
    assert done.status_code == 302
    shown = words(client.get(f"/checks/{number}/"))
    assert "现场查看：电梯又停了。" in shown
    assert "办理中" in shown


def test_it_says_so_when_somebody_else_was_faster(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    answer = send(client, number, result="check_pass", way="phone", words="已回访。", version="1")
    assert answer.status_code == 409
    assert "已回访。" in main(answer)


def test_it_counts_the_same_submission_once(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    key = str(uuid.uuid4())
    html = client.get(f"/checks/{number}/").content.decode()
    version = re.findall(r'name="version" value="(\d+)"', html)[0]
    form = {"result": "check_pass", "way": "phone", "words": "", "version": version, "key": key}
    assert [client.post(f"/checks/{number}/check/", form).status_code for _ in range(2)] == [302, 302]
    assert words(client.get(f"/checks/{number}/")).count("电话回访") == 1


def test_it_keeps_handler_and_checker_apart(cast: Cast, double: TwoPosts):
    number = at_stage(cast, "accept")
    now = timezone.now()
    mine = actor_of_post(double.handler.post_id, now.date())
    with acting(cast.dispatcher):
        matter_id = matter_id_of_number(number)
    assert matter_id is not None
    do(cast.dispatcher, matter_id, "dispatch", now, lead=mine.unit_id)
    do(mine, matter_id, "take", now)
    do(mine, matter_id, "reply", now, reply="已经修好。")
    client = Client()
    client.force_login(Account.objects.get(username=double.login), BACKEND)
    page = client.get(f"/checks/{number}/")
    assert "这件事项不能由您核查" in words(page)
    assert f"/checks/{number}/check/" not in main(page)
    forced = client.post(f"/checks/{number}/check/", {"result": "check_pass", "way": "phone", "key": str(uuid.uuid4())})
    assert forced.status_code == 403
    assert "待核查" in words(client.get(f"/checks/{number}/"))
    assert send(signed_in("checker"), number, result="check_pass", way="phone").status_code == 302


def test_it_refuses_a_result_that_is_none(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    for result in ("", "take", "nonsense"):
        answer = client.post(f"/checks/{number}/check/", {"result": result, "way": "phone"})
        assert answer.status_code == 404


def test_it_lets_a_checker_leave_a_note(cast: Cast):
    number = at_stage(cast, "reply")
    client = signed_in("checker")
    html = client.get(f"/checks/{number}/").content.decode()
    assert f'action="/checks/{number}/do/note/"' in html
    answer = client.post(f"/checks/{number}/do/note/", {"words": "已约好明天现场看。", "key": str(uuid.uuid4())})
    assert (answer.status_code, answer["Location"]) == (302, f"/checks/{number}/")
    assert "已约好明天现场看。" in words(client.get(f"/checks/{number}/"))


def test_it_is_closed_to_others(cast: Cast, client: Client):
    number = at_stage(cast, "reply")
    assert client.get("/checks/")["Location"].startswith("/accounts/login/")
    for part in ("dispatcher", "handler", "neighbour_handler"):
        other = signed_in(part)
        assert other.get("/checks/").status_code == 403
        assert other.get(f"/checks/{number}/").status_code == 403
        assert other.post(f"/checks/{number}/check/", {"result": "check_pass", "way": "phone"}).status_code == 403


def test_it_gives_the_form_back_after_a_session_that_ended(cast: Cast, client: Client):
    number = at_stage(cast, "reply")
    lost = client.post(
        f"/checks/{number}/check/",
        {
            "action": "check",
            "result": "check_fail",
            "way": "visit",
            "words": "楼道灯还是不亮。",
            "page": f"/checks/{number}/",
        },
    )
    assert lost.status_code == 302
    target = parse_qs(urlsplit(lost["Location"]).query)["next"][0]
    back = signed_in("checker").get(target)
    assert "楼道灯还是不亮。" in main(back)
    assert re.search(r'value="visit"[^>]*checked', main(back))


def test_it_says_why_the_desk_is_empty(cast: Cast):
    assert "没有待核查的事项" in words(signed_in("checker").get("/checks/"))


def test_it_asks_the_same_number_of_questions_for_thirty_rows_and_for_fifty(cast: Cast, django_assert_num_queries):
    client = signed_in("checker")
    for _ in range(30):
        at_stage(cast, "reply")
    client.get("/checks/")
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/checks/")
    for _ in range(20):
        at_stage(cast, "reply")
    with django_assert_num_queries(LIST_QUERIES):
        client.get("/checks/")
