"""What becomes of units and posts whose region ends: who takes over, what is set up anew, who goes on where. Pure.

A unit and a post stand for one region for good, so that “who was responsible on that day” keeps its answer: where the
region ends, they end with it, and another takes over from that day. A unit's work goes to the unit of the same kind in the
region that takes the place; where there is none, one is set up. A post goes on in the unit that takes over, with whoever
holds it; only a vacant one whose like is there already is not carried on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy import Sees, UnitKind
from shanzhi.kernel.organisation.policy.plan import BadChange, Plan, Redraw, State
from shanzhi.kernel.organisation.policy.redraw import minus


@dataclass(frozen=True, slots=True)
class UnitState:
    """A unit that is open on the plan's day or later. Ids below zero are of units that the plan sets up."""

    unit_id: int
    kind: UnitKind
    name: str
    short_name: str
    code: str
    level: str
    region_id: int
    parent_id: int | None
    department: str | None
    opened_on: date


@dataclass(frozen=True, slots=True)
class PostState:
    """A post that is open on the plan's day or later, who holds it then, and whether somebody takes it later."""

    post_id: int
    unit_id: int
    role: str
    title: str
    region_id: int
    seat: int
    sees: Sees
    ranges: CodeRanges | None
    opened_on: date
    staff_id: int | None = None
    until: date | None = None
    is_taken_later: bool = False


@dataclass(frozen=True, slots=True)
class UnitGoes:
    """A unit ends and `to_id` takes over: its open work, its posts."""

    unit: UnitState
    to_id: int


@dataclass(frozen=True, slots=True)
class PostGoes:
    """A post ends; its holder goes on in `to`. None: it was vacant, and its like is there already."""

    post: PostState
    to: PostState | None


@dataclass(frozen=True, slots=True)
class Succession:
    """What a redraw does to units and posts; `opened` units are new, `below` are units whose superior unit is another."""

    units: tuple[UnitGoes, ...] = ()
    opened: tuple[UnitState, ...] = ()
    below: tuple[tuple[int, int], ...] = ()
    posts: tuple[PostGoes, ...] = ()


ONE_A_REGION = frozenset({UnitKind.CENTRE, UnitKind.TOWNSHIP, UnitKind.COMMUNITY})
"""Of these kinds a region has one unit; others stand for themselves."""


def succession(
    plan: Plan,
    drawn: Redraw,
    units: Iterable[UnitState],
    posts: Iterable[PostState],
    taken: frozenset[str] = frozenset(),
) -> Succession:
    """Who takes over what stands in the regions that `drawn` ends. `taken`: the codes that units have or had.

    Raises:
        BadChange: a unit stands in a region that is closed and nobody takes over, or begins after the plan's day; a post
            is taken later, or has no place to go on.
    """
    every = {unit.unit_id: unit for unit in units}
    goes = _units(plan, drawn, every, set(taken))
    heirs = {one.unit.unit_id: one.to_id for one in goes.units}
    below = tuple(
        (unit.unit_id, heirs[unit.parent_id])
        for unit in every.values()
        if unit.parent_id in heirs and unit.unit_id not in heirs and heirs[unit.parent_id] != unit.unit_id
    )
    return replace(goes, below=below, posts=_posts(drawn, heirs, tuple(posts)))


def _units(plan: Plan, drawn: Redraw, every: Mapping[int, UnitState], codes: set[str]) -> Succession:
    to_region = {pair.old_id: pair.new_id for pair in drawn.pairs}
    ending = [unit for unit in every.values() if unit.region_id in drawn.closed_ids]
    ending_ids = {unit.unit_id for unit in ending}
    there = {_like(unit): unit for unit in every.values() if unit.unit_id not in ending_ids}
    named = _named(plan, every, ending_ids)
    codes |= {unit.code for unit in every.values()}
    goes: list[UnitGoes] = []
    opened: list[UnitState] = []
    for unit in sorted(ending, key=lambda unit: (len(unit.code), unit.code)):
        _check_begun(unit, plan.on)
        heir = named.get(unit.code)
        if heir is None:
            if unit.region_id in drawn.abolished:
                raise BadChange(
                    msg("单位“%(unit)s”设在将要撤销的区域，没有接替的单位。请先撤销它，或在方案里写明由谁接替。"),
                    unit=unit.name,
                )
            key = (*_like(unit)[:-1], to_region[unit.region_id])
            heir = there.get(key)
            if heir is None:
                heir = _set_up(unit, drawn, to_region[unit.region_id], codes, -len(opened) - 1)
                opened.append(heir)
                there[key] = heir
        goes.append(UnitGoes(unit, heir.unit_id))
    heirs = {one.unit.unit_id: one.to_id for one in goes}
    # A new unit's superior may have ended in the same plan.
    opened = [
        replace(unit, parent_id=heirs.get(unit.parent_id, unit.parent_id)) if unit.parent_id else unit
        for unit in opened
    ]
    return Succession(tuple(goes), tuple(opened))


def _like(unit: UnitState) -> tuple[object, ...]:
    """What makes two units the same office of two regions; others (teams, mediation bodies) stand for themselves."""
    own = None if unit.kind in ONE_A_REGION or unit.department else unit.name
    return unit.kind, unit.department, own, unit.region_id


