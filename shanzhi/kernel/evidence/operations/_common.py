"""What the operations of evidence have in common: titles, words, the journal."""

import secrets
from collections.abc import Sequence
from datetime import date, datetime

from django.db import connection

from shanzhi.core.text import clean_text
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.evidence.models import Evidence, Use
from shanzhi.kernel.evidence.payloads import EvidenceTaken, EvidenceUsed
from shanzhi.kernel.evidence.policy import objects
from shanzhi.kernel.evidence.policy.likeness import Marks, picture_hash, text_signature
from shanzhi.kernel.evidence.policy.objects import SUBJECT
from shanzhi.kernel.evidence.policy.texts import text_of, words_in_order
from shanzhi.kernel.files.policy import PICTURES
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Draft, Payload, Subject
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.vault.policy.envelope import commit
from shanzhi.kernel.vault.policy.masking import mask

SALT_BYTES = 16
_GIVEN = (
    "(SELECT id, array_to_tsvector(string_to_array(said, E'\\n')) AS words"
    " FROM unnest(%s::bigint[], %s::text[]) AS g(id, said))"
)
_WORDS = f"INSERT INTO evidence_words (evidence_id, words) SELECT id, words FROM {_GIVEN} AS given"  # noqa: S608 - fixed texts
_ANEW = f"UPDATE evidence_words w SET words = given.words FROM {_GIVEN} AS given WHERE w.evidence_id = given.id"  # noqa: S608 - fixed texts


def marks_of(data: bytes, media_type: str, title: str) -> Marks:
    """Look at a content once: its words, and what it is compared by."""
    text = mask(clean_text(text_of(data, media_type))).text
    words = words_of(text) if text else []
    signature = text_signature(words_in_order(f"{title}\n{text}"))
    return Marks(tuple(words), picture_hash(data) if media_type in PICTURES else None, tuple(signature))


def title_of(written: str) -> tuple[str, bytes, str]:
    """A title as it is stored: masked; its salt; what commits to it (hexadecimal)."""
    plain, salt = clean_text(written), secrets.token_bytes(SALT_BYTES)
    return mask(plain).text, salt, commit(plain, salt).hex()


def author_of(actor: Actor) -> Author:
    """The journal's author."""
    return Author("post", actor.post_id, actor.unit_id) if actor.kind == "post" else Author(actor.kind)


def record(row: Evidence, payload: Payload, actor: Actor, now: datetime) -> None:
    """One entry of the object's own history, under its present step."""
    journal.record(
        payload=payload,
        subject=Subject(SUBJECT, row.pk, row.steps, row.scope_code),
        author=author_of(actor),
        happened_at=now,
    )


def taken_payload(row: Evidence, title: str, arose_on: date) -> EvidenceTaken:
    """What the journal says of an object that was taken in; `title` is the commitment."""
    return EvidenceTaken(
        row.sha256, row.media_type, row.size, row.type, row.project, row.year, row.source, row.source_id, row.region_id,
        arose_on, row.keep_until, title,
    )  # fmt: skip


def used_payload(row: Use) -> EvidenceUsed:
    """What the journal says of a use."""
    return EvidenceUsed(row.kind, row.subject, row.key, row.place, row.is_on)


def draft(row: Evidence, step: int, payload: Payload, now: datetime) -> Draft:
    """An entry of the background's."""
    return Draft(payload, Subject(SUBJECT, row.pk, step, row.scope_code), Author("system"), now)


def write_words(found: Sequence[tuple[int, Sequence[str]]], *, anew: bool = False) -> None:
    """Write the words of objects, in one statement; `anew`: in place of those of before (the worker's)."""
    if found:
        with connection.cursor() as cursor:
            ids, said = [one for one, _ in found], ["\n".join(words) for _, words in found]
            cursor.execute(_ANEW if anew else _WORDS, [ids, said])


def described_words(*said: str) -> list[str]:
    """The words of what is said about an object, each once, with marks between left out."""
    return words_of(*said)


def wait_for(content: str) -> None:
    """Let everybody else who would put the same content in wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"evidence {content}"])


def find(evidence_id: int) -> Evidence:
    """An object in sight, locked for its next step.

    Raises:
        NoSuchEvidence: there is none, or not for this post.
    """
    row = Evidence.objects.select_for_update().filter(pk=evidence_id).first()
    if row is None:
        raise objects.NoSuchEvidence(objects.NOT_THERE)
    return row


def next_step(row: Evidence, *changed: str) -> None:
    """Count a step of the object, with the columns that changed."""
    row.steps += 1
    row.save(update_fields=["steps", *changed])
