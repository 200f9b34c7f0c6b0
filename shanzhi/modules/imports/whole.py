"""Subjects of other slices from a file: read by their fields, taken over together by whoever offered them, the rest kept
with reasons."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from shanzhi.core.importing import Circumstances, RowUnusable, Subject, Taken, subjects
from shanzhi.core.text import msg
from shanzhi.modules.imports.mappings import columns_of, mapping_save
from shanzhi.modules.imports.operations import How, bytes_of, write_rejects
from shanzhi.modules.imports.policy import Columns, FileUnusable, Matched, match_columns
from shanzhi.modules.imports.tables import Row, Table, read_table


@dataclass(frozen=True, slots=True)
class WholeResult:
    """What became of a file's rows: new ones, those that stood already, those rejected and where they are kept."""

    added: int
    known: int
    rejected: int
    rejects: Path | None = None
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """A table with what its subject made of it: `wrong` rows in the file's order, `becomes` by row number."""

    table: Table
    matched: Matched
    taken: Taken
    wrong: tuple[tuple[Row, str], ...]
    becomes: Mapping[int, str]


def subject_of(code: str) -> Subject:
    """A subject that its owner takes over.

    Raises:
        FileUnusable: there is none of this code.
    """
    subject = subjects().get(code)
    if subject is None or subject.take is None:
        raise FileUnusable(msg("不能导入“%(code)s”。可以导入的是：%(known)s。"), code=code, known="、".join(subjects()))
    return subject


def import_whole(
    *,
    subject: str,
    path: Path,
    rejects_path: Path,
    on: date,
    now: datetime,
    given: How | None = None,
    is_preview: bool = False,
) -> WholeResult:
    """Take over a file's rows from `on`, as the importer's role; all good ones or none, and none a second time.

    A preview writes nothing, neither rows nor rejects.

    Raises:
        FileUnusable, MappingUnusable: nothing can be read from it, or the mapping belongs to another file.
        DomainError: what the subject's owner refuses as a whole; nothing was written.
    """
    given = given or How()
    taker = subject_of(subject)
    columns = columns_of(taker, given.mapping, given.columns)
    table = read_table(bytes_of(path), given.sheet)
    how = Circumstances(now, on, is_preview=True)
    judged = take_over(taker, table, how, columns, given.fixed)
    kept = None
    if not is_preview:
        if given.save_as:
            mapping_save(subject=taker, name=given.save_as, columns=judged.matched.columns, now=now)
        # Before anything is written: a disk that is full must not cost the reasons.
        kept = write_rejects(rejects_path, table.columns, judged.wrong) if judged.wrong else None
        judged = take_over(taker, table, replace(how, is_preview=False), columns, given.fixed)
    taken = judged.taken
    return WholeResult(taken.added, taken.known, len(judged.wrong), kept, judged.matched.unused, table.notes)


@transaction.atomic
def take_over(
    subject: Subject,
    table: Table,
    how: Circumstances,
    columns: Columns | None = None,
    fixed: Mapping[str, str] | None = None,
) -> Judged:
    """Let a subject's owner take over a table (or judge it: `how.is_preview`), in one transaction.

    Raises:
        FileUnusable, MappingUnusable: a needed column is missing, or `columns` belong to another file.
        DomainError: refused as a whole.
    """
    matched = match_columns(subject, table.columns, columns)
    rows, places, wrong = parsed(subject, table, matched)
    rows = [{**row, **{name: text for name, text in (fixed or {}).items() if not row.get(name)}} for row in rows]
    assert subject.take is not None  # noqa: S101 - `subject_of` has seen to it
    taken = subject.take(rows, how)
    wrong += [(table.rows[places[at]], reason) for at, reason in taken.wrong.items()]
    wrong.sort(key=lambda one: one[0].number)
    becomes = {table.rows[places[at]].number: words for at, words in taken.becomes.items()}
    return Judged(table, matched, taken, tuple(wrong), becomes)


def parsed(
    subject: Subject, table: Table, matched: Matched
) -> tuple[list[Mapping[str, Any]], list[int], list[tuple[Row, str]]]:
    """The rows that can be read, by field, with their places in the table, and those that can't with their reasons."""
    fields = [(one, matched.places[one.name]) for one in subject.fields if one.name in matched.places]
    rows: list[Mapping[str, Any]] = []
    places: list[int] = []
    wrong: list[tuple[Row, str]] = []
    for place, row in enumerate(table.rows):
        try:
            if row.wrong:
                raise RowUnusable(row.wrong)
            rows.append({one.name: one.parse(_cell(row.cells, at), table.columns[at]) for one, at in fields})
            places.append(place)
        except RowUnusable as error:
            wrong.append((row, str(error)))
    return rows, places, wrong


def _cell(cells: Sequence[str], at: int) -> str:
    return cells[at] if at < len(cells) else ""
