"""Matters at any point of their way, moved by the operations that the pages use, and what somebody sees of them and may do."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Done, Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import MatterCard
from tests.city import LOGINS, NOW, Cast

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


def in_hand(cast: Cast) -> Reported:
    """A matter in the hands of the county's housing department."""
    with acting(ANYONE):
        new = NewReport(body="地下室水泵坏了", title="水泵", region_code=COMMUNITY)
        made = operations.report(new=new, actor=ANYONE, now=NOW)
    do(cast.dispatcher, made, "accept")
    do(cast.dispatcher, made, "dispatch", lead=cast.handler.unit_id)
    do(cast.handler, made, "take")
    return made


def do(actor: Actor, matter: Reported | int, action: str, now: datetime = NOW, **fields: object) -> Done:
    """Carry out one action as an actor, on a matter as it was reported or by its id."""
    with acting(actor):
        return operations.act(matter_id=_id(matter), action=action, actor=actor, now=now, fields=fields)


def card(actor: Actor, matter: Reported | int, now: datetime = NOW) -> MatterCard:
    """A matter as somebody sees it."""
    with acting(actor):
        return queries.card(_id(matter), actor=actor, now=now)


def may(actor: Actor, matter: Reported | int, now: datetime = NOW) -> set[str]:
    """Codes of what somebody may do with a matter now."""
    return {choice.code for choice in card(actor, matter, now).actions}


def refused(
    error: type[DomainError], said: str, actor: Actor, matter: Reported | int, action: str,
    now: datetime = NOW, **fields: object,
) -> None:  # fmt: skip
    """An action ends in this error, whose sentence, or whose words beside a field, hold what is `said`."""
    with pytest.raises(error) as caught, transaction.atomic():
        do(actor, matter, action, now, **fields)
    told = f"{caught.value} {caught.value.fields}"
    assert said in told, told


def _id(matter: Reported | int) -> int:
    return matter if isinstance(matter, int) else matter.matter_id


def signed_in(part: str) -> Client:
    """A browser in which one of the cast has signed in."""
    client = Client()
    client.force_login(Account.objects.get(username=LOGINS[part]), BACKEND)
    return client
