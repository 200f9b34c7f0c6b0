"""Who is acting: from a signed-in account, or from a token."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.factors import has_factor
from shanzhi.kernel.access.models import Account, Token
from shanzhi.kernel.access.operations import token_hash
from shanzhi.kernel.access.policy import Actor, NoPost, Role, SignInNeeded
from shanzhi.kernel.access.queries.audit import AuditDay, audit_days
from shanzhi.kernel.access.queries.sessions import (
    SessionRow,
    StaffSessions,
    count_sessions,
    my_sessions,
    sessions_of_staff,
)
from shanzhi.kernel.access.queries.signoffs import (
    Person,
    SignoffCard,
    SignoffPage,
    SignoffRow,
    open_signoffs,
    signoff_card,
    signoffs_page,
    signoffs_waiting,
)
from shanzhi.kernel.access.queries.tokens import (
    PostChoice,
    TokenPage,
    TokenRow,
    live_tokens,
    posts_for_token,
    tokens_page,
)
from shanzhi.kernel.access.roles import role_of, roles
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PostCard

__all__ = [
    "AuditDay",
    "MyPost",
    "Person",
    "PostChoice",
    "SessionRow",
    "SignoffCard",
    "SignoffPage",
    "SignoffRow",
    "StaffSessions",
    "TokenActor",
    "TokenPage",
    "TokenRow",
    "account_of_claim",
    "actor_among",
    "actor_of_account",
    "actor_of_post",
    "actor_of_token",
    "audit_days",
    "cards_of_account",
    "count_sessions",
    "has_factor",
    "live_tokens",
    "my_posts",
    "my_sessions",
    "open_signoffs",
    "posts_for_token",
    "posts_of_account",
    "role_of",
    "roles",
    "sessions_of_staff",
    "signoff_card",
    "signoffs_page",
    "signoffs_waiting",
    "token_actor",
    "tokens_page",
]


@dataclass(frozen=True, slots=True)
class MyPost:
    """One of the posts that a signed-in person may act in."""

    post_id: int
    title: str
    unit_name: str
    role: Role


def _actor(card: PostCard) -> Actor:
    return Actor(
        kind="post",
        post_id=card.post_id,
        unit_id=card.unit_id,
        staff_id=card.staff_id,
        role=card.role,
        region_code=card.region_code,
        unit_name=card.unit_name,
        post_title=card.title,
        staff_name=card.staff_name or "",
        ranges=card.ranges if card.sees == "region" else Actor().ranges,
        intake=card.ranges if card.sees == "intake" else Actor().intake,
        place=card.ranges,
        takes_part=card.sees != "office",
    )


def actor_of_post(post_id: int, on: date) -> Actor:
    """The actor that a post is on a date.

    Raises:
        NoPost: it isn't open on that date.
    """
    card = organisation.post_card(post_id, on)
    if card is None:
        raise NoPost(msg("这个岗位已经撤销，或者还没有设立。请换一个岗位。"))
    return _actor(card)


def posts_of_account(account: Account, on: date) -> list[MyPost]:
    """The posts that the account's holder holds on a date."""
    return my_posts(cards_of_account(account, on))


def my_posts(cards: Iterable[PostCard]) -> list[MyPost]:
    """Held posts as their holder chooses between them."""
    return [MyPost(card.post_id, card.title, card.unit_name, role_of(card.role)) for card in cards]


def cards_of_account(account: Account, on: date) -> list[PostCard]:
    """The posts that the account's holder holds on a date, the widest place first; 1 query."""
    return organisation.posts_of_staff(account.staff_id, on) if account.staff_id is not None else []


def actor_of_account(account: Account, wanted_post: int | None, on: date) -> Actor | None:
    """The actor that a signed-in account is on a date, as `actor_among` chooses."""
    return actor_among(cards_of_account(account, on), wanted_post)


def actor_among(cards: Sequence[PostCard], wanted_post: int | None) -> Actor | None:
    """The actor that the holder of these posts is: in the wanted post if it is one of them, else in the first one; None
    where there is none."""
    chosen = next((card for card in cards if card.post_id == wanted_post), cards[0] if cards else None)
    return _actor(chosen) if chosen else None


def account_of_claim(claim: str, value: str) -> Account | None:
    """The account that an identity provider's claim names: `employee_number` is a work number, any other claim a sign-in
    name; equal to the letter, or nobody."""
    found = {"staff__work_number": value} if claim == "employee_number" else {"username": value}
    return Account.objects.filter(**found).first()


@dataclass(frozen=True, slots=True)
class TokenActor:
    """Who a token acts for, and the token's number; `used_today`: its day of use is noted already."""

    actor: Actor
    token_id: int
    used_today: bool


def actor_of_token(token: str, now: datetime) -> Actor:
    """The actor that a token stands for; raises as `token_actor`."""
    return token_actor(token, now).actor


def token_actor(token: str, now: datetime) -> TokenActor:
    """Who a token acts for: its post, while the one who answers for it still holds the post; 2 queries.

    Raises:
        SignInNeeded: unknown, expired or ended token, or who answered for it has left the post.
        NoPost: its post has ended.
    """
    row = (
        Token.objects.filter(token_hash=token_hash(token), ended_at=None, expires_at__gt=now)
        .values_list("pk", "post_id", "staff_id", "used_on")
        .first()
    )
    today = local_date(now)
    if row is not None:
        token_id, post_id, staff_id, used_on = row
        actor = actor_of_post(post_id, today)
        if actor.staff_id is not None and actor.staff_id == staff_id:
            return TokenActor(replace(actor, by_token=True), token_id, used_on == today)
    raise SignInNeeded(msg("令牌无效或已过期。请向管理员申请新的令牌。"))
