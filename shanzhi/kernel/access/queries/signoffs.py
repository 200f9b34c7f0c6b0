"""Reading two-person sign-offs: under row-level security, with names in place of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import QuerySet

from shanzhi.core.text import msg
from shanzhi.kernel.access.models import Signoff
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.policy.signoff import (
    DECIDES,
    SignoffNotFound,
    SignoffState,
    signoff_kinds,
)
from shanzhi.kernel.access.roles import roles
from shanzhi.kernel.organisation import queries as organisation

PAGE = 25
View = Literal["waiting", "mine", "past"]


@dataclass(frozen=True, slots=True)
class Person:
    """Who asked or decided: the post as it is called, and the name of who acted in it."""

    unit_name: str
    title: str
    staff_name: str


@dataclass(frozen=True, slots=True)
class SignoffRow:
    """A line of a list. `kind_name` is a message id."""

    id: int
    kind: str
    kind_name: str
    state: SignoffState
    asked_at: datetime
    asked_by: Person
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class SignoffPage:
    """One page of a list, newest first; `next_before` is the number before which the next page begins, 0 at the end."""

    rows: tuple[SignoffRow, ...]
    next_before: int


@dataclass(frozen=True, slots=True)
class SignoffCard:
    """One request: `fields` are (label, value, value is a message id). What this person may do with it now."""

    row: SignoffRow
    explain: str
    fields: tuple[tuple[str, str, bool], ...]
    decided_at: datetime | None
    decided_by: Person | None
    words: str
    ended_at: datetime | None
    outcome: str
    may_decide: bool
    may_withdraw: bool


def _now_state(row: Signoff, now: datetime) -> SignoffState:
    """The state as it counts now: what ran out has run out, whether or not the worker came by."""
    is_open = row.state in (SignoffState.ASKED, SignoffState.APPROVED)
    return SignoffState.EXPIRED if is_open and row.expires_at <= now else SignoffState(row.state)


def _decides(actor: Actor) -> bool:
    role = roles().get(actor.role)
    return actor.is_post and role is not None and DECIDES in role.may


def _waiting(actor: Actor, now: datetime) -> QuerySet[Signoff]:
    rows = Signoff.objects.filter(state=SignoffState.ASKED, expires_at__gt=now)
    return rows.exclude(asked_by_staff=actor.staff_id or 0).exclude(asked_by_post=actor.post_id or 0)


def signoffs_page(view: View, *, actor: Actor, now: datetime, before: int | None = None) -> SignoffPage:
    """What waits for this person's decision, what they asked for, or what is over; 3 queries, 1 where there is nothing."""
    if view == "waiting":
        rows = _waiting(actor, now) if _decides(actor) else Signoff.objects.none()
    elif view == "mine":
        rows = Signoff.objects.filter(asked_by_staff=actor.staff_id or 0)
    else:
        rows = Signoff.objects.exclude(state=SignoffState.ASKED, expires_at__gt=now)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    found = list(rows.order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    return SignoffPage(tuple(_rows(shown, now)), shown[-1].pk if len(found) > PAGE else 0)


def signoffs_waiting(actor: Actor, now: datetime) -> int:
    """How many wait for this person's decision; 1 query, none for who doesn't decide."""
    return _waiting(actor, now).count() if _decides(actor) else 0


def open_signoffs(now: datetime) -> list[SignoffRow]:
    """What waits for a decision, and approvals that can be used, oldest first; for a terminal; 3 queries."""
    states = [SignoffState.ASKED, SignoffState.APPROVED, SignoffState.RUNNING]
    return _rows(list(Signoff.objects.filter(state__in=states, expires_at__gt=now).order_by("pk")), now)


def signoff_card(signoff_id: int, *, actor: Actor, now: datetime) -> SignoffCard:
    """One request; 3 queries.

    Raises:
        SignoffNotFound: no such request, or not for this person.
    """
    row = Signoff.objects.filter(pk=signoff_id).first()
    if row is None:
        raise SignoffNotFound(msg("没有找到这条复核申请，或者您现在的岗位看不到它。请返回列表。"))
    persons = _Persons([row])
    kind = signoff_kinds().get(row.kind)
    fields = []
    for field in kind.fields if kind else ():
        value = str(row.params.get(field.code, ""))
        choices = dict(field.choices)
        said = field.say(value) if field.say and value else choices.get(value, value)
        fields.append((field.label, said, value in choices))
    state = _now_state(row, now)
    is_mine = actor.staff_id == row.asked_by_staff
    return SignoffCard(
        row=_row(row, persons, now),
        explain=kind.explain if kind else "",
        fields=tuple(fields),
        decided_at=row.decided_at,
        decided_by=persons.who(row.decided_by_post, row.decided_by_staff) if row.decided_by_post else None,
        words=row.words,
        ended_at=row.ended_at,
        outcome=row.outcome,
        may_decide=state is SignoffState.ASKED
        and _decides(actor)
        and not is_mine
        and actor.post_id != row.asked_by_post,
        may_withdraw=state is SignoffState.ASKED and is_mine,
    )


class _Persons:
    """Names of posts and staff for some requests; 2 queries."""

    def __init__(self, rows: Sequence[Signoff]) -> None:
        posts = {row.asked_by_post for row in rows} | {row.decided_by_post for row in rows if row.decided_by_post}
        staff = {row.asked_by_staff for row in rows} | {row.decided_by_staff for row in rows if row.decided_by_staff}
        self._posts = organisation.post_names(posts) if rows else {}
        self._staff = organisation.staff_names(staff) if rows else {}

    def who(self, post_id: int | None, staff_id: int | None) -> Person:
        name = self._posts.get(post_id or 0)
        return Person(name.unit_name if name else "", name.title if name else "", self._staff.get(staff_id or 0, ""))


def _row(row: Signoff, persons: _Persons, now: datetime) -> SignoffRow:
    kind = signoff_kinds().get(row.kind)
    asked_by = persons.who(row.asked_by_post, row.asked_by_staff)
    name = kind.name if kind else row.kind
    return SignoffRow(row.pk, row.kind, name, _now_state(row, now), row.asked_at, asked_by, row.expires_at)


def _rows(rows: Sequence[Signoff], now: datetime) -> list[SignoffRow]:
    persons = _Persons(rows)
    return [_row(row, persons, now) for row in rows]
