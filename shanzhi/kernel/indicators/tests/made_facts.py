"""Facts for tests: rows with defaults, a DuckDB with the tables of facts, and coherent random cities."""

import csv
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from tempfile import NamedTemporaryFile
from typing import Any

import duckdb

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.facts.policy.columns import TABLES, Column, Of, Table

Row = dict[str, Any]
DAY = 86_400
HOUR = 3_600
_TYPES = {Of.INTEGER: "BIGINT", Of.TEXT: "VARCHAR", Of.DATE: "DATE", Of.TIME: "TIMESTAMPTZ"}
_BLANK: Mapping[Of, Any] = {
    Of.INTEGER: 0,
    Of.TEXT: "",
    Of.DATE: date(2026, 1, 1),
    Of.TIME: datetime(2026, 1, 1, tzinfo=CITY_ZONE),
}


@dataclass
class Facts:
    """Rows by table, and what was excluded: (matter_id, indicator, month)."""

    rows: dict[str, list[Row]] = field(default_factory=lambda: {table.name: [] for table in TABLES})
    excluded: set[tuple[int, str, int]] = field(default_factory=set)

    def add(self, table: str, **values: Any) -> Row:
        """One more row; columns that aren't named are empty."""
        known = {column.name: column for column in _table(table).columns}
        assert set(values) <= set(known), set(values) - set(known)
        row = {name: _blank(column) for name, column in known.items()} | values
        self.rows[table].append(row)
        return row

    def connection(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB in memory that holds them."""
        made = duckdb.connect(":memory:")
        for table in TABLES:
            columns = ", ".join(f"{column.name} {_TYPES[column.of]}" for column in table.columns)
            made.execute(f"CREATE TABLE {table.name} ({columns})")
            if self.rows[table.name]:
                _fill(made, table, self.rows[table.name])
        made.execute("CREATE TABLE fact_exclusion (matter_id BIGINT, indicator VARCHAR, month BIGINT)")
        if self.excluded:
            made.executemany("INSERT INTO fact_exclusion VALUES (?, ?, ?)", sorted(self.excluded))
        return made


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, rows: list[Row]) -> None:
    """By way of a file: row by row takes seconds."""
    with NamedTemporaryFile("w", encoding="utf-8", newline="", suffix=".csv") as file:
        writer = csv.writer(file)
        for row in rows:
            cells = (row[column.name] for column in table.columns)
            writer.writerow(["\\N" if cell is None else cell for cell in cells])
        file.flush()
        how = "FORMAT csv, AUTO_DETECT false, HEADER false, DELIM ',', QUOTE '\"', ESCAPE '\"', NULLSTR '\\N'"
        connection.execute(f"COPY {table.name} FROM '{file.name}' ({how})")


def _table(name: str) -> Table:
    return next(table for table in TABLES if table.name == name)


def _blank(column: Column) -> Any:
    return None if column.nullable else _BLANK[column.of]


def month_of(moment: datetime | date) -> int:
    """The month of a day as `yyyymm`."""
    return moment.year * 100 + moment.month


CATEGORIES = (
    "safety.crime-report", "safety.domestic-violence", "safety.neighbour-dispute", "safety.fire", "safety.work-safety",
    "utilities.gas", "utilities.telecom", "labour.unpaid-wages", "housing.property-service", "housing.owners-committee",
    "transport.traffic-order", "market.food-safety", "market.drugs", "market.illegal-fundraising", "welfare.elderly",
    "environment.living-noise", "governance.conduct", "governance.openness", "governance.legal-service",
    "rural.village-affairs", "cityscape.waste",
)  # fmt: skip
CLOCKS = {
    "request": (("", "reported"), ("", "accepted"), ("", "dispatched"), ("contact", "handling"), ("handle", "reported"),
                ("", "checking")),
    "incident": (("", "in_grid"), ("", "in_community"), ("", "in_unit"), ("", "checking")),
    "petition": (("sorting", "reported"), ("handle", "accepted"), ("review", "appealed"), ("recheck", "reappealed"),
                 ("", "studying"), ("", "dispatched")),
    "suggestion": (("handle", "dispatched"), ("second", "again"), ("", "dispatched")),
    "finding": (("", "dispatched"), ("rectify", "dispatched"), ("", "rechecking")),
}  # fmt: skip
STEPS = (
    ("incident", "matters.conclude", "end_in_grid"), ("incident", "matters.conclude", "end_in_community"),
    ("incident", "matters.reply", "reply"), ("incident", "matters.check_pass", "spot_pass"),
    ("incident", "matters.check_fail", "spot_fail"), ("request", "matters.check_pass", "check_pass"),
    ("request", "matters.check_fail", "check_fail"), ("finding", "matters.check_pass", "check_pass"),
    ("finding", "matters.check_fail", "check_fail"), ("request", "matters.reply", "reply"),
)  # fmt: skip


def random_facts(seed: int, matters: int = 400) -> Facts:
    """A small city, the same for the same seed: what a matter's rows say of it agrees."""
    chance = random.Random(seed)
    facts = Facts()
    for number in range(1, matters + 1):
        _matter(facts, chance, number)
    return facts


def _matter(facts: Facts, chance: random.Random, number: int) -> None:
    kind = chance.choice(("request", "request", "request", "incident", "petition", "suggestion", "finding"))
    category = chance.choice(CATEGORIES)
    what = {
        "matter_id": number, "kind": kind, "category": category, "category_1": category.split(".")[0],
        "region_id": chance.randint(1, 4), "channel": chance.choice(("web", "phone", "hotline", "grid")),
    }  # fmt: skip
    reported = datetime(2025, 12, 1, 9, tzinfo=CITY_ZONE) + timedelta(hours=chance.randint(0, 24 * 90))
    values = _course(chance, kind, reported)
    if chance.random() < 0.2:
        for key in ("solution_rate", "response_rate", "on_time_rate", "return_rate", "satisfaction_rate"):
            facts.excluded.add((number, key, month_of(reported)))
    verdicts = _verdicts(facts, chance, what, reported, values) if values["result"] == "closed" else 0
    if verdicts:
        last = facts.rows["fact_rating"][-1]
        values |= {"solved": last["solved"], "satisfied": last["satisfied"], "rated_month": last["rated_month"]}
    facts.add(
        "fact_matter", **what, **values, number=f"S{number}", reported_at=reported, reported_on=reported.date(),
        reported_month=month_of(reported), place_kind=chance.choice(("", "", "school", "compound")),
        category_reported=chance.choice((category, category, "cityscape.waste", "")),
    )  # fmt: skip
    _clocks(facts, chance, what, reported)
    _shares(facts, chance, what, reported)
    for step, (of, action, done_by) in enumerate(chance.choices(STEPS, k=3), start=1):
        if of == kind:
            at = reported + timedelta(days=step)
            facts.add(
                "fact_step", **what, step=step, action=action, done_by=done_by, month=month_of(at), happened_at=at
            )


def _course(chance: random.Random, kind: str, reported: datetime) -> Row:
    """How far it came, and how long that took."""
    ended = chance.random() < 0.8
    took = chance.randint(HOUR, 60 * DAY)
    accept = chance.randint(60, HOUR * 30)
    dispatched = chance.random() < 0.85
    taken = dispatched and chance.random() < 0.9
    result = chance.choice(("closed", "closed", "closed", "lapsed", "refused", "withdrawn")) if ended else ""
    end = reported + timedelta(seconds=took)
    return {
        "stage": chance.choice(("closed", "closed", "answered", "passed")) if ended else "handling",
        "result": result, "is_open": int(not ended), "ended_at": end if ended else None,
        "ended_month": month_of(end) if ended else None, "end_seconds": took if ended else None,
        "accept_seconds": accept if dispatched else None, "dispatch_seconds": accept * 2 if dispatched else None,
        "take_seconds": chance.randint(60, DAY) if taken else None,
        "contact_seconds": chance.choice((None, HOUR, DAY, DAY + 1, 3 * DAY)) if taken else None,
        "reply_seconds": took // 2 if ended and kind in {"petition", "request"} else None,
        "on_time": chance.choice((0, 1, 1)) if ended else chance.choice((None, 0)),
        "returns": chance.choice((0, 0, 0, 1, 2)) if dispatched else 0, "reopenings": chance.choice((0, 0, 0, 1)),
        "failed_checks": chance.choice((0, 0, 1)), "supervisions": chance.choice((0, 0, 0, 1)),
        "linked_to": chance.choice((None, None, None, 1)),
    }  # fmt: skip


def _verdicts(facts: Facts, chance: random.Random, what: Row, reported: datetime, values: Row) -> int:
    count = 1 + int(values["reopenings"])
    for verdict in range(1, count + 1):
        lapsed = chance.random() < 0.25
        at = reported + timedelta(days=verdict * 10)
        facts.add(
            "fact_rating", **what, verdict=verdict, step=verdict + 5,
            reported_month=month_of(reported), rated_at=at, rated_on=at.date(), rated_month=month_of(at),
            solved=None if lapsed else chance.choice((0, 1, 1)), is_lapsed=int(lapsed),
            satisfied=None if lapsed else chance.choice((None, 1, 2, 3, 4, 5)),
        )  # fmt: skip
    return count


def _clocks(facts: Facts, chance: random.Random, what: Row, reported: datetime) -> None:
    for promise, (clock, stage) in enumerate(CLOCKS[what["kind"]], start=1):
        due = reported + timedelta(days=chance.randint(1, 40))
        ended_by = chance.choice(("kept", "kept", "late", "extended", "moved", ""))
        facts.add(
            "fact_clock", **what, promise=promise, clock=clock, stage=stage, started_at=reported, due_at=due,
            due_on=due.date(), due_month=month_of(due), ended_by=ended_by, kept={"kept": 1, "late": 0}.get(ended_by),
        )  # fmt: skip


def _shares(facts: Facts, chance: random.Random, what: Row, reported: datetime) -> None:
    for share in range(1, chance.randint(1, 3) + 1):
        at = reported + timedelta(days=share)
        part = "lead" if share == 1 else "co"
        facts.add(
            "fact_assignment", **what, share=share, unit_id=10 + share, part=part, assigned_at=at,
            assigned_on=at.date(), assigned_month=month_of(at),
            state=chance.choice(("waiting", "taken", "done", "done", "returned", "moved", "over")),
            on_time=chance.choice((None, 0, 1, 1)) if part == "co" else None,
        )  # fmt: skip
