"""What a grid worker's page shows: what is due, what else is open in the grid, and who holds the posts above it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.queries import DeskCount, ListFilter, MatterRow
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.grid.policy import due_stages

MOST = 10
"""How many of each part the page shows; the rest is in the list that its heading leads to."""
ASKED = (Level.GRID, Level.COMMUNITY, Level.TOWNSHIP)


@dataclass(frozen=True, slots=True)
class Today:
    """The grid's day: `due` waits for its staff, `near` is open in the grid and waits for others."""

    region_name: str
    count: DeskCount
    due: tuple[MatterRow, ...]
    near: tuple[MatterRow, ...]


def today(actor: Actor, *, kinds: Sequence[Kind], now: datetime) -> Today:
    """What the page of the actor's grid shows; about 15 queries whatever its size."""
    stages = due_stages(kinds)
    mine = ListFilter(stages=stages, unit_id=actor.unit_id, part="lead", region_code=actor.region_code)
    due = matters.matters_page(mine, now=now, actor=actor, size=MOST).rows
    ids = {row.id for row in due}
    around = matters.matters_page(ListFilter(region_code=actor.region_code), now=now, actor=actor, size=2 * MOST)
    return Today(
        region_name=region_name(actor, now.date()),
        count=matters.desk_count(mine, now=now, actor=actor),
        due=due,
        near=tuple(row for row in around.rows if row.id not in ids and row.stage not in stages)[:MOST],
    )


def region_name(actor: Actor, on: date) -> str:
    """What the acting post's grid is called, with its community; its code where it is gone."""
    found = organisation.region_of_code(actor.region_code, on) if actor.region_code else None
    return " ".join(found.path.split(" ")[-2:]) if found else actor.region_code


@dataclass(frozen=True, slots=True)
class Ask:
    """A post to turn to: its unit, what it is called, who holds it (empty: vacant)."""

    unit_name: str
    title: str
    holder: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The posts of one place on the way up."""

    region_name: str
    posts: tuple[Ask, ...]


def whom_to_ask(actor: Actor, on: date) -> tuple[Asked, ...]:
    """Who holds the posts of the actor's grid, community and township, nearest first; 2 queries."""
    rows = [row for row in organisation.responsible_on(actor.region_code, on) if row.level in ASKED]
    regions = dict.fromkeys((row.region_code, row.region_name) for row in rows)
    return tuple(
        Asked(
            name,
            tuple(Ask(row.unit_name, row.title, row.staff_name or "") for row in rows if row.region_code == code),
        )
        for code, name in regions
    )
