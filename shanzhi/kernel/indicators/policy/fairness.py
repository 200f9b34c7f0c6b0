"""Comparison that is fair: how sure a share is, what chance alone does, and the mix of cases. Never a bare league table.

Intervals are estimates and so are floats; the integers and values that they stand beside are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

Z95, Z99_8 = 1.959963984540054, 3.090232306167813
"""Two-sided normal quantiles for 95 % and 99.8 %, the two usual limits of funnel plots (Spiegelhalter 2005)."""


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` to `high`."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Is a value within, ends included?"""
        return self.low <= value <= self.high


def wilson(successes: int, trials: int, z: float = Z95) -> Interval | None:
    """The interval of a share (0 to 1) by Wilson's score (Wilson 1927); None without a trial.

    Raises:
        ValueError: fewer than no successes, or more than trials.
    """
    if trials == 0:
        return None
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials}")
    share, square = successes / trials, z * z
    middle = share + square / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + square / (4 * trials * trials))
    whole = 1 + square / trials
    # The ends of no and of all successes are exact; floating point would miss them by a hair.
    low = 0.0 if successes == 0 else max((middle - half) / whole, 0.0)
    high = 1.0 if successes == trials else min((middle + half) / whole, 1.0)
    return Interval(low, high)


def funnel_limits(overall: float, trials: int, z: float = Z95) -> Interval | None:
    """Where the share of a place with so many cases lies by chance alone, were it like all (`overall`, 0 to 1): normal
    limits, cut at 0 and 1 (Spiegelhalter 2005, Statistics in Medicine 24:1185). None without a case."""
    if trials == 0:
        return None
    half = z * sqrt(overall * (1 - overall) / trials)
    return Interval(max(overall - half, 0.0), min(overall + half, 1.0))


class Standing(StrEnum):
    """Where a place stands among all, chance considered."""

    USUAL = "usual"
    HIGH = "high"
    VERY_HIGH = "very_high"
    LOW = "low"
    VERY_LOW = "very_low"
    TOO_FEW = "too_few"


@dataclass(frozen=True, slots=True)
class Compared:
    """One place in a comparison: its share with interval, the funnel's limits, and where it stands."""

    region_id: int
    successes: int
    trials: int
    share: float | None
    interval: Interval | None
    limits: Interval | None
    outer: Interval | None
    standing: Standing


def compared(counts: Mapping[int, tuple[int, int]], minimum: int) -> tuple[Compared, ...]:
    """Places side by side, in the order given: each against the share of all together.

    A place below the minimum is told apart and not judged, yet counts for the whole.
    """
    cases = sum(trials for _, trials in counts.values())
    overall = sum(successes for successes, _ in counts.values()) / cases if cases else 0.0
    return tuple(_compared(place, *each, overall, minimum) for place, each in counts.items())


def _compared(region_id: int, successes: int, trials: int, overall: float, minimum: int) -> Compared:
    limits, outer = funnel_limits(overall, trials), funnel_limits(overall, trials, Z99_8)
    share = successes / trials if trials else None
    if share is None or limits is None or outer is None or trials < minimum:
        standing = Standing.TOO_FEW
    else:
        standing = _judged(share, limits, outer)
    return Compared(region_id, successes, trials, share, wilson(successes, trials), limits, outer, standing)


def _judged(share: float, limits: Interval, outer: Interval) -> Standing:
    if share > outer.high:
        return Standing.VERY_HIGH
    if share > limits.high:
        return Standing.HIGH
    if share < outer.low:
        return Standing.VERY_LOW
    return Standing.LOW if share < limits.low else Standing.USUAL


@dataclass(frozen=True, slots=True)
class Standardised:
    """A share with the mix of cases taken out. `expected` are the successes that all together would have had with this
    place's cases (indirect only); `left_out` the cases of kinds for which there is nothing to compare with."""

    share: float | None
    expected: float | None
    left_out: int


def direct(own: Mapping[str, tuple[int, int]], standard: Mapping[str, int]) -> Standardised:
    """The share that a place would have with the standard mix of cases: its own share of each kind, weighted by the standard's
    number of cases. Kinds of which the place has no case can't be weighted and are left out with their weight, which is told.
    """
    known = {kind: weight for kind, weight in standard.items() if own.get(kind, (0, 0))[1]}
    whole = sum(known.values())
    share = sum(own[kind][0] / own[kind][1] * weight for kind, weight in known.items()) / whole if whole else None
    return Standardised(share, None, sum(standard.values()) - whole)


def indirect(own: Mapping[str, tuple[int, int]], reference: Mapping[str, tuple[int, int]]) -> Standardised:
    """The reference's whole share times observed ÷ expected, where expected are the place's cases at the reference's share of
    each kind. It holds for few cases too, and so is the usual one here. Kinds that the reference lacks are left out, told."""
    known = {kind: each for kind, each in own.items() if reference.get(kind, (0, 0))[1]}
    expected = sum(trials * reference[kind][0] / reference[kind][1] for kind, (_, trials) in known.items())
    observed = sum(successes for successes, _ in known.values())
    cases = sum(trials for _, trials in reference.values())
    left_out = sum(trials for kind, (_, trials) in own.items() if kind not in known)
    if not expected or not cases:
        return Standardised(None, expected, left_out)
    whole = sum(successes for successes, _ in reference.values()) / cases
    return Standardised(whole * observed / expected, expected, left_out)
