"""Tokens and sessions that are over, keys of others, headers and addresses that are made up."""

import json
import uuid
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.test import Client

from shanzhi.kernel.access.models import Account, Token
from shanzhi.kernel.access.operations import token_end, token_hash, token_issue
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import POST_IN_SESSION
from tests.city import NOW
from tests.desks import BACKEND
from tests.matrix.machine import forget_tries, leaks, read, state, undone
from tests.matrix.page import SESSION, TOKEN, TOKEN_ID
from tests.matrix.routes import known
from tests.matrix.world import WHEN, World

CALLS = [route for route in known() if route.is_api and TOKEN in (route.page.read, route.page.write)]


def tokens_that_are_none(world: World) -> dict[str, str]:
    """Every way in which a token may be no token (any more)."""
    post = world.cast["supervisor"].post_id or 0
    ended = token_issue(post_id=post, label="ended", now=NOW)
    token_end(token_id=Token.objects.get(token_hash=token_hash(ended)).pk, now=NOW)
    good = token_issue(post_id=post, label="good", now=NOW)
    return {
        "ended": ended,
        "expired": token_issue(post_id=post, label="expired", now=WHEN - timedelta(days=2), days=1),
        "of an ended post": world.tokens["token of an ended post"],
        "unknown": "sz_" + "x" * 43,
        "shortened": good[:-1],
        "lengthened": good + "A",
        "a hash": token_hash(good).hex(),
        "SQL": "' OR '1'='1",
        "empty": "",
        "long": "x" * 100_000,
    }


@pytest.mark.parametrize("route", CALLS, ids=lambda route: route.name)
def test_it_takes_no_token_that_is_over(world: World, route: Any) -> None:
    args = {**route.page.args[0], **({"number": world.subjects["own"].number} if route.page.about else {})}
    with undone():
        for name, token in tokens_that_are_none(world).items():
            for headers in (
                {"Authorization": f"Bearer {token}"},
                {"Authorization": f"bearer  {token}"},
            ):
                answer = _call(Client(headers=headers), route, args)
                assert answer.status_code == 401, name
                assert leaks(world, world.people["anonymous"], answer, asked=str(args)) == "", name


def _call(client: Client, route: Any, args: dict[str, object]) -> Any:
    if route.page.write:
        content = json.dumps(dict(route.page.sends))
        return read(client.post(route.url(args), content, content_type="application/json"))
    return read(client.get(route.url(args)))


def test_it_takes_a_token_in_its_header_alone(world: World) -> None:
    token = world.tokens["supervisor"]
    for headers in (
        {"Authorization": f"Basic {token}"},
        {"Authorization": token},
        {"X-Token": token},
        {"Cookie": token},
    ):
        assert Client(headers=headers).get("/api/v1/matters").status_code == 401, headers
    assert Client().get(f"/api/v1/matters?token={token}&access_token={token}").status_code == 401


def test_it_ends_a_session_with_the_post(world: World) -> None:
    """A stolen session of the last holder opens nothing: it was ended in the database, whatever the browser still has."""
    stolen = world.people["session of an ended post"].client
    assert stolen.cookies["sessionid"].value
    assert POST_IN_SESSION not in stolen.session
    for path in ("/m/", "/worklist/", "/start/", f"/m/{world.subjects['own'].number}/"):
        answer = stolen.get(path)
        assert (answer.status_code, answer["Location"].split("?")[0]) == (302, "/accounts/login/")


def account_of(actor: Actor) -> Account:
    """The sign-in of whoever holds the actor's post."""
    assert actor.staff_id is not None
    return Account.objects.get(staff_id=actor.staff_id)


def test_it_acts_in_no_post_of_somebody_else(world: World) -> None:
    """Neither by choosing it nor by a session that names it."""
    wide = world.cast["supervisor"].post_id
    client = Client()
    with undone():
        client.force_login(account_of(world.cast["handler"]), BACKEND)
        assert client.post("/post/", {"post": str(wide)}).status_code == 403
        session = client.session
        session[POST_IN_SESSION] = wide
        session.save()
        answer = client.get("/m/?which=all")
        assert leaks(world, world.people["handler"], answer) == ""


def test_it_ends_nobodys_sessions_and_tokens_elsewhere(world: World) -> None:
    """A security officer looks after the own place; everybody else after themselves."""
    staff, before = world.cast["handler"].staff_id, state(world)
    for name in ("neighbour officer", "auditor", "supervisor", "past handler"):
        client = world.people[name].client
        assert client.post(f"/staff-sessions/{staff}/end/", {"reason": "lost"}).status_code in (403, 404), name
        assert client.post(f"/sessions/{SESSION}/end/").status_code == 404, name
        assert client.post(f"/tokens/{TOKEN_ID}/end/").status_code in (403, 404), name
    assert state(world) == before


