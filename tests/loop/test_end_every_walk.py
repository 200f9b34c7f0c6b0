"""Every process that is shipped, in every state that it can come into: somebody has it, a clock runs, somebody can do the
next step, and there is a way to an end.

The states are all there are, not a sample of them: the stage with what was counted so far. In each of them the
engine's own judgement (`allowed_actions`) is asked, for whoever's turn it is.
"""

import os
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from shanzhi.kernel.clock.policy import shipped_calendar
from shanzhi.kernel.matters.operations.kinds import shipped_kinds
from shanzhi.kernel.matters.policy.clocks import promises, soonest, stops
from shanzhi.kernel.matters.policy.process import (
    Action,
    AskState,
    AskType,
    Case,
    Kind,
    Owner,
    Role,
    Verb,
    allowed_actions,
    load_kind,
)
from shanzhi.kernel.matters.policy.process.model import targets
from shanzhi.kernel.matters.policy.process.words import OWNER_ROLES, VERB_RULES
from tests.city import NOW

WALKS = 2000 if os.environ.get("SHANZHI_SIZE") == "full" else 50
STEPS = 60
State = tuple[str, tuple[tuple[str, int], ...]]


def loaded() -> list[Kind]:
    kinds = [load_kind(path.read_text(encoding="utf-8")) for path in shipped_kinds()]
    return [kind for kind in kinds if isinstance(kind, Kind)]


KINDS = loaded()
every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)


def may(kind: Kind, state: State, owner: Owner | None) -> list[Action]:
    """What the owner of the stage (None: anybody) may do in a state, by the engine's judgement; asks left out."""
    roles = OWNER_ROLES[owner] if owner else frozenset(Role)
    if owner is Owner.LEAD:
        # A centre to which it was escalated, or which handles it itself, holds it too.
        roles = roles | {Role.DISPATCHER, Role.SUPERVISOR}
    found: dict[str, Action] = {}
    person = Case(
        kind,
        stage=state[0],
        roles=frozenset(role.value for role in roles),
        is_lead=owner in (None, Owner.LEAD),
        is_co=owner is None,
        is_reporter=owner in (None, Owner.REPORTER),
        is_intake=owner in (None, Owner.INTAKE, Owner.CHECKER),
        counts=dict(state[1]),
    )
    for did in (
        frozenset({Role.HANDLER}),
        frozenset[Role](),
    ):  # who handled it before, and somebody else of the same unit
        found |= {action.code: action for action in allowed_actions(replace(person, did=did))}
    return [action for action in found.values() if not VERB_RULES[action.verb].asks]


def after(kind: Kind, state: State, action: Action) -> Iterator[State]:
    """The states to which an action leads; counts beyond their limit tell nothing new."""
    counts: Mapping[str, int] = dict(state[1])
    for outcome in action.outcomes or ("",):
        grown = dict(counts)
        if action.counts_up(outcome):
            limit = kind.count(action.counts).limit or 0
            grown[action.counts] = min(counts.get(action.counts, 0) + 1, limit)
        for is_named in (True, False):
            target = kind.target(action, state[0], outcome=outcome, counts=counts, is_named=is_named)
            yield target, tuple(sorted(grown.items()))
    # Where linked matters, a lead that waits for those under it and the parts of a split go, which the table alone doesn't tell.
    linked = {kind.linked_stage, kind.gathering_stage, kind.joined_stage}
    for target in targets(kind, action, state[0]):
        if target in linked or kind.stage(target).owner is Owner.LINKED:
            yield target, state[1]


def moves(kind: Kind, state: State) -> list[tuple[Action, State]]:
    return [(action, to) for action in may(kind, state, None) for to in after(kind, state, action)]


def all_states(kind: Kind) -> dict[State, list[tuple[Action, State]]]:
    start: State = (kind.initial, ())
    found: dict[State, list[tuple[Action, State]]] = {}
    waiting = [start]
    while waiting:
        state = waiting.pop()
        if state not in found:
            found[state] = moves(kind, state)
            waiting += [to for _, to in found[state]]
    return found


def test_it_looks_at_every_kind_that_is_shipped() -> None:
    assert [kind.code for kind in KINDS] == ["finding", "incident", "petition", "request", "suggestion"]
    assert len(KINDS) == len(shipped_kinds())


@every_kind
def test_it_reaches_every_stage(kind: Kind) -> None:
    assert {state[0] for state in all_states(kind)} == {stage.code for stage in kind.stages}


@every_kind
def test_every_open_state_has_a_holder_a_limit_and_a_next_step(kind: Kind) -> None:
    for state in all_states(kind):
        stage = kind.stage(state[0])
        if stage.is_end:
            assert (stage.owner, kind.limit_of(stage)) == (Owner.NONE, None)
            continue
        assert stage.owner is not Owner.NONE, state
        assert kind.limit_of(stage) is not None, state
        moving = [action.code for action in may(kind, state, stage.owner) if not action.stays]
        assert [code for code in moving if kind.action(code).verb not in (Verb.WITHDRAW, Verb.FOLD)], state


