"""Saved mappings and runs, as the command line shows them."""

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass
from datetime import datetime

from shanzhi.modules.imports.models import Mapping, Run

MOST = 50


@dataclass(frozen=True, slots=True)
class MappingRow:
    """A saved mapping: `columns` says by the column's name which field it fills."""

    name: str
    columns: Dictionary[str, str]
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class RunRow:
    """A run and its figures so far; `is_over` when every row is taken in, known or rejected."""

    source: str
    started_at: datetime
    is_over: bool
    starts: int
    rows: int
    imported: int
    closed: int
    known: int
    rejected: int


def mappings(subject: str) -> list[MappingRow]:
    """The saved mappings of a subject by name; importer's role, 1 query."""
    rows = Mapping.objects.filter(subject=subject).order_by("name")
    return [MappingRow(row.name, row.columns, row.saved_at) for row in rows]


def runs() -> list[RunRow]:
    """The last runs, newest first; importer's role, 1 query."""
    return [
        RunRow(
            row.source, row.started_at, row.state == "done", row.starts, row.rows, row.imported, row.closed, row.known,
            row.rejected,
        )
        for row in Run.objects.order_by("-pk")[:MOST]
    ]  # fmt: skip
