"""What the vault says without opening anything: what is kept and why, how the keys stand, what is overdue."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from shanzhi.kernel.vault.keys import keyring, open_sealed
from shanzhi.kernel.vault.models import Hold, Key, Record, Rotation
from shanzhi.kernel.vault.policy.ciphers import CIPHER_NAMES
from shanzhi.kernel.vault.policy.envelope import UnknownEnvelope, VaultError, key_of_head, record_context
from shanzhi.kernel.vault.policy.keeping import HOLD_GROUNDS, LEGAL_GROUNDS
from shanzhi.kernel.vault.sealed import count_heads


def parts_kept(subject_kind: str, subject_id: int) -> frozenset[str]:
    """Which parts of a subject are kept sealed (names only), as far as row-level security shows them; 1 query."""
    return frozenset(parts_wanted(subject_kind, subject_id))


def parts_wanted(subject_kind: str, subject_id: int) -> QuerySet[Record, str]:
    """The same, not asked yet: for who reads it in one statement with other things."""
    return Record.objects.filter(subject_kind=subject_kind, subject_id=subject_id).values_list("part", flat=True)


def contacts_wanted(subject_kind: str, subject_ids: QuerySet[Any, Any]) -> QuerySet[Record, str]:
    """The parts of the contacts that are kept with these subjects (an unasked query of ids), not asked yet."""
    rows = Record.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids, purpose="contact")
    return rows.values_list("part", flat=True)


@dataclass(frozen=True, slots=True)
class KeptPiece:
    """One sealed piece as its owner may know of it: never what it says. `purpose` is contact or original."""

    subject_id: int
    part: str
    purpose: str
    legal_ground: str
    kept_at: datetime
    expires_on: date


def pieces_kept(subject_kind: str, subject_ids: Collection[int]) -> list[KeptPiece]:
    """What is kept sealed of these subjects, for what, on which ground and until when; oldest first; 1 query."""
    rows = Record.objects.filter(subject_kind=subject_kind, subject_id__in=subject_ids).order_by("subject_id", "id")
    return [
        KeptPiece(row.subject_id, row.part, row.purpose, row.legal_ground, row.kept_at, row.expires_on)
        for row in rows.defer("sealed")
    ]


@dataclass(frozen=True, slots=True)
class KeptPart:
    """A part that is kept: for what, since when and until when, on which ground of the law, in a sentence.

    `expires_on` is what was promised when it was kept; while the subject is open, the term hasn't begun to run.
    """

    part: str
    purpose: str
    ground: str
    article: str
    sentence: str
    kept_at: datetime
    expires_on: date


@dataclass(frozen=True, slots=True)
class HoldRow:
    """Why, by which law, and until when a subject's records stay beyond their term."""

    ground: str
    article: str
    sentence: str
    until_on: date


def kept(subject_kind: str, subject_id: int) -> tuple[KeptPart, ...]:
    """What is kept of a subject and why, oldest first, as far as row-level security shows it; 1 query."""
    rows = Record.objects.filter(subject_kind=subject_kind, subject_id=subject_id).order_by("id").defer("sealed")
    return tuple(
        KeptPart(
            row.part,
            row.purpose,
            row.legal_ground,
            LEGAL_GROUNDS[row.legal_ground].article,
            LEGAL_GROUNDS[row.legal_ground].sentence,
            row.kept_at,
            row.expires_on,
        )
        for row in rows
    )


def holds(subject_kind: str, subject_id: int, today: date) -> tuple[HoldRow, ...]:
    """The holds that stand over a subject on a day; 1 query."""
    rows = Hold.objects.filter(
        subject_kind=subject_kind, subject_id=subject_id, lifted_at=None, until_on__gte=today
    ).order_by("id")
    return tuple(
        HoldRow(row.ground, HOLD_GROUNDS[row.ground].article, HOLD_GROUNDS[row.ground].sentence, row.until_on)
        for row in rows
    )


