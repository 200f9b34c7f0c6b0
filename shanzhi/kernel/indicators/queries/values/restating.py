"""Figures that were computed anew under another tree, as they stand in their table."""

from collections.abc import Collection, Mapping
from datetime import date

from django.db.models import Q

from shanzhi.kernel.indicators.models import Restated
from shanzhi.kernel.indicators.policy.definitions import Indicator
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import Numbers, Value, value_of

_Key = tuple[int, str, int, int]


class Restatements:
    """What was read for a tree; `value` gives one figure of it."""

    def __init__(self, cells: Mapping[_Key, Numbers] | None = None) -> None:
        self._cells = cells or {}

    @classmethod
    def read(cls, tree_on: date | None, wanted: Collection[tuple[int, str, Period]]) -> "Restatements":
        """Of the tree that began on this day, those of (region, key, period); 1 query, none where nothing is wanted."""
        if tree_on is None or not wanted:
            return cls()
        by_period: dict[Period, tuple[set[int], set[str]]] = {}
        for region_id, key, period in wanted:
            regions, keys = by_period.setdefault(period, (set(), set()))
            regions.add(region_id)
            keys.add(key)
        asked = Q(pk__in=[])
        for period, (regions, keys) in by_period.items():
            asked |= Q(month=period.first, months=period.length.months, region_id__in=regions, key__in=keys)
        rows = Restated.objects.filter(asked, tree_on=tree_on)
        fields = ("region_id", "key", "month", "months", "numerator", "denominator")
        return cls({(row[0], row[1], row[2], row[3]): Numbers(row[4], row[5]) for row in rows.values_list(*fields)})

    def value(self, region_id: int, indicator: Indicator, period: Period) -> Value | None:
        """The value of a region and period; None where none was computed under this tree."""
        found = self._cells.get((region_id, indicator.key, period.first, period.length.months))
        return None if found is None else value_of(indicator, found)
