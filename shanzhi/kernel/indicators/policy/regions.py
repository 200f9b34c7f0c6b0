"""Which region's records count where: the tree as of any day, and what became of regions that are no more."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from shanzhi.kernel.indicators.policy.definitions import Level


@dataclass(frozen=True, slots=True)
class RegionState:
    """A region from one day up to another (`until_on` excluded), as a row of `fact_region` has it."""

    region_id: int
    from_on: date
    until_on: date | None
    level: str
    code: str
    name: str
    parent_id: int | None

    def holds_on(self, day: date) -> bool:
        """Is it so on this day?"""
        return self.from_on <= day and (self.until_on is None or day < self.until_on)


@dataclass(frozen=True)
class Standing:
    """The regions that stand on one day, and where the records of all others count.

    `home` leads each region ever known to the one that stands in its place: itself; what took its place after a merge; else
    the closest region above it that stands (a community that was split, whose parts nobody can tell afterwards). What began
    only later counts, before its day, where its parent stands.
    """

    day: date
    states: Mapping[int, RegionState]
    home: Mapping[int, int]
    ended: Mapping[str, int] = field(default_factory=dict)
    """Regions that had ended by then, by their last codes."""

    def heir_of(self, code: str) -> RegionState | None:
        """The region that stands for one that had ended by then, by that one's last code."""
        return self.states.get(self.home.get(self.ended.get(code, 0), 0))

    def at_level(self, level: Level) -> tuple[RegionState, ...]:
        """The regions of a level, by code."""
        found = (state for state in self.states.values() if state.level == level.value)
        return tuple(sorted(found, key=lambda state: (state.code, state.region_id)))

    def above(self, region_id: int) -> tuple[int, ...]:
        """A standing region and all above it, the lowest first."""
        found: list[int] = []
        at: int | None = region_id
        while at is not None and at in self.states and at not in found:
            found.append(at)
            at = self.states[at].parent_id
        return tuple(found)

    @cached_property
    def _above(self) -> Mapping[int, tuple[int, ...]]:
        return {region_id: self.above(region_id) for region_id in self.states}

    def ancestors(self, region_id: int) -> tuple[int, ...]:
        """Where a record of any region ever known counts: in the region itself or what stands for it, and in all above."""
        at = self.home.get(region_id)
        return () if at is None else self._above[at]

    def scope(self, wanted: Collection[int] | None = None) -> list[tuple[int, int]]:
        """(region_id, ancestor_id) of every region ever known: the rows of `shanzhi_scope`; only those of `wanted` ancestors
        where some are named."""
        return [
            (region_id, ancestor)
            for region_id in sorted(self.home)
            for ancestor in self.ancestors(region_id)
            if wanted is None or ancestor in wanted
        ]


def tree_days(states: Iterable[RegionState]) -> list[date]:
    """The days on which another tree began to hold, the first with the first region; grids and zones aside."""
    said = [one for one in states if one.level not in ("grid", "zone")]
    return sorted({one.from_on for one in said} | {one.until_on for one in said if one.until_on is not None})


def tree_since(days: Sequence[date], day: date) -> date | None:
    """Since when the tree of a day held; None before the first."""
    place = bisect_right(days, day)
    return days[place - 1] if place else None


def made_of(now: Standing, then: Standing, level: Level) -> dict[int, tuple[int, ...]]:
    """Of each region of one tree that isn't what it was in another: the other's regions of this level that make it up (none:
    nobody can tell them apart there). Grids are told by their communities."""
    lowest = then.at_level(Level.COMMUNITY if level is Level.GRID else level)
    are: dict[int, list[int]] = {}
    were: dict[int, list[int]] = {}
    for one in lowest:
        for above in now.ancestors(one.region_id):
            are.setdefault(above, []).append(one.region_id)
        for above in then.ancestors(one.region_id):
            were.setdefault(above, []).append(one.region_id)
    return {
        region: tuple(are.get(region, ()))
        for region in now.states
        if region not in then.states or are.get(region) != were.get(region)
    }


def standing_on(day: date, states: Iterable[RegionState], became: Mapping[int, int | None]) -> Standing:
    """The tree of a day. `became` leads a region that ended to the one that took its place; None where it was split up or
    given up."""
    every = sorted(states, key=lambda state: (state.region_id, state.from_on))
    standing = {state.region_id: state for state in every if state.holds_on(day)}
    last = {state.region_id: state for state in every}
    home: dict[int, int] = {}
    for region_id in last:
        found = _home(region_id, standing, last, became)
        if found is not None:
            home[region_id] = found
    ended = {one.code: one.region_id for one in every if one.until_on is not None and one.until_on <= day}
    return Standing(day, standing, home, {code: region for code, region in ended.items() if region not in standing})


def _home(
    region_id: int,
    standing: Mapping[int, RegionState],
    last: Mapping[int, RegionState],
    became: Mapping[int, int | None],
) -> int | None:
    seen: set[int] = set()
    at: int | None = region_id
    while at is not None and at not in seen:
        if at in standing:
            return at
        seen.add(at)
        after = became.get(at)
        if after is None and at in last:
            after = last[at].parent_id
        at = after
    return None
