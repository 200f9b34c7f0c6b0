"""Soundness of clocks and of what may be asked: what they name is there, none can be left without an answer or an end."""

from collections.abc import Iterator, Mapping

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.limits import maybe_duration, minutes
from shanzhi.kernel.matters.policy.process.model import AskSpec, ClockSpec, Kind
from shanzhi.kernel.matters.policy.process.of_stages import duplicates, unknown
from shanzhi.kernel.matters.policy.process.positions import Path
from shanzhi.kernel.matters.policy.process.problem import Problem
from shanzhi.kernel.matters.policy.process.source import Source
from shanzhi.kernel.matters.policy.process.words import OWNER_ROLES, VERB_RULES, AskTo, AskType, FieldType, Owner, Verb

_PLAIN = (Verb.ASK, Verb.GRANT, Verb.DECLINE)
ASK_VERBS: Mapping[AskType, tuple[Verb, ...]] = {
    AskType.EXTEND: _PLAIN,
    AskType.PAUSE: _PLAIN,
    AskType.RULING: (Verb.ASK, Verb.RULE, Verb.DECLINE),
    AskType.URGE: (Verb.URGE, Verb.RESPOND),
    AskType.SUPERVISE: (Verb.SUPERVISE, Verb.CLEAR, Verb.INSIST),
    AskType.REPORT: (Verb.REPORT_BACK,),
    AskType.URGE_CO: (Verb.URGE, Verb.RESPOND),
    AskType.CROSS: (Verb.ASK, Verb.RECEIVE, Verb.DECLINE),
}
"""How each type is put and brought to its end."""
_QUESTIONS = {
    AskType.EXTEND: FieldType.LIMIT,
    AskType.PAUSE: FieldType.DAY,
    AskType.RULING: FieldType.TEXT,
    AskType.CROSS: FieldType.REGION,
}


_PUT_TO = {
    AskType.URGE: AskTo.LEAD,
    AskType.SUPERVISE: AskTo.LEAD,
    AskType.REPORT: AskTo.OVERSEER,
    AskType.URGE_CO: AskTo.CO,
    AskType.CROSS: AskTo.RECEIVER,
}
"""To whom a type is put, where it follows from what it is."""


