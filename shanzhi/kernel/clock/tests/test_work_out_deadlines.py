"""Every deadline that was worked out by hand (worked.toml) is the one that the clock gives, and explains."""

import re
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from shanzhi.kernel.clock.policy import (
    Course,
    Duration,
    WorkCalendar,
    explain,
    promise,
    recompute,
    set_deadline,
    shipped_calendar,
)

TABLE = tomllib.loads((Path(__file__).parent / "worked.toml").read_text("utf-8"))
OFFICE = shipped_calendar()
PAUSE = re.compile(r"pause (.{16}) to (.{16})")
EXTEND = re.compile(r"extend (\S+) on (.{16})")
ARTICLES = {
    "201.1": "《民法典》第二百零一条第一款",
    "201.2": "《民法典》第二百零一条第二款",
    "202": "《民法典》第二百零二条",
    "203.1": "《民法典》第二百零三条第一款",
    "203.2": "《民法典》第二百零三条第二款",
    "204": "《民法典》第二百零四条",
}


def _rows() -> Iterator[Any]:
    """One parameter a worked deadline, named by its group, start and limit."""
    for group, table in TABLE.items():
        for row in table["rows"]:
            name = f"{group}: {row['start']} {row['limit']}"
            yield pytest.param(row, OFFICE.named(table.get("calendar", "office")), id=name)


ROWS = tuple(_rows())


def at(text: str) -> datetime:
    """A local moment, "2025-10-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE.zone)


def course_of(row: dict[str, Any]) -> Course:
    """The start, limit and events of a row."""
    course = Course(at(row["start"]), Duration.parse(row["limit"]))
    for text in row.get("then", []):
        if found := PAUSE.fullmatch(text):
            course = course.paused(at(found[1]), "等待补充材料").resumed(at(found[2]))
        elif found := EXTEND.fullmatch(text):
            course = course.extended(Duration.parse(found[1]), at(found[2]), "情况复杂")
        else:
            raise AssertionError(text)
    return course


def due_of(row: dict[str, Any], calendar: WorkCalendar) -> datetime:
    """The due moment that was worked out; a day alone means its close of business."""
    text = row["due"]
    return (
        at(text) if " " in text else at(f"{text} {calendar.hours[-1].closes // 60}:{calendar.hours[-1].closes % 60:02}")
    )


def test_it_stands_on_enough_of_them() -> None:
    worked = [row for table in TABLE.values() for row in table["rows"]]
    assert len(worked) == 125
    assert all(row["how"] and row["article"] for row in worked)
    years = {row["start"][:4] for group in ("spring_festival", "national_day") for row in TABLE[group]["rows"]}
    assert years == {"2019", "2020", "2021", "2022", "2023", "2024", "2025", "2026"}


@pytest.mark.parametrize(("row", "calendar"), ROWS)
def test_it_gives_the_date_worked_out_by_hand(row: dict[str, Any], calendar: WorkCalendar) -> None:
    deadline = promise(course_of(row), calendar)
    assert deadline.due_at == due_of(row, calendar)
    assert deadline.is_provisional is row.get("provisional", False)
    assert recompute(deadline, calendar) == deadline


@pytest.mark.parametrize(("row", "calendar"), ROWS)
def test_it_explains_the_date_by_its_articles(row: dict[str, Any], calendar: WorkCalendar) -> None:
    steps = explain(course_of(row), calendar)
    assert steps[-1].at == due_of(row, calendar)
    assert all(step.article and step.to_text() for step in steps)
    cited = {step.article for step in steps}
    assert {ARTICLES[name] for name in row["article"].split()} <= cited


@pytest.mark.parametrize(("row", "calendar"), [one for one in ROWS if "then" not in one.values[0]])
def test_it_promises_the_same_in_one_step(row: dict[str, Any], calendar: WorkCalendar) -> None:
    found = set_deadline(at(row["start"]), Duration.parse(row["limit"]), None, calendar)
    assert found == promise(course_of(row), calendar)
