"""Every change of a draw: announced, withdrawn, opened, nonces shown, made, published."""

from shanzhi.kernel.draws.operations.announcing import (
    DrawAnnouncedAlready,
    Plan,
    PlannedSide,
    PlannedStratum,
    draw_announce,
    draw_publish,
    draw_withdraw,
)
from shanzhi.kernel.draws.operations.making import (
    DrawNotReady,
    NonceRefused,
    draw_make,
    draw_open,
    draw_show,
    draws_go_on,
)

__all__ = [
    "DrawAnnouncedAlready",
    "DrawNotReady",
    "NonceRefused",
    "Plan",
    "PlannedSide",
    "PlannedStratum",
    "draw_announce",
    "draw_make",
    "draw_open",
    "draw_publish",
    "draw_show",
    "draw_withdraw",
    "draws_go_on",
]
