"""Time limits: what is kept beyond its term is removed every night, unless its subject is open or a hold stands over it."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from shanzhi.core.errors import NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Payload, Subject, payload
from shanzhi.kernel.vault.models import Hold
from shanzhi.kernel.vault.operations.erasing import VaultErased
from shanzhi.kernel.vault.policy.keeping import check_hold
from shanzhi.kernel.vault.policy.subjects import SubjectKind, subject_kind, subject_kinds

SYSTEM = Author("system")
PURGE_SUBJECTS = 200
LOOK_AGAIN = timedelta(days=30)
"""When records of a subject that is still open are looked at again."""


class SubjectNotFound(NotFound):
    """No subject under this number."""

    code = "subject-not-found"


@payload("vault.held")
@dataclass(frozen=True, slots=True)
class VaultHeld(Payload):
    """The subject's records stay beyond their term until a day, by a ground of `HOLD_GROUNDS`; `signoff` approved it."""

    ground: str
    until_on: date
    signoff: str = ""


@payload("vault.hold_lifted")
@dataclass(frozen=True, slots=True)
class VaultHoldLifted(Payload):
    """The records may go again when their term is over."""

    ground: str


@dataclass(frozen=True, slots=True)
class Purged:
    """What a batch did: subjects whose records went, records, and subjects whose records stay (open, or busy)."""

    subjects: int = 0
    records: int = 0
    kept: int = 0


@transaction.atomic
def hold_place(
    *, kind: str, number: str, ground: str, until_on: date, now: datetime, signoff: str = "", author: Author = SYSTEM
) -> Subject:
    """Keep everything of a subject, found by the number that people know it by, until a day; journaled at the subject.

    Raises:
        SubjectNotFound: no such subject.
        BadHold: a ground that isn't in the list, or a day that isn't ahead and within three years.
    """
    check_hold(ground, until_on, local_date(now))
    subject = _entry(kind, number)
    Hold.objects.create(
        subject_kind=subject.kind, subject_id=subject.id, ground=ground, until_on=until_on, placed_at=now
    )
    journal.record(payload=VaultHeld(ground, until_on, signoff), subject=subject, author=author, happened_at=now)
    return subject


@transaction.atomic
def hold_lift(*, kind: str, number: str, now: datetime, author: Author = SYSTEM) -> int:
    """Lift every hold over a subject; returns how many there were. Lifting again changes nothing.

    Raises:
        SubjectNotFound: no such subject.
    """
    found = _id_of(kind, number)
    open_ones = Hold.objects.filter(subject_kind=kind, subject_id=found, lifted_at=None)
    grounds = sorted(set(open_ones.values_list("ground", flat=True)))
    for ground in grounds:
        journal.record(payload=VaultHoldLifted(ground), subject=_entry(kind, number), author=author, happened_at=now)
    return open_ones.update(lifted_at=now)


def purge(*, now: datetime, size: int = PURGE_SUBJECTS) -> Iterator[Purged]:
    """Remove the records whose term is over, a batch of subjects at a time, each a transaction; yields after each.

    A subject that is open keeps everything (its records are looked at again in a month); of one that has ended they go
    with the end of the term that runs from its end. Worker's role; killed, it is simply run again.
    """
    for kind in subject_kinds():
        after = 0
        while True:
            with transaction.atomic():
                ids = _expired(kind.code, local_date(now), after, size)
                done = _purge(kind, ids, now) if ids else None
            if done is None:
                break
            after = ids[-1]
            yield done


_EXPIRED = """
SELECT DISTINCT r.subject_id FROM vault_record r
WHERE r.expires_on < %s AND r.subject_kind = %s AND r.subject_id > %s AND NOT EXISTS (
    SELECT 1 FROM vault_hold h WHERE h.subject_kind = r.subject_kind AND h.subject_id = r.subject_id
      AND h.lifted_at IS NULL AND h.until_on >= %s)
ORDER BY r.subject_id LIMIT %s
"""


def _expired(kind: str, today: date, after: int, size: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(_EXPIRED, [today, kind, after, today, size])
        return [int(row[0]) for row in cursor.fetchall()]


def _purge(kind: SubjectKind, ids: list[int], now: datetime) -> Purged:
    today = local_date(now)
    ends = kind.term_ends(ids)
    later = {pk: ends.get(pk, today + LOOK_AGAIN) for pk in ids}
    later = {pk: day for pk, day in later.items() if day >= today}
    _postpone(kind.code, later)
    # Only whoever holds the subject removes its records, so that each removal has its entry and each entry its removal.
    held = _held_with_another(kind, ids, today)
    gone = _delete(kind.code, sorted(kind.lock([pk for pk in ids if pk not in later and pk not in held])), today)
    subjects = kind.entries(list(gone))
    for pk, parts in gone.items():
        kind.forget(pk, parts)
    journal.record_many(
        Draft(VaultErased(tuple(dict.fromkeys(parts)), "expired", len(parts)), subjects[pk], SYSTEM, now)
        for pk, parts in sorted(gone.items())
    )
    return Purged(len(gone), sum(map(len, gone.values())), len(ids) - len(gone))


def _held_with_another(kind: SubjectKind, ids: list[int], today: date) -> set[int]:
    """Those that are part of a subject over which a hold stands."""
    belongs = kind.belongs(ids)
    holds = Hold.objects.filter(subject_kind=kind.code, subject_id__in=set(belongs.values()), lifted_at=None)
    held = set(holds.filter(until_on__gte=today).values_list("subject_id", flat=True))
    return {pk for pk, whole in belongs.items() if whole in held}


def _postpone(kind: str, later: dict[int, date]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE vault_record r SET expires_on = greatest(r.expires_on, v.until_on)"
            " FROM unnest(%s::bigint[], %s::date[]) AS v (id, until_on)"
            " WHERE r.subject_kind = %s AND r.subject_id = v.id",
            [list(later), list(later.values()), kind],
        )


def _delete(kind: str, ids: list[int], today: date) -> dict[int, list[str]]:
    """Remove these subjects' expired records; the parts that went, by subject."""
    gone: dict[int, list[str]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM vault_record WHERE subject_kind = %s AND subject_id = ANY (%s) AND expires_on < %s"
            " RETURNING subject_id, part",
            [kind, ids, today],
        )
        for pk, part in cursor.fetchall():
            gone[pk].append(part)
    return gone


def _id_of(kind: str, number: str) -> int:
    owner = subject_kind(kind)
    found = owner.find(number) if owner is not None else None
    if found is None:
        raise SubjectNotFound(msg("没有找到“%(number)s”。请核对编号。"), number=number)
    return found


def _entry(kind: str, number: str) -> Subject:
    found, owner = _id_of(kind, number), subject_kind(kind)
    subject = owner.entries([found]).get(found) if owner is not None else None
    if subject is None:
        raise SubjectNotFound(msg("没有找到“%(number)s”。请核对编号。"), number=number)
    return subject
