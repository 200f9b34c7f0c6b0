"""A resident's session after a phone code: a random key in the browser, here its hash and the follow hashes that it shows.

No account and no table of residents: a session knows no phone, no name and no index, and is gone after half an hour.
"""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from shanzhi.kernel.access.models import ResidentSession

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=4)
FRESH = timedelta(minutes=10)
"""How long after the code nothing needs to be confirmed once more."""
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Resident:
    """A running session: the follow hashes that it shows, and whether its code was given a moment ago."""

    follow: tuple[str, ...]
    is_fresh: bool


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@transaction.atomic
def resident_open(*, follow: Sequence[str], now: datetime) -> str:
    """Begin a session that shows these matters; returns its key, which is kept as a hash only. Old ones are removed."""
    residents_forget(now=now)
    token = secrets.token_urlsafe(32)
    ResidentSession.objects.create(token_hash=_hash(token), follow=list(follow), opened_at=now, seen_at=now)
    return token


@transaction.atomic
def resident_seen(*, token: str, now: datetime) -> Resident | None:
    """The session of a key, kept alive by being used; None where there is none (any more)."""
    row = ResidentSession.objects.filter(
        token_hash=_hash(token), seen_at__gt=now - IDLE, opened_at__gt=now - LONGEST
    ).first()
    if row is None:
        return None
    if now - row.seen_at > _TOUCH:
        ResidentSession.objects.filter(pk=row.pk).update(seen_at=now)
    return Resident(tuple(row.follow), now - row.opened_at <= FRESH)


@transaction.atomic
def resident_end(*, token: str) -> None:
    """End a session at once, here and not only in the browser."""
    ResidentSession.objects.filter(token_hash=_hash(token)).delete()


@transaction.atomic
def residents_forget(*, now: datetime) -> int:
    """Remove sessions that are over; returns how many."""
    deleted, _ = ResidentSession.objects.filter(Q(seen_at__lte=now - IDLE) | Q(opened_at__lte=now - LONGEST)).delete()
    return deleted
