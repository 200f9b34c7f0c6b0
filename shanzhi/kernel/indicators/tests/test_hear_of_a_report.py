"""Whoever supervises a county or the city hears of its week, month and quarter when the paper is there, once each."""

from datetime import datetime

import pytest

from shanzhi.config import database
from shanzhi.core.mail import MailServer
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.indicators.policy.reports.telling import reports_told
from shanzhi.kernel.indicators.telling_reports import reports_tell
from shanzhi.kernel.notices.models import Line
from shanzhi.kernel.notices.operations import address_set
from shanzhi.kernel.notices.queries import notices_for
from tests.city import NOW, _actor
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def tell(made: City, at: str) -> None:
    with database.acting_as(made.installation, "worker"):
        reports_tell(now=local(at))


def heard(unit: str, role: str = "supervisor") -> list[str]:
    actor = _actor(unit, role, 0)
    with acting(actor):
        return [row.message % row.params for row in notices_for(actor.unit_id or 0, role)][::-1]


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2025-11-24T06:59", []),
        ("2025-11-24T07:00", ["2025-W47"]),
        ("2025-11-30T23:59", ["2025-W47"]),
        ("2025-12-01T07:10", ["2025-W48"]),
        ("2025-12-02T07:10", ["2025-W48", "2025-11"]),
        ("2025-12-08T07:10", ["2025-W49", "2025-11"]),
        ("2025-12-09T07:10", ["2025-W49"]),
        ("2026-01-01T07:10", ["2025-W52"]),
        ("2026-01-02T07:10", ["2025-W52", "2025-12", "2025-Q4"]),
        ("2026-02-02T07:10", ["2026-W05", "2026-01"]),
    ],
)
def test_it_is_told_from_seven_on_and_up_to_six_days_late(at: str, told: list[str]) -> None:
    assert [one.key for one in reports_told(local(at))] == told


def test_it_tells_city_and_county_once_however_often_and_late(city: City) -> None:
    for at in ("2025-12-01T06:10", "2025-12-01T07:10", "2025-12-01T07:10", "2025-12-02T09:10", "2025-12-03T07:10"):
        tell(city, at)
    assert heard("centre-3703") == ["周报已出：淄博市 2025-W48", "月报已出：淄博市 2025-11"]
    assert heard("centre-370303") == ["周报已出：张店区 2025-W48", "月报已出：张店区 2025-11"]
    assert heard("centre-370303", "keeper") == []
    with as_role(city.installation, "owner") as owner:
        told = owner.execute("SELECT DISTINCT role FROM notices_notice WHERE subject_kind LIKE 'report:%'").fetchall()
    assert told == [("supervisor",)]


def test_mailboxes_get_it_with_the_first_digest_of_the_day(city: City, settings: pytest.FixtureRequest) -> None:
    settings.MAIL = MailServer("127.0.0.1", 9, "none", sender="notice@city.example")  # type: ignore[attr-defined]
    with acting(city.cast.keeper):
        address_set(unit="centre-3703", role="", email="zhiban@city.example", actor=city.cast.keeper, now=NOW)
    for at in ("2026-01-05T07:10", "2026-01-05T08:10", "2026-01-06T07:10"):
        tell(city, at)
    with database.acting_as(city.installation, "worker"):
        lines = [
            (row.text, row.release_at) for row in Line.objects.filter(step__startswith="indicators.").order_by("id")
        ]
    assert sorted(lines) == sorted(
        (f"{text}，请登录下载", local("2026-01-05T08:30"))
        for text in ("淄博市 2026-W01 的周报已经写好", "淄博市 2025-12 的月报已经写好", "淄博市 2025-Q4 的季报已经写好")
    )
