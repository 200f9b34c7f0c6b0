"""A city in which draws are announced, opened, shown and made, really committed: heads are signed over what is."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shanzhi.config import database
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.access.scope import acting
from shanzhi.kernel.draws import operations, queries
from shanzhi.kernel.draws.operations import Plan, PlannedSide, PlannedStratum
from shanzhi.kernel.draws.policy import Item, commitment_of
from shanzhi.kernel.journal import queries as journal
from tests.concurrency.committed import City, seal_all

THEIRS = bytes(range(32))
"""The other side's nonce, of the first draw; every draw has one of its own (`nonce_for`)."""
NOW = datetime.fromisoformat("2026-03-02T10:00:00+08:00")
WINDOW = 60


def nonce_for(number: int) -> bytes:
    """The other side's nonce in the test's draw of this number."""
    return bytes([number]) + THEIRS[1:]


ITEMS = tuple(
    Item(f"{stratum}-{at:02d}", stratum, at, f"第 {at} 处")
    for stratum, size in (("370303", 20), ("370306", 12))
    for at in range(1, size + 1)
)


def plan(purpose: str, nonce: bytes, **changes: Any) -> Plan:
    """Three of twenty and two of twelve places, weighted, by a city and its province."""
    made = Plan(
        purpose=purpose,
        subject="抽查现场",
        items=ITEMS,
        strata=(PlannedStratum("370306", "周村区", 2), PlannedStratum("370303", "张店区", 3)),
        sides=(PlannedSide("鲁验组"), PlannedSide("淄博市", commitment_of(nonce))),
        window=WINDOW,
        method="weighted",
    )
    return replace(made, **changes)


def start() -> datetime:
    """A moment after the newest head: a head is only signed once time has gone on."""
    head = journal.head_now()
    return max(NOW, head.signed_at + timedelta(minutes=1)) if head else NOW


def announce(city: City, made: Plan, *, actor: Actor | None = None, now: datetime = NOW) -> int:
    """Announce as the supervisor; returns the number."""
    by = actor or city.cast.supervisor
    with acting(by):
        return operations.draw_announce(plan=made, actor=by, now=now)


def go_on(city: City, now: datetime) -> int:
    """Seal what waits, and let the background do what is due."""
    seal_all(city.installation, now)
    with database.acting_as(city.installation, "worker"):
        return operations.draws_go_on(now=now)


def show(number: int, nonce: bytes, *, now: datetime, actor: Actor = ANYONE) -> str:
    """Show a nonce as anybody may."""
    with acting(actor):
        return operations.draw_show(number=number, nonce=nonce.hex(), actor=actor, now=now)


def made(city: City, purpose: str, nonce: bytes, **changes: Any) -> tuple[int, str]:
    """A draw from its announcement to its file."""
    now = start()
    number = announce(city, plan(purpose, nonce, **changes), now=now)
    go_on(city, now + timedelta(minutes=1))
    show(number, nonce, now=now + timedelta(minutes=2))
    go_on(city, now + timedelta(minutes=3))
    seal_all(city.installation, now + timedelta(minutes=4))
    with acting(ANYONE):
        return number, queries.draw_file(number)
