"""One person holds two posts, acts in one, and changes to the other."""

import pytest
from django.test import Client

from shanzhi.kernel.access.tests.two_posts import TwoPosts
from tests.city import LOGINS, PASSWORD, Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def person(double: TwoPosts, cast: Cast) -> Client:
    client = Client()
    assert client.post("/accounts/login/", {"login": double.login, "password": PASSWORD}).status_code == 302
    return client


def header(client: Client) -> str:
    return client.get("/notices/").content.decode().split("<header", 1)[1].split("</header>")[0]


def test_it_shows_the_acting_post_and_the_others_on_every_page(person: Client, double: TwoPosts):
    shown = header(person)
    name = shown.split('class="ui-account__name">')[1].split("<")[0]
    assert name == f"{double.checker.title} · {double.checker.unit_name}"
    assert f'value="{double.handler.post_id}"' in shown
    assert f'value="{double.checker.post_id}" aria-current="true"' in shown
    assert "退出登录" in shown


def test_it_changes_to_another_post_and_starts_there(person: Client, double: TwoPosts):
    assert person.get("/start/")["Location"] == "/checks/"
    answer = person.post("/post/", {"post": str(double.handler.post_id)})
    assert (answer.status_code, answer["Location"]) == (302, "/start/")
    assert person.get("/start/")["Location"] == "/worklist/"
    assert double.handler.unit_name in header(person)
    assert person.get("/checks/").status_code == 403


def test_it_lists_my_posts_on_a_page_of_its_own(person: Client, double: TwoPosts):
    html = person.get("/post/").content.decode().split("<main")[1]
    assert f"{double.handler.unit_name} · {double.handler.title}" in html
    assert f"{double.checker.unit_name} · {double.checker.title}" in html


@pytest.mark.parametrize("wrong", ["0", "999999999", "x", "", "-1", "1e3"])
def test_it_refuses_a_post_that_is_not_mine_in_a_sentence(person: Client, cast: Cast, wrong):
    answer = person.post("/post/", {"post": wrong})
    assert answer.status_code == 403
    assert "您现在没有这个岗位，岗位没有切换" in answer.content.decode()


def test_it_does_not_lend_somebody_elses_post(person: Client, cast: Cast):
    assert person.post("/post/", {"post": str(cast.dispatcher.post_id)}).status_code == 403
    assert person.get("/start/")["Location"] == "/checks/"


def test_it_asks_a_visitor_to_sign_in(cast: Cast):
    assert Client().get("/post/")["Location"].startswith("/accounts/login/")
    assert Client().post("/post/", {"post": "1"})["Location"].startswith("/accounts/login/")


def test_it_forgets_the_post_with_the_session(person: Client, double: TwoPosts):
    person.post("/post/", {"post": str(double.handler.post_id)})
    person.post("/accounts/logout/")
    person.post("/accounts/login/", {"login": LOGINS["handler"], "password": PASSWORD})
    assert double.handler.title in header(person)


def test_it_shows_the_page_of_an_error_with_what_to_do(person: Client):
    html = person.get("/worklist/").content.decode()
    assert "<h1" in html
    assert "您现在的岗位不能打开这一页" in html.split("<h1")[1].split("</h1>")[0]
    assert "请换一个岗位，或联系管理员。" in html.split("</h1>")[1]


def test_it_shows_a_missing_page_in_our_words(person: Client):
    answer = person.get("/there-is-no-such-page/")
    assert answer.status_code == 404
    assert "没有找到这个页面" in answer.content.decode()
