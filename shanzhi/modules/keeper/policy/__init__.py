"""What a keeper may do, and the cards of the start page. Pure."""

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
from shanzhi.modules.keeper.policy.subjects import Card, cards, offer_card

__all__ = [
    "FEATURE",
    "KINDS_OF_SIGNOFF",
    "Card",
    "LastOne",
    "Load",
    "NotHere",
    "OwnPost",
    "TooMany",
    "cards",
    "check_not_mine",
    "check_place",
    "load_of",
    "median_per_seat",
    "offer_card",
]
