"""Tokens: keys of programs, each for one post, each with somebody who answers for it."""

import hashlib
import secrets
from datetime import date, datetime, timedelta

from django.db import connection, transaction

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.models import Token
from shanzhi.kernel.access.payloads import TokenEnded, TokenIssued
from shanzhi.kernel.access.policy import Actor, NoPost, check_may
from shanzhi.kernel.access.policy.signoff import NeedsPerson
from shanzhi.kernel.access.policy.tokens import ISSUES, LOOKS_AFTER, TokenForNobody, TokenNotFound
from shanzhi.kernel.access.roles import roles
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PostCard

# Once a day, and nobody waits for it: several calls at once with one token are usual.
_USED = (
    "UPDATE access_token SET used_on = %(on)s WHERE id = ("
    " SELECT id FROM access_token WHERE id = %(id)s AND used_on IS DISTINCT FROM %(on)s FOR UPDATE SKIP LOCKED)"
)


def token_hash(token: str) -> bytes:
    """The SHA-256 under which a token is kept; a token has 256 bits of chance, so it needs no slow hash."""
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def token_issue(*, post_id: int, label: str, now: datetime, days: int = 365, actor: Actor | None = None) -> str:
    """A new token for a post; shown once, kept as a hash only. Whoever holds the post today answers for it.

    `actor` is who issues it on a page; the command line and tests have none.

    Raises:
        InputError: no label, or a term outside 1 to 730 days.
        NoPost: no such post today, or not in the actor's place.
        TokenForNobody: the post is vacant: nobody would answer for what the token does.
        SignInNeeded, NotAllowed, NeedsPerson: the actor may not issue tokens.
    """
    if actor is not None:
        check_may(actor, roles().get(actor.role), ISSUES)
        if actor.by_token:
            raise NeedsPerson(msg("令牌要本人登录网页发放，不能用令牌发令牌。请登录后再试。"))
    label = clean_text(label)
    if not 0 < len(label) <= 100 or not 1 <= days <= 730:
        raise InputError(msg("令牌要有名称，有效期为 1 到 730 天。请补全后再试。"))
    card = _card_of(post_id, actor, now)
    if card.staff_id is None:
        raise TokenForNobody(msg("这个岗位现在空缺，没有人为令牌负责，不能发放。请先安排任职。"))
    token = f"sz_{secrets.token_urlsafe(32)}"
    row = Token.objects.create(
        post_id=post_id,
        staff_id=card.staff_id,
        issued_by_post=actor.post_id if actor else None,
        token_hash=token_hash(token),
        label=label,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    author = Author("post", actor.post_id, actor.unit_id) if actor else Author("system")
    subject = Subject("token", row.pk, 1, card.region_code)
    journal.record(
        payload=TokenIssued(post_id, card.staff_id, row.expires_at), subject=subject, author=author, happened_at=now
    )
    return token


def _card_of(post_id: int, actor: Actor | None, now: datetime) -> PostCard:
    card = organisation.post_card(post_id, local_date(now))
    if card is None or (actor is not None and not actor.place.contains(card.region_code)):
        raise NoPost(msg("这个岗位已经撤销，或者不在您管的范围里。请另选一个岗位。"))
    return card


@transaction.atomic
def token_end(*, token_id: int, now: datetime, actor: Actor | None = None, why: str = "ended") -> None:
    """End a token at once; ending it again changes nothing.

    Raises:
        SignInNeeded, NotAllowed: the actor may not look after tokens.
        TokenNotFound: no such token in the actor's place.
    """
    row = Token.objects.select_for_update().filter(pk=token_id).first()
    if row is None:
        raise _missing()
    code = organisation.scope_code_of_post(row.post_id)
    if actor is not None:
        check_may(actor, roles().get(actor.role), LOOKS_AFTER)
        if not actor.place.contains(code):
            raise _missing()
    if row.ended_at is not None:
        return
    row.ended_at = now
    row.save(update_fields=["ended_at"])
    author = Author("post", actor.post_id, actor.unit_id) if actor else Author("system")
    subject = Subject("token", token_id, 2, code)
    journal.record(payload=TokenEnded(row.post_id, why), subject=subject, author=author, happened_at=now)


def _missing() -> TokenNotFound:
    return TokenNotFound(msg("没有这枚令牌，或者不在您管的范围里。请刷新页面查看。"))


def token_used(*, token_id: int, on: date) -> None:
    """Note the day on which a token was last used; 1 statement, which writes once a day."""
    with connection.cursor() as cursor:
        cursor.execute(_USED, {"id": token_id, "on": on})
