"""The on-time page: how long matters took, by what one looks at, and what is open beside it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import NOBODY, ListFilter, Timing, TookRow
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.modules.oversight.policy.ontime import LIMITS, Share
from shanzhi.modules.oversight.queries.overview import CLOSED_UNIT, NO_CATEGORY, OWN, below_of

NO_UNIT = msg("没有主办单位（未派单、当场办结或导入的）")
Named = tuple[str, Mapping[str, str]]
"""A line's name and its conditions."""


@dataclass(frozen=True, slots=True)
class OnTimeLine:
    """One line: its name (a message id where we made it), what ended, what is open beside it, and the conditions by which the
    list of matters shows the same."""

    name: str
    took: TookRow
    open: TookRow
    adds: Mapping[str, str]

    @property
    def shares(self) -> tuple[Share, ...]:
        """Of those that ended, how many within each of `LIMITS`."""
        return tuple(Share(part, self.took.matters) for part in self.took.within)

    @property
    def promised(self) -> Share:
        """Of those that were promised a date, how many kept it."""
        return Share(self.took.kept, self.took.promised)

    @property
    def older(self) -> tuple[int, ...]:
        """How many open ones are older than each of `LIMITS`."""
        return tuple(self.open.matters - part for part in self.open.within)


@dataclass(frozen=True, slots=True)
class OnTime:
    """The page: the whole, how many were refused or withdrawn, and the lines by region below, unit and category. `region` is
    what all of it was counted in (empty: all that is seen)."""

    region: str
    whole: OnTimeLine
    aside: int
    regions: tuple[OnTimeLine, ...]
    units: tuple[OnTimeLine, ...]
    categories: tuple[OnTimeLine, ...]


def ontime(actor: Actor, wanted: ListFilter, now: datetime) -> OnTime:
    """What a filter finds, counted; in the actor's own region where the filter names none. 5 queries."""
    on = local_date(now)
    if not wanted.region_code:
        wanted = replace(wanted, region_code=matters.root_of(actor), spans=())
    code = wanted.region_code
    # A zone lies across regions, and what lies at a region itself has none below.
    below = below_of(code, on) if code.isdigit() and not wanted.spans else []
    digits = min((len(row.code) for row in below), default=0)
    ended, still, aside = (
        matters.timing(what, wanted, limits=LIMITS, digits=digits, now=now) for what in ("answered", "open", "aside")
    )
    base = {"region": code} if code else {}
    names = {row.code: row.short_name for row in below}
    groups = {group.code: group.name for group in matters.categories().groups}
    units = _unit_names(ended, still, now)

    def region(item: str) -> Named:
        is_below = item in names or len(item) >= digits
        return (names.get(item, item), {"region": item}) if is_below else (OWN, {"region": f"{item}."})

    def unit(item: str) -> Named:
        return (units.get(int(item), CLOSED_UNIT), {"led": item}) if item else (NO_UNIT, {"led": str(NOBODY)})

    def category(item: str) -> Named:
        return groups.get(item, item) if item else NO_CATEGORY, {"category": f"{item}."}

    return OnTime(
        region=code,
        whole=OnTimeLine("", ended.whole, still.whole, base),
        aside=aside.whole.matters,
        regions=_lines(ended.regions, still.regions, base, region) if below else (),
        units=_lines(ended.units, still.units, base, unit) if wanted.sitting.took.led_by is None else (),
        categories=_lines(ended.categories, still.categories, base, category) if not wanted.category else (),
    )


def _unit_names(ended: Timing, still: Timing, now: datetime) -> dict[int, str]:
    ids = {int(row.item) for row in (*ended.units, *still.units) if row.item}
    return {unit_id: unit.name for unit_id, unit in organisation.units_by_ids(ids, local_date(now)).items()}


def _lines(
    ended: Sequence[TookRow], still: Sequence[TookRow], base: Mapping[str, str], named: Callable[[str], Named]
) -> tuple[OnTimeLine, ...]:
    """What ended and what is open of the same item side by side, most matters first: an order by size, not by merit."""
    took, left = {row.item: row for row in ended}, {row.item: row for row in still}
    found = []
    for item in took.keys() | left.keys():
        name, adds = named(item)
        pair = (took.get(item) or _nothing(item), left.get(item) or _nothing(item))
        found.append((-pair[0].matters - pair[1].matters, item, OnTimeLine(name, *pair, {**base, **adds})))
    return tuple(line for _, _, line in sorted(found, key=lambda each: each[:2]))


def _nothing(item: str) -> TookRow:
    return TookRow(item, 0, (0,) * len(LIMITS), None, 0, 0)
