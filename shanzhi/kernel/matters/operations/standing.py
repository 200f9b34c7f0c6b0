"""How an actor stands to a matter, from the rows that hang on it: the case that the process judges, for buttons and deeds."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.clock.policy import working_days_between
from shanzhi.kernel.matters.models import Ask, Assignment, Clock, Matter
from shanzhi.kernel.matters.operations.asking import ruled_county
from shanzhi.kernel.matters.operations.clocks import calendars, running
from shanzhi.kernel.matters.operations.helping import helpers_of
from shanzhi.kernel.matters.operations.passing import ESCALATING, FROM_COUNTY_UP
from shanzhi.kernel.matters.policy.parting import whole_of
from shanzhi.kernel.matters.policy.process import AskState, AskType, Case, ClockState, Kind, Role, Verb
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level, level_of

_DECIDED = frozenset({"granted", "declined"})
GRID_ROLES = frozenset({Role.GRID_CHIEF.value, Role.GRID_WORKER.value})


def case_of(
    matter: Matter,
    kind: Kind,
    actor: Actor,
    rows: Sequence[Assignment],
    *,
    asks: Iterable[Ask],
    clocks: Iterable[Clock],
    now: datetime,
    has_linked: bool = False,
) -> Case:
    """The actor before the matter, from all its shares, all that was asked about it and all its clocks. `has_linked`: others
    are linked under it."""
    asks = list(asks)
    mine = _share_of(matter, actor, rows)
    is_in_line, has_level_above, is_from_county = _line(matter, kind, actor, now)
    handled = {row.handled_by_id for row in rows if row.handled_by_id is not None}
    return Case(
        kind,
        matter.stage,
        roles=frozenset(actor.roles),
        is_lead=mine is not None and mine.part == "lead",
        is_led=any(row.part == "lead" and row.ended_at is None for row in rows),
        is_co=mine is not None and mine.part == "co",
        is_intake=is_intake(matter, actor),
        is_reporter=actor.kind == "reporter" and matter.follow_hash in actor.follow,
        did=frozenset({Role.HANDLER} if actor.staff_id in handled else ()),
        is_colleague=_was_handled_by(actor.unit_id, rows),
        counts=matter.counts,
        asks=_ask_states(asks, actor, kind, now),
        clocks=tuple(ClockState(row.code, now > row.due_at, row.paused_at is not None) for row in running(clocks)),
        is_content=matter.solved is True,
        has_helpers=bool(helpers_of(rows)),
        is_part=bool(whole_of(matter.number)),
        has_level_above=has_level_above,
        is_in_line=is_in_line,
        is_ruled=_is_ruled(kind, rows, asks, now),
        has_linked=has_linked,
        is_settled=_is_settled(matter, kind, actor, asks),
        is_from_county=is_from_county,
    )


def _is_ruled(kind: Kind, rows: Iterable[Assignment], asks: Iterable[Ask], now: datetime) -> bool:
    """Has the lead the matter by a ruling, or has had it since before one that left it there? Where nobody is in that unit any
    more, or another took over from it, the matter may be passed on. 1 query, of what was ruled alone."""
    codes = {action.ask for action in kind.verb(Verb.RULE) if "lead" in action.needs}
    last = max(
        (row.decided_at for row in asks if row.code in codes and row.state in _DECIDED and row.decided_at), default=None
    )
    lead = next((row for row in rows if row.part == "lead" and row.ended_at is None), None)
    if last is None or lead is None or lead.assigned_at > last:
        return False
    return bool(organisation.held_roles_of_units([lead.unit_id], local_date(now)))


def _is_settled(matter: Matter, kind: Kind, actor: Actor, asks: Iterable[Ask]) -> bool:
    """Is the acting centre asked to take over what a ruling gave its county before? 1 query, where it is asked at all."""
    codes = {each.code for each in kind.asks if each.type is AskType.CROSS}
    put = next(
        (row for row in asks if row.code in codes and row.state == "open" and row.to_unit_id == actor.unit_id), None
    )
    return put is not None and ruled_county(matter.category, put.amount, matter.scope_code) == actor.unit_id


def _line(matter: Matter, kind: Kind, actor: Actor, now: datetime) -> tuple[bool, bool, bool]:
    """Does the acting unit stand in the line of levels, is there one above its own, is it a county's or above? Asked only where
    it could escalate, or ask another county."""
    passing = [
        *kind.verb_at(Verb.ESCALATE, matter.stage),
        *(each for each in kind.verb_at(Verb.ASK, matter.stage) if kind.ask(each.ask).type is AskType.CROSS),
    ]
    may_pass = any(actor.roles & {str(role) for role in each.by} for each in passing)
    unit = organisation.unit_by_id(actor.unit_id or 0, local_date(now)) if may_pass else None
    if unit is None:
        return True, True, True
    is_grid = level_of(actor.region_code) is Level.GRID
    above = organisation.unit_above(matter.scope_code, Level.GRID if is_grid else unit.level, local_date(now))
    # Above a grid stands its community: the same unit, in which the grid's workers have their posts.
    has_above = above is not None and (is_grid or above.id != unit.id)
    return unit.kind in ESCALATING, has_above, unit.level in FROM_COUNTY_UP


def _ask_states(asks: Iterable[Ask], actor: Actor, kind: Kind, now: datetime) -> tuple[AskState, ...]:
    """How what may be asked about a matter stands, seen by this actor, from all that was asked about it."""
    rows = list(asks)
    # Of those that several units have at once, the acting unit's own.
    open_rows = {
        row.code: row
        for row in sorted(rows, key=lambda row: (row.to_unit_id == actor.unit_id, row.pk))
        if row.state == "open"
    }
    newest = {row.code: row.asked_at for row in rows}
    calendar = calendars(local_date(now))(kind.calendar)
    granted, declined = (Counter(row.code for row in rows if row.state == state) for state in ("granted", "declined"))
    return tuple(
        AskState(
            code,
            is_open=(row := open_rows.get(code)) is not None,
            is_mine=row is not None and row.staff_id is not None and row.staff_id == actor.staff_id,
            is_to_us=row is not None and row.to_unit_id == actor.unit_id,
            granted=granted[code],
            declined=declined[code],
            is_ours=row is not None and row.unit_id == actor.unit_id,
            is_today=working_days_between(newest[code], now, calendar) == 0,
        )
        for code in dict.fromkeys(row.code for row in rows)
    )


def _was_handled_by(unit_id: int | None, rows: Iterable[Assignment]) -> bool:
    """Did this unit take the matter in hand, by any of its shares?"""
    return any(row.unit_id == unit_id and row.taken_at is not None for row in rows)


def _share_of(matter: Matter, actor: Actor, rows: Sequence[Assignment]) -> Assignment | None:
    """The open share of the acting post's unit. Grids of one community share its unit: where the matter lies in a grid,
    a post of another grid has none of it."""
    if not actor.is_post or (actor.role in GRID_ROLES and _is_elsewhere(matter, actor)):
        return None
    return next((row for row in rows if row.ended_at is None and row.unit_id == actor.unit_id), None)


def _is_elsewhere(matter: Matter, actor: Actor) -> bool:
    return level_of(matter.scope_code) is Level.GRID and not actor.ranges.contains(matter.scope_code)


def is_intake(matter: Matter, actor: Actor) -> bool:
    """Does the actor answer for the matter's intake: its centre, or one whose place it lies in?"""
    return (
        actor.unit_id == matter.intake_unit_id
        or actor.ranges.contains(matter.scope_code)
        or actor.intake.contains(matter.scope_code)
    )
