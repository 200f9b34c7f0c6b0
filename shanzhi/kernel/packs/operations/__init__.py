"""Every change: letters taken in and sent, packs built."""

from shanzhi.kernel.packs.operations.letters import (
    Taken,
    letter_keep,
    letter_read,
    letter_send_out,
    letter_take_in,
    letter_try_again,
    letters_read,
)
from shanzhi.kernel.packs.operations.peers import peer_ask, peer_enter_run, peer_withdraw_ask, peer_withdraw_run

__all__ = [
    "Taken",
    "letter_keep",
    "letter_read",
    "letter_send_out",
    "letter_take_in",
    "letter_try_again",
    "letters_read",
    "peer_ask",
    "peer_enter_run",
    "peer_withdraw_ask",
    "peer_withdraw_run",
]
