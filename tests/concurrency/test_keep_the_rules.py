"""Rules change while the city works: due dates follow the law, and two keepers at once don't undo each other."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from shanzhi.config import database
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, IMPORTER
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Matter
from shanzhi.kernel.matters.operations import Deciding
from shanzhi.kernel.matters.policy.calendars import YearGiven
from shanzhi.kernel.matters.policy.golive import RulesMovedOn
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.rulebook import forget_kinds, work_calendar
from shanzhi.kernel.matters.web.show import clock_told
from tests.city import NOW
from tests.concurrency.committed import City, at_once
from tests.concurrency.steps import entries, report
from tests.desks import do

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
    assert "2025年11月21日" in said[-1], said


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


def promised(city: City, matter_id: int, start: date) -> list[tuple[str, int, bool]]:
    """What is promised beside the clocks: of whom, in how many days, and whether the calendar is sure of it."""
    with database.acting_as(city.installation, "worker"):
        shares = Assignment.objects.filter(matter_id=matter_id, part="co").values_list("due_at", "is_provisional")
        asked = Ask.objects.filter(matter_id=matter_id).order_by("id").values_list("code", "due_at", "is_provisional")
        rows = [("co", *share) for share in shares] + list(asked)
        return [(code, (local_date(due) - start).days, unsure) for code, due, unsure in rows]


def pushed(city: City, at: datetime) -> int:
    """A matter with a co-handler, urged and under supervision, with more time asked for: four promises on one day."""
    cast = city.cast
    with acting(ANYONE):
        new = NewReport(body="跨年报修", region_code="370303009006")
        made = operations.report(new=new, actor=ANYONE, now=at).matter_id
    do(cast.dispatcher, made, "accept", at, category="housing.property-service")
    do(cast.dispatcher, made, "dispatch", at, lead=cast.handler.unit_id, co=[cast.second_handler.unit_id])
    do(cast.handler, made, "take", at)
    do(cast.dispatcher, made, "urge", at, words="请抓紧")
    do(cast.supervisor, made, "supervise", at, ground="supervise.overdue", words="请报告")
    do(cast.handler, made, "ask_extension", at, ground="extend.works", words="要采购水泵", more_time="5wd")
    return made


def test_what_ends_on_a_day_that_becomes_a_day_off_moves_as_clocks_do(city: City) -> None:
    made = pushed(city, NOW)
    ends = {code: days for code, days, _ in promised(city, made, TODAY)}
    close(city, [ends["co"]])
    forget_kinds()
    with database.acting_as(city.installation, "worker"):
        operations.due_dates_follow(now=NOW)
        assert operations.promises_follow(now=NOW) >= 2
        assert operations.promises_follow(now=NOW) == 0
    moved = {code: days for code, days, _ in promised(city, made, TODAY)}
    assert (moved["co"] > ends["co"], moved["supervision"] > ends["supervision"]) == (True, True)
    assert (moved["urging"], moved["extension"]) == (ends["urging"], ends["extension"])


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


def test_what_is_promised_beside_the_clocks_follows_the_year_too(city: City) -> None:
    # Wednesday, 29 December 2027, half past ten; 2028 has no notice, so Monday, 3 January counts until one says otherwise.
    eve = datetime(2027, 12, 29, 2, 30, tzinfo=UTC)
    day = local_date(eve)
    with database.acting_as(city.installation, "importer"):
        year = queries.calendar_year(2027, day)
        how = Deciding(day, year.state.seen, IMPORTER, eve)
        operations.calendar_year_set(given=YearGiven(2027, year.given.worked, HOURS, is_final=False), how=how)
    forget_kinds()
    made = pushed(city, eve)
    before = [("co", 7, True), ("urging", 1, True), ("supervision", 7, True), ("extension", 1, True)]
    assert promised(city, made, day) == before
    with database.acting_as(city.installation, "worker"):
        assert operations.promises_follow(now=eve) == 0
    with database.acting_as(city.installation, "importer"):
        for number, off in ((2027, {date(2027, 12, 30)}), (2028, {date(2028, 1, 3)})):
            year = queries.calendar_year(number, day)
            given = YearGiven(number, year.given.worked - off, HOURS, is_final=True)
            operations.calendar_year_set(given=given, how=Deciding(day, year.state.seen, IMPORTER, eve))
    forget_kinds()
    with database.acting_as(city.installation, "worker"):
        operations.provisional_follow(now=eve)
        assert operations.promises_follow(now=eve) == 4
    after = [("co", 9, False), ("urging", 2, False), ("supervision", 9, False), ("extension", 2, False)]
    assert promised(city, made, day) == after
    with acting(city.cast.supervisor):
        told = [row.payload for row in queries_of_journal(made)]
    assert sorted((one["ask"], one["was_due_at"][:10], one["due_at"][:10]) for one in told) == [
        ("", "2028-01-05", "2028-01-07"),
        ("extension", "2027-12-30", "2027-12-31"),
        ("supervision", "2028-01-05", "2028-01-07"),
        ("urging", "2027-12-30", "2027-12-31"),
    ]
    with database.acting_as(city.installation, "worker"):
        assert operations.promises_follow(now=eve) == 0
        assert (queries.loop_state().lost, queries.loop_state().out_of_step) == ((), ())


def queries_of_journal(matter_id: int) -> list[journal.EntryRow]:
    return journal.entries_by_action("matter", [matter_id], ["matters.promise_moved"], limit=10)
