"""What the archive has for one item of an assessment: what serves it, and what may."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, ExpressionWrapper, OuterRef, Q
from django.db.models.functions import JSONObject

from shanzhi.kernel.evidence.models import Evidence, Use
from shanzhi.kernel.evidence.policy.objects import Use as What
from shanzhi.kernel.evidence.queries.archive import EvidenceRow, archive_rows_of, standing
from shanzhi.kernel.evidence.queries.packs import span

SHOWN = 25


@dataclass(frozen=True, slots=True)
class ItemEvidence:
    """Objects that serve an item, each with the uses by which it does, at most 25 of `count`; `proposed`: the newest of the
    same project, region and time that don't, at most 25."""

    serving: tuple[tuple[EvidenceRow, tuple[What, ...]], ...]
    count: int
    proposed: tuple[EvidenceRow, ...]


def item_evidence(key: str, project: str, region: str, first: date, last: date) -> ItemEvidence:
    """The evidence in sight for an indicator in a region (a code, and what lies in it), arisen from `first` to `last`
    (included); 2 queries and the tree, 1 more where there is much."""
    begins, ends = span(first, last)
    serving = Q(pk__in=standing(key=key).values("evidence_id"))
    rows = Evidence.objects.filter(
        serving | Q(project=project),
        scope_code__startswith=region,
        arose_at__gte=begins,
        arose_at__lt=ends,
        gone_at=None,
    )
    what = ("kind", "subject", "place")
    said = Use.objects.filter(evidence=OuterRef("pk"), key=key).order_by(*what, "-pk").distinct(*what)
    found = list(
        rows.annotate(
            serves=ExpressionWrapper(serving, BooleanField()),
            said=ArraySubquery(said.values(of=JSONObject(kind="kind", subject="subject", place="place", on="is_on"))),
        )
        .defer("salt", "signature")
        .order_by("-serves", "-pk")[: 2 * SHOWN]
    )
    served = [row for row in found if row.serves]
    count = len(served) if len(served) < 2 * SHOWN else rows.filter(serving).count()
    shown, proposed = served[:SHOWN], [row for row in found if not row.serves][:SHOWN]
    made = archive_rows_of([*shown, *proposed])
    return ItemEvidence(
        tuple((row, _uses(key, one.said)) for row, one in zip(made, shown, strict=False)),
        count,
        tuple(made[len(shown) :]),
    )


def _uses(key: str, said: Iterable[Mapping[str, Any]]) -> tuple[What, ...]:
    return tuple(What(one["kind"], one["subject"], key, one["place"]) for one in said if one["on"])
