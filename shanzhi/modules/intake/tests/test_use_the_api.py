"""A program reports and follows."""

import json
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.models import Matter
from shanzhi.modules.intake.tests.test_report_a_problem import picture
from shanzhi.modules.intake.tests.walk import BODY, PLACE, made, sign_in, to_verdict

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("cast", "evidence_store")]
URL = "/api/v1/reports"


def send(client, content: object, **headers: str):
    return client.post(URL, json.dumps(content), content_type="application/json", headers=headers)


def test_it_takes_a_report(client):
    response = send(client, {"body": BODY, "region_code": PLACE, "contact_phone": "13812345678"})
    answer = response.json()
    assert response.status_code == 201
    assert set(answer) == {"number", "follow_code", "stage", "stage_name", "unit", "due_at", "url"}
    assert (answer["stage"], answer["stage_name"]) == ("reported", "待受理")
    assert answer["url"] == f"http://testserver/my/{answer['number']}/"
    seen = client.get(f"{URL}/{answer['number']}", headers={"Follow-Code": answer["follow_code"]}).json()
    assert (seen["title"], seen["region_name"]) == (BODY.rstrip("。"), "张店区 马尚街道 世纪花园社区")
    assert seen["actions"] == ["withdraw", "note", "attach"]
    assert [entry["title"] for entry in seen["timeline"]] == ["反映"]


