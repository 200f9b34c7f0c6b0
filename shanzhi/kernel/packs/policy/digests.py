"""The hash of each matter's facts, set-wise in DuckDB: the same bytes as `facts.policy.rows.canonical`, millions at a time."""

from collections.abc import Sequence

from shanzhi.kernel.facts.policy.columns import Column, Of, Table
from shanzhi.kernel.facts.policy.rows import FORM


def row_duck(table: Table) -> str:
    """A row `t` as `facts.policy.rows.rows_text` writes it, in DuckDB's SQL; the session's time zone has to be UTC."""
    # One call: a chain of || would copy the beginning of the row once for each column.
    return "concat('[', " + ", ', ', ".join(_value(column) for column in table.columns) + ", ']')"


def _value(column: Column) -> str:
    """A column as arguments of `concat`, to which NULL is nothing."""
    name = f't."{column.name}"'
    if column.of is Of.INTEGER:
        return f"coalesce({name}::VARCHAR, 'null')" if column.nullable else name
    if column.of is Of.TEXT:
        text = f"to_json({name})::VARCHAR"
        return f"coalesce({text}, 'null')" if column.nullable else text
    text = name if column.of is Of.DATE else f"replace(make_timestamp(epoch_us({name}))::VARCHAR, ' ', 'T')"
    return f"coalesce('\"' || {text} || '\"', 'null')" if column.nullable else f"'\"', {text}, '\"'"


def _by_key(table: Table) -> str:
    return " ORDER BY " + ", ".join(f't."{name}"' for name in table.key)


def digests_duck(
    tables: Sequence[Table], first: int, last: int, relation: str = '"{}"', *, is_sorted: bool = False
) -> str:
    """The hashes of the matters with ids from `first` to `last`: (matter_id, digest as 64 hexadecimal digits). `tables` are the
    projected ones in their order, `fact_matter` first; `relation` says how each is read, by its name: a matter's rows have to
    lie in the order of their key, and DuckDB to have one thread.

    Even so a matter may come out with its rows in another order where DuckDB's table of groups was full between two of them (2
    of a million): a hash that is the right one proves its matter, one that differs is asked for once more with `is_sorted`.
    """
    head, *others = tables
    where = f"t.matter_id BETWEEN {int(first)} AND {int(last)}"
    joins = " ".join(
        f"LEFT JOIN (SELECT t.matter_id, string_agg({row_duck(table)}, ', '{_by_key(table) if is_sorted else ''}) AS told"  # noqa: S608 - names of our own
        f" FROM {relation.format(table.name)} t WHERE {where} GROUP BY t.matter_id) {table.name} USING (matter_id)"
        for table in others
    )
    parts = ", ', ', ".join(f"'[\"{table.name}\", [', {table.name}.told, ']]'" for table in tables)
    told = f"concat('[\"{FORM}\", ', matter_id, ', ', {head.name}.steps, ', [', {parts}, ']]')"
    return (
        f"SELECT matter_id, sha256({told}) AS digest"  # noqa: S608 - names of our own
        f" FROM (SELECT t.matter_id, t.steps, {row_duck(head)} AS told FROM {relation.format(head.name)} t WHERE {where})"
        f" {head.name} {joins} ORDER BY matter_id"
    )
