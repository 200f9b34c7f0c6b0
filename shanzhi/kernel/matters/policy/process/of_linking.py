"""Soundness of linking (重复并单): whatever its lead does, a linked matter knows its next step, and comes out again."""

from collections.abc import Iterator

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Action, Kind
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import Source
from shanzhi.kernel.matters.policy.process.words import DECIDED, UNDECIDED, Owner, Role, Verb

_LINKING = (Verb.LINK, Verb.UNLINK, Verb.FOLLOW, Verb.REOPEN, Verb.GATHER)


def find_in_linking(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is missing for matters that are linked; nothing is asked of a kind that links none."""
    used = [verb for verb in _LINKING if kind.verb(verb)]
    if not used:
        return
    missing = [verb for verb in _LINKING if verb not in used]
    if missing:
        message = msg("并单的几步缺一不可，这里没有 %(verbs)s。")
        yield source.problem(("kind", "must"), message, msg("补上这些动作，或全部删去。"), verbs="、".join(missing))
        return
    yield from _find_in_numbers(kind, source)
    yield from _find_in_stages(kind, source)
    yield from _find_in_ways(kind, source)


def _find_in_numbers(kind: Kind, source: Source) -> Iterator[Problem]:
    if kind.linking.most < 1:
        yield source.problem(("linking", "most"), msg("至少要能并一件。"), msg("most 写 1 以上。"))
    if kind.linking.collective < 2:
        message = msg("只有一件反映的不算集体反映。")
        yield source.problem(("linking", "collective"), message, msg("collective 写 2 以上。"))


def _find_in_stages(kind: Kind, source: Source) -> Iterator[Problem]:
    for code in dict.fromkeys((kind.linked_stage, kind.gathering_stage)):
        if kind.stage(code).owner is not Owner.LINKED:
            place = [stage.code for stage in kind.stages].index(code)
            message = msg("“%(stage)s”里的事项等着并案的别件，责任方要是 linked。")
            mend = msg('owner 写 "linked"。')
            yield source.problem(("stage", place, "owner"), message, mend, stage=kind.stage(code).name)


def _find_in_ways(kind: Kind, source: Source) -> Iterator[Problem]:
    """From where a linked one waits it keeps up, is put to its reporter, comes back from there, and can be let go."""
    waits, asked = kind.linked_stage, [stage.code for stage in kind.stages if stage.owner is Owner.REPORTER]
    follows = [action for action in kind.verb(Verb.FOLLOW) if Role.SYSTEM in action.by]
    at_lead = [action for action in follows if waits in action.from_stages]
    ways = (
        (
            any(a.stays for a in at_lead),
            msg("主件的期限变了，并案的没有动作跟着变。"),
            msg('补一个 to = "same" 的 follow。'),
        ),
        (
            any(a.to in asked for a in at_lead),
            msg("主件答复以后，并案的没有动作去请反映人评价。"),
            msg("补一个从并单环节到评价环节的 follow。"),
        ),
        (
            any(a.to == waits and a.from_stages and set(a.from_stages) <= set(asked) for a in follows),
            msg("主件重办以后，还没有评价的没有动作回来等新的答复。"),
            msg("补一个从评价环节回到并单环节的 follow。"),
        ),
        (
            any(_lets_go(action, waits) for action in kind.verb(Verb.UNLINK)),
            msg("主件撤回或不予受理时，并案的没有动作自己走。"),
            msg("unlink 的 from 写并单环节，by 加 system，outcomes 写 undecided 和 decided。"),
        ),
        (
            any(kind.gathering_stage in a.from_stages and Role.SYSTEM in a.by for a in kind.verb(Verb.REOPEN)),
            msg("等各件评价时有人说没有解决，主件没有动作重办。"),
            msg("reopen 的 from 加上这个环节，by 写 system。"),
        ),
    )
    for is_there, message, mend in ways:
        if not is_there:
            yield source.problem(("kind", "must"), message, mend)


def _lets_go(action: Action, waits: str) -> bool:
    return (
        waits in action.from_stages and Role.SYSTEM in action.by and {UNDECIDED, DECIDED} <= set(action.outcomes or ())
    )
