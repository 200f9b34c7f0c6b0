"""Choosing units and regions among hundreds: what is chosen and suggested first, the rest by a word of the name.

Works as a plain form (a button "查找" sends it and gets it back), and by htmx while somebody types.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils.translation import gettext

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import Receiving, current_kind, fit_units, live_kinds
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import BadCode, Level
from shanzhi.kernel.organisation.queries import PlaceRow

FOUND_MOST = 12
LOOKED_AT = 200
"""Units of a name among which those are looked for that may be given a matter."""
REGION_LEVELS = (Level.COUNTY, Level.ZONE, Level.TOWNSHIP, Level.COMMUNITY)
CODE_LENGTHS = (2, 4, 6, 9, 12, 15)
ELSEWHERE = "elsewhere"
"""Regions of the whole city, whatever the actor's own place is."""
DIGITS = 15
"""No unit's id and no region's code is longer."""


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a picker; `note` says why it is there or what it is."""

    value: str
    label: str
    note: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Picker:
    """A field that is chosen from a long list: `kind` unit, units, region or place; `words` what was searched for."""

    name: str
    kind: str
    chosen: tuple[str, ...] = ()
    suggested: tuple[str, ...] = ()
    words: str = ""
    options: tuple[Option, ...] = ()
    query: str = ""
    """What the address that finds more has to know."""

    @property
    def is_multiple(self) -> bool:
        """May several be chosen?"""
        return self.kind == "units"

    @property
    def found_nothing(self) -> bool:
        """Did a search find nothing at all?"""
        return bool(self.words.strip()) and all(
            option.chosen and self.words not in option.label for option in self.options
        )


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
    known: Mapping[str, str] | None = None,
    note: str = "",
    wanted: Receiving | None = None,
) -> Picker:
    """The picker with its lines: chosen first, then suggested, then what `words` find. At most 3 queries, 1 more where
    `wanted` says for what a unit is chosen: those are found that may be given it.

    `known` are values whose names the page has already: value → name; they aren't looked up again. `note`: in a word why
    what is suggested is.
    """
    picked = tuple(dict.fromkeys(value for value in chosen if is_id(value)))
    first = tuple(dict.fromkeys((*picked, *suggested)))
    names = {value: name for value, name in (known or {}).items() if value in first}
    find_names, search = _OF_KIND.get(kind, (_unit_names, _units))
    names |= find_names(request, [value for value in first if value not in names])
    lines = {value: names[value] for value in first if value in names}
    words = clean_text(words)
    if words:
        found = search(request, words) if wanted is None else _units_for(request, words, wanted)
        lines |= _without(found, lines)
    note = "" if kind == ELSEWHERE else note or gettext(msg("建议"))
    options = tuple(
        Option(value, label, note if value in suggested else "", value in picked) for value, label in lines.items()
    )
    return Picker(name, kind, picked, tuple(suggested), words, options, _query(wanted))


def _query(wanted: Receiving | None) -> str:
    """For what a unit is chosen, for the address that finds more."""
    if wanted is None:
        return ""
    told = {"process": wanted.kind.code, "do": wanted.action, "category": wanted.category}
    return urlencode({**told, "without": sorted(wanted.without)}, doseq=True)


def wanted_of(query: QueryDict, kind: str) -> Receiving | None:
    """For what a unit is chosen, as the address says it; None where it doesn't."""
    code = str(query.get("process", ""))
    if code not in live_kinds():
        return None
    without = frozenset(int(value) for value in query.getlist("without") if is_id(value))
    return Receiving(current_kind(code), query.get("do", ""), query.get("category", ""), kind == "units", without)


def units_below(code: str, request: ActingRequest) -> list[str]:
    """Ids of the community and the township in which a place lies; no query."""
    wanted = [f"community-{code[:12]}", f"township-{code[:9]}"]
    found = organisation.units_by_codes(wanted, local_date(request.now))
    return [str(found[each].id) for each in wanted if each in found]


def elsewhere_picker(request: ActingRequest, name: str, here: str, data: QueryDict | None) -> Picker:
    """A picker of places in the whole city: the counties beside the matter's own stand there to choose."""
    on = local_date(request.now)
    counties = [row for top in organisation.top_regions(on) for row in organisation.children(top.code, on)]
    others = [row.code for row in counties if row.level is Level.COUNTY and not here.startswith(row.code)]
    return picker(
        request,
        name,
        ELSEWHERE,
        chosen=data.getlist(name) if data is not None else (),
        suggested=others[:FOUND_MOST],
        words=data.get(search_name(name), "") if data is not None else "",
    )


def _without(found: dict[str, str], there: Mapping[str, str]) -> dict[str, str]:
    return {value: label for value, label in found.items() if value not in there}


