"""The way of one matter through its kind's stages: what it has gone, and the shortest that is left. Pure.

A kind with branches isn't a row of stages: whoever made a claim never comes to where suggestions are studied. What is shown
of a matter is therefore its own way, taken from the table of the process, and not the table.
"""

from collections.abc import Sequence

from shanzhi.kernel.matters.policy.process.model import Action, Kind
from shanzhi.kernel.matters.policy.process.words import UNSOLVED, VERB_RULES, Owner, Part, Verb

_ASIDE = frozenset({Verb.WITHDRAW, Verb.LINK, Verb.SPLIT, Verb.FOLD, Verb.VACATE, Verb.HAND_BACK, Verb.CHECK_FAIL})
"""What turns a matter off its way, back, or under another."""


def way_gone(been: Sequence[str]) -> tuple[str, ...]:
    """Codes of the stages that lie behind, in order, the present one last: `been` without the rounds, so that what was given
    back and comes again isn't shown twice. `been`: every stage it came into, in time's order."""
    gone: list[str] = []
    for code in been:
        if code in gone:
            del gone[gone.index(code) + 1 :]
        else:
            gone.append(code)
    return tuple(gone)


def way_left(kind: Kind, stage: str, *, is_part: bool = False) -> tuple[str, ...]:
    """Codes of the stages still ahead on the shortest way from `stage` to its end, the end last; () in an end.

    The end is the file's first that can be reached from here: a suggestion within a petition ends as answered, a re-review
    as final. Of two ways equally short the one by the action that stands first in the file. `is_part`: of a matter that was
    split, which ends where its reporter would be asked, since the whole is put to them.
    """
    if kind.stage(stage).is_end:
        return ()
    ways = _ways(kind, stage)
    way = next(ways[end.code] for end in kind.stages if end.is_end and end.code in ways)
    asked = next((place for place, code in enumerate(way) if kind.stage(code).owner is Owner.REPORTER), None)
    return (*way[:asked], kind.joined_stage) if is_part and asked is not None and kind.joined_stage else way


def _ways(kind: Kind, start: str) -> dict[str, tuple[str, ...]]:
    """Of every stage that can be reached from `start` the shortest way to it, without `start`."""
    ways: dict[str, tuple[str, ...]] = {start: ()}
    waiting = [start]
    for here in waiting:
        for action in kind.actions:
            for code in _next(kind, action, here):
                if code not in ways:
                    ways[code] = (*ways[here], code)
                    waiting.append(code)
    return ways


def _next(kind: Kind, action: Action, stage: str) -> list[str]:
    """Where the action leads from `stage` if all goes well: past no stage of waiting for other matters."""
    if stage not in action.from_stages or action.stays or _is_aside(kind, action, stage):
        return []
    found = [code for answer, code in action.outcomes.items() if answer != UNSOLVED] if action.outcomes else [action.to]
    return [code for code in found if kind.stage(code).owner is not Owner.LINKED]


def _is_aside(kind: Kind, action: Action, stage: str) -> bool:
    """Is it no step that anybody is told to expect? Nor is a centre's writing down what a body outside the city did."""
    is_recorded = VERB_RULES[action.verb].part is Part.LEAD and kind.stage(stage).owner is Owner.INTAKE
    return action.verb in _ASIDE or is_recorded
