"""Every change of rounds."""

from shanzhi.kernel.rounds.operations.claiming import claim_change, claim_end, claim_make
from shanzhi.kernel.rounds.operations.computing import check_cut, items_compute
from shanzhi.kernel.rounds.operations.duties import duty_give
from shanzhi.kernel.rounds.operations.handing import mended_send, objections_send, pack_ask, pack_of_round, pack_send
from shanzhi.kernel.rounds.operations.moving import city_follow, city_move, compute_ask
from shanzhi.kernel.rounds.operations.opening import guideline_of, round_open, round_take_over
from shanzhi.kernel.rounds.operations.packing import pack_build, packs_build
from shanzhi.kernel.rounds.operations.signing import project_sign, round_lock
from shanzhi.kernel.rounds.operations.slips import finding_take, objection_make, objections_text, slip_read
from shanzhi.kernel.rounds.operations.writing import item_write

__all__ = [
    "check_cut",
    "city_follow",
    "city_move",
    "claim_change",
    "claim_end",
    "claim_make",
    "compute_ask",
    "duty_give",
    "finding_take",
    "guideline_of",
    "item_write",
    "items_compute",
    "mended_send",
    "objection_make",
    "objections_send",
    "objections_text",
    "pack_ask",
    "pack_build",
    "pack_of_round",
    "pack_send",
    "packs_build",
    "project_sign",
    "round_lock",
    "round_open",
    "round_take_over",
    "slip_read",
]
