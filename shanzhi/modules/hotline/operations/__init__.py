"""Every change of state of the hotline: calls, and knowledge items."""

from shanzhi.modules.hotline.operations.calls import (
    Ended,
    call_drop,
    call_end,
    call_keep,
    call_resume,
    calls_forget,
)
from shanzhi.modules.hotline.operations.knowledge import (
    Loaded,
    item_edit,
    item_restore,
    item_withdraw,
    items_load,
)
from shanzhi.modules.hotline.operations.leaving import calls_release
from shanzhi.modules.hotline.operations.ringing import check_signature, extension_set, ring, rings_forget

__all__ = [
    "Ended",
    "Loaded",
    "call_drop",
    "call_end",
    "call_keep",
    "call_resume",
    "calls_forget",
    "calls_release",
    "check_signature",
    "extension_set",
    "item_edit",
    "item_restore",
    "item_withdraw",
    "items_load",
    "ring",
    "rings_forget",
]
