"""What a keeper reads: counts and names, no matter and no person."""

from shanzhi.modules.keeper.queries.regions import (
    Figures,
    HistoryLine,
    RegionPage,
    Tried,
    TriedRegion,
    region_page,
    tried,
)

__all__ = ["Figures", "HistoryLine", "RegionPage", "Tried", "TriedRegion", "region_page", "tried"]
