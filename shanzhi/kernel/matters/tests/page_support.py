"""What the tests of pages share: reports, steps, and people at their browsers."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Done, Reported
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import LOGINS

BODY = "世纪花园3号楼电梯坏了三天，老人上不了楼。我叫王小明，电话13812345678"
COMMUNITY = "370303009006"
"""世纪花园社区, 马尚街道, 张店区."""


def reported(
    body: str = BODY, *, region: str = COMMUNITY, title: str = "电梯坏了", ago: timedelta = timedelta()
) -> Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, title=title, region_code=region, contact_phone="13812345678"),
            actor=ANYONE,
            now=timezone.now() - ago,
        )


def done(actor: Actor, matter: Reported, action: str, **fields: object) -> Done:
    with acting(actor):
        return operations.act(matter_id=matter.matter_id, action=action, actor=actor, now=timezone.now(), fields=fields)


def handed_to(handler: Actor, dispatcher: Actor, matter: Reported) -> Reported:
    """The matter, accepted, dispatched to the handler's unit and taken by it."""
    done(dispatcher, matter, "accept", category="housing.property-service")
    done(dispatcher, matter, "dispatch", lead=handler.unit_id)
    done(handler, matter, "take")
    return matter


def signed_in(part: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=LOGINS[part]), backend=settings.AUTHENTICATION_BACKENDS[0])
    return client


def page(answer: Any) -> str:
    return unescape(answer.content.decode())


def hidden(html: str, name: str, form: str = "") -> str:
    """The value of a hidden field, in the form that is sent to an address ending in `form`."""
    part = html.split(f'{form}"', 1)[1] if form else html
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', part)
    assert found, name
    return found[1]


def queries_of(client: Client, url: str) -> int:
    """How many statements a page takes, once this process knows the city."""
    assert client.get(url).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        client.get(url)
    return len([query for query in seen if "SAVEPOINT" not in query["sql"]])
