"""What a keeper may do, and files that a browser hands over, as rows. Pure."""

from shanzhi.modules.keeper.policy.offices import (
    FEATURE,
    KINDS_OF_SIGNOFF,
    LastOne,
    Load,
    NotHere,
    OwnPost,
    TooMany,
    check_not_mine,
    check_place,
    load_of,
    median_per_seat,
)
from shanzhi.modules.keeper.policy.regions import check_drawn, month_bounds

__all__ = [
    "FEATURE",
    "KINDS_OF_SIGNOFF",
    "LastOne",
    "Load",
    "NotHere",
    "OwnPost",
    "TooMany",
    "check_drawn",
    "check_not_mine",
    "check_place",
    "load_of",
    "median_per_seat",
    "month_bounds",
]
