"""Axes with round marks, and labels that don't lie over each other. Pure."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_ROUND = (1, 2, 2.5, 5, 10)
_SPACES = 4


@dataclass(frozen=True, slots=True)
class Axis:
    """From where to where an axis goes, and its marks with what stands at each."""

    low: float
    high: float
    marks: tuple[tuple[float, str], ...]

    def place(self, value: float, length: float) -> float:
        """How far from the axis' beginning a value lies; what lies outside, at its end."""
        return (min(max(value, self.low), self.high) - self.low) / (self.high - self.low) * length


def axis_of(
    values: Iterable[float | None], *, floor: float | None = None, ceiling: float | None = None, from_zero: bool = False
) -> Axis:
    """An axis around the values with about four spaces between round marks; `floor` and `ceiling` it doesn't pass."""
    known = [value for value in values if value is not None] or [0.0, 1.0]
    low, high = (min(0.0, *known) if from_zero else min(known)), max(known)
    if low == high:
        low, high = (low, low + 1) if from_zero or low == floor else (low - 1, high + 1)
    power = 10.0 ** math.floor(math.log10((high - low) / _SPACES))
    step = next(each * power for each in _ROUND if each * power >= (high - low) / _SPACES * (1 - 1e-9))
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    low = low if floor is None else max(low, floor)
    high = high if ceiling is None else max(low + step, min(high, ceiling))
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    if not math.isclose(step, round(step, decimals)):
        decimals += 1
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    marks = [(index * step, f"{index * step:,.{decimals}f}") for index in range(first, last + 1)]
    return Axis(low, high, tuple(marks))


def spread(places: Sequence[float], gap: float, high: float) -> list[float]:
    """Where labels stand that were wanted at `places` (rising), at least `gap` apart and not past `high`."""
    found: list[float] = []
    for place in places:
        found.append(max(place, found[-1] + gap) if found else place)
    limit = high
    for at in range(len(found) - 1, -1, -1):
        found[at] = min(found[at], limit)
        limit = found[at] - gap
    return found
