"""Who may do what now: the one judgement behind every button and every operation.

`check_action` raises a sentence, `allowed_actions` gives the same judgement as a list; they can't disagree, since both
ask `_check`. Order of the questions: the role, the stage, the unit's part, the separation of duties, the limit, the
fields; so somebody who pressed a button too late hears that the matter has moved on, not that they have no right.
"""

import hmac
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from shanzhi.core.errors import Conflict, NotAllowed, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.filled import check_fields
from shanzhi.kernel.matters.policy.process.model import Action, AskSpec, Kind
from shanzhi.kernel.matters.policy.process.words import (
    DECIDED,
    DRAWN,
    PASSED,
    ROLE_NAMES,
    SOLVED,
    UNDECIDED,
    UNSOLVED,
    VERB_RULES,
    AskType,
    FieldType,
    Owner,
    Part,
    Role,
    Verb,
)

StaffId = TypeVar("StaffId", bound=object)

HANDLING_ROLES = frozenset({Role.HANDLER, Role.GRID_CHIEF, Role.GRID_WORKER})
"""Roles that act for a unit which has a part in the matter."""

INTAKE_ROLES = frozenset({Role.DISPATCHER, Role.OPERATOR, Role.CHECKER})
"""Roles that act for the centre which took the matter in."""


class ActionUnknown(NotFound):
    """The kind has no such action."""

    code = "action-unknown"


class StageForbids(Conflict):
    """The matter has moved on, or this can't be done in its stage."""

    code = "stage-forbids"


class RoleForbids(NotAllowed):
    """Somebody else's to do."""

    code = "role-forbids"


class SamePerson(NotAllowed):
    """Who did the one may not do the other in the same matter (不相容岗位分离)."""

    code = "same-person"


class LimitReached(Conflict):
    """It has been done as often as the kind allows; somebody arbitrates now."""

    code = "limit-reached"


class ClockRunOut(Conflict):
    """More time was asked for after the time was over."""

    code = "clock-run-out"


@dataclass(frozen=True, slots=True)
class AskState:
    """How what may be asked under `code` stands on a matter: open or not, how often it was granted and declined.

    Of an open one: was it this person (or their unit) who asked, and is it this unit's to decide?
    """

    code: str
    is_open: bool = False
    is_mine: bool = False
    is_to_us: bool = False
    granted: int = 0
    declined: int = 0
    is_ours: bool = False
    """Was it this unit that asked?"""
    is_today: bool = False
    """Was it asked on this working day already?"""


@dataclass(frozen=True, slots=True)
class ClockState:
    """How a running clock stands; `code` is empty for the stage's own."""

    code: str
    is_overdue: bool
    is_paused: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    """A person before a matter."""

    kind: Kind
    stage: str
    roles: frozenset[str]
    is_lead: bool
    is_co: bool
    is_reporter: bool
    is_intake: bool
    did: frozenset[Role]
    """Out of handler and checker: what this person did in the matter before."""
    counts: Mapping[str, int]
    asks: tuple[AskState, ...] = ()
    clocks: tuple[ClockState, ...] = ()
    is_colleague: bool = False
    """Did the acting unit handle it?"""
    has_helpers: bool = True
    """Is a co-handler's result awaited?"""


