"""Whose turn it is in a stage, told over all kinds: a unit's, the reporter's, or nobody's own; no stage is two of these."""

from collections.abc import Iterable

from shanzhi.kernel.matters.policy.process import Kind, Owner

WITH_UNIT, WITH_REPORTER, WITH_LINKED = ".unit", ".reporter", ".linked"
"""In a list's address, in place of a stage: all stages in which a unit has something to do, in which the reporter has the turn,
and in which a matter waits for those that it is linked with, of whatever kind."""


def stages_of_turn(kinds: Iterable[Kind], turn: str) -> tuple[str, ...]:
    """Codes of the open stages of a turn, each once. A code that kinds give to different owners is a unit's first."""
    found: dict[str, str] = {}
    ranks = (WITH_UNIT, WITH_REPORTER, WITH_LINKED)
    for kind in kinds:
        for stage in kind.stages:
            if not stage.is_end:
                mine = _TURNS.get(stage.owner or Owner.NONE, WITH_LINKED)
                found[stage.code] = min(mine, found.get(stage.code, mine), key=ranks.index)
    return tuple(code for code, told in found.items() if told == turn)


_TURNS = {
    Owner.INTAKE: WITH_UNIT,
    Owner.LEAD: WITH_UNIT,
    Owner.CHECKER: WITH_UNIT,
    Owner.REPORTER: WITH_REPORTER,
    Owner.LINKED: WITH_LINKED,
}
