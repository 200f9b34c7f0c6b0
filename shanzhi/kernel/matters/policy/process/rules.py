"""Who may do what now: the one judgement behind every button and every operation.

`check_action` raises a sentence, `allowed_actions` gives the same judgement as a list; they can't disagree, since both
ask `_check`. Order of the questions: the role, the stage, the unit's part, the separation of duties, the limit, the
fields; so somebody who pressed a button too late hears that the matter has moved on, not that they have no right.
"""

import hmac
from collections.abc import Mapping

from shanzhi.core.errors import Conflict, NotAllowed
from shanzhi.core.text import msg
from shanzhi.kernel.matters.policy.process.case import (
    LEAD_ISNT_LINKED,
    LEAD_ISNT_SPLIT,
    NO_ESCALATION,
    PART_ISNT_LINKED,
    PART_ISNT_PAUSED,
    PART_STAYS_WHOLE,
    RULED_STAYS,
    TOP_ALREADY,
    ActionUnknown,
    Case,
    ClockRunOut,
    LimitReached,
    NobodyAbove,
    NotForThisLevel,
    RoleForbids,
    SamePerson,
    StageForbids,
)
from shanzhi.kernel.matters.policy.process.filled import check_fields
from shanzhi.kernel.matters.policy.process.model import Action, Kind
from shanzhi.kernel.matters.policy.process.of_asks import check_ask
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

HANDLING_ROLES = frozenset({Role.HANDLER, Role.GRID_CHIEF, Role.GRID_WORKER})
"""Roles that act for a unit which has a part in the matter."""

INTAKE_ROLES = frozenset({Role.DISPATCHER, Role.OPERATOR, Role.CHECKER})
"""Roles that act for the centre which took the matter in."""


def check_action(case: Case, action_code: str, given_fields: Mapping[str, object]) -> Action:
    """The action, if this person may do it to this matter now with these fields (by field code; a blank one isn't given).

    Raises:
        ActionUnknown, RoleForbids, StageForbids, SamePerson, LimitReached, FieldsMissing, FieldsWrong.
    """
    if not case.kind.has_action(action_code):
        raise ActionUnknown(
            msg("“%(kind)s”没有“%(action)s”这个动作。请刷新后再看。"), kind=(case.kind.name,), action=action_code
        )
    action = case.kind.action(action_code)
    _check(case, action)
    check_fields(case.kind, action, given_fields)
    return action


def allowed_actions(case: Case) -> list[Action]:
    """The actions for which `check_action` would only ask for the fields, in the file's order: the buttons."""
    return [action for action in case.kind.actions if _may(case, action)]


def _may(case: Case, action: Action) -> bool:
    try:
        _check(case, action)
    except (Conflict, NotAllowed):
        return False
    return True


def _check(case: Case, action: Action) -> None:
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
    _check_withdrawal(case, action)
    _check_line(case, action)
    _check_part(case, action)
    _check_lead(case, action)
    check_ask(case, action)
    _check_appeal(case, action)


def _roles_in(case: Case, action: Action) -> frozenset[Role]:
    """In which of the action's roles this person could act; being the reporter is a fact, never a post's role."""
    posts = frozenset(role for role in action.by if role is not Role.REPORTER and role in case.roles)
    return posts | {Role.REPORTER} if case.is_reporter and Role.REPORTER in action.by else posts


def _has_part(case: Case, action: Action, role: Role) -> bool:
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


def _check_finder(case: Case, action: Action, roles: frozenset[Role]) -> None:
    """自办自结: of the grid's workers only the one who took it up says that it is done; its chief may, too."""
    if action.verb is Verb.CONCLUDE and roles == {Role.GRID_WORKER} and Role.HANDLER not in case.did:
        raise RoleForbids(msg("“%(action)s”由先接办的网格员或网格长来做。"), action=(action.name,))


