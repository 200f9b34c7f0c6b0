"""Durations as counts in fixed bins on a logarithmic scale: whole numbers, so that sums don't depend on their order.

The edges go from five minutes to 161 days, each √2 times the one before, rounded to seconds. Bin 0 is everything below the
first edge, the last bin everything from the last edge on. A quantile is told as the bin that it lies in: between two edges
the upper is at most 1.42 times the lower, so the middle that is shown (the geometric mean) is off by at most a fifth.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

EDGES: tuple[int, ...] = (
    300, 424, 600, 849, 1200, 1697, 2400, 3394, 4800, 6788, 9600, 13576, 19200, 27153, 38400, 54306, 76800, 108612,
    153600, 217223, 307200, 434446, 614400, 868893, 1228800, 1737786, 2457600, 3475571, 4915200, 6951143, 9830400, 13902286,
)  # fmt: skip
"""Seconds: bin `n` is from edge `n - 1` up to (not with) edge `n`."""
BINS = len(EDGES) + 1


def bin_of(seconds: int) -> int:
    """The bin of a duration in seconds."""
    return bisect_right(EDGES, seconds)


@dataclass(frozen=True, slots=True)
class Quantile:
    """Where a quantile lies: at least `low` and less than `high` seconds; `high` None in the last bin."""

    low: int
    high: int | None

    @property
    def middle(self) -> int:
        """Seconds to show: off by at most a fifth where the bin has two edges from five minutes up."""
        return self.low if self.high is None else int(sqrt(max(self.low, 1) * self.high))


def quantile(counts: Sequence[int], share: float) -> Quantile | None:
    """Which bin holds the smallest duration that at least this share of them doesn't exceed; None where there are none.

    Raises:
        ValueError: the share isn't above 0 and at most 1, or it isn't one count a bin.
    """
    if not 0 < share <= 1 or len(counts) != BINS:
        raise ValueError("a share above 0 and at most 1, and a count for each bin")
    total = sum(counts)
    if not total:
        return None
    wanted, seen = ceil(total * share), 0
    for number, count in enumerate(counts):
        seen += count
        if seen >= wanted:
            return Quantile(EDGES[number - 1] if number else 0, EDGES[number] if number < len(EDGES) else None)
    return None
