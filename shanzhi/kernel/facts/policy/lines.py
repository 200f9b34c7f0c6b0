"""Under which regions something counts that lies in a region: its community, and everything above that, as of a day.

Cubes count under the regions of the day of the report. A grid counts as its community; what lies in a township directly
counts as the township's own. `restated` says where the same is to be counted under the tree of another day.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

GRID, COMMUNITY = "grid", "community"
_LOOP = 12


@dataclass(frozen=True, slots=True)
class State:
    """A region's level and parent from one day up to (not with) another; `until_on` None: still so."""

    region_id: int
    from_on: date
    until_on: date | None
    level: str
    parent_id: int | None


@dataclass(frozen=True, slots=True)
class Heir:
    """What took the place of a region that ended: None where nothing did."""

    region_id: int
    heir_id: int | None
    on: date


@dataclass(frozen=True, slots=True)
class Above:
    """A region that something counts under. `is_own`: 1 for what lies in just it; 0 for it with everything below."""

    region_id: int
    level: str
    is_own: int


@dataclass(frozen=True, slots=True)
class Line:
    """The regions that something counts under from one day up to another: first the one where it lies (its base)."""

    from_on: date
    until_on: date
    regions: tuple[Above, ...]

    @property
    def base(self) -> Above:
        """The community, or whatever it lies in directly."""
        return self.regions[0]


class Lines:
    """Lines by region and day. A region counts before its first day as on it, and after its last as on that."""

    def __init__(self, lines: Mapping[int, tuple[Line, ...]]) -> None:
        self.by_region = lines

    def on(self, region_id: int, day: date) -> Line:
        """The line of a region on a day; a region that isn't known counts for itself alone."""
        known = self.by_region.get(region_id)
        if known is None:
            return Line(date.min, date.max, (Above(region_id, "", 1),))
        return known[bisect_right(known, day, key=lambda line: line.from_on) - 1]


class _Tree:
    """States as of a day."""

    def __init__(self, states: Iterable[State]) -> None:
        self.states: dict[int, list[State]] = {}
        for state in sorted(states, key=lambda state: state.from_on):
            self.states.setdefault(state.region_id, []).append(state)

    def at(self, region_id: int | None, day: date) -> State | None:
        """A region's state on a day."""
        found = (state for state in self.states.get(region_id or 0, ()) if state.from_on <= day)
        return next((state for state in found if state.until_on is None or day < state.until_on), None)

    def nearest(self, region_id: int, day: date) -> tuple[State, date] | None:
        """A region's state on a day, else the last before it, else the first; and a day on which it held."""
        states = self.states.get(region_id)
        if not states:
            return None
        state = next((state for state in reversed(states) if state.from_on <= day), states[0])
        if day < state.from_on:
            return state, state.from_on
        if state.until_on is not None and day >= state.until_on:
            return state, date.fromordinal(state.until_on.toordinal() - 1)
        return state, day

    def upwards(self, state: State, day: date) -> list[State]:
        """A state and those above it, nearest first."""
        line = [state]
        while (above := self.at(line[-1].parent_id, day)) is not None and len(line) < _LOOP:
            line.append(above)
        return line


def _regions(line: list[State]) -> tuple[Above, ...]:
    """What a chain of states counts under. Only a community has nothing below it but grids, so its own is all of it."""
    base, *above = [state for state in line if state.level != GRID] or line
    own = [Above(base.region_id, base.level, 1)]
    if base.level not in (COMMUNITY, GRID):
        own.append(Above(base.region_id, base.level, 0))
    return (*own, *(Above(state.region_id, state.level, 0) for state in above))


def lines_of(states: Iterable[State]) -> Lines:
    """All lines of a city's regions, as the tree was on each day."""
    tree = _Tree(states)
    changes = sorted(
        {day for known in tree.states.values() for one in known for day in (one.from_on, one.until_on) if day}
    )
    found: dict[int, tuple[Line, ...]] = {}
    days = [date.min, *changes]
    for region_id in tree.states:
        line: list[Line] = []
        for nth, day in enumerate(days):
            state, held = tree.nearest(region_id, day) or (None, day)
            until = days[nth + 1] if nth + 1 < len(days) else date.max
            regions = _regions(tree.upwards(state, held)) if state else ()
            if line and line[-1].regions == regions:
                line[-1] = Line(line[-1].from_on, until, regions)
            elif until > day:
                line.append(Line(day, until, regions))
        found[region_id] = tuple(line)
    return Lines(found)


def restated(
    bases: Iterable[int], states: Iterable[State], heirs: Iterable[Heir], on: date
) -> dict[int, tuple[int, ...]]:
    """For each base of a cube the regions that it counts under in the tree of the day `on`, nearest first.

    A region that has ended by then counts as its heir; one that wasn't there yet counts for the nearest above it that was.
    What has neither heir nor anybody above counts as it was last.
    """
    tree, after = (
        _Tree(states),
        {heir.region_id: heir for heir in heirs if heir.on <= on and heir.heir_id != heir.region_id},
    )
    return {base: _restate(tree, after, base, on) for base in bases}


def _restate(tree: _Tree, after: Mapping[int, Heir], base: int, on: date) -> tuple[int, ...]:
    region_id, seen = base, {base}
    while (heir := after.get(region_id)) is not None and heir.heir_id is not None and heir.heir_id not in seen:
        region_id = heir.heir_id
        seen.add(region_id)
    nearest = tree.nearest(region_id, on)
    if nearest is None:
        return (base,)
    then = tree.upwards(*nearest)
    there = next((state for one in then if (state := tree.at(one.region_id, on)) is not None), None)
    line = then if there is None else tree.upwards(there, on)
    return tuple(above.region_id for above in _regions(line) if not above.is_own or above.level in (COMMUNITY, GRID))
