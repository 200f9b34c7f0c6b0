"""`shanzhi access …`: sessions, tokens and sign-offs, as the importer, on the command line."""

import io
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from rich.console import Console

from shanzhi.config import database
from shanzhi.core.errors import InputError
from shanzhi.kernel.access import cli, operations
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy.sessions import UnknownStaff
from shanzhi.kernel.organisation.queries import find_staff
from shanzhi.modules.exports.operations import export_ask
from shanzhi.modules.exports.policy import wanted_of
from tests.city import LOGINS, PASSWORD
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]


def told(city: City, command: Callable[[Console], None]) -> str:
    out = io.StringIO()
    with database.acting_as(city.installation, "importer"):
        command(Console(file=out, width=200))
    return out.getvalue()


def test_it_tells_and_ends_sessions(city: City) -> None:
    now = timezone.now()
    handler = city.cast.handler
    number = next(row.work_number for row in find_staff(handler.staff_name, 5000) if row.staff_id == handler.staff_id)
    browser = Client()
    browser.post("/accounts/login/", {"login": LOGINS["handler"], "password": PASSWORD})
    assert "1 个会话，最近使用" in told(city, lambda to: cli.tell_sessions(number, now=now, console=to))
    with pytest.raises(InputError):
        told(city, lambda to: cli.end_sessions(number, "because", now=now, console=to))
    assert "已结束 1 个会话" in told(city, lambda to: cli.end_sessions(number, "lost", now=now, console=to))
    assert browser.get("/worklist/").status_code == 302
    assert "0 个会话" in told(city, lambda to: cli.tell_sessions(number, now=now, console=to))
    with as_role(city.installation, "worker") as worker:
        row = worker.execute("SELECT payload FROM journal_entry WHERE action = 'session.end'").fetchone()
    assert row == ({"staff_id": handler.staff_id, "reason": "lost", "sessions": 1},)
    with pytest.raises(UnknownStaff):
        told(city, lambda to: cli.tell_sessions("no-such", now=now, console=to))


def test_it_lists_tokens_without_their_keys(city: City) -> None:
    now = timezone.now()
    token = operations.token_issue(post_id=city.cast.handler.post_id or 0, label="热线系统", now=now)
    listed = told(city, lambda to: cli.tell_tokens(now=now, console=to))
    assert "热线系统" in listed
    assert city.cast.handler.staff_name in listed
    assert token not in listed


def test_it_lists_what_waits_for_two_people(city: City) -> None:
    now, asker = timezone.now(), city.cast.supervisor
    wanted = wanted_of({"since": "2025-11-01", "until": "2025-11-30", "columns": "number", "format": "csv"})
    with acting(asker):
        export_ask(wanted=wanted, reason="年度检查", actor=asker, now=now)
    listed = told(city, lambda to: cli.tell_signoffs(now=now, console=to))
    assert "批量导出事项" in listed
    assert "待复核" in listed
    assert "年度检查" not in listed
