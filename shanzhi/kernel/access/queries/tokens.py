"""Reading tokens: those of the posts in the acting post's place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.kernel.access.models import Token
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation

PAGE = 25
# Who governs where is the organisation's; asked for in one statement, so that pages stay whole.
_IN_PLACE = (
    "EXISTS (SELECT 1 FROM organisation_post p JOIN organisation_region_state s ON s.region_id = p.region_id"
    " WHERE p.id = access_token.post_id AND s.code::text <@ %s::codemultirange)"
)


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token without its key: what for, for which post, who answers for it, and on which day it was last used."""

    id: int
    label: str
    unit_name: str
    title: str
    staff_name: str
    created_at: datetime
    expires_at: datetime
    used_on: date | None
    ended_at: datetime | None
    is_live: bool


@dataclass(frozen=True, slots=True)
class TokenPage:
    """One page, newest first; `next_before` is 0 at the end."""

    rows: tuple[TokenRow, ...]
    next_before: int


def tokens_page(*, actor: Actor, now: datetime, live_only: bool = True, before: int | None = None) -> TokenPage:
    """Tokens of the posts in the acting post's place; 3 queries."""
    # A fixed text with its values apart, which the filter of an ORM can't say.
    rows = Token.objects.extra(  # noqa: S610
        where=[_IN_PLACE], params=[actor.place.to_pg() if actor.place else "{}"]
    )
    if live_only:
        rows = rows.filter(ended_at=None, expires_at__gt=now)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return TokenPage(tuple(_rows(shown, now)), shown[-1].pk if len(found) > PAGE else 0)


def live_tokens(now: datetime) -> list[TokenRow]:
    """Every token in use, for a terminal; 3 queries."""
    return _rows(list(Token.objects.filter(ended_at=None, expires_at__gt=now).order_by("pk")), now)


def _rows(tokens: Sequence[Token], now: datetime) -> list[TokenRow]:
    posts = organisation.post_names({row.post_id for row in tokens})
    staff = organisation.staff_names({row.staff_id for row in tokens if row.staff_id})
    return [
        TokenRow(
            row.pk,
            row.label,
            posts[row.post_id].unit_name,
            posts[row.post_id].title,
            staff.get(row.staff_id or 0, ""),
            row.created_at,
            row.expires_at,
            row.used_on,
            row.ended_at,
            row.ended_at is None and row.expires_at > now,
        )
        for row in tokens
    ]


@dataclass(frozen=True, slots=True)
class PostChoice:
    """A post that a token can be issued for, with who would answer for it."""

    post_id: int
    unit_name: str
    title: str
    staff_name: str


def posts_for_token(work_number: str, *, actor: Actor, on: date) -> list[PostChoice]:
    """The posts that the staff member with this work number or name holds in the acting post's place; 1 query and 1 for
    each member of staff found."""
    return [
        PostChoice(card.post_id, card.unit_name, card.title, card.staff_name or "")
        for row in organisation.find_staff(work_number)
        for card in organisation.posts_of_staff(row.staff_id, on)
        if actor.place.contains(card.region_code)
    ]
