"""What a reporter does with what is kept of the own matter: copy, correct, take consent back, ask for deletion."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from django.db import transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as entries
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters.models import Matter, Part
from shanzhi.kernel.matters.operations.parting import parts_ever
from shanzhi.kernel.matters.operations.step import MatterNotFound, lock_matter, tell
from shanzhi.kernel.matters.operations.texts import expiry
from shanzhi.kernel.matters.policy.report import NAME_MOST
from shanzhi.kernel.matters.policy.rights import (
    A_DAY,
    COPIES_A_DAY,
    Consent,
    EraseAsked,
    EraseWhat,
    StillOpen,
    TooManyCopies,
)
from shanzhi.kernel.matters.rulebook import kind_version
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.vault import operations as vault
from shanzhi.kernel.vault import queries as kept
from shanzhi.kernel.vault.policy import normalise_phone

ERASE_TOPIC = "matters.erase"


def _own(matter_id: int, actor: Actor) -> Matter:
    """The reporter's own matter, locked. Staff have no such rights in it, whatever they see."""
    matter = lock_matter(matter_id)
    if actor.kind != "reporter" or matter.follow_hash not in actor.follow:
        raise MatterNotFound(msg("没有找到这件事项。请在“查进度”里填写编号和查询码。"))
    return matter


def _next(matter: Matter) -> Subject:
    """The subject of the matter's next entry; counted, not yet saved."""
    matter.steps += 1
    return Subject("matter", matter.pk, matter.steps, matter.scope_code)


@transaction.atomic
def copy_own(*, matter_id: int, actor: Actor, now: datetime) -> dict[str, str]:
    """What is kept sealed of the own matter, by part, for a copy (PIPL, article 45); journaled as a reading.

    Raises:
        MatterNotFound: not there, or not this reporter's.
        TooManyCopies: five in the last 24 hours.
    """
    matter = _own(matter_id, actor)
    taken = entries.entries_by_action("matter", [matter.pk], ["vault.copied"], limit=COPIES_A_DAY, since=now - A_DAY)
    if len(taken) >= COPIES_A_DAY:
        raise TooManyCopies(msg("一天最多下载 %(most)s 次。请用已经下载的，或明天再来。"), most=COPIES_A_DAY)
    found = vault.copy_own(subject=_next(matter), actor=actor, now=now)
    matter.save(update_fields=["steps"])
    return found


@transaction.atomic
def copy_parts(*, matter_id: int, actor: Actor, now: datetime) -> Mapping[int, dict[str, str]]:
    """The same of each part that was split off the own matter, by its id: each is journaled as a reading of its own.

    Called with `copy_own`, by whose count copies are limited.

    Raises:
        MatterNotFound: not there, or not this reporter's.
    """
    parts = [_own(pk, actor) for pk in parts_ever(_own(matter_id, actor).pk)]
    found = {part.pk: vault.copy_own(subject=_next(part), actor=actor, now=now) for part in parts}
    for part in parts:
        part.save(update_fields=["steps"])
    return found


@transaction.atomic
def contact_correct(*, matter_id: int, name: str, phone: str, actor: Actor, now: datetime) -> tuple[str, ...]:
    """Put name or phone right at once (PIPL, article 46); an empty one stays as it is. Returns the parts changed.

    Raises:
        MatterNotFound: not there, or not this reporter's.
        InputError, InvalidPhone: neither given, or one that can't be.
    """
    name = clean_text(name).replace("\n", " ")
    if len(name) > NAME_MOST:
        raise InputError(msg("称呼最多 50 字。请缩短后再试。"), fields={"name": msg("称呼最多 50 字。")})
    values = {"name": name, "phone": normalise_phone(phone) if phone.strip() else ""}
    values = {part: text for part, text in values.items() if text}
    if not values:
        raise InputError(msg("请填写要更正的称呼或电话。"), fields={"phone": msg("请填写要更正的称呼或电话。")})
    matter = _own(matter_id, actor)
    rows = [piece.expires_on for piece in kept.pieces_kept("matter", [matter.pk])]
    months = kind_version(matter.kind, matter.kind_version).retention_months
    done = vault.correct_own(
        subject=_next(matter),
        values=values,
        actor=actor,
        now=now,
        expires_on=max(rows, default=expiry(matter.ended_at or now, months)),
    )
    matter.save(update_fields=["steps"])
    return done


@transaction.atomic
def consent_withdraw(*, matter_id: int, actor: Actor, now: datetime) -> None:
    """Take back the consent to publish (PIPL, article 15), with effect at once; again changes nothing.

    Raises:
        MatterNotFound: not there, or not this reporter's.
    """
    matter = _own(matter_id, actor)
    if not matter.public_consent:
        return
    matter.public_consent = False
    _record(Consent(public=False), _next(matter), now)
    matter.save(update_fields=["public_consent", "steps"])
    tell(matter, "consent", now)


@transaction.atomic
def erase_ask(*, matter_id: int, what: EraseWhat, actor: Actor, now: datetime) -> None:
    """Ask for deletion (PIPL, article 47). The worker, which alone may delete, carries it out next; asked again, nothing
    is added.

    Raises:
        MatterNotFound: not there, or not this reporter's.
        StillOpen: everything is asked for and the matter, or the whole whose part it is, hasn't ended.
        OnHold: a hold stands over the records, the whole's or a part's, until a day.
    """
    matter = _own(matter_id, actor)
    whole_is_open = Part.objects.filter(matter=matter, rejoined_at=None, whole__ended_at=None).exists()
    if what == "all" and (matter.ended_at is None or whole_is_open):
        raise StillOpen(
            msg("事项还在办理，内容是办理的依据，办结以后才能删除。现在可以只删除称呼和电话，也可以先撤回事项。")
        )
    subject = Subject("matter", matter.pk, matter.steps, matter.scope_code)
    for pk in (matter.pk, *parts_ever(matter.pk)):
        vault.check_not_on_hold(replace(subject, id=pk), now)
    if is_asked(matter.pk, what):
        return
    _record(EraseAsked(what), _next(matter), now)
    matter.save(update_fields=["steps"])
    notices.emit(topic=ERASE_TOPIC, body={"matter": matter.pk, "what": what}, now=now)


def is_asked(matter_id: int, what: str) -> bool:
    """Was this asked for and isn't carried out yet?"""
    rows = entries.entries_by_action("matter", [matter_id], ["matters.erase_asked", "matters.erased"], limit=20)
    for row in rows:
        if row.payload["what"] in (what, "all"):
            return row.action == "matters.erase_asked"
    return False


def _record(payload: Payload, subject: Subject, now: datetime) -> None:
    journal.record(payload=payload, subject=subject, author=Author("reporter"), happened_at=now)
