"""docs/facts.md out of `policy/columns.py` and `policy/cubes.py`: `python -m scripts.write_facts_page`.

A test holds the page to what this would write.
"""

from pathlib import Path

from scripts.gates import ROOT
from shanzhi.kernel.facts.policy import cubes, histogram, parquet
from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.facts.policy.cubes import Cube, Histogram, Measure, Where
from shanzhi.kernel.facts.policy.tables import all_tables
from shanzhi.kernel.indicators.policy import excluded

PAGE = Path("docs/facts.md")
HEAD = """\
# Facts

The read model without persons, projected from the journal. This page is written by
`python -m scripts.write_facts_page` out of `shanzhi/kernel/facts/policy/columns.py` and `cubes.py`; a test fails where it
isn't current. Ask the facts by
`shanzhi facts query "SELECT count(*) FROM fact_matter"`, take them away by `shanzhi facts export DIR`.

- **Whole numbers**, dates and texts. Yes and no are 1 and 0. A duration is in whole seconds of the calendar (names end in
  `_seconds`, or are `seconds`), a month is `yyyymm`. Days and months are the city's (Asia/Shanghai).
- **Times** can't be used in formulas, since engines differ in them; their days and months can. In files they are in UTC.
- **NULL** is what isn't known or doesn't apply; only columns marked “may be NULL” have it. An unknown code is the empty text.
- **Ids** lead back: `matter_id` to a matter and its journal entries, others to `fact_region` and `fact_unit`.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([HEAD, *_tables(), *_cubes(), *_files()])


def _tables() -> list[str]:
    lines = ["## Tables", ""]
    for table in all_tables():
        lines += [f"### `{table.name}`", "", f"{table.says} Key: {_names(table.key)}.{_cut(table)}", ""]
        lines += ["| column | holds | meaning |", "|---|---|---|"]
        lines += [f"| `{column.name}` | {_holds(column)} | {column.says} |" for column in table.columns]
        lines.append("")
    return lines


def _cut(table: Table) -> str:
    return f" Cut into months, and so into files, by `{table.month}`." if table.month else " Written whole."


def _holds(column: Column) -> str:
    unit = {"month": "month", "seconds": "seconds"}.get(column.name.rsplit("_", 1)[-1])
    held = "whole number" if column.of is Of.INTEGER else str(column.of)
    return (unit or held) + (", may be NULL" if column.nullable else "")


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cubes() -> list[str]:
    lines = [
        "## Cubes",
        "",
        "Counts that dashboards read, kept up with the facts row by row, and the same when counted anew. `event`: counted by",
        "the day on which the thing happened. `cohort`: by the day on which the matter was reported, so that the figure of a",
        "past month still grows. A matter counts under the regions that its own lay in on the day of its report; the queries",
        "`cube_days` and `cube_months` restate that under the tree of any day: what ended counts as what took its place.",
        "`facts` is how many rows of facts with how many of their days stand behind a row.",
        "",
    ]
    for cube in cubes.CUBES:
        lines += [f"### `{cube.name}`", "", cube.says, "", "| key | meaning |", "|---|---|"]
        lines += [f"| `{column.name}` | {column.says} |" for column in cube.key]
        lines += ["", "| measure | counts by | meaning | of | by the day in | where |", "|---|---|---|---|---|---|"]
        lines += [_measure(measure) for measure in cube.measures]
        lines += ["", *_histograms(cube)]
    edges = ", ".join(f"{edge:,}" for edge in histogram.EDGES)
    return [
        *lines,
        f"Durations are counted in {histogram.BINS} columns each, from `…_00` to `…_{histogram.BINS - 1}`: below the first of",
        f"these edges in seconds, between two of them, from the last on. {edges}.",
        "A quantile lies in one bin, whose upper edge is at most 1.42 times its lower; the middle shown is off by at most",
        "a fifth.",
        "",
    ]


def _measure(measure: Measure) -> str:
    of = f"sum of `{measure.sums}` of `{measure.table}`" if measure.sums else f"rows of `{measure.table}`"
    return f"| `{measure.name}` | {measure.counts} | {measure.says} | {of} | `{measure.at}` | {_where(measure.where)} |"


def _histograms(cube: Cube) -> list[str]:
    if not cube.histograms:
        return []
    return [
        "| duration | meaning | of | by the day in | where |",
        "|---|---|---|---|---|",
        *(_histogram(one) for one in cube.histograms),
        "",
    ]


def _histogram(one: Histogram) -> str:
    return f"| `{one.name}` | {one.says} | `{one.column}` of `{one.table}` | `{one.at}` | {_where(one.where)} |"


def _where(where: tuple[Where, ...]) -> str:
    told = {cubes.Is.KNOWN: "is known", cubes.Is.AT_LEAST: "≥", cubes.Is.ONE_OF: "is", cubes.Is.NONE_OF: "is none of"}
    parts = (f"`{one.column}` {told[one.asks]} {', '.join(map(str, one.values))}".strip() for one in where)
    return " and ".join(parts)


def _files() -> list[str]:
    return [
        "## Files",
        "",
        "`shanzhi facts export` writes Parquet by city and month, rows in the order of their key; the same facts give the same",
        f"bytes with the same DuckDB. `{parquet.MANIFEST}` names every file with its rows, bytes and SHA-256.",
        "",
        "```",
        *(f"DIR/{parquet.path_of(table, '370300', 202610 if table.month else None)}" for table in all_tables()),
        "```",
        "",
    ]


if __name__ == "__main__":
    excluded.offer()
    (ROOT / PAGE).write_text(page(), encoding="utf-8")
    print(f"{PAGE} is written")
