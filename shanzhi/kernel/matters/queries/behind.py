"""The matters behind a figure: by their ids, as far as row-level security shows them."""

from collections.abc import Collection
from dataclasses import dataclass

from shanzhi.kernel.matters.models import Link, Matter
from shanzhi.kernel.matters.policy.report import normalise_number
from shanzhi.kernel.matters.rulebook import categories, kind_version


@dataclass(frozen=True, slots=True)
class BehindRow:
    """A matter in a list of records: codes and the title as it is stored, masked. `scope_code` is where it lies today."""

    matter_id: int
    number: str
    kind: str
    kind_version: int
    title: str
    category: str
    region_id: int
    scope_code: str
    stage: str

    @property
    def category_name(self) -> str:
        """What people call the category."""
        return categories().name(self.category)

    @property
    def stage_name(self) -> str:
        """What people call the stage, in the process under which the matter runs."""
        return kind_version(self.kind, self.kind_version).stage(self.stage).name


def matters_behind(matter_ids: Collection[int]) -> dict[int, BehindRow]:
    """Those of these matters that are in sight, by id; 1 query."""
    return {row.matter_id: row for row in _rows(pk__in=list(matter_ids))}


def matter_behind(number: str) -> BehindRow | None:
    """The visible matter with this number, as people type it; 1 query."""
    normal = normalise_number(number)
    return next(iter(_rows(number=normal)), None) if normal else None


def lead_of(matter_id: int) -> BehindRow | None:
    """The matter that this one is linked under as the same problem (重复并单), where it is and is in sight; 1 query."""
    lead = Link.objects.filter(matter_id=matter_id, unlinked_at=None).values("lead_id")
    return next(iter(_rows(pk__in=lead)), None)


def _rows(**wanted: object) -> list[BehindRow]:
    fields = ("pk", "number", "kind", "kind_version", "title", "category", "region_id", "scope_code", "stage")
    return [BehindRow(*row) for row in Matter.objects.filter(**wanted).order_by("pk").values_list(*fields)]
