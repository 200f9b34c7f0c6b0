"""Reading sessions: one's own in words, somebody else's as a number."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Max

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.models import Session
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.organisation import queries as organisation


@dataclass(frozen=True, slots=True)
class SessionRow:
    """One of one's own signed-in browsers; `seen_at` is right to ten minutes."""

    id: int
    device: str
    place: str
    started_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class StaffSessions:
    """A member of staff as a security officer sees them: how many sessions, and when one was last used."""

    staff_id: int
    name: str
    work_number: str
    posts: tuple[str, ...]
    sessions: int
    seen_at: datetime | None


def my_sessions(actor: Actor, this: int | None, now: datetime) -> list[SessionRow]:
    """One's own sessions, the one at hand first, then the last used; 1 query."""
    if actor.staff_id is None:
        return []
    rows = Session.objects.filter(staff_id=actor.staff_id, expires_at__gt=now)
    shown = rows.only("pk", "device", "place", "started_at", "seen_at").order_by("-seen_at")
    found = [SessionRow(r.pk, r.device, r.place, r.started_at, r.seen_at, r.pk == this) for r in shown]
    return sorted(found, key=lambda row: not row.is_this)


def sessions_of_staff(words: str, actor: Actor, now: datetime) -> list[StaffSessions]:
    """Staff with this work number or name and a post in the acting post's place; 2 queries and 1 for each of them."""
    on = local_date(now)
    found = []
    for row in organisation.find_staff(words):
        cards = organisation.posts_of_staff(row.staff_id, on)
        if any(actor.place.contains(card.region_code) for card in cards):
            found.append((row, tuple(f"{card.unit_name} · {card.title}" for card in cards)))
    counts = _counts([row.staff_id for row, _ in found], now)
    return [
        StaffSessions(row.staff_id, row.name, row.work_number, posts, *counts.get(row.staff_id, (0, None)))
        for row, posts in found
    ]


def _counts(staff_ids: Sequence[int], now: datetime) -> dict[int, tuple[int, datetime]]:
    if not staff_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT staff_id, sessions, seen_at FROM session_counts(%s, %s)", [list(staff_ids), now])
        return {staff_id: (int(count), seen_at) for staff_id, count, seen_at in cursor.fetchall()}


def count_sessions(staff_id: int, now: datetime) -> tuple[int, datetime | None]:
    """How many sessions somebody has, and when one was last used; 1 query. For a terminal: the application sees its
    own person's sessions only."""
    rows = Session.objects.filter(staff_id=staff_id, expires_at__gt=now)
    found = rows.aggregate(count=Count("pk"), seen=Max("seen_at"))
    return found["count"], found["seen"]
