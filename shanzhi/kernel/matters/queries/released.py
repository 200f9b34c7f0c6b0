"""What may be shown to everybody of a matter: the source of the public list."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from shanzhi.core.periods import local_date
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations.step import KEPT_FROM_WORKER
from shanzhi.kernel.matters.policy.parting import whole_of
from shanzhi.kernel.matters.policy.process import Result
from shanzhi.kernel.matters.rulebook import categories, kind_version

ROUNDED = Decimal("0.01")
"""A public place is rounded to a hundredth of a degree, about a kilometre."""
TOWNSHIP_DIGITS = 9


@dataclass(frozen=True, slots=True)
class PublicSource:
    """A matter for the public list: no text, no number, place rounded to its township and about a kilometre."""

    matter_id: int
    category: str
    township_code: str
    stage: str
    stage_name: str
    result: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    reported_on: date
    ended_on: date | None


def public_sources(matter_ids: Sequence[int]) -> list[PublicSource]:
    """The public side of these matters (worker's role); left out: kinds that aren't public, sensitive or unsorted
    categories, refused and withdrawn matters, and parts, whose wholes stand there; 1 query."""
    rules = categories().rules.categories
    found = []
    for row in Matter.objects.defer(*KEPT_FROM_WORKER).filter(pk__in=matter_ids):
        kind = kind_version(row.kind, row.kind_version)
        category = rules.get(row.category)
        hidden = row.result in (Result.REFUSED, Result.WITHDRAWN) or bool(whole_of(row.number))
        if not kind.public or category is None or category.sensitive or hidden:
            continue
        found.append(
            PublicSource(
                matter_id=row.pk,
                category=row.category,
                township_code=row.scope_code[:TOWNSHIP_DIGITS],
                stage=row.stage,
                stage_name=kind.stage(row.stage).name,
                result=row.result,
                latitude=row.latitude.quantize(ROUNDED) if row.latitude is not None else None,
                longitude=row.longitude.quantize(ROUNDED) if row.longitude is not None else None,
                reported_on=local_date(row.reported_at),
                ended_on=local_date(row.ended_at) if row.ended_at else None,
            )
        )
    return found