def _check_separation(case: Case, action: Action) -> None:
    rule = case.kind.separation
    if action.verb in (Verb.CHECK_PASS, Verb.CHECK_FAIL) and case.did & rule.checker_not:
        raise SamePerson(msg("您办理过这件事项，不能自己核查。请由其他核查员核查。"))
    if action.verb is Verb.REVIEW and Role.HANDLER in case.did:
        raise SamePerson(msg("您办理过这件事项，不能再来复查、复核。请由别人来做。"))
    if action.verb in (Verb.CHECK_PASS, Verb.CHECK_FAIL) and rule.other_unit and case.is_colleague:
        raise SamePerson(msg("这件事项由您所在单位办理，要由别的单位的核查员核查。本中心办理的，由另一级中心核查。"))
    if action.verb is Verb.RATE and case.did & rule.rater_not:
        raise SamePerson(msg("您办理或核查过这件事项，不能自己评价。"))


def _check_limit(case: Case, action: Action) -> None:
    """Refuses what always counts; where one answer counts, `Kind.target` diverts that one and the others stay open."""
    if not action.counts:
        return
    count = case.kind.count(action.counts)
    if count.is_full(case.counts.get(count.code, 0)) and not count.then and not action.counts_when:
        if _is_ruled(case, count.code):
            raise LimitReached(
                msg("这件事项由谁办理已经裁定过，裁定是终局的，不能再%(action)s。请按裁定办理。"), action=(action.name,)
            )
        raise LimitReached(count.after, limit=count.limit, who=(ROLE_NAMES[count.decides],))


def _is_ruled(case: Case, count: str) -> bool:
    """Was it ruled already what a full count of returns leads to?"""
    rulings = [ask.code for ask in case.kind.asks if ask.type is AskType.RULING and ask.after == count]
    return any(case.ask(code).granted + case.ask(code).declined for code in rulings)


def _check_helped(case: Case, action: Action) -> None:
    """Nobody stops waiting for, or urges, co-handlers of whom none is awaited."""
    waits = action.verb is Verb.EXCUSE or (action.verb is Verb.URGE and _pushes_helper(case.kind, action))
    if waits and not case.has_helpers:
        raise StageForbids(msg("现在没有要等结果的协办单位，不用%(action)s。请刷新后再看。"), action=(action.name,))


def _check_withdrawal(case: Case, action: Action) -> None:
    """Whose own verdict is over doesn't withdraw, though the matter waits for the verdicts on those linked under it."""
    if action.verb is Verb.WITHDRAW and (case.is_content or case.stage == case.kind.gathering_stage):
        raise StageForbids(msg("您这一件的评价已经结束，正在等并案的其他件，不能%(action)s。"), action=(action.name,))


def _check_line(case: Case, action: Action) -> None:
    """Up a level goes what has one; past the intakes of centres only those pass it who stand in their line."""
    if action.verb is not Verb.ESCALATE:
        return
    if not case.is_in_line and case.kind.stage(action.to).owner is Owner.INTAKE:
        raise NotForThisLevel(NO_ESCALATION)
    if not case.has_level_above:
        raise NobodyAbove(TOP_ALREADY)


def _check_part(case: Case, action: Action) -> None:
    """A part has its whole's clock and gives no answer of its own: it isn't split, linked or paused by itself."""
    if not case.is_part:
        return
    if action.verb is Verb.SPLIT:
        raise StageForbids(PART_STAYS_WHOLE)
    if action.verb is Verb.LINK:
        raise StageForbids(PART_ISNT_LINKED)
    if action.verb is Verb.ASK and case.kind.ask(action.ask).type is AskType.PAUSE:
        raise StageForbids(PART_ISNT_PAUSED)


def _check_lead(case: Case, action: Action) -> None:
    """What was ruled stays with the unit that was named; what others are linked under is neither linked itself nor split."""
    if action.verb is Verb.TRANSFER and case.is_ruled:
        raise StageForbids(RULED_STAYS, action=(action.name,))
    if case.has_linked and action.verb in (Verb.LINK, Verb.SPLIT):
        raise StageForbids(LEAD_ISNT_LINKED if action.verb is Verb.LINK else LEAD_ISNT_SPLIT)


def _check_appeal(case: Case, action: Action) -> None:
    """An appeal is in time up to the end of its limit, whether or not the system has closed the matter since."""
    if action.verb is Verb.APPEAL and any(clock.is_overdue for clock in case.clocks):
        raise ClockRunOut(msg("“%(action)s”的期限已过，不能再提。"), action=(action.name,))


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
