"""What an operator does in a call: type, be shown what is known, and end it in one of its ways."""

import json
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries as seen
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.matters.policy.search import words_of
from shanzhi.kernel.matters.queries import CallerMatter, DispatchHint, ListFilter, MatterRow
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PlaceRow
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
from shanzhi.modules.hotline.queries import Item, items_for, words_in

LIKE_MOST = 5
LIKE_WORDS = 2
TOWNSHIP_DIGITS = 9
NEAR_M = 300.0
ID_DIGITS = 15
_OPEN = (
    "INSERT INTO hotline_call (ref, post_id, staff_id, rung, opened_at, taken_at, ending, sealed, steps)"
    " VALUES (%s, %s, %s, false, %s, %s, '', '', 0) ON CONFLICT DO NOTHING"
)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known while somebody speaks: the caller's open matters, open matters near by or like it (`same`: the ids of
    those that are likely the same problem, which stand first), likely categories as (code, name), whom it would go to by
    which limit, and knowledge items."""

    caller: tuple[CallerMatter, ...]
    like: tuple[MatterRow, ...]
    categories: tuple[tuple[str, str], ...]
    hint: DispatchHint | None
    items: tuple[Item, ...]
    phone_is_wrong: bool
    same: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Ended:
    """How a call ended: the matter's number, the follow code to tell the caller, where it is now."""

    ending: Ending
    number: str
    follow_code: str
    stage_name: str
    replayed: bool


@transaction.atomic
def call_keep(*, ref: uuid.UUID, words: Words, actor: Actor, now: datetime) -> Look:
    """Keep what was typed so far, sealed, and say what is known about it. About 20 statements.

    The caller's number is looked for by the blind index; that it was is journaled, once for each number of a call.

    Raises:
        CallNotFound: the call is another desk's.
        CallOver: it has ended.
    """
    call = _call(ref, actor, now)
    _check_open(call)
    look = _looked(call, words, words_in(call).phone, actor, now)
    sealed = keyring().seal(json.dumps(asdict(words), ensure_ascii=False).encode(), context=ref.bytes)
    Call.objects.filter(pk=call.pk).update(sealed=sealed, steps=call.steps)
    return look


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
    look = _looked(call, words, words.phone, actor, now)
    if call.steps != before:
        Call.objects.filter(pk=call.pk).update(steps=call.steps)
    return words, look


def _check_open(call: Call) -> None:
    if call.ended_at is not None:
        raise CallOver(msg("这通来电已经办完。请开一张新的来电单。"))


def _looked(call: Call, words: Words, before: str, actor: Actor, now: datetime) -> Look:
    phone, wrong = _phone(words.phone)
    caller = seen.open_of_phone(phone) if phone else ()
    # A ring brings its number along: it is looked up for the first time here, too.
    if phone and (not call.steps or phone != _phone(before)[0]):
        _note(call, CallerLookedUp(len(caller)), actor, now)
    return _look(words, caller, wrong, actor, now)


def _look(words: Words, caller: tuple[CallerMatter, ...], wrong: bool, actor: Actor, now: datetime) -> Look:
    text = f"{words.title} {words.body}"
    likely = seen.likely_categories(words.title, words.body)
    category = words.category or (likely[0][0] if likely else "")
    site = _site(words, now)
    region = words.region or (site.region_code if site else "")
    place = region if region.isascii() and region.isdigit() else actor.region_code
    about = _about(site, now)
    like = {row.id: row for row in (*about, *_like(text, region, category, actor, now))}
    same = seen.same_as_said(
        like, text=text, category=category, region_code=region, place_id=site.id if site else None, now=now
    )
    first = [like[pk] for pk in same]
    return Look(
        caller=caller,
        like=(*first, *(row for row in like.values() if row.id not in same))[:LIKE_MOST],
        categories=likely,
        hint=seen.dispatch_hint(category, place, now) if category else None,
        items=items_for(text, category, local_date(now)),
        phone_is_wrong=wrong,
        same=frozenset(same),
    )


def _site(words: Words, now: datetime) -> PlaceRow | None:
    """The place (场所) that was chosen; None for none, or one that is closed."""
    chosen = _site_id(words)
    found = organisation.place_by_id(chosen, local_date(now)) if chosen is not None else None
    return found if found is not None and not found.is_closed else None


def _site_id(words: Words) -> int | None:
    return int(words.site) if words.site.isascii() and words.site.isdigit() and len(words.site) <= ID_DIGITS else None


def _about(site: PlaceRow | None, now: datetime) -> list[MatterRow]:
    """Open matters about the chosen place, then about those within a few minutes' walk of its point."""
    if site is None:
        return []
    near = organisation.places_near(site.point, local_date(now), metres=NEAR_M) if site.point else []
    own = seen.open_about_places([site.id], now=now, most=LIKE_MOST)
    return own + seen.open_about_places([row.id for row in near if row.id != site.id], now=now, most=LIKE_MOST)


def _like(text: str, region: str, category: str, actor: Actor, now: datetime) -> tuple[MatterRow, ...]:
    """Open matters of the likely category in the same township, then those that share the longest words."""
    found: dict[int, MatterRow] = {}
    near = region[:TOWNSHIP_DIGITS] if region.isascii() and region.isdigit() else ""
    told = sorted((word for word in words_of(text) if len(word) > 1 and not word.isdigit()), key=len, reverse=True)
    asked = []
    if category and len(near) == TOWNSHIP_DIGITS:
        asked.append(ListFilter(region_code=near, category=category, sort="newest"))
    if told:
        asked.append(ListFilter(region_code=near, words=" ".join(told[:LIKE_WORDS]), sort="newest"))
    for wanted in asked:
        for row in seen.matters_page(wanted, now=now, actor=actor, size=LIKE_MOST).rows:
            found.setdefault(row.id, row)
    return tuple(found.values())[:LIKE_MOST]


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
        return Ended(ending, made.number, made.follow_code, made.stage_name, True)
    stage = made.stage_name
    for action, fields in _steps(words, ending, passed_to, same_as):
        stage = matters.act(matter_id=made.matter_id, action=action, actor=actor, now=now, fields=fields).stage_name
    call.ended_at = now
    _note(call, CallEnded(ending.value, made.number, call.rung), actor, now)
    Call.objects.filter(pk=call.pk).update(
        ended_at=now, ending=ending.value, matter_id=made.matter_id, sealed=b"", staff_id=None, steps=call.steps
    )
    return Ended(ending, made.number, made.follow_code, stage, False)


def _report(words: Words, body: str) -> NewReport:
    return NewReport(
        body=body,
        title=words.title,
        channel="hotline",
        region_code=words.region,
        place_text=words.place,
        place_id=_site_id(words),
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
    with connection.cursor() as cursor:
        if is_new:
            cursor.execute(_OPEN, [ref, actor.post_id, actor.staff_id, now, now])
        # A ring at several desks is the first one's that opens it; the others' are gone then.
        cursor.execute("SELECT hotline_take(%s, %s)", [ref, now])
    # Of two sendings at once the second waits here, and is judged by what the first has done. One that has ended can only be
    # read: nobody locks it.
    own = Call.objects.filter(ref=ref, post_id=actor.post_id or 0)
    found = own.select_for_update().first() or own.first()
    if found is None:
        raise CallNotFound(msg("没有找到这通来电，可能别的席位或别的人已经接了。请开一张新的来电单。"))
    return found


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
