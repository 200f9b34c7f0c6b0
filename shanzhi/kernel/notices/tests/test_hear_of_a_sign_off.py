"""Who can decide hears that a request waits; who asked hears what came of it."""

import pytest
from django.test import Client

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.notices import queries
from shanzhi.modules.exports.operations import export_ask
from shanzhi.modules.exports.policy import wanted_of
from tests.city import LOGINS, NOW, PASSWORD
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]
WANTED = {"since": "2025-11-01", "until": "2025-11-30", "columns": "number", "format": "csv"}


def tell(city: City) -> None:
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW)


def jobs(city: City, name: str) -> int:
    with as_role(city.installation, "worker") as worker:
        row = worker.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND status = 'todo'", [name]
        ).fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("approve", [True, False])
def test_it_tells_both_sides_and_starts_at_once(city, approve):
    supervisor, officer = city.cast.supervisor, city.cast.security_officer
    with acting(supervisor):
        number = export_ask(wanted=wanted_of(WANTED), reason="年度检查", actor=supervisor, now=NOW)
    tell(city)
    browser = Client()
    browser.post("/accounts/login/", {"login": LOGINS["security_officer"], "password": PASSWORD})
    page = browser.get("/notices/").content.decode()
    assert "待复核：批量导出事项" in page
    assert f'href="/signoffs/{number}/"' in page
    with acting(officer):
        access.signoff_decide(signoff_id=number, approve=approve, words="已核对", actor=officer, now=NOW)
    tell(city)
    with acting(supervisor):
        assert supervisor.unit_id is not None
        (row,) = [
            row for row in queries.notices_for(supervisor.unit_id, "supervisor") if row.params.get("signoff") == number
        ]
    assert row.message % row.params == ("复核已同意：批量导出事项" if approve else "复核未同意：批量导出事项")
    assert jobs(city, "access.signoff_run_due") == 1
    with database.acting_as(city.installation, "worker"):
        assert access.signoff_run_due(now=NOW) == int(approve)
    assert jobs(city, "exports.write") == 1