def does_keyring_fit() -> bool:
    """Can this installation's key ring open what the vault holds, its oldest and newest piece? (Worker's role.)

    An empty vault fits every ring. A secrets file that was lost is made anew, and would fit nothing.
    """
    rows = [Record.objects.order_by("pk").first(), Record.objects.order_by("-pk").first()]
    try:
        for row in rows:
            if row is not None:
                open_sealed(row.sealed, context=record_context(row.subject_kind, row.subject_id, row.part))
    except VaultError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A data key: `rows` sealed under it, by the algorithm's name; whether the ring has it and it is the one that seals."""

    code: str
    algorithm: str
    rows: int
    in_ring: bool
    is_active: bool
    added_at: datetime | None
    activated_at: datetime | None
    retired_at: datetime | None


@dataclass(frozen=True, slots=True)
class RotationRow:
    """The last time that everything was sealed anew: rows to do at its beginning, done, that couldn't be opened."""

    key: str
    algorithm: str
    started_at: datetime
    done_at: datetime | None
    total: int
    moved: int
    unreadable: int


@dataclass(frozen=True, slots=True)
class VaultStatus:
    """How the vault stands: keys, the last rotation, records beyond their term that nothing keeps, and since when.

    `stale` rows aren't sealed under the key and algorithm in force; `is_exact` or a sample's estimate.
    """

    keys: tuple[KeyRow, ...]
    rotation: RotationRow | None
    rows: int
    stale: int
    is_exact: bool
    overdue: int
    overdue_since: date | None
    on_hold: int


_ALGORITHMS = {number: name for name, number in CIPHER_NAMES.items()}


def status(*, today: date, may_sample: bool = False) -> VaultStatus:
    """Count everything; worker's role. Reads every row, or a sample of a large table where that is enough."""
    ring = keyring()
    counts: dict[tuple[str, str], int] = {}
    stale, exact = 0, True
    for found in count_heads(may_sample=may_sample):
        try:
            code, algorithm = key_of_head(found.head)
            where = (code, _ALGORITHMS[algorithm])
        except UnknownEnvelope:
            where = ("?", "?")
        counts[where] = counts.get(where, 0) + found.rows
        stale += found.rows if found.head != ring.head else 0
        exact = exact and found.is_exact
    overdue, since, on_hold = _overdue(today)
    return VaultStatus(_keys(counts), rotation(), sum(counts.values()), stale, exact, overdue, since, on_hold)


def rotation() -> RotationRow | None:
    """The last time that everything was sealed anew, running or done; 1 query."""
    row = Rotation.objects.select_related("key").order_by("-id").first()
    if row is None:
        return None
    name = _ALGORITHMS[row.algorithm]
    return RotationRow(row.key.code, name, row.started_at, row.done_at, row.total, row.moved, row.unreadable)


def _keys(counts: dict[tuple[str, str], int]) -> tuple[KeyRow, ...]:
    """Every key that the ring, the ledger or an envelope names; the active one first."""
    ring = keyring()
    known = {row.code: row for row in Key.objects.order_by("id")}
    codes = list(dict.fromkeys([*ring.ids, *known, *sorted(code for code, _ in counts)]))
    made = []
    for code in codes:
        algorithms = sorted(name for key, name in counts if key == code) or [""]
        row = known.get(code)
        made += [
            KeyRow(
                code,
                algorithm,
                counts.get((code, algorithm), 0),
                code in ring.ids,
                code == ring.active_id,
                row.added_at if row else None,
                row.activated_at if row else None,
                row.retired_at if row else None,
            )
            for algorithm in algorithms
        ]
    return tuple(made)


_OVERDUE = """
SELECT count(*) FILTER (WHERE NOT held), min(expires_on) FILTER (WHERE NOT held), count(*) FILTER (WHERE held)
FROM (SELECT r.expires_on, EXISTS (
          SELECT 1 FROM vault_hold h WHERE h.subject_kind = r.subject_kind AND h.subject_id = r.subject_id
            AND h.lifted_at IS NULL AND h.until_on >= %s) AS held
      FROM vault_record r WHERE r.expires_on < %s) AS expired
"""


def _overdue(today: date) -> tuple[int, date | None, int]:
    with connection.cursor() as cursor:
        cursor.execute(_OVERDUE, [today, today])
        row = cursor.fetchone()
    return int(row[0]), row[1], int(row[2])
