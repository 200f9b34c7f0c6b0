"""What a pack of a round takes along of evidence: what it is, where it lies, whether it is still there."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from django.db.models import Count

from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.evidence.models import Evidence, Use
from shanzhi.kernel.evidence.queries.archive import serving, standing
from shanzhi.kernel.files import queries as files


@dataclass(frozen=True, slots=True)
class PackEvidence:
    """An object as a pack names it: its number, hash (hexadecimal) and what it is; `title` masked; `place` the code as of the
    day on which it arose; `keys` the indicators that it serves; `gone_at`: destroyed, its time of retention being over.

    `source` and `source_id` name the matter, the typed-in value or the visit from which it came; 0: put in by hand.
    """

    id: int
    sha256: str
    media_type: str
    size: int
    type: str
    project: str
    title: str
    source: str
    source_id: int
    place: str
    arose_at: datetime
    keep_until: date | None
    gone_at: datetime | None
    keys: tuple[str, ...]


def for_items(keys: Collection[str], region: str, first: date, last: date) -> list[PackEvidence]:
    """The evidence of these indicators in a region (a code, and what lies in it), arisen from `first` to `last` (included), in
    the order of its numbers; 2 queries, under the rights of whoever asks."""
    begins, ends = span(first, last)
    rows = Evidence.objects.filter(
        pk__in=serving(keys), scope_code__startswith=region, arose_at__gte=begins, arose_at__lt=ends
    ).order_by("pk")
    found = list(rows.defer("salt", "signature"))
    served = _served([row.pk for row in found], frozenset(keys))
    return [
        PackEvidence(
            row.pk, row.sha256, row.media_type, row.size, row.type, row.project, row.title, row.source, row.source_id,
            row.scope_code, row.arose_at, row.keep_until, row.gone_at, served.get(row.pk, ()),
        )
        for row in found
    ]  # fmt: skip


def counts_for(keys: Collection[str], region: str, first: date, last: date) -> dict[str, int]:
    """How many objects in sight that are still there serve each of these indicators, as `for_items` has them; 1 query."""
    begins, ends = span(first, last)
    rows = standing(
        key__in=list(keys), evidence__scope_code__startswith=region, evidence__arose_at__gte=begins,
        evidence__arose_at__lt=ends, evidence__gone_at=None,
    )  # fmt: skip
    return dict(rows.values_list("key").annotate(count=Count("evidence", distinct=True)))


def span(first: date, last: date) -> tuple[datetime, datetime]:
    """The moments from which to which (not included) these days last in the city."""
    return datetime.combine(first, time(), CITY_ZONE), datetime.combine(last + timedelta(days=1), time(), CITY_ZONE)


def _served(ids: Collection[int], keys: frozenset[str]) -> dict[int, tuple[str, ...]]:
    """Which of the indicators each object serves, by the last word about it."""
    last: dict[tuple[int, str, str, str, str], bool] = {}
    for row in Use.objects.filter(evidence__in=ids, key__in=keys).order_by("pk"):
        last[row.evidence_id, row.kind, row.subject, row.key, row.place] = row.is_on
    made: dict[int, dict[str, None]] = {}
    for (pk, _, _, key, _), is_on in last.items():
        if is_on:
            made.setdefault(pk, {})[key] = None
    return {pk: tuple(sorted(found)) for pk, found in made.items()}


def path_of(sha256: str) -> Path | None:
    """Where the file lies on this machine's disk; None where it isn't kept, or lies elsewhere (`files.queries.open_stored`)."""
    return files.path_of(sha256)
