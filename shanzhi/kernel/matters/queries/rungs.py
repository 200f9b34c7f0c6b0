"""Why a matter reached somebody: which rungs of the ladder were told of its clocks."""

from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.policy.clocks import STAGE
from shanzhi.kernel.matters.policy.ladder import At, Tell
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.queries.hanging import Hanging
from shanzhi.kernel.matters.rulebook import ladder
from shanzhi.kernel.organisation import queries as organisation


@dataclass(frozen=True, slots=True)
class RungLine:
    """One telling: when, of which clock (message id of its name), near its limit or so many working days past it, by which
    rung (from 1), whom, and whether the one who looks is meant."""

    told_at: datetime
    clock_name: str
    is_near: bool
    days: int
    rung: int
    tell: Tell
    for_me: bool


def rung_lines(hung: Hanging, kind: Kind, actor: Actor, now: datetime) -> tuple[RungLine, ...]:
    """What the ladder told of a matter's clocks, oldest first; no query.

    Rungs that today's ladder doesn't have any more are left out.
    """
    near = {row.pk: row for row in hung.clocks if row.warn_at <= (row.stopped_at or now)}
    places = {rung.code: (place, rung) for place, rung in enumerate(ladder().rungs, start=1)}
    told = [row for row in hung.rungs if row.rung in places and row.clock_id in near]
    lines = []
    for row in told:
        place, rung = places[row.rung]
        clock = near[row.clock_id]
        lines.append(
            RungLine(
                told_at=row.told_at,
                clock_name=kind.stage(clock.stage).name if clock.code == STAGE else kind.clock(clock.code).name,
                is_near=rung.at is At.WARNING,
                days=rung.days,
                rung=place,
                tell=rung.tell,
                for_me=_is_meant(rung.tell, hung.matter, actor, now),
            )
        )
    return tuple(lines)


def _is_meant(tell: Tell, matter: Matter, actor: Actor, now: datetime) -> bool:
    """Is it the actor's unit that such a rung tells, as things stand now?"""
    if tell in (Tell.HOLDER, Tell.UNIT):
        return actor.unit_id == matter.holder_unit_id
    if tell is Tell.CENTRE:
        return actor.unit_id == matter.intake_unit_id
    on = local_date(now)
    holder = organisation.units_by_ids([matter.holder_unit_id or 0], on).get(matter.holder_unit_id or 0)
    above = organisation.unit_above(matter.scope_code, holder.level, on) if holder else None
    return above is not None and actor.unit_id == above.id
