"""A round's guideline as a catalogue, read once a process; its items and period."""

from dataclasses import dataclass

from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.rounds.models import Round
from shanzhi.kernel.rounds.policy.items import items_of, round_period
from shanzhi.kernel.rounds.policy.text import GUIDELINE


@dataclass(frozen=True, slots=True)
class Ruler:
    """By what a round is judged: the guideline, the period, and the items by key in the guideline's order."""

    guideline: Catalogue
    period: Period
    items: dict[str, Indicator]

    def of_project(self, project: str) -> list[Indicator]:
        """The items of a project."""
        return [one for one in self.items.values() if one.project == project]


def ruler_of(row: Round) -> Ruler:
    """The ruler of a round. Its guideline was found sound as the round was taken over."""
    at = (row.guideline_sha256, row.first, row.last)
    if at not in _read:
        if len(_read) >= KEPT:
            _read.clear()
        guideline, period = sound_catalogue(row.guideline_text, GUIDELINE), round_period(row.first, row.last)
        _read[at] = Ruler(guideline, period, {one.key: one for one in items_of(guideline, period)})
    return _read[at]


KEPT = 8
_read: dict[tuple[str, int, int], Ruler] = {}
