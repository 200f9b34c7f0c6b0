"""One's own exports, as the page shows them."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.kernel.access.policy import Actor
from shanzhi.modules.exports.models import Export
from shanzhi.modules.exports.policy import Wanted, wanted_of

MOST = 50


@dataclass(frozen=True, slots=True)
class ExportRow:
    """An export of one's own; `share` is the progress in percent; `sha256` and `rows` stand once it is ready."""

    key: str
    signoff_id: int
    state: str
    wanted: Wanted
    created_at: datetime
    rows_done: int
    rows_total: int
    share: int
    size: int
    sha256: str
    expires_at: datetime | None
    may_download: bool
    may_cancel: bool


def my_exports(actor: Actor, now: datetime) -> list[ExportRow]:
    """The newest 50 that this person asked for in this post; 1 query."""
    rows = Export.objects.filter(post_id=actor.post_id or 0, staff_id=actor.staff_id or 0).order_by("-pk")[:MOST]
    return [_row(row, now) for row in rows]


def _row(row: Export, now: datetime) -> ExportRow:
    over = row.state == "ready" and row.expires_at is not None and row.expires_at <= now
    state = "expired" if over else row.state
    return ExportRow(
        key=row.key,
        signoff_id=row.signoff_id,
        state=state,
        wanted=wanted_of(row.params),
        created_at=row.created_at,
        rows_done=row.rows_done,
        rows_total=row.rows_total,
        share=100 * row.rows_done // row.rows_total if row.rows_total else 0,
        size=row.size,
        sha256=row.sha256,
        expires_at=row.expires_at,
        may_download=state == "ready",
        may_cancel=state in ("waiting", "writing"),
    )
