"""准入清单: what may be asked of communities and grids at all; items are added and end, and are never rewritten."""

from datetime import date, datetime

from django.db import IntegrityError, transaction

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation.models import Admission
from shanzhi.kernel.organisation.operations._common import from_day, write_journal
from shanzhi.kernel.organisation.payloads import AdmissionAdded, AdmissionEnded
from shanzhi.kernel.organisation.policy import BadPeriod, Level
from shanzhi.kernel.organisation.policy.admission import (
    AdmissionStands,
    NoSuchAdmission,
    check_admission,
)
from shanzhi.kernel.organisation.policy.offices import HistoryWritten


@transaction.atomic
def admission_add(
    *, item: str, level: Level, ground: str, on: date, now: datetime, author: Author, until: date | None = None
) -> int:
    """Let something be asked of communities or grids from `on`, up to (not with) `until` where that is known; the id.

    Raises:
        BadAdmission: no item, no ground, another level.
        BadPeriod: `until` isn't after `on`.
        AdmissionStands: the same item stands on the list of that level in that time.
    """
    item, ground = clean_text(item).replace("\n", " "), clean_text(ground).replace("\n", " ")
    check_admission(item, level, ground)
    if until is not None and until <= on:
        raise BadPeriod(msg("结束日期 %(until)s 应晚于开始日期 %(on)s。请改正。"), until=until, on=on)
    valid = from_day(on, until)
    there = Admission.objects.filter(item=item, level=level, valid__overlap=valid).first()
    stands = AdmissionStands(
        msg("清单里已有“%(item)s”，自 %(since)s 起。请核对日期，或先结束原来的一项。"),
        item=item,
        since=there.valid.lower if there else on,
    )
    if there is not None:
        raise stands
    try:
        with transaction.atomic():
            row = Admission.objects.create(item=item, level=level, ground=ground, valid=valid)
    except IntegrityError as error:
        # Somebody else added it a moment ago: the database lets the same item stand once.
        raise stands from error
    payload = AdmissionAdded(row.pk, item, str(level), ground, on, until)
    write_journal(payload, kind="admission", subject_id=row.pk, scope_code="", author=author, now=now)
    return int(row.pk)


@transaction.atomic
def admission_end(*, admission_id: int, on: date, now: datetime, author: Author) -> None:
    """Take something off the list: `on` is the first day on which it may no longer be asked.

    Raises:
        NoSuchAdmission: no such item.
        HistoryWritten: it begins only later, or has ended before.
    """
    row = Admission.objects.select_for_update().filter(pk=admission_id).first()
    if row is None:
        raise NoSuchAdmission(msg("没有这一项，可能刚被改过。请刷新后再选。"))
    if on <= row.valid.lower or (row.valid.upper is not None and row.valid.upper <= on):
        raise HistoryWritten(
            msg("“%(item)s”自 %(since)s 起到 %(until)s 止，不能从 %(on)s 结束。请改用其间的日期。"),
            item=row.item,
            since=row.valid.lower,
            until=row.valid.upper or msg("长期"),
            on=on,
        )
    row.valid = from_day(row.valid.lower, on)
    row.save(update_fields=["valid"])
    payload = AdmissionEnded(row.pk, on)
    write_journal(payload, kind="admission", subject_id=row.pk, scope_code="", author=author, now=now)
