"""What would become of rows of a batch, before anything is taken in: the same rules as `import_batch`, nothing written."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.batch import Places
from shanzhi.kernel.matters.policy.batch import BatchRow
from shanzhi.kernel.matters.rulebook import categories, current_kind
from shanzhi.kernel.vault.policy.masking import mask


@dataclass(frozen=True, slots=True)
class Foreseen:
    """One row as it would be: `known` was taken in before; the title masked; names of place, intake and category (empty
    where triage has to say); `closed` comes with its reply; `placed`: where its code says, or without one, not higher up."""

    number: str
    title: str
    reported_at: datetime
    region_name: str
    unit_name: str
    category: str
    known: bool
    closed: bool
    placed: bool = True


def foresee(rows: Sequence[BatchRow], source: str, now: datetime, kind_code: str = "request") -> list[Foreseen]:
    """What each row would become; importer's role. One statement, and those that find places."""
    places = Places(current_kind(kind_code, local_date(now)), now)
    numbers = [row.source_number for row in rows]
    known = set(Matter.objects.filter(source=source, source_number__in=numbers).values_list("source_number", flat=True))
    return [_foreseen(row, places, row.source_number in known) for row in rows]


def _foreseen(row: BatchRow, places: Places, known: bool) -> Foreseen:
    place = places.of(row.region_code)
    return Foreseen(
        number=row.source_number,
        title=mask(row.title or row.body[:40]).text,
        reported_at=row.reported_at,
        region_name=place.region.name,
        unit_name=place.centre.name,
        category=categories().taken(row.category),
        known=known,
        closed=bool(row.reply.strip() and row.replied_at),
        placed=row.region_code in ("", place.region.code),
    )
