"""Which rows of a cube make up a region's figure under the tree of a day."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from weakref import WeakKeyDictionary

from shanzhi.kernel.facts.policy.lines import Heir, State, lines_of, restated
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of a cube that count for `target`: a region's, what lies in just it (`is_own` 1) or it with everything below."""

    region_id: int
    is_own: int
    target: int


@dataclass(frozen=True, slots=True)
class _Restated:
    """A day's tree. `members`: by region the bases that count under it; `moved`: regions of which the cubes' own sums, taken
    under the trees of the days of report, may be another set."""

    members: dict[int, tuple[int, ...]]
    nearest: dict[int, int]
    moved: frozenset[int]


# By the tree and the day. A page asks as of one or two days; the tree changes a few times a year.
_kept: WeakKeyDictionary[object, dict[date, _Restated]] = WeakKeyDictionary()
_KEEP = 16


def sources_of(region_ids: Collection[int], on: date, *, only_bases: bool = False) -> list[Source]:
    """The rows to add up for each of some regions as of a day; 1 query (none within `one_tree`), 3 where the tree has changed,
    1 more a zone.

    Regions of which nothing was ever redrawn have rows of their own at every level; the others are added up from the
    communities that belong to them in that tree. A grid counts for nothing here: what lies in it stands at its community.
    `only_bases`: the cube has no rows above the communities, so all are added up.
    """
    tree = _restated(on)
    found: list[Source] = []
    for region_id in dict.fromkeys(region_ids):
        members = tree.members.get(region_id, ())
        row = None if members else organisation.region_by_id(region_id, on)
        if row is not None and row.level is Level.ZONE:
            members = _of_zone(tree, row, on)
        if only_bases or region_id in tree.moved or row is not None:
            found += [Source(base, 1, region_id) for base in members]
        elif members:
            found.append(Source(region_id, 0 if len(members) > 1 or members[0] != region_id else 1, region_id))
    return found


def bases_of(region_ids: Collection[int], on: date) -> dict[int, list[int]]:
    """The communities whose facts make up each of some regions as of a day; queries as `sources_of`."""
    found: dict[int, list[int]] = {region_id: [] for region_id in region_ids}
    for one in sources_of(region_ids, on, only_bases=True):
        found[one.target].append(one.region_id)
    return found


def _of_zone(tree: _Restated, zone: organisation.RegionRow, on: date) -> tuple[int, ...]:
    """The bases whose place of that day lies in a zone."""
    inside = {
        span.region_id
        for span in organisation.region_spans(grids=False)
        if span.from_on <= on and (span.until_on is None or on < span.until_on) and zone.ranges.contains(span.code)
    }
    return tuple(base for base, nearest in tree.nearest.items() if nearest in inside)


def _restated(on: date) -> _Restated:
    kept = _kept.setdefault(organisation.tree_mark(), {})
    found = kept.get(on)
    if found is None:
        found = _made(on)
        while len(kept) >= _KEEP:
            kept.pop(next(iter(kept)), None)
        kept[on] = found
    return found


def _made(on: date) -> _Restated:
    states = [
        State(span.region_id, span.from_on, span.until_on, span.level, span.parent_id)
        for span in organisation.region_spans(grids=False)
        if span.level != Level.ZONE
    ]
    heirs = [Heir(heir.region_id, heir.heir_id, heir.on) for heir in organisation.region_heirs()]
    bases = dict.fromkeys(state.region_id for state in states)
    above = restated(bases, states, heirs, on)
    members: dict[int, list[int]] = {}
    for base, regions in above.items():
        for region_id in regions:
            members.setdefault(region_id, []).append(base)
    moved: set[int] = set()
    for base, lines in lines_of(states).by_region.items():
        then = [frozenset(one.region_id for one in line.regions) for line in lines]
        everywhere = frozenset(above[base]).intersection(*then)
        moved.update(frozenset(above[base]).union(*then) - everywhere)
    nearest = {base: regions[0] for base, regions in above.items() if regions}
    return _Restated({region: tuple(found) for region, found in members.items()}, nearest, frozenset(moved))
