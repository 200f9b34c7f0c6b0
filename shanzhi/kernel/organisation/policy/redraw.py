"""A planned change of the region tree, from one day on: what ends, what begins, what becomes of every code. Pure.

All changes of a plan take effect together: they are applied to a copy of the tree one after the other, and what must hold
(no code twice, every child below its parent) is asked of the result alone, so two regions may swap their codes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import LEVEL_NAMES, Level, level_of, ranges_of, short_name_of
from shanzhi.kernel.organisation.policy.plan import (
    PARENTS,
    BadChange,
    Change,
    Close,
    Merge,
    Move,
    Open,
    Pair,
    Part,
    Plan,
    Redraw,
    Rename,
    Split,
    State,
)


def minus(whole: CodeRanges, part: CodeRanges) -> CodeRanges:
    """`whole` without `part`."""
    spans = list(whole)
    for low, high in part:
        spans = [
            piece
            for start, end in spans
            for piece in ((start, min(end, low)), (max(start, high), end))
            if piece[0] < piece[1]
        ]
    return CodeRanges.of(spans)


@dataclass(slots=True)
class _Draft:
    """The copy of the tree that a plan's changes are applied to."""

    states: dict[int, State]
    by_code: dict[str, int]
    children: dict[int, set[int]]
    heirs: dict[int, int] = field(default_factory=dict)
    parts: dict[int, list[int]] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    abolished: set[int] = field(default_factory=set)
    opened: int = 0

    def named(self, code: str) -> State:
        """The region that the plan means: by the code of before its day, or by that of one it opens.

        Raises:
            BadChange: there is none, or an earlier change of this plan ended it.
        """
        region_id = self.by_code.get(code)
        if region_id is None:
            raise BadChange(msg("这一天没有代码为“%(code)s”的区域。请核对代码和日期。"), code=code)
        if region_id not in self.states:
            raise BadChange(msg("“%(code)s”在同一方案里已被合并、拆分或撤销，不能再变更。请删去其中一项。"), code=code)
        return self.states[region_id]

    def put(self, state: State) -> None:
        """Let a region be so."""
        before = self.states.get(state.region_id)
        if before is not None and before.parent_id is not None:
            self.children.get(before.parent_id, set()).discard(state.region_id)
        if state.parent_id is not None:
            self.children.setdefault(state.parent_id, set()).add(state.region_id)
        self.states[state.region_id] = state
        self.touched.add(state.region_id)

    def end(self, state: State, heir: int) -> None:
        """Let a region be no more; `heir` takes what lay in it."""
        del self.states[state.region_id]
        if state.parent_id is not None:
            self.children.get(state.parent_id, set()).discard(state.region_id)
        self.touched.add(state.region_id)
        self.heirs[state.region_id] = heir

    def heir_of(self, region_id: int) -> int:
        """Who took a region's place, also where that one's place was taken in turn; itself where nobody did."""
        while region_id in self.heirs:
            region_id = self.heirs[region_id]
        return region_id

    def below(self, region_id: int) -> list[State]:
        """The regions directly below, by code."""
        return sorted((self.states[child] for child in self.children.get(region_id, ())), key=lambda state: state.code)


def redraw(
    plan: Plan,
    states: Iterable[State],
    *,
    later: Mapping[int, date],
    later_codes: Mapping[str, date],
    later_below: Mapping[int, date],
) -> Redraw:
    """What `plan` does to the tree whose states on its day are `states`.

    `later` names regions that change after the plan's day, `later_codes` the codes that are taken then, `later_below`
    regions that get something below them then; each with that day.

    Raises:
        BadChange: with the reason as a sentence.
    """
    if not plan.changes:
        raise BadChange(msg("方案里没有任何变更。请至少写一项。"))
    before = {state.region_id: state for state in states}
    draft = _draft(before)
    for change in plan.changes:
        _apply(draft, change, plan.on)
    _carry_zones(draft, before)
    _check_codes(draft, before, later_codes)
    _check_parents(draft)
    _check_days(draft, before, plan.on, later)
    _check_below(draft, before, later_below)
    result = _result(draft, before, plan.on)
    if not result.ended and not result.begun:
        raise BadChange(msg("方案没有改变任何区域：代码、名称和上级都与现在相同。请核对。"))
    return result


