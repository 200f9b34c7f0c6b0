"""Deletion at the reporter's request, carried out: all of it in one transaction, by the worker alone."""

from datetime import datetime

from django.db import transaction

from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as entries
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.models import Matter, MatterPlace, Remark, Submission
from shanzhi.kernel.matters.operations.finding import renew_words
from shanzhi.kernel.matters.operations.gathering import parts_follow
from shanzhi.kernel.matters.operations.parting import parts_ever
from shanzhi.kernel.matters.operations.step import lock_matter, tell
from shanzhi.kernel.matters.policy.rights import ERASED, Erased, EraseWhat
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.vault import operations as vault

REPORTER = Author("reporter")
CONTACT = ("name", "phone")
WRITTEN = ("title", "body", "place_text", "latitude", "longitude", "salt", "public_consent")
FILES_GONE_TOPIC = "matters.files_gone"
PAPER = "matters.paper"
NO_SALT = b""
"""A salt that was destroyed: the commitment in the journal stays and can't be tried out any more."""


@transaction.atomic
def erase_asked(*, matter_id: int, what: EraseWhat, now: datetime) -> tuple[str, ...]:
    """Delete what the reporter asked for; returns the parts that went (`policy.rights.PARTS`). Worker's role.

    contact: name and phone. all: the originals too, and the masked title, text, place, point, the reporter's own words
    and files; salts are destroyed with them. What stays: journal entries with their commitments, the replies, kind,
    category, region, dates and result. Done again it finds nothing and writes nothing. An open matter's text is left.
    Of a whole its parts go with it (拆分), each with its own entries: they hold the same reporter's words once more.

    Raises:
        MatterNotFound: there is no such matter.
        OnHold: a hold was placed since it was asked for, over it or a part; nothing is deleted, the event waits.
    """
    if what == "all":
        # A part whose whole has just ended may still be open, and the text of an open matter stays.
        parts_follow(matter_ids=[matter_id], now=now)
    gone = [_erase(lock_matter(pk, actor=SYSTEM), what, now) for pk in (matter_id, *parts_ever(matter_id))]
    return tuple(dict.fromkeys(part for parts in gone for part in parts))


def _erase(matter: Matter, what: EraseWhat, now: datetime) -> tuple[str, ...]:
    """What was asked for, of one locked matter."""
    everything = what == "all" and matter.ended_at is not None
    subject = Subject("matter", matter.pk, matter.steps + 1, matter.scope_code)
    gone = vault.erase(
        subject=subject, parts=None if everything else CONTACT, reason="withdrawn", author=REPORTER, now=now
    )
    matter.steps += bool(gone)
    parts = ["contact"] if set(gone) & set(CONTACT) else []
    parts += ["originals"] if set(gone) - set(CONTACT) else []
    steps, let_go = 0, files.LetGo(0, ())
    if everything:
        parts += _text(matter)
        steps = _words(matter)
        let_go = files.let_go(subject_kind="matter", subject_id=matter.pk, purpose="report")
        parts += ["remarks"] * bool(steps) + ["files"] * bool(let_go.taken)
        notices.notices_reword(
            subject_kind="matter", subject_id=matter.pk, params={"title": ERASED, "number": matter.number}
        )
    if not parts:
        return ()
    matter.steps += 1
    matter.save(update_fields=["steps", *(WRITTEN if everything else ())])
    if everything:
        # After the row: only of a matter whose words are deleted may the worker forget young submissions.
        renew_words(matter.pk, matter.title, matter.body, matter.place_text)
        Submission.objects.filter(matter_id=matter.pk).delete()
        MatterPlace.objects.filter(matter_id=matter.pk).delete()
    journal.record(
        payload=Erased(what, tuple(parts), steps, let_go.taken),
        subject=Subject("matter", matter.pk, matter.steps, matter.scope_code),
        author=REPORTER,
        happened_at=now,
    )
    tell(matter, "erase", now)
    if let_go.unused:
        notices.emit(topic=FILES_GONE_TOPIC, body={"files": list(let_go.unused)}, now=now)
    return tuple(parts)


def _text(matter: Matter) -> list[str]:
    """Title, text, place and point out of the row; the parts that weren't out already."""
    parts = ["text"] if matter.title != ERASED else []
    parts += ["place"] if matter.place_text not in ("", ERASED) else []
    parts += ["point"] if matter.latitude is not None else []
    matter.title = matter.body = ERASED
    matter.place_text = ERASED if matter.place_text else ""
    matter.latitude = matter.longitude = None
    matter.salt = NO_SALT
    matter.public_consent = False
    return parts


def _words(matter: Matter) -> int:
    """The words of the reporter's own steps, and papers that hold them, out of their rows; how many there were."""
    rows = entries.entries_of("matter", matter.pk)
    own = [row.step for row in rows if row.author_kind == "reporter" or row.action == PAPER]
    words = Remark.objects.filter(matter=matter, step__in=own).exclude(text=ERASED)
    return words.update(text=ERASED, salt=NO_SALT)
