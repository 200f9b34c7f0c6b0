"""Rules change while the city works: due dates follow the law, and two keepers at once don't undo each other."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, IMPORTER
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Clock, Matter
from shanzhi.kernel.matters.operations import Deciding
from shanzhi.kernel.matters.policy.calendars import YearGiven
from shanzhi.kernel.matters.policy.golive import RulesMovedOn
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import forget_kinds, work_calendar
from shanzhi.kernel.matters.web.show import clock_told
from tests.city import NOW
from tests.concurrency.committed import City, at_once
from tests.concurrency.steps import entries, report

TODAY = local_date(NOW)
HOURS = "08:30-12:00 13:30-17:30"


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    forget_kinds()
    yield
    forget_kinds()


def close(city: City, days: list[int], seen: int = 0, from_day: int = 0) -> None:
    """Days from today on that become days off, by the command line's role."""
    with database.acting_as(city.installation, "importer"):
        year = queries.calendar_year(TODAY.year, TODAY)
        off = {TODAY + timedelta(days=place) for place in days}
        given = YearGiven(TODAY.year, year.given.worked - off, HOURS, is_final=True)
        how = Deciding(TODAY + timedelta(days=from_day), seen or year.state.seen, IMPORTER, NOW)
        operations.calendar_year_set(given=given, how=how)


def follow(city: City) -> int:
    with database.acting_as(city.installation, "worker"):
        return operations.due_dates_follow(now=NOW)


def due_of(city: City, matter_id: int) -> list[tuple]:
    with database.acting_as(city.installation, "worker"):
        due = Matter.objects.filter(pk=matter_id).values_list("due_at", flat=True)[0]
        clocks = Clock.objects.filter(matter_id=matter_id, code="").order_by("pk")
        return [(local_date(due) - TODAY).days, *((local_date(c.due_at) - TODAY).days for c in clocks)]


def test_a_last_day_that_becomes_a_day_off_moves_to_the_next_working_day(city: City) -> None:
    made = report()
    assert due_of(city, made.matter_id) == [1, 1], "one working day from a Tuesday on"
    assert follow(city) == 0, "nobody has changed the calendar"
    close(city, [1, 2])
    assert follow(city) == 1
    assert due_of(city, made.matter_id) == [3, 1, 3], "the promise stands beside what the law made of it"
    assert follow(city) == 0
    assert entries(city, made) == ["report", "due_moved"]
    said = told(city, made.number)
    assert "2025-11-21" in said[-1], said


def told(city: City, number: str) -> tuple[str, ...]:
    with database.acting_as(city.installation, "worker"):
        found = queries.clocks_told(number, NOW)
        assert found is not None
        return tuple(clock_told(next(line for line in found[1] if line.code == ""), NOW))


def test_a_day_more_that_is_worked_shortens_nothing(city: City) -> None:
    close(city, [1, 2, 3])
    forget_kinds()
    made = report()
    before = due_of(city, made.matter_id)
    with database.acting_as(city.installation, "importer"):
        seen = queries.section_state("calendar", TODAY).seen
        operations.edition_restore(section="calendar", number=0, how=Deciding(TODAY, seen, IMPORTER, NOW))
    assert work_calendar(TODAY).is_working_day(TODAY + timedelta(days=1))
    assert (follow(city), due_of(city, made.matter_id)) == (0, before)


def test_of_two_keepers_at_once_one_is_told(city: City) -> None:
    keeper = city.cast.keeper

    def rename(name: str) -> str:
        try:
            with acting(keeper):
                how = Deciding(TODAY, 0, keeper, NOW)
                operations.category_rename(code="housing.property-fees", name=name, how=how)
        except RulesMovedOn:
            return "told"
        return "done"

    outcomes = at_once(lambda: rename("甲"), lambda: rename("乙"))
    assert sorted(outcome.value for outcome in outcomes) == ["done", "told"]


def test_a_date_of_a_year_without_a_notice_is_reckoned_anew_when_it_is_out(city: City) -> None:
    # Thursday, 31 December 2026, half past ten: one working day more is Friday, 1 January, as long as nobody knows better.
    eve = datetime(2026, 12, 31, 2, 30, tzinfo=UTC)
    with acting(ANYONE):
        new = NewReport(body="跨年报修", region_code="370303009006")
        made = operations.report(new=new, actor=ANYONE, now=eve)
    stage = Clock.objects.filter(matter_id=made.matter_id, code="", stopped_at=None)
    with database.acting_as(city.installation, "worker"):
        assert [(local_date(row.due_at), row.is_provisional) for row in stage] == [(date(2027, 1, 1), True)]
        assert operations.provisional_follow(now=eve) == 0
    with database.acting_as(city.installation, "importer"):
        year = queries.calendar_year(2027, local_date(eve))
        given = YearGiven(2027, year.given.worked - {date(2027, 1, 1)}, HOURS, is_final=True)
        operations.calendar_year_set(given=given, how=Deciding(local_date(eve), year.state.seen, IMPORTER, eve))
    forget_kinds()
    with database.acting_as(city.installation, "worker"):
        assert operations.provisional_follow(now=eve) >= 1
        assert [(local_date(row.due_at), row.is_provisional) for row in stage.all()] == [(date(2027, 1, 4), False)]
        assert Matter.objects.values_list("due_at", flat=True).get(pk=made.matter_id) == stage.get().due_at
        assert operations.provisional_follow(now=eve) == 0
