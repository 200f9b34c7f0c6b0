"""Calling the API as a program does: a token, JSON, a key."""

from typing import Any

from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.operations import acting, token_issue
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport

ROOT = "/api/v1"
COMMUNITY = "370303009006"
PROPERTY = "housing.property-service"


def token_of(actor: Actor) -> str:
    """A fresh token for an actor's post, issued at a terminal: by nobody's post."""
    assert actor.post_id is not None
    with acting(Actor()):
        return token_issue(post_id=actor.post_id, label="test", now=timezone.now(), days=1)


class Caller:
    """A program that calls with one post's token."""

    def __init__(self, actor: Actor | None = None, token: str = "") -> None:
        self.client = Client()
        token = token or (token_of(actor) if actor else "")
        self.headers = {"Authorization": f"Bearer {token}"} if token else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(ROOT + path, query, headers=self.headers)

    def post(self, path: str, body: Any = None, key: str = "", **options: Any) -> Any:
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(ROOT + path, body or {}, content_type="application/json", headers=headers, **options)

    def act(self, number: str, action: str, key: str = "", **fields: Any) -> Any:
        return self.post(f"/matters/{number}/actions/{action}", fields, key)

    def send(self, number: str, files: list[Any], key: str = "", **fields: str) -> Any:
        """Multipart, as a form sends it."""
        headers = self.headers | ({"Idempotency-Key": key} if key else {})
        return self.client.post(f"{ROOT}/matters/{number}/files", {"files": files, **fields}, headers=headers)


def reported(body: str = "世纪花园3号楼电梯坏了三天。电话13812345678", region_code: str = COMMUNITY) -> Reported:
    """A resident's report, made just now."""
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, region_code=region_code, contact_phone="13812345678"),
            actor=ANYONE,
            now=timezone.now(),
        )


def problem_of(response: Any) -> tuple[int, str]:
    """Status and stable code of a problem+json answer."""
    assert response["Content-Type"] == "application/problem+json", response.content
    body = response.json()
    assert body["status"] == response.status_code
    assert body["type"] == f"urn:shanzhi:{body['title']}"
    assert body["detail"]
    return response.status_code, body["title"]
