"""Random facts, out of the columns as they are written down, and formulas that use all of the subset."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import sqlglot
from hypothesis import strategies as st
from sqlglot import exp

from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, standing_on
from shanzhi.kernel.indicators.policy.sheets import parse
from shanzhi.kernel.indicators.policy.subset import Formula, read_formula
from shanzhi.kernel.indicators.policy.tables import tables

SHIPPED = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
REGIONS = {1: None, 2: 1, 3: 2, 4: 2, 5: 1, 6: 5}
"""A city (1) with two townships (2, 5) and their communities."""
LEVELS = {1: "city", 2: "township", 3: "community", 4: "community", 5: "township", 6: "community"}
FIRST = date(2026, 1, 1)
MONTHS = (202601, 202602, 202603, 202604)
WORDS = ("", "request", "closed", "lead", "a'b", "部门", "demo", "%s 100%")


def tree(ended: Mapping[int, int | None] | None = None) -> Standing:
    """The standing of the little city a month later; `ended` regions are no more by then, with what took their place."""
    gone, day = ended or {}, FIRST + timedelta(days=31)
    states = [
        RegionState(region, FIRST, day if region in gone else None, LEVELS[region], f"{region}", f"区域{region}", above)
        for region, above in REGIONS.items()
    ]
    return standing_on(day, states, gone)


SCOPES = tuple(
    tree(ended).scope()
    for ended in ({}, {3: 4}, {3: 6}, {4: None}, {2: 5, 3: 6, 4: 6}, {3: 4, 4: 6}, {5: None, 6: None})
)
"""The little city as it was; a community merged into its neighbour, or into one of another township; one split up; a township
merged with all in it; one merged twice; a township given up."""


@cache
def _named() -> Mapping[str, tuple[str, ...]]:
    """The words with which the shipped formulas compare each column: random ones would never be counted."""
    found: dict[str, set[str]] = {}
    for each in parse(SHIPPED.read_text(encoding="utf-8"))["indicator"]:
        for node in sqlglot.parse_one(each.get("formula") or "SELECT 1", read="duckdb").find_all(
            exp.EQ, exp.In, exp.NEQ
        ):
            columns = [one.name for one in node.find_all(exp.Column)]
            if columns:
                words = {one.name for one in node.find_all(exp.Literal) if one.is_string}
                found.setdefault(columns[0], set()).update(words)
    return {name: tuple(sorted(words)) for name, words in found.items() if words}


def _values(table: Table, column: Column) -> st.SearchStrategy[object]:
    made: st.SearchStrategy[object]
    if column.name in {"region_id", "ancestor_id"}:
        made = st.sampled_from(sorted(REGIONS))
    elif column.name == "month" or column.name.endswith("_month"):
        made = st.sampled_from(MONTHS)
    elif column.name == "matter_id":
        made = st.integers(1, 8)
    elif column.name.endswith("seconds"):
        made = st.integers(0, 3_000_000_000)
    elif column.of is Of.INTEGER:
        made = st.integers(0, 5)
    elif column.of is Of.TEXT:
        named = _named().get(column.name, ())
        made = (
            st.sampled_from(named) | st.sampled_from(named) | st.sampled_from(WORDS)
            if named
            else st.sampled_from(WORDS)
        )
    elif column.of is Of.DATE:
        made = st.integers(0, 120).map(lambda days: FIRST + timedelta(days=days))
    else:
        made = st.none()
    return st.none() | made if column.nullable else made


def rows_of(table: Table, most: int = 10) -> st.SearchStrategy[list[tuple[object, ...]]]:
    """Rows of a table, told apart by its key."""
    one = st.tuples(*(_values(table, column) for column in table.columns))
    places = [place for place, column in enumerate(table.columns) if column.name in table.key]
    return st.lists(one, max_size=most, unique_by=lambda row: tuple(row[place] for place in places))


def facts(names: Sequence[str]) -> st.SearchStrategy[dict[str, list[tuple[object, ...]]]]:
    """Rows of several tables."""
    return st.fixed_dictionaries({name: rows_of(tables()[name]) for name in names})


def sound(text: str) -> Formula:
    """The formula of a text that is sound."""
    found = read_formula(text, tables())
    assert isinstance(found, Formula), [str(fault) for fault in found]
    return found


_MATTER = "FROM fact_matter AS m {rest} GROUP BY m.region_id, m.reported_month"


def _of_matter(top: str, bottom: str = "COUNT(*)", rest: str = "") -> str:
    columns = f"m.region_id AS community, m.reported_month AS month, {top} AS numerator, {bottom} AS denominator"
    return f"SELECT {columns} {_MATTER.format(rest=rest)}"


FORMULAS = {
    "count with filter": _of_matter("COUNT(*) FILTER (WHERE m.solved = 1 AND NOT m.kind = 'request')"),
    "count of what is known": _of_matter("COUNT(m.satisfied)", "COUNT(m.solved) FILTER (WHERE m.is_open <> 1)"),
    "sum of cases": _of_matter(
        "SUM(CASE WHEN m.solved = 1 THEN 2 WHEN m.solved IS NULL THEN 0 ELSE -1 END)", "SUM(COALESCE(m.returns, 0))"
    ),
    "case of one value": _of_matter("SUM(CASE m.kind WHEN 'request' THEN 1 WHEN '部门' THEN m.urges END)"),
    "arithmetic": _of_matter(
        "SUM(m.end_seconds * 3 - (m.reply_seconds + 1)) + 2 * COUNT(*)", "COUNT(*) - COUNT(m.solved)"
    ),
    "days": _of_matter("COUNT(*) FILTER (WHERE m.ended_on < DATE '2026-03-01' AND m.ended_on >= m.reported_on)"),
    "in, between, or": _of_matter(
        "COUNT(*) FILTER (WHERE m.category IN ('', 'demo', 'a''b', '%s 100%') OR m.satisfied BETWEEN 2 AND 4)",
        rest="WHERE m.channel NOT IN ('lead') AND m.reported_month BETWEEN 202601 AND 202603",
    ),
    "distinct from": _of_matter("COUNT(*) FILTER (WHERE m.lead_unit_id IS DISTINCT FROM m.place_id)", "COUNT(*)"),
    "not distinct from": _of_matter("SUM(NULLIF(m.urges, 0)) FILTER (WHERE m.solved IS NOT DISTINCT FROM m.on_time)"),
    "left out": _of_matter(
        "COUNT(*)",
        rest="WHERE NOT EXISTS (SELECT 1 FROM fact_exclusion AS x WHERE x.matter_id = m.matter_id AND x.indicator = 'demo'"
        " AND x.month = m.reported_month)",
    ),
    "median": _of_matter("QUANTILE_DISC(m.end_seconds, 0.5)", "COUNT(m.end_seconds)"),
    "ninth tenth with filter": _of_matter("QUANTILE_DISC(m.end_seconds, 0.9) FILTER (WHERE m.is_open = 0)"),
    "distinct": _of_matter("COUNT(DISTINCT m.lead_unit_id)", "COUNT(DISTINCT m.category) FILTER (WHERE m.solved = 1)"),
    "extremes": _of_matter("MAX(m.end_seconds) - MIN(m.reply_seconds) FILTER (WHERE m.solved = 1)"),
    "join": """
        SELECT a.region_id AS community, a.assigned_month AS month,
               COUNT(*) FILTER (WHERE u.kind = '部门') AS numerator, COUNT(*) AS denominator
        FROM fact_assignment AS a JOIN fact_unit AS u ON u.unit_id = a.unit_id AND u.opened_on <= a.assigned_on
        WHERE a.part = 'lead' GROUP BY 1, 2""",
    "left join": """
        SELECT r.region_id AS community, r.rated_month AS month,
               SUM(r.satisfied) AS numerator, COUNT(r.satisfied) AS denominator
        FROM fact_rating AS r LEFT JOIN fact_matter AS m ON m.matter_id = r.matter_id AND m.kind = 'request'
        WHERE m.matter_id IS NULL OR m.is_open = 0 GROUP BY community, r.rated_month""",
    "region as of its day": """
        SELECT s.region_id AS community, s.month AS month,
               COUNT(*) FILTER (WHERE g.level = 'demo') AS numerator, COUNT(*) AS denominator
        FROM fact_step AS s JOIN fact_region AS g ON g.region_id = s.region_id
             AND g.from_on <= s.happened_on AND (g.until_on IS NULL OR s.happened_on < g.until_on)
        GROUP BY s.region_id, s.month""",
    "clocks": """
        SELECT c.region_id AS community, c.due_month AS month, SUM(kept) AS numerator, COUNT(kept) AS denominator
        FROM fact_clock c WHERE due_on < DATE '2026-04-30' GROUP BY community, due_month""",
}
