"""Loading the dispatch catalogue and letting it go live; which rows are in force on a day."""

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.errors import Conflict, NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters.models import DispatchRow, DispatchVersion
from shanzhi.kernel.matters.operations.step import author_of
from shanzhi.kernel.matters.policy.dispatching import DispatchCase, Known, check_rows
from shanzhi.kernel.matters.policy.payloads import DispatchLive, DispatchLoaded
from shanzhi.kernel.matters.rulebook import categories
from shanzhi.kernel.organisation import queries as organisation

_FIELDS = ("category", "region_code", "level", "unit_code", "unit_kind", "limit_text", "ground")


class NoDispatchVersion(NotFound):
    """No such version of the dispatch catalogue."""

    code = "no-dispatch-version"


class DispatchIsLive(Conflict):
    """The version is live already, or would hold from a day that is past."""

    code = "dispatch-is-live"


@transaction.atomic
def dispatch_load(*, rows: Sequence[DispatchCase], holds_from: date, note: str, actor: Actor, now: datetime) -> int:
    """Keep a version of the dispatch catalogue as a draft that decides nothing yet; returns its number.

    Raises:
        BadDispatchFile: an unknown category, unit or region, two rows for one case, …, by line.
    """
    check_rows(rows, _known(rows, local_date(now)))
    version = DispatchVersion.objects.create(holds_from=holds_from, note=note, loaded_at=now, post_id=actor.post_id)
    DispatchRow.objects.bulk_create(
        DispatchRow(version=version, **{name: getattr(row, name) for name in _FIELDS}) for row in rows
    )
    journal.record(
        payload=DispatchLoaded(rows=len(rows), holds_from=holds_from),
        subject=Subject("dispatch", version.pk, 1, actor.region_code),
        author=author_of(actor),
        happened_at=now,
    )
    return int(version.pk)


def _known(rows: Sequence[DispatchCase], on: date) -> Known:
    """What the rows may refer to: every category, and of units and regions those that are named and there."""
    tree = categories()
    codes = {row.region_code for row in rows if row.region_code.isascii() and row.region_code.isdigit()}
    units = {row.unit_code for row in rows if row.unit_code}
    return Known(
        categories={group.code for group in tree.groups}
        | {code for code, item in tree.rules.categories.items() if not item.retired},
        kinds={item.code for item in organisation.unit_catalogue().departments} | {"township"},
        units={code for code in units if organisation.unit_by_code(code, on) is not None},
        regions={code for code in codes if _is_region(code, on)},
    )


def _is_region(code: str, on: date) -> bool:
    return len(code) in (2, 4, 6, 9, 12, 15) and organisation.region_of_code(code, on) is not None


@transaction.atomic
def dispatch_go_live(*, version_id: int, actor: Actor, now: datetime) -> None:
    """Let a draft decide from its day on; an earlier version comes back by loading it again, with a later day.

    Raises:
        NoDispatchVersion: there is none of this number.
        DispatchIsLive: it is live already, or its day is past (what was suggested then stays as it was).
    """
    version = DispatchVersion.objects.filter(pk=version_id).first()
    if version is None:
        raise NoDispatchVersion(msg("没有这一版派单目录。请核对编号。"))
    if version.live_at is not None or version.holds_from < local_date(now):
        raise DispatchIsLive(msg("这一版已经生效，或者生效日期已经过了。要改动请载入新的一版。"))
    DispatchVersion.objects.filter(pk=version_id, live_at=None).update(live_at=now)
    journal.record(
        payload=DispatchLive(
            rows=DispatchRow.objects.filter(version_id=version_id).count(), holds_from=version.holds_from
        ),
        subject=Subject("dispatch", version_id, 2, actor.region_code),
        author=author_of(actor),
        happened_at=now,
    )


def cases_on(on: date) -> tuple[DispatchCase, ...]:
    """The rows that decide on a day, of the live version with the latest day (then the latest number); 1 query."""
    newest = DispatchVersion.objects.filter(live_at__isnull=False, holds_from__lte=on)
    return _cases(version_id=newest.order_by("-holds_from", "-pk").values("pk")[:1])


def cases_of(version_id: int) -> tuple[DispatchCase, ...]:
    """A version's rows, live or draft; 1 query."""
    return _cases(version_id=version_id)


def _cases(**which: object) -> tuple[DispatchCase, ...]:
    rows = DispatchRow.objects.filter(**which).order_by("pk").values_list(*_FIELDS)
    return tuple(DispatchCase(*row) for row in rows)
