"""What the tests of the residents' doors share: a report by the page, and the offices' part of the loop."""

import re
import uuid
from datetime import timedelta
from typing import Any

from django.core import signing
from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import LOGINS, Cast

BODY = "世纪花园3号楼的电梯坏了三天，老人上不了楼。"
PLACE = "370303009006"


def new_key() -> str:
    return str(uuid.uuid4())


def made(**fields: Any) -> operations.Reported:
    """A report taken in, now."""
    given: dict[str, Any] = {"body": BODY, "region_code": PLACE, **fields}
    with acting(ANYONE):
        return operations.report(new=NewReport(**given), actor=ANYONE, now=timezone.now(), key=uuid.uuid4())


def reporter(report: operations.Reported) -> Actor:
    return Actor(follow=(report.follow_hash,))


def do(actor: Actor, matter_id: int, action: str, **fields: object) -> operations.Done:
    """One step, a few minutes from now."""
    with acting(actor):
        now = timezone.now() + timedelta(seconds=1)
        return operations.act(matter_id=matter_id, action=action, actor=actor, now=now, fields=fields)


def to_verdict(cast: Cast, matter_id: int, reply: str = "电梯已修好，已试运行。") -> None:
    """The offices' part of the loop, from triage to the question to the reporter."""
    do(cast.dispatcher, matter_id, "accept", category="housing.property-service")
    do(cast.dispatcher, matter_id, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, matter_id, "take")
    do(cast.handler, matter_id, "reply", reply=reply)
    do(cast.checker, matter_id, "check_pass")


def follow_in(client: Client, *reports: operations.Reported) -> None:
    """Let the browser follow these matters, as if it had shown their codes."""
    client.cookies["followed"] = signing.dumps([report.follow_hash for report in reports], salt="followed")


def sign_in(client: Client, part: str) -> None:
    """Let the browser be signed in as somebody of the cast."""
    client.force_login(
        Account.objects.get(username=LOGINS[part]), backend="allauth.account.auth_backends.AuthenticationBackend"
    )


def hidden(page: str, name: str, after: str = "") -> str:
    """The value of a hidden input; with `after`, the first one behind this text."""
    found = re.search(
        rf'<input type="hidden" name="{name}"(?: value="([^"]*)")?', page[page.index(after) :] if after else page
    )
    assert found, name
    return found[1] or ""


def text_of(page: str) -> str:
    """The page as it is read: no tags, no blanks."""
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", " ", page))
