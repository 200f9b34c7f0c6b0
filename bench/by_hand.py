"""`make bench-formulas`: 133 formulas for 3,036 regions and 12 months over the facts of 10,000,000 matters.

    python -m bench.by_hand [FOLDER] [--postgres] [--formulas 133]

FOLDER is what `python -m bench.make_facts` made; without one it is made in var/bench (2.3 GB, and 6 GB more while it is made;
some minutes). Each formula is run as it is written, its figures added up from the
communities to every region; beside it the same figures by a few statements that a person wrote who knew all formulas, which
is the limit. All figures of both are compared. With `--postgres` the same formulas run on PostgreSQL over the months that
they need (and six more, for what was reported earlier).
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import duckdb
from rich.console import Console
from rich.progress import track

from bench.formulas import CATEGORIES, by_hand, formulas
from bench.make_facts import make
from bench.results import write_section
from scripts.gates import ROOT
from shanzhi.kernel.facts.policy import columns, parquet

SINCE, UNTIL, EARLIER = 202511, 202610, 202505
MADE = ROOT / "var" / "bench" / "facts"
Figures = dict[tuple[str, int, int], tuple[int, int]]
console = Console(stderr=True)

# A region's own line and everything above it: the tree of a day stands still in these facts.
SCOPE = """
CREATE TABLE scope AS WITH RECURSIVE up (region_id, ancestor_id) AS (
    SELECT region_id, region_id FROM fact_region
    UNION ALL SELECT u.region_id, r.parent_id FROM up u JOIN fact_region r ON r.region_id = u.ancestor_id
    WHERE r.parent_id IS NOT NULL
) SELECT * FROM up
"""
ROLLED = """
SELECT s.ancestor_id, f.month, SUM(f.numerator)::BIGINT, SUM(f.denominator)::BIGINT
FROM ({formula}) AS f JOIN scope AS s ON s.region_id = f.community
WHERE f.month BETWEEN {since} AND {until} GROUP BY s.ancestor_id, f.month
"""


@contextmanager
def opened(folder: Path, threads: int, memory: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB over a folder of facts, each table a view."""
    with duckdb.connect(config={"threads": str(threads), "memory_limit": memory}) as db:
        db.execute("SET TimeZone = 'UTC'")
        for table in columns.TABLES:
            files = f"{folder}/{parquet.glob_of(table)}"
            db.execute(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet('{files}', hive_partitioning = false)")
        db.execute(SCOPE)
        yield db


def by_formula(db: duckdb.DuckDBPyConnection, asked: dict[str, str]) -> tuple[Figures, dict[str, float]]:
    """Every figure of every formula, one formula after the other; seconds of each."""
    found: Figures = {}
    took = {}
    for key, formula in track(asked.items(), description="DuckDB", console=console, transient=True):
        began = perf_counter()
        rows = db.execute(ROLLED.format(formula=formula, since=SINCE, until=UNTIL)).fetchall()
        took[key] = perf_counter() - began
        found.update({(key, region, month): (top, bottom) for region, month, top, bottom in rows})
    return found, took


def written_by_hand(db: duckdb.DuckDBPyConnection) -> tuple[dict[str, Any], float]:
    """The same figures as few statements; rows as they come, and seconds."""
    began, found = perf_counter(), {}
    for statement, keys, has_category in by_hand():
        apart = ", f.category_1" if has_category else ""
        sums = ", ".join(f"SUM(f.n{nth})::BIGINT, SUM(f.d{nth})::BIGINT" for nth in range(len(keys)))
        asked = statement.format(since=SINCE, until=UNTIL)
        rolled = (
            f"SELECT s.ancestor_id, f.month{apart or ', NULL'}, {sums} FROM ({asked}) f"
            f" JOIN scope s ON s.region_id = f.community GROUP BY s.ancestor_id, f.month{apart}"
        )
        found[statement] = (keys, db.execute(rolled).fetchall())
    return found, perf_counter() - began


def as_figures(found: dict[str, Any]) -> Figures:
    """What was written by hand, by formula."""
    figures: Figures = {}
    for keys, rows in found.values():
        for region, month, category, *values in rows:
            for nth, key in enumerate(keys):
                pair = (values[2 * nth], values[2 * nth + 1])
                if category is None:
                    figures[key, region, month] = pair
                    continue
                if category in CATEGORIES:
                    figures[f"{key}_{category}", region, month] = pair
                whole = figures.get((key, region, month), (0, 0))
                figures[key, region, month] = (whole[0] + pair[0], whole[1] + pair[1])
    return figures


def differing(left: Figures, right: Figures) -> int:
    """How many figures aren't the same; one without rows is two zeros."""
    nothing = (0, 0)
    return sum(left.get(key, nothing) != right.get(key, nothing) for key in left.keys() | right.keys())


def on_postgres(folder: Path, db: duckdb.DuckDBPyConnection, asked: dict[str, str]) -> tuple[Figures, list[str]]:
    """The same formulas on the embedded PostgreSQL, loaded with the months that they need."""
    from bench.journal import installation

    with installation("sha256") as made:
        from shanzhi.config import database

        with database.as_owner(made) as connection:
            began, count = perf_counter(), 0
            for table in columns.TABLES:
                count += _load(connection, db, table)
            connection.execute(SCOPE)
            connection.commit()
            connection.autocommit = True
            for name in ("scope", *(table.name for table in columns.TABLES)):
                connection.execute(f"VACUUM ANALYZE {name}")
            loading, found, took = perf_counter() - began, {}, {}
            for key, formula in track(asked.items(), description="PostgreSQL", console=console, transient=True):
                began = perf_counter()
                rows = connection.execute(ROLLED.format(formula=formula, since=SINCE, until=UNTIL)).fetchall()
                took[key] = perf_counter() - began
                found.update({(key, region, month): (int(top), int(bottom)) for region, month, top, bottom in rows})
    return found, [
        f"- PostgreSQL 18, embedded, over {count:,} rows (months {EARLIER} to {UNTIL}; loaded in {loading:.0f} s):"
        f" {len(asked)} formulas in {sum(took.values()):.1f} s, {_spread(took)}"
    ]


def _load(connection: Any, db: duckdb.DuckDBPyConnection, table: columns.Table) -> int:
    """A table's rows by COPY, in pieces."""
    names = ", ".join(column.name for column in table.columns)
    texts = ", ".join(f"{column.name}::VARCHAR" for column in table.columns)
    where = f"WHERE {table.month} BETWEEN {EARLIER} AND {UNTIL}" if table.month else ""
    rows, count = db.execute(f"SELECT {texts} FROM {table.name} {where}"), 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
        while piece := rows.fetchmany(20_000):
            copy.write("".join("\t".join("\\N" if each is None else each for each in row) + "\n" for row in piece))
            count += len(piece)
    return count


def _spread(took: dict[str, float]) -> str:
    ordered = sorted(took.values())
    return f"{ordered[len(ordered) // 2]:.2f} s in the middle, {ordered[-1]:.2f} s at most ({max(took, key=lambda k: took[k])})"


def main() -> int:
    """Measure, compare, and write the section."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path, nargs="?", default=MADE)
    options.add_argument("--postgres", action="store_true")
    options.add_argument("--formulas", type=int, default=133, help="how many of them on PostgreSQL")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--memory", default="4GB")
    options.add_argument("--note", default="", help="what else there is to say of this run")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    asked = formulas()
    if not given.folder.exists():
        given.folder.parent.mkdir(parents=True, exist_ok=True)
        with console.status(f"making {given.folder}"):
            make(given.folder)
    with opened(given.folder, given.threads, given.memory) as db:
        (matters,) = db.execute("SELECT count(*) FROM fact_matter").fetchone() or (0,)
        (regions,) = db.execute("SELECT count(*) FROM fact_region").fetchone() or (0,)
        spent = process_time()
        figures, took = by_formula(db, asked)
        spent = process_time() - spent
        rows, limit = written_by_hand(db)
        differ = differing(figures, as_figures(rows))
        lines = [
            f"{matters:,} matters, {len(asked)} formulas × {regions:,} regions × 12 months"
            f" = {len(asked) * regions * 12:,} figures ({len(figures):,} with records), from Parquet",
            "",
            f"- DuckDB, formula by formula: {sum(took.values()):.1f} s ({spent:.1f} s of processors, {given.threads} threads),"
            f" {_spread(took)}",
            f"- DuckDB, written by hand with each table read once: {limit:.1f} s; figures that differ: {differ}",
        ]
        if given.postgres:
            some = dict(list(asked.items())[: given.formulas])
            found, told = on_postgres(given.folder, db, some)
            differ += differing(found, {key: pair for key, pair in figures.items() if key[0] in some})
            lines += [*told, f"- figures that differ between DuckDB and PostgreSQL: {differ}"]
    print("\n".join(lines))
    if not given.dry:
        command = "make bench-formulas" + (" ARGS=--postgres" if given.postgres else "")
        write_section(
            f"Ruler: formulas over {matters:,} matters", command, [*lines, *([f"- {given.note}"] if given.note else [])]
        )
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
