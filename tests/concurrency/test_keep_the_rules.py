"""Rules change while the city works: due dates follow the law, and two keepers at once don't undo each other."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import IMPORTER
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Clock, Matter
from shanzhi.kernel.matters.operations import Deciding
from shanzhi.kernel.matters.policy.calendars import YearGiven
from shanzhi.kernel.matters.policy.golive import RulesMovedOn
from shanzhi.kernel.matters.rulebook import forget_kinds, work_calendar
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
