"""What the slice knows without a database: events and texts, templates, when something is sent, how a message is signed."""

from shanzhi.kernel.notices.policy.events import (
    RETRY_MOST,
    Happened,
    Reader,
    _readers,
    on_event,
    readers_of,
    register_text,
    retry_after,
    text_of,
)
from shanzhi.kernel.notices.policy.templates import offer_places

__all__ = [
    "RETRY_MOST",
    "Happened",
    "Reader",
    "_readers",
    "offer_places",
    "on_event",
    "readers_of",
    "register_text",
    "retry_after",
    "text_of",
]