def test_it_shuts_out_an_account_that_was_closed(world: World) -> None:
    client, account = Client(), account_of(world.cast["handler"])
    client.force_login(account, BACKEND)
    assert client.get("/worklist/").status_code == 200
    _close(world, account, is_active=False)
    try:
        assert client.get("/worklist/")["Location"].startswith("/accounts/login/")
    finally:
        _close(world, account, is_active=True)


def _close(world: World, account: Account, *, is_active: bool) -> None:
    """Close or open an account, which the application itself may not."""
    with world.admin() as opened:
        opened.execute("UPDATE access_account SET is_active = %s WHERE id = %s", [is_active, account.pk])


# -- keys of others ---------------------------------------------------------------------------------------------------


def note(world: World, who: str, number: str, key: str, words: str = "看看") -> Any:
    headers = {"Authorization": f"Bearer {world.tokens[who]}", "Idempotency-Key": key}
    path = f"/api/v1/matters/{number}/actions/note"
    return Client().post(path, {"words": words}, content_type="application/json", headers=headers)


def test_it_answers_no_key_of_another_actor(world: World) -> None:
    """Sent again by another post, a key is a new one; on a foreign matter it is nothing at all."""
    own, foreign, key = world.subjects["own"].number, world.subjects["foreign"].number, str(uuid.uuid4())
    with undone():
        first = note(world, "handler", own, key).json()
        again = note(world, "handler", own, key).json()
        other = note(world, "co-handler", own, key).json()
        assert (first["replayed"], again["replayed"], other["replayed"]) == (False, True, False)
        assert (again["step"], other["step"]) == (first["step"], first["step"] + 1)
        assert note(world, "neighbour handler", own, key).status_code == 404
        assert note(world, "handler", foreign, key).status_code == 404
        assert note(world, "handler", own, key, "别的话").status_code == 409


def test_it_gives_no_follow_code_for_a_key_alone(world: World) -> None:
    """Who knows a report's key but not its words gets neither its code nor its number."""
    key, other = str(uuid.uuid4()), Client()
    with undone():
        made = _report(Client(), key, "路灯不亮，已经两天了。").json()
        answer = _report(other, key, "别的事。")
        assert answer.status_code == 409
        assert made["follow_code"] not in answer.content.decode()
        assert made["number"] not in answer.content.decode()
        by_post = {"Authorization": f"Bearer {world.tokens['handler']}"}
        mine = _report(other, key, "路灯不亮，已经两天了。", **by_post).json()
        assert (mine["number"], mine["follow_code"]) != (made["number"], made["follow_code"])
        assert mine["number"] != made["number"]


def _report(client: Client, key: str, body: str, **headers: str) -> Any:
    told = {"Idempotency-Key": key, **headers}
    return client.post("/api/v1/reports", {"body": body}, content_type="application/json", headers=told)


def test_it_answers_no_key_of_another_reporter(world: World) -> None:
    own, foreign, key = world.subjects["own"], world.subjects["foreign"], str(uuid.uuid4())

    def add(number: str, code: str) -> Any:
        headers = {"Follow-Code": code, "Idempotency-Key": key}
        path = f"/api/v1/reports/{number}/note"
        return Client().post(path, {"words": "补充"}, content_type="application/json", headers=headers)

    with undone():
        assert add(own.number, own.code).status_code == 200
        replayed = add(foreign.number, foreign.code)
        assert replayed.status_code == 409
        assert leaks(world, world.people["other reporter"], replayed) == ""
        assert add(own.number, foreign.code).status_code == 404
        assert add(foreign.number, own.code).status_code == 404
    forget_tries(world)


# -- headers and addresses --------------------------------------------------------------------------------------------


def test_it_believes_no_made_up_host(world: World) -> None:
    handler = world.people["handler"].client
    for host in ("evil.example", "evil.example:80", "testserver.evil.example", "evil.example/testserver", "a\tb"):
        assert handler.get("/m/", headers={"Host": host}).status_code == 400, host
    forwarded = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Server": "evil.example", "Forwarded": "host=evil"}
    forwarded |= {"X-Forwarded-Proto": "https", "X-Original-URL": "/m/", "X-Rewrite-URL": "/m/"}
    with undone():
        made = Client().post(
            "/api/v1/reports", {"body": "路灯不亮了。"}, content_type="application/json", headers=forwarded
        )
        assert made.json()["url"] == f"http://testserver/my/{made.json()['number']}/"
    answer = Client().get("/", headers=forwarded)
    assert "evil" not in answer.content.decode()
    assert Client().get("/m/", headers=forwarded)["Location"] == "/accounts/login/?next=%2Fm%2F"


