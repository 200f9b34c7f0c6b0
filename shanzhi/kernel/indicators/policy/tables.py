"""The tables that a formula may read: the facts, what is left out by decision, and what other slices register."""

from collections.abc import Mapping

from shanzhi.kernel.facts.policy.columns import TABLES, Column, Of, Table

EXCLUSION = Table(
    "fact_exclusion",
    "A matter that doesn't count for an indicator in a month, by decision (剔除).",
    ("matter_id", "indicator", "month"),
    (
        Column("matter_id", Of.INTEGER, "the matter"),
        Column("indicator", Of.TEXT, "key of the indicator"),
        Column("month", Of.INTEGER, "month for which it doesn't count"),
    ),
)
"""Each indicator that may be contested leaves these out by itself, in its formula, where everybody can read it."""

_tables: dict[str, Table] = {table.name: table for table in (*TABLES, EXCLUSION)}


def register_table(table: Table) -> None:
    """A slice offers a table of facts to formulas (in `AppConfig.ready`); it has to exist on every engine."""
    _tables[table.name] = table


def tables() -> Mapping[str, Table]:
    """Every table that a formula may read, by name."""
    return _tables
