"""Where I am signed in, what a security officer may end, and the keys of programs."""

from datetime import timedelta
from urllib.parse import urlencode

import pytest
from django.contrib.sessions.backends.base import CreateError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shanzhi.core.errors import InputError, NotAllowed
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Token
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import NoPost
from shanzhi.kernel.access.policy.sessions import SessionNotFound, UnknownStaff, device_words, place_words
from shanzhi.kernel.access.policy.signoff import NeedsPerson
from shanzhi.kernel.access.session_store import SessionStore
from shanzhi.kernel.organisation.queries import find_staff, posts_of_unit, unit_by_code
from tests.city import LOGINS, PASSWORD, Cast, _actor

pytestmark = pytest.mark.django_db
NOW = timezone.now()
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1"


def signs_in(part: str, agent: str = FIREFOX, address: str = "10.1.2.3") -> Client:
    client = Client(headers={"User-Agent": agent}, REMOTE_ADDR=address)
    assert client.post("/accounts/login/", {"login": LOGINS[part], "password": PASSWORD}).status_code == 302
    return client


def work_number(name_of: str, staff_id: int | None) -> str:
    return next(row.work_number for row in find_staff(name_of, 5000) if row.staff_id == staff_id)


# -- my own ----------------------------------------------------------------------------------------------------------


def test_it_lists_where_i_am_signed_in_and_ends_one(cast: Cast) -> None:
    desk, phone = signs_in("handler"), signs_in("handler", PHONE, "240e:3b7:1::5")
    shown = desk.get("/sessions/").content.decode().split("<main")[1]
    for word in ("Firefox · Linux", "10.1.*.*", "Safari · iPhone", "240e:03b7:*", "本机"):
        assert word in shown
    assert "10.1.2.3" not in shown
    with acting(cast.handler):
        rows = queries.my_sessions(cast.handler, None, timezone.now())
    other = next(row for row in rows if row.device == "Safari · iPhone")
    assert desk.post(f"/sessions/{other.id}/end/")["Location"] == "/sessions/"
    assert phone.get("/worklist/").status_code == 302
    assert desk.get("/worklist/").status_code == 200
    assert desk.post(f"/sessions/{other.id}/end/").status_code == 404


def test_it_ends_all_others_at_once(cast: Cast) -> None:
    desk, others = signs_in("handler"), [signs_in("handler", PHONE) for _ in range(3)]
    desk.post("/sessions/others/")
    assert "已结束其他会话：3 个。" in desk.get("/sessions/").content.decode()
    assert [client.get("/worklist/").status_code for client in others] == [302] * 3
    assert desk.get("/worklist/").status_code == 200


def test_it_neither_shows_nor_ends_anybody_elses(cast: Cast) -> None:
    mine = signs_in("handler")
    signs_in("checker")
    with acting(cast.checker):
        (theirs,) = queries.my_sessions(cast.checker, None, timezone.now())
    assert mine.post(f"/sessions/{theirs.id}/end/").status_code == 404
    with acting(cast.handler), pytest.raises(SessionNotFound):
        operations.session_end(session_id=theirs.id)
    assert mine.get("/sessions/").content.decode().count("Firefox · Linux") == 1


