"""Removing personal data for good: row, blind index, and the salt without which its commitment tells nothing."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject, payload
from shanzhi.kernel.vault.models import Hold, Record
from shanzhi.kernel.vault.policy.keeping import ERASE_REASONS, HOLD_GROUNDS, OnHold
from shanzhi.kernel.vault.policy.subjects import subject_kind


@payload("vault.erased")
@dataclass(frozen=True, slots=True)
class VaultErased(Payload):
    """Personal data was removed: which parts, how many records, and by which of `ERASE_REASONS`; the reporter sees it."""

    parts: tuple[str, ...]
    reason: str
    records: int = 0


@transaction.atomic
def erase(
    *, subject: Subject, parts: Collection[str] | None, reason: str, author: Author, now: datetime
) -> tuple[str, ...]:
    """Remove these `parts` of the subject's records (None: all), with the salts of their commitments; journaled.

    Returns the parts that were there; where there was nothing, nothing is journaled and the step that `subject` carries
    stays unused. The caller has locked the subject and counted that step. Worker's role: no other may delete.

    Raises:
        InputError: the reason isn't one of `ERASE_REASONS`.
        OnHold: a hold stands over the subject until a day; nothing is removed.
    """
    if reason not in ERASE_REASONS:
        raise InputError(msg("请选择删除的依据。"), fields={"reason": msg("请选择删除的依据。")})
    check_not_on_hold(subject, now)
    rows = Record.objects.filter(subject_kind=subject.kind, subject_id=subject.id)
    if parts is not None:
        rows = rows.filter(part__in=list(parts))
    found = list(rows.order_by("id").values_list("id", "part"))
    if not found:
        return ()
    Record.objects.filter(pk__in=[pk for pk, _ in found]).delete()
    gone = tuple(dict.fromkeys(part for _, part in found))
    owner = subject_kind(subject.kind)
    if owner is not None:
        owner.forget(subject.id, gone)
    journal.record(payload=VaultErased(gone, reason, len(found)), subject=subject, author=author, happened_at=now)
    return gone


def check_not_on_hold(subject: Subject, now: datetime) -> None:
    """Raises OnHold, with the ground and the day, where the subject's records must be kept for now: a hold stands over it
    or over what it is a part of; 2 queries."""
    today, owner = local_date(now), subject_kind(subject.kind)
    ids = {subject.id, *(owner.belongs([subject.id]).values() if owner is not None else ())}
    hold = (
        Hold.objects.filter(subject_kind=subject.kind, subject_id__in=ids, lifted_at=None, until_on__gte=today)
        .order_by("-until_on")
        .first()
    )
    if hold is not None:
        raise OnHold(
            msg("%(ground)s，这件事项的个人信息要依法保存到%(until)s，现在不能删除。"),
            ground=(HOLD_GROUNDS[hold.ground].sentence,),
            until=hold.until_on.isoformat(),
        )
