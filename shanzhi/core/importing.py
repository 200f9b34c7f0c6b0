"""What can be imported: subjects with their fields, and who takes them over. Plain Python; offered by any slice.

How a subject is offered (in `AppConfig.ready` of the slice that owns it; it then has its command, its page and its rejects):
1. `Field(name, title, example, required, parse, synonyms)` for each column; `parse` gets (cell, column) and raises RowUnusable.
2. `take(rows, how)`: rows by field name, `how` says day, time, source and post; runs as the importer's role in one transaction.
3. It returns `Taken(added, known, wrong, becomes)`; `wrong` and `becomes` say a sentence by the row's place in `rows`.
4. The good rows are written together or not at all (a raised DomainError undoes all); with `how.is_preview` nothing is.
5. `offer_subject(Subject("places", "场所", FIELDS, take))`, and grant the importer what `take` reads and writes.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


class RowUnusable(ValueError):
    """Why a row can't be taken in, as a sentence."""


Parser = Callable[[str, str], Any]
"""From a cell and the column's name to a value; raises RowUnusable with a sentence that names the column."""


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that a subject's row says: its name, its Chinese title, what else a column of it is called."""

    name: str
    title: str
    example: str
    required: bool = False
    parse: Parser = field(default=lambda cell, _column: cell.strip())
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When and by whom rows are taken over: `on` is the day from which they stand; no post where the command line does it."""

    now: datetime
    on: date
    source: str = ""
    post_id: int | None = None
    unit_id: int | None = None
    is_preview: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of rows: new ones, those that stood already; `wrong` says why not, `becomes` in a few words what a row is
    now or would be, both by the row's place in what was given."""

    added: int
    known: int
    wrong: Mapping[int, str] = field(default_factory=dict)
    becomes: Mapping[int, str] = field(default_factory=dict)


Take = Callable[[Sequence[Mapping[str, Any]], Circumstances], Taken]
"""Takes over parsed rows (field → value, a column that is missing leaves its field out); importer's role, atomic."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be imported. `fields` in the order in which people read them; without `take` the module of imports
    has its own way (matters, by chunks)."""

    code: str
    title: str
    fields: tuple[Field, ...]
    take: Take | None = None

    def field(self, name: str) -> Field | None:
        """The field of this name."""
        return next((one for one in self.fields if one.name == name), None)


_subjects: dict[str, Subject] = {}


def offer_subject(subject: Subject) -> None:
    """Register something that can be imported; once, in `AppConfig.ready` or where its reader stands."""
    if subject.code in _subjects and _subjects[subject.code] != subject:
        raise ValueError(f"two subjects {subject.code}")
    _subjects[subject.code] = subject


def subjects() -> Mapping[str, Subject]:
    """Everything that can be imported, by code."""
    return dict(_subjects)
