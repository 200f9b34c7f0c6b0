"""Open sign-offs as part of a post's unfinished work: asked for by it, or waiting for it to decide. Figures alone."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.policy.signoff import DECIDES, SignoffState
from shanzhi.kernel.access.policy.unfinished import PostRef, Unfinished
from shanzhi.kernel.access.roles import roles
from shanzhi.kernel.organisation import queries as organisation

KIND = "signoffs"


@dataclass(frozen=True, slots=True)
class _Open:
    asked_by: int
    state: str
    place: str
    count: int
    until: datetime


def signoffs_of_posts(posts: Collection[PostRef], actor: Actor, now: datetime) -> list[Unfinished]:
    """Open sign-offs of posts in the acting supervisor's place; 1 query, 2 more where a post decides and one waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access_signoffs_open(%s)", [now])
        rows = [_Open(*row) for row in cursor.fetchall()]
    asked = [one for post in posts for one in _asked_by(post.post_id, rows)]
    waiting = [row for row in rows if row.state == SignoffState.ASKED]
    deciding = {role.code for role in roles().values() if DECIDES in role.may}
    deciders = [post for post in posts if post.role in deciding]
    return asked + (list(_waiting(deciders, waiting, deciding, now)) if waiting and deciders else [])


def _asked_by(post_id: int, rows: Collection[_Open]) -> Iterator[Unfinished]:
    mine = [row for row in rows if row.asked_by == post_id]
    undecided = [row for row in mine if row.state == SignoffState.ASKED]
    agreed = [row for row in mine if row.state != SignoffState.ASKED]
    for found, name, becomes, is_left in (
        (
            undecided,
            msg("本岗位提出、待复核的申请"),
            msg("申请人离任后自动撤回，别人不能代办。还要办的，请接任的人重新申请。"),
            True,
        ),
        (
            agreed,
            msg("本岗位提出、已同意的申请"),
            msg("两个人都已同意，照常执行；到期没有用上的自动失效。"),
            False,
        ),
    ):
        if found:
            until = min(row.until for row in found)
            yield Unfinished(post_id, KIND, name, sum(row.count for row in found), becomes, is_left, until)


def _waiting(
    posts: Collection[PostRef], waiting: Collection[_Open], deciding: Collection[str], now: datetime
) -> Iterator[Unfinished]:
    on = local_date(now)
    cards = organisation.post_cards({post.post_id for post in posts}, on)
    held = [card for card in organisation.posts_of_roles(deciding, on) if card.staff_id is not None]
    for card in cards.values():
        mine = [row for row in waiting if row.asked_by != card.post_id and card.ranges.contains(row.place)]
        if not mine:
            continue
        others = [
            one for one in held if one.post_id != card.post_id and all(one.ranges.contains(row.place) for row in mine)
        ]
        becomes = (
            msg("另有 %(count)s 个在任的复核岗位可以决定，不用转交。")
            if others
            else msg("没有别的复核岗位在任。请先安排任职；到期没有决定的自动失效，要重新申请。")
        )
        yield Unfinished(
            card.post_id,
            KIND,
            msg("等本岗位复核的申请"),
            sum(row.count for row in mine),
            becomes,
            not others,
            min(row.until for row in mine),
            {"count": str(len(others))},
        )