def check_action(
    kind: Kind,
    action_code: str,
    *,
    stage: str,
    roles: Collection[str],
    is_lead: bool,
    is_co: bool,
    is_reporter: bool,
    handled_by: Collection[StaffId],
    actor_staff: StaffId | None,
    counts: Mapping[str, int],
    given_fields: Mapping[str, object],
    checked_by: Collection[StaffId] = (),
    is_intake: bool = True,
    asks: Collection[AskState] = (),
    clocks: Collection[ClockState] = (),
    is_colleague: bool = False,
    has_helpers: bool = True,
) -> Action:
    """The action, if this person may do it to this matter now with these fields.

    `roles` of the acting post (`system` for the system); whether the acting unit is the lead, a co-handler, the
    centre that took it in; whether the person is the reporter. `handled_by`, `checked_by` and `actor_staff` are ids of
    the same sort (None: not staff). `counts` by count code. `given_fields` by field code; a blank one isn't given.
    `asks` what was asked, `clocks` what runs. `is_colleague`: the acting unit handled it.
    `has_helpers`: the result of a co-handler is awaited.

    Raises:
        ActionUnknown, RoleForbids, StageForbids, SamePerson, LimitReached, FieldsMissing, FieldsWrong.
    """
    if not kind.has_action(action_code):
        raise ActionUnknown(
            msg("“%(kind)s”没有“%(action)s”这个动作。请刷新后再看。"), kind=(kind.name,), action=action_code
        )
    action = kind.action(action_code)
    did = _did(actor_staff, handled_by, checked_by)
    case = _Case(
        kind,
        stage,
        frozenset(roles),
        is_lead,
        is_co,
        is_reporter,
        is_intake,
        did,
        counts,
        tuple(asks),
        tuple(clocks),
        is_colleague,
        has_helpers,
    )
    _check(case, action)
    check_fields(kind, action, given_fields)
    return action


def allowed_actions(
    kind: Kind,
    *,
    stage: str,
    roles: Collection[str],
    is_lead: bool,
    is_co: bool,
    is_reporter: bool,
    handled_by: Collection[StaffId],
    actor_staff: StaffId | None,
    counts: Mapping[str, int],
    checked_by: Collection[StaffId] = (),
    is_intake: bool = True,
    asks: Collection[AskState] = (),
    clocks: Collection[ClockState] = (),
    is_colleague: bool = False,
    has_helpers: bool = True,
) -> list[Action]:
    """The actions for which `check_action` would only ask for the fields, in the file's order: the buttons."""
    did = _did(actor_staff, handled_by, checked_by)
    case = _Case(
        kind,
        stage,
        frozenset(roles),
        is_lead,
        is_co,
        is_reporter,
        is_intake,
        did,
        counts,
        tuple(asks),
        tuple(clocks),
        is_colleague,
        has_helpers,
    )
    return [action for action in kind.actions if _may(case, action)]


def _may(case: _Case, action: Action) -> bool:
    try:
        _check(case, action)
    except (Conflict, NotAllowed):
        return False
    return True


def _did(staff: StaffId | None, handled_by: Collection[StaffId], checked_by: Collection[StaffId]) -> frozenset[Role]:
    if staff is None:
        return frozenset()
    done = ((Role.HANDLER, handled_by), (Role.CHECKER, checked_by))
    return frozenset(role for role, people in done if staff in people)


def _check(case: _Case, action: Action) -> None:
    roles = _roles_in(case, action)
    if not roles:
        who = tuple(ROLE_NAMES[role] for role in action.by)
        raise RoleForbids(msg("您现在的岗位不能%(action)s。这一步由%(who)s来做。"), action=(action.name,), who=who)
    if case.stage not in action.from_stages:
        raise StageForbids(
            msg("事项已在“%(stage)s”，不能%(action)s。请刷新后再看。"),
            stage=(case.kind.stage(case.stage).name,),
            action=(action.name,),
        )
    if not any(_has_part(case, action, role) for role in roles):
        raise RoleForbids(_PART_SENTENCES[_part_asked(case.kind, action, roles)], action=(action.name,))
    _check_finder(case, action, roles)
    _check_separation(case, action)
    _check_limit(case, action)
    _check_helped(case, action)
    _check_ask(case, action)
    _check_appeal(case, action)


def _roles_in(case: _Case, action: Action) -> frozenset[Role]:
    """In which of the action's roles this person could act; being the reporter is a fact, never a post's role."""
    posts = frozenset(role for role in action.by if role is not Role.REPORTER and role in case.roles)
    return posts | {Role.REPORTER} if case.is_reporter and Role.REPORTER in action.by else posts


