"""Facts of a city that never was, as Parquet: the same every time, to any size, for benchmarks and tests.

    python -m bench.make_facts DIR [--total 10000000] [--months 36]

The files are laid out as `shanzhi facts export` lays them out, and every table of `policy/columns.py` is there with every
column. A table's rows follow from the matters' rows, so counting one way or another gives the same figure. Steps and
assignments are thinner than in life: there are no notes, extensions or urgings as steps of their own.

How it is skewed, as hotlines of real cities are:

- **Where**: communities by Zipf (exponent 0.8, ranks shuffled): the busiest tenth has half of the matters.
- **What**: the shipped categories by Zipf (1.05); requests 86 %, incidents 8, petitions 3, findings 2, suggestions 1.
- **When**: Mondays a fifth over, weekends a third below the mean; a peak with the heating (November to January) and with
  the rains (July, August), a dip at the spring festival; a fifth more from the first year to the last; office hours.
- **Doors**: 62 % phone, 22 % web, 9 % grid workers, 4 % windows, 3 % other systems.
- **How long**: log-normal with a long tail (half answered within 3 days, one in ten after 12, one in fifty after 33), longer
  by unit: each has a pace of its own between half and twice the mean, so that its late share goes from next to none to 40 %.
- **What went wrong**: a tenth given back at least once (more by slow units), one in sixteen reopened, 3 % linked as repeats
  of an earlier matter, 2 % refused, 2 % withdrawn; half of the reporters give a verdict, scores sink with the time it took.
- **The end**: whatever would have happened on or after the day behind the last month hasn't yet, so the last weeks are open.

Each draw is a hash of the matter's number and the draw's: no random state, so it doesn't matter how many threads there are.
"""

import argparse
import shutil
import sys
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from importlib import resources
from math import cos, pi
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import duckdb
from rich.console import Console

from bench import make_facts_sql as written
from shanzhi.kernel.facts.policy import columns

TOTAL, MONTHS, LAST = 10_000_000, 36, 202610
SLOTS = 65_536
CITY = "3703"


@dataclass(frozen=True, slots=True)
class Shape:
    """How many regions of each level below the city there are."""

    counties: int = 11
    townships: int = 96
    communities: int = 2_928

    @property
    def regions(self) -> int:
        """All of them, the city too."""
        return 1 + self.counties + self.townships + self.communities


SMALL = Shape(counties=2, townships=4, communities=12)


def make(
    folder: Path, *, total: int = TOTAL, months: int = MONTHS, shape: Shape | None = None, memory: str = "4GB"
) -> dict[str, int]:
    """Write `total` matters over `months` months up to October 2026 into a new folder; rows of each table."""
    shape = shape or Shape()
    days = _days(total, months)
    with TemporaryDirectory(dir=folder.parent) as scratch:
        with duckdb.connect(str(Path(scratch) / "facts.duckdb")) as db:
            db.execute(f"SET TimeZone = 'UTC'; SET memory_limit = '{memory}'; SET temp_directory = '{scratch}'")
            _settle(db, shape)
            db.execute("CREATE TABLE day (day DATE, first BIGINT, n BIGINT)")
            _fill(db, "day", days)
            over = days[-1][0] + timedelta(days=1)
            db.execute(written.matters(f"{over} 00:00:00"))
            made = Path(scratch) / "made"
            counts = _write(db, made, sorted({day.year * 100 + day.month for day, _first, _n in days}))
        made.rename(folder)
    return counts


