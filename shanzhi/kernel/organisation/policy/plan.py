"""The words of a planned change of the region tree: changes, a plan, what it does. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from shanzhi.core.errors import Conflict, InputError, NotFound
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import Level


class BadChange(InputError):
    """A change of regions that can't be; says which and why."""

    code = "region-change"


class NoSuchRedraw(NotFound):
    """No redraw has this number."""

    code = "redraw-unknown"


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
    """撤销: only where nothing lies below and nothing hangs on it any more; what still comes in goes one level up."""

    region: str


Change = Rename | Move | Merge | Split | Open | Close


@dataclass(frozen=True, slots=True)
class TakesOver:
    """Which unit (by code) takes over from one whose region ends, where it isn't the one that anybody would expect."""

    unit: str
    successor: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Changes that take effect together at the beginning of the day `on`; `undoes`: the redraw that it takes back."""

    on: date
    changes: tuple[Change, ...]
    units: tuple[TakesOver, ...] = ()
    undoes: int | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """What became of a region: its code before and after; `new_id` is another region's after a merge or split.

    A closed region's is the one above it: what is reported there later still has a place, and sums go on adding up.
    """

    old_id: int
    old_code: str
    new_id: int
    new_code: str


@dataclass(frozen=True, slots=True)
class Redraw:
    """What a plan does: states that end, states that begin, what becomes of each region whose id or code changes.

    `abolished` are regions that end without a successor of their own level.
    """

    on: date
    ended: tuple[State, ...]
    begun: tuple[State, ...]
    pairs: tuple[Pair, ...]
    abolished: frozenset[int] = frozenset()

    @property
    def opened(self) -> tuple[State, ...]:
        """The new regions."""
        return tuple(state for state in self.begun if state.region_id < 0)

    @property
    def closed_ids(self) -> frozenset[int]:
        """The regions that end."""
        return frozenset(state.region_id for state in self.ended) - {state.region_id for state in self.begun}


LeftOpen = Callable[[Redraw], int]
_left_open: list[LeftOpen] = []


def count_left_open(counter: LeftOpen) -> None:
    """Let `counter` say how much is still open in the regions that a redraw abolishes; asked before it is carried out."""
    if counter not in _left_open:
        _left_open.append(counter)


def check_left_open(drawn: Redraw) -> None:
    """May these regions be closed?

    Raises:
        BadChange: something in them is still open.
    """
    left = sum(counter(drawn) for counter in _left_open) if drawn.abolished else 0
    if left:
        raise BadChange(msg("要撤销的区域里还有 %(count)s 件在办事项。请改用合并，或先办结这些事项。"), count=left)


PARENTS: Mapping[Level, frozenset[Level]] = {
    Level.COUNTY: frozenset({Level.CITY}),
    # 东莞, 中山, 儋州, 嘉峪关: townships directly below the city.
    Level.TOWNSHIP: frozenset({Level.COUNTY, Level.CITY}),
    Level.COMMUNITY: frozenset({Level.TOWNSHIP}),
    Level.GRID: frozenset({Level.COMMUNITY}),
}
