"""An export's way: asked for, agreed to, written by the worker in the asker's scope, downloaded, gone."""

import logging
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.core.files.storage import storages
from django.db import InterfaceError, OperationalError, connections, transaction

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.scope import as_application
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Payload, Subject
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import BulkRow, ListFilter
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import HoldingEnded
from shanzhi.modules.exports.models import Export
from shanzhi.modules.exports.payloads import ExportDownloaded, ExportEnded, ExportReady
from shanzhi.modules.exports.policy import (
    FEATURE,
    KEPT_FOR,
    KIND,
    MEDIA_TYPES,
    ExportNotFound,
    ExportNotReady,
    OutOfScope,
    Wanted,
    wanted_of,
)
from shanzhi.modules.exports.writing import Streamed, pieces

log = logging.getLogger(__name__)

STORE = "exports"
LOCK_CLASS = 370304
"""First half of the advisory lock by which one worker writes one export; the second is the row's number."""
OPEN = ("waiting", "writing", "ready")


class _Stopped(Exception):
    """Cancelled, or ended, while it was written."""


@dataclass(frozen=True, slots=True)
class OpenExport:
    """A file that is open for sending; whoever gets it closes it."""

    name: str
    media_type: str
    file: IO[bytes]


def export_ask(*, wanted: Wanted, reason: str, actor: Actor, now: datetime) -> int:
    """Ask for an export; returns the number of the sign-off that it waits for.

    Raises:
        SignInNeeded, NotAllowed: the acting post may not export.
        OutOfScope: the region isn't where the post stands.
        InputError: no reason.
    """
    if wanted.region and not actor.place.contains(wanted.region):
        raise OutOfScope(msg("您现在的岗位不管这个区域。请另选区域，或换一个岗位。"))
    return access.signoff_ask(kind=KIND, fields={**wanted.fields(), "reason": reason}, actor=actor, now=now)


def export_begin(params: Mapping[str, str], now: datetime) -> str:
    """What the approval sets going (the sign-off's `run`): a row that the worker writes the file for."""
    wanted_of(params)
    post_id = int(params["@post"])
    Export.objects.create(
        key=secrets.token_urlsafe(32),
        signoff_id=int(params["@signoff"]),
        post_id=post_id,
        unit_id=int(params["@unit"]),
        staff_id=int(params["@staff"]),
        scope_code=organisation.scope_code_of_post(post_id),
        params={code: value for code, value in params.items() if not code.startswith("@")},
        state="waiting",
        created_at=now,
    )
    notices.job_soon("exports.write")
    return msg("已开始生成文件。申请人可以在“批量导出”页面下载，保留 7 天。")


def exports_write(*, now: datetime) -> int:
    """Write the files that wait, or that a dead worker left half written; returns how many are ready (worker)."""
    numbers = Export.objects.filter(state__in=["waiting", "writing"]).order_by("pk").values_list("pk", flat=True)
    return sum(_write_alone(number, now) for number in list(numbers))


def _write_alone(number: int, now: datetime) -> bool:
    """One file, while nobody else writes it: the lock goes with the connection, so a dead worker leaves none."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, number])
        if not cursor.fetchone()[0]:
            return False
        try:
            return _write(number, now)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, number])


def _write(number: int, now: datetime) -> bool:
    Export.objects.filter(pk=number, state="waiting").update(state="writing")
    row = Export.objects.filter(pk=number, state="writing").first()
    if row is None:
        return False
    try:
        return _made(row, now)
    except (OperationalError, InterfaceError):
        # The database is away: the export waits, and the next minute tries again.
        raise
    except Exception as error:
        # A fault of ours: tried again it would be there again, and every later export behind it.
        log.error("export %s failed: %s", number, type(error).__name__, exc_info=True)
        _end(number, "failed", now)
        with suppress(OSError):
            storages[STORE].delete(storage_name(row))
        return False


def _made(row: Export, now: datetime) -> bool:
    number = row.pk
    wanted = wanted_of(row.params)
    name = storage_name(row)
    # Closed whatever happens: while it is open, this thread speaks to the database as the application.
    with closing(_batches(row, wanted, now)) as batches:
        content = Streamed(pieces(wanted, batches))
        is_whole = _saved(name, content, number)
    if is_whole is None:
        _end(number, "failed", now)
    if not is_whole:
        return False
    with transaction.atomic():
        locked = Export.objects.select_for_update().filter(pk=number, state="writing").first()
        if locked is None:
            storages[STORE].delete(name)
            return False
        locked.state, locked.has_file, locked.ready_at, locked.expires_at = "ready", True, now, now + KEPT_FOR
        locked.sha256, locked.size, locked.rows_done = content.sha256, content.length, locked.rows_total
        payload = ExportReady(
            locked.signoff_id, wanted.since, wanted.until, wanted.region, wanted.category, wanted.kind,
            wanted.columns, wanted.file_format, locked.rows_total, content.sha256,
        )  # fmt: skip
        _journal(locked, payload, Author("system"), now)
    return True


def _saved(name: str, content: Streamed, number: int) -> bool | None:
    """Was the file written? None where it never will be: the asker holds the post no more, or may not export."""
    try:
        storages[STORE].save(name, content)
    except _Stopped:
        return False
    except DomainError:
        return None
    except OSError as error:
        # A full disk, most likely: nothing of the file stays, and the next minute tries again.
        log.warning("export %s could not be written: %s", number, type(error).__name__)
        return False
    return True


def _batches(row: Export, wanted: Wanted, now: datetime) -> Generator[Sequence[BulkRow]]:
    """The matters as the asking post sees them, by row-level security; progress goes over the worker's own connection."""
    worker = connections["default"]
    given = ListFilter(
        region_code=wanted.region,
        category=wanted.category,
        reported_from=wanted.since,
        reported_to=wanted.until,
        open_only=False,
    )
    with as_application():
        actor = _asker(row, now)
        with access.acting(actor):
            total = matters.bulk_count(given, now=now, kind=wanted.kind)
            done = 0
            for batch in matters.matters_in_bulk(given, now=now, kind=wanted.kind):
                done += len(batch)
                with worker.cursor() as cursor:
                    cursor.execute(
                        "UPDATE exports_export SET rows_total = %s, rows_done = %s WHERE id = %s AND state = 'writing'",
                        [total, done, row.pk],
                    )
                    if not cursor.rowcount:
                        raise _Stopped
                yield batch


