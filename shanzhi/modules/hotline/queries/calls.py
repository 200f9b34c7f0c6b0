"""What the desk reads of its calls. Under row-level security: one's own, and the post's ended ones and untaken rings."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Q, QuerySet

from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.policy.unfinished import PostRef, Unfinished
from shanzhi.kernel.matters.queries import together
from shanzhi.kernel.vault.operations import keyring
from shanzhi.modules.hotline.models import Call
from shanzhi.modules.hotline.policy import FORGET_AFTER, RING_KEPT, Ending, Words, told_apart

CALLS = "calls"
CALLS_MOST = 12


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that isn't over: its name in addresses, since when, whether the exchange rang it through, and whether it
    still rings (`is_waiting`: no desk has opened it). What tells it apart to its own operator: the first words (`said`),
    and the last four digits of the number where there are no words yet (`tail`)."""

    ref: UUID
    opened_at: datetime
    rung: bool
    is_waiting: bool
    said: str = ""
    tail: str = ""


def open_calls(actor: Actor, now: datetime) -> tuple[OpenCall, ...]:
    """The acting post's calls that aren't over, newest first; a ring that nobody opened only for minutes; 1 query.

    Their drafts are opened for the operator whose own they are: others' rows aren't seen at all.
    """
    return _in_words(_open_of(actor, now))


@dataclass(frozen=True, slots=True)
class DeskCalls:
    """A desk's calls that aren't over, and how those of today ended: ending → how many."""

    calls: tuple[OpenCall, ...]
    ended: Mapping[str, int]


def desk_calls(actor: Actor, now: datetime) -> DeskCalls:
    """What `open_calls` and `counts_today` tell; 1 query for both."""
    calls, ended = together(_open_of(actor, now), _ended_today(actor, now))
    return DeskCalls(_in_words(calls), _by_ending(ended))


def _open_of(actor: Actor, now: datetime) -> QuerySet[Call]:
    stale = Q(rung=True, taken_at=None, opened_at__lt=now - RING_KEPT)
    rows = Call.objects.filter(post_id=actor.post_id or 0, ended_at=None).exclude(stale)
    return rows.order_by("-opened_at", "-pk")[:CALLS_MOST]


def _in_words(calls: Iterable[Call]) -> tuple[OpenCall, ...]:
    return tuple(
        OpenCall(row.ref, row.opened_at, row.rung, row.rung and row.taken_at is None, *told_apart(words_in(row)))
        for row in calls
    )


def left_calls(posts: Collection[PostRef], actor: Actor, now: datetime) -> list[Unfinished]:
    """How many calls these posts have open, for the supervisor of their place: no word of them; 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT * FROM hotline_open_of_posts(%s, %s)", [[post.post_id for post in posts], now - RING_KEPT]
        )
        rows = cursor.fetchall()
    return [
        Unfinished(
            post_id,
            CALLS,
            msg("没有结束的来电"),
            count,
            msg("草稿只有接电话的人能看，不能转交，接任的人也看不到；到时还没有结束的，连同草稿自动删除。"),
            until=since + FORGET_AFTER,
        )
        for post_id, count, since in rows
    ]


def waiting_ring(calls: tuple[OpenCall, ...]) -> OpenCall | None:
    """The ring that has waited longest for this desk; None where none rings."""
    return min((call for call in calls if call.is_waiting), key=lambda call: call.opened_at, default=None)


def typed(ref: UUID, actor: Actor) -> Words | None:
    """What was typed in one of the acting post's open calls; None where there is no such call; 1 query."""
    row = Call.objects.filter(ref=ref, post_id=actor.post_id or 0, ended_at=None).first()
    return words_in(row) if row is not None else None


def words_in(call: Call) -> Words:
    """The draft of a call, opened."""
    if not call.sealed:
        return Words()
    return Words(**json.loads(keyring().open_sealed(call.sealed, context=call.ref.bytes)))


def counts_today(actor: Actor, now: datetime) -> Mapping[str, int]:
    """How the acting post's calls of today ended: ending → how many; 1 query."""
    return _by_ending(_ended_today(actor, now))


def _ended_today(actor: Actor, now: datetime) -> QuerySet[Call, tuple[str, int]]:
    day = local_date(now)
    since = datetime(day.year, day.month, day.day, tzinfo=CITY_ZONE)
    rows = Call.objects.filter(post_id=actor.post_id or 0, ended_at__gte=since).values_list("ending")
    return rows.annotate(n=Count("pk")).order_by()


def _by_ending(counted: Iterable[tuple[str, int]]) -> Mapping[str, int]:
    found = dict(counted)
    return {ending.value: found.get(ending.value, 0) for ending in Ending}
