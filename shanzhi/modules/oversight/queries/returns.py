"""Who gave open matters back, to whom they went next, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.oversight.queries.overview import CLOSED_UNIT, path_to

NO_GROUND = msg("理由未记")


@dataclass(frozen=True, slots=True)
class BounceLine:
    """Open matters that went back from one unit and on to another, by ground; `adds` are the conditions of their list."""

    from_unit: str
    to_unit: str
    ground: str
    matters: int
    adds: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Bounced:
    """The page: the way down to the region that is looked at, and its lines, most matters first."""

    path: tuple[tuple[str, str], ...]
    lines: tuple[BounceLine, ...]


def bounced(actor: Actor, *, region: str, now: datetime) -> Bounced:
    """Pairs of units with the grounds on which open matters went back and forth between them; 3 queries."""
    on = local_date(now)
    path = path_to(actor, region, on)
    code = path[-1][0] if path else ""
    found = matters.bounces(code)
    units = organisation.units_by_ids({unit for row in found for unit in (row.from_unit_id, row.to_unit_id)}, on)
    names = {unit_id: unit.name for unit_id, unit in units.items()}
    grounds = matters.grounds().by_code
    base = {"region": code} if code else {}
    return Bounced(
        path,
        tuple(
            BounceLine(
                names.get(row.from_unit_id, CLOSED_UNIT),
                names.get(row.to_unit_id, CLOSED_UNIT),
                grounds[row.ground].name if row.ground in grounds else NO_GROUND,
                row.matters,
                {**base, "bounced": f"{row.from_unit_id}~{row.to_unit_id}~{row.ground}"},
            )
            for row in found
        ),
    )
