"""SQL over all tables of envelopes: counts by key, and the next rows to be sealed anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from shanzhi.kernel.vault.policy.envelope import record_context
from shanzhi.kernel.vault.policy.sealed import SealedTable, offer_sealed, sealed_tables

SAMPLE_ABOVE = 2_000_000
SAMPLE_ROWS = 200_000

offer_sealed(SealedTable("vault_record", "id", "bigint", "0", ("subject_kind", "subject_id", "part"), record_context))
offer_sealed(
    SealedTable(
        "vault_parkedform",
        "id",
        "uuid",
        "00000000-0000-0000-0000-000000000000",
        ("id",),
        lambda key: key.bytes,
    )
)


@dataclass(frozen=True, slots=True)
class HeadCount:
    """How many envelopes of a table begin with `head` (version, algorithm, key id); `is_exact` or a sample's estimate."""

    table: str
    head: bytes
    rows: int
    is_exact: bool


def count_stale(head: bytes) -> int:
    """How many envelopes of all tables don't begin with `head`; reads every row."""
    found = 0
    with connection.cursor() as cursor:
        for table in sealed_tables():
            cursor.execute(
                f"SELECT count(*) FROM {table.table} WHERE substring(sealed FROM 1 FOR %s) <> %s",  # noqa: S608 - a registered name
                [len(head), head],
            )
            found += int(cursor.fetchone()[0])
    return found


def count_under(key_id: str) -> int:
    """How many envelopes of all tables are sealed under a key, whatever the algorithm; reads every row."""
    tail = bytes((len(key_id),)) + key_id.encode("ascii")
    found = 0
    with connection.cursor() as cursor:
        for table in sealed_tables():
            cursor.execute(
                f"SELECT count(*) FROM {table.table} WHERE substring(sealed FROM 3 FOR %s) = %s",  # noqa: S608 - a registered name
                [len(tail), tail],
            )
            found += int(cursor.fetchone()[0])
    return found


_HEADS = (
    "SELECT CASE WHEN length(sealed) > 2 THEN substring(sealed FROM 1 FOR 3 + get_byte(sealed, 2)) ELSE '' END AS head,"
    " count(*) FROM {table} {sample} GROUP BY 1 ORDER BY 1"
)


def count_heads(*, may_sample: bool) -> list[HeadCount]:
    """Envelopes by how they begin; a table above two million rows is sampled where that is enough."""
    found: list[HeadCount] = []
    with connection.cursor() as cursor:
        for table in sealed_tables():
            cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table.table])
            about = float(cursor.fetchone()[0])
            sampled = may_sample and about > SAMPLE_ABOVE
            share = min(100.0, 100 * SAMPLE_ROWS / about) if sampled else 100.0
            sample = f"TABLESAMPLE SYSTEM ({share:.4f})" if sampled else ""
            cursor.execute(_HEADS.format(table=table.table, sample=sample))
            found += [
                HeadCount(table.table, bytes(head), round(rows * 100 / share), not sampled)
                for head, rows in cursor.fetchall()
            ]
    return found


def take_stale(table: SealedTable, head: bytes, after: str, most: int) -> list[tuple[Any, ...]]:
    """The next rows whose envelopes don't begin with `head`, by primary key, locked; rows that somebody else holds are
    left out. Each: primary key, envelope, and the columns that it is bound to."""
    columns = ", ".join((table.pk, "sealed", *table.bound_to))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM {table.table}"  # noqa: S608 - registered names
            f" WHERE {table.pk} > %s::{table.pk_type} AND substring(sealed FROM 1 FOR %s) <> %s"
            f" ORDER BY {table.pk} LIMIT %s FOR UPDATE SKIP LOCKED",
            [after, len(head), head, most],
        )
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def put_sealed(table: SealedTable, rows: Sequence[tuple[Any, bytes]]) -> int:
    """Write these envelopes by primary key, in one statement; returns how many rows there were."""
    if not rows:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table.table} t SET sealed = v.sealed"  # noqa: S608 - registered names
            f" FROM unnest(%s::{table.pk_type}[], %s::bytea[]) AS v (pk, sealed) WHERE t.{table.pk} = v.pk",
            [[pk for pk, _ in rows], [sealed for _, sealed in rows]],
        )
        return int(cursor.rowcount)