def find_in_clocks(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is wrong with the clocks, and with stages that trust in one."""
    yield from duplicates(source, "clock", [clock.code for clock in kind.clocks])
    open_codes = [stage.code for stage in kind.open_stages]
    actions = [action.code for action in kind.actions]
    for place, clock in enumerate(kind.clocks):
        path = ("clock", place)
        for at, code in enumerate(clock.stages):
            if code not in open_codes:
                yield unknown(source, (*path, "in", at), msg("没有“%(word)s”这个未结环节。"), code, open_codes)
            elif kind.stage(code).on_overdue:
                yield source.problem(
                    (*path, "in", at),
                    msg("“%(stage)s”到期由系统处理，别的时钟不能在这里计时。"),
                    msg("从 in 里删去它。"),
                    stage=kind.stage(code).name,
                )
        for key, codes in (("starts_by", clock.starts_by), ("done_by", clock.done_by)):
            for at, code in enumerate(codes):
                if code not in actions:
                    yield unknown(source, (*path, key, at), msg("没有“%(word)s”这个动作。"), code, actions)
        yield from _find_in_limit(source, path, clock)
        yield from _find_in_day(kind, source, path, clock)
    yield from _find_in_assist(kind, source)
    yield from _find_ruled_stages(kind, source)


def _find_in_assist(kind: Kind, source: Source) -> Iterator[Problem]:
    """A co-handler's clock is one, begins with its share and ends with it; and whoever waits for it can stop waiting."""
    found = [(place, clock) for place, clock in enumerate(kind.clocks) if clock.owner is Owner.CO]
    for place, clock in found:
        path = ("clock", place)
        if clock.code != found[0][1].code:
            yield source.problem(path, msg("协办时限只能有一个。"), msg("删去一个。"))
        if clock.starts_by or clock.done_by or clock.once or clock.by_catalogue or clock.by_field:
            message = msg("协办时限从请协办起算，到协办单位给出结果为止。")
            yield source.problem(path, message, msg("只留 code、name、limit、warn、in、calendar、law。"))
        if not kind.verb(Verb.ASSIST_DONE) or not kind.verb(Verb.EXCUSE):
            message = msg("有协办时限，协办单位却给不出结果，或主办单位没法不再等。")
            yield source.problem(path, message, msg('补上 verb = "assist_done" 和 verb = "excuse" 的动作。'))


def _find_in_limit(source: Source, path: Path, clock: ClockSpec) -> Iterator[Problem]:
    if clock.owner is Owner.NONE:
        yield source.problem((*path, "owner"), msg("时钟要有责任人。"), msg("写上 owner：intake、lead 或 checker。"))
    warn, limit = clock.warn, clock.limit
    if warn is not None and warn.is_working is limit.is_working and minutes(warn) >= minutes(limit):
        message = msg("提醒提前 %(warn)s，时限只有 %(limit)s，一开始就亮黄灯。")
        yield source.problem((*path, "warn"), message, msg("把 warn 改短。"), warn=warn, limit=limit)


def _find_in_day(kind: Kind, source: Source, path: Path, clock: ClockSpec) -> Iterator[Problem]:
    """A day that somebody fills in must be a day, and the clock must run by then: its stages are where it is filled in."""
    if not clock.by_field:
        return
    days = [spec.code for spec in kind.fields if spec.type is FieldType.DAY]
    if clock.by_field not in days:
        yield unknown(source, (*path, "by_field"), msg("没有“%(word)s”这项 day 类型的内容。"), clock.by_field, days)
        return
    if clock.by_catalogue:
        message = msg("时限不能既按派单目录又按填写的日期。")
        yield source.problem((*path, "by_field"), message, msg("by_catalogue 和 by_field 只留一个。"))
    setting = [
        action for action in kind.actions if clock.by_field in action.fields and not VERB_RULES[action.verb].asks
    ]
    if not any(set(action.from_stages) <= set(clock.stages) and action.to in clock.stages for action in setting):
        message = msg("填日期的动作不在“%(clock)s”计时的环节之间，日期不起作用。")
        mend = msg("让这个动作从 in 里的环节出发，也到 in 里的环节。")
        yield source.problem((*path, "by_field"), message, mend, clock=clock.name)


def _find_ruled_stages(kind: Kind, source: Source) -> Iterator[Problem]:
    """A stage without a limit of its own trusts in a clock, which then has to run there whatever happened before."""
    codes = [clock.code for clock in kind.clocks]
    for place, stage in enumerate(kind.stages):
        path = ("stage", place, "clock")
        if not stage.clock:
            continue
        if stage.clock not in codes:
            yield unknown(source, path, msg("没有“%(word)s”这个时钟。"), stage.clock, codes)
            continue
        clock = kind.clock(stage.clock)
        if clock.owner is Owner.CO:
            message = msg("协办时限是协办单位自己的，管不了环节。")
            yield source.problem(path, message, msg("换一个时钟，或给环节写 limit。"))
        if stage.limit is not None or stage.is_end:
            message = msg("环节的时限写了两处，或者是终点。")
            yield source.problem(path, message, msg("limit 和 clock 只留一个；终点都不写。"))
        if stage.code not in clock.stages or clock.starts_by or clock.done_by or clock.once:
            yield source.problem(
                path,
                msg("“%(clock)s”不是总在“%(stage)s”里计时，这个环节会没有时限。"),
                msg("把环节写进它的 in，去掉它的 starts_by、done_by、once；或给环节写 limit。"),
                clock=clock.name,
                stage=stage.name,
            )


def find_in_asks(kind: Kind, source: Source) -> Iterator[Problem]:
    """What is wrong with what may be asked: each has its clock, its question and both its answers."""
    yield from duplicates(source, "ask", [ask.code for ask in kind.asks])
    codes = [ask.code for ask in kind.asks]
    for place, action in enumerate(kind.actions):
        path = ("action", place, "ask")
        if VERB_RULES[action.verb].asks and action.ask not in codes:
            yield unknown(source, path, msg("没有“%(word)s”这项申请。"), action.ask or "?", codes)
        elif action.ask and not VERB_RULES[action.verb].asks:
            yield source.problem(path, msg("这个动作和申请无关。"), msg("删去 ask。"))
        elif action.ask and action.verb not in ASK_VERBS[kind.ask(action.ask).type]:
            message = msg("“%(ask)s”不用 %(verb)s 来办。")
            yield source.problem(
                path, message, msg("改 verb，或改 ask。"), ask=kind.ask(action.ask).name, verb=action.verb
            )
    for place, ask in enumerate(kind.asks):
        yield from _find_in_ask(kind, source, ("ask", place), ask)
        for verb in ASK_VERBS[ask.type]:
            if not any(action.verb is verb and action.ask == ask.code for action in kind.actions):
                message = msg("“%(ask)s”没有 %(verb)s 的动作，提不出来或没人能答复。")
                yield source.problem(("ask", place), message, msg("补上这个动作。"), ask=ask.name, verb=verb)
        yield from _find_unanswered(kind, source, ("ask", place), ask)


def _find_unanswered(kind: Kind, source: Source, path: Path, ask: AskSpec) -> Iterator[Problem]:
    """What the asking unit's own head decides needs an answer that somebody of a handling unit may give."""
    if ask.to is not AskTo.UNIT:
        return
    for action in kind.actions:
        if action.ask == ask.code and action.verb is not Verb.ASK and not OWNER_ROLES[Owner.LEAD] & set(action.by):
            message = msg("“%(ask)s”由本单位负责人答复，可“%(action)s”没有给承办单位的岗位。")
            mend = msg("在这个动作的 by 里写上 handler。")
            yield source.problem((*path, "to"), message, mend, ask=ask.name, action=action.name)


def _find_in_ask(kind: Kind, source: Source, path: Path, ask: AskSpec) -> Iterator[Problem]:
    clocks = [clock.code for clock in kind.clocks if clock.owner is not Owner.CO]
    if ask.type is AskType.EXTEND and ask.clock not in clocks:
        yield unknown(source, (*path, "clock"), msg("没有“%(word)s”这个时钟。"), ask.clock or "?", clocks)
    counts = [count.code for count in kind.counts if count.limit is not None]
    if ask.type is AskType.RULING and ask.after not in counts:
        yield unknown(source, (*path, "after"), msg("没有“%(word)s”这个有上限的次数。"), ask.after or "?", counts)
    if ask.type is AskType.PAUSE:
        if ask.clock:
            yield source.problem((*path, "clock"), msg("暂停时所有时钟都停。"), msg("删去 clock。"))
        if ask.most is None:
            yield source.problem(path, msg("暂停没有最长时间，事项会停住不动。"), msg("写上 most。"))
        if not kind.verb(Verb.RESUME):
            yield source.problem(path, msg("停了的时钟没有恢复的动作。"), msg('补一个 verb = "resume" 的动作。'))
    yield from _find_in_crossing(kind, source, path, ask)
    yield from _find_in_supervision(kind, source, path, ask)
    yield from _find_in_question(kind, source, ask)


def _find_in_crossing(kind: Kind, source: Source, path: Path, ask: AskSpec) -> Iterator[Problem]:
    """Refused as often as its count allows, a transfer to another county is ruled on; else it could go to and fro for ever."""
    if ask.type is not AskType.CROSS:
        return
    ruled = {each.after for each in kind.asks if each.type is AskType.RULING}
    count = kind.refusals(ask)
    if count is None or count.limit is None or count.code not in ruled:
        message = msg("“%(ask)s”被拒收以后没有裁定，事项会在两地之间来回。")
        mend = msg('拒收的动作写 counts，次数写 limit，再补一项 type = "ruling"，after 写这个次数。')
        yield source.problem(path, message, mend, ask=ask.name)


def find_wrong_answers(kind: Kind, source: Source) -> Iterator[Problem]:
    """A supervision ends with two answers: is the claim solved, was the unit negligent (一案双查)."""
    for place, action in enumerate(kind.actions):
        asked = [code for code in action.needs if kind.field(code).type is FieldType.BOOL]
        if action.verb is Verb.CLEAR and len(asked) != 2:
            message = msg("督办销号要回答两个问题：解决了没有，有没有失职。")
            yield source.problem(("action", place, "needs"), message, msg("needs 里写两项 bool 类型的内容。"))
        if action.verb is Verb.CLEAR and {stage.code for stage in kind.stages} - set(action.from_stages):
            message = msg("督办跟着事项走到哪里，就要能在哪里销号，办结以后也一样。")
            yield source.problem(("action", place, "from"), message, msg('写 from = ["any"]。'))


def _find_in_supervision(kind: Kind, source: Source, path: Path, ask: AskSpec) -> Iterator[Problem]:
    """Whom it is put to follows from what it is; a supervision has its report, and a report its supervision."""
    to = _PUT_TO.get(ask.type)
    if (to or ask.to) is not ask.to or (to is None and ask.to in _PUT_TO.values()):
        message = msg("“%(ask)s”不能由 %(to)s 来答复。")
        mend = msg(
            "催办、督办写 lead，催办协办写 co，督办报告写 overseer，跨区县移交写 receiver，别的写 above 或 intake。"
        )
        yield source.problem((*path, "to"), message, mend, ask=ask.name, to=ask.to)
    supervised = [each.code for each in kind.asks if each.type is AskType.SUPERVISE]
    if ask.type is AskType.REPORT and ask.about not in supervised:
        yield unknown(source, (*path, "about"), msg("没有“%(word)s”这项督办。"), ask.about or "?", supervised)
    reported = [each.about for each in kind.asks if each.type is AskType.REPORT]
    if ask.type is AskType.SUPERVISE and reported.count(ask.code) != 1:
        yield source.problem(path, msg("督办要有一项督办报告。"), msg('补一项 type = "report"，about 写它的代码。'))


def _find_in_question(kind: Kind, source: Source, ask: AskSpec) -> Iterator[Problem]:
    if ask.type not in _QUESTIONS:
        return
    wanted = _QUESTIONS[ask.type]
    for place, action in enumerate(kind.actions):
        if action.verb is not Verb.ASK or action.ask != ask.code:
            continue
        if not any(spec.code in action.needs and spec.type is wanted for spec in kind.fields):
            message = msg("这项申请要填 %(type)s 类型的内容。")
            yield source.problem(("action", place, "needs"), message, msg("补进 needs。"), type=wanted)
        lapsing = [kind.stage(code).name for code in action.from_stages if kind.stage(code).on_overdue]
        if ask.type is AskType.PAUSE and lapsing:
            message = msg("“%(stage)s”到期由系统处理，不能暂停。")
            yield source.problem(("action", place, "from"), message, msg("从 from 里删去它。"), stage=lapsing[0])


def find_wrong_limits(kind: Kind, source: Source) -> Iterator[Problem]:
    """Choices of a limit field that aren't durations."""
    for place, spec in enumerate(kind.fields):
        for at, choice in enumerate(spec.choices if spec.type is FieldType.LIMIT else ()):
            if maybe_duration(choice) is None:
                message = msg("“%(word)s”不是时长。")
                yield source.problem(("field", place, "choices", at), message, msg("写成 5wd 这样。"), word=choice)
