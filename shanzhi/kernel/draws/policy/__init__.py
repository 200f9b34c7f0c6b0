"""The rules of draws: the generator, sampling, frames, announcements, draw files, doing a draw again. Pure."""

from shanzhi.kernel.draws.policy import payloads as payloads
from shanzhi.kernel.draws.policy.announcement import (
    GROUNDS,
    NONCE_BYTES,
    Announcement,
    BadAnnouncement,
    Ground,
    Method,
    Result,
    Side,
    Stratum,
    commitment_of,
)
from shanzhi.kernel.draws.policy.drawfile import BadDrawFile, DrawFile, read_draw, write_draw
from shanzhi.kernel.draws.policy.frame import BadFrame, Item
from shanzhi.kernel.draws.policy.redo import Redone, redo, tell

FEATURE = "draws"
"""What a role has to open, to announce, withdraw and publish draws, and to see those that are kept back."""

__all__ = [
    "FEATURE",
    "GROUNDS",
    "NONCE_BYTES",
    "Announcement",
    "BadAnnouncement",
    "BadDrawFile",
    "BadFrame",
    "DrawFile",
    "Ground",
    "Item",
    "Method",
    "Redone",
    "Result",
    "Side",
    "Stratum",
    "commitment_of",
    "read_draw",
    "redo",
    "tell",
    "write_draw",
]
