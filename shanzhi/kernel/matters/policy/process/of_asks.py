"""Who may ask what now, and who may answer it: more time, a pause, a ruling, a transfer, urging and supervision."""

from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.case import (
    CROSSES_FROM_COUNTY,
    AskState,
    Case,
    ClockRunOut,
    LimitReached,
    NotForThisLevel,
    RoleForbids,
    SamePerson,
    StageForbids,
)
from shanzhi.kernel.matters.policy.process.model import Action, AskSpec, Kind
from shanzhi.kernel.matters.policy.process.words import ROLE_NAMES, AskType, Verb

_ANSWERS = frozenset({Verb.GRANT, Verb.DECLINE, Verb.RULE, Verb.RECEIVE, Verb.RESPOND})


def lasting(kind: Kind, stage: str) -> frozenset[str]:
    """Codes of what may stay open in a stage, since it can be answered there; everything else falls away as the matter comes
    to it. A supervision, and the report to it, are left to whoever supervises, wherever the matter goes."""
    answered = {action.ask for action in kind.actions if action.verb in _ANSWERS and stage in action.from_stages}
    left = {ask.code for ask in kind.asks if ask.type in (AskType.SUPERVISE, AskType.REPORT)}
    return frozenset(answered | left)


def can_report(case: Case, ask: AskSpec) -> bool:
    """Is there somebody who leads the matter and may report to a supervision in this stage?"""
    reports = [each.code for each in case.kind.asks if each.about == ask.code]
    return case.is_led and any(each.ask in reports for each in case.kind.verb_at(Verb.REPORT_BACK, case.stage))


def check_ask(case: Case, action: Action) -> None:
    """Refuse to ask, answer, urge or supervise what can't be now, or not by this person.

    Raises:
        StageForbids, RoleForbids, SamePerson, LimitReached, ClockRunOut.
    """
    is_paused = any(clock.is_paused for clock in case.clocks)
    if action.verb is Verb.RESUME and not is_paused:
        raise StageForbids(msg("现在没有暂停计时，不用恢复。请刷新后再看。"))
    if not action.ask:
        return
    ask = case.kind.ask(action.ask)
    state = case.ask(ask.code)
    if action.verb is Verb.ASK:
        _check_may_ask(case, ask, state, is_paused=is_paused)
    elif action.verb in _SUPERVISING:
        _check_supervision(case, action, ask, state)
    else:
        _check_may_answer(case, action, ask, state)


def _check_may_answer(case: Case, action: Action, ask: AskSpec, state: AskState) -> None:
    if not state.is_open:
        raise StageForbids(msg("没有待答复的“%(ask)s”。请刷新后再看。"), ask=(ask.name,))
    if not state.is_to_us:
        raise RoleForbids(msg("“%(action)s”由收到申请的单位来做。"), action=(action.name,))
    if state.is_mine:
        raise SamePerson(msg("“%(ask)s”是您自己提出的，要由别人来答复。"), ask=(ask.name,))
    if action.verb is Verb.DECLINE and ask.type is AskType.CROSS and case.is_settled:
        raise LimitReached(msg("同类、同地的事项已经裁定由本区县办理，裁定是终局的。请接收。"))


_SUPERVISING = frozenset({Verb.URGE, Verb.SUPERVISE, Verb.REPORT_BACK, Verb.CLEAR, Verb.INSIST})


def _check_supervision(case: Case, action: Action, ask: AskSpec, state: AskState) -> None:
    """Urging and supervision: put to the lead, who is somebody else; the report before its end; the end by who began it."""
    if action.verb in (Verb.URGE, Verb.SUPERVISE):
        _check_may_push(case, ask, state)
    elif action.verb is Verb.REPORT_BACK:
        over = case.ask(ask.about)
        if not over.is_open:
            raise StageForbids(msg("这件事项没有在督办。请刷新后再看。"))
        if state.is_open:
            raise StageForbids(msg("“%(ask)s”已经提出，还没有答复。请等答复后再提。"), ask=(ask.name,))
        if over.is_mine:
            raise SamePerson(msg("“%(ask)s”是您自己提出的，要由别人来答复。"), ask=(case.kind.ask(ask.about).name,))
    else:
        _check_may_end(case, action, ask, state)


