"""Whether regions can be compared at all: how alike their cases are, and what a share would be with the mix taken out."""

from collections.abc import Mapping
from dataclasses import dataclass

from shanzhi.kernel.indicators.policy.fairness import Interval, indirect, wilson

LEAST_MIX, LEAST_SHARE = 30, 10
"""Fewest cases of which a mix, and a share, is told."""
APART = 0.2
"""From so large a part of differing cases on, a mix is told as another one."""

Counted = Mapping[str, tuple[int, int]]
"""By kind of case: how many with the answer wanted, of how many."""


@dataclass(frozen=True, slots=True)
class MixedShare:
    """A region's share (0 to 1) with its 95 % interval, and `alike`: what it would be with the mix of all together; None of
    too few cases."""

    top: int
    bottom: int
    share: float | None
    interval: Interval | None
    alike: float | None


def mixed_share(own: Counted, all_: Counted) -> MixedShare:
    """A share beside what it would be with the mix of cases of all together (indirect standardisation)."""
    top, bottom = (sum(pair[side] for pair in own.values()) for side in (0, 1))
    if bottom < LEAST_SHARE:
        return MixedShare(top, bottom, None, None, None)
    found = indirect(own, all_).share
    return MixedShare(top, bottom, top / bottom, wilson(top, bottom), None if found is None else min(found, 1.0))


def apart(own: Mapping[str, int], all_: Mapping[str, int]) -> float | None:
    """Which part of a region's cases would have to be of another kind for its mix to be that of all together (0 to 1): half the
    sum of the differences of shares. None of too few cases."""
    cases, whole = sum(own.values()), sum(all_.values())
    if cases < LEAST_MIX or not whole:
        return None
    return sum(abs(own.get(kind, 0) / cases - all_.get(kind, 0) / whole) for kind in own.keys() | all_.keys()) / 2
