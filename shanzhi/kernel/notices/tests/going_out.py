"""A city of which things go out: a committed copy, its worker, and short ways to set up and to look."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import psycopg
import pytest
from django.db import connection

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.mail import MailServer
from shanzhi.core.outbound import Rules
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.notices import operations
from shanzhi.kernel.notices.models import Delivery
from shanzhi.kernel.notices.operations import NewNotice
from tests.city import NOW
from tests.concurrency.committed import City

TABLES = ("line", "delivery", "channel", "address", "preference", "subscription", "event")
SENDER = "notice@city.example"
FACTS = {"number": "SZ20251118-000042", "kind": "诉求", "stage": "待签收", "due": "11月25日17:30"}


@pytest.fixture
def out(city: City, settings: Any) -> Iterator[City]:
    """The city with nothing on its way; calls stay on this machine."""
    with psycopg.connect(database.admin_url(city.installation, city.installation.database), autocommit=True) as admin:
        for table in TABLES:
            admin.execute(f"DELETE FROM {city.installation.schema}.notices_{table}")
    settings.OUTBOUND = Rules(http_on_loopback=True, seconds=0.4)
    settings.NOTICES_SOURCE = "https://city.example"
    settings.SMS = "none"
    settings.MAIL = MailServer()
    yield city
    connection.close()


def mail_at(port: int, **more: Any) -> MailServer:
    """The settings of a mail server on this machine."""
    return replace(MailServer("127.0.0.1", port, "none", sender=SENDER, seconds=0.4), **more)


@contextmanager
def worker(city: City) -> Iterator[None]:
    """Act as the worker."""
    with database.acting_as(city.installation, "worker"):
        yield


def box(
    city: City, email: str = "zhiban@zjj.example", role: str = "", unit: str = "housing-construction-370303"
) -> None:
    """Enter a unit's duty mailbox, as the keeper does."""
    with acting(city.cast.keeper):
        operations.address_set(unit=unit, role=role, email=email, actor=city.cast.keeper, now=NOW)


def notice(city: City, n: int = 1, step: str = "matters.dispatch", **more: Any) -> NewNotice:
    """A line for the handlers of the unit."""
    unit_id = city.cast.handler.unit_id
    assert unit_id is not None
    facts = {**FACTS, "number": f"SZ20251118-{n:06d}"}
    given: dict[str, Any] = {"kind": "request", "facts": facts, **more}
    return NewNotice(unit_id, "handler", "test", n, 1, step, {"n": n}, **given)


def told(city: City, *notices: NewNotice, now: datetime = NOW) -> int:
    """Write lines as the worker does, and put what is due into messages; returns how many messages."""
    with worker(city):
        operations.notices_write(list(notices), now=now)
        return operations.digest_due(now)


def drained(city: City, now: datetime = NOW) -> None:
    """Tell the outbox."""
    with worker(city):
        drain(now=lambda: now)


def sent(city: City, gateway: str, now: datetime = NOW) -> int:
    """Send what is due; returns the number of tries."""
    with worker(city):
        return operations.deliver_due(gateway=gateway, now=now)


def rows(city: City, gateway: str = "") -> list[Delivery]:
    """What is on its way and what was, oldest first."""
    with worker(city):
        found = Delivery.objects.order_by("id")
        return list(found.filter(gateway=gateway) if gateway else found)


def states(city: City) -> list[tuple[str, int, str]]:
    """State, tries and error of each message."""
    return [(row.state, row.tries, row.last_error) for row in rows(city)]
