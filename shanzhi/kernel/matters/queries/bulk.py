"""Many matters at a time, without free text: for files that leave the house."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.db.models import QuerySet

from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.queries.finding import ListFilter, found_whole
from shanzhi.kernel.matters.queries.names import Names
from shanzhi.kernel.matters.rulebook import categories, kind_version

BATCH = 1000


@dataclass(frozen=True, slots=True)
class BulkRow:
    """A matter in codes, names and figures. No title, no text, no point: nothing that somebody wrote."""

    number: str
    kind: str
    channel: str
    category: str
    category_name: str
    region_code: str
    region_name: str
    stage: str
    result: str | None
    reported_at: datetime
    due_at: datetime | None
    ended_at: datetime | None
    intake_unit: str
    holder_unit: str | None
    returns: int
    check_failures: int
    reopenings: int
    solved: bool | None
    satisfied: int | None


def _wanted(wanted: ListFilter, kind: str, now: datetime) -> QuerySet[Matter]:
    rows = found_whole(wanted, now)
    return rows.filter(kind=kind) if kind else rows


def bulk_count(wanted: ListFilter, *, now: datetime, kind: str = "") -> int:
    """How many there are, whatever their number; 1 query."""
    return _wanted(wanted, kind, now).order_by().count()


def matters_in_bulk(
    wanted: ListFilter, *, now: datetime, kind: str = "", batch: int = BATCH
) -> Iterator[list[BulkRow]]:
    """All of them in the order of their ids, `batch` at a time, from one server-side cursor: one snapshot, and no more
    memory than a batch. Needs a transaction; row-level security stands beneath it. 2 queries for each batch."""
    left_out = ("title", "body", "salt", "place_text", "latitude", "longitude", "follow_hash")
    rows = _wanted(wanted, kind, now).defer(*left_out).order_by("pk").iterator(chunk_size=batch)
    while some := list(islice(rows, batch)):
        yield _rows(some, now)


def _rows(matters: list[Matter], now: datetime) -> list[BulkRow]:
    names = Names(matters, now)
    tree = categories()
    return [
        BulkRow(
            number=row.number,
            kind=row.kind,
            channel=row.channel,
            category=row.category,
            category_name=tree.name(row.category),
            region_code=row.scope_code,
            region_name=names.region(row.region_id),
            stage=kind_version(row.kind, row.kind_version).stage(row.stage).name,
            result=row.result,
            reported_at=row.reported_at,
            due_at=row.due_at,
            ended_at=row.ended_at,
            intake_unit=names.unit_full(row.intake_unit_id),
            holder_unit=names.unit_full(row.holder_unit_id) if row.holder_unit_id else None,
            returns=int(row.counts.get("returns", 0)),
            check_failures=int(row.counts.get("check_failures", 0)),
            reopenings=int(row.counts.get("reopenings", 0)),
            solved=row.solved,
            satisfied=row.satisfied,
        )
        for row in matters
    ]
