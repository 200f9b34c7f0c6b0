"""What the keeper's pages show: counts and names, no matter and no resident."""

from shanzhi.modules.keeper.queries.offices import (
    LoadedUnit,
    PostPage,
    UnitPage,
    UnitsWanted,
    check_keeper,
    grids_of,
    keeper_admission,
    post_page,
    start_cards,
    unit_page,
    units_list,
    vacant_posts,
)
from shanzhi.modules.keeper.queries.regions import (
    Figures,
    HistoryLine,
    RegionPage,
    Tried,
    TriedRegion,
    region_page,
    tried,
)

__all__ = [
    "Figures",
    "HistoryLine",
    "LoadedUnit",
    "PostPage",
    "RegionPage",
    "Tried",
    "TriedRegion",
    "UnitPage",
    "UnitsWanted",
    "check_keeper",
    "grids_of",
    "keeper_admission",
    "post_page",
    "region_page",
    "start_cards",
    "tried",
    "unit_page",
    "units_list",
    "vacant_posts",
]
