"""What the desk reads: its calls under row-level security, and knowledge items."""

from shanzhi.modules.hotline.queries.calls import (
    CALLS,
    OpenCall,
    counts_today,
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

__all__ = [
    "CALLS",
    "Item",
    "ItemPage",
    "OpenCall",
    "counts_today",
    "item_of",
    "items_for",
    "items_page",
    "left_calls",
    "may_be_cited",
    "newest_items",
    "open_calls",
    "standing_counts",
    "typed",
    "versions_of",
    "waiting_ring",
    "words_in",
]
