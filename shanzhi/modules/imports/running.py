"""The worker's part of an import by the page: it runs as the importer, chunk by chunk, and leaves rejects and figures."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime

from django.db import InterfaceError, OperationalError, connections, transaction
from django.db.models import F

from shanzhi.core.errors import DomainError
from shanzhi.core.importing import Circumstances
from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries as acting
from shanzhi.kernel.access.policy import Actor, check_may
from shanzhi.kernel.access.scope import as_application, as_importer
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.matters.operations import BatchResult
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.policy import Happened
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import HoldingEnded
from shanzhi.modules.imports import sealing
from shanzhi.modules.imports.models import Upload
from shanzhi.modules.imports.operations import read_sorted, take_in, worked_by
from shanzhi.modules.imports.policy import FEATURE, REJECTS_KEPT, UploadNotFound
from shanzhi.modules.imports.reading import MATTERS
from shanzhi.modules.imports.tables import Row, read_table
from shanzhi.modules.imports.uploads import rejects_kept, write_step
from shanzhi.modules.imports.whole import subject_of, take_over

log = logging.getLogger(__name__)

LOCK_CLASS = 370305
"""First half of the advisory lock by which one worker runs one import; the second is the row's number."""
SYSTEM = Author("system")
OPEN = ("draft", "waiting", "running", "stopped")
Said = Sequence[tuple[Row, str]]


class _Stopped(Exception):
    """Stopped while it ran; the chunk at hand is undone."""


def run_soon(events: Sequence[Happened], now: datetime) -> None:
    """Let the job begin as soon as somebody has started an import, instead of with the next minute."""
    notices.job_soon("imports.run")


def imports_run(*, now: datetime) -> int:
    """Run the imports that wait, or that a dead worker left half done; returns how many are done (worker)."""
    numbers = list(Upload.objects.filter(state__in=["waiting", "running"]).order_by("pk").values_list("pk", flat=True))
    return sum(_run_alone(number, now) for number in numbers)


def _run_alone(number: int, now: datetime) -> bool:
    """One import, while nobody else runs it: the lock goes with the connection, so a dead worker leaves none."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [LOCK_CLASS, number])
        if not cursor.fetchone()[0]:
            return False
        try:
            return _run(number, now)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [LOCK_CLASS, number])


def _run(number: int, now: datetime) -> bool:
    Upload.objects.filter(pk=number, state="waiting").update(state="running", started_at=now)
    row = Upload.objects.filter(pk=number, state="running").first()
    if row is None:
        return False
    try:
        columns, said = _taken(row, now)
    except _Stopped:
        return False
    except DomainError as error:
        _fail(number, str(error), now)
        return False
    except (OperationalError, InterfaceError):
        # The database is away: the file waits, and the next minute goes on with it.
        raise
    except Exception as error:
        # A fault of ours, or a damaged piece: tried again it would be there again, and every later import behind it.
        log.error("import %s failed: %s", number, type(error).__name__, exc_info=True)
        _fail(number, _BROKEN, now)
        return False
    with transaction.atomic():
        row = Upload.objects.select_for_update().filter(pk=number, state="running").first()
        if row is None:
            return False
        sealing.drop(number)
        if said:
            sealing.put(number, "rejects", rejects_kept(columns, said))
        row.state, row.ended_at, row.expires_at = "done", now, now + REJECTS_KEPT
        row.rejected, row.known = len(said), row.rows - len(said) - row.imported
        write_step(row, "done", SYSTEM, now, "state", "ended_at", "expires_at", "rejected", "known")
    return True


def _taken(row: Upload, now: datetime) -> tuple[Sequence[str], Said]:
    """Take in what is good of the file; its columns, and the rows that are rejected.

    Raises:
        _Stopped: it was stopped, or dropped.
        DomainError: nothing can be taken in, or the post may not import any more.
    """
    data = sealing.get(row.pk, "file")
    if data is None:
        raise UploadNotFound(msg("文件已经不在了。请重新上传。"))
    with as_application():
        actor = _bringer(row, now)
    with as_importer():
        Upload.objects.filter(pk=row.pk, state="running").update(done=0)
        if row.subject == MATTERS.code:
            return _matters(row, data, actor, now)
        return _whole(row, data, now)


def _bringer(row: Upload, now: datetime) -> Actor:
    """Who brought it, as of now.

    Raises:
        NoPost, UploadNotFound: the post is gone, or somebody else holds it.
        NotAllowed: the role may not import any more.
    """
    actor = acting.actor_of_post(row.post_id, local_date(now))
    if actor.staff_id != row.staff_id:
        raise UploadNotFound(msg("上传的人已不在这个岗位，导入没有进行。"))
    check_may(actor, acting.roles().get(actor.role), FEATURE)
    return actor


def _matters(row: Upload, data: bytes, actor: Actor, now: datetime) -> tuple[Sequence[str], Said]:
    with worked_by(len(data)) as workers:
        found = read_sorted(data, row.columns, row.sheet, now, workers)
        inside = _Inside(actor.place, local_date(now))
        fresh = [line for line in found.fresh if line.batch is not None and inside.holds(line.batch.region_code)]
        kept = {line.number for line in fresh}
        outside = [line._replace(reason=_OUTSIDE) for line in found.fresh if line.number not in kept]
        found = replace(found, fresh=fresh, rejected=[*found.rejected, *outside])
        take_in(found, row.source, now, workers, lambda result: _count(row.pk, result))
    said = sorted(((line.row, line.reason) for line in found.rejected), key=lambda one: one[0].number)
    return found.sheet.table.columns, said


_BROKEN = msg("导入时出了意外的错误，已经停下；已导入的保留。请联系技术人员，改好后重新上传，不会重复。")
_OUTSIDE = msg("区域不在您岗位的范围内，或没有区域代码。请填上本级以内的区域代码，或交给市里导入。")


class _Inside:
    """Where a post may bring matters: its own place; a row without a known code goes to the city."""

    def __init__(self, place: CodeRanges, on: date) -> None:
        self._place, self._on = place, on
        self._city = any(place.contains(region.code) for region in organisation.top_regions(on))
        self._known: dict[str, bool] = {}

    def holds(self, code: str) -> bool:
        """Would a row of this code go where the post stands? The whole city's keeper may bring everything."""
        if self._city:
            return True
        if code not in self._known:
            found = organisation.region_at_or_above(code, self._on) if code.isdigit() else None
            self._known[code] = found is not None and self._place.contains(found.code)
        return self._known[code]