def _days(total: int, months: int) -> list[tuple[date, int, int]]:
    """Each day with its first number and how many there are; sums to `total` exactly."""
    year, month = divmod(LAST // 100 * 12 + LAST % 100 - months, 12)
    day, over = date(year, month + 1, 1), date(LAST // 100, LAST % 100 + 1, 1)
    weights = []
    while day < over:
        week = (1.2, 1.1, 1.06, 1.05, 1.06, 0.8, 0.73)[day.weekday()]
        season = 1 + 0.25 * max(0.0, cos((day.timetuple().tm_yday + 15) / 365.25 * 2 * pi))
        season += 0.2 * (day.month in (7, 8)) - 0.35 * (day.month == 2 and day.day < 15)
        weights.append((day, week * season * (1 + 0.1 * (day.year - 2024))))
        day += timedelta(days=1)
    whole, done, given, days = sum(weight for _day, weight in weights), 0.0, 0, []
    for day, weight in weights:
        done += weight
        upto = total if day == weights[-1][0] else round(total * done / whole)
        days.append((day, given + 1, upto - given))
        given = upto
    return days


def _settle(db: duckdb.DuckDBPyConnection, shape: Shape) -> None:
    """Regions, units, and the tables out of which communities, categories and hours are drawn."""
    regions = _regions(shape)
    db.execute("CREATE TABLE region (region_id BIGINT, level TEXT, code TEXT, name TEXT, parent_id BIGINT, nth BIGINT)")
    _fill(db, "region", regions)
    db.execute(written.UNITS)
    db.execute("CREATE TABLE category_slot (slot BIGINT, category TEXT)")
    _draw_from(db, "category_slot", _categories(), 1.05)
    db.execute("CREATE TABLE place_slot (slot BIGINT, region_id BIGINT)")
    _draw_from(db, "place_slot", [row[0] for row in regions if row[1] == "community"], 0.8)
    db.execute(written.PLACES)


def _regions(shape: Shape) -> list[tuple[int, str, str, str, int | None, int]]:
    """The tree: ids from the city down, codes that nest."""
    rows: list[tuple[int, str, str, str, int | None, int]] = [(1, "city", CITY, "样例市", None, 0)]
    below: dict[int, int] = {}
    levels = (
        ("county", shape.counties, 2, "区"),
        ("township", shape.townships, 3, "街道"),
        ("community", shape.communities, 3, "社区"),
    )
    above = [rows[0]]
    for level, count, digits, ending in levels:
        made: list[tuple[int, str, str, str, int | None, int]] = []
        for nth in range(count):
            parent = above[nth * len(above) // count]
            below[parent[0]] = below.get(parent[0], 0) + 1
            code = f"{parent[2]}{below[parent[0]]:0{digits}d}"
            made.append((len(rows) + len(made) + 1, level, code, f"第{nth + 1}{ending}", parent[0], nth))
        rows += made
        above = made
    return rows


def _categories() -> list[str]:
    """Codes of the shipped categories of the second level."""
    text = resources.files("shanzhi.kernel.matters").joinpath("catalogue/categories.toml").read_text(encoding="utf-8")
    return [second["code"] for first in tomllib.loads(text)["first"] for second in first["second"]]


def _draw_from(db: duckdb.DuckDBPyConnection, table: str, values: list[int] | list[str], exponent: float) -> None:
    """Give each value as many of the slots as its rank's weight says, at least one; ranks are shuffled by a fixed step."""
    step = next(step for step in (7919, 6271, 1) if len(values) % step)
    order = [values[(nth * step + 3) % len(values)] for nth in range(len(values))]
    weights = [(rank + 1) ** -exponent for rank in range(len(order))]
    whole, done, slots = sum(weights), 0.0, []
    for value, weight in zip(order, weights, strict=True):
        first = round(done / whole * SLOTS)
        done += weight
        slots += [(slot, value) for slot in range(first, max(first + 1, round(done / whole * SLOTS)))]
    _fill(db, table, slots[:SLOTS])


def _fill(db: duckdb.DuckDBPyConnection, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    """Insert by column: row by row takes minutes."""
    lists = [list(column) for column in zip(*rows, strict=True)]
    db.execute(f"INSERT INTO {table} SELECT {', '.join('unnest(?)' for _ in lists)}", lists)


def _write(db: duckdb.DuckDBPyConnection, folder: Path, months: list[int]) -> dict[str, int]:
    """Every table by month, in the order of its key."""
    counts: dict[str, int] = {}
    city = folder / f"city={CITY}00"
    for table in columns.TABLES:
        asked = f"SELECT {', '.join(column.name for column in table.columns)} FROM ({written.TABLES[table.name]})"
        parts = [(city, "")] if table.month is None else [(city / f"month={month}", str(month)) for month in months]
        for part, month in parts:
            part.mkdir(parents=True, exist_ok=True)
            where = asked.replace("{month}", month)
            (count,) = db.execute(
                f"COPY ({where} ORDER BY {', '.join(table.key)}) TO '{part / table.name}.parquet'"
                " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)"
            ).fetchone() or (0,)
            counts[table.name] = counts.get(table.name, 0) + count
    return counts


def main() -> int:
    """Make a city in a folder that isn't there yet."""
    parser = argparse.ArgumentParser(description="Facts of an invented city as Parquet.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--total", type=int, default=TOTAL)
    parser.add_argument("--months", type=int, default=MONTHS)
    given = parser.parse_args()
    console = Console(stderr=True)
    if given.folder.exists():
        console.print(f"{given.folder} is there already")
        return 1
    given.folder.parent.mkdir(parents=True, exist_ok=True)
    began = perf_counter()
    with console.status("making facts"):
        counts = make(given.folder, total=given.total, months=given.months)
    size = sum(file.stat().st_size for file in given.folder.rglob("*.parquet"))
    free = shutil.disk_usage(given.folder).free
    rows = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    print(f"{rows}; {size / 1e9:.2f} GB in {perf_counter() - began:.0f} s; {free / 1e9:.0f} GB of the disk are free")
    return 0


if __name__ == "__main__":
    sys.exit(main())
