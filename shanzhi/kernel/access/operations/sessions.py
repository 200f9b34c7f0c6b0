"""Ending sessions: one's own, and those of somebody else."""

from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.models import Session
from shanzhi.kernel.access.payloads import SessionsEnded
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.policy.sessions import ENDS, SessionNotFound, UnknownStaff, check_reason
from shanzhi.kernel.access.roles import roles
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.organisation import queries as organisation


@transaction.atomic
def session_end(*, session_id: int) -> None:
    """End one of one's own sessions; whoever holds its cookie is signed out with the next click.

    Raises:
        SessionNotFound: it isn't there any more, or isn't one's own.
    """
    if not _end_own(session_id, None):
        raise SessionNotFound(msg("这个会话已经结束，或者不是您的。请刷新页面查看。"))


@transaction.atomic
def session_end_others(*, keep: int | None) -> int:
    """End all of one's own sessions but the one at hand; returns how many there were."""
    return _end_own(None, keep)


def _end_own(only: int | None, keep: int | None) -> int:
    """The database knows whose: the setting of the transaction says who acts."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_end_own(%s, %s)", [only, keep])
        return int(cursor.fetchone()[0])


@transaction.atomic
def sessions_end_of(*, staff_id: int, reason: str, actor: Actor, now: datetime) -> int:
    """End all sessions of somebody with a post in the acting post's place; journaled with the reason. How many.

    Raises:
        SignInNeeded, NotAllowed: the acting post may not.
        InputError: no reason of the list.
        UnknownStaff: nobody with a post in this place.
    """
    check_may(actor, roles().get(actor.role), ENDS)
    check_reason(reason)
    held = organisation.posts_of_staff(staff_id, local_date(now))
    here = next((card for card in held if actor.place.contains(card.region_code)), None)
    if here is None:
        raise UnknownStaff(msg("您管的范围里没有这位工作人员。请核对工号。"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_end_all(%s)", [staff_id])
        ended = int(cursor.fetchone()[0])
    author = Author("post", actor.post_id, actor.unit_id)
    journal_end(staff_id=staff_id, reason=reason, ended=ended, scope_code=here.region_code, author=author, now=now)
    return ended


@transaction.atomic
def sessions_end_from_terminal(*, staff_id: int, reason: str, now: datetime) -> int:
    """End all sessions of somebody from the command line; journaled with the reason. How many (importer).

    Raises:
        InputError: no reason of the list.
    """
    check_reason(reason)
    ended, _ = Session.objects.filter(staff_id=staff_id).delete()
    journal_end(staff_id=staff_id, reason=reason, ended=ended, scope_code="", author=Author("system"), now=now)
    return ended


@transaction.atomic
def sessions_forget(*, now: datetime) -> int:
    """Remove the sessions whose time is over; returns how many (worker)."""
    ended, _ = Session.objects.filter(expires_at__lte=now).delete()
    return ended


def journal_end(*, staff_id: int, reason: str, ended: int, scope_code: str, author: Author, now: datetime) -> None:
    """One entry; each end of sessions is a subject of its own, whose number is drawn from the sessions' sequence."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('access_session_id_seq')")
        number = int(cursor.fetchone()[0])
    subject = Subject("session", number, 1, scope_code)
    journal.record(payload=SessionsEnded(staff_id, reason, ended), subject=subject, author=author, happened_at=now)
