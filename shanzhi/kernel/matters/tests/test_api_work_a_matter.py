"""A department's own system works a matter over HTTP, from report to verdict."""

import uuid
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from PIL import Image

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.tests.api_support import COMMUNITY, PROPERTY, Caller, problem_of, reported
from tests.city import Cast

pytestmark = pytest.mark.django_db


def picture() -> BytesIO:
    made = BytesIO()
    Image.new("RGB", (64, 48), "white").save(made, "PNG")
    made.seek(0)
    made.name = "photo.png"
    return made


def test_it_goes_from_report_to_verdict(cast: Cast) -> None:
    made = reported()
    triage, handler, checker = Caller(cast.dispatcher), Caller(cast.handler), Caller(cast.checker)

    seen = triage.get(f"/matters/{made.number}").json()
    assert (seen["stage"], seen["version"], seen["region_code"]) == ("reported", 1, COMMUNITY)
    assert "138****5678" in seen["body"]
    assert "accept" in [action["code"] for action in seen["actions"]]

    done = triage.act(made.number, "accept", category=PROPERTY, version=1)
    assert done.status_code == 200
    assert done.json() == {
        "number": made.number,
        "stage": "accepted",
        "stage_name": "待派单",
        "version": 2,
        "step": 2,
        "replayed": False,
    }
    assert (
        triage.act(made.number, "dispatch", lead=cast.handler.unit_id, co=[], version=2).json()["stage"] == "dispatched"
    )
    assert handler.act(made.number, "take", version=3).json()["stage"] == "handling"
    assert handler.send(made.number, [picture()], words="现场照片").status_code == 201
    assert handler.act(made.number, "reply", reply="电梯已修好。", version=4).json()["stage"] == "checking"
    assert checker.act(made.number, "check_pass", version=5).json()["stage"] == "verdict"

    me = Actor(follow=(made.follow_hash,))
    with acting(me):
        operations.act(
            matter_id=made.matter_id,
            action="rate",
            actor=me,
            now=timezone.now(),
            fields={"solved": True, "satisfied": 5},
        )

    closed = triage.get(f"/matters/{made.number}").json()
    assert (closed["stage"], closed["solved"], closed["satisfied"]) == ("closed", True, 5)
    assert closed["reply"] == "电梯已修好。"
    timeline = triage.get(f"/matters/{made.number}/timeline").json()["entries"]
    assert [entry["action"].removeprefix("matters.") for entry in timeline] == [
        "report", "accept", "dispatch", "take", "attach", "reply", "check_pass", "rate",
    ]  # fmt: skip
    assert [entry["step"] for entry in timeline] == list(range(1, 9))
    assert timeline[0]["who"] == "反映人"


def test_it_hands_in_files_and_fetches_them(cast: Cast) -> None:
    made = reported()
    triage = Caller(cast.dispatcher)
    done = triage.send(made.number, [picture(), picture()], words="现场照片")
    assert (done.status_code, done.json()["step"]) == (201, 2)
    files = triage.get(f"/matters/{made.number}/files").json()["files"]
    assert [(file["media_type"], file["width"], file["height"]) for file in files] == [("image/png", 64, 48)] * 2
    fetched: Any = triage.client.get(files[0]["url"], headers=triage.headers)
    assert b"".join(fetched.streaming_content).startswith(b"\x89PNG")


def test_it_reads_the_contact_and_the_reading_is_journaled(cast: Cast) -> None:
    made = reported()
    triage = Caller(cast.dispatcher)
    assert triage.post(f"/matters/{made.number}/contact", {"reason": "contact"}).json() == {
        "number": made.number,
        "parts": {"phone": "13812345678"},
    }
    originals = triage.post(f"/matters/{made.number}/contact", {"reason": "original", "originals": True}).json()
    assert "13812345678" in originals["parts"]["body"]
    entries = triage.get(f"/matters/{made.number}/timeline").json()["entries"]
    assert [entry["action"] for entry in entries] == ["matters.report", "vault.read", "vault.read"]
    assert entries[1]["reason"] == "联系反映人核实情况"


def test_it_refuses_a_reading_without_a_known_reason(cast: Cast) -> None:
    made = reported()
    answer = Caller(cast.dispatcher).post(f"/matters/{made.number}/contact", {"reason": "curious"})
    assert problem_of(answer) == (422, "input")
    assert list(answer.json()["fields"]) == ["reason"]


def test_it_answers_a_repeated_call_and_does_nothing_again(cast: Cast) -> None:
    made, key = reported(), str(uuid.uuid4())
    triage = Caller(cast.dispatcher)
    first = triage.act(made.number, "accept", key, category=PROPERTY, version=1).json()
    again = triage.act(made.number, "accept", key, category=PROPERTY, version=1).json()
    assert (first["replayed"], again["replayed"]) == (False, True)
    assert {**again, "replayed": False} == first
    assert len(triage.get(f"/matters/{made.number}/timeline").json()["entries"]) == 2


def test_it_answers_a_repeated_upload_and_does_nothing_again(cast: Cast) -> None:
    made, key = reported(), str(uuid.uuid4())
    triage = Caller(cast.dispatcher)
    assert triage.send(made.number, [picture()], key).json()["replayed"] is False
    assert triage.send(made.number, [picture()], key).json()["replayed"] is True
    assert len(triage.get(f"/matters/{made.number}/files").json()["files"]) == 1


def test_it_refuses_a_key_that_was_used_for_something_else(cast: Cast) -> None:
    made, key = reported(), str(uuid.uuid4())
    triage = Caller(cast.dispatcher)
    triage.act(made.number, "accept", key, category=PROPERTY)
    assert problem_of(triage.act(made.number, "note", key, words="另一件事")) == (409, "key-reused")


def test_a_failed_call_leaves_its_key_free(cast: Cast) -> None:
    made, key = reported(), str(uuid.uuid4())
    triage = Caller(cast.dispatcher)
    assert problem_of(triage.act(made.number, "accept", key, category="no.such")) == (422, "fields-wrong")
    assert triage.act(made.number, "accept", key, category=PROPERTY).json()["replayed"] is False
