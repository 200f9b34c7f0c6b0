"""The city's work calendar as its keeper sees it: a year's days, and what a change would do to dates promised already."""

from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.clock.policy import Duration, WorkCalendar, due_at
from shanzhi.kernel.matters.models import Clock
from shanzhi.kernel.matters.policy.calendars import YearGiven, days_of, hours_said, is_moved, with_year
from shanzhi.kernel.matters.policy.golive import CALENDAR
from shanzhi.kernel.matters.queries.rules import SectionState, section_state
from shanzhi.kernel.matters.rulebook import edition, edition_tables, parse_section

TRIED_MOST, LISTED_MOST = 5000, 50


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """A year of the calendar that holds once everything decided has begun. `plain` are the days that the State Council's
    notice (or only the weekends, where it `is_provisional`) makes working days."""

    state: SectionState
    given: YearGiven
    plain: frozenset[date]
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class DueChange:
    """An open matter whose date would be another: as promised, and as it would be promised now. `moves`: the law moves it."""

    number: str
    due_at: datetime
    would_be: datetime
    moves: bool


@dataclass(frozen=True, slots=True)
class CalendarTrial:
    """What a change does to open dates in working time: of `tried` how many would be promised earlier or later now; only
    those whose last day becomes a day off (`moved`) are moved, all others stay as promised."""

    tried: int
    earlier: int
    later: int
    moved: int
    rows: tuple[DueChange, ...]


def calendar_year(year: int, on: date) -> CalendarYear:
    """One year, 3 queries. Raises BadCalendar for a year that nobody plans for."""
    days = days_of(year)
    state = section_state(CALENDAR, on)
    calendar: WorkCalendar = edition(CALENDAR, state.last)
    plain = WorkCalendar()
    return CalendarYear(
        state=state,
        given=YearGiven(
            year,
            frozenset(day for day in days if calendar.is_working_day(day)),
            hours_said(calendar.hours),
            year in calendar.notice_years,
        ),
        plain=frozenset(day for day in days if plain.is_working_day(day)),
        is_provisional=calendar.is_provisional(days[0]),
    )


def calendar_trial(given: YearGiven, *, now: datetime, most: int = TRIED_MOST) -> CalendarTrial:
    """What a year as given would do to the newest open dates, as far as whoever asks sees them. Nothing is written.

    Raises:
        BadCalendar, CalendarError: the year can't be so.
    """
    last = section_state(CALENDAR, local_date(now)).last
    calendar: WorkCalendar = parse_section(CALENDAR, with_year(edition_tables(CALENDAR, last), given))
    clocks = Clock.objects.filter(stopped_at=None, paused_at=None, due_at__gt=now).exclude(limit_text__contains="+")
    values = clocks.order_by("-pk").values_list("matter__number", "limit_text", "started_at", "due_at")[:most]
    tried = 0
    changed: list[DueChange] = []
    for number, limit_text, started_at, due in values:
        limit = Duration.parse(limit_text)
        tried += 1
        would = due_at(started_at, limit, calendar)
        moves = is_moved(limit_text, local_date(due), calendar)
        if would != due or moves:
            changed.append(DueChange(number, due, would, moves))
    return CalendarTrial(
        tried=tried,
        earlier=sum(one.would_be < one.due_at for one in changed),
        later=sum(one.would_be > one.due_at for one in changed),
        moved=sum(one.moves for one in changed),
        rows=tuple(sorted(changed, key=lambda one: (not one.moves, one.due_at))[:LISTED_MOST]),
    )
