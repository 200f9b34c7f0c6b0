"""Soundness of the actions one by one: what they refer to is there, and they keep the engine's contract."""

from collections.abc import Iterator

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.model import Action, Kind
from shanzhi.kernel.matters.policy.process.of_stages import duplicates, unknown
from shanzhi.kernel.matters.policy.process.positions import Path
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import Source
from shanzhi.kernel.matters.policy.process.words import SAME, VERB_RULES, FieldType, Role, Verb

_FOLLOWS = frozenset({Verb.FOLLOW, Verb.REOPEN, Verb.GATHER, Verb.COLLECT, Verb.FOLD, Verb.VACATE})
"""What the system does whatever clock runs: as matters follow their lead, and where nobody is left in the unit that leads."""


def find_in_actions(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is wrong with the actions, each for itself."""
    yield from duplicates(source, "action", [action.code for action in kind.actions])
    for place, action in enumerate(kind.actions):
        path = ("action", place)
        before = list(_find_lost_references(kind, source, path, action))
        yield from before
        if not before:
            yield from _find_in_ways(kind, source, path, action)
            yield from _find_in_contract(kind, source, path, action)


def _find_lost_references(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    yield from _find_lost_stages(kind, source, path, action)
    fields = [spec.code for spec in kind.fields]
    for key, codes in (("needs", action.needs), ("may", action.may)):
        for place, code in enumerate(codes):
            if code not in fields:
                yield unknown(source, (*path, key, place), msg("没有声明“%(word)s”这项内容。"), code, fields)
    counts = [count.code for count in kind.counts]
    if action.counts and action.counts not in counts:
        yield unknown(source, (*path, "counts"), msg("没有“%(word)s”这个次数。"), action.counts, counts)


def _find_lost_stages(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    stages = [stage.code for stage in kind.stages]
    named: list[tuple[Path, str]] = [
        (("from", _place_in_file(source, path, "from", code)), code) for code in action.from_stages
    ]
    named += [(("outcomes", outcome), code) for outcome, code in action.outcomes.items()]
    for key, code in named:
        if code not in stages:
            yield unknown(source, (*path, *key), msg("没有“%(word)s”这个环节。"), code, stages)
    if action.to and action.to not in (*stages, SAME):
        yield unknown(source, (*path, "to"), msg("没有“%(word)s”这个环节。"), action.to, [*stages, SAME])


def _place_in_file(source: Source, path: Path, key: str, code: str) -> int:
    """Which item of the file's list says `code`; the kind's own list won't tell, `open` and `any` being spelled out."""
    actions = source.tables.get("action", [])
    listed = actions[path[1]].get(key, []) if actions else []
    return listed.index(code) if code in listed else 0


def _find_in_ways(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    """from, to, by, needs and may, counts."""
    if not action.from_stages:
        yield source.problem(
            (*path, "from"), msg("没有从哪个环节出发，永远用不上。"), msg("写上 from，或删去这个动作。")
        )
    if not action.by:
        yield source.problem((*path, "by"), msg("没有谁能做，永远用不上。"), msg("写上 by，或删去这个动作。"))
    if bool(action.to) == bool(action.outcomes):
        yield source.problem(path, msg("去向要写 to 或 outcomes，二者取一。"), msg("一般写 to；评价写 outcomes。"))
    for code in action.from_stages:
        if kind.stage(code).is_end and not action.stays:
            name = kind.stage(code).name
            place = _place_in_file(source, path, "from", code)
            message = msg("“%(stage)s”是终点，不能再往下走。")
            yield source.problem(
                (*path, "from", place), message, msg('从 from 里删去它，或写 to = "same"。'), stage=name
            )
    for place, code in enumerate(action.may):
        if code in action.needs:
            yield source.problem(
                (*path, "may", place), msg("“%(word)s”已在 needs 里。"), msg("从 may 里删去。"), word=code
            )
    yield from _find_in_counting(kind, source, path, action)
    yield from _find_in_result(kind, source, path, action)


def _find_in_counting(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    if action.counts_when and not action.counts:
        yield source.problem(
            (*path, "counts_when"), msg("没写 counts，counts_when 用不上。"), msg("补上 counts，或删去它。")
        )
    elif action.counts_when and action.counts_when not in action.outcomes:
        message = msg("结果里没有“%(word)s”。")
        yield unknown(source, (*path, "counts_when"), message, action.counts_when, action.outcomes)
    elif action.counts and action.outcomes:
        count = kind.count(action.counts)
        if count.limit is not None and not (action.counts_when and count.then):
            yield source.problem(
                (*path, "counts"),
                msg("答案不能因为次数到了就不收：“%(count)s”要写到上限后去哪儿。"),
                msg("在动作里写 counts_when，在次数里写 then。"),
                count=count.name,
            )


def _find_in_result(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    if action.result and not any(kind.stage(code).is_end for code in _ways(action)):
        yield source.problem((*path, "result"), msg("不到终点，谈不上结果。"), msg("删去 result，或把 to 改成终点。"))


def _ways(action: Action) -> list[str]:
    """Stage codes where the file says that it leads, `same` left out."""
    return [code for code in (action.to, *action.outcomes.values()) if code and code != SAME]


def _find_in_contract(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    """What the engine demands of the verb."""
    rule = VERB_RULES[action.verb]
    if rule.stays is True and action.to and not action.stays:
        message = msg("%(verb)s 不改变环节。")
        yield source.problem((*path, "to"), message, msg('写 to = "same"。'), verb=action.verb)
    if rule.stays is False and action.stays:
        message = msg("%(verb)s 要去往一个环节，不能原地不动。")
        yield source.problem((*path, "to"), message, msg("把 to 改成环节代码。"), verb=action.verb)
    if set(action.outcomes) != rule.outcomes:
        yield _wrong_outcomes(source, path, action)
    if rule.only and set(action.by) != {rule.only}:
        message = msg("%(verb)s 只能由 %(role)s 来做。")
        yield source.problem((*path, "by"), message, msg('写 by = ["%(role)s"]。'), verb=action.verb, role=rule.only)
    if rule.takes and not any(kind.field(code).type in rule.takes for code in action.needs):
        types = "、".join(sorted(rule.takes))
        message = msg("%(verb)s 必须填一项 %(types)s 类型的内容，needs 里没有。")
        yield source.problem((*path, "needs"), message, msg("补进 needs。"), verb=action.verb, types=types)
    if rule.result and any(kind.stage(code).result is not rule.result for code in _ways(action)):
        message = msg('%(verb)s 要去往 end = "%(result)s" 的终点。')
        yield source.problem(
            (*path, "to"), message, msg("改 to，或给那个终点改 end。"), verb=action.verb, result=rule.result
        )
    yield from _find_in_split(kind, source, path, action)
    if action.verb is Verb.CORRECT and not action.fields:
        yield source.problem(path, msg("更正什么也没写。"), msg("在 may 里写上能更正的内容。"))


def _find_in_split(kind: Kind, source: Source, path: Path, action: Action) -> Iterator[Problem]:
    """A whole has a lead who joins the answers, and whatever begins with its parts comes to its end."""
    if action.verb is not Verb.SPLIT:
        return
    if not any(kind.field(code).type is FieldType.UNIT for code in action.needs):
        message = msg("拆分以后没有汇总答复的主办单位。")
        yield source.problem((*path, "needs"), message, msg("needs 里写一项 unit 类型的内容。"))
    for verb in (Verb.REJOIN, Verb.COLLECT, Verb.FOLD):
        if not kind.verb(verb):
            message = msg("能拆分，却没有 %(verb)s 的动作，拆了收不回来。")
            yield source.problem(path, message, msg("补上这个动作。"), verb=verb)


def _wrong_outcomes(source: Source, path: Path, action: Action) -> Problem:
    wanted = sorted(VERB_RULES[action.verb].outcomes)
    if wanted:
        mend = msg("写 outcomes，结果正好是 %(wanted)s。")
        return source.problem((*path, "outcomes"), msg("评价的结果不齐。"), mend, wanted="、".join(wanted))
    message = msg("%(verb)s 没有几种结果之分。")
    return source.problem((*path, "outcomes"), message, msg("删去 outcomes，写 to。"), verb=action.verb)


def find_unused(kind: Kind, source: Source) -> Iterator[Problem]:
    """Fields and counts that no action uses, actions that only the system could do and never does, twin buttons."""
    used = {code for action in kind.actions for code in action.fields}
    used |= {code for paper in kind.papers for code in paper.fill}
    for place, spec in enumerate(kind.fields):
        if spec.code not in used:
            yield source.problem(
                ("field", place), msg("没有哪个动作用到这项内容。"), msg("删去，或写进动作的 needs、may。")
            )
    counted = {action.counts for action in kind.actions}
    for place, count in enumerate(kind.counts):
        if count.code not in counted:
            yield source.problem(("count", place), msg("没有哪个动作计这个次数。"), msg("删去，或写进动作的 counts。"))
    overdue = {stage.on_overdue for stage in kind.stages}
    for place, action in enumerate(kind.actions):
        if set(action.by) == {Role.SYSTEM} and action.code not in overdue and action.verb not in _FOLLOWS:
            message = msg("只有系统能做，却没有哪个环节到期时做它。")
            yield source.problem(("action", place), message, msg("写进环节的 on_overdue，或删去这个动作。"))
        twin = next((other for other in kind.actions[:place] if _are_twins(action, other)), None)
        if twin:
            message = msg("和动作“%(twin)s”同名，在同一环节给同一角色，按钮分不清。")
            yield source.problem(("action", place, "name"), message, msg("换一个名字。"), twin=twin.code)


def _are_twins(one: Action, other: Action) -> bool:
    return (
        one.name == other.name
        and not set(one.from_stages).isdisjoint(other.from_stages)
        and not set(one.by).isdisjoint(other.by)
    )
