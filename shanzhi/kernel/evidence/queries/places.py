"""What the archive has about a place: what serves an item of a drive there, and what daily work at the place left."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q

from shanzhi.kernel.evidence.models import Evidence
from shanzhi.kernel.evidence.policy.objects import MATTER
from shanzhi.kernel.evidence.queries.archive import EvidenceRow, archive_rows_of, standing
from shanzhi.kernel.evidence.queries.packs import span
from shanzhi.kernel.matters.queries import ids_at_place_wanted

SHOWN = 30
LOOKED_AT = 500
"""Matters of a place, the newest first, whose evidence is looked at."""


@dataclass(frozen=True, slots=True)
class PlaceEvidence:
    """`serving`: subject → objects that serve it; `proposed`: objects that matters at the place left, and of the region's own
    in that time, which serve none of the subjects; at most 30."""

    serving: Mapping[str, tuple[EvidenceRow, ...]]
    proposed: tuple[EvidenceRow, ...]


def place_evidence(
    kind: str, subjects: Collection[str], place_id: int, region: str, first: date, last: date, *, proposes: bool
) -> PlaceEvidence:
    """The evidence in sight that serves subjects of a kind; with `proposes` what may serve them too: arisen from `first` to
    `last` (included) from matters at the place, or filed by hand in the region (its code); 1 query, 1 more and the tree where
    something is found."""
    begins, ends = span(first, last)
    uses = standing(kind=kind, subject__in=list(subjects))
    serving = Q(pk__in=uses.values("evidence_id"))
    wanted = serving
    if proposes:
        there = Q(source=MATTER, source_id__in=ids_at_place_wanted(place_id, LOOKED_AT))
        there |= ~Q(source=MATTER) & Q(scope_code=region)
        wanted = serving | there & Q(arose_at__gte=begins, arose_at__lt=ends, gone_at=None)
    serves = ArraySubquery(uses.filter(evidence=OuterRef("pk")).values("subject"))
    rows = Evidence.objects.filter(wanted).annotate(is_used=ExpressionWrapper(serving, BooleanField()), serves=serves)
    found = list(rows.defer("salt", "signature").order_by("-is_used", "-pk")[: 2 * SHOWN])
    if not found:
        return PlaceEvidence({}, ())
    made = archive_rows_of(found)
    told: dict[str, list[EvidenceRow]] = {}
    for row, shown in zip(found, made, strict=True):
        for subject in row.serves:
            told.setdefault(subject, []).append(shown)
    return PlaceEvidence(
        {subject: tuple(listed) for subject, listed in told.items()},
        tuple(shown for row, shown in zip(found, made, strict=True) if not row.serves)[:SHOWN],
    )