def _whole(row: Upload, data: bytes, now: datetime) -> tuple[Sequence[str], Said]:
    table = read_table(data, row.sheet)
    how = Circumstances(now, row.on, row.source, row.post_id, row.unit_id)
    with transaction.atomic():
        judged = take_over(subject_of(row.subject), table, how, row.columns)
        _count(row.pk, BatchResult(judged.taken.added, 0, row.rows - judged.taken.added))
    return table.columns, judged.wrong


def _count(number: int, result: BatchResult) -> None:
    """The chunk's figures, in its own transaction.

    Raises:
        _Stopped: the import isn't running any more.
    """
    counted = Upload.objects.filter(pk=number, state="running").update(
        imported=F("imported") + result.added,
        closed=F("closed") + result.closed,
        done=F("done") + result.added + result.known,
    )
    if not counted:
        raise _Stopped


@transaction.atomic
def _fail(number: int, reason: str, now: datetime) -> None:
    row = Upload.objects.select_for_update().filter(pk=number, state="running").first()
    if row is None:
        return
    sealing.drop(number)
    row.state, row.reason, row.ended_at = "failed", reason, now
    write_step(row, "failed", SYSTEM, now, "state", "reason", "ended_at")


def uploads_expire(*, now: datetime) -> int:
    """Throw away what waited too long, rejects whose week is over, and what belongs to people who left; how many (worker)."""
    rows = list(Upload.objects.filter(state__in=OPEN))
    cards = organisation.post_cards({row.post_id for row in rows}, local_date(now)) if rows else {}
    ended = 0
    for row in rows:
        card = cards.get(row.post_id)
        if card is None or card.staff_id != row.staff_id:
            ended += _end(row.pk, "left", now)
        elif row.state in ("draft", "stopped") and row.expires_at <= now:
            ended += _end(row.pk, "expired", now)
    gone = list(Upload.objects.filter(state="done", expires_at__lte=now, rejected__gt=0).values_list("pk", flat=True))
    for number in gone:
        sealing.drop(number)
    return ended


def after_holding(ended: HoldingEnded, now: datetime) -> None:
    """A holding ended: its imports that aren't over end with it; their files go with the next `uploads_expire`."""
    for number in Upload.objects.filter(post_id=ended.post_id, state__in=OPEN).values_list("pk", flat=True):
        _end(number, "left", now, keep_pieces=True)


@transaction.atomic
def _end(number: int, why: str, now: datetime, *, keep_pieces: bool = False) -> bool:
    row = Upload.objects.select_for_update().filter(pk=number, state__in=OPEN).first()
    if row is None:
        return False
    if not keep_pieces:
        sealing.drop(number)
    row.state, row.ended_at = "dropped", now
    write_step(row, why, SYSTEM, now, "state", "ended_at")
    return True
