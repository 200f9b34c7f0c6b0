"""What a chart shows. Values are floats for drawing alone; what is read stands in `shown`."""

from collections.abc import Sequence
from dataclasses import dataclass

Ring = Sequence[tuple[float, float]]
"""Corners of an outline: degrees east and north."""
STEPS = 5
"""Classes of a map's one hue, light to dark."""


@dataclass(frozen=True, slots=True)
class Point:
    """One point in time; `low` and `high` are what was to be expected there, `unusual` where the value lies outside."""

    label: str
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None
    unusual: bool = False


@dataclass(frozen=True, slots=True)
class LineChart:
    """A line over time: expected band shaded, last point labelled, the target across; broken where nothing is known.

    `floor` and `ceiling` are what values can't pass (0 and 100 for shares).
    """

    title: str
    points: Sequence[Point]
    target: float | None = None
    target_said: str = ""
    floor: float | None = 0
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class Dot:
    """One part of a whole: how much it rests on, its value. `verdict`: `in`, `above`, `below` the limits, or `small`."""

    name: str
    size: int
    value: float
    shown: str
    verdict: str = "in"


@dataclass(frozen=True, slots=True)
class Limit:
    """What chance allows at one size, in 95 and in 99.8 of 100 cases."""

    size: int
    low95: float
    high95: float
    low998: float
    high998: float


@dataclass(frozen=True, slots=True)
class FunnelChart:
    """Parts by their size and value about the mean of all, with what chance allows: no order of rank. Only those outside
    the limits are named."""

    title: str
    dots: Sequence[Dot]
    limits: Sequence[Limit]
    mean: float
    mean_said: str
    size_said: str
    floor: float | None = 0
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class Area:
    """A region of a map. Without rings it is drawn as a tile; without a value it is outlined."""

    name: str
    value: float | None
    shown: str
    rings: Sequence[Ring] = ()


@dataclass(frozen=True, slots=True)
class MapChart:
    """Regions in one hue, light to dark by value: as they lie where all have outlines, else as tiles in the given order."""

    title: str
    areas: Sequence[Area]
    decimals: int = 0

    @property
    def is_schematic(self) -> bool:
        """Is there a region without an outline?"""
        return not all(area.rings for area in self.areas)

    def breaks(self) -> tuple[float, ...]:
        """The edges of the classes, equally far apart: six numbers, two where all values are the same, else none."""
        known = [area.value for area in self.areas if area.value is not None]
        if not known:
            return ()
        low, high = min(known), max(known)
        if low == high:
            return (low, high)
        return tuple(low + (high - low) * at / STEPS for at in range(STEPS + 1))

    def step(self, value: float | None) -> int:
        """The class of a value, 1 to 5; 0 for none."""
        edges = self.breaks()
        if value is None or not edges:
            return 0
        if len(edges) == 2:
            return 3
        return min(STEPS, 1 + sum(value >= edge for edge in edges[1:]))

    def legend(self) -> tuple[tuple[int, str], ...]:
        """The classes with the values that they hold."""
        edges = self.breaks()
        told = [f"{edge:,.{self.decimals}f}" for edge in edges]
        if len(edges) == 2:
            return ((3, told[0]),)
        return tuple((at + 1, f"{told[at]} – {told[at + 1]}") for at in range(len(edges) - 1))


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar from 0; `tone` colours it by meaning (green, blue, yellow, orange, red, or none)."""

    label: str
    value: float | None
    shown: str
    tone: str = ""


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars lying under one another, from 0 to `full`."""

    title: str
    bars: Sequence[Bar]
    full: float = 100


Chart = LineChart | FunnelChart | MapChart | BarChart
