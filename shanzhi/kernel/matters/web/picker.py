"""Choosing units and regions among hundreds: what is chosen and suggested first, the rest by a word of the name.

Works as a plain form (a button "查找" sends it and gets it back), and by htmx while somebody types.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import UnitRow

FOUND_MOST = 12
REGION_LEVELS = (Level.COUNTY, Level.ZONE, Level.TOWNSHIP, Level.COMMUNITY)
REGION_DIGITS = 15


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a picker; `note` says why it is there or what it is."""

    value: str
    label: str
    note: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """A field that is chosen from a long list: `kind` unit, units or region; `words` what was searched for."""

    name: str
    kind: str
    chosen: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    words: str = ""
    options: tuple[Option, ...] = ()

    @property
    def is_multiple(self) -> bool:
        """May several be chosen?"""
        return self.kind == "units"

    @property
    def found_nothing(self) -> bool:
        """Did a search find nothing at all?"""
        return bool(self.words.strip()) and all(option.chosen for option in self.options)


def search_name(field: str) -> str:
    """The name of a picker's search box."""
    return f"q_{field}"


def picker(
    request: ActingRequest,
    name: str,
    kind: str,
    *,
    chosen: Iterable[str] = (),
    suggested: Sequence[str] = (),
    words: str = "",
) -> Picker:
    """The picker with its lines: chosen first, then suggested, then what `words` find. At most 3 queries."""
    picked = tuple(dict.fromkeys(value for value in chosen if value.isdigit()))
    make = _region_options if kind == "region" else _unit_options
    options = make(request, picked, suggested, words.strip())
    return Picker(name, kind, picked, tuple(suggested), words.strip(), options)


def within(actor: Actor, on: date) -> CodeRanges:
    """Where an actor may pick: its own ranges, else the whole city. 1 query at most."""
    own = actor.ranges.union(actor.intake)
    if own:
        return own
    top = organisation.top_regions(on)
    return CodeRanges.of(span for region in top for span in region.ranges)


def _unit_options(
    request: ActingRequest, chosen: tuple[str, ...], suggested: Sequence[str], words: str
) -> tuple[Option, ...]:
    on = local_date(request.now)
    first = [int(value) for value in dict.fromkeys((*chosen, *suggested)) if len(value) < REGION_DIGITS]
    rows: dict[int, UnitRow] = {}
    if first:
        known = organisation.units_by_ids(first, on)
        rows = {unit_id: known[unit_id] for unit_id in first if unit_id in known}
    if words:
        found = organisation.units_within(within(request.actor, on), on, text=words, limit=FOUND_MOST)
        rows |= {row.id: row for row in found if row.id not in rows}
    return tuple(
        Option(
            str(row.id),
            row.name,
            gettext(msg("建议")) if str(row.id) in suggested else "",
            str(row.id) in chosen,
        )
        for row in rows.values()
    )


def _region_options(
    request: ActingRequest, chosen: tuple[str, ...], suggested: Sequence[str], words: str
) -> tuple[Option, ...]:
    on = local_date(request.now)
    made: dict[str, Option] = {}
    for code in dict.fromkeys((*chosen, *suggested)):
        row = organisation.region_of_code(code, on) if len(code) <= REGION_DIGITS else None
        if row is not None:
            made[code] = Option(code, row.path or row.name, "", code in chosen)
    if words:
        scope = within(request.actor, on)
        for row in organisation.find_regions(words, on=on, within=scope, levels=REGION_LEVELS, limit=FOUND_MOST):
            made.setdefault(row.code, Option(row.code, row.path or row.name, "", row.code in chosen))
    return tuple(made.values())
