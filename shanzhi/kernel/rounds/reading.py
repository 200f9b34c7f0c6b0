"""What operations and queries of the organiser's side both read: a round's guideline, and who assesses when."""

from collections.abc import Mapping
from functools import lru_cache

from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.rounds.models import Round
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.text import GUIDELINE
from shanzhi.kernel.rounds.policy.words import CENTRE, SCORE, Stage

FEATURES: Mapping[Stage, str] = {Stage.PROVINCE: SCORE, Stage.CENTRE: CENTRE}
"""What a post needs to assess at a stage."""
ASSESSES: Mapping[Stage, tuple[State, ...]] = {
    Stage.PROVINCE: (State.RECEIVED, State.SCORED),
    Stage.CENTRE: (State.THROUGH, State.SPOT_CHECKED),
}
"""The states of a city in which a stage assesses it; the database's trigger holds the same."""


@lru_cache(maxsize=8)
def _read(text: str) -> Catalogue:
    return sound_catalogue(text, GUIDELINE)


def guideline_of_round(round_: Round) -> Catalogue:
    """The guideline of a round that was opened or taken over, hence is sound; read once a process."""
    return _read(round_.guideline_text)
