"""Values that want a second look before they count: typed a hundred times too large, or far from all others."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import log10
from statistics import median

ROBUST_LIMIT = 3.5
"""Beyond it a robust z is an outlier (Iglewicz and Hoaglin 1993, How to Detect and Handle Outliers)."""
FEWEST = 5
"""With fewer values beside it nothing is said of how far one is from the others."""


class Oddity(StrEnum):
    """What is odd about a value."""

    UNIT_SLIP = "unit_slip"
    JUMP = "jump"
    FAR = "far"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is odd: by what factor, per cent, or robust z."""

    oddity: Oddity
    amount: Decimal


def findings(value: Decimal, before: Decimal | None, others: Sequence[Decimal], jump: Decimal | None) -> list[Finding]:
    """What is odd about a value: against the last one (`before`), by more than `jump` per cent, and against `others` (earlier
    values, or those of like places). Empty where nothing is; whoever typed it then says that it is right, or mends it."""
    found: list[Finding] = []
    slip = unit_slip(value, before)
    if slip is not None:
        found.append(Finding(Oddity.UNIT_SLIP, slip))
    if before and jump is not None and not found:
        percent = abs(value - before) / abs(before) * 100
        if percent > jump:
            found.append(Finding(Oddity.JUMP, percent.quantize(Decimal(1))))
    z = robust_z(float(value), [float(each) for each in others])
    if z is not None and abs(z) > ROBUST_LIMIT:
        found.append(Finding(Oddity.FAR, Decimal(str(round(z, 1)))))
    return found


def unit_slip(value: Decimal, before: Decimal | None) -> Decimal | None:
    """The power of ten by which a value looks mistyped against the last one, up or down: from fifty times on the nearest one,
    and ten times within a twentieth. None where it doesn't."""
    if not before or not value or (value < 0) != (before < 0):
        return None
    ratio = max(abs(value / before), abs(before / value))
    if ratio >= 50:
        return Decimal(10) ** max(round(log10(ratio)), 2)
    return Decimal(10) if Decimal("9.5") <= ratio <= Decimal("10.5") else None


def robust_z(value: float, others: Sequence[float]) -> float | None:
    """How far a value is from the median of others, in units that are standard deviations for normal ones: by the median
    absolute deviation, or the mean one where more than half of the others are equal. None with fewer than five, or where all
    are equal: then any other value is merely new."""
    if len(others) < FEWEST:
        return None
    middle = median(others)
    deviations = [abs(each - middle) for each in others]
    spread = median(deviations)
    if spread:
        return 0.6744897501960817 * (value - middle) / spread
    mean = sum(deviations) / len(deviations)
    return (value - middle) / (1.2533141373155001 * mean) if mean else None