def _has_part(case: _Case, action: Action, role: Role) -> bool:
    rule = VERB_RULES[action.verb]
    part = _part_of(case.kind, action)
    if part is Part.PLACE:
        return case.is_intake
    if _pushes_helper(case.kind, action):
        return case.is_co if part is Part.CO else case.is_lead
    if action.verb in _ANSWERS:
        # Whom it was put to decides, wherever they stand: `_check_ask`.
        return True
    if rule.held:
        # A centre in whose intake the matter is holds it too, and may escalate it.
        is_ours = case.is_intake and role not in HANDLING_ROLES and action.verb is Verb.ESCALATE
        return case.is_lead or (is_ours and case.kind.stage(case.stage).owner is Owner.INTAKE)
    if role in HANDLING_ROLES:
        return (case.is_lead and part is not Part.CO) or (case.is_co and part is not Part.LEAD)
    return case.is_intake or role not in INTAKE_ROLES


def _pushes_helper(kind: Kind, action: Action) -> bool:
    """Does it urge a co-handler, or answer that?"""
    return bool(action.ask) and kind.ask(action.ask).type is AskType.URGE_CO


def _part_of(kind: Kind, action: Action) -> Part:
    """The part that a verb asks for: who urges co-handlers leads, and who answers it is one of them."""
    if not _pushes_helper(kind, action):
        return VERB_RULES[action.verb].part
    return Part.LEAD if action.verb is Verb.URGE else Part.CO


def _part_asked(kind: Kind, action: Action, roles: frozenset[Role]) -> Part | None:
    """Which part was missing; None: the centre's that took it in."""
    rule, part = VERB_RULES[action.verb], _part_of(kind, action)
    return part if roles & HANDLING_ROLES or rule.held or part is Part.PLACE else None


_ANSWERS = frozenset({Verb.GRANT, Verb.DECLINE, Verb.RULE, Verb.RECEIVE})

_PART_SENTENCES: Mapping[Part | None, str] = {
    Part.LEAD: msg("“%(action)s”由主办单位来做，您单位现在不是主办单位。请刷新后再看。"),
    Part.CO: msg("“%(action)s”由协办单位来做，您单位现在不是协办单位。请刷新后再看。"),
    Part.EITHER: msg("您单位没有参与办理，不能%(action)s。请刷新后再看。"),
    Part.PLACE: msg("这件事不在您的网格或辖区里，不能%(action)s。请交给那里的网格员。"),
    None: msg("“%(action)s”由受理这件事项的中心来做。"),
}


def _check_finder(case: _Case, action: Action, roles: frozenset[Role]) -> None:
    """自办自结: of the grid's workers only the one who took it up says that it is done; its chief may, too."""
    if action.verb is Verb.CONCLUDE and roles == {Role.GRID_WORKER} and Role.HANDLER not in case.did:
        raise RoleForbids(msg("“%(action)s”由先接办的网格员或网格长来做。"), action=(action.name,))


def _check_separation(case: _Case, action: Action) -> None:
    rule = case.kind.separation
    if action.verb in (Verb.CHECK_PASS, Verb.CHECK_FAIL) and case.did & rule.checker_not:
        raise SamePerson(msg("您办理过这件事项，不能自己核查。请由其他核查员核查。"))
    if action.verb is Verb.REVIEW and Role.HANDLER in case.did:
        raise SamePerson(msg("您办理过这件事项，不能再来复查、复核。请由别人来做。"))
    if action.verb in (Verb.CHECK_PASS, Verb.CHECK_FAIL) and rule.other_unit and case.is_colleague:
        raise SamePerson(msg("这件事项由您所在单位办理，要由别的单位的核查员核查。本中心办理的，由另一级中心核查。"))
    if action.verb is Verb.RATE and case.did & rule.rater_not:
        raise SamePerson(msg("您办理或核查过这件事项，不能自己评价。"))


