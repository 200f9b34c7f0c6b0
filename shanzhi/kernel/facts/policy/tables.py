"""Which tables are projected: those of matters, and those that later slices offer."""

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from shanzhi.kernel.facts.policy.columns import ASSIGNMENT, CLOCK, MATTER, RATING, REGION, STEP, UNIT, Of, Table
from shanzhi.kernel.facts.policy.rows import Row

WHAT = ("kind", "category", "category_1", "region_id", "channel")
"""What every table says of the matter, as it is after the last correction."""

_offered: dict[str, Table] = {}


class Shape:
    """A projected table at work: its names, how rows are made of dicts, which columns are times and days. `own` are the columns
    that are the row's alone, `what` those that every row of the matter repeats."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.name = table.name
        self.names = tuple(column.name for column in table.columns)
        self.number = table.key[1] if len(table.key) > 1 else ""
        self.what = tuple(name for name in WHAT if name in self.names) if self.number else ()
        self.own = tuple(name for name in self.names if name not in self.what)
        self.what_of, self.own_of = _values_of(self.what), _values_of(self.own)
        told = (*self.own, *self.what)
        self._in_order: Callable[[Row], Row] = itemgetter(*(told.index(name) for name in self.names))
        of = {column.name: column.of for column in table.columns}
        self.times = tuple(nth for nth, name in enumerate(self.own) if of[name] is Of.TIME)
        self.dates = tuple(nth for nth, name in enumerate(self.own) if of[name] is Of.DATE)
        self.key: Callable[[Row], Any] = itemgetter(*(self.names.index(name) for name in table.key))

    def row(self, own: Row, what: Row) -> Row:
        """A row in the order of the columns: its own values, and what it repeats of its matter."""
        return self._in_order(own + what) if what else own


def _values_of(names: Sequence[str]) -> Callable[[dict[str, Any]], Row]:
    """Values of a dict in this order, as a tuple however many there are."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda fields: tuple(fields[name] for name in names)


def offer_table(table: Table) -> None:
    """Let a table of a later slice be projected, rebuilt, verified and hashed with the others.

    Its key is `matter_id` and a number within the matter; its migration makes it with a twin (`…_spare`, by `LIKE …
    INCLUDING ALL`) and the worker's rights on both, as `migrations/0001_facts.py` does.

    Raises:
        ValueError: another table of that name is there, or its key isn't of this form.
    """
    taken = {each.name: each for each in projected()}
    if taken.get(table.name, table) != table:
        raise ValueError(f"{table.name} is offered already")
    if table.key[:1] != ("matter_id",) or len(table.key) != 2 or not table.name.startswith("fact_"):
        raise ValueError(f"{table.name}: a projected table is a fact_… with the key (matter_id, number)")
    _offered[table.name] = table
    _shapes.clear()


def projected() -> Sequence[Table]:
    """The tables that follow from matters' entries, in the order in which they are written and hashed."""
    return (MATTER, STEP, ASSIGNMENT, CLOCK, RATING, *_offered.values())


def all_tables() -> Sequence[Table]:
    """Every table of facts: those projected, then regions and units. So they are exported, asked and documented."""
    return (*projected(), REGION, UNIT)


_shapes: dict[str, Shape] = {}


def shapes() -> dict[str, Shape]:
    """The projected tables by name, in their order."""
    if not _shapes:
        _shapes.update((table.name, Shape(table)) for table in projected())
    return _shapes
