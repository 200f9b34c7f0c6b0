"""A region as of a day with its history and figures, and what a plan would do."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from shanzhi.core.errors import NotFound
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.policy.plan import Plan, check_left_open
from shanzhi.kernel.organisation.policy.succession import Succession
from shanzhi.kernel.organisation.queries import PastState, RegionRow, UnitLeft
from shanzhi.modules.keeper.policy import check_drawn, month_bounds


@dataclass(frozen=True, slots=True)
class Figures:
    """Matters of a month: under the tree of each day, and under today's. None: the region wasn't, or isn't, there."""

    month: date
    reported_then: int | None
    ended_then: int | None
    reported_now: int | None
    ended_now: int | None


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One state of a region, with its parent's name in that time."""

    state: PastState
    parent: str


@dataclass(frozen=True, slots=True)
class RegionPage:
    """A region as of a day: those above it, those below, its states, its figures. `at` is its last state by that day."""

    row: RegionRow | None
    region_id: int
    name: str
    above: tuple[RegionRow, ...]
    below: tuple[RegionRow, ...]
    history: tuple[HistoryLine, ...]
    became: RegionRow | None
    figures: Figures


def region_page(region_id: int | None, on: date, month: date, now: datetime) -> RegionPage:
    """A region on the day `on`, the whole city where none is named; figures of the month that begins on `month`.

    Raises:
        NotFound: there is no such region at all.
    """
    today = local_date(now)
    with queries.one_tree():
        if region_id is None:
            region_id = next((row.id for row in queries.top_regions(on) or queries.top_regions(today)), 0)
        past = queries.region_history(region_id)
        if not past:
            raise NotFound(msg("没有这个区域。请从区划首页重新选择。"))
        row = queries.region_by_id(region_id, on)
        became = None if row else _became(region_id, past, on)
        return RegionPage(
            row,
            region_id,
            row.name if row else past[-1].name,
            tuple(queries.path(row.code, on)[:-1]) if row else (),
            tuple(queries.children(row.id, on)) if row else (),
            tuple(HistoryLine(state, _name_of(state.parent_id, state.since)) for state in reversed(past)),
            became,
            figures(past, month, today),
        )


def _became(region_id: int, past: list[PastState], on: date) -> RegionRow | None:
    if on < past[0].since:
        return None
    heir = queries.region_became(region_id, past[0].since, on)
    return None if heir is None else queries.region_by_id(heir, on)


def _name_of(region_id: int | None, on: date) -> str:
    row = None if region_id is None else queries.region_by_id(region_id, on)
    return row.short_name if row else ""


def figures(states: Sequence[PastState], month: date, today: date) -> Figures:
    """A month's matters in a region of these states and all below it, under both trees."""
    bounds = month_bounds(month, queries.days_of_change(month, today))
    days = [local_date(bound) for bound in bounds]
    rows = matters.region_figures(bounds)
    placed = queries.places_then_and_now({(row.code, days[row.period]) for row in rows}, today)
    then = {day: _true_on(states, day) for day in days[:-1]}
    now = _true_on(states, today)
    total = {"then": [0, 0], "now": [0, 0]}
    for row in rows:
        day = days[row.period]
        where, region = placed[(row.code, day)], then[day]
        if region is not None and where.then is not None and region.ranges.contains(where.then):
            _add(total["then"], row)
        if now is not None and where.now is not None and now.ranges.contains(where.now):
            _add(total["now"], row)
    was = any(then.values())
    return Figures(
        month,
        total["then"][0] if was else None,
        total["then"][1] if was else None,
        total["now"][0] if now else None,
        total["now"][1] if now else None,
    )


def _true_on(states: Sequence[PastState], on: date) -> PastState | None:
    return next((state for state in states if state.is_true_on(on)), None)


def _add(pair: list[int], row: matters.RegionFigure) -> None:
    pair[0] += row.reported
    pair[1] += row.ended


@dataclass(frozen=True, slots=True)
class TriedRegion:
    """What becomes of one region, as code and name: None where it is new, or where it is closed and nothing follows."""

    before: tuple[str, str] | None
    after: tuple[str, str] | None
    open: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What a plan would do, on the tree of `version`. `uncentred`: new regions that have no governance centre. `by_hand`:
    of a plan that takes another back, the units that don't come back with it."""

    plan: Plan
    version: UUID | None
    regions: tuple[TriedRegion, ...]
    succession: Succession
    unit_names: dict[int, str]
    open_matters: int
    handed_on: int
    ended_since: bool
    uncentred: tuple[str, ...]
    by_hand: tuple[UnitLeft, ...] = ()


def tried(plan: Plan, actor: Actor, now: datetime) -> Tried:
    """What `plan` would do.

    Raises:
        BadChange: it can't be.
        NotAllowed: a region lies outside the actor's place.
    """
    preview = queries.plan_preview(plan)
    drawn, goes = preview.drawn, preview.succession
    check_drawn(actor.place, drawn)
    check_left_open(drawn)
    counts = matters.open_matters_of({pair.old_id: pair.old_code for pair in drawn.pairs})
    after = {state.region_id: (state.code, state.name) for state in drawn.begun}
    for pair in drawn.pairs:
        if pair.new_id not in after and pair.old_id not in drawn.abolished:
            stays = queries.region_by_id(pair.new_id, plan.on)
            after[pair.new_id] = (pair.new_code, stays.name if stays else "")
    heirs = {pair.old_id: pair.new_id for pair in drawn.pairs}
    rows = [
        TriedRegion(
            (state.code, state.name),
            None if state.region_id in drawn.abolished else after[heirs.get(state.region_id, state.region_id)],
            counts.get(state.region_id, 0),
        )
        for state in drawn.ended
    ]
    taken = set(heirs.values())
    rows += [TriedRegion(None, after[state.region_id], 0) for state in drawn.opened if state.region_id not in taken]
    known = queries.units_by_ids([one.to_id for one in goes.units if one.to_id > 0], plan.on)
    names = {unit_id: unit.name for unit_id, unit in known.items()} | {unit.unit_id: unit.name for unit in goes.opened}
    centred = {unit.region_id for unit in goes.opened if unit.kind is UnitKind.CENTRE}
    return Tried(
        plan,
        preview.version,
        tuple(rows),
        goes,
        names,
        sum(counts.values()),
        matters.open_matters_of_units([one.unit.unit_id for one in goes.units]),
        plan.on < local_date(now),
        tuple(state.name for state in drawn.opened if state.level is Level.TOWNSHIP and state.region_id not in centred),
        queries.undo_leaves(plan.undoes, drawn) if plan.undoes else (),
    )
