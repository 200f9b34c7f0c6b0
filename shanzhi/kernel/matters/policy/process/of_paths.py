"""Soundness of the paths: every stage is reached, every matter can end, and somebody is there to move it on."""

from collections.abc import Callable, Iterable, Iterator

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Action, Kind, transitions
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import Source
from shanzhi.kernel.matters.policy.process.words import OWNER_NAMES, OWNER_ROLES, VERB_RULES, Owner, Verb

Steps = list[tuple[str, Action, str]]


def find_in_paths(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is wrong with the table as a whole; its references must hold."""
    steps: Steps = [(stage.code, action, target) for stage, action, target in transitions(kind)]
    reached = _reached([kind.initial], steps, lambda action: True)
    yield from _find_unreached(kind, source, reached)
    yield from _find_endless(kind, source, steps)
    yield from _find_stuck(kind, source, steps)
    yield from _find_leaderless(kind, source, steps)


def _reached(starts: Iterable[str], steps: Steps, counts: Callable[[Action], bool]) -> set[str]:
    """Stages reached from `starts` by the actions that count."""
    found, waiting = set(starts), list(starts)
    while waiting:
        here = waiting.pop()
        for origin, action, target in steps:
            if origin == here and counts(action) and target not in found:
                found.add(target)
                waiting.append(target)
    return found


def _find_unreached(kind: Kind, source: Source, reached: set[str]) -> Iterator[Problem]:
    for place, stage in enumerate(kind.stages):
        if stage.code not in reached:
            message = msg("从“%(initial)s”出发走不到“%(stage)s”。")
            mend = msg("让某个动作的 to 指向它，或删去它。")
            yield source.problem(
                ("stage", place), message, mend, initial=kind.stage(kind.initial).name, stage=stage.name
            )
    for place, action in enumerate(kind.actions):
        if reached.isdisjoint(action.from_stages):
            message = msg("它出发的环节都走不到，永远用不上。")
            yield source.problem(("action", place, "from"), message, msg("改 from，或删去这个动作。"))


def _find_endless(kind: Kind, source: Source, steps: Steps) -> Iterator[Problem]:
    """A way to an end must be there without the reporter giving up: withdrawing doesn't count, nor does what only the parts
    of a split can do."""
    backwards = [(target, action, origin) for origin, action, target in steps]
    ends = [stage.code for stage in kind.stages if stage.is_end and stage.code != kind.joined_stage]
    ending = {kind.joined_stage} | _reached(ends, backwards, lambda action: action.verb is not Verb.WITHDRAW)
    for place, stage in enumerate(kind.stages):
        if stage.code not in ending:
            message = msg("从“%(stage)s”走不到任何终点（撤回不算）。")
            mend = msg("补一个动作，让它能走向办结。")
            yield source.problem(("stage", place), message, mend, stage=stage.name)


def _find_stuck(kind: Kind, source: Source, steps: Steps) -> Iterator[Problem]:
    """The owner of an open stage must have an action of its own that moves the matter on."""
    for place, stage in enumerate(kind.stages):
        moving = [action for origin, action, _ in steps if origin == stage.code and _moves_on(action)]
        if not stage.is_end and not any(_is_owners(stage.owner, action) for action in moving):
            yield source.problem(
                ("stage", place, "owner"),
                msg("“%(stage)s”轮到%(owner)s，可没有一个动作能由其推进。"),
                msg("给 by 含 %(roles)s 的动作写上这个环节，或改 owner。"),
                stage=stage.name,
                owner=OWNER_NAMES[stage.owner],
                roles="、".join(sorted(OWNER_ROLES[stage.owner])),
            )


def _is_owners(owner: Owner, action: Action) -> bool:
    """May the stage's owner do it? Whoever holds the matter does what is asked of its holder, in whatever role."""
    return bool(OWNER_ROLES[owner] & set(action.by)) or (owner is Owner.LEAD and VERB_RULES[action.verb].held)


def _moves_on(action: Action) -> bool:
    return not action.stays and action.verb not in (Verb.WITHDRAW, Verb.FOLD)


def _find_leaderless(kind: Kind, source: Source, steps: Steps) -> Iterator[Problem]:
    """A stage that is the lead unit's turn may only be reached once there is a lead, and a return takes it away."""
    gives = (Verb.DISPATCH, Verb.TRANSFER, Verb.TAKE_UP, Verb.ENTRUST, Verb.ESCALATE, Verb.RULE, Verb.LINK, Verb.SPLIT,
             Verb.HAND_DOWN)  # fmt: skip
    returned = [target for _, action, target in steps if action.verb is Verb.HAND_BACK]
    without = _reached([kind.initial, *returned], steps, lambda action: action.verb not in gives)
    for place, stage in enumerate(kind.stages):
        if stage.owner is Owner.LEAD and stage.code in without:
            message = msg("“%(stage)s”轮到主办单位，可不经派单就能走到。")
            mend = msg("先经过 dispatch 或 transfer，或把 owner 改成 intake。")
            yield source.problem(("stage", place, "owner"), message, mend, stage=stage.name)
