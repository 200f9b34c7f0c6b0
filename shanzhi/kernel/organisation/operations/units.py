"""Set up a city's units from the rule book: centres, departments, townships, communities."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import naming
from shanzhi.kernel.organisation.models import Unit
from shanzhi.kernel.organisation.operations._common import lock_organisation, write_journal
from shanzhi.kernel.organisation.payloads import UnitsLoaded
from shanzhi.kernel.organisation.policy import Level, UnitKind, UnknownRegion
from shanzhi.kernel.organisation.rulebook import UnitCatalogue
from shanzhi.kernel.organisation.tree import Node, Tree, current_tree


@dataclass(frozen=True, slots=True)
class UnitsCount:
    """What a load did: new units by kind, and how many were there."""

    centres: int
    departments: int
    public_utilities: int
    townships: int
    communities: int
    kept: int

    @property
    def added(self) -> int:
        """How many units are new."""
        return self.centres + self.departments + self.public_utilities + self.townships + self.communities


@dataclass(frozen=True, slots=True)
class _Plan:
    kind: UnitKind
    code: str
    names: naming.Names
    level: Level
    region_id: int
    parent_code: str | None
    department: str | None = None


def units_load(*, city_code: str, catalogue: UnitCatalogue, on: date, now: datetime, author: Author) -> UnitsCount:
    """Make the units of a city that aren't there yet, by unit code; all or nothing, and nothing a second time.

    Centres at the rule book's levels, each department and public utility at its levels, one unit for each township
    and community. Codes: `centre-<region>`, `<type>-<region>`, `township-<region>`, `community-<region>`.

    Raises:
        UnknownRegion: the city isn't loaded on that date.
        BadPattern: a name pattern in the rule book can't be filled.
    """
    with transaction.atomic():
        lock_organisation()
        tree = current_tree()
        city = tree.by_code(city_code, on)
        if city is None:
            raise UnknownRegion(msg("%(on)s 没有代码为“%(code)s”的区域。请先装入区划。"), code=city_code, on=on)
        plans = list(_plans(tree, city, catalogue, on))
        there = set(Unit.objects.values_list("code", flat=True))
        new = [plan for plan in plans if plan.code not in there]
        _insert(new, on)
        kinds = Counter(plan.kind for plan in new)
        count = UnitsCount(
            centres=kinds[UnitKind.CENTRE],
            departments=kinds[UnitKind.DEPARTMENT],
            public_utilities=kinds[UnitKind.PUBLIC_UTILITY],
            townships=kinds[UnitKind.TOWNSHIP],
            communities=kinds[UnitKind.COMMUNITY],
            kept=len(plans) - len(new),
        )
        if new:
            write_journal(
                UnitsLoaded(
                    city_code=city_code,
                    opened_on=on,
                    centres=count.centres,
                    departments=count.departments,
                    public_utilities=count.public_utilities,
                    townships=count.townships,
                    communities=count.communities,
                    kept=count.kept,
                ),
                kind="region",
                subject_id=city.region_id,
                scope_code=city_code,
                author=author,
                now=now,
            )
        return count


def _plans(tree: Tree, city: Node, catalogue: UnitCatalogue, on: date) -> Iterator[_Plan]:
    """Every unit that the city should have, parents before children."""
    levels = {Level.CITY, Level.COUNTY, Level.TOWNSHIP, Level.COMMUNITY}
    wide = [node for node in tree.of_levels(levels, on) if _is_in(node, city)]
    for node in sorted(wide, key=lambda node: (len(node.code), node.code)):
        line = tree.upwards(node, on)
        place = _place(line, city)
        if node.level in catalogue.centre_levels:
            yield _Plan(
                UnitKind.CENTRE,
                f"centre-{node.code}",
                naming.centre_names(catalogue, place),
                node.level,
                node.region_id,
                f"centre-{line[1].code}" if len(line) > 1 and line[1].level in catalogue.centre_levels else None,
            )
        yield from _departments(catalogue, place, node, city)
        if node.level is Level.TOWNSHIP:
            names = naming.township_names(catalogue, place)
            yield _Plan(UnitKind.TOWNSHIP, f"township-{node.code}", names, node.level, node.region_id, None)
        if node.level is Level.COMMUNITY:
            names = naming.community_names(catalogue, place)
            parent = f"township-{line[1].code}"
            yield _Plan(UnitKind.COMMUNITY, f"community-{node.code}", names, node.level, node.region_id, parent)


def _departments(catalogue: UnitCatalogue, place: naming.Place, node: Node, city: Node) -> Iterator[_Plan]:
    for type_ in catalogue.departments:
        if node.level not in type_.levels:
            continue
        above = f"{type_.code}-{city.code}" if node is not city and Level.CITY in type_.levels else None
        names = naming.department_names(catalogue, type_, place)
        yield _Plan(
            type_.kind, f"{type_.code}-{node.code}", names, node.level, node.region_id, above, department=type_.code
        )


def _is_in(node: Node, city: Node) -> bool:
    return node is city or city.ranges.covers(CodeRanges.from_prefixes(node.code))


def _place(line: list[Node], city: Node) -> naming.Place:
    node = line[0]
    county = next((above.name for above in line if above.level is Level.COUNTY), "")
    return naming.Place(node.level, node.name, node.short_name, city.name, county)


def _insert(plans: list[_Plan], on: date) -> None:
    """Insert level by level, so that a parent has its id before its children need it."""
    for level in (Level.CITY, Level.COUNTY, Level.TOWNSHIP, Level.COMMUNITY):
        batch = [plan for plan in plans if plan.level is level]
        parents = {plan.parent_code for plan in batch if plan.parent_code is not None}
        ids = dict(Unit.objects.filter(Q(code__in=parents)).values_list("code", "id")) if parents else {}
        Unit.objects.bulk_create(
            [
                Unit(
                    kind=plan.kind,
                    name=plan.names.name,
                    short_name=plan.names.short,
                    code=plan.code,
                    level=plan.level,
                    region_id=plan.region_id,
                    parent_id=None if plan.parent_code is None else ids.get(plan.parent_code),
                    department=plan.department,
                    opened_on=on,
                )
                for plan in batch
            ],
            batch_size=2000,
        )
