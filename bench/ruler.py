"""`make bench-ruler ARGS="FACTS"`: 133 indicators for every region and twelve months, on DuckDB over exported facts.

FACTS is a folder as `python -m bench.make_facts FOLDER` or `shanzhi facts export` leaves it. The indicators are the computed
ones of the catalogue (`--catalogue`, else the shipped one), taken again from the first until there are 133: nothing is
remembered between two. Measured are the integers (fetched into Python), the values made of them as well, and as the limit the
formulas alone, grouped as they are written, with their rows left in DuckDB: no regions above, no periods, nothing fetched.
`--postgres` and `--spark` run them there beside it (`bench.ruler_engines`; `make spark` brings Spark). `--spark-alone` measures
nothing else, and writes a section of its own: DuckDB only says the integers with which Spark's are compared.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import track

from bench.results import write_section
from bench.ruler_engines import on_postgres, on_spark

WANTED = 133
FIRST, MONTHS = 202511, 12
TODAY = date(2027, 1, 1)


class Bench:
    """The facts, the tree of the last month and the indicators."""

    def __init__(self, folder: Path, file: Path | None, wanted: int, first: int) -> None:
        from shanzhi.kernel.indicators.policy.periods import Period, later
        from shanzhi.kernel.indicators.queries import book, running
        from shanzhi.kernel.indicators.queries.engines import DuckEngine

        self.folder = folder
        self.catalogue = book.catalogue_in_force() if file is None else book.catalogue_in(file)
        self.months = [Period(later(first, step)) for step in range(MONTHS)]
        computed = [
            each.key
            for each in self.catalogue.in_month(self.months[-1].last)
            if each.formula and each.period == "month"
        ]
        held = [key for key in computed if all(self.catalogue.indicator(key, month.last) for month in self.months)]
        self.keys = list(islice(cycle(held), wanted))
        self.different = len(set(self.keys))
        self.duck = DuckEngine.over_folder(folder, seconds=600, memory="4GB", threads=os.cpu_count() or 2)
        self.standing = running.standing_of(self.duck, self.months[-1].ends_on)
        self.scope = self.standing.scope()
        self.pairs = [(month.first, place) for place, month in enumerate(self.months)]

    def integers(self, engine: Any) -> Iterator[int]:
        """The integers of each indicator; how many pairs."""
        for key in self.keys:
            yield len(self.rows_of(engine, key))

    def rows_of(self, engine: Any, key: str) -> list[Any]:
        """An indicator's integers for every region and month, by the rule of the last one."""
        from shanzhi.kernel.indicators.policy.dialects import rolled
        from shanzhi.kernel.indicators.queries import running

        rule = running.rule_of(self.catalogue, key, self.months[-1])
        query = rolled(running.formula_of(rule), self.pairs[0][0], self.pairs[-1][0])
        found: list[Any] = engine.rows(query, self.scope, self.pairs)
        return found

    def values(self) -> Iterator[int]:
        """The figures with their values."""
        from shanzhi.kernel.indicators.queries import running

        for key in self.keys:
            found = running.each_figure(self.duck, self.catalogue, [key], self.months, self.standing, today=TODAY)
            yield sum(1 for _ in found)

    def limit(self) -> Iterator[int]:
        """The formulas alone, their rows left in DuckDB."""
        from shanzhi.kernel.indicators.policy.dialects import EngineName, monthly, render
        from shanzhi.kernel.indicators.queries import running
        from shanzhi.kernel.indicators.queries.engines.duck import files_of

        with duckdb.connect(":memory:") as plain:
            for name, files in files_of(self.folder).items():
                plain.read_parquet([str(file) for file in files]).create_view(name)
            plain.execute("CREATE TABLE fact_exclusion (matter_id BIGINT, indicator VARCHAR, month BIGINT)")
            for key in self.keys:
                rule = running.rule_of(self.catalogue, key, self.months[-1])
                query = monthly(running.formula_of(rule), self.months[0].first, self.months[-1].last)
                plain.execute(f"CREATE OR REPLACE TEMP TABLE taken AS {render(query, EngineName.DUCKDB)}")
                yield 0


def timed(console: Console, name: str, total: int, job: Callable[[], Iterator[int]]) -> tuple[float, int]:
    """Seconds of a job, and how many things it made."""
    started, count = time.perf_counter(), 0
    for made in track(job(), name, total, console=console, transient=True):
        count += made
    return time.perf_counter() - started, count


def main() -> None:
    """Measure and write down."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("facts", type=Path)
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--indicators", type=int, default=WANTED)
    parser.add_argument("--first", type=int, default=FIRST, help="first of the twelve months, yyyymm")
    parser.add_argument("--postgres", action="store_true")
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--spark-alone", action="store_true")
    parser.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shanzhi.config.settings")
    import django

    django.setup()
    console = Console()
    bench = Bench(given.facts, given.catalogue, given.indicators, given.first)
    count = len(bench.keys)
    matters = int(bench.duck._connection.execute("SELECT count(*) FROM fact_matter").fetchall()[0][0])
    command = f"make bench-ruler ARGS='{' '.join(map(str, sys.argv[1:]))}'"
    lines = [
        f"{matters:,} matters; {count} indicators ({bench.different} different) × {len(bench.standing.states):,} regions"
        f" × {MONTHS} months.",
        "",
        "| what | seconds |",
        "|---|---|",
    ]
    if given.spark_alone:
        lines.append(on_spark(bench, console))
        console.print(lines[-1])
        if not given.dry:
            write_section("The ruler on Spark", command, lines)
        return
    for name, job in (
        ("DuckDB: integers, fetched", lambda: bench.integers(bench.duck)),
        ("DuckDB: integers and values", bench.values),
        ("limit: the formulas alone, nothing fetched", bench.limit),
    ):
        seconds, made = timed(console, name, count, job)
        lines.append(f"| {name}{f' ({made:,})' if made else ''} | {seconds:.1f} |")
        console.print(lines[-1])
    if given.postgres:
        lines.append(on_postgres(bench, console))
        console.print(lines[-1])
    if given.spark:
        lines.append(on_spark(bench, console))
        console.print(lines[-1])
    if not given.dry:
        write_section("The ruler", command, lines)


if __name__ == "__main__":
    main()
