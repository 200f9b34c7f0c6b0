"""Matters at any point of their way, made by the operations that the pages use."""

from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import LOGINS, Cast

WAY = ("accept", "dispatch", "take", "reply", "check_pass")
COMMUNITY = "370303009006"
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def at_stage(
    cast: Cast,
    last: str,
    *,
    body: str = "世纪花园3号楼电梯坏了三天，老人上不了楼。",
    co: bool = False,
    ago: timedelta = timedelta(minutes=10),
) -> str:
    """A matter on which everything up to the action `last` was done; its number."""
    now = timezone.now() - ago
    with acting(ANYONE):
        made = operations.report(new=NewReport(body=body, region_code=COMMUNITY), actor=ANYONE, now=now)
    steps: dict[str, tuple[Actor, dict[str, object]]] = {
        "accept": (cast.dispatcher, {"category": "housing.property-service"}),
        "dispatch": (
            cast.dispatcher,
            {"lead": cast.handler.unit_id, "co": [cast.second_handler.unit_id] if co else []},
        ),
        "take": (cast.handler, {}),
        "assist_done": (cast.second_handler, {"words": "已到场配合"}),
        "reply": (cast.handler, {"reply": "电梯已修好，正常运行。"}),
        "check_pass": (cast.checker, {"words": "电话回访：属实"}),
    }
    way = list(WAY[: WAY.index(last) + 1])
    if co and "reply" in way:  # The lead answers once its helper has.
        way.insert(way.index("reply"), "assist_done")
    for action in way:
        actor, fields = steps[action]
        do(actor, made.matter_id, action, now, **fields)
    return made.number


def do(actor: Actor, matter_id: int, action: str, now: datetime, **fields: object) -> None:
    """Carry out one action as an actor."""
    with acting(actor):
        operations.act(matter_id=matter_id, action=action, actor=actor, now=now, fields=fields)


def signed_in(part: str) -> Client:
    """A browser in which one of the cast has signed in."""
    client = Client()
    client.force_login(Account.objects.get(username=LOGINS[part]), BACKEND)
    return client
