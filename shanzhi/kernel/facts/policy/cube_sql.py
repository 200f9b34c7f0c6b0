"""The cubes as PostgreSQL counts them: the same definitions as `counting`, told as statements.

`twin` is the ending of the tables that are counted from and into: none, or `_spare` for those that are being rebuilt.
"""

from collections.abc import Iterable, Iterator

from shanzhi.kernel.facts.policy import columns, histogram
from shanzhi.kernel.facts.policy.columns import Of
from shanzhi.kernel.facts.policy.cubes import DAYS, Cube, Histogram, Is, Measure, Where

ZONE = "Asia/Shanghai"
_TABLES = {table.name: table for table in columns.TABLES}
_TYPES = {Of.INTEGER: "bigint", Of.TEXT: "text", Of.DATE: "date"}


def count(cube: Cube, *, twin: str = "", only: bool = False) -> str:
    """A SELECT of the cube's rows counted from the rows of facts; with `only` from those in the regions `%(regions)s`."""
    parts = " UNION ALL ".join(_part(cube, table, at, twin, only) for table, at in _days(cube))
    sums = ", ".join(f"sum({name}) AS {name}" for name in cube.value_names)
    if cube.units:
        keys = ", ".join(cube.key_names)
        return f"SELECT {keys}, {sums} FROM ({parts}) c GROUP BY {keys}"  # noqa: S608 - names of our own
    above = "coalesce(l.above_id, c.region_id)"
    joined = "LEFT JOIN fact_line l ON l.region_id = c.region_id AND l.from_on = c.line"
    if cube is DAYS:
        return f"SELECT c.day, {above} AS region_id, {sums} FROM ({parts}) c {joined} AND l.nth = 0 GROUP BY 1, 2"  # noqa: S608 - names of our own
    keys = f"c.month, {above} AS region_id, coalesce(l.level, '') AS level, coalesce(l.is_own, 1) AS is_own"
    keys += ", c.kind, c.category_1"
    return f"SELECT {keys}, {sums} FROM ({parts}) c {joined} GROUP BY 1, 2, 3, 4, 5, 6"  # noqa: S608 - names of our own


def insert(cube: Cube, *, twin: str = "") -> str:
    """Fill an empty cube."""
    return f"INSERT INTO {cube.name}{twin} ({_all(cube)}) {count(cube, twin=twin)}"


def shift(cube: Cube, sign: str) -> str:
    """Add (`+`) or take out (`-`) what the rows in the regions `%(regions)s` count for, under the lines as they are now."""
    chosen = ", ".join((*cube.key_names, *(f"{sign}{name}" for name in cube.value_names)))
    counted = f"SELECT {chosen} FROM ({count(cube, only=True)}) d"  # noqa: S608 - names of our own
    return f"INSERT INTO {cube.name} AS c ({_all(cube)}) {counted} {_merge(cube, cube.value_names)}"


def add(cube: Cube, names: Iterable[str], *, twin: str = "") -> str:
    """Add to the columns `names` rows given as a JSON array of objects by column (`%(rows)s`); what one doesn't name is 0."""
    wanted = [name for name in cube.value_names if name in set(names)]
    typed = [f"{column.name} {_TYPES[column.of]}" for column in cube.key]
    typed += [f"{name} integer" for name in wanted]
    chosen = ", ".join((*cube.key_names, *(f"coalesce({name}, 0)" for name in wanted)))
    into = ", ".join((*cube.key_names, *wanted))
    return (
        f"INSERT INTO {cube.name}{twin} AS c ({into}) SELECT {chosen}"  # noqa: S608 - names of our own
        f" FROM json_to_recordset(%(rows)s::json) AS d ({', '.join(typed)}) {_merge(cube, wanted)}"
    )


def prune(cube: Cube, *, twin: str = "") -> str:
    """Take out the rows to which nothing contributes any more."""
    return f"DELETE FROM {cube.name}{twin} WHERE facts = 0"  # noqa: S608 - names of our own


def differences(cube: Cube) -> str:
    """Keys of rows that aren't as they are when counted anew, and of those that are missing or too many."""
    names, keys = _all(cube), ", ".join(cube.key_names)
    counted = f"SELECT {names} FROM ({count(cube)}) n"  # noqa: S608 - names of our own
    return (
        f"SELECT DISTINCT {keys} FROM ((SELECT {names} FROM {cube.name} EXCEPT {counted})"  # noqa: S608 - names of our own
        f" UNION ALL ({counted} EXCEPT SELECT {names} FROM {cube.name})) d ORDER BY {keys} LIMIT %(most)s"
    )


