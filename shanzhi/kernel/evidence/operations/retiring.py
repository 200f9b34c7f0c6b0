"""When the time of retention is over the file is destroyed; hash, date and ground stay as a line."""

from datetime import datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import SYSTEM
from shanzhi.kernel.evidence.models import Evidence, Words
from shanzhi.kernel.evidence.operations._common import next_step, record
from shanzhi.kernel.evidence.payloads import EvidenceRetired
from shanzhi.kernel.evidence.policy.objects import MATTER
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.vault import queries as vault


def evidence_retire(*, now: datetime, limit: int = 500) -> int:
    """Destroy the files whose time is over, each in a transaction of its own; returns how many. What a hold stands over stays
    (保全), and so does content that another object still needs. Worker's role."""
    on = local_date(now)
    due = Evidence.objects.filter(gone_at=None, keep_until__lt=on).order_by("keep_until", "pk")
    retired = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        with transaction.atomic():
            unused = _retire(pk, now)
        if unused is not None:
            files.bytes_remove(hashes=unused)
            retired += 1
    return retired


def _retire(pk: int, now: datetime) -> tuple[str, ...] | None:
    """The hashes that nobody needs any more; None where it stays."""
    row = Evidence.objects.select_for_update().filter(pk=pk, gone_at=None).first()
    if row is None or row.keep_until is None:
        return None
    if row.source == MATTER and vault.holds(MATTER, row.source_id, local_date(now)):
        return None
    row.gone_at = now
    next_step(row, "gone_at")
    record(row, EvidenceRetired(row.sha256, row.keep_until), SYSTEM, now)
    Words.objects.filter(pk=pk).delete()
    return files.retire(attachment_id=row.attachment_id).unused