def _draft(before: Mapping[int, State]) -> _Draft:
    children: dict[int, set[int]] = {}
    for state in before.values():
        if state.parent_id is not None:
            children.setdefault(state.parent_id, set()).add(state.region_id)
    return _Draft(dict(before), {state.code: state.region_id for state in before.values()}, children)


def _apply(draft: _Draft, change: Change, on: date) -> None:
    match change:
        case Rename():
            state = draft.named(change.region)
            draft.put(replace(state, name=_name(change.name), short_name=short_name_of(change.name, state.level)))
        case Move():
            _move(draft, change)
        case Merge():
            _merge(draft, change)
        case Split():
            _split(draft, change, on)
        case Open():
            _open(draft, change.code, change.name, draft.named(change.parent), on)
        case Close():
            _close(draft, change)


def _name(name: str) -> str:
    if not name.strip() or len(name) > 100:
        raise BadChange(msg("区域名称不能为空，也不能超过 100 个字。请重新填写。"))
    return name


def _move(draft: _Draft, change: Move) -> None:
    state = draft.named(change.region)
    parent_id = state.parent_id
    if change.parent:
        parent = draft.named(change.parent)
        if parent.region_id in _subtree(draft, state.region_id):
            raise BadChange(
                msg("“%(name)s”不能划到自己或自己的下级“%(parent)s”之下。请另选上级。"),
                name=state.name,
                parent=parent.name,
            )
        parent_id = parent.region_id
    _recode(draft, replace(state, parent_id=parent_id), change.code or state.code)


def _subtree(draft: _Draft, region_id: int) -> set[int]:
    found = {region_id}
    for child in draft.children.get(region_id, ()):
        found |= _subtree(draft, child)
    return found


def _recode(draft: _Draft, state: State, code: str) -> None:
    """Give a region another code; what lies below keeps its last digits."""
    if state.level not in PARENTS:
        raise BadChange(msg("%(level)s“%(name)s”的代码不能这样变更。"), level=LEVEL_NAMES[state.level], name=state.name)
    _check_level(code, state.level)
    draft.put(replace(state, code=code, ranges=ranges_of(code)))
    for child in draft.below(state.region_id):
        if child.level is not Level.ZONE:
            _recode(draft, child, code + child.code[len(state.code) :])


def _check_level(code: str, level: Level) -> None:
    if level_of(code) is not level:
        raise BadChange(
            msg("“%(code)s”不是%(level)s的代码。请按位数核对：区县 6 位、乡镇 9 位、村（社区）12 位、网格 15 位。"),
            code=code,
            level=LEVEL_NAMES[level],
        )


def _merge(draft: _Draft, change: Merge) -> None:
    into = draft.named(change.into)
    if not change.regions or change.into in change.regions or len(set(change.regions)) < len(change.regions):
        raise BadChange(msg("“%(name)s”不能并入自己，同一个区域也不能合并两次。请核对合并的各方。"), name=into.name)
    states = [draft.named(code) for code in change.regions]
    _check_zones_agree(draft, [*states, into] if into.region_id > 0 else states)
    for state in states:
        if state.level is not into.level or state.level not in PARENTS:
            raise BadChange(msg("“%(name)s”与“%(into)s”层级不同，不能合并。"), name=state.name, into=into.name)
        for child in draft.below(state.region_id):
            _adopt(draft, child, into)
        draft.end(state, into.region_id)


def _check_zones_agree(draft: _Draft, states: Sequence[State]) -> None:
    """A zone has to cover all or none, or what lay in the one would slip in or out of it unseen."""
    for zone in draft.states.values():
        if zone.level is Level.ZONE and len({zone.ranges.covers(state.ranges) for state in states}) > 1:
            raise BadChange(
                msg("功能区“%(zone)s”只覆盖合并各方中的一部分（%(names)s）。请先调整功能区，再合并。"),
                zone=zone.name,
                names="、".join(state.name for state in states),
            )


