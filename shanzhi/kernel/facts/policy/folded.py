"""What is known of a matter after some of its entries: its row, the numbered rows that are new or changed, and what the next
entry needs beside them. It can be put away as text and taken up again."""

from datetime import date, datetime
from typing import Any

import orjson

from shanzhi.core.periods import local_date
from shanzhi.kernel.facts.policy.rows import Row
from shanzhi.kernel.facts.policy.tables import WHAT, Shape, shapes

Fields = dict[str, Any]
"""A row on its way: value by column."""

SHARES, CLOCKS, STEPS, RATINGS, MATTERS = "fact_assignment", "fact_clock", "fact_step", "fact_rating", "fact_matter"


def month_of(day: date) -> int:
    """A day's month as the whole number yyyymm."""
    return day.year * 100 + day.month


def day_of(at: datetime) -> date:
    """The city's day."""
    return local_date(at)


def seconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds of the calendar from one to the other, never less than none; None where either isn't known."""
    return None if start is None or end is None else max(int((end - start).total_seconds()), 0)


class Folded:
    """A matter's facts after the entry `steps`.

    `matter`: its own row. `changed`: the rows of numbered tables that are new or changed since it was taken up, by table and
    number. `open`: those that later entries may still change (shares that are open, clocks that run). `extra`: what folds
    remember beside the rows, plain JSON values. `is_known`: its rows are in the tables as far as it was taken up;
    `was_open`: it was open then; `moved_what`: the columns that every table repeats have changed since. `before`: its row and
    those of `open` as the tables had them then, by table and number (0 for its own).
    """

    __slots__ = (
        "before",
        "changed",
        "counted",
        "extra",
        "is_known",
        "known",
        "matter",
        "moved_what",
        "open",
        "steps",
        "was_open",
    )

    def __init__(self) -> None:
        self.steps = 0
        self.matter: Fields = {}
        self.changed: dict[str, dict[int, Fields]] = {}
        self.open: dict[str, dict[int, Fields]] = {}
        self.counted: dict[str, int] = {}
        self.known: dict[str, int] = {}
        self.extra: Fields = {}
        self.before: dict[str, dict[int, tuple[Any, ...]]] = {}
        self.is_known = False
        self.was_open = True
        self.moved_what = False

    def add(self, table: str, fields: Fields) -> Fields:
        """A new row of a numbered table, with the number after the last; the row, to be filled further."""
        number = self.counted.get(table, 0) + 1
        self.counted[table] = number
        fields["matter_id"] = self.matter["matter_id"]
        fields[shapes()[table].number] = number
        self.changed.setdefault(table, {})[number] = fields
        return fields

    def keep_open(self, table: str, row: Fields) -> None:
        """Remember a row that a later entry may change."""
        self.open.setdefault(table, {})[row[shapes()[table].number]] = row

    def touch(self, table: str, row: Fields, *, is_over: bool = False) -> None:
        """A row was changed; `is_over`: no later entry will."""
        number = row[shapes()[table].number]
        self.changed.setdefault(table, {})[number] = row
        if is_over:
            self.open.get(table, {}).pop(number, None)

    def still_open(self, table: str) -> list[Fields]:
        """The rows that later entries may change, in their order."""
        return list(self.open.get(table, {}).values())

    @property
    def is_open(self) -> bool:
        """Is the matter open?"""
        return bool(self.matter["is_open"])

    def has_rows(self, table: str) -> bool:
        """Are there new or changed rows of a table? Its own is always one."""
        return table == MATTERS or table in self.changed

    def rows(self, table: str) -> list[tuple[Any, ...]]:
        """The new and changed rows of a table in the order of their keys, as it takes them."""
        shape = shapes()[table]
        if table == MATTERS:
            return [shape.own_of(self.matter)]
        changed = self.changed.get(table)
        if not changed:
            return []
        what = shape.what_of(self.matter)
        if len(changed) == 1:
            (row,) = changed.values()
            return [shape.row(shape.own_of(row), what)]
        return [shape.row(shape.own_of(changed[number]), what) for number in sorted(changed)]

    def replaced(self, table: str) -> list[int]:
        """Numbers of changed rows that are in the table already."""
        changed, known = self.changed.get(table), self.known.get(table, 0)
        return [number for number in changed if number <= known] if changed and known else []

    def put_away(self) -> str:
        """As text, from which `taken_up` goes on."""
        told = [self.steps, list(self.matter.values()), self.counted, self.extra]
        rows = {
            table: [shapes()[table].own_of(fields) for fields in found.values()]
            for table, found in self.open.items()
            if found
        }
        return orjson.dumps([*told, rows]).decode()


def taken_up(text: str) -> Folded:
    """What `put_away` gave."""
    folded = Folded()
    steps, values, counted, extra, rows = orjson.loads(text)
    folded.steps, folded.counted, folded.extra = steps, counted, extra
    whole = shapes()[MATTERS]
    own = _read(whole, values)
    folded.matter = dict(zip(whole.own, own, strict=True))
    folded.before = {MATTERS: {0: own}}
    for table, found in rows.items():
        shape = shapes()[table]
        what = shape.what_of(folded.matter)
        still, before = folded.open.setdefault(table, {}), folded.before.setdefault(table, {})
        for values in found:
            own = _read(shape, values)
            fields = dict(zip(shape.own, own, strict=True))
            number = fields[shape.number]
            still[number], before[number] = fields, shape.row(own, what)
    folded.known = dict(counted)
    folded.is_known = True
    folded.was_open = folded.is_open
    return folded


def _read(shape: Shape, values: list[Any] | Fields) -> Row:
    """A row's own values after JSON: times and days as what they are. States of before name each column."""
    if isinstance(values, dict):
        values = [values[name] for name in shape.own]
    for place in shape.times:
        if values[place] is not None:
            values[place] = datetime.fromisoformat(values[place])
    for place in shape.dates:
        if values[place] is not None:
            values[place] = date.fromisoformat(values[place])
    return tuple(values)


def tell_what(folded: Folded, **values: Any) -> None:
    """Set columns that every table repeats; rows in the tables follow."""
    for name, value in values.items():
        if folded.matter[name] != value:
            folded.matter[name] = value
            folded.moved_what = folded.moved_what or name in WHAT
