"""The words of a planned change of the region tree: changes, a plan, what it does. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from shanzhi.core.errors import Conflict, InputError
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import Level


class BadChange(InputError):
    """A change of regions that can't be; says which and why."""

    code = "region-change"


class TreeMoved(Conflict):
    """Somebody else changed the tree since this plan was drawn up."""

    code = "tree-moved"


@dataclass(frozen=True, slots=True)
class State:
    """What a region is on the plan's day. Ids below zero are of regions that the plan opens. `since`: its first day."""

    region_id: int
    level: Level
    code: str
    name: str
    short_name: str
    parent_id: int | None
    ranges: CodeRanges
    since: date


@dataclass(frozen=True, slots=True)
class Rename:
    """改名."""

    region: str
    name: str


@dataclass(frozen=True, slots=True)
class Move:
    """换代码 and 划转: a new code, another parent (its code), or both; what lies below follows with its last digits."""

    region: str
    code: str
    parent: str = ""


@dataclass(frozen=True, slots=True)
class Merge:
    """合并: `regions` end, what lies below and is open in them goes to `into`, one that is there or was just opened."""

    regions: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Part:
    """One of the regions that a split makes, with the codes of the children that it gets."""

    code: str
    name: str
    children: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Split:
    """拆分: `region` ends; each child goes to one of `parts`; what lay in it directly goes to the part `heir`."""

    region: str
    parts: tuple[Part, ...]
    heir: str


@dataclass(frozen=True, slots=True)
class Open:
    """新设."""

    code: str
    name: str
    parent: str


@dataclass(frozen=True, slots=True)
class Close:
    """撤销: only where nothing lies below and nothing hangs on it any more."""

    region: str


Change = Rename | Move | Merge | Split | Open | Close


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes that take effect together at the beginning of the day `on`."""

    on: date
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """What became of a region: its code before and after; `new_id` is another region's after a merge or split.

    `new_id` and `new_code` are None where it was closed and nothing took its place.
    """

    old_id: int
    old_code: str
    new_id: int | None
    new_code: str | None


@dataclass(frozen=True, slots=True)
class Redraw:
    """What a plan does: states that end, states that begin, what becomes of each region whose id or code changes."""

    on: date
    ended: tuple[State, ...]
    begun: tuple[State, ...]
    pairs: tuple[Pair, ...]

    @property
    def opened(self) -> tuple[State, ...]:
        """The new regions."""
        return tuple(state for state in self.begun if state.region_id < 0)

    @property
    def closed_ids(self) -> frozenset[int]:
        """The regions that end."""
        return frozenset(state.region_id for state in self.ended) - {state.region_id for state in self.begun}


PARENTS: Mapping[Level, frozenset[Level]] = {
    Level.COUNTY: frozenset({Level.CITY}),
    # 东莞, 中山, 儋州, 嘉峪关: townships directly below the city.
    Level.TOWNSHIP: frozenset({Level.COUNTY, Level.CITY}),
    Level.COMMUNITY: frozenset({Level.TOWNSHIP}),
    Level.GRID: frozenset({Level.COMMUNITY}),
}