def _adopt(draft: _Draft, child: State, parent: State) -> None:
    """Hang a region below another parent: with its last digits where they are free, else with the next free number."""
    own = child.code[_own_from(child.level) :]
    taken = {below.code for below in draft.below(parent.region_id)}
    for number in (int(own), *range(1, 10 ** len(own))):
        code = f"{parent.code.ljust(_own_from(child.level), '0')}{number:0{len(own)}d}"
        if code not in taken:
            _recode(draft, replace(child, parent_id=parent.region_id), code)
            return
    raise BadChange(msg("“%(name)s”下面的编号已经用完，不能再划入。"), name=parent.name)


def _own_from(level: Level) -> int:
    """Where a code's own digits begin, behind those of the level above (a township's behind a county's)."""
    return {Level.COUNTY: 4, Level.TOWNSHIP: 6, Level.COMMUNITY: 9, Level.GRID: 12}[level]


def _split(draft: _Draft, change: Split, on: date) -> None:
    state = draft.named(change.region)
    if state.parent_id is None or state.level not in PARENTS:
        raise BadChange(msg("“%(name)s”不能拆分。"), name=state.name)
    codes = [part.code for part in change.parts]
    if len(codes) < 2 or len(set(codes)) < len(codes) or change.heir not in codes:
        raise BadChange(
            msg("拆分“%(name)s”至少要有两个代码不同的部分，并指明一个承接原有事项。请补全。"), name=state.name
        )
    _check_shared_out(draft, state, change.parts)
    parent = draft.states[state.parent_id]
    for part in change.parts:
        # A part may keep the code of the whole, whose name then goes to the new region.
        made = _open(draft, part.code, part.name, parent, on, instead_of=state.code)
        draft.parts.setdefault(state.region_id, []).append(made.region_id)
        for code in part.children:
            _adopt(draft, draft.named(code), made)
        if part.code == change.heir:
            heir = made
    draft.end(state, heir.region_id)


def _check_shared_out(draft: _Draft, state: State, parts: Sequence[Part]) -> None:
    below = {child.code for child in draft.below(state.region_id)}
    given = [code for part in parts for code in part.children]
    wrong = sorted((set(given) ^ below) | {code for code in given if given.count(code) > 1})
    if wrong:
        raise BadChange(
            msg("拆分“%(name)s”时，每个下级要分给且只分给一个部分。请核对：%(codes)s。"),
            name=state.name,
            codes="、".join(wrong[:5]),
        )


def _open(draft: _Draft, code: str, name: str, parent: State, on: date, *, instead_of: str = "") -> State:
    level = level_of(code)
    if level not in PARENTS:
        raise BadChange(msg("不能新设代码为“%(code)s”的区域：只能新设区县及以下。"), code=code)
    taken = draft.states.get(draft.by_code.get(code, 0))
    if taken is not None and taken.code == code != instead_of:
        raise BadChange(msg("代码“%(code)s”这一天已用于“%(taken)s”。请换一个代码。"), code=code, taken=taken.name)
    draft.opened += 1
    made = State(
        -draft.opened, level, code, _name(name), short_name_of(name, level), parent.region_id, ranges_of(code), on
    )
    draft.put(made)
    draft.by_code.setdefault(code, made.region_id)
    return made


def _close(draft: _Draft, change: Close) -> None:
    state = draft.named(change.region)
    if draft.below(state.region_id):
        raise BadChange(msg("“%(name)s”下面还有区域，不能撤销。请先划转或合并它的下级。"), name=state.name)
    if state.parent_id is None:
        raise BadChange(msg("“%(name)s”是最上一级，不能撤销。"), name=state.name)
    draft.abolished.add(state.region_id)
    draft.end(state, state.parent_id)


def _carry_zones(draft: _Draft, before: Mapping[int, State]) -> None:
    """Let each zone go on covering what it covered, under the new codes."""
    moved = [pair for region_id in draft.touched & before.keys() for pair in _moved(draft, before[region_id])]
    for zone in [state for state in draft.states.values() if state.level is Level.ZONE]:
        within = [(old, new) for old, new in moved if zone.ranges.covers(old)]
        ranges = zone.ranges
        for gone, _ in within:
            ranges = minus(ranges, gone)
        for _, come in within:
            ranges = ranges.union(come)
        if ranges != zone.ranges:
            draft.put(replace(zone, ranges=ranges))


