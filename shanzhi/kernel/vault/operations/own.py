"""What the person concerned does with what is kept of them: take a copy, put it right (PIPL, articles 45 and 46)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, SignInNeeded
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject, payload
from shanzhi.kernel.vault.keys import keyring, open_sealed
from shanzhi.kernel.vault.models import Record
from shanzhi.kernel.vault.operations.sealing import Keep, keep
from shanzhi.kernel.vault.policy.envelope import record_context

INDEXED = frozenset({"phone"})
"""Parts that have a blind index."""


@payload("vault.copied")
@dataclass(frozen=True, slots=True)
class VaultCopied(Payload):
    """The person concerned took a copy of everything: which parts were opened for it."""

    parts: tuple[str, ...]


@payload("vault.corrected")
@dataclass(frozen=True, slots=True)
class VaultCorrected(Payload):
    """The person concerned put contact data right: which parts. Neither the old value nor the new one is told."""

    parts: tuple[str, ...]


@transaction.atomic
def copy_own(*, subject: Subject, actor: Actor, now: datetime) -> dict[str, str]:
    """Everything that is kept sealed of a subject, by part, opened for its own reporter; journaled in any case.

    Raises:
        SignInNeeded: the actor isn't a reporter who has shown a code (staff have `reveal`, with a reason).
    """
    _check_reporter(actor)
    found = {
        row.part: open_sealed(row.sealed, context=record_context(row.subject_kind, row.subject_id, row.part)).decode()
        for row in Record.objects.filter(subject_kind=subject.kind, subject_id=subject.id).order_by("id")
    }
    journal.record(payload=VaultCopied(tuple(found)), subject=subject, author=Author("reporter"), happened_at=now)
    return found


@transaction.atomic
def correct_own(
    *, subject: Subject, values: Mapping[str, str], actor: Actor, now: datetime, expires_on: date
) -> tuple[str, ...]:
    """Put contact data right at once: the old value and its blind index are overwritten; journaled without content.

    `values` by part in their normal form; a part that wasn't kept yet is kept from now on, until `expires_on`, with the
    consent that the correction itself is. Returns the parts.

    Raises:
        SignInNeeded: the actor isn't a reporter who has shown a code.
    """
    _check_reporter(actor)
    ring = keyring()
    for part, text in values.items():
        changed = Record.objects.filter(
            subject_kind=subject.kind, subject_id=subject.id, purpose="contact", part=part
        ).update(
            sealed=ring.seal(text.encode(), context=record_context(subject.kind, subject.id, part)),
            blind_index=ring.blind_index(text, part) if part in INDEXED else None,
            kept_at=now,
        )
        if not changed:
            piece = Keep(subject.kind, subject.id, "contact", part, text, "consent", indexed=part in INDEXED)
            keep([piece], now=now, expires_on=expires_on)
    if values:
        journal.record(
            payload=VaultCorrected(tuple(values)), subject=subject, author=Author("reporter"), happened_at=now
        )
    return tuple(values)


def _check_reporter(actor: Actor) -> None:
    if actor.kind != "reporter" or not actor.follow:
        raise SignInNeeded(msg("请先用查询码或手机验证码查到这件事项。"))
