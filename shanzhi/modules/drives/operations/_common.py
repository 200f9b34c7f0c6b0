"""What the operations share: words, authors, rows that are held, entries of the journal, what the records say."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from shanzhi.core.errors import NotAllowed
from shanzhi.core.text import clean_text, is_read, msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.vault.policy.envelope import commit
from shanzhi.kernel.vault.policy.masking import mask
from shanzhi.modules.drives.models import Answer, Application, Drive, Look
from shanzhi.modules.drives.policy.checklist import Checklist, kept_checklist
from shanzhi.modules.drives.policy.judging import Standing
from shanzhi.modules.drives.policy.states import State, check_way
from shanzhi.modules.drives.policy.words import APPLICATION_SUBJECT, DRIVE_SUBJECT, TOPIC, NotYours, missing

SALT_BYTES = 16


@dataclass(frozen=True, slots=True)
class Words:
    """Words as they are stored: masked; `sealed` commits to what was written (hexadecimal)."""

    text: str
    salt: bytes
    sealed: str


def words_of(written: str) -> Words:
    """Mask words and commit to them."""
    plain, salt = clean_text(written), secrets.token_bytes(SALT_BYTES)
    return Words(mask(plain).text, salt, commit(plain, salt).hex()) if plain else Words("", b"", "")


def is_said(words: str, most: int) -> bool:
    """Is there something to read, and no more than fits?"""
    return is_read(words) and len(clean_text(words)) <= most


def check(actor: Actor, feature: str) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(actor, acting.roles().get(actor.role), feature)


def author_of(actor: Actor) -> Author:
    """The journal's author."""
    return Author("post", actor.post_id, actor.unit_id) if actor.kind == "post" else Author(actor.kind)


def checklist_of(drive: Drive) -> Checklist:
    """A drive's checklist, which was found sound when it was opened."""
    return kept_checklist(drive.checklist, tuple(drive.place_kinds))


def held_drive(drive_id: int) -> Drive:
    """A drive's row, held until this transaction ends.

    Raises:
        NoSuchDrive: none in sight.
    """
    row = Drive.objects.select_for_update().filter(pk=drive_id).first()
    if row is None:
        raise missing()
    return row


def held_application(application_id: int) -> Application:
    """An application's row with its drive, held until this transaction ends.

    Raises:
        NoSuchDrive: none in sight.
        NotYours: it is another unit's, and nothing for the acting post to change.
    """
    rows = Application.objects.select_for_update(of=("self",)).select_related("drive")
    row = rows.filter(pk=application_id).first()
    if row is not None:
        return row
    # Seen, and nothing for this post to change.
    seen = Application.objects.filter(pk=application_id).first()
    if seen is None:
        raise missing()
    raise NotYours(msg("“%(place)s”由别的单位申报，由那个单位填写和送出。"), place=seen.place_name)


def check_applicant(row: Application, actor: Actor) -> None:
    """Is it the unit that applies?

    Raises:
        NotYours: another unit's.
    """
    if actor.unit_id != row.unit_id:
        raise NotYours(msg("“%(place)s”由别的单位申报，由那个单位填写和送出。"), place=row.place_name)


def check_decider(drive: Drive, actor: Actor) -> None:
    """Is it the named post?

    Raises:
        NotYours: another post decides.
    """
    if actor.post_id != drive.decider_post_id:
        raise NotYours(msg("“%(name)s”由指定的岗位决定，不是您现在的岗位。"), name=drive.name)


def check_within(code: str, actor: Actor) -> None:
    """Is a place within what the acting post stands for?

    Raises:
        NotAllowed: it isn't.
    """
    if not actor.place.contains(code):
        raise NotAllowed(msg("这个地方不归您现在的岗位。请换一个岗位，或者请所在地的单位来办。"))


def move(row: Application, target: State, payload: Payload, actor: Actor, now: datetime) -> None:
    """Bring an application to another state, write it down, and let readers of events know. The row is held.

    Raises:
        DriveMovedOn: no way leads there.
    """
    before = State(row.state)
    check_way(before, target)
    row.state = target.value
    row.save(update_fields=["state", "applied_at", "visited_at", "decided_at", "reason", "typed"])
    write(row, payload, actor, now)
    emit({"application": row.pk, "before": before.value, "after": target.value, "step": row.steps}, now)


def write(row: Application, payload: Payload, actor: Actor, now: datetime) -> None:
    """The next entry of an application; the row is held."""
    row.steps += 1
    row.save(update_fields=["steps"])
    subject = Subject(APPLICATION_SUBJECT, row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)


def write_drive(row: Drive, payload: Payload, actor: Actor, now: datetime) -> None:
    """An entry of a drive, under its steps as they stand."""
    subject = Subject(DRIVE_SUBJECT, row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=subject, author=author_of(actor), happened_at=now)


def emit(body: dict[str, object], now: datetime) -> None:
    """Let readers of events know."""
    notices.emit(topic=TOPIC, body=body, now=now)


def standings(row: Application) -> dict[str, Standing]:
    """How each item stands by its answer and by the last look on site; 2 queries."""
    met = dict(Answer.objects.filter(application=row).values_list("item", "met"))
    looks = dict(Look.objects.filter(application=row).order_by("pk").values_list("item", "found"))
    return {item: Standing(met.get(item), looks.get(item)) for item in met.keys() | looks.keys()}


def queue_for(*what: object) -> None:
    """Let everybody else who would begin the same thing wait until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"drives {what}"])
