"""When things go out: quiet hours by the city's calendar, digests, what a post wants; each thing once."""

from datetime import UTC, datetime, timedelta

import pytest

from shanzhi.core.errors import InputError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.clock.policy import WorkCalendar
from shanzhi.kernel.notices import operations
from shanzhi.kernel.notices.models import Line
from shanzhi.kernel.notices.policy.moments import (
    DigestTimes,
    QuietHours,
    next_digest,
    next_try,
    release_at,
)
from shanzhi.kernel.notices.tests.going_out import box, mail_at, notice, out, rows, told, worker
from shanzhi.kernel.notices.tests.servers import nobody
from tests.city import NOW
from tests.concurrency.committed import city

__all__ = ["city", "out"]

CALENDAR = WorkCalendar()
SERVICE = QuietHours(outside_service=True)
NIGHT = QuietHours(since=20 * 60, until=8 * 60)
NOON = QuietHours(since=12 * 60, until=14 * 60)
TIMES = DigestTimes((510, 840))


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


@pytest.mark.parametrize(
    "quiet, asked, goes",
    [
        (SERVICE, "2025-11-18T10:30", "2025-11-18T10:30"),
        (SERVICE, "2025-11-18T08:30", "2025-11-18T08:30"),
        (SERVICE, "2025-11-18T12:00", "2025-11-18T13:30"),
        (SERVICE, "2025-11-18T17:30", "2025-11-19T08:30"),
        (SERVICE, "2025-11-21T18:00", "2025-11-24T08:30"),
        # Make-up work on Sunday, 28 September 2025; National Day and Mid-Autumn off, from 1 to 8 October.
        (SERVICE, "2025-09-27T10:00", "2025-09-28T08:30"),
        (SERVICE, "2025-09-30T18:00", "2025-10-09T08:30"),
        (NIGHT, "2025-11-18T19:59", "2025-11-18T19:59"),
        (NIGHT, "2025-11-18T20:00", "2025-11-19T08:00"),
        (NIGHT, "2025-11-19T07:59", "2025-11-19T08:00"),
        (NIGHT, "2025-11-19T08:00", "2025-11-19T08:00"),
        (NIGHT, "2025-12-31T23:00", "2026-01-01T08:00"),
        (NOON, "2025-11-18T12:30", "2025-11-18T14:00"),
        (NOON, "2025-11-18T11:59", "2025-11-18T11:59"),
        (QuietHours(), "2025-11-18T03:00", "2025-11-18T03:00"),
    ],
)
def test_it_waits_until_nobody_is_disturbed(quiet, asked, goes):
    assert release_at(local(asked), quiet, CALENDAR) == local(goes)
    assert release_at(local(asked).astimezone(UTC), quiet, CALENDAR) == local(goes)


@pytest.mark.parametrize(
    "asked, goes",
    [
        ("2025-11-18T08:29", "2025-11-18T08:30"),
        ("2025-11-18T08:30", "2025-11-18T14:00"),
        ("2025-11-18T14:00", "2025-11-19T08:30"),
        ("2025-11-21T15:00", "2025-11-24T08:30"),
        ("2025-09-30T15:00", "2025-10-09T08:30"),
        ("2025-09-27T15:00", "2025-09-28T08:30"),
    ],
)
def test_it_gathers_until_the_next_time_of_a_working_day(asked, goes):
    assert next_digest(local(asked), TIMES, CALENDAR) == local(goes)


def test_it_comes_back_later_and_later_and_never_all_at_once():
    waits = [next_try("k", tries, NOW) - NOW for tries in range(1, 40)]
    assert waits == [next_try("k", tries, NOW) - NOW for tries in range(1, 40)]
    for tries, wait in enumerate(waits, 1):
        middle = min(timedelta(seconds=30) * 2 ** (tries - 1), timedelta(hours=6))
        assert 0.8 * middle <= wait <= 1.2 * middle
    assert len({next_try(f"k{n}", 3, NOW) for n in range(1000)}) > 990


@pytest.fixture
def unit(out, settings):
    settings.MAIL = mail_at(nobody())
    box(out)
    return out


def bodies(city) -> list[list[str]]:
    return [row.body["lines"] for row in rows(city, "mail")]