def _asker(row: Export, now: datetime) -> Actor:
    """Who asked, as of now.

    Raises:
        NoPost, ExportNotFound: the post is gone, or somebody else holds it.
        NotAllowed: the role may not export any more.
    """
    actor = acting.actor_of_post(row.post_id, local_date(now))
    if actor.staff_id != row.staff_id:
        raise _missing()
    check_may(actor, acting.roles().get(actor.role), FEATURE)
    return actor


@transaction.atomic
def export_cancel(*, key: str, actor: Actor, now: datetime) -> None:
    """Stop an export of one's own that isn't ready.

    Raises:
        ExportNotFound: no such export of this person in this post.
        ExportNotReady: it is ready or over.
    """
    row = _own(key, actor)
    if row.state not in ("waiting", "writing"):
        raise ExportNotReady(msg("这次导出已经有结果，不能取消。请刷新页面查看。"))
    row.state, row.ended_at = "cancelled", now
    _journal(row, ExportEnded(row.signoff_id, "cancelled"), _author(actor), now)


@transaction.atomic
def export_download(*, key: str, actor: Actor, now: datetime) -> OpenExport:
    """Open one's own file for sending; every time is journaled.

    Raises:
        ExportNotFound: no such export of this person in this post, or its file is gone.
        ExportNotReady: it is being written.
        NotAllowed: the role may not export any more, or a program asks.
    """
    check_may(actor, acting.roles().get(actor.role), FEATURE)
    row = _own(key, actor)
    if row.state in ("waiting", "writing"):
        raise ExportNotReady(msg("文件还在生成。请过一会儿刷新页面。"))
    if actor.by_token or row.state != "ready" or row.expires_at is None or row.expires_at <= now:
        raise _missing()
    try:
        file = storages[STORE].open(storage_name(row))
    except FileNotFoundError as error:
        raise _missing() from error
    _journal(row, ExportDownloaded(row.signoff_id, row.sha256), _author(actor), now)
    file_format = wanted_of(row.params).file_format
    return OpenExport(f"shanzhi-{row.signoff_id}.{file_format}", MEDIA_TYPES[file_format], file)


def exports_expire(*, now: datetime) -> int:
    """End what is over its time or whose asker has left, and remove the files of all that ended; how many (worker)."""
    ended = 0
    rows = list(Export.objects.filter(state__in=OPEN))
    cards = organisation.post_cards({row.post_id for row in rows}, local_date(now)) if rows else {}
    for row in rows:
        card = cards.get(row.post_id)
        if card is None or card.staff_id != row.staff_id:
            ended += _end(row.pk, "left", now)
        elif row.state == "ready" and row.expires_at is not None and row.expires_at <= now:
            ended += _end(row.pk, "expired", now)
    for row in Export.objects.filter(has_file=True).exclude(state__in=OPEN):
        storages[STORE].delete(storage_name(row))
        Export.objects.filter(pk=row.pk).update(has_file=False)
    return ended


def after_holding(ended: HoldingEnded, now: datetime) -> None:
    """A holding ended: its exports are gone in the same transaction, the files with the next `exports_expire`."""
    for number in Export.objects.filter(post_id=ended.post_id, state__in=OPEN).values_list("pk", flat=True):
        _end(number, "left", now)


_STATE_OF = {"expired": "expired", "left": "ended", "failed": "failed"}


@transaction.atomic
def _end(number: int, why: str, now: datetime) -> bool:
    row = Export.objects.select_for_update().filter(pk=number, state__in=OPEN).first()
    if row is None:
        return False
    row.state, row.ended_at = _STATE_OF[why], now
    _journal(row, ExportEnded(row.signoff_id, why), Author("system"), now, only=("state", "ended_at", "steps"))
    return True


def _own(key: str, actor: Actor) -> Export:
    row = (
        Export.objects.select_for_update()
        .filter(key=key, post_id=actor.post_id or 0, staff_id=actor.staff_id or 0)
        .first()
    )
    if row is None:
        raise _missing()
    return row


def _missing() -> ExportNotFound:
    return ExportNotFound(msg("没有找到这个文件：只有申请人在原岗位上、7 天以内可以下载。需要时请重新申请。"))


def storage_name(row: Export) -> str:
    """The name of the file in the store."""
    return f"{row.key}.{row.params['format']}"


def _author(actor: Actor) -> Author:
    return Author("post", actor.post_id, actor.unit_id)


def _journal(row: Export, payload: Payload, author: Author, now: datetime, only: Sequence[str] | None = None) -> None:
    row.steps += 1
    by_app = ("state", "ended_at", "steps")
    row.save(update_fields=only or (by_app if author.kind == "post" else None))
    subject = Subject("export", row.pk, row.steps, row.scope_code)
    journal.record(payload=payload, subject=subject, author=author, happened_at=now)
