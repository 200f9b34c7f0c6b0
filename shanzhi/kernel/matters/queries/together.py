"""Several reads in one statement: each a sub-select that answers with its rows, so that a page costs one way to the database.

It is sent as the role and with the scope that any read has: each table's row-level security holds as if asked by itself.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.db.models.sql.compiler import SQLCompiler
from psycopg.abc import AdaptContext
from psycopg.pq import Format
from psycopg.types.string import TextLoader

UNKNOWN = 0
BOOL = 16


def together(*wanted: QuerySet[Any, Any]) -> list[list[Any]]:
    """The rows of each of these reads, exactly as each would give them by itself; 1 query for all of them, none where nothing
    can be found."""
    compiled = [_compiled(each) for each in wanted]
    asked = [sql for _, sql, _ in compiled if sql]
    if not asked:
        return [[] for _ in wanted]
    params = [value for _, _, values in compiled for value in values]
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(asked)}", params)
        told = iter(cursor.fetchone() or ())
        driver = cursor.cursor
    return [
        _fed(each, compiler, _loaded(compiler, next(told), driver)) if compiler is not None else []
        for each, (compiler, _, _) in zip(wanted, compiled, strict=True)
    ]


def _compiled(wanted: QuerySet[Any, Any]) -> tuple[SQLCompiler | None, str, Sequence[Any]]:
    """The read as a sub-select of one value: its rows as JSON, each value as the text that the database writes for it."""
    compiler = wanted.query.chain().get_compiler(using=wanted.db)
    try:
        sql, params = compiler.as_sql(with_col_aliases=True)
    except EmptyResultSet:
        return None, "", ()
    names = [f"c{place}" for place, _ in enumerate(_types(compiler))]
    told = ", ".join(f"{name}::text" for name in names)
    # Django's own SQL, its values still beside it.
    rows = f"(SELECT json_agg(ARRAY[{told}])::text FROM ({sql}) AS t ({', '.join(names)}))"  # noqa: S608
    return compiler, rows, params


def _types(compiler: SQLCompiler) -> list[str]:
    """What the database calls the type of each column, without length and precision."""
    found = [expression.output_field.db_type(connection) or "" for expression, _, _ in compiler.select or ()]
    return [name.removesuffix("[]").partition("(")[0] + "[]" * name.endswith("[]") for name in found]


def _loaded(compiler: SQLCompiler, told: str | None, driver: AdaptContext) -> list[tuple[Any, ...]]:
    """Rows of texts into what the driver would have made of each column."""
    known = driver.adapters
    oids = [known.types.get_oid(name) if known.types.get(name) is not None else UNKNOWN for name in _types(compiler)]
    loaders = [(known.get_loader(oid, Format.TEXT) or TextLoader)(oid, driver) for oid in oids]
    return [
        tuple(
            # A truth value's text is its word, where the driver is sent its first letter.
            None if text is None else loader.load((text[:1] if oid == BOOL else text).encode())
            for text, loader, oid in zip(row, loaders, oids, strict=True)
        )
        for row in json.loads(told or "[]")
    ]


def _fed(wanted: QuerySet[Any, Any], compiler: SQLCompiler, rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    """What the read makes of the rows: models, tuples or values. Its own compiler is handed the answer instead of asking."""
    fed: Any = wanted.all()
    handed: Any = compiler
    handed.execute_sql = lambda *_, **__: [rows]
    fed.query.get_compiler = lambda *_, **__: handed
    return list(fed)