def test_it_pins_its_queries(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for _ in range(3):
        signs_in("handler")
    with acting(cast.handler), django_assert_num_queries(1):
        assert len(queries.my_sessions(cast.handler, None, timezone.now())) == 3


def test_it_asks_a_visitor_and_a_program_to_sign_in(cast: Cast) -> None:
    assert Client().get("/sessions/")["Location"].startswith("/accounts/login/")
    token = operations.token_issue(post_id=cast.handler.post_id or 0, label="x", now=timezone.now())
    assert Client().get("/sessions/", headers={"Authorization": f"Bearer {token}"}).status_code != 200


@pytest.mark.parametrize(
    "agent, words",
    [
        (FIREFOX, "Firefox · Linux"),
        (PHONE, "Safari · iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/130 Safari/537 Edg/130.0", "Edge · Windows"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/116 Mobile MicroMessenger/8.0", "微信 · Android"),
        ("curl/8", ""),
        ("", ""),
        ("<script>alert(1)</script>", ""),
    ],
)
def test_it_says_a_browser_in_words(agent: str, words: str) -> None:
    assert device_words(agent) == words


@pytest.mark.parametrize(
    "address, words",
    [
        ("10.1.2.3", "10.1.*.*"),
        ("::ffff:10.1.2.3", "10.1.*.*"),
        ("2001:db8::1", "2001:0db8:*"),
        ("", ""),
        ("unix:", ""),
        ("10.1.2.3, 1.1.1.1", ""),
    ],
)
def test_it_keeps_half_an_address(address: str, words: str) -> None:
    assert place_words(address) == words


def test_it_ends_by_itself_and_forgets(cast: Cast) -> None:
    client = signs_in("handler")
    store = SessionStore(client.cookies["sessionid"].value)
    assert store.load()["device"] == "Firefox · Linux"
    store._now = lambda: timezone.now() + timedelta(hours=12, seconds=1)  # type: ignore[method-assign]
    assert store.load() == {}
    taken = SessionStore(client.cookies["sessionid"].value)
    with pytest.raises(CreateError):
        taken.save(must_create=True)


# -- somebody else's -------------------------------------------------------------------------------------------------


def test_it_lets_an_officer_end_all_sessions_of_somebody(cast: Cast) -> None:
    victims = [signs_in("handler"), signs_in("handler", PHONE)]
    officer = signs_in("security_officer")
    number = work_number(cast.handler.staff_name, cast.handler.staff_id)
    shown = officer.get("/staff-sessions/", {"q": number}).content.decode().split("<main")[1]
    assert "会话数：2" in shown
    for word in ("Firefox", "10.1"):
        assert word not in shown
    path = f"/staff-sessions/{cast.handler.staff_id}/end/"
    assert officer.post(path, {"reason": ""}).status_code == 422
    assert officer.post(path, {"reason": "lost"}).status_code == 302
    assert [client.get("/worklist/").status_code for client in victims] == [302, 302]
    assert officer.get("/staff-sessions/").status_code == 200
    auditor = signs_in("auditor")
    assert "收回会话" in auditor.get("/audit/").content.decode()


def test_it_counts_sign_ins_for_the_auditor(cast: Cast) -> None:
    """By day, from the tries that are noted: one that failed, and everybody who came in."""
    auditor = signs_in("auditor")
    before = _figures(cast)
    signs_in("handler")
    Client().post("/accounts/login/", {"login": LOGINS["handler"], "password": "wrong"})
    assert _figures(cast) == (before[0] + 1, before[1] + 1)
    assert auditor.get("/audit/").status_code == 200
    with acting(cast.handler):
        assert queries.audit_days(timezone.now()) == []


def _figures(cast: Cast) -> tuple[int, int]:
    """Signed in and failed, summed up."""
    with acting(cast.auditor):
        days = queries.audit_days(timezone.now())
    return sum(day.signed_in for day in days), sum(day.failed for day in days)


@pytest.mark.parametrize("words", ["\x00", "王\x00", "\ud800", " "])
def test_it_finds_nobody_by_signs_that_no_name_has(cast: Cast, words: str) -> None:
    officer, keeper = signs_in("security_officer"), signs_in("keeper")
    path = f"?{urlencode({'q': words, 'who': words}, errors='surrogatepass')}"
    assert officer.get(f"/staff-sessions/{path}").status_code == 200
    assert keeper.get(f"/tokens/new/{path}").status_code == 200


def test_it_keeps_an_officer_to_their_place(cast: Cast) -> None:
    there = _actor("centre-370306", "security_officer", 0)
    assert cast.handler.staff_id is not None
    with acting(there):
        assert queries.sessions_of_staff(work_number(cast.handler.staff_name, cast.handler.staff_id), there, NOW) == []
        with pytest.raises(UnknownStaff):
            operations.sessions_end_of(staff_id=cast.handler.staff_id, reason="lost", actor=there, now=NOW)
    for actor in (cast.keeper, cast.auditor, cast.supervisor):
        with acting(actor), pytest.raises(NotAllowed):
            operations.sessions_end_of(staff_id=cast.handler.staff_id, reason="lost", actor=actor, now=NOW)


# -- tokens ----------------------------------------------------------------------------------------------------------


def test_it_issues_lists_and_ends_a_token(cast: Cast) -> None:
    keeper, officer = signs_in("keeper"), signs_in("security_officer")
    number = work_number(cast.handler.staff_name, cast.handler.staff_id)
    assert cast.handler.post_title in keeper.get("/tokens/new/", {"who": number}).content.decode()
    given = {"who": number, "post": str(cast.handler.post_id), "label": "热线系统", "days": "30"}
    assert keeper.post("/tokens/new/", {**given, "days": "0"}).status_code == 422
    assert keeper.post("/tokens/new/", {**given, "post": "1"}).status_code == 422
    shown = keeper.post("/tokens/new/", given).content.decode()
    token = shown.split("sz_")[1].split("<")[0].split('"')[0]
    bearer = {"Authorization": f"Bearer sz_{token}"}
    assert Client().get("/api/v1/matters", headers=bearer).status_code == 200
    row = Token.objects.latest("pk")
    assert (row.staff_id, row.issued_by_post, row.used_on) == (
        cast.handler.staff_id,
        cast.keeper.post_id,
        timezone.localdate(),
    )
    for client in (keeper, officer):
        listed = client.get("/tokens/").content.decode()
        assert "热线系统" in listed
        assert token not in listed
    assert officer.get("/tokens/new/").status_code == 403
    assert officer.post(f"/tokens/{row.pk}/end/").status_code == 302
    assert Client().get("/api/v1/matters", headers=bearer).status_code == 401
    assert "热线系统" not in keeper.get("/tokens/").content.decode()
    assert "热线系统" in keeper.get("/tokens/?all=1").content.decode()


def test_it_notes_the_day_of_use_once(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    token = operations.token_issue(post_id=cast.handler.post_id or 0, label="x", now=NOW)
    found = queries.token_actor(token, NOW)
    assert (found.actor.by_token, found.used_today) == (True, False)
    operations.token_used(token_id=found.token_id, on=timezone.localdate())
    with django_assert_num_queries(2):
        assert queries.token_actor(token, NOW).used_today


def test_it_keeps_a_keeper_to_their_place(cast: Cast) -> None:
    there = _actor("centre-370306", "keeper", 0)
    post_id = cast.handler.post_id or 0
    operations.token_issue(post_id=post_id, label="x", now=NOW)
    row = Token.objects.latest("pk")
    with acting(there):
        with pytest.raises(NoPost):
            operations.token_issue(post_id=post_id, label="x", now=NOW, actor=there)
        with pytest.raises(InputError):
            operations.token_issue(post_id=there.post_id or 0, label=" ", now=NOW, actor=there)
        assert queries.tokens_page(actor=there, now=NOW).rows == ()
    client = Client()
    assert client.post(f"/tokens/{row.pk}/end/").status_code == 302
    with acting(cast.keeper):
        assert queries.tokens_page(actor=cast.keeper, now=NOW).rows[0].id == row.pk


def test_it_lets_no_token_issue_a_token(cast: Cast) -> None:
    token = operations.token_issue(post_id=cast.keeper.post_id or 0, label="x", now=NOW)
    actor = queries.actor_of_token(token, NOW)
    with acting(actor), pytest.raises(NeedsPerson):
        operations.token_issue(post_id=cast.keeper.post_id or 0, label="y", now=NOW, actor=actor)


def test_it_pins_the_queries_of_the_list(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    unit = unit_by_code("centre-3703", NOW.date())
    assert unit is not None
    posts = [card.post_id for card in posts_of_unit(unit.id, NOW.date()) if card.staff_id]
    for number in range(50):
        operations.token_issue(post_id=posts[number % len(posts)], label=f"t{number}", now=NOW)
    with acting(cast.keeper), django_assert_num_queries(3):
        page = queries.tokens_page(actor=cast.keeper, now=NOW)
    assert len(page.rows) == 25
    assert page.next_before == page.rows[-1].id
