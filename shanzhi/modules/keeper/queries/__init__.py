"""What the keeper's pages show."""

from shanzhi.modules.keeper.queries.offices import (
    LoadedUnit,
    PostPage,
    UnitPage,
    UnitsWanted,
    check_keeper,
    keeper_admission,
    post_page,
    start_cards,
    unit_page,
    units_list,
    vacant_posts,
)

__all__ = [
    "LoadedUnit",
    "PostPage",
    "UnitPage",
    "UnitsWanted",
    "check_keeper",
    "keeper_admission",
    "post_page",
    "start_cards",
    "unit_page",
    "units_list",
    "vacant_posts",
]
