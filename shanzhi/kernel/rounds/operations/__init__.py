"""Every change of rounds."""

from shanzhi.kernel.rounds.operations.moving import city_follow, city_move
from shanzhi.kernel.rounds.operations.opening import guideline_of, round_open, round_take_over

__all__ = ["city_follow", "city_move", "guideline_of", "round_open", "round_take_over"]
