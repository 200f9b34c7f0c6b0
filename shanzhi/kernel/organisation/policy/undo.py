"""A plan that takes another one back from a later day: computed from what the tree was before and is then. Pure.

What was done stays in the history; the places come back under their codes and names. A region that was merged away comes back
as a new one, since a region that has ended never begins again; what was split is one again under the id of its heir.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy.plan import (
    BadChange,
    Change,
    Close,
    Merge,
    Move,
    Open,
    Part,
    Plan,
    Rename,
    Split,
    State,
)


@dataclass(frozen=True, slots=True)
class _Trees:
    """The tree of the day before the plan, and that of the day from which it is taken back."""

    before: Mapping[str, State]
    before_ids: Mapping[int, State]
    now_ids: Mapping[int, State]
    new_codes: frozenset[str]

    def was(self, code: str) -> State:
        """What a region was before the plan."""
        state = self.before.get(code)
        if state is None:
            raise BadChange(msg("这次变更不能自动撤销：变更前没有代码为“%(code)s”的区域。请另拟方案。"), code=code)
        return state

    def now(self, state: State) -> State:
        """What the same region is now."""
        found = self.now_ids.get(state.region_id)
        if found is None:
            raise BadChange(
                msg("“%(name)s”后来又被合并、拆分或撤销，不能自动撤销这次变更。请先撤销后面的变更。"), name=state.name
            )
        return found

    def children(self, state: State) -> list[State]:
        """What lay below a region before the plan."""
        below = [child for child in self.before_ids.values() if child.parent_id == state.region_id]
        return sorted(below, key=lambda child: child.code)

    def parent_code(self, state: State) -> str:
        """The code, then, of what a region lay below before the plan."""
        if state.parent_id is None:
            return ""
        parent = self.before_ids[state.parent_id]
        return self.now_ids[parent.region_id].code if parent.region_id in self.now_ids else parent.code


def undo(plan: Plan, redraw_id: int, before: Iterable[State], now: Iterable[State], on: date) -> Plan:
    """A plan that takes `plan`, carried out as redraw `redraw_id`, back from the day `on`.

    `before`: all states of the day before it took effect; `now`: all states of the day `on`.

    Raises:
        BadChange: it can't be taken back by itself; says what stands in the way.
    """
    if on <= plan.on:
        raise BadChange(msg("撤销日期要晚于原变更的生效日期 %(on)s。请改用更晚的日期。"), on=plan.on)
    was = list(before)
    merged_into = {change.into for change in plan.changes if isinstance(change, Merge)}
    trees = _Trees(
        {state.code: state for state in was},
        {state.region_id: state for state in was},
        {state.region_id: state for state in now},
        frozenset(change.code for change in plan.changes if isinstance(change, Open)) & frozenset(merged_into),
    )
    changes = [back for change in reversed(plan.changes) for back in _back(change, trees)]
    return Plan(on, tuple(changes), undoes=redraw_id)


def _back(change: Change, trees: _Trees) -> Iterator[Change]:
    match change:
        case Rename():
            state = trees.was(change.region)
            yield Rename(trees.now(state).code, state.name)
        case Move():
            state = trees.was(change.region)
            yield Move(trees.now(state).code, state.code, trees.parent_code(state) if change.parent else "")
        case Merge():
            yield from _unmerge(change, trees)
        case Split():
            yield from _unsplit(change, trees)
        case Open():
            # One that took in others is split into them again.
            if change.code not in trees.new_codes:
                yield Close(change.code)
        case Close():
            state = trees.was(change.region)
            yield Open(state.code, state.name, trees.parent_code(state))


def _unmerge(change: Merge, trees: _Trees) -> Iterator[Change]:
    gone = [trees.was(code) for code in change.regions]
    if change.into in trees.new_codes:
        parts = tuple(
            Part(state.code, state.name, tuple(trees.now(child).code for child in trees.children(state)))
            for state in gone
        )
        yield Split(change.into, parts, gone[0].code)
        for state in gone:
            yield from _renumbered(state, trees)
        return
    for state in gone:
        yield Open(state.code, state.name, trees.parent_code(state))
        for child in trees.children(state):
            yield Move(trees.now(child).code, child.code, state.code)


def _unsplit(change: Split, trees: _Trees) -> Iterator[Change]:
    state = trees.was(change.region)
    others = tuple(part.code for part in change.parts if part.code != change.heir)
    yield Merge(others, change.heir)
    if change.heir != state.code:
        yield Move(change.heir, state.code)
    yield Rename(change.heir, state.name)
    yield from _renumbered(state, trees)


def _renumbered(state: State, trees: _Trees) -> Iterator[Change]:
    """Children that got another number when they came elsewhere get their own back."""
    for child in trees.children(state):
        now = trees.now(child).code
        if now[len(state.code) :] != child.code[len(state.code) :]:
            yield Move(now, child.code)
