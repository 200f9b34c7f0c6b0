"""Every step of a two-person sign-off: ask, decide, take back, run out, carry out, use."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from secrets import token_bytes

from django.db import transaction

from shanzhi.core.errors import DomainError, InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.models import Signoff
from shanzhi.kernel.access.payloads import (
    SignoffAsked,
    SignoffDecided,
    SignoffExpired,
    SignoffFinished,
    SignoffUsed,
    SignoffWithdrawn,
)
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.policy.signoff import (
    DECIDES,
    MOVES,
    OPEN_FOR,
    TRIES_MOST,
    WORDS_MOST,
    NeedsPerson,
    SignoffClosed,
    SignoffField,
    SignoffKind,
    SignoffMissing,
    SignoffNews,
    SignoffNotFound,
    SignoffState,
    check_decider,
    check_fields,
    signoff_kind,
    signoff_kinds,
    tell_of_signoff,
)
from shanzhi.kernel.access.roles import roles
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PostCard

log = logging.getLogger(__name__)

SYSTEM_AUTHOR = Author("system")
BROKE_DOWN = msg("执行时系统出了故障，多次重试都没有成功。请联系运维人员查看日志后重新申请。")


@dataclass(frozen=True, slots=True)
class Approval:
    """An approval that a command has used: its number and the fields that were agreed to."""

    signoff_id: int
    params: Mapping[str, str]


@transaction.atomic
def signoff_ask(*, kind: str, fields: Mapping[str, str], actor: Actor, now: datetime) -> int:
    """Ask for a sign-off; returns its number. It waits 72 hours for somebody else's decision.

    Raises:
        SignoffNotFound: no such kind.
        SignInNeeded, NotAllowed: the acting post may not ask for it.
        NeedsPerson: a program asks.
        InputError: the fields are incomplete.
    """
    offered = signoff_kind(kind)
    check_may(actor, roles().get(actor.role), offered.asks)
    post_id, unit_id, staff_id = _person(actor)
    params = check_fields(offered, fields)
    salt = token_bytes(16)
    # The number is drawn by the insert; reading it back needs the row's own policy, which who asks fulfils.
    row = Signoff.objects.create(
        kind=kind,
        params=params,
        salt=salt,
        state=SignoffState.ASKED,
        scope_code=actor.region_code,
        asked_at=now,
        asked_by_post=post_id,
        asked_by_unit=unit_id,
        asked_by_staff=staff_id,
        expires_at=now + OPEN_FOR,
    )
    said = tuple(_said(field, params[field.code], salt) for field in offered.fields if field.code in params)
    _journal(row, SignoffAsked(kind, said, row.expires_at), _author(actor), now)
    return int(row.pk)


@transaction.atomic
def signoff_decide(*, signoff_id: int, approve: bool, words: str, actor: Actor, now: datetime) -> None:
    """Agree or not, in words; another person than who asked, in another post, standing for the place of who asked.

    Raises:
        SignInNeeded, NotAllowed: the acting post may not decide.
        NeedsPerson: a program decides.
        SignoffNotFound: no such request in the post's place.
        SamePerson: who asked decides.
        SignoffClosed: it was decided, taken back or ran out in the meantime.
        InputError: no words.
    """
    check_may(actor, roles().get(actor.role), DECIDES)
    _person(actor)
    words = clean_text(words)
    if not 0 < len(words) <= WORDS_MOST:
        sentence = msg("请写明同意或不同意的理由，不超过 500 字。")
        raise InputError(sentence, fields={"words": sentence})
    row = _locked(signoff_id)
    if not actor.place.contains(row.scope_code):
        raise _missing()
    check_decider(
        asked_by_staff=row.asked_by_staff,
        asked_by_post=row.asked_by_post,
        staff_id=actor.staff_id,
        post_id=actor.post_id,
    )
    _check_open(row, now)
    row.decided_at, row.decided_by_post, row.decided_by_staff = now, actor.post_id, actor.staff_id
    row.words = words
    if approve:
        row.expires_at = now + OPEN_FOR
    _move(row, SignoffState.APPROVED if approve else SignoffState.REFUSED, now)
    payload = SignoffDecided(row.kind, approve, _sealed(words, bytes(row.salt)))
    _journal(row, payload, _author(actor), now)


@transaction.atomic
def signoff_withdraw(*, signoff_id: int, actor: Actor, now: datetime) -> None:
    """Take one's own request back while nobody has decided.

    Raises:
        SignoffNotFound: no such request of this person.
        SignoffClosed: it was decided or ran out in the meantime.
    """
    row = _locked(signoff_id)
    if actor.staff_id is None or row.asked_by_staff != actor.staff_id:
        raise _missing()
    _person(actor)
    _check_open(row, now)
    _move(row, SignoffState.WITHDRAWN, now)
    _journal(row, SignoffWithdrawn(row.kind), _author(actor), now)


@transaction.atomic
def signoff_use(*, kind: str, now: datetime, signoff_id: int | None = None) -> Approval:
    """Use an approval of a kind for what a command is about to do in this transaction: once, then it is gone.

    The oldest approval, or the one with this number. If the command's transaction fails, it stays unused.

    Raises:
        SignoffNotFound: no such kind.
        SignoffMissing: no approval that may still be used; says what to do.
    """
    name = signoff_kind(kind).name
    rows = Signoff.objects.select_for_update(skip_locked=True).filter(
        kind=kind, state=SignoffState.APPROVED, expires_at__gt=now
    )
    if signoff_id is not None:
        rows = rows.filter(pk=signoff_id)
    row = rows.order_by("pk").first()
    if row is None:
        raise SignoffMissing(
            msg("“%(name)s”要先经双人复核同意。请在“双人复核”页面申请，由安全管理员同意后 72 小时内再运行。"),
            name=(name,),
        )
    row.outcome = msg("已由命令行使用。")
    _move(row, SignoffState.DONE, now)
    _journal(row, SignoffUsed(kind), SYSTEM_AUTHOR, now)
    return Approval(int(row.pk), dict(row.params))


def signoff_run_due(*, now: datetime) -> int:
    """Let run out what is over its time, and carry out what was agreed to; returns how many were carried out. Worker.

    Each one is begun in a transaction of its own and carried out in another: a worker that dies leaves it `running`
    with nothing done, and the next call takes it up. Two workers never carry out the same one.
    """
    _expire(now)
    runnable = [code for code, kind in signoff_kinds().items() if kind.run is not None]
    due = Signoff.objects.filter(kind__in=runnable, state__in=[SignoffState.APPROVED, SignoffState.RUNNING])
    return sum(_carry_out(signoff_id, now) for signoff_id in list(due.order_by("pk").values_list("pk", flat=True)))


def _carry_out(signoff_id: int, now: datetime) -> bool:
    with transaction.atomic():
        row = _free(signoff_id, SignoffState.APPROVED)
        if row is not None:
            _move(row, SignoffState.RUNNING, now)
            row.save(update_fields=["state"])
    with transaction.atomic():
        row = _free(signoff_id, SignoffState.RUNNING)
        if row is None:
            return False
        row.tries += 1
        state, row.outcome = _outcome(row, signoff_kind(row.kind), now)
        if state is None:
            row.save(update_fields=["tries"])
            return False
        _move(row, state, now)
        _journal(row, SignoffFinished(row.kind, state, row.tries), SYSTEM_AUTHOR, now)
    return True


def _outcome(row: Signoff, kind: SignoffKind, now: datetime) -> tuple[SignoffState | None, str]:
    """What came of carrying it out; no state where it is to be tried again."""
    assert kind.run is not None  # noqa: S101 - only such kinds are asked for
    who = {"@signoff": row.pk, "@post": row.asked_by_post, "@unit": row.asked_by_unit, "@staff": row.asked_by_staff}
    try:
        with transaction.atomic():
            return SignoffState.DONE, kind.run({**row.params, **{key: str(value) for key, value in who.items()}}, now)
    except DomainError as error:
        return SignoffState.FAILED, str(error)
    except Exception as error:
        # The type alone: an error's text may carry what was asked for.
        log.warning("sign-off %s of %s broke down, try %s: %s", row.pk, row.kind, row.tries, type(error).__name__)
        return (SignoffState.FAILED, BROKE_DOWN) if row.tries >= TRIES_MOST else (None, "")


def signoffs_withdraw_left(*, now: datetime) -> int:
    """Take back requests that nobody has decided and whose asker holds the post no more; returns how many. Worker.

    Whoever holds it next asks anew: a request is a person's own. What two people have agreed to goes on.
    """
    with transaction.atomic():
        asked = list(Signoff.objects.select_for_update(skip_locked=True).filter(state=SignoffState.ASKED))
        cards = organisation.post_cards({row.asked_by_post for row in asked}, local_date(now)) if asked else {}
        left = [row for row in asked if _holder(cards.get(row.asked_by_post)) != row.asked_by_staff]
        for row in left:
            _move(row, SignoffState.WITHDRAWN, now)
            _journal(row, SignoffWithdrawn(row.kind), SYSTEM_AUTHOR, now)
    return len(left)


def _holder(card: PostCard | None) -> int | None:
    return card.staff_id if card is not None else None


def _expire(now: datetime) -> None:
    with transaction.atomic():
        over = Signoff.objects.select_for_update(skip_locked=True).filter(
            state__in=[SignoffState.ASKED, SignoffState.APPROVED], expires_at__lte=now
        )
        for row in list(over):
            was = row.state
            _move(row, SignoffState.EXPIRED, now)
            _journal(row, SignoffExpired(row.kind, was), SYSTEM_AUTHOR, now)


def _free(signoff_id: int, *states: SignoffState) -> Signoff | None:
    """The row, locked, unless somebody else has it in hand or it has moved on."""
    return Signoff.objects.select_for_update(skip_locked=True).filter(pk=signoff_id, state__in=states).first()


def _locked(signoff_id: int) -> Signoff:
    row = Signoff.objects.select_for_update().filter(pk=signoff_id).first()
    if row is None:
        raise _missing()
    return row


def _missing() -> SignoffNotFound:
    return SignoffNotFound(msg("没有找到这条复核申请，或者您现在的岗位看不到它。请返回列表。"))


def _person(actor: Actor) -> tuple[int, int, int]:
    """Post, unit and member of staff of a person at a screen."""
    if actor.by_token or actor.staff_id is None or actor.post_id is None or actor.unit_id is None:
        raise NeedsPerson(msg("申请和复核都要本人登录网页办理，不能用令牌。请登录后再试。"))
    return actor.post_id, actor.unit_id, actor.staff_id


def _check_open(row: Signoff, now: datetime) -> None:
    if row.state != SignoffState.ASKED or row.expires_at <= now:
        state = SignoffState.EXPIRED if row.state == SignoffState.ASKED else SignoffState(row.state)
        raise SignoffClosed(msg("这条申请现在是“%(state)s”，不能再改。请刷新页面查看。"), state=(state.label,))


def _move(row: Signoff, state: SignoffState, now: datetime) -> None:
    assert state in MOVES[SignoffState(row.state)], (row.state, state)  # noqa: S101 - each caller has asked before
    row.state = state
    if state not in MOVES or state is SignoffState.EXPIRED:
        row.ended_at = now


def _journal(row: Signoff, payload: Payload, author: Author, now: datetime) -> None:
    """Write the row and its journal entry; tell who listens."""
    if payload.action != SignoffAsked.action:
        row.steps += 1
        row.save(
            update_fields=[
                "state", "expires_at", "decided_at", "decided_by_post", "decided_by_staff", "words", "ended_at",
                "outcome", "tries", "steps",
            ]
        )  # fmt: skip
    subject = Subject("signoff", row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=subject, author=author, happened_at=now)
    news = SignoffNews(row.pk, row.kind, row.steps, SignoffState(row.state), row.asked_by_post, row.scope_code)
    tell_of_signoff(news, now)


def _author(actor: Actor) -> Author:
    return Author("post", actor.post_id, actor.unit_id)


def _said(field: SignoffField, value: str, salt: bytes) -> tuple[str, str]:
    return field.code, value if field.kind != "text" else _sealed(value, salt)


def _sealed(text: str, salt: bytes) -> str:
    return sha256(salt + text.encode()).hexdigest()


__all__ = [
    "Approval",
    "signoff_ask",
    "signoff_decide",
    "signoff_run_due",
    "signoff_use",
    "signoff_withdraw",
    "signoffs_withdraw_left",
]
