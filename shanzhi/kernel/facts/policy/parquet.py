"""How facts lie in Parquet files, and the list that says what is there.

    DIR/manifest.json
    DIR/city=370300/fact_region.parquet, fact_unit.parquet
    DIR/city=370300/month=202610/fact_matter.parquet, fact_step.parquet, ...

Rows stand in the order of their table's key; columns and their order are those of `tables.all_tables`. Times are in UTC.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

from shanzhi.kernel.facts.policy.columns import Of, Table
from shanzhi.kernel.facts.policy.tables import all_tables

FORM = "shanzhi-facts-parquet-1"
MANIFEST = "manifest.json"
ROWS_OF_GROUP = 122_880
TYPES = {Of.INTEGER: "BIGINT", Of.TEXT: "VARCHAR", Of.DATE: "DATE", Of.TIME: "TIMESTAMPTZ"}
"""DuckDB's types by what a column holds."""


@dataclass(frozen=True, slots=True)
class File:
    """One file: where it is below the folder, what it holds, its rows, bytes and SHA-256."""

    path: str
    table: str
    month: int | None
    rows: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export holds. `entries`: how many entries of the journal the facts were projected from."""

    city: str
    since: int | None
    until: int | None
    entries: int
    files: tuple[File, ...]

    def text(self) -> str:
        """As the file has it; the same export gives the same text."""
        told = {
            "form": FORM,
            "city": self.city,
            "since": self.since,
            "until": self.until,
            "entries": self.entries,
            "tables": {
                table.name: [[column.name, TYPES[column.of]] for column in table.columns] for table in all_tables()
            },
            "files": [asdict(file) for file in self.files],
        }
        return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def city_code(code: str) -> str:
    """A city's code with six digits, as folders have it (GB/T 2260: 3703 → 370300)."""
    return code.ljust(6, "0")


def path_of(table: Table, city: str, month: int | None) -> str:
    """Where a table's rows of a month lie."""
    part = "" if month is None else f"month={month}/"
    return f"city={city}/{part}{table.name}.parquet"


def within(months: Iterable[int], since: int | None, until: int | None) -> list[int]:
    """The months from one to another, with both; in order."""
    return sorted(m for m in set(months) if (since is None or m >= since) and (until is None or m <= until))


def glob_of(table: Table) -> str:
    """The files of a table below the folder of an export, of all its cities."""
    return f"city=*/{'month=*/' if table.month else ''}{table.name}.parquet"


def tables_named(statement: str) -> list[Table]:
    """The tables of facts whose names stand in a statement."""
    said = statement.lower()
    return [table for table in all_tables() if table.name in said]
