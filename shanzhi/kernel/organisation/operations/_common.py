"""What the operations share: the lock on the tree, the single call into the journal."""

from datetime import date, datetime

from django.db import connection
from psycopg.types.range import Range

from shanzhi.core.text import msg
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal import queries as journal_entries
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.organisation.models import RegionState
from shanzhi.kernel.organisation.policy import UnknownRegion
from shanzhi.kernel.organisation.tree import forget_held_tree


def from_day(on: date, until: date | None = None) -> "Range[date]":
    """The span of days from `on` up to (not with) `until`."""
    return Range(on, until, "[)")


def renew_tree() -> None:
    """Give the tree a new version, so that every process reads it again.

    Called first it also is the lock: two changes of the tree can't run side by side. Called again after the change,
    so that nobody keeps under the new version what was read in between.
    """
    with connection.cursor() as cursor:
        # A keeper in the web may renew it and not make it: the first load has done that.
        cursor.execute("UPDATE organisation_tree_version SET version = gen_random_uuid() WHERE id = 1")
        if not cursor.rowcount:
            cursor.execute(
                "INSERT INTO organisation_tree_version (id, version) VALUES (1, gen_random_uuid())"
                " ON CONFLICT (id) DO UPDATE SET version = gen_random_uuid()"
            )
    forget_held_tree()


def lock_organisation() -> None:
    """Wait for whoever is setting up units or posts; they rest on the tree, so they take its lock."""
    renew_tree()


def offices_lock() -> None:
    """Wait for whoever changes units or posts, and hold up the next, until this transaction ends."""
    renew_tree()


def state_of(code: str, on: date) -> RegionState:
    """The state of the region that holds a code.

    Raises:
        UnknownRegion: nobody does on that date.
    """
    state = RegionState.objects.filter(code=code, valid__contains=on).first()
    if state is None:
        raise UnknownRegion(msg("%(on)s 没有代码为“%(code)s”的区域。请先装入区划，或核对代码。"), code=code, on=on)
    return state


def write_journal(
    payload: Payload, *, kind: str, subject_id: int, scope_code: str, author: Author, now: datetime
) -> None:
    """One entry for what was done; the subject's steps count on."""
    step = journal_entries.last_step(kind, subject_id) + 1
    journal.record(payload=payload, subject=Subject(kind, subject_id, step, scope_code), author=author, happened_at=now)