def test_it_tells_its_figures_to_this_machine_alone(world: World) -> None:
    """And nothing of a matter in them."""
    Client().get(f"/m/{world.subjects['own'].number}/")
    near = read(Client().get("/metrics", REMOTE_ADDR="127.0.0.1"))
    assert near.status_code == 200
    assert leaks(world, world.people["anonymous"], near) == ""
    for headers in ({"X-Forwarded-For": "127.0.0.1"}, {"Authorization": f"Bearer {world.tokens['handler']}"}):
        assert Client().get("/metrics", headers=headers, REMOTE_ADDR="198.51.100.7").status_code == 404


def test_it_counts_wrong_codes_by_where_they_come_from_and_not_by_what_they_say(world: World) -> None:
    number, said = world.subjects["own"].number, []
    for last in range(12):
        headers = {"Follow-Code": "AAAA-AAAA", "X-Forwarded-For": f"192.0.2.{last}", "X-Real-IP": f"192.0.2.{last}"}
        answer = Client().get(f"/api/v1/reports/{number}", headers=headers, REMOTE_ADDR="198.51.100.7")
        said.append(answer.status_code)
    assert said == [404] * 10 + [429] * 2
    forget_tries(world)


@pytest.mark.parametrize("method", ["X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"])
def test_it_knows_no_other_method_than_the_real_one(world: World, method: str) -> None:
    number = world.subjects["own"].number
    before = state(world)
    assert world.people["handler"].client.get(f"/m/{number}/do/note/", headers={method: "POST"}).status_code == 405
    assert world.people["handler"].client.get(f"/m/{number}/", {"_method": "POST"}).status_code == 200
    assert state(world) == before


NAMES = (
    'evil"; filename="x.html.pdf',
    "evil\r\nX-Injected: 1\r\n.pdf",
    "../../../etc/passwd.pdf",
    "..\\..\\windows.pdf",
    "a;b'c%0d%0aX-Injected:1.pdf",
    "\u202efdp.exe.pdf",
    "电话13800138000张三.pdf",
    "x" * 300 + ".pdf",
    "<img src=x onerror=alert(1)>.pdf",
    "/etc/passwd",
)


@pytest.mark.parametrize("name", NAMES)
def test_it_keeps_no_harm_in_a_file_name(world: World, name: str) -> None:
    """Neither in the header that sends it, nor on a page, nor as a path; a phone number in it is taken out."""
    handler, number = world.people["handler"].client, world.subjects["own"].number
    with undone():
        upload = BytesIO(b"%PDF-1.4\n%%EOF\n")
        upload.name = name  # a plain file: its name is sent as it is
        sent = handler.post(f"/m/{number}/do/attach/", {"files": [upload], "words": ""})
        assert sent.status_code == 302
        rows = handler.get(
            f"/api/v1/matters/{number}/files", headers={"Authorization": f"Bearer {world.tokens['handler']}"}
        ).json()["files"]
        answer = read(handler.get(rows[-1]["url"]))
        assert "X-Injected" not in answer
        told = answer["Content-Disposition"]
        assert told.startswith("attachment")
        assert not any(sign in told for sign in ("\r", "\n", "/etc", "13800138000"))
        assert "13800138000" not in rows[-1]["name"]
        assert answer["Content-Type"] == "application/pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert b"<img src=x" not in read(handler.get(f"/m/{number}/")).body


PATHS = (
    "/files/..%2f..%2fetc%2fpasswd/",
    "/files/../../secrets.json",
    "/files/%2e%2e/",
    "/static/..%2f..%2fsecrets.json",
    "/static/../../secrets.json",
    "/static/%2e%2e/%2e%2e/secrets.json",
    "/m/..%2f..%2f/",
    "/m/%00/",
    "/m/%0d%0aX-Injected:%201/",
    "/worklist/%E2%80%AE/note/",
    "/my/%ff%fe/",
    "/api/v1/matters/..%2f..%2funits",
    "/api/v1/matters/%00",
    "/api/v1/kinds/..%2f..%2fsecrets",
    "/api/v1/kinds/%00",
    "/%2f%2fevil.example/",
    "/m/;/",
    "/m/20251118-7390003%20/",
    "/m/20251118-7390003/../",
)


@pytest.mark.parametrize("path", PATHS)
def test_it_finds_nothing_by_a_made_up_path(world: World, path: str) -> None:
    for who in ("handler", "anonymous", "token"):
        client = world.people[who].client
        headers = dict(world.people[who].headers) if path.startswith("/api/") else {}
        answer = read(client.get(path, headers=headers))
        assert answer.status_code in (301, 302, 400, 401, 403, 404, 405), who
        assert "X-Injected" not in answer
        assert "evil" not in answer.get("Location", "").split("?")[0]
        assert leaks(world, world.people[who], answer, asked=path) == ""
        assert b"secret_key" not in answer.body
