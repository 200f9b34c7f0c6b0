"""The start page: how much is late and where it sits, below the region that is looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.turns import WITH_LINKED, WITH_REPORTER, WITH_UNIT, stages_of_turn
from shanzhi.kernel.matters.queries import EndedCount, Repeated, TallyRow
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import BadCode, Level
from shanzhi.kernel.organisation.queries import RegionRow
from shanzhi.modules.oversight.policy import Dimension, week_of

GRID_DIGITS = 15
OWN = msg("没有细到下一级")
NO_CATEGORY = msg("还没有分类")
CLOSED_UNIT = msg("已撤销的单位")
NOBODYS = {WITH_REPORTER: msg("等反映人"), WITH_LINKED: msg("等并案、拆分的各件")}
"""Lines for what is no unit's turn."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table: its name (a message id where we made it), its counts, the conditions by which the list of
    matters shows the same, and the region that lies below it (empty: none)."""

    name: str
    row: TallyRow
    adds: Mapping[str, str]
    below: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """The big numbers, with the conditions of the lists that they lead to."""

    whole: TallyRow
    ended: EndedCount
    repeated: Repeated
    week_from: date
    resident_stages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """The page: the line from the actor's own region down to the one looked at (codes and names), the conditions that
    all its lists share, the big numbers and the tables."""

    path: tuple[tuple[str, str], ...]
    adds: Mapping[str, str]
    figures: Figures
    tables: Mapping[Dimension, tuple[Line, ...]] = field(default_factory=dict)

    @property
    def region_code(self) -> str:
        """The region that is looked at; empty: all that is seen."""
        return self.adds.get("region", "")


def overview(actor: Actor, *, region: str, kinds: Sequence[Kind], now: datetime) -> Overview:
    """What the page of a region shows (empty, or one out of the actor's reach: the actor's own); 2 queries."""
    on = local_date(now)
    path = path_to(actor, region, on)
    code = path[-1][0] if path else ""
    below = below_of(code or actor.region_code, on)
    waiting, turns = stages_of_turn(kinds, WITH_REPORTER), stages_of_turn(kinds, WITH_UNIT)
    digits = min((len(row.code) for row in below), default=GRID_DIGITS)
    counted = matters.tally(code, digits=digits, resident_stages=waiting, turn_stages=turns, now=now)
    since = week_of(on)
    base = {"region": code} if code else {}
    return Overview(
        path=path,
        adds=base,
        figures=Figures(
            counted.whole,
            *matters.ended_and_repeated(code, since=since, until=on, collective=_collective(kinds)),
            since,
            waiting,
        ),
        tables={
            Dimension.REGION: tuple(_regions(counted.regions, below, digits)),
            Dimension.UNIT: tuple(_units(counted.units, base, on)),
            Dimension.CATEGORY: tuple(_categories(counted.categories, base)),
            Dimension.KIND: tuple(_kinds(counted.kinds, base, kinds)),
        },
    )


def _collective(kinds: Sequence[Kind]) -> int:
    """From how many reports on a problem is collective: what the kinds that link say, the least where they differ, so that one
    number leads to one list."""
    return min((kind.linking.collective for kind in kinds if kind.linked_stage), default=5)


def path_to(actor: Actor, region: str, on: date) -> tuple[tuple[str, str], ...]:
    """From the actor's own region down to the one asked for; the actor's own where that isn't below it; empty where the
    actor sees in another way than by one region."""
    root = matters.root_of(actor)
    if not root:
        return ()
    try:
        rows = organisation.path(region if region.startswith(root) else root, on)
    except BadCode:
        rows = []
    rows = [row for row in rows if row.code.startswith(root)] or organisation.path(root, on)[-1:]
    return tuple((row.code, row.short_name) for row in rows)


def below_of(code: str, on: date) -> list[RegionRow]:
    """The regions one level below that share nothing with each other: zones lie across."""
    return [row for row in organisation.children(code, on) if row.level is not Level.ZONE] if code else []


def _regions(rows: Sequence[TallyRow], below: Sequence[RegionRow], digits: int) -> list[Line]:
    names = {row.code: row for row in below}
    lines = []
    for row in rows:
        region = names.get(row.item)
        if region is not None:
            deeper = row.item if region.level is not Level.GRID else ""
            lines.append(Line(region.short_name, row, {"region": row.item}, deeper))
        elif len(row.item) < digits:
            lines.append(Line(OWN, row, {"region": f"{row.item}."}))
        else:
            lines.append(Line(row.item, row, {"region": row.item}))
    return lines


def _units(rows: Sequence[TallyRow], base: Mapping[str, str], on: date) -> list[Line]:
    """What it is a unit's turn to do: its own desks show as many. What waits for somebody else comes last."""
    mine = [row for row in rows if row.item not in NOBODYS]
    found = organisation.units_by_ids([int(row.item) for row in mine], on)
    names = {unit_id: unit.name for unit_id, unit in found.items()}
    lines = [
        Line(names.get(int(row.item), CLOSED_UNIT), row, {**base, "holder": row.item, "stage": WITH_UNIT})
        for row in mine
    ]
    others = [row for row in rows if row.item in NOBODYS]
    return [*lines, *(Line(NOBODYS[row.item], row, {**base, "stage": row.item}) for row in others)]


def _categories(rows: Sequence[TallyRow], base: Mapping[str, str]) -> list[Line]:
    names = {group.code: group.name for group in matters.categories().groups}
    return [
        Line(names.get(row.item, row.item) if row.item else NO_CATEGORY, row, {**base, "category": f"{row.item}."})
        for row in rows
    ]


def _kinds(rows: Sequence[TallyRow], base: Mapping[str, str], kinds: Sequence[Kind]) -> list[Line]:
    names = {kind.code: kind.name for kind in kinds}
    return [Line(names.get(row.item, row.item), row, {**base, "kind": row.item}) for row in rows]
