"""A stolen session cookie and a stolen token after the post ended: nothing opens any more, by any door."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count

import psycopg
import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.test import Client
from django.utils import timezone
from psycopg import errors

from shanzhi.config import database
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access import queries
from shanzhi.kernel.access.policy import Actor, SignInNeeded
from shanzhi.kernel.access.policy.tokens import TokenForNobody
from shanzhi.kernel.access.session_store import SessionStore, key_hash
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation.queries import PostCard, post_card, posts_of_unit, unit_by_code
from tests.city import LOADER, PASSWORD
from tests.concurrency.committed import City, as_role
from tests.protection.standing import Standing, stand

TODAY = timezone.localdate()
TOMORROW = TODAY + timedelta(days=1)
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"
numbers = count(1)


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


@dataclass(frozen=True, slots=True)
class Thief:
    """Whose holding ends, the browser with the stolen cookie, and the stolen token."""

    card: PostCard
    browser: Client
    token: str

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


def post_of(unit_code: str, role: str = "handler") -> PostCard:
    """A post that somebody holds; each test takes another unit, because what has ended stays ended."""
    unit = unit_by_code(unit_code, TODAY)
    assert unit is not None
    return next(card for card in posts_of_unit(unit.id, TODAY) if card.role == role and card.staff_id is not None)


def open_sign_in(city: City, staff_id: int) -> str:
    login = f"thief-{staff_id}"
    with database.acting_as(city.installation, "importer"):
        access.account_open(username=login, staff_id=staff_id, password=PASSWORD)
    return login


def signed_in(login: str) -> Client:
    browser = Client(headers={"User-Agent": CHROME}, REMOTE_ADDR="10.20.30.40")
    assert browser.post("/accounts/login/", {"login": login, "password": PASSWORD}).status_code == 302
    return browser


def thief_in(city: City, unit_code: str, role: str = "handler") -> Thief:
    card = post_of(unit_code, role)
    assert card.staff_id is not None
    browser = signed_in(open_sign_in(city, card.staff_id))
    return Thief(card, browser, access.token_issue(post_id=card.post_id, label="gone", now=timezone.now()))


def leave(city: City, card: PostCard, on: date = TODAY) -> None:
    with database.acting_as(city.installation, "importer"):
        organisation.end_holding(post_id=card.post_id, on=on, now=timezone.now(), author=LOADER)


def take(city: City, post_id: int, staff_id: int | None = None) -> int:
    """Somebody new, or this member of staff, takes a vacant post today."""
    now = timezone.now()
    with database.acting_as(city.installation, "importer"):
        if staff_id is None:
            staff_id = organisation.staff_add(name="赵新", work_number=f"N{next(numbers)}", now=now, author=LOADER)
        organisation.hold_post(post_id=post_id, staff_id=staff_id, on=TODAY, now=now, author=LOADER)
    return staff_id


def sessions_left(city: City, staff_id: int | None) -> int:
    with as_role(city.installation, "worker") as worker:
        row = worker.execute("SELECT count(*) FROM access_session WHERE staff_id = %s", [staff_id]).fetchone()
    assert row is not None
    return int(row[0])


def opens(browser: Client, paths: list[str]) -> list[int]:
    return [browser.get(path).status_code for path in paths]


def file_of(city: City, matter_id: int) -> int:
    with as_role(city.installation, "worker") as worker:
        row = worker.execute("SELECT id FROM files_attachment WHERE subject_id = %s", [matter_id]).fetchone()
    assert row is not None
    return int(row[0])


def test_it_refuses_a_stolen_cookie_and_a_stolen_token_everywhere(city, standing):
    thief = thief_in(city, "centre-370303", "checker")
    with as_role(city.installation, "worker") as worker:
        row = worker.execute("SELECT number FROM matters_matter WHERE id = %s", [standing.matters["own"]]).fetchone()
    number = row[0]
    pages = ["/m/", f"/m/{number}/", "/checks/", "/notices/", "/sessions/"]
    api = f"/api/v1/matters/{number}"
    assert opens(thief.browser, pages) == [200] * 5
    assert thief.browser.get(api).status_code == 200
    assert Client().get(api, headers=thief.bearer).status_code == 200
    # The file itself was never stored in this test: what the database lets through is said to be lost by the store.
    attached = f"/files/{file_of(city, standing.matters['own'])}/"
    assert "暂时取不到" in thief.browser.get(attached).content.decode()

    leave(city, thief.card)

    for path in pages:
        answer = thief.browser.get(path)
        assert (answer.status_code, answer.get("Location", "").startswith("/accounts/login/")) in (
            (302, True),
            (404, False),
        ), path
    assert thief.browser.get(api).status_code in (401, 404)
    assert "没有找到这个文件" in thief.browser.get(attached).content.decode()
    assert Client().get(api, headers=thief.bearer).status_code == 401
    assert Client().get(attached, headers=thief.bearer).status_code == 401
    assert Client().get("/m/", headers=thief.bearer).status_code in (401, 403)
    assert sessions_left(city, thief.card.staff_id) == 0
    with as_role(city.installation, "worker") as worker:
        ends = worker.execute(
            "SELECT action, payload FROM journal_entry WHERE subject_kind IN ('session', 'token') ORDER BY id DESC LIMIT 2"
        ).fetchall()
    assert ends == [
        ("session.end", {"staff_id": thief.card.staff_id, "reason": "post_ended", "sessions": 1}),
        ("token.end", {"post_id": thief.card.post_id, "why": "left"}),
    ]


def test_it_drops_a_session_out_of_the_post_that_ended_and_keeps_the_other(city):
    first, second = post_of("education-370303"), post_of("civil-affairs-370303")
    assert first.staff_id is not None
    leave(city, second)
    take(city, second.post_id, first.staff_id)
    browser = signed_in(open_sign_in(city, first.staff_id))
    assert browser.get("/worklist/").status_code == 200
    browser.post("/post/", {"post": str(first.post_id)})
    assert first.unit_name in browser.get("/notices/").content.decode()
    leave(city, first)
    # A form that was open in the old post does nothing, not even in the other post.
    answer = browser.post("/notices/read/", {"upto": "1"})
    assert answer.status_code == 403
    assert "您刚才的岗位已经结束，这次操作没有提交" in answer.content.decode()
    assert browser.post("/post/", {"post": str(first.post_id)}).status_code == 403
    assert second.unit_name in browser.get("/notices/").content.decode()
    assert browser.post("/notices/read/", {"upto": "1"}).status_code == 302
    assert sessions_left(city, first.staff_id) == 1


def test_it_ends_at_its_day_what_was_told_before(city):
    thief = thief_in(city, "traffic-police-370306")
    leave(city, thief.card, TOMORROW)
    assert thief.browser.get("/worklist/").status_code == 200
    assert queries.actor_of_token(thief.token, timezone.now()).post_id == thief.card.post_id
    later = timezone.now() + timedelta(days=1)
    with pytest.raises(SignInNeeded):
        queries.actor_of_token(thief.token, later)
    with database.acting_as(city.installation, "worker"):
        assert access.end_what_ended(now=timezone.now()) == (0, 0)
        assert access.end_what_ended(now=later) == (1, 1)
        assert access.end_what_ended(now=later) == (0, 0)
    answer = thief.browser.get("/worklist/")
    assert (answer.status_code, answer["Location"].startswith("/accounts/login/")) == (302, True)


def test_it_ends_everything_with_a_post_that_is_abolished(city):
    thief = thief_in(city, "public-security-370303")
    with database.acting_as(city.installation, "importer"):
        organisation.post_close(post_id=thief.card.post_id, on=TODAY, now=timezone.now(), author=LOADER)
    assert post_card(thief.card.post_id, TODAY) is None
    assert thief.browser.get("/worklist/").status_code == 302
    assert Client().get("/api/v1/matters", headers=thief.bearer).status_code == 401
    assert sessions_left(city, thief.card.staff_id) == 0


def test_it_hands_no_token_on_to_who_comes_after(city):
    thief = thief_in(city, "civil-affairs-370306")
    leave(city, thief.card)
    with pytest.raises(TokenForNobody):
        access.token_issue(post_id=thief.card.post_id, label="vacant", now=timezone.now())
    successor = take(city, thief.card.post_id)
    assert Client().get("/api/v1/matters", headers=thief.bearer).status_code == 401
    token = access.token_issue(post_id=thief.card.post_id, label="new", now=timezone.now())
    assert queries.actor_of_token(token, timezone.now()).staff_id == successor


def test_it_shows_the_application_no_session_but_those_whose_key_it_has(city):
    """By SQL that has forgotten every filter: no key, no contents, no row of anybody else."""
    thief = thief_in(city, "education-370306")
    other = signed_in(open_sign_in(city, post_of("public-security-370306").staff_id or 0))
    me = queries.actor_of_post(thief.card.post_id, TODAY)
    key = thief.browser.cookies["sessionid"].value
    with as_role(city.installation, "app", me) as opened:
        for column in ("data", "key_hash", "*"):
            with pytest.raises(errors.InsufficientPrivilege), opened.transaction():
                opened.execute(f"SELECT {column} FROM access_session")
        rows = opened.execute("SELECT staff_id, device, place FROM access_session").fetchall()
        assert rows == [(me.staff_id, "Chrome · Windows", "10.20.*.*")]
        with pytest.raises(errors.InsufficientPrivilege), opened.transaction():
            opened.execute("UPDATE access_session SET staff_id = 1")
        with pytest.raises(errors.InsufficientPrivilege), opened.transaction():
            opened.execute("DELETE FROM access_session")
        # The functions of the office do nothing without the office.
        assert opened.execute("SELECT session_end_all(%s)", [me.staff_id]).fetchone() == (0,)
        assert opened.execute("SELECT count(*) FROM session_counts(%s, now())", [[me.staff_id]]).fetchone() == (0,)
        assert opened.execute("SELECT count(*) FROM session_read(%s, now())", [key.encode()]).fetchone() == (0,)
        assert opened.execute("SELECT count(*) FROM session_read(%s, now())", [key_hash(key)]).fetchone() == (1,)
    with as_role(city.installation, "app", Actor()) as opened:
        assert opened.execute("SELECT count(id) FROM access_session").fetchone() == (0,)
        assert opened.execute("SELECT count(*) FROM audit_days(current_date)").fetchone() == (0,)
        assert opened.execute("SELECT session_end_own(NULL, NULL)").fetchone() == (0,)
    with psycopg.connect(database.admin_url(city.installation)) as admin:
        admin.execute(f"SET search_path = {city.installation.schema}")
        assert admin.execute(
            "SELECT count(*) FROM access_session s WHERE s::text LIKE %s OR s::text LIKE %s",
            [f"%{key}%", "%10.20.30.40%"],
        ).fetchone() == (0,)
    assert other.get("/worklist/").status_code == 200


def test_it_brings_no_ended_session_back_to_life(city):
    """A slow request that began before the end may not write the session anew."""
    thief = thief_in(city, "development-reform-370303")
    store = SessionStore(thief.browser.cookies["sessionid"].value)
    store["kept"] = "yes"
    leave(city, thief.card)
    with pytest.raises(UpdateError):
        store.save()
    assert sessions_left(city, thief.card.staff_id) == 0
