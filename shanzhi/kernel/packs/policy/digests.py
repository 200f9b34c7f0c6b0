"""The hash of each matter's facts, set-wise in DuckDB: the same bytes as `facts.policy.rows.canonical`, millions at a time."""

from collections.abc import Sequence

from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.facts.policy.rows import FORM


def row_duck(table: Table) -> str:
    """A row `t` as `facts.policy.rows.rows_text` writes it, in DuckDB's SQL; the session's time zone has to be UTC."""
    # One call: a chain of || would copy the beginning of the row once for each column.
    return "concat('[', " + ", ', ', ".join(_value(column) for column in table.columns) + ", ']')"


def _value(column: Column) -> str:
    name = f't."{column.name}"'
    if column.of is Of.INTEGER:
        text = f"{name}::VARCHAR"
    elif column.of is Of.TEXT:
        text = f"to_json({name})::VARCHAR"
    elif column.of is Of.DATE:
        text = f"'\"' || {name}::VARCHAR || '\"'"
    else:
        text = f"'\"' || replace({name}::TIMESTAMP::VARCHAR, ' ', 'T') || '\"'"
    return f"coalesce({text}, 'null')" if column.nullable else text


def digests_duck(tables: Sequence[Table], first: int, last: int, relation: str = '"{}"') -> str:
    """The hashes of the matters with ids from `first` to `last`: (matter_id, digest as 64 hexadecimal digits). `tables` are the
    projected ones in their order, `fact_matter` first; `relation` says how each is read, by its name: a matter's rows have to
    lie in the order of their key, and DuckDB to have one thread."""
    where = f"t.matter_id BETWEEN {int(first)} AND {int(last)}"
    head = tables[0]
    parts, joins = [], []
    for nth, table in enumerate(tables):
        source = relation.format(table.name)
        if table is head:
            parts.append(f"'[\"{table.name}\", [' || m.told || ']]'")
            continue
        joins.append(
            f"LEFT JOIN (SELECT t.matter_id, string_agg({row_duck(table)}, ', ') AS told"  # noqa: S608
            f" FROM {source} t WHERE {where} GROUP BY t.matter_id) j{nth} USING (matter_id)"
        )
        parts.append(f"'[\"{table.name}\", [' || coalesce(j{nth}.told, '') || ']]'")
    told = " || ', ' || ".join(parts)
    return (
        f"SELECT m.matter_id, sha256('[\"{FORM}\", ' || m.matter_id || ', ' || m.steps || ', [' || {told} || ']]') AS digest"  # noqa: S608 - names of our own
        f" FROM (SELECT t.matter_id, t.steps, {row_duck(head)} AS told FROM {relation.format(head.name)} t WHERE {where}) m"
        f" {' '.join(joins)} ORDER BY m.matter_id"
    )
