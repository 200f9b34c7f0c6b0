"""What an operator does in a call: type, be shown what is known, and end it in one of its ways."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.queries import open_of_phone, promised
from shanzhi.kernel.organisation.queries import keep_grids
from shanzhi.kernel.vault.operations import keyring
from shanzhi.kernel.vault.policy import InvalidPhone, normalise_phone
from shanzhi.modules.hotline.models import Call
from shanzhi.modules.hotline.payloads import CallEnded, CallerLookedUp
from shanzhi.modules.hotline.policy import (
    FORGET_AFTER,
    RING_KEPT,
    CallNotFound,
    CallOver,
    Ending,
    Words,
    passed_body,
)
from shanzhi.modules.hotline.queries import Look, look, words_in

_OPEN = (
    "INSERT INTO hotline_call (ref, post_id, staff_id, rung, opened_at, taken_at, ending, sealed, steps)"
    " VALUES (%s, %s, %s, false, %s, %s, '', '', 0) ON CONFLICT DO NOTHING RETURNING *"
)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: the matter's number, the follow code to tell the caller, where it is now, and by when the caller is
    promised an answer (None: nothing is to be answered any more)."""

    ending: Ending
    number: str
    follow_code: str
    stage_name: str
    replayed: bool
    answer_at: datetime | None = None


@transaction.atomic
def call_keep(*, ref: uuid.UUID, words: Words, actor: Actor, now: datetime) -> Look:
    """Keep what was typed so far, sealed, and say what is known about it. 6 queries and one change at most for a draft at
    work, 2 changes more where a number is typed first.

    The caller's number is looked for by the blind index; that it was is journaled, once for each number of a call.

    Raises:
        CallNotFound: the call is another desk's.
        CallOver: it has ended.
    """
    keep_grids()
    call = _call(ref, actor, now)
    _check_open(call)
    known = _looked(call, words, words_in(call).phone, actor, now)
    sealed = keyring().seal(json.dumps(asdict(words), ensure_ascii=False).encode(), context=ref.bytes)
    Call.objects.filter(pk=call.pk).update(sealed=sealed, steps=call.steps)
    return known


@transaction.atomic
def call_resume(*, ref: uuid.UUID, actor: Actor, now: datetime) -> tuple[Words, Look]:
    """Open a ring, or take a draft up again: what was typed, and what is known about it. A ring is this desk's from now on.

    Raises:
        CallNotFound: there is no such call at this desk, or another desk has taken the ring.
        CallOver: it has ended.
    """
    call = _call(ref, actor, now, is_new=False)
    _check_open(call)
    words = words_in(call)
    before = call.steps
    known = _looked(call, words, words.phone, actor, now)
    if call.steps != before:
        Call.objects.filter(pk=call.pk).update(steps=call.steps)
    return words, known


def _check_open(call: Call) -> None:
    if call.ended_at is not None:
        raise CallOver(msg("这通来电已经办完。请开一张新的来电单。"))


def _looked(call: Call, words: Words, before: str, actor: Actor, now: datetime) -> Look:
    phone, wrong = _phone(words.phone)
    caller = open_of_phone(phone) if phone else ()
    # A ring brings its number along: it is looked up for the first time here, too.
    if phone and (not call.steps or phone != _phone(before)[0]):
        _note(call, CallerLookedUp(len(caller)), actor, now)
    return look(words, caller=caller, phone_is_wrong=wrong, actor=actor, now=now)


def _phone(text: str) -> tuple[str, bool]:
    """A number in its normal form (empty: none yet), and whether what was typed can't be one."""
    if not text.strip():
        return "", False
    try:
        return normalise_phone(text), False
    except InvalidPhone:
        return "", True


@transaction.atomic
def call_end(
    *,
    ref: uuid.UUID,
    words: Words,
    ending: Ending,
    actor: Actor,
    now: datetime,
    passed_to: str = "",
    same_as: str = "",
) -> Ended:
    """End a call: take the matter in and do what its process has for this ending, all or nothing.

    `passed_to`: to whom a call is passed on; `same_as`: the number of the matter under which it is linked.
    Sent again, the same answer comes and nothing is done. The draft is gone afterwards. About 60 statements.

    Raises:
        CallNotFound, CallOver: the call is another desk's, or ended in another way.
        DomainError: as `matters.operations.report` and `act`; nothing was taken in.
    """
    call = _call(ref, actor, now)
    body = words.body if clean_text(words.body) or ending is not Ending.PASSED else passed_body(passed_to)
    made = matters.report(new=_report(words, body), actor=actor, now=call.opened_at, key=ref)
    if call.ended_at is not None:
        if call.ending != ending:
            raise CallOver(msg("这通来电已经办完，办法是另一种。请开一张新的来电单。"))
        return _ended(ending, made, made.stage_name, now, replayed=True)
    stage = made.stage_name
    for action, fields in _steps(words, ending, passed_to, same_as):
        stage = matters.act(matter_id=made.matter_id, action=action, actor=actor, now=now, fields=fields).stage_name
    call.ended_at = now
    _note(call, CallEnded(ending.value, made.number, call.rung), actor, now)
    Call.objects.filter(pk=call.pk).update(
        ended_at=now, ending=ending.value, matter_id=made.matter_id, sealed=b"", staff_id=None, steps=call.steps
    )
    return _ended(ending, made, stage, now, replayed=False)