def _check_limit(case: _Case, action: Action) -> None:
    """Refuses what always counts; where one answer counts, `Kind.target` diverts that one and the others stay open."""
    if not action.counts:
        return
    count = case.kind.count(action.counts)
    if count.is_full(case.counts.get(count.code, 0)) and not count.then and not action.counts_when:
        raise LimitReached(count.after, limit=count.limit, who=(ROLE_NAMES[count.decides],))


def _check_helped(case: _Case, action: Action) -> None:
    """Nobody stops waiting for, or urges, co-handlers of whom none is awaited."""
    waits = action.verb is Verb.EXCUSE or (action.verb is Verb.URGE and _pushes_helper(case.kind, action))
    if waits and not case.has_helpers:
        raise StageForbids(msg("现在没有要等结果的协办单位，不用%(action)s。请刷新后再看。"), action=(action.name,))


def _check_appeal(case: _Case, action: Action) -> None:
    """An appeal is in time up to the end of its limit, whether or not the system has closed the matter since."""
    if action.verb is Verb.APPEAL and any(clock.is_overdue for clock in case.clocks):
        raise ClockRunOut(msg("“%(action)s”的期限已过，不能再提。"), action=(action.name,))


def _check_ask(case: _Case, action: Action) -> None:
    is_paused = any(clock.is_paused for clock in case.clocks)
    if action.verb is Verb.RESUME and not is_paused:
        raise StageForbids(msg("现在没有暂停计时，不用恢复。请刷新后再看。"))
    if not action.ask:
        return
    ask = case.kind.ask(action.ask)
    state = next((each for each in case.asks if each.code == ask.code), AskState(ask.code))
    if action.verb is Verb.ASK:
        _check_may_ask(case, ask, state, is_paused=is_paused)
    elif action.verb in _SUPERVISING:
        _check_supervision(case, action, ask, state)
    elif not state.is_open:
        raise StageForbids(msg("没有待答复的“%(ask)s”。请刷新后再看。"), ask=(ask.name,))
    elif not state.is_to_us:
        raise RoleForbids(msg("“%(action)s”由收到申请的单位来做。"), action=(action.name,))
    elif state.is_mine:
        raise SamePerson(msg("“%(ask)s”是您自己提出的，要由别人来答复。"), ask=(ask.name,))


_SUPERVISING = frozenset({Verb.URGE, Verb.SUPERVISE, Verb.REPORT_BACK, Verb.CLEAR, Verb.INSIST})


def _check_supervision(case: _Case, action: Action, ask: AskSpec, state: AskState) -> None:
    """Urging and supervision: put to the lead, who is somebody else; the report before its end; the end by who began it."""
    if action.verb in (Verb.URGE, Verb.SUPERVISE):
        _check_may_push(case, ask, state)
    elif action.verb is Verb.REPORT_BACK:
        over = _state_of(case, ask.about)
        if not over.is_open:
            raise StageForbids(msg("这件事项没有在督办。请刷新后再看。"))
        if state.is_open:
            raise StageForbids(msg("“%(ask)s”已经提出，还没有答复。请等答复后再提。"), ask=(ask.name,))
    else:
        report = next(each for each in case.kind.asks if each.about == ask.code)
        if not state.is_open:
            raise StageForbids(msg("这件事项没有在督办。请刷新后再看。"))
        if not state.is_ours:
            raise RoleForbids(msg("“%(action)s”由提出督办的单位来做。"), action=(action.name,))
        is_over = case.kind.stage(case.stage).is_end
        if not _state_of(case, report.code).is_open and (not is_over or action.verb is Verb.INSIST):
            raise StageForbids(msg("主办单位还没有报告。请等报告后再%(action)s，或先催办。"), action=(action.name,))


def _state_of(case: _Case, code: str) -> AskState:
    return next((each for each in case.asks if each.code == code), AskState(code))


