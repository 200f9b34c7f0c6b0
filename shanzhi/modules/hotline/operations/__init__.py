"""Every change of state of the hotline: calls, and knowledge items."""

from shanzhi.modules.hotline.operations.calls import Ended, Look, call_drop, call_end, call_keep, calls_forget
from shanzhi.modules.hotline.operations.knowledge import item_edit, item_restore
from shanzhi.modules.hotline.operations.ringing import check_signature, extension_set, ring, rings_forget

__all__ = [
    "Ended",
    "Look",
    "call_drop",
    "call_end",
    "call_keep",
    "calls_forget",
    "check_signature",
    "extension_set",
    "item_edit",
    "item_restore",
    "ring",
    "rings_forget",
]