def _check_may_end(case: Case, action: Action, ask: AskSpec, state: AskState) -> None:
    """A supervision is ended by the unit that began it, and by nobody who reported in it."""
    report = next(each for each in case.kind.asks if each.about == ask.code)
    if not state.is_open:
        raise StageForbids(msg("这件事项没有在督办。请刷新后再看。"))
    if not state.is_ours:
        raise RoleForbids(msg("“%(action)s”由提出督办的单位来做。"), action=(action.name,))
    # Who supervises can always end it: where nobody is there to report, it is over without a report.
    if not case.ask(report.code).is_open and (can_report(case, ask) or action.verb is Verb.INSIST):
        raise StageForbids(msg("主办单位还没有报告。请等报告后再%(action)s，或先催办。"), action=(action.name,))
    if case.ask(report.code).is_open and case.ask(report.code).is_mine:
        raise SamePerson(msg("“%(ask)s”是您自己提出的，要由别人来答复。"), ask=(report.name,))


def _check_may_push(case: Case, ask: AskSpec, state: AskState) -> None:
    if ask.type is AskType.URGE_CO:
        return
    if case.is_lead:
        raise SamePerson(msg("本单位正在主办这件事项，不用“%(ask)s”。请抓紧办理。"), ask=(ask.name,))
    if state.is_open:
        raise StageForbids(msg("“%(ask)s”已经转给主办单位，还没有回应。请等回应后再提。"), ask=(ask.name,))
    if ask.daily and state.is_today:
        raise StageForbids(msg("“%(ask)s”每个工作日可以提一次，今天已经提过。请下一个工作日再提。"), ask=(ask.name,))


def _check_may_ask(case: Case, ask: AskSpec, state: AskState, *, is_paused: bool) -> None:
    name = (ask.name,)
    if state.is_open:
        raise StageForbids(msg("“%(ask)s”已经提出，还没有答复。请等答复后再提。"), ask=name)
    if ask.type is AskType.RULING:
        _check_may_be_ruled(case, ask, state)
        return
    if ask.type is AskType.CROSS:
        _check_may_cross(case, ask)
        return
    if ask.times is not None and state.granted >= ask.times:
        raise LimitReached(msg("“%(ask)s”最多批准%(times)s次，不能再提。请抓紧办理。"), ask=name, times=ask.times)
    if is_paused:
        raise StageForbids(msg("现在暂停计时，不用提“%(ask)s”。请恢复计时后再提。"), ask=name)
    wanted = [clock for clock in case.clocks if clock.code == ask.clock or not ask.clock]
    if not wanted:
        raise StageForbids(msg("“%(ask)s”要改的时限现在没有计时。请刷新后再看。"), ask=name)
    if any(clock.is_overdue for clock in wanted):
        raise ClockRunOut(
            msg("时限已过，不能再提“%(ask)s”：要在到期以前提出。请抓紧办理，并在留言里说明原因。"), ask=name
        )


def _check_may_be_ruled(case: Case, ask: AskSpec, state: AskState) -> None:
    if state.granted + state.declined:
        raise LimitReached(msg("已经裁定过，裁定是终局的。请按裁定办理。"))
    count = case.kind.count(ask.after)
    if not count.is_full(case.counts.get(count.code, 0)):
        said = msg("“%(ask)s”要在%(count)s满%(limit)s次以后提出。不归本单位办理的，请先退单。")
        if any(case.kind.refusals(each) == count for each in case.kind.asks if each.type is AskType.CROSS):
            said = msg("“%(ask)s”要在%(count)s满%(limit)s次以后提出。不归本区县的，请先申请移交。")
        raise StageForbids(
            said,
            ask=(ask.name,),
            count=(count.name,),
            limit=count.limit,
        )


def _check_may_cross(case: Case, ask: AskSpec) -> None:
    """Refused often enough, it is for the level above to rule; what was ruled is final."""
    if not case.is_from_county:
        raise NotForThisLevel(CROSSES_FROM_COUNTY)
    count = case.kind.refusals(ask)
    rulings = [
        each.code for each in case.kind.asks if each.type is AskType.RULING and count and each.after == count.code
    ]
    if any(state.granted + state.declined for state in case.asks if state.code in rulings):
        raise LimitReached(msg("这件事项归哪里办理已经裁定过，裁定是终局的。请按裁定办理。"))
    if count is not None and count.is_full(case.counts.get(count.code, 0)):
        raise LimitReached(count.after, limit=count.limit, who=(ROLE_NAMES[count.decides],))