def _ended(ending: Ending, made: Reported, stage_name: str, now: datetime, *, replayed: bool) -> Ended:
    told = promised(made.matter_id, now=now)
    answer_at = told.answer_at if told is not None else None
    return Ended(ending, made.number, made.follow_code, stage_name, replayed, answer_at)


def _report(words: Words, body: str) -> NewReport:
    return NewReport(
        body=body,
        title=words.title,
        channel="hotline",
        region_code=words.region,
        place_text=words.place,
        place_id=words.site_id,
        contact_name=words.name,
        contact_phone=words.phone,
    )


def _steps(words: Words, ending: Ending, passed_to: str, same_as: str) -> list[tuple[str, dict[str, object]]]:
    """The actions of the matter's process by which an ending is reached, each with its fields."""
    where: dict[str, object] = {"category": words.category}
    if ending is Ending.ANSWERED:
        return [("answer", where | {"cite": words.cite, "words": words.words})]
    if ending is Ending.PASSED:
        return [("pass_on", where | {"passed_to": passed_to, "words": words.words})]
    if ending is Ending.REFUSED:
        return [("refuse", {"ground": words.ground, "words": words.words})]
    if ending is Ending.DISPATCHED:
        return [("accept", dict(where)), ("dispatch", {"lead": words.lead, "co": _co(words), "words": words.words})]
    sorted_in: list[tuple[str, dict[str, object]]] = [("correct", dict(where))] if words.category else []
    if ending is Ending.LINKED:
        return [*sorted_in, ("link", {"same_as": same_as, "words": words.words})]
    return sorted_in


def _co(words: Words) -> list[str]:
    """Who helps, without the lead and without what can't be an id."""
    return [one for one in words.co.split(",") if one.isascii() and one.isdigit() and one != words.lead.strip()]


def _call(ref: uuid.UUID, actor: Actor, now: datetime, *, is_new: bool = True) -> Call:
    """The call, locked; opened now where the desk names it for the first time (unless `is_new` is off).

    Raises:
        CallNotFound: another desk's, or of somebody who held the post before.
    """
    own = Call.objects.filter(ref=ref, post_id=actor.post_id or 0)
    # Of two sendings at once the second waits here, and is judged by what the first has done.
    found = own.filter(taken_at__isnull=False).select_for_update().first()
    if found is None and is_new:
        found = next(iter(Call.objects.raw(_OPEN, [ref, actor.post_id, actor.staff_id, now, now])), None)
    found = found or _taken(own, ref, now)
    if found is None:
        raise CallNotFound(msg("没有找到这通来电，可能别的席位或别的人已经接了。请开一张新的来电单。"))
    return found


def _taken(own: QuerySet[Call], ref: uuid.UUID, now: datetime) -> Call | None:
    """A ring, this desk's from now on; or a call that was opened or has ended just now."""
    with connection.cursor() as cursor:
        # A ring at several desks is the first one's that opens it; the others' are gone then. It locks the ring's name
        # before any call, so nobody may hold a ring locked that he hasn't taken.
        cursor.execute("SELECT hotline_take(%s, %s)", [ref, now])
    # One that has ended can only be read: nobody locks it.
    return own.select_for_update().first() or own.first()


def _note(call: Call, payload: Payload, actor: Actor, now: datetime) -> None:
    call.steps += 1
    journal.record(
        payload=payload,
        subject=Subject("call", call.pk, call.steps, actor.region_code),
        author=Author("post", actor.post_id, actor.unit_id),
        happened_at=now,
    )


@transaction.atomic
def call_drop(*, ref: uuid.UUID, actor: Actor, now: datetime) -> None:
    """Forget a call of which nothing was to be kept: hung up, or a wrong number; counted as dropped.

    Raises:
        CallNotFound, CallOver: another desk's, or over.
    """
    call = _call(ref, actor, now)
    _check_open(call)
    Call.objects.filter(pk=call.pk).update(ended_at=now, ending="dropped", sealed=b"", staff_id=None)


@transaction.atomic
def calls_forget(*, now: datetime) -> int:
    """Delete calls that were never ended, a day after they were opened, with their drafts, and rings that no desk
    opened, after ten minutes; returns how many. Worker's role."""
    kept = Q(opened_at__gte=now - FORGET_AFTER) & ~Q(rung=True, taken_at=None, opened_at__lt=now - RING_KEPT)
    deleted, _ = Call.objects.filter(ended_at=None).exclude(kept).delete()
    return deleted