def _all(cube: Cube) -> str:
    return ", ".join((*cube.key_names, *cube.value_names))


def _merge(cube: Cube, names: Iterable[str]) -> str:
    changes = ", ".join(f"{name} = c.{name} + excluded.{name}" for name in names)
    return f"ON CONFLICT ({', '.join(cube.key_names)}) DO UPDATE SET {changes}"


def _days(cube: Cube) -> list[tuple[str, str]]:
    """Each table with each of the columns by whose day it is counted."""
    counted: tuple[Measure | Histogram, ...] = (*cube.measures, *cube.histograms)
    return list(dict.fromkeys((one.table, one.at) for one in counted))


def _part(cube: Cube, table: str, at: str, twin: str, only: bool) -> str:
    """What the rows of one table count for by one of their days; 0 in the columns that go by another."""
    time = _TABLES[table].column(at).of is Of.TIME
    day = f"(f.{at} AT TIME ZONE '{ZONE}')::date" if time else f"f.{at}"
    month = f"(EXTRACT(YEAR FROM {day}) * 100 + EXTRACT(MONTH FROM {day}))::bigint"
    source, where, line, matter = f"{table}{twin} f", [f"f.{at} IS NOT NULL"], "", "f"
    if cube.units:
        unit = f"f.{cube.units[table]}"
        keys = {"month": month, "unit_id": unit, "kind": "f.kind"}
        where.append(f"{unit} IS NOT NULL")
    else:
        if table != "fact_matter":
            source += f" JOIN fact_matter{twin} r ON r.matter_id = f.matter_id"
            matter = "r"
        line = (
            " LEFT JOIN fact_line s ON s.region_id = f.region_id AND s.nth = 0"
            f" AND s.from_on <= {matter}.reported_on AND {matter}.reported_on < s.until_on"
        )
        keys = {"region_id": "f.region_id", "line": "s.from_on"}
        keys |= {"day": day} if cube is DAYS else {"month": month, "kind": "f.kind", "category_1": "f.category_1"}
    if only:
        where.append("f.region_id = ANY(%(regions)s)")
    told = [f"{value} AS {name}" for name, value in keys.items()]
    told += [f"{value} AS {name}" for name, value in _values(cube, table, at)]
    groups = ", ".join(str(nth + 1) for nth in range(len(keys)))
    return f"SELECT {', '.join(told)} FROM {source}{line} WHERE {' AND '.join(where)} GROUP BY {groups}"  # noqa: S608 - names of our own


def _values(cube: Cube, table: str, at: str) -> Iterator[tuple[str, str]]:
    yield "facts", "count(*)"
    for measure in cube.measures:
        is_here = (measure.table, measure.at) == (table, at)
        yield measure.name, _counted(measure) if is_here else "0::bigint"
    for one in cube.histograms:
        is_here = (one.table, one.at) == (table, at)
        for number, name in enumerate(one.names):
            yield name, _in_bin(one, number) if is_here else "0::bigint"


def _counted(measure: Measure) -> str:
    if measure.sums:
        return f"coalesce(sum(f.{measure.sums}){_filter(map(_test, measure.where))}, 0)::bigint"
    return f"count(*){_filter(map(_test, measure.where))}"


def _in_bin(one: Histogram, number: int) -> str:
    tests = [_test(where) for where in one.where]
    if number:
        tests.append(f"f.{one.column} >= {histogram.EDGES[number - 1]}")
    if number < len(histogram.EDGES):
        tests.append(f"f.{one.column} < {histogram.EDGES[number]}")
    return f"count(*){_filter(tests)}"


def _filter(tests: Iterable[str]) -> str:
    told = " AND ".join(tests)
    return f" FILTER (WHERE {told})" if told else ""


def _test(where: Where) -> str:
    column = f"f.{where.column}"
    if where.asks is Is.KNOWN:
        return f"{column} IS NOT NULL"
    if where.asks is Is.AT_LEAST:
        return f"{column} >= {where.values[0]}"
    values = ", ".join(f"'{value}'" if isinstance(value, str) else str(value) for value in where.values)
    return f"{column} {'IN' if where.asks is Is.ONE_OF else 'NOT IN'} ({values})"