@every_kind
def test_every_state_can_be_brought_to_an_end_without_the_reporter_giving_up(kind: Kind) -> None:
    states = all_states(kind)
    # How a part ends is no way out for a whole.
    ending = {state for state in states if kind.stage(state[0]).is_end and state[0] != kind.joined_stage}
    grown = True
    while grown:
        more = {
            state
            for state, ways in states.items()
            if state not in ending and any(to in ending and action.verb is not Verb.WITHDRAW for action, to in ways)
        }
        grown = bool(more)
        ending |= more
    assert [state for state in states if state not in ending and state[0] != kind.joined_stage] == []


@every_kind
def test_on_every_walk_a_clock_runs_that_ends(kind: Kind) -> None:
    """Walks by chance, with the clocks as they begin and stop: never an open stage without one that runs."""
    chance, calendar = random.Random(20251118), shipped_calendar()
    states = all_states(kind)
    for _ in range(WALKS):
        state, now = (kind.initial, ()), NOW
        begun = promises(kind, kind.initial, now, lambda code: calendar)
        running, ran = {each.code: each.deadline for each in begun}, {each.code for each in begun}
        for _ in range(STEPS):
            if kind.stage(state[0]).is_end:
                break
            assert running, (kind.code, state)
            assert soonest(running.values()).due_at > NOW
            action, state = chance.choice(states[state])
            now += timedelta(hours=chance.randint(1, 72))
            if action.stays:
                running = {code: one for code, one in running.items() if action.code not in _done_by(kind, code)}
                continue
            running = {
                code: one for code, one in running.items() if code and not stops(kind, code, state[0], action.code)
            }
            if not kind.stage(state[0]).is_end:
                fresh = promises(kind, state[0], now, lambda code: calendar, action=action.code, runs=running, ran=ran)
                running |= {each.code: each.deadline for each in fresh}
                ran |= set(running)


def _done_by(kind: Kind, code: str) -> tuple[str, ...]:
    return kind.clock(code).done_by if code else ()


@every_kind
def test_whoever_supervises_can_end_it_in_every_state(kind: Kind) -> None:
    """From where a supervision can begin it goes with the matter: wherever that comes to, whoever began it can end it, at once
    or, where somebody leads the matter and may report, after the report."""
    begun = next((ask for ask in kind.asks if ask.type is AskType.SUPERVISE), None)
    if begun is None:
        return
    report = next(ask for ask in kind.asks if ask.about == begun.code)
    states = all_states(kind)
    waiting = [state for state in states if kind.verb_at(Verb.SUPERVISE, state[0])]
    reached: set[State] = set()
    while waiting:
        state = waiting.pop()
        if state not in reached:
            reached.add(state)
            waiting += [to for _, to in states[state]]
    assert {kind.stage(state[0]).is_end for state in reached} == {True, False}

    def can(state: State, verb: Verb, *, is_led: bool, is_reported: bool) -> bool:
        asks = (AskState(begun.code, is_open=True, is_ours=True), AskState(report.code, is_open=is_reported))
        roles = frozenset({Role.SUPERVISOR}) if verb is Verb.CLEAR else frozenset({Role.HANDLER, Role.GRID_WORKER})
        case = Case(kind, state[0], roles, is_led=is_led, is_lead=verb is Verb.REPORT_BACK, asks=asks)
        return verb in [action.verb for action in allowed_actions(case)]

    for state in reached:
        assert can(state, Verb.CLEAR, is_led=False, is_reported=False), state
        assert can(state, Verb.CLEAR, is_led=True, is_reported=True), state
        at_once = can(state, Verb.CLEAR, is_led=True, is_reported=False)
        assert at_once or can(state, Verb.REPORT_BACK, is_led=True, is_reported=False), state


@every_kind
def test_whoever_helps_has_a_next_step_and_nobody_waits_for_ever(kind: Kind) -> None:
    """Wherever a co-handler's share can be open it can give its result, and where the kind makes the lead wait for it,
    say why not, and the lead can stop waiting. A share is open from a dispatch until the lead answers or loses the matter."""
    if kind.assist_clock is None:
        return
    gives = (Verb.DISPATCH, Verb.TRANSFER, Verb.RULE, Verb.ENTRUST, Verb.INVOLVE)
    ends = (Verb.REPLY, Verb.CONCLUDE, Verb.HAND_BACK, Verb.GIVE_BACK, Verb.ESCALATE, Verb.TAKE_UP)
    states = all_states(kind)
    waiting = [(state, to) for state, ways in states.items() for action, to in ways if action.verb in gives]
    open_in: set[State] = set()
    while waiting:
        _, state = waiting.pop()
        stage = kind.stage(state[0])
        if state in open_in or stage.is_end or stage.owner is Owner.INTAKE:
            continue
        open_in.add(state)
        waiting += [(state, to) for action, to in states[state] if action.verb not in ends]
    assert {state[0] for state in open_in} == set(kind.assist_clock.stages)
    for state in open_in:
        helper = allowed_actions(
            Case(kind, state[0], frozenset(OWNER_ROLES[Owner.LEAD]), is_co=True, counts=dict(state[1]))
        )
        assert {Verb.ASSIST_DONE, Verb.ASSIST_BACK} <= {action.verb for action in helper}, state
        assert not [action.code for action in helper if not action.stays], state
        lead = [action.verb for action in may(kind, state, Owner.LEAD)]
        assert Verb.EXCUSE in lead, state
