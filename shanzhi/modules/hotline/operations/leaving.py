"""Calls that somebody left behind: a supervisor ends them unread, since a draft is its own post's and nobody else's."""

from datetime import datetime

from django.db import connection, transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.modules.hotline.payloads import CallReleased


@transaction.atomic
def calls_release(*, post_id: int, actor: Actor, now: datetime) -> int:
    """End what a vacant post has open and delete its drafts, unread; returns how many, each with a journal entry.

    None where somebody holds the post or the actor doesn't supervise its place: the database's function sees to it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM hotline_release(%s, %s, %s)", [post_id, now, local_date(now)])
        rows = cursor.fetchall()
    author = Author("post", actor.post_id, actor.unit_id)
    return journal.record_many(
        Draft(CallReleased(post_id), Subject("call", call_id, step, actor.region_code), author, now)
        for call_id, step in rows
    )
