"""The keeper's page for the work calendar."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.policy.calendars import BadCalendar, YearGiven, read_year, with_year
from shanzhi.kernel.matters.rulebook import forget_kinds, work_calendar
from shanzhi.kernel.matters.tests.page_support import page, reported, signed_in
from tests.city import Cast

HOURS = "08:30-12:00 13:30-17:30"


@pytest.fixture(autouse=True)
def rules() -> Iterator[None]:
    """What is decided here is undone with the transaction: nothing of it may stay in memory."""
    forget_kinds()
    yield
    forget_kinds()


def today() -> date:
    """The city's day."""
    return local_date(timezone.now())


def form(html: str, year: int, **given: object) -> dict[str, object]:
    """What a browser sends of the page as it stands."""
    days = re.findall(r'name="day" value="([\d-]+)"[^>]*checked', html)
    found = re.search(r'name="seen" value="(\d+)"', html)
    assert found
    return {
        "year": str(year), "seen": found[1], "day": days, "hours": HOURS, "holds_from": today().isoformat(), **given,
    }  # fmt: skip


def next_working_day(year: int) -> date:
    """A working day of a year that isn't planned yet."""
    return next(day for day in (date(year, 6, 1) + timedelta(days=n) for n in range(9)) if day.weekday() == 2)


def test_it_makes_a_day_off_from_a_day_on_and_goes_back(cast: Cast) -> None:
    keeper, year = signed_in("keeper"), today().year + 2
    shown = page(keeper.get(f"/keeper/calendar/?year={year}"))
    assert "这一年的放假安排还没有公布" in shown
    day = next_working_day(year)
    sent = form(shown, year, do="save", is_final="1")
    sent["day"] = [text for text in sent["day"] if text != day.isoformat()]  # type: ignore[attr-defined]
    assert keeper.post("/keeper/calendar/", sent).status_code == 302
    assert (work_calendar().is_working_day(day), work_calendar().is_provisional(day)) == (False, False)
    again = page(keeper.get(f"/keeper/calendar/?year={year}"))
    assert f'value="{day.isoformat()}" aria-label="{day.year}年{day.month}月{day.day}日">' in again
    assert "这一年的放假安排还没有公布" not in again
    assert keeper.post("/keeper/calendar/", sent).status_code == 409, "a second keeper is told"
    back = form(again, year, do="undo", number="0")
    assert keeper.post("/keeper/calendar/", back).status_code == 302
    assert work_calendar().is_working_day(day)


def test_it_shows_what_open_dates_would_become_and_saves_nothing(cast: Cast) -> None:
    made = reported()
    keeper, year = signed_in("keeper"), today().year
    shown = page(keeper.get("/keeper/calendar/"))
    sent = form(shown, year, do="trial")
    sent["day"] = [
        text
        for text in sent["day"]  # type: ignore[attr-defined]
        if not today() < date.fromisoformat(text) < today() + timedelta(days=14)
    ]
    answer = keeper.post("/keeper/calendar/", sent)
    assert answer.status_code == 200
    assert "最后一天放假，依法顺延到下一个工作日" in page(answer)
    assert made.number in page(answer)
    assert "换版记录" not in page(keeper.get("/keeper/calendar/"))


def test_a_file_is_tried_first_and_a_wrong_one_is_refused(cast: Cast) -> None:
    keeper, year = signed_in("keeper"), today().year + 2
    day = next_working_day(year)
    for data, status, says in (
        (f"日期,安排\n{day.isoformat()},放假\n".encode("gb18030"), 200, "还没有保存"),
        (f"[notices]\nyears = [{year}]\noff = [{day.isoformat()}]\n".encode(), 200, "还没有保存"),
        (f"日期,安排\n{year + 1}-01-01,放假\n".encode(), 422, f"不是 {year} 年的"),
        ("日期,安排\n2027-13-01,放假\n".encode(), 422, "第 2 行读不懂"),
        (b"[notices\n", 422, "TOML"),
        (b"", 200, "还没有保存"),
        (b"x" * 200_001, 413, "200 KB"),
    ):
        shown = page(keeper.get(f"/keeper/calendar/?year={year}"))
        sent = form(shown, year, do="save" if data else "trial", file=SimpleUploadedFile("a.csv", data) if data else "")
        answer = keeper.post("/keeper/calendar/", sent)
        assert (answer.status_code, says in page(answer)) == (status, True), says
    assert work_calendar().is_working_day(day)


@pytest.mark.parametrize("hours", ["", "8点半", "12:00-08:30", "08:30-12:00 11:00-17:00", "25:00-26:00"])
def test_it_refuses_hours_that_are_none(cast: Cast, hours: str) -> None:
    keeper, year = signed_in("keeper"), today().year
    shown = page(keeper.get("/keeper/calendar/"))
    answer = keeper.post("/keeper/calendar/", form(shown, year, do="save") | {"hours": hours})
    assert answer.status_code == 422


def test_a_year_keeps_to_itself() -> None:
    given = YearGiven(2027, frozenset({date(2027, 1, 4)}), HOURS, is_final=True)
    tables = with_year({"notices": {"years": [2026], "off": ["2026-10-01"], "work": []}}, given)
    assert (tables["notices"]["years"], tables["notices"]["off"][0]) == ([2026, 2027], "2026-10-01")
    with pytest.raises(BadCalendar, match="不是 2027 年"):
        with_year({}, YearGiven(2027, frozenset({date(2026, 1, 5)}), HOURS, is_final=False))
    with pytest.raises(BadCalendar, match="一个工作日也没有"):
        with_year({}, YearGiven(2027, frozenset(), HOURS, is_final=False))
    with pytest.raises(BadCalendar, match="2020"):
        with_year({}, YearGiven(1, frozenset(), HOURS, is_final=False))
    both = "日期,安排\n2027-01-04,放假\n2027-01-04,上班\n".encode()
    with pytest.raises(BadCalendar, match="既写作放假又写作上班"):
        read_year(both, given)
