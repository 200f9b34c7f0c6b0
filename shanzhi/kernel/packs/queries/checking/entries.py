"""Entries of the journal as a pack has them: read, and compared with the columns beside them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from shanzhi.kernel.facts.policy.entries import Entry
from shanzhi.kernel.journal.policy.canonical import FORM
from shanzhi.kernel.packs.policy import faults
from shanzhi.kernel.packs.policy.checked import Checked
from shanzhi.kernel.packs.queries.checking.opened import Opened

_PARTS = 15
_SAID_MOST = 200


@dataclass(frozen=True, slots=True)
class Told:
    """An entry with its place in the journal, its subject as it says it, and what a fold takes of it."""

    epoch: int
    leaf: int
    kind: str
    subject_id: int
    step: int
    entry: Entry

    @property
    def at(self) -> tuple[int, int]:
        """Its place: epoch and leaf."""
        return self.epoch, self.leaf


def read_entries(rows: list[tuple[Any, ...]], found: Checked) -> list[Told]:
    """The entries of rows (epoch, leaf, subject_kind, subject_id, step, entry); what can't be read, or says something else
    than the columns beside it, is told and left out."""
    made = []
    for epoch, leaf, kind, subject_id, step, text in rows:
        said = told_of(epoch, leaf, text)
        if said is None:
            found.add([faults.entry_unreadable(epoch, leaf)])
        elif (said.kind, said.subject_id, said.step) != (kind, subject_id, step):
            beside, inside = f"{kind} {subject_id} #{step}", f"{said.kind} {said.subject_id} #{said.step}"
            found.add([faults.entry_mislabelled(epoch, leaf, beside[:_SAID_MOST], inside[:_SAID_MOST])])
        else:
            made.append(said)
    return made


def told_of(epoch: int, leaf: int, text: str) -> Told | None:
    """An entry in canonical form; None where it isn't one."""
    try:
        parts = orjson.loads(text)
        if not isinstance(parts, list) or len(parts) != _PARTS or parts[0] != FORM or not isinstance(parts[14], dict):
            return None
        happened_at = datetime.fromisoformat(parts[4]).replace(tzinfo=UTC)
        numbers, words = (parts[6], parts[8], parts[9]), (parts[5], parts[7], parts[11])
        unit = parts[13]
    except (ValueError, TypeError, IndexError):
        return None
    is_shaped = all(type(each) is int for each in numbers) and all(type(each) is str for each in words)
    if not is_shaped or not (unit is None or type(unit) is int):
        return None
    entry = Entry(parts[8], parts[9], parts[5], parts[6], happened_at, parts[11], unit, parts[14])
    return Told(epoch, leaf, parts[7], parts[8], parts[9], entry)


def of_kind(opened: Opened, kind: str, found: Checked) -> list[Told]:
    """All entries whose subject is of a kind, in the order of their leaves."""
    rows = opened.rows(
        "SELECT epoch, leaf, subject_kind, subject_id, step, entry FROM entries WHERE subject_kind = ? ORDER BY epoch, leaf",
        [kind],
    )
    return read_entries(rows, found)
