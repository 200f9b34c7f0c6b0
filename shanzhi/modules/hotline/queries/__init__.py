"""What the desk reads: its calls under row-level security, and knowledge items."""

from shanzhi.modules.hotline.queries.calls import (
    CALLS,
    DeskCalls,
    OpenCall,
    counts_today,
    desk_calls,
    left_calls,
    open_calls,
    typed,
    waiting_ring,
    words_in,
)
from shanzhi.modules.hotline.queries.knowledge import (
    Item,
    ItemPage,
    item_of,
    items_for,
    items_page,
    may_be_cited,
    newest_items,
    standing_counts,
    versions_of,
)
from shanzhi.modules.hotline.queries.looking import Look, look

__all__ = [
    "CALLS",
    "DeskCalls",
    "Item",
    "ItemPage",
    "Look",
    "OpenCall",
    "counts_today",
    "desk_calls",
    "item_of",
    "items_for",
    "items_page",
    "left_calls",
    "look",
    "may_be_cited",
    "newest_items",
    "open_calls",
    "standing_counts",
    "typed",
    "versions_of",
    "waiting_ring",
    "words_in",
]
