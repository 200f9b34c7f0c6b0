"""Tell the database who is acting: settings that hold until the end of the transaction, and fail closed."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

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
                str(actor.unit_id or "") if actor.takes_part else "",
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


@contextmanager
def as_application() -> Iterator[None]:
    """Let this thread speak to the database as the application, on a connection of its own beside the one it has.

    For the worker that acts for a post: its own role sees everything, so that only as the application does row-level
    security hold it to what the post sees. What the thread's other connection has begun stays open.
    """
    with _as_role("app"):
        yield


@contextmanager
def as_importer() -> Iterator[None]:
    """The same as the importer: for the worker that takes in a file, which its own role may not."""
    with _as_role("importer"):
        yield


@contextmanager
def _as_role(role: str) -> Iterator[None]:
    before = connections[DEFAULT_DB_ALIAS]
    installation = settings.INSTALLATION
    fresh = connections.create_connection(DEFAULT_DB_ALIAS)
    fresh.settings_dict = {
        **before.settings_dict,
        "USER": installation.role(role),
        "PASSWORD": installation.secrets.passwords[role],
    }
    connections[DEFAULT_DB_ALIAS] = fresh
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = before
        fresh.close()


def open_door(channel: str, follow_hash: str, sequence: str) -> int:
    """Let this transaction take in one new matter, and see it: returns the next number of `sequence`. 1 statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(%s::regclass), set_config('shanzhi.door', %s, true), set_config('shanzhi.follow', %s, true)",
            [sequence, channel, follow_hash],
        )
        row = cursor.fetchone()
    return int(row[0])
