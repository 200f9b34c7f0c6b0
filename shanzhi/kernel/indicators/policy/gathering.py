"""What posts typed in, added up to the regions above, with how many of those that owe it have."""

from collections.abc import Iterable
from dataclasses import dataclass

from shanzhi.kernel.indicators.policy.definitions import Figure, Grouping, Indicator
from shanzhi.kernel.indicators.policy.entering import rule_of
from shanzhi.kernel.indicators.policy.regions import Standing


@dataclass(slots=True)
class Gathered:
    """Integers of a region and period, of how many regions (`handed_in`; None: of none), of how many that owe it (None: of
    none)."""

    numerator: int = 0
    denominator: int = 0
    handed_in: int | None = None
    owed: int | None = None


def gathered(indicator: Indicator, standing: Standing, values: Iterable[tuple[int, int, int]]) -> dict[int, Gathered]:
    """What was typed in for one period, by region: (region_id, numerator, denominator) of each region's last value, under the
    tree `standing`. Regions without a value below them aren't in it. What can't be added up stays where it was typed in."""
    found: dict[int, Gathered] = {}
    for state in standing.at_level(rule_of(indicator).level):
        for above in standing.ancestors(state.region_id):
            cell = found.setdefault(above, Gathered())
            cell.owed = (cell.owed or 0) + 1
    adds = indicator.figure is not Figure.AMOUNT and indicator.grouping is Grouping.ADDITIVE
    for region_id, top, bottom in values:
        home = standing.home.get(region_id)
        for above in standing.ancestors(region_id) if adds else (() if home is None else (home,)):
            cell = found.setdefault(above, Gathered())
            cell.numerator += top
            cell.denominator += bottom
            cell.handed_in = (cell.handed_in or 0) + 1
    return {region_id: cell for region_id, cell in found.items() if cell.handed_in}