def within(actor: Actor, on: date) -> CodeRanges:
    """Where an actor may pick: its own ranges, else the whole city. 1 query at most."""
    own = actor.ranges.union(actor.intake)
    if own:
        return own
    top = organisation.top_regions(on)
    return CodeRanges.of(span for region in top for span in region.ranges)


def _unit_names(request: ActingRequest, values: Sequence[str]) -> dict[str, str]:
    if not values:
        return {}
    rows = organisation.units_by_ids([int(value) for value in values], local_date(request.now))
    return {str(row.id): row.name for row in rows.values()}


def _units(request: ActingRequest, words: str) -> dict[str, str]:
    on = local_date(request.now)
    rows = organisation.units_within(within(request.actor, on), on, text=words, limit=FOUND_MOST)
    return {str(row.id): row.name for row in rows}


def _units_for(request: ActingRequest, words: str, wanted: Receiving) -> dict[str, str]:
    on = local_date(request.now)
    rows = organisation.units_within(within(request.actor, on), on, text=words, limit=LOOKED_AT)
    return {str(row.id): row.name for row in fit_units(rows, wanted, on)[:FOUND_MOST]}


def _region_names(request: ActingRequest, values: Sequence[str]) -> dict[str, str]:
    rows = (organisation.region_of_code(value, local_date(request.now)) for value in values if is_code(value))
    return {row.code: row.path or row.name for row in rows if row is not None}


def _regions(request: ActingRequest, words: str) -> dict[str, str]:
    on = local_date(request.now)
    scope = within(request.actor, on)
    rows = organisation.find_regions(words, on=on, within=scope, levels=REGION_LEVELS, limit=FOUND_MOST)
    return {row.code: row.path or row.name for row in rows}


def _any_regions(request: ActingRequest, words: str) -> dict[str, str]:
    on = local_date(request.now)
    scope = CodeRanges.of(span for region in organisation.top_regions(on) for span in region.ranges)
    rows = organisation.find_regions(words, on=on, within=scope, levels=REGION_LEVELS, limit=FOUND_MOST)
    return {row.code: row.path or row.name for row in rows}


def _place_names(request: ActingRequest, values: Sequence[str]) -> dict[str, str]:
    if not values:
        return {}
    rows = organisation.places_by_ids([int(value) for value in values], local_date(request.now))
    return {str(row.id): _named(row) for row in rows.values()}


def _places(request: ActingRequest, words: str) -> dict[str, str]:
    on = local_date(request.now)
    rows = organisation.find_places(words, on, ranges=within(request.actor, on), limit=FOUND_MOST)
    return {str(row.id): _named(row) for row in rows}


def place_known(row: PlaceRow) -> dict[str, str]:
    """A place that the page has read already, as what `picker` takes for known."""
    return {str(row.id): _named(row)}


def _named(row: PlaceRow) -> str:
    return f"{row.name}（{row.region_path}）"


Names = Callable[[ActingRequest, Sequence[str]], dict[str, str]]
Search = Callable[[ActingRequest, str], dict[str, str]]
_OF_KIND: dict[str, tuple[Names, Search]] = {
    "region": (_region_names, _regions),
    ELSEWHERE: (_region_names, _any_regions),
    "place": (_place_names, _places),
}


def is_id(text: str) -> bool:
    """Can it be a unit's id or a region's code? "²" is a digit too, and no number."""
    return text.isascii() and text.isdigit() and len(text) <= DIGITS


def is_code(text: str) -> bool:
    """Has it the shape of a region code, so that it may be looked up?"""
    return text.isascii() and text.isdigit() and len(text) in CODE_LENGTHS


def region_choices(chosen: str, on: date) -> list[tuple[str, str]]:
    """The city's counties and zones; below them the chosen one's line and what lies under it; and the chosen one itself."""
    listed: list[tuple[str, str]] = []
    line = [row.code for row in organisation.path(chosen, on)] if chosen.isdigit() and len(chosen) <= 12 else []
    for top in organisation.top_regions(on):
        listed += _below(top.code, line, on, "")
    return listed if chosen in dict(listed) else [*listed, *_chosen(chosen, on)]


def _chosen(chosen: str, on: date) -> Iterator[tuple[str, str]]:
    """A grid, the city as a whole, or (with a dot) what lies at a region itself: a figure led here."""
    code = chosen.removesuffix(".")
    try:
        region = organisation.region_of_code(code, on) or organisation.region_at_or_above(code, on) if code else None
    except BadCode:
        return
    if region is not None:
        own = gettext(msg("%(name)s（没有细到下一级）")) if code != chosen else "%(name)s"
        yield (chosen, own % {"name": region.short_name})


def _below(code: str, line: list[str], on: date, indent: str) -> Iterator[tuple[str, str]]:
    for row in organisation.children(code, on):
        yield (row.code, f"{indent}{row.short_name}")
        if row.code in line:
            yield from _below(row.code, line, on, indent + "　")
