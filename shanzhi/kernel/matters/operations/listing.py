"""A list taken out of the house as it is shown: up to ten thousand lines by one person, more by two (bulk export).

What the page shows to this person the file may hold, and nothing more: title and place are in it as they are stored,
masked; texts, replies, contacts and originals are not, and no line that row-level security keeps from the page. Weighed
against the bulk export, which leaves titles and places out: that one may hold a whole city and waits in a store for a week,
while a list without titles is copied off the screen by hand, where no journal tells of it. So the limit is the number of
lines, and each file is journaled with its conditions, columns, lines and hash, for the auditor to see.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from django.db import transaction

from shanzhi.core.errors import Conflict
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.policy.payloads import ListTaken
from shanzhi.kernel.matters.queries import ListFilter, MatterRow
from shanzhi.kernel.matters.queries.lists import ids_in_order, rows_by_ids

LIST_MOST = 10_000
"""Lines that one person takes along; more of them need a second one."""
BATCH = 1000

Write = Callable[[Iterator[MatterRow]], tuple[int, str]]
"""Writes the lines; returns how many, and the file's SHA-256."""


class ListTooLong(Conflict):
    """More lines than one person may take along."""

    code = "list-too-long"


@transaction.atomic
def list_take(
    *,
    page: str,
    wanted: ListFilter,
    columns: Sequence[str],
    file_format: str,
    write: Write,
    actor: Actor,
    now: datetime,
) -> int:
    """Let `write` have the lines of a list in its order, as the acting post sees them, and journal that it was taken.

    The lines are fixed by one statement and read a thousand at a time under row-level security in this transaction. `page`
    is the name of the list's page, `columns` what the file shows. Returns the number of lines.

    Raises:
        ListTooLong: it has more than 10,000 lines; nothing was written.
    """
    ids = ids_in_order(wanted, now, actor, LIST_MOST + 1)
    if len(ids) > LIST_MOST:
        raise ListTooLong(
            msg("这份清单超过 10,000 条，一个人不能导出。请缩小范围，或到“批量导出”提出申请，由安全管理员复核后下载。")
        )
    count, digest = write(row for part in _parts(ids) for row in rows_by_ids(part, now=now))
    payload = ListTaken(
        page=page,
        stages=wanted.stages,
        unit_id=wanted.unit_id,
        region=wanted.region_code,
        category=wanted.category,
        matter_kind=wanted.kind,
        channel=wanted.channel,
        light=wanted.light,
        since=wanted.reported_from,
        until=wanted.reported_to,
        open_only=wanted.open_only,
        # What was typed may name somebody: that it was, and not what.
        by_words=bool(wanted.words),
        by_place=bool(wanted.place),
        columns=tuple(columns),
        file_format=file_format,
        rows=count,
        sha256=digest,
    )
    subject = Subject("list", actor.post_id or 0, 1, actor.region_code)
    journal.record(
        payload=payload, subject=subject, author=Author("post", actor.post_id, actor.unit_id), happened_at=now
    )
    return count


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]
