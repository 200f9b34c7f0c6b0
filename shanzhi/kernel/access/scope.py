"""Tell the database who is acting: settings that hold until the end of the transaction, and fail closed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.roles import roles

_SET = (
    "SELECT set_config('shanzhi.ranges', %s, true), set_config('shanzhi.intake', %s, true),"
    " set_config('shanzhi.unit', %s, true), set_config('shanzhi.post', %s, true),"
    " set_config('shanzhi.follow', %s, true), set_config('shanzhi.door', '', true),"
    " set_config('shanzhi.staff', %s, true), set_config('shanzhi.place', %s, true),"
    " set_config('shanzhi.features', %s, true)"
)


def set_scope(actor: Actor) -> None:
    """Hold the rest of this transaction to what `actor` may see. 1 statement.

    Raises:
        RuntimeError: outside a transaction, where the settings would be lost at once.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("a scope needs a transaction")
    with connection.cursor() as cursor:
        cursor.execute(
            _SET,
            [
                actor.ranges.to_pg() if actor.ranges else "",
                actor.intake.to_pg() if actor.intake else "",
                str(actor.unit_id or ""),
                str(actor.post_id or ""),
                ",".join(actor.follow),
                str(actor.staff_id or ""),
                actor.place.to_pg() if actor.place else "",
                _features(actor),
            ],
        )


def _features(actor: Actor) -> str:
    """What the acting post's role may open, for policies that go by office and not by place alone."""
    role = roles().get(actor.role) if actor.is_post else None
    return ",".join(sorted(role.may)) if role else ""


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """One transaction in which `actor` acts; nested in another, the outer one's scope is empty afterwards."""
    with transaction.atomic():
        set_scope(actor)
        yield
    if connection.in_atomic_block:
        set_scope(Actor())


def open_door(channel: str, follow_hash: str, sequence: str) -> int:
    """Let this transaction take in one new matter, and see it: returns the next number of `sequence`. 1 statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s::regclass), set_config('shanzhi.door', %s, true), set_config('shanzhi.follow', %s, true)",
            [sequence, channel, follow_hash],
        )
        row = cursor.fetchone()
    return int(row[0])
