"""Sending heads to those who keep them: to whom, what, when again, and when no more."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Literal

GIVE_UP_AFTER = timedelta(days=7)
"""How long one head is tried at one address."""
LEASE = timedelta(minutes=5)
"""How long a try belongs to the worker that began it; a worker that died leaves nothing locked."""
_WAITS = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180, 360))

Occasion = Literal["day", "epoch"]
"""Why a head is sent: it was the last of a day, or the first of an epoch."""


def address_hash(address: str) -> str:
    """By what an address is known in the table: it may hold a secret, so it isn't kept itself."""
    return sha256(address.encode()).hexdigest()


def next_try(tries: int, now: datetime) -> datetime:
    """When to try again after so many tries."""
    return now + _WAITS[min(max(tries, 1), len(_WAITS)) - 1]


def is_over(made_at: datetime, now: datetime) -> bool:
    """Has what was noted then been tried long enough?"""
    return now - made_at >= GIVE_UP_AFTER


def body_of(*, note: str, occasion: Occasion, day: str, keys: Sequence[str], page: str) -> bytes:
    """What is sent, as JSON in UTF-8. `note` is the signed head: all that counts stands in it, and nothing else has to
    be believed; `keys` are the public keys, the first one first, `page` the address of the head below the city's own."""
    said = {
        "format": "shanzhi-head-1",
        "occasion": occasion,
        "day": day,
        "page": page,
        "keys": list(keys),
        "note": note,
    }
    return (json.dumps(said, ensure_ascii=False, indent=1) + "\n").encode()