def test_it_puts_what_comes_together_into_one_message(unit):
    steps = [notice(unit, n, "matters.reply") for n in (1, 2, 3)]
    assert told(unit, *steps) == 0
    with worker(unit):
        assert operations.digest_due(local("2025-11-18T13:59")) == 0
        assert operations.digest_due(local("2025-11-18T14:00")) == 1
        assert operations.digest_due(local("2025-11-18T14:00")) == 0
    assert bodies(unit) == [[f"待核查 SZ20251118-{n:06d}，11月25日17:30前核实" for n in (1, 2, 3)]]
    assert rows(unit)[0].text == "3 条办理通知"


def test_it_makes_one_message_for_each_unit_and_role(unit):
    box(unit, "hecha@zx.example", role="checker", unit="centre-3703")
    other = notice(unit, 2)
    object.__setattr__(other, "unit_id", unit.cast.checker.unit_id)
    object.__setattr__(other, "role", "checker")
    nobody_there = notice(unit, 3)
    object.__setattr__(nobody_there, "unit_id", unit.cast.checker.unit_id)
    assert told(unit, notice(unit, 1), other, nobody_there) == 2
    assert sorted((row.role, len(row.body["lines"])) for row in rows(unit)) == [("checker", 1), ("handler", 1)]


def test_it_tells_a_thing_once_however_often_it_is_told(unit):
    for _ in range(3):
        told(unit, notice(unit, 1), notice(unit, 1), notice(unit, 2))
    assert len(bodies(unit)) == 1
    assert len(bodies(unit)[0]) == 2
    with worker(unit):
        assert Line.objects.count() == 2


def test_it_splits_a_digest_that_is_too_long(unit):
    assert told(unit, *[notice(unit, n) for n in range(1, 251)]) == 3
    assert [len(lines) for lines in bodies(unit)] == [100, 100, 50]
    assert len({row.key for row in rows(unit)}) == 3


def test_it_wakes_nobody_at_night_but_for_what_is_urgent(unit):
    night = local("2025-11-18T23:00")
    assert told(unit, notice(unit, 1), notice(unit, 2, urgent=True), now=night) == 1
    assert bodies(unit) == [["新派单 SZ20251118-000002（诉求），11月25日17:30前签收"]]
    with worker(unit):
        assert operations.digest_due(local("2025-11-19T08:29")) == 0
        assert operations.digest_due(local("2025-11-19T08:30")) == 1


def test_it_does_as_the_post_wishes(unit):
    handler = unit.cast.handler
    with acting(handler):
        operations.preferences_set(modes={"matters.dispatch": "none", "matters.reply": "now"}, actor=handler)
    assert told(unit, notice(unit, 1), notice(unit, 2, "matters.reply"), notice(unit, 3, "matters.rate")) == 1
    assert bodies(unit) == [["待核查 SZ20251118-000002，11月25日17:30前核实"]]
    with acting(handler):
        operations.preferences_set(modes={"matters.dispatch": "now", "matters.reply": "none"}, actor=handler)
    assert told(unit, notice(unit, 4), notice(unit, 5, "matters.reply")) == 1
    assert len(bodies(unit)) == 2


@pytest.mark.parametrize("modes", [{"matters.dispatch": "shout"}, {"matters.nothing": "now"}, {"": "now"}])
def test_it_refuses_a_wish_that_can_not_be(unit, modes):
    with acting(unit.cast.handler), pytest.raises(InputError):
        operations.preferences_set(modes=modes, actor=unit.cast.handler)


def test_it_writes_nothing_for_units_without_a_mailbox_nor_without_a_server(out, settings):
    assert told(out, notice(out, 1)) == 0
    settings.MAIL = mail_at(nobody())
    assert told(out, notice(out, 2)) == 0
    with worker(out):
        assert Line.objects.count() == 0


def test_it_keeps_no_message_longer_than_it_must(unit):
    told(unit, notice(unit, 1))
    told(unit, notice(unit, 2, "matters.reply"))
    with worker(unit):
        row = rows(unit)[0]
        row.state, row.ended_at = "sent", NOW
        row.save(update_fields=["state", "ended_at"])
        assert operations.deliveries_forget(now=NOW + timedelta(days=30)) == 0
        assert operations.deliveries_forget(now=NOW + timedelta(days=31)) == 1
        assert [line.step for line in Line.objects.all()] == ["matters.reply"], "what waits is never thrown away"
