"""The door for pages of figures: what was computed and typed in, the index, sheets, comparison, what is owed, exclusions.

A region is given by its permanent id, a period as `policy.periods.Period`. All of it under row-level security: a post reads
the figures of the regions whose region above touches its own place, that is its own, those below, those above and their
neighbours. Each function says how many statements it takes.
"""

from datetime import date

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.queries.values.shapes import (
    Comparison,
    Completeness,
    ExclusionCard,
    ExclusionRow,
    ExclusionShare,
    IndexPage,
    IndicatorList,
    IndicatorPage,
    OwedLine,
    PermitRow,
    Records,
    RegionSheet,
    UnitSheet,
)


def indicator_list(region_id: int, period: Period, *, project: str = "", words: str = "") -> IndicatorList:
    """All indicators that hold in a period, with a region's values and those of the period before; 2 statements.

    Raises:
        NoSuchPlace: no region of this id at the period's end, or out of sight.
    """
    raise NotImplementedError


def indicator_page(key: str, region_id: int, period: Period) -> IndicatorPage:
    """One indicator for a region and a period; at most 7 statements.

    Raises:
        NoSuchIndicator: no rule of this key in the period.
        NoSuchPlace: as `indicator_list`.
    """
    raise NotImplementedError


def records_behind(
    key: str, region_id: int, period: Period, *, only: str = "", after: int | None = None, size: int = 25
) -> Records:
    """The matters behind a figure, by number; at most 4 statements. `only`: `numerator` or `rest`; `after`: the id behind
    which the page begins.

    Raises:
        NoSuchIndicator, NoSuchPlace: as `indicator_page`.
        NotCounted: the figure is typed in.
    """
    raise NotImplementedError


def index_page(code: str, region_id: int, period: Period, *, tree_on: date | None = None) -> IndexPage:
    """An index for a region and a period; at most 5 statements. `code` empty: the catalogue's first one.

    With `tree_on` the figures are restated under the regions of that day: a merged region has the figures of those that
    became it.

    Raises:
        NoSuchIndex: no index of this code in the period.
        NoSuchPlace: no region of this id on that day, or out of sight.
    """
    raise NotImplementedError


def region_sheet(region_id: int, period: Period) -> RegionSheet:
    """All figures of a region; at most 4 statements.

    Raises:
        NoSuchPlace: as `indicator_list`.
    """
    raise NotImplementedError


def unit_sheet(unit_id: int, period: Period) -> UnitSheet:
    """A unit's figures among those of its kind; at most 4 statements.

    Raises:
        NoSuchUnit: no such unit in the period.
    """
    raise NotImplementedError


def comparison(region_id: int, first: Period, second: Period) -> Comparison:
    """Two periods of one region; at most 3 statements.

    Raises:
        NoSuchPlace: no region of this id at the second period's end, or out of sight.
        PeriodUnreadable: periods of different lengths.
    """
    raise NotImplementedError


def owed(actor: Actor, on: date) -> list[OwedLine]:
    """What the acting post owes now: values of periods that are over, and what it has handed in lately; 4 statements."""
    raise NotImplementedError


def completeness(key: str, region_id: int, period: Period) -> Completeness:
    """Which regions below have handed in a typed-in figure; 2 statements.

    Raises:
        NoSuchIndicator, NoSuchPlace: as `indicator_page`.
    """
    raise NotImplementedError


def permits_waiting(actor: Actor) -> list[PermitRow]:
    """Wishes to hand in late that the acting post's unit decides, the oldest first; 2 statements."""
    raise NotImplementedError


def exclusions(
    *,
    region_id: int | None = None,
    period: Period | None = None,
    key: str = "",
    state: str = "",
    after: int | None = None,
) -> list[ExclusionRow]:
    """Contested counts in sight, the latest first, 25 of them: granted ones are published within the city; 3 statements."""
    raise NotImplementedError


def exclusion_card(pk: int, actor: Actor, on: date) -> ExclusionCard:
    """One contested count with what may be done now; at most 6 statements.

    Raises:
        NoSuchExclusion: there is none, or not for this post.
    """
    raise NotImplementedError


def exclusion_shares(period: Period, region_id: int | None = None) -> list[ExclusionShare]:
    """How much of each unit's figures was excluded on its wish, the largest share first; 3 statements."""
    raise NotImplementedError


__all__ = [
    "comparison",
    "completeness",
    "exclusion_card",
    "exclusion_shares",
    "exclusions",
    "index_page",
    "indicator_list",
    "indicator_page",
    "owed",
    "permits_waiting",
    "records_behind",
    "region_sheet",
    "unit_sheet",
]
