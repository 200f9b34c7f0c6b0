"""What the auditor reads of lists that were taken along as files: by which post, which list, how much. Nobody's doings by
name, no line of a list, no word that was looked for."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

MOST = 50
NEWEST = 2**63 - 1


@dataclass(frozen=True, slots=True)
class TakenRow:
    """One file: when, by which post, and what the journal kept of it (`ListTaken` as fields)."""

    id: int
    at: datetime
    post_id: int
    kept: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class TakenPage:
    """Up to 50 files, newest first; `next_before` is the cursor of the page that follows, None at the end."""

    rows: tuple[TakenRow, ...]
    next_before: int | None


def lists_taken(before: str = "") -> TakenPage:
    """A page of them; a cursor that can't be read begins at the start. Empty for who doesn't audit. 1 query."""
    number = int(before) if before.isascii() and before.isdigit() and len(before) <= 18 else NEWEST
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, at, post_id, payload::text FROM audit_lists(%s, %s)", [number, MOST + 1])
        found = cursor.fetchall()
    rows = tuple(TakenRow(pk, at, post, json.loads(kept)) for pk, at, post, kept in found[:MOST])
    return TakenPage(rows, rows[-1].id if len(found) > MOST else None)