def _named(plan: Plan, every: Mapping[int, UnitState], ending: set[int]) -> dict[str, UnitState]:
    by_code = {unit.code: unit for unit in every.values()}
    named = {}
    for line in plan.units:
        old, new = by_code.get(line.unit), by_code.get(line.successor)
        if old is None or old.unit_id not in ending:
            raise BadChange(msg("单位“%(code)s”不在将要结束的区域里，不用写接替单位。请核对编码。"), code=line.unit)
        if new is None or new.unit_id in ending or new.opened_on > plan.on:
            raise BadChange(msg("接替单位“%(code)s”那一天不在，或也将结束。请换一个单位。"), code=line.successor)
        named[line.unit] = new
    return named


def _check_begun(unit: UnitState, on: date) -> None:
    if unit.opened_on >= on:
        raise BadChange(
            msg("单位“%(unit)s”自 %(since)s 起才设立，不能从 %(on)s 结束。请改用更晚的日期。"),
            unit=unit.name,
            since=unit.opened_on,
            on=on,
        )


def _set_up(unit: UnitState, drawn: Redraw, region_id: int, codes: set[str], new_id: int) -> UnitState:
    """The same office for the region that takes the place."""
    old = next(state for state in drawn.ended if state.region_id == unit.region_id)
    new = next((state for state in drawn.begun if state.region_id == region_id), None)
    region_code = next(pair.new_code for pair in drawn.pairs if pair.old_id == unit.region_id)
    stem = f"{unit.code.removesuffix(old.code).rstrip('-')}-{region_code}"
    code = next(code for code in (stem, *(f"{stem}-{number}" for number in range(2, 10_000))) if code not in codes)
    codes.add(code)
    return replace(
        unit,
        unit_id=new_id,
        code=code,
        name=_renamed(unit.name, old, new),
        short_name=_renamed(unit.short_name, old, new),
        region_id=region_id,
        opened_on=drawn.on,
    )


def _renamed(name: str, old: State, new: State | None) -> str:
    """A unit's name with the new region's in the place of the old one's."""
    if new is None:
        return name
    for was, becomes in ((old.name, new.name), (old.short_name, new.short_name)):
        if was in name:
            return name.replace(was, becomes)[:100]
    return name


def _posts(drawn: Redraw, heirs: Mapping[int, int], posts: Sequence[PostState]) -> tuple[PostGoes, ...]:
    to_region = {pair.old_id: pair.new_id for pair in drawn.pairs}
    moved = [(post, _moved(post, drawn, heirs, to_region)) for post in posts]
    seats = {(post.unit_id, post.role, post.region_id, post.seat) for post, new in moved if new is None}
    roles = {seat[:3] for seat in seats}
    goes = []
    for post, new in sorted(((post, new) for post, new in moved if new is not None), key=lambda pair: pair[0].post_id):
        _check_post(post, drawn.on)
        key = (new.unit_id, new.role, new.region_id)
        if post.staff_id is None and key in roles and new.ranges is None:
            goes.append(PostGoes(post, None))
            continue
        seat = next(number for number in range(1, 10_000) if (*key, number) not in seats)
        seats.add((*key, seat))
        roles.add(key)
        goes.append(PostGoes(post, replace(new, seat=seat)))
    return tuple(goes)


def _moved(post: PostState, drawn: Redraw, heirs: Mapping[int, int], to_region: Mapping[int, int]) -> PostState | None:
    """The post as it goes on, without a seat yet; None where the redraw doesn't touch it."""
    region_id = to_region[post.region_id] if post.region_id in drawn.closed_ids else post.region_id
    new = replace(
        post,
        post_id=-post.post_id,
        unit_id=heirs.get(post.unit_id, post.unit_id),
        region_id=region_id,
        ranges=_follow(post.ranges, drawn),
        opened_on=drawn.on,
    )
    same = (post.unit_id, post.region_id, post.ranges) == (new.unit_id, new.region_id, new.ranges)
    return None if same else new


def _follow(ranges: CodeRanges | None, drawn: Redraw) -> CodeRanges | None:
    """A post's own set of codes, under the new codes: what it held wholly it goes on holding."""
    if ranges is None:
        return None
    before = {state.region_id: state for state in drawn.ended}
    after = {state.region_id: state for state in drawn.begun}
    held = [pair for pair in drawn.pairs if ranges.covers(before[pair.old_id].ranges)]
    partly = {pair.new_id for pair in drawn.pairs if pair not in held}
    result = ranges
    for pair in held:
        result = minus(result, before[pair.old_id].ranges)
    for pair in held:
        # Of a region that was merged it goes on holding what lay below: the rest of the whole was never the post's.
        if pair.old_id == pair.new_id or (pair.new_id < 0 and pair.new_id not in partly):
            result = result.union(after[pair.new_id].ranges)
    return result


def _check_post(post: PostState, on: date) -> None:
    if post.opened_on >= on or post.is_taken_later:
        raise BadChange(
            msg("岗位“%(post)s”在 %(on)s 或之后才设立，或另有人任职。请先改定任职，或改用更晚的日期。"),
            post=post.title,
            on=on,
        )
