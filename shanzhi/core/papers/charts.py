"""Charts as data: bars from 0, a line with what was expected, a funnel of parts by their size.

A chart's title says subject and unit. Each carries its own words for readers who can't see it (`said`), and its axis is
counted here, so that every writer draws the same.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STEPS = (1, 2, 2.5, 5, 10)
"""Between two marks of an axis, times a power of ten."""


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis goes, and its marks with what stands at each."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar with its label; `shown` stands at its end. Without a value there is no bar, and `shown` says why."""

    label: str
    value: float | None
    shown: str


@dataclass(frozen=True, slots=True)
class BarChart:
    """Bars lying under one another, from 0. `target` is a line across, with its word."""

    title: str
    bars: tuple[Bar, ...]
    target: float | None = None
    target_said: str = ""

    def axis(self) -> Axis:
        """From 0 to a round number above all."""
        return axis_of([*(bar.value for bar in self.bars), self.target], from_zero=True)

    def said(self) -> str:
        """The chart in words."""
        return f"{self.title}：" + "；".join(f"{bar.label} {bar.shown}" for bar in self.bars) + "。"


@dataclass(frozen=True, slots=True)
class Point:
    """One point in time; `low` and `high` are what was expected there, where anything was."""

    label: str
    value: float | None
    shown: str
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class LineChart:
    """One line over time, its last point labelled, what was expected shaded, the target as a line across.

    `lowest` and `highest` are what values can't pass (0 and 100 for shares).
    """

    title: str
    points: tuple[Point, ...]
    target: float | None = None
    target_said: str = ""
    band_said: str = ""
    lowest: float | None = 0
    highest: float | None = None

    def axis(self) -> Axis:
        """Around all values, the expected ones and the target; not from 0, since a line shows change."""
        known = [value for point in self.points for value in (point.value, point.low, point.high)]
        return axis_of([*known, self.target], lowest=self.lowest, highest=self.highest)

    def said(self) -> str:
        """The chart in words."""
        return f"{self.title}：" + "；".join(f"{point.label} {point.shown}" for point in self.points) + "。"


@dataclass(frozen=True, slots=True)
class Dot:
    """One part: how much it rests on (to the right), its value (up). Only those that stand out are named."""

    size: int
    value: float
    label: str = ""


@dataclass(frozen=True, slots=True)
class FunnelChart:
    """Parts by size and value, with the whole's value and what chance allows at each size: no order of rank.

    `limits` are (size, low, high) from the smallest size to the largest.
    """

    title: str
    size_said: str
    dots: tuple[Dot, ...]
    centre: float
    centre_said: str
    limits: tuple[tuple[int, float, float], ...]
    band_said: str = ""
    lowest: float | None = 0
    highest: float | None = None

    def axis(self) -> Axis:
        """Around all values and limits."""
        known = [*(dot.value for dot in self.dots), *(edge for _, *edges in self.limits for edge in edges), self.centre]
        return axis_of(known, lowest=self.lowest, highest=self.highest)

    def size_axis(self) -> Axis:
        """From 0 to a round number above the largest."""
        return axis_of([*(dot.size for dot in self.dots), *(size for size, *_ in self.limits)], from_zero=True)

    def said(self) -> str:
        """The chart in words."""
        named = "、".join(dot.label for dot in self.dots if dot.label)
        return f"{self.title}：{self.centre_said}；" + (f"在范围外的有{named}。" if named else "都在范围内。")


Chart = BarChart | LineChart | FunnelChart


def axis_of(
    values: Sequence[float | None],
    *,
    from_zero: bool = False,
    lowest: float | None = None,
    highest: float | None = None,
    wanted: int = 4,
) -> Axis:
    """An axis around `values` (None counts for nothing), with about `wanted` spaces between round marks."""
    known = [value for value in values if value is not None] or [0.0, 1.0]
    low, high = (min(0.0, *known) if from_zero else min(known)), max(known)
    if low == high:
        low, high = (low, low + 1) if from_zero else (low - 1, high + 1)
    step = _step((high - low) / wanted)
    low, high = math.floor(low / step) * step, math.ceil(high / step) * step
    if lowest is not None:
        low = max(low, lowest)
    if highest is not None:
        high = min(high, highest)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9)) + (1 if _is_half(step) else 0)
    first = math.ceil(low / step - 1e-9)
    marks = [index * step for index in range(first, math.floor(high / step + 1e-9) + 1)]
    return Axis(low, high, tuple((round(mark, 6), f"{mark:,.{decimals}f}") for mark in marks))


def _step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next(step * power for step in STEPS if step * power >= rough * (1 - 1e-9))


def _is_half(step: float) -> bool:
    """Is it 2.5 times a power of ten, below ten: one more digit is needed to say it."""
    return step < 10 and math.isclose(step / 10 ** math.floor(math.log10(step) + 1e-9), 2.5)


def segments(points: Sequence[float | None]) -> tuple[tuple[int, int], ...]:
    """Runs of values that are known, as first and last index: a line isn't drawn over what isn't known."""
    known = [index for index, value in enumerate(points) if value is not None]
    if not known:
        return ()
    cuts = [0, *(at + 1 for at, (a, b) in enumerate(pairwise(known)) if b != a + 1), len(known)]
    return tuple((known[a], known[b - 1]) for a, b in pairwise(cuts))


def spread(places: Sequence[float], gap: float) -> tuple[float, ...]:
    """Where labels stand that were wanted at `places`, so that no two are nearer than `gap`: moved as little as may be."""
    order = sorted(range(len(places)), key=lambda at: places[at])
    groups: list[tuple[float, list[int]]] = []
    for at in order:
        group = (places[at], [at])
        while groups and group[0] - (len(group[1]) - 1) * gap / 2 < groups[-1][0] + (len(groups[-1][1]) + 1) * gap / 2:
            before = groups.pop()
            together = before[1] + group[1]
            middle = sum(places[one] for one in together) / len(together)
            group = (middle, together)
        groups.append(group)
    found = [0.0] * len(places)
    for middle, together in groups:
        for step, at in enumerate(together):
            found[at] = middle + (step - (len(together) - 1) / 2) * gap
    return tuple(found)
