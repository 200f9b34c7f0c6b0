"""Each kind of error, as problem+json with a status of its own and a sentence for a person."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.kernel.access.models import Token
from shanzhi.kernel.access.operations import token_end, token_issue
from shanzhi.kernel.matters.tests.api_support import PROPERTY, ROOT, Caller, problem_of, reported, token_of
from tests.city import LOGINS, PASSWORD, Cast

pytestmark = pytest.mark.django_db

CALLS = [
    ("get", "/matters"),
    ("get", "/matters/20251118-000001"),
    ("get", "/matters/20251118-000001/timeline"),
    ("get", "/matters/20251118-000001/files"),
    ("post", "/matters/20251118-000001/actions/accept"),
    ("post", "/matters/20251118-000001/files"),
    ("post", "/matters/20251118-000001/contact"),
    ("get", "/units"),
]
OPEN_CALLS = [("get", "/regions"), ("get", "/categories"), ("get", "/grounds"), ("get", "/kinds/request")]


@pytest.mark.parametrize("verb,path", CALLS)
def test_it_asks_for_a_token(db: None, verb: str, path: str) -> None:
    answer = getattr(Client(), verb)(ROOT + path)
    assert problem_of(answer) == (401, "sign-in-needed")
    assert answer["WWW-Authenticate"] == 'Bearer realm="shanzhi"'


@pytest.mark.parametrize("verb,path", CALLS + OPEN_CALLS)
@pytest.mark.parametrize("token", ["sz_nonsense", " ", "a b", "令牌"])
def test_it_refuses_a_token_that_is_none(db: None, verb: str, path: str, token: str) -> None:
    answer = getattr(Client(), verb)(ROOT + path, headers={"Authorization": f"Bearer {token}"})
    assert problem_of(answer) == (401, "sign-in-needed")
    assert "WWW-Authenticate" in answer


def test_it_refuses_an_expired_and_an_ended_token(cast: Cast) -> None:
    now, post_id = timezone.now(), cast.dispatcher.post_id
    assert post_id is not None
    ended = token_of(cast.dispatcher)
    token_end(token_id=Token.objects.latest("pk").pk, now=now)
    expired = token_issue(post_id=post_id, label="test", now=now - timedelta(days=2), days=1)
    for token in (ended, expired):
        assert problem_of(Caller(token=token).get("/matters")) == (401, "sign-in-needed")


@pytest.fixture
def of_closed_post(cast: Cast) -> Iterator[Caller]:
    """A token whose post has ended since: closed by another connection, opened again afterwards."""
    actor = cast.second_dispatcher
    caller = Caller(actor)
    installation = settings.INSTALLATION
    change = f"UPDATE {installation.schema}.organisation_post SET closed_on = %s WHERE id = %s"
    with psycopg.connect(database.admin_url(installation), autocommit=True) as connection:
        connection.execute(change, [timezone.now().date() - timedelta(days=1), actor.post_id])
        yield caller
        connection.execute(change, [None, actor.post_id])


def test_it_refuses_the_token_of_an_ended_post(of_closed_post: Caller) -> None:
    assert problem_of(of_closed_post.get("/matters")) == (401, "sign-in-needed")


def test_it_lets_a_browser_read_and_never_write(cast: Cast) -> None:
    made = reported()
    browser = Client()
    browser.post("/accounts/login/", {"login": LOGINS["dispatcher"], "password": PASSWORD})
    assert browser.get(f"{ROOT}/matters/{made.number}").status_code == 200
    answer = browser.post(f"{ROOT}/matters/{made.number}/actions/accept", {}, content_type="application/json")
    assert problem_of(answer) == (401, "sign-in-needed")


def test_it_says_that_somebody_else_does_this(cast: Cast) -> None:
    made = reported()
    assert problem_of(Caller(cast.supervisor).act(made.number, "accept")) == (403, "role-forbids")


def test_it_knows_no_such_matter_nor_action_nor_kind(cast: Cast) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    assert problem_of(triage.get("/matters/20251118-999999")) == (404, "matter-not-found")
    assert problem_of(triage.get("/matters/what-is-this")) == (404, "matter-not-found")
    assert problem_of(triage.act(made.number, "fly")) == (404, "action-unknown")
    assert problem_of(triage.get("/kinds/nothing")) == (404, "kind-unknown")


def test_it_says_what_the_stage_forbids(cast: Cast) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    assert problem_of(triage.act(made.number, "dispatch", lead=cast.handler.unit_id)) == (409, "stage-forbids")


def test_it_says_that_the_matter_has_moved_on(cast: Cast) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    triage.act(made.number, "accept", category=PROPERTY, version=1)
    answer = triage.act(made.number, "dispatch", lead=cast.handler.unit_id, version=1)
    assert problem_of(answer) == (409, "moved-on")
    assert triage.get(f"/matters/{made.number}").json()["stage"] == "accepted"


@pytest.mark.parametrize(
    "fields,code,at_fault",
    [
        ({}, "fields-missing", {"lead"}),
        ({"lead": 10**30}, "fields-wrong", {"lead"}),
        ({"lead": "x"}, "fields-wrong", {"lead"}),
        ({"lead": -1, "co": ["y"]}, "fields-wrong", {"lead", "co"}),
        ({"lead": 1, "co": 3}, "fields-wrong", {"co"}),
        ({"lead": 1, "words": 3}, "fields-wrong", {"words"}),
        ({"lead": 1, "words": "长" * 2001}, "fields-wrong", {"words"}),
        ({"lead": 1, "reply": "不收"}, "fields-wrong", {"reply"}),
        ({"lead": 1, "files": ["x"]}, "files-apart", {"files"}),
    ],
)
def test_it_says_which_field_is_at_fault(cast: Cast, fields: dict[str, Any], code: str, at_fault: set[str]) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    triage.act(made.number, "accept", category=PROPERTY)
    answer = triage.act(made.number, "dispatch", **fields)
    assert problem_of(answer) == (422, code)
    assert set(answer.json()["fields"]) == at_fault


@pytest.mark.parametrize("body", ["", "{", "[]", "3", '"x"', '{"lead": {"a": 1}}', '{"version": "later"}', b"\xff\xfe"])
def test_it_says_that_a_body_has_the_wrong_shape(cast: Cast, body: str | bytes) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    path = f"{ROOT}/matters/{made.number}/actions/accept"
    answer = triage.client.post(path, body, content_type="application/json", headers=triage.headers)
    status, _ = problem_of(answer)
    assert status in (400, 422)


@pytest.mark.parametrize("body", [r'{"words": "\ud800"}', r'{"words": "\u0000"}', r'{"\ud800": 1}', r'{"words": {}}'])
def test_it_takes_half_characters_without_breaking(cast: Cast, body: str) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    path = f"{ROOT}/matters/{made.number}/actions/note"
    for key in ({}, {"Idempotency-Key": "7d0c1d3e-0f0a-4d0b-9a5e-0b8f6a1c2d3e"}):
        answer = triage.client.post(path, body, content_type="application/json", headers=triage.headers | key)
        assert answer.status_code in (200, 400, 422), answer.content


def test_it_refuses_a_key_that_is_no_uuid(cast: Cast) -> None:
    made = reported()
    assert problem_of(Caller(cast.dispatcher).act(made.number, "accept", "12")) == (422, "shape")


def test_it_says_when_it_is_too_much(cast: Cast) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    assert problem_of(triage.act(made.number, "note", words="长" * 2_000_000)) == (413, "too-large")
    large = SimpleUploadedFile("a.pdf", b"%PDF-1.7\n" + b"0" * 20_000_001)
    assert problem_of(triage.send(made.number, [large])) == (413, "file-too-large")
    ten = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.7\n%%EOF") for n in range(10)]
    assert problem_of(triage.send(made.number, ten)) == (422, "too-many-files")
    many = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.7\n%%EOF") for n in range(20)]
    assert problem_of(triage.send(made.number, many)) == (413, "too-large")


def test_it_refuses_files_that_are_none(cast: Cast) -> None:
    made, triage = reported(), Caller(cast.dispatcher)
    assert problem_of(triage.send(made.number, [SimpleUploadedFile("a.jpg", b"MZ program")])) == (422, "file-refused")
    assert problem_of(triage.send(made.number, [])) == (422, "shape")
    assert triage.get(f"/matters/{made.number}/files").json()["files"] == []


@pytest.mark.parametrize(
    "query",
    [
        {"region_code": "x"},
        {"region_code": "３７"},
        {"light": "pink"},
        {"sort": "worst"},
        {"size": 101},
        {"size": 0},
        {"after": "yesterday"},
        {"reported_to": "9999-12-31"},
        {"unit_id": 2**70},
        {"stage": "a\x00b"},
    ],
)
def test_it_says_which_filter_is_at_fault(cast: Cast, query: dict[str, object]) -> None:
    answer = Caller(cast.dispatcher).get("/matters", **query)
    assert problem_of(answer) == (422, "shape")
    assert list(answer.json()["fields"]) == [next(iter(query))]


@pytest.mark.parametrize(
    "path", ["/matters?words=a%00b", "/units?text=%00", "/regions?text=%00%20x", "/regions?code=370", "/matters/%00"]
)
def test_it_takes_odd_characters_without_breaking(cast: Cast, path: str) -> None:
    assert Caller(cast.dispatcher).get(path).status_code in (200, 404, 422)


def test_the_error_is_in_the_callers_language(cast: Cast) -> None:
    answer = Client().get(f"{ROOT}/matters", headers={"Accept-Language": "zh-hans"})
    assert "令牌" in answer.json()["detail"]


def test_its_description_names_every_error(db: None) -> None:
    described = json.loads(Client().get(f"{ROOT}/openapi.json").content)
    assert described["openapi"].startswith("3.")
    names = set(described["components"]["schemas"])
    referred = set()

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if isinstance(node.get("$ref"), str):
                referred.add(node["$ref"].removeprefix("#/components/schemas/"))
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(described)
    assert referred <= names
    ids = []
    own = ("/matters", "/units", "/regions", "/categories", "/grounds", "/kinds")
    for path, operations in described["paths"].items():
        if not path.removeprefix(ROOT).startswith(own):
            continue
        for verb, operation in operations.items():
            ids.append(operation["operationId"])
            good = [code for code in operation["responses"] if code.startswith("2")]
            bad = {code for code in operation["responses"] if code.startswith("4")}
            assert good, f"{verb} {path}"
            assert {"401", "404", "409", "413", "422", "429"} <= bad, f"{verb} {path}"
            for code in bad:
                content = operation["responses"][code]["content"]
                assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert len(ids) == len(set(ids)) == 12


def test_a_key_is_a_uuid_in_the_description_too(db: None) -> None:
    described = json.loads(Client().get(f"{ROOT}/openapi.json").content)
    acting = described["paths"][f"{ROOT}/matters/{{number}}/actions/{{action}}"]["post"]
    assert [p["name"] for p in acting["parameters"] if p["in"] == "header"] == ["Idempotency-Key"]
