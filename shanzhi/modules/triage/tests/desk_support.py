"""What the tests of the triage desk share: reports that wait, people at their browsers, the desk's form."""

import re
import uuid
from datetime import timedelta
from html import unescape
from typing import Any

from django.conf import settings
from django.test import Client
from django.utils import timezone

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Done, Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import MatterCard
from tests.city import LOGINS

PROPERTY = "housing.property-service"
WASTE = "cityscape.waste"
BODY = "小区物业不作为，楼道卫生没人管"


def reported(
    body: str = BODY, *, title: str = "物业不管", region: str = "370303009006", ago: timedelta = timedelta()
) -> Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, title=title, region_code=region), actor=ANYONE, now=timezone.now() - ago
        )


def done(actor: Actor, matter: Reported, action: str, **fields: object) -> Done:
    with acting(actor):
        return operations.act(matter_id=matter.matter_id, action=action, actor=actor, now=timezone.now(), fields=fields)


def card(actor: Actor, matter: Reported) -> MatterCard:
    with acting(actor):
        return queries.card(matter.matter_id, actor=actor, now=timezone.now())


def signed_in(part: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=LOGINS[part]), backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def page(answer: Any) -> str:
    return unescape(answer.content.decode())


def url(matter: Reported) -> str:
    return f"/triage/{matter.number}/"


def form(html: str, **typed: object) -> dict[str, object]:
    """The desk's form as a browser would send it: hidden fields, what is chosen, and what was typed."""
    part = html.split('class="ui-stack"', 1)[1].split("</form>", 1)[0]
    sent: dict[str, object] = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', part))
    sent |= dict(
        re.findall(r'<input class="form-check-input" type="radio" name="(\w+)" id="\w+" value="(\w+)" checked', part)
    )
    category = re.search(r'<option value="([\w.-]+)" selected', part)
    return sent | ({"category": category[1]} if category else {}) | typed


def new_key() -> str:
    return str(uuid.uuid4())