def test_it_is_done_once_under_one_key(client):
    key = str(uuid.uuid4())
    content = {"body": BODY, "contact_name": "王女士"}
    first, second = (send(client, content, **{"Idempotency-Key": key}) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    other = send(client, {"body": "另一件"}, **{"Idempotency-Key": key})
    assert (other.status_code, other.json()["title"]) == (409, "key-reused")


@pytest.mark.parametrize(
    ("content", "status", "title", "field"),
    [
        ({"body": ""}, 422, "bad-report", "body"),
        ({"body": "\u0000 \n"}, 422, "bad-report", "body"),
        ({"body": "长" * 100_000}, 413, "too-long", "body"),
        ({"body": BODY, "latitude": 118.05, "longitude": 36.8}, 422, "bad-report", "latitude"),
        ({"body": BODY, "latitude": 1e308, "longitude": -1e308}, 422, "bad-report", "latitude"),
        ({"body": BODY, "latitude": float("nan"), "longitude": float("inf")}, 422, None, None),
        ({"body": BODY, "latitude": 36.8}, 422, "bad-report", "latitude"),
        ({"body": BODY, "latitude": 36.8, "longitude": 118.05, "datum": "GCJ-02"}, 422, "bad-report", "latitude"),
        ({"body": BODY, "region_code": "999999999999"}, 422, "bad-report", "region_code"),
        ({"body": BODY, "region_code": "x"}, 422, None, None),
        ({"body": BODY, "category": "no.such"}, 422, "bad-report", "category"),
        ({"body": BODY, "kind": "no-such"}, 404, "kind-unknown", None),
        ({"body": BODY, "contact_phone": "12345"}, 422, "invalid-phone", "phone"),
        ({"body": BODY, "channel": "hotline"}, 422, "token-needed", "channel"),
        ({"body": BODY, "source": "12345", "source_number": "1"}, 422, "token-needed", "source"),
        ({"body": 1}, 422, "shape", "body"),
        ({"body": ["x"]}, 422, "shape", "body"),
        ({"body": BODY, "latitude": "36.8"}, 422, "shape", "latitude"),
        ({"body": BODY, "public_consent": "yes"}, 422, "shape", "public_consent"),
        ({"body": BODY, "bdoy": "x"}, 422, "shape", "bdoy"),
        ({"body": "\ud800"}, 422, "shape", "body"),
        ({"body": BODY, "region_code": "\udfff"}, 422, "shape", "region_code"),
        ({}, 422, "shape", "body"),
        ([], 422, "shape", None),
        ("x", 422, "shape", None),
        (None, 422, "shape", None),
    ],
)
def test_it_answers_what_can_not_be_used_with_a_sentence(client, content, status, title, field):
    response = send(client, content)
    answer = response.json()
    assert response.status_code == status, answer
    assert response["Content-Type"] == "application/problem+json"
    assert answer["detail"]
    assert title is None or answer["title"] == title, answer
    assert field is None or field in answer["fields"], answer
    with acting(Actor()):
        assert Matter.objects.count() == 0


@pytest.mark.parametrize("sent", [b"{", b"\xff\xfe", b"body=x", b'{"body": "x"'])
def test_it_says_that_something_is_no_json(client, sent):
    response = client.post(URL, sent, content_type="application/json")
    assert (response.status_code, response.json()["title"]) == (400, "unreadable")


def test_it_says_that_something_is_far_too_much(client):
    response = send(client, {"body": "长" * 1_000_000})
    assert (response.status_code, response.json()["title"]) == (413, "too-large")


def test_it_wants_a_uuid_for_a_key(client):
    response = send(client, {"body": BODY}, **{"Idempotency-Key": "once"})
    assert (response.status_code, list(response.json()["fields"])) == (422, ["Idempotency-Key"])


def test_it_takes_no_session_for_a_token(client, cast):
    sign_in(client, "dispatcher")
    assert send(client, {"body": BODY}).status_code == 401


def test_it_refuses_a_token_that_is_none(client):
    response = send(client, {"body": BODY}, Authorization="Bearer sz_no")
    assert (response.status_code, response.json()["title"]) == (401, "sign-in-needed")


def test_it_lets_a_partner_name_its_source_once(client, cast):
    token = access.token_issue(post_id=cast.dispatcher.post_id, label="热线", now=timezone.now())
    content = {"body": BODY, "channel": "hotline", "source": "12345", "source_number": "A-1"}
    headers = {"Authorization": f"Bearer {token}"}
    assert send(client, content, **headers).status_code == 201
    again = send(client, content, **headers)
    assert (again.status_code, again.json()["title"]) == (409, "source-taken")


def test_it_says_nothing_to_whom_has_no_code(client):
    report = made()
    without = client.get(f"{URL}/{report.number}")
    assert (without.status_code, without.json()["title"]) == (422, "follow-code-missing")
    for number, code in ((report.number, "0000-0000"), ("20200101-000001", report.follow_code), ("x", "码")):
        response = client.get(f"{URL}/{number}", headers={"Follow-Code": code}, REMOTE_ADDR="192.0.2.50")
        assert (response.status_code, response.json()["title"]) == (404, "no-such-matter")


def test_it_stops_a_program_that_guesses(client):
    report = made()
    answers = [
        client.get(f"{URL}/{report.number}", headers={"Follow-Code": "0000-0000"}, REMOTE_ADDR="192.0.2.51").status_code
        for _ in range(11)
    ]
    assert answers == [404] * 10 + [429]


def test_it_gives_the_verdict(client, cast):
    report = made()
    to_verdict(cast, report.matter_id)
    headers = {"Follow-Code": report.follow_code, "Idempotency-Key": str(uuid.uuid4())}
    content = json.dumps({"solved": False, "satisfied": 2, "words": "又坏了"})
    for _ in range(2):
        response = client.post(
            f"{URL}/{report.number}/verdict", content, content_type="application/json", headers=headers
        )
        assert (response.status_code, response.json()["stage"]) == (200, "handling")
    seen = client.get(f"{URL}/{report.number}", headers=headers).json()
    assert (seen["solved"], seen["satisfied"], seen["reply"]) == (False, 2, "电梯已修好，已试运行。")


@pytest.mark.parametrize(
    ("verb", "content", "status", "title"),
    [
        ("verdict", {"solved": True}, 409, None),
        ("verdict", {"solved": "yes"}, 422, "shape"),
        ("verdict", {"solved": True, "satisfied": 6}, 422, "shape"),
        ("note", {"words": ""}, 422, None),
        ("note", {"words": "长" * 3000}, 422, None),
        ("withdraw", {"ground": "no-such"}, 422, None),
        ("withdraw", {"version": 9}, 409, "moved-on"),
    ],
)
def test_it_refuses_a_step_with_a_sentence(client, verb, content, status, title):
    report = made()
    response = client.post(
        f"{URL}/{report.number}/{verb}",
        json.dumps(content),
        content_type="application/json",
        headers={"Follow-Code": report.follow_code},
    )
    assert response.status_code == status, response.json()
    assert title is None or response.json()["title"] == title
    assert response.json()["detail"]


def test_it_adds_a_note_and_withdraws(client):
    report = made()
    headers = {"Follow-Code": report.follow_code}
    for verb, content, stage in (("note", {"words": "二单元"}, "reported"), ("withdraw", {}, "withdrawn")):
        url = f"{URL}/{report.number}/{verb}"
        response = client.post(url, json.dumps(content), content_type="application/json", headers=headers)
        assert (response.status_code, response.json()["stage"]) == (200, stage)


def test_it_attaches_files(client):
    report = made()
    headers = {"Follow-Code": report.follow_code}
    url = f"{URL}/{report.number}/files"
    assert client.post(url, {"files": [picture(), picture("blue")]}, headers=headers).status_code == 200
    seen = client.get(f"{URL}/{report.number}", headers=headers).json()
    assert [file["media_type"] for file in seen["files"]] == ["image/jpeg"] * 2
    bad = client.post(url, {"files": [SimpleUploadedFile("a.exe", b"MZ12")]}, headers=headers)
    assert (bad.status_code, bad.json()["title"]) == (422, "file-refused")
    many = [SimpleUploadedFile(f"{n}.pdf", b"%PDF-1.4 " + str(n).encode()) for n in range(10)]
    assert client.post(url, {"files": many}, headers=headers).json()["title"] == "too-many-files"
    assert client.post(url, {}, headers=headers).json()["title"] == "shape"


def test_it_describes_itself(client):
    schema = client.get("/api/v1/openapi.json").json()
    paths = {path for path in schema["paths"] if "/reports" in path}
    steps = {f"{URL}/{{number}}{verb}" for verb in ("", "/readings", "/files", "/verdict", "/withdraw", "/note")}
    assert paths == {URL, *steps}
    report = schema["paths"][URL]["post"]
    assert [parameter["name"] for parameter in report["parameters"]] == ["Idempotency-Key"]


def test_it_is_lean(client, django_assert_num_queries):
    send(client, {"body": BODY, "region_code": PLACE})
    # A savepoint of the test's own transaction, its release, and nine statements.
    with django_assert_num_queries(12):
        response = send(client, {"body": BODY, "region_code": PLACE}, **{"Idempotency-Key": str(uuid.uuid4())})
    assert response.status_code == 201
    assert "sessionid" not in response.cookies


def test_it_tells_who_read_the_contact(client, cast):
    report = made(contact_phone="13812345678")
    with acting(cast.dispatcher):
        operations.reveal_contact(
            matter_id=report.matter_id, reason="contact", actor=cast.dispatcher, now=timezone.now()
        )
    url = f"/api/v1/reports/{report.number}/readings"
    answer = client.get(url, headers={"Follow-Code": report.follow_code})
    [reading] = answer.json()["readings"]
    reading.pop("at")
    assert reading == {
        "unit": cast.dispatcher.unit_name,
        "post": cast.dispatcher.post_title,
        "parts": ["phone"],
        "reason": "联系反映人核实情况",
        "by_reporter": False,
    }
    assert answer.json()["after"] is None
    assert client.get(url, headers={"Follow-Code": "AAAA-2222"}).status_code == 404
    assert client.get(f"{url}?after=0", headers={"Follow-Code": report.follow_code}).status_code == 422