def _check_may_push(case: _Case, ask: AskSpec, state: AskState) -> None:
    if ask.type is AskType.URGE_CO:
        return
    if case.is_lead:
        raise SamePerson(msg("本单位正在主办这件事项，不用“%(ask)s”。请抓紧办理。"), ask=(ask.name,))
    if state.is_open:
        raise StageForbids(msg("“%(ask)s”已经转给主办单位，还没有回应。请等回应后再提。"), ask=(ask.name,))
    if ask.daily and state.is_today:
        raise StageForbids(msg("“%(ask)s”每个工作日可以提一次，今天已经提过。请下一个工作日再提。"), ask=(ask.name,))


def _check_may_ask(case: _Case, ask: AskSpec, state: AskState, *, is_paused: bool) -> None:
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


def _check_may_be_ruled(case: _Case, ask: AskSpec, state: AskState) -> None:
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


def _check_may_cross(case: _Case, ask: AskSpec) -> None:
    """Refused often enough, it is for the level above to rule; what was ruled is final."""
    count = case.kind.refusals(ask)
    rulings = [
        each.code for each in case.kind.asks if each.type is AskType.RULING and count and each.after == count.code
    ]
    if any(state.granted + state.declined for state in case.asks if state.code in rulings):
        raise LimitReached(msg("这件事项归哪里办理已经裁定过，裁定是终局的。请按裁定办理。"))
    if count is not None and count.is_full(case.counts.get(count.code, 0)):
        raise LimitReached(count.after, limit=count.limit, who=(ROLE_NAMES[count.decides],))


GROUND_USES: Mapping[Verb, str] = {
    Verb.REFUSE: "refuse",
    Verb.HAND_BACK: "return",
    Verb.GIVE_BACK: "return",
    Verb.ASSIST_BACK: "return",
    Verb.TRANSFER: "transfer",
    Verb.WITHDRAW: "withdraw",
    Verb.RATE: "not_solved",
    Verb.CHECK_FAIL: "not_solved",
    Verb.SUPERVISE: "supervise",
    Verb.HAND_DOWN: "hand_down",
}


ASK_GROUNDS: Mapping[AskType, str] = {
    AskType.EXTEND: "extend",
    AskType.PAUSE: "pause",
    AskType.RULING: "return",
    AskType.CROSS: "cross",
}


def ground_use(kind: Kind, action: Action) -> str:
    """The use of the rule book's grounds among which this action chooses; empty where it names none.

    What is asked has grounds of its own sort: those for more time, those for a pause.
    """
    if action.verb is Verb.ASK:
        return ASK_GROUNDS[kind.ask(action.ask).type]
    if action.verb is Verb.DECLINE and kind.ask(action.ask).type is AskType.CROSS:
        return "not_taken"
    return GROUND_USES.get(action.verb, "")


def is_drawn(kind: Kind, key: bytes, number: str, step: int) -> bool:
    """Is this end of a matter drawn for a check? `Kind.sample` of 100 are.

    By chance for everybody who works it, yet the same whenever it is asked again: a keyed hash (HMAC-SHA-256 under a key
    of the city's own) of the matter's number and step, so that an auditor can draw once more.
    """
    draw = hmac.digest(key, f"{number}/{step}".encode(), "sha256")
    return int.from_bytes(draw[:8]) % 100 < kind.sample


def outcome_of(
    kind: Kind, action: Action, given: Mapping[str, object], *, drawn: bool = False, linked_from: str = ""
) -> str:
    """Which of the action's outcomes these (checked) fields mean, for `Kind.target`; empty where it has none.

    `drawn` tells of an action that concludes whether it is to be checked; `linked_from` of one that unlinks, in which
    stage the matter was before it was linked.
    """
    if not action.outcomes:
        return ""
    if action.verb is Verb.CONCLUDE:
        return DRAWN if drawn else PASSED
    if action.verb is Verb.UNLINK:
        return UNDECIDED if action.outcomes[UNDECIDED] == linked_from else DECIDED
    answer = next(code for code in action.needs if kind.field(code).type is FieldType.BOOL)
    return SOLVED if given[answer] else UNSOLVED