def _moved(draft: _Draft, old: State) -> Iterator[tuple[CodeRanges, CodeRanges]]:
    """The codes that a region had, with those that come in their place."""
    if old.level is Level.ZONE:
        return
    if old.region_id in draft.abolished:
        yield old.ranges, CodeRanges()
        return
    for new_id in draft.parts.get(old.region_id, [draft.heir_of(old.region_id)]):
        new = draft.states.get(new_id)
        if new is not None and new.ranges != old.ranges:
            yield old.ranges, new.ranges


def _check_codes(draft: _Draft, before: Mapping[int, State], later_codes: Mapping[str, date]) -> None:
    for region_id in draft.touched & draft.states.keys():
        state, old = draft.states[region_id], before.get(region_id)
        if state.code in later_codes and (old is None or old.code != state.code):
            raise BadChange(
                msg("代码“%(code)s”自 %(since)s 起已用于别的区域。请换一个代码。"),
                code=state.code,
                since=later_codes[state.code],
            )
    held: dict[str, State] = {}
    for state in draft.states.values():
        taken = held.setdefault(state.code, state)
        if taken is not state:
            raise BadChange(
                msg("变更后“%(one)s”和“%(other)s”会用同一个代码“%(code)s”。请换一个代码。"),
                one=taken.name,
                other=state.name,
                code=state.code,
            )


def _check_parents(draft: _Draft) -> None:
    for region_id in draft.touched & draft.states.keys():
        state = draft.states[region_id]
        if state.level is Level.ZONE or state.parent_id is None:
            continue
        parent = draft.states.get(state.parent_id)
        if parent is None or parent.level not in PARENTS[state.level]:
            raise BadChange(
                msg("“%(name)s”是%(level)s，不能放在“%(parent)s”之下。请另选上级。"),
                name=state.name,
                level=LEVEL_NAMES[state.level],
                parent=parent.name if parent else "—",
            )
        if not parent.ranges.covers(state.ranges):
            raise BadChange(
                msg("“%(name)s”的代码“%(code)s”不在上级“%(parent)s”的代码范围内。请换一个代码。"),
                name=state.name,
                code=state.code,
                parent=parent.name,
            )


def _check_days(draft: _Draft, before: Mapping[int, State], on: date, later: Mapping[int, date]) -> None:
    known = [draft.states[region_id] for region_id in draft.touched & draft.states.keys()]
    above = {state.parent_id for state in known if state.parent_id is not None}
    for region_id in (draft.touched | above) & before.keys():
        state = before[region_id]
        since = later.get(region_id) or (state.since if state.since >= on and region_id in draft.touched else None)
        if since is not None:
            raise BadChange(
                msg("“%(name)s”自 %(since)s 起已有变更，不能再从 %(on)s 变更。请改用更晚的日期。"),
                name=state.name,
                since=since,
                on=on,
            )


def _check_below(draft: _Draft, before: Mapping[int, State], later_below: Mapping[int, date]) -> None:
    """What comes below a region later has a code within its own: that may not be pulled from under it."""
    for region_id in draft.touched & before.keys() & later_below.keys():
        old, new = before[region_id], draft.states.get(region_id)
        if new is None or new.ranges != old.ranges:
            raise BadChange(
                msg("“%(name)s”自 %(since)s 起另有下级划入，不能在这之前改代码或撤并。请改用更晚的日期。"),
                name=old.name,
                since=later_below[region_id],
            )


def _result(draft: _Draft, before: Mapping[int, State], on: date) -> Redraw:
    changed = sorted(region_id for region_id in draft.touched if before.get(region_id) != draft.states.get(region_id))
    pairs = []
    for region_id in changed:
        old = before.get(region_id)
        if old is None:
            continue
        new = draft.states[draft.heir_of(region_id)]
        if (new.region_id, new.code) != (old.region_id, old.code):
            pairs.append(Pair(region_id, old.code, new.region_id, new.code))
    return Redraw(
        on,
        tuple(before[region_id] for region_id in changed if region_id in before),
        tuple(replace(draft.states[region_id], since=on) for region_id in changed if region_id in draft.states),
        tuple(pairs),
        frozenset(draft.abolished),
    )
