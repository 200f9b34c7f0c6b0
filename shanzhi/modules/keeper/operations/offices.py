"""Units and posts as their keeper changes them in the web."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import operations as organisation
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.operations import NewPost, NewUnit
from shanzhi.kernel.organisation.policy.offices import check_same_version
from shanzhi.modules.keeper.operations._common import (
    check_keeper,
    check_somebody_left,
    post_here,
    unit_here,
    unit_meant,
)
from shanzhi.modules.keeper.policy import check_not_mine, check_place


@dataclass(frozen=True, slots=True)
class UnitEdit:
    """How a unit is to be: names, the one above it in words (code or name; empty: none), what it can carry."""

    name: str
    short_name: str
    above: str
    capacity: int | None


@transaction.atomic
def unit_open(*, new: NewUnit, above: str, on: date, actor: Actor, now: datetime) -> int:
    """Set up a unit; returns its id.

    Raises:
        SignInNeeded, NotAllowed, NotHere, TooMany: who acts may not, or words mean no unit or several.
        DomainError: see `organisation.operations.unit_add`.
    """
    author = check_keeper(actor)
    check_place(actor, new.region_code)
    given = NewUnit(
        new.kind,
        new.name,
        new.region_code,
        new.short_name,
        new.code,
        new.department,
        unit_meant(above, on),
        new.capacity,
    )
    return organisation.unit_add(new=given, on=on, now=now, author=author)


@transaction.atomic
def unit_edit(*, unit_id: int, to: UnitEdit, version: int, on: date, actor: Actor, now: datetime) -> None:
    """Rename a unit, move it below another one, say what it can carry: what is otherwise than before, all or nothing.

    Raises:
        SignInNeeded, NotAllowed, NotHere, TooMany: see `unit_open`.
        DomainError: see `organisation.operations.unit_rename`, `unit_move` and `unit_limit`.
    """
    author = check_keeper(actor)
    card = unit_here(unit_id, actor, now)
    parent_id = unit_meant(to.above, on)
    given: dict[str, Any] = {"unit_id": unit_id, "on": on, "now": now, "author": author}
    # The version of the page counts for the first of the three; what follows is the same keeper's.
    organisation.unit_rename(**given, name=to.name, short_name=to.short_name, version=version)
    if parent_id != card.parent_id:
        organisation.unit_move(**given, parent_id=parent_id)
    if to.capacity != card.capacity:
        organisation.unit_limit(**given, capacity=to.capacity)


@transaction.atomic
def unit_shut(*, unit_id: int, successor: str, version: int, on: date, actor: Actor, now: datetime) -> int:
    """Close a unit with its posts; its open work and the units below it go to the successor. How many posts it had.

    Raises:
        SignInNeeded, NotAllowed, NotHere, TooMany: see `unit_open`.
        OwnPost, LastOne: the own post is among its posts, or that of the last administrator.
        DomainError: see `organisation.operations.unit_close`.
    """
    author = check_keeper(actor)
    unit_here(unit_id, actor, now)
    posts = [card.post_id for card in queries.posts_of_unit(unit_id, on)]
    check_not_mine(actor, post_ids=posts)
    check_somebody_left(posts, actor, on)
    successor_id = unit_meant(successor, local_date(now))
    return organisation.unit_close(
        unit_id=unit_id, on=on, successor_id=successor_id, version=version, now=now, author=author
    )


@transaction.atomic
def post_open(*, new: NewPost, on: date, actor: Actor, now: datetime) -> int:
    """Set up a vacant post; returns its id. Nobody sees anything by it until somebody is appointed, by two people.

    Raises:
        SignInNeeded, NotAllowed, NotHere: who acts may not, or it isn't in their place.
        DomainError: see `organisation.operations.post_add`.
    """
    author = check_keeper(actor)
    unit_here(new.unit_id, actor, now)
    check_place(actor, new.region_code)
    return organisation.post_add(new=new, on=on, now=now, author=author)


@transaction.atomic
def post_title(*, post_id: int, title: str, version: int, on: date, actor: Actor, now: datetime) -> None:
    """Give a post another title.

    Raises:
        SignInNeeded, NotAllowed, NotHere: see `post_open`. DomainError: see `organisation.operations.post_rename`.
    """
    author = check_keeper(actor)
    post_here(post_id, actor)
    organisation.post_rename(post_id=post_id, title=title, on=on, version=version, now=now, author=author)


@transaction.atomic
def post_vacate(*, post_id: int, on: date, actor: Actor, now: datetime) -> None:
    """Whoever holds a post leaves it; `on`, today or to come, is the first day without.

    Raises:
        SignInNeeded, NotAllowed, NotHere: see `post_open`.
        OwnPost, LastOne: it is the own one, or the last administrator's.
        DomainError: see `organisation.operations.end_holding`.
    """
    author = check_keeper(actor)
    post_here(post_id, actor)
    check_not_mine(actor, post_ids=[post_id])
    check_somebody_left([post_id], actor, local_date(now))
    organisation.end_holding(post_id=post_id, on=on, now=now, author=author)


@transaction.atomic
def post_shut(*, post_id: int, version: int, on: date, actor: Actor, now: datetime) -> None:
    """Abolish a post; whoever holds it leaves it.

    Raises:
        SignInNeeded, NotAllowed, NotHere, OwnPost, LastOne: see `post_vacate`.
        ChangedMeanwhile: somebody changed it since the page was opened.
        DomainError: see `organisation.operations.post_close`.
    """
    author = check_keeper(actor)
    card = post_here(post_id, actor)
    check_not_mine(actor, post_ids=[post_id])
    check_somebody_left([post_id], actor, local_date(now))
    check_same_version(version, card.version, lambda: organisation.post_differences(post_id, version))
    organisation.post_close(post_id=post_id, on=on, now=now, author=author)
