"""Keeping and reading personal data."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db import connection, transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor, SignInNeeded
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject, payload
from shanzhi.kernel.vault.keys import keyring, open_sealed
from shanzhi.kernel.vault.models import Record
from shanzhi.kernel.vault.policy.envelope import record_context
from shanzhi.kernel.vault.policy.keeping import LegalGround

READ_REASONS = {
    "contact": msg("联系反映人核实情况"),
    "visit": msg("上门办理"),
    "check": msg("核查回访"),
    "original": msg("需看原文才能办理"),
    "service": msg("送达文书"),
}
"""Why personal data may be read: code → what the reporter will be told."""
NOTICE_REASON = "notice"
READ_BY_SYSTEM = {NOTICE_REASON: msg("发送办理通知")}
"""Why the program itself reads; nobody can choose it."""


@dataclass(frozen=True, slots=True)
class Keep:
    """One piece to be sealed: `part` of the subject, in plain text; `indexed` makes equal values findable."""

    subject_kind: str
    subject_id: int
    purpose: Literal["contact", "original"]
    part: str
    text: str
    legal_ground: LegalGround
    indexed: bool = False


@payload("vault.read")
@dataclass(frozen=True, slots=True)
class VaultRead(Payload):
    """Personal data was read: which parts, by the reason's code; the reporter sees it."""

    parts: tuple[str, ...]
    reason: str


_INSERT = (
    "INSERT INTO vault_record (subject_kind, subject_id, purpose, part, sealed, blind_index, legal_ground, kept_at,"
    " expires_on) SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[], %s::bytea[], %s::bytea[],"
    " %s::text[], %s::timestamptz[], %s::date[])"
)


def keep(pieces: Iterable[Keep], *, now: datetime, expires_on: date) -> int:
    """Seal and store the pieces in one statement, inside the caller's transaction; returns how many."""
    ring = keyring()
    rows = [
        (
            piece.subject_kind,
            piece.subject_id,
            piece.purpose,
            piece.part,
            ring.seal(piece.text.encode(), context=record_context(piece.subject_kind, piece.subject_id, piece.part)),
            ring.blind_index(piece.text, piece.part) if piece.indexed else None,
            piece.legal_ground,
            now,
            expires_on,
        )
        for piece in pieces
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [list(column) for column in zip(*rows, strict=True)])
    return len(rows)


@transaction.atomic
def read_for_notice(*, subject: Subject, part: str, now: datetime) -> str:
    """One part of a reporter's contact, read by the program at the moment in which it tells them something; journaled with
    its purpose, so that the reporter sees it. Nothing where none is kept (then nothing is journaled). Worker's role."""
    row = Record.objects.filter(subject_kind=subject.kind, subject_id=subject.id, purpose="contact", part=part).first()
    if row is None:
        return ""
    text = open_sealed(row.sealed, context=record_context(row.subject_kind, row.subject_id, row.part)).decode()
    journal.record(payload=VaultRead((part,), NOTICE_REASON), subject=subject, author=Author("system"), happened_at=now)
    return text


@transaction.atomic
def reveal(
    *,
    subject: Subject,
    purposes: Sequence[str],
    reason: str,
    actor: Actor,
    now: datetime,
    parts: Collection[str] = (),
    kept_with: int | None = None,
) -> dict[str, str]:
    """The subject's personal data by part, for a post that sees the subject and names a reason; journaled. `parts`: these
    alone (all, where none is named). `kept_with`: another subject of the same kind with which some of it is kept.

    Returns an empty dict where nothing is kept (then nothing is journaled either).

    Raises:
        SignInNeeded: the actor is no post, so that there is nobody to name to the reporter.
        InputError: the reason isn't one of `READ_REASONS`.
    """
    if not actor.is_post:
        raise SignInNeeded(msg("请先登录。"))
    if reason not in READ_REASONS:
        raise InputError(
            msg("请选择查看理由。每次查看都会记录，反映人可以看到。"), fields={"reason": msg("请选择查看理由。")}
        )
    found = {
        row.part: open_sealed(row.sealed, context=record_context(row.subject_kind, row.subject_id, row.part)).decode()
        for row in Record.objects.filter(
            subject_kind=subject.kind, subject_id__in={subject.id, kept_with or subject.id}, purpose__in=purposes
        ).order_by("id")
        if not parts or row.part in parts
    }
    if found:
        journal.record(
            payload=VaultRead(tuple(found), reason),
            subject=subject,
            author=Author("post", actor.post_id, actor.unit_id),
            happened_at=now,
        )
    return found
