"""Which region and which period a page is asked for, and the controls by which another is chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.errors import InputError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Length
from shanzhi.kernel.indicators.policy.entering import READ
from shanzhi.kernel.indicators.policy.periods import Period, month_of, period_of, read_period
from shanzhi.kernel.indicators.policy.places import NoSuchPlace
from shanzhi.kernel.indicators.policy.reports import Period as Week
from shanzhi.kernel.indicators.policy.reports import Span
from shanzhi.kernel.indicators.queries.values.shapes import Place
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.figures.web.said import period_said, week_said

MONTHS, QUARTERS, YEARS = 24, 8, 3
WEEKS = 13
"""Weeks of which a report is offered: the running one and a quarter's back."""
ID_DIGITS = 15
"""No region's id is longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The region (its permanent id) and period of a page."""

    region_id: int
    period: Period

    def url(self, name: str, *args: object, region: int | None = None, **more: Any) -> str:
        """Another page for the same region and period, or for another region."""
        given = {"region": region or self.region_id, "period": str(self.period), **more}
        query = _query(tuple((key, str(value)) for key, value in given.items() if value not in ("", None)))
        return f"{_address(name, args)}?{query}"


@lru_cache(maxsize=4096)
def _address(name: str, args: tuple[object, ...]) -> str:
    """Where a page lies; pages of figures name hundreds."""
    return reverse(f"figures:{name}", args=args)


@lru_cache(maxsize=1024)
def _query(given: tuple[tuple[str, str], ...]) -> str:
    return urlencode(given)


def check(request: ActingRequest, feature: str = READ) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(request.actor, roles().get(request.actor.role), feature)


def may(request: ActingRequest, feature: str) -> bool:
    """May the acting post open this?"""
    role = roles().get(request.actor.role)
    return role is not None and feature in role.may


def asked(request: ActingRequest) -> Asked:
    """What the address asks for; without a period the last month that is over, without a region the post's own.

    Raises:
        PeriodUnreadable, PeriodAhead: the address names no period, or one that hasn't begun.
        NoSuchPlace: the post has no place of its own and the address names none.
    """
    return Asked(region_asked(request), period_asked(request))


def period_asked(request: ActingRequest, name: str = "period") -> Period:
    """The period of the address.

    Raises:
        PeriodUnreadable: it names none.
        PeriodAhead: it names one that hasn't begun.
    """
    given = request.GET.get(name, "").strip()
    if not given:
        return last_month(request)
    found = read_period(given)
    found.check_begun(local_date(request.now))
    return found


def last_month(request: ActingRequest) -> Period:
    """The last month that is over."""
    return Period(month_of(local_date(request.now))).before()


def region_asked(request: ActingRequest) -> int:
    """The region of the address, else the post's own.

    Raises:
        NoSuchPlace: neither.
    """
    given = id_of(request.GET.get("region", ""))
    if given is not None:
        return given
    on, code = local_date(request.now), request.actor.region_code
    own = organisation.region_at_or_above(code, on) if code else next(iter(organisation.top_regions(on)), None)
    if own is None:
        raise NoSuchPlace(msg("您现在的岗位没有所属区域，请先在“区域”里选一个。"))
    return own.id


def tree_asked(request: ActingRequest) -> date | None:
    """The day whose regions hold; None for the period's own end.

    Raises:
        InputError: no day.
    """
    given = request.GET.get("tree_on", "").strip()
    if not given:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError as error:
        raise InputError(msg("“按哪天的区划”要写成 2025-11-18 这样的日期。")) from error


def id_of(text: str) -> int | None:
    """A number that came with an address; None where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS else None


@dataclass(frozen=True, slots=True)
class Option:
    """One line of a select."""

    value: str
    label: str
    chosen: bool


def periods(request: ActingRequest, chosen: Period, lengths: Iterable[Length] = Length) -> list[Option]:
    """Months, quarters and years up to now, the latest first; the one that isn't over says so."""
    on = local_date(request.now)
    listed: list[Period] = []
    for length, count in ((Length.MONTH, MONTHS), (Length.QUARTER, QUARTERS), (Length.YEAR, YEARS)):
        if length in lengths:
            now = period_of(on, length)
            listed += [now.before(step) for step in range(count)]
    if chosen not in listed:
        listed.append(chosen)
    return [_option(str(one), period_said(one), one.is_over(on), chosen=one == chosen) for one in listed]


def papers(request: ActingRequest, chosen: Period) -> list[tuple[str, list[Option]]]:
    """The periods of which there are reports, by kind: weeks, months, quarters; the page's own is chosen."""
    on = local_date(request.now)
    weeks = [Week.of(Span.WEEK, on)]
    while len(weeks) < WEEKS:
        weeks.append(weeks[-1].before)
    kinds = [(gettext(msg("周报")), [_option(week.key, week_said(week), week.last < on) for week in weeks])]
    for name, length, count in ((msg("月报"), Length.MONTH, MONTHS), (msg("季报"), Length.QUARTER, QUARTERS)):
        now = period_of(on, length)
        listed = [now.before(step) for step in range(count)]
        if chosen.length is length and chosen not in listed and chosen.begins_on <= on:
            listed.append(chosen)
        options = [_option(str(one), period_said(one), one.is_over(on), chosen=one == chosen) for one in listed]
        kinds.append((gettext(name), options))
    return kinds


def _option(value: str, label: str, is_over: bool, *, chosen: bool = False) -> Option:
    return Option(value, label if is_over else label + gettext(msg("（未结束）")), chosen)


def regions(above: Sequence[Place], here: Place, below: Sequence[Place]) -> list[Option]:
    """Regions above, this one, those below it."""
    rows = [*above, here, *below]
    return [
        Option(str(row.id), ("　" * min(at, len(above) + 1)) + row.name, row.id == here.id)
        for at, row in enumerate(rows)
    ]


def below_of(here: Place, period: Period) -> list[Place]:
    """The regions one level below, in the order of their codes; no zones, which lie across, and no grids."""
    if here.level in (Level.COMMUNITY.value, Level.GRID.value):
        return []
    found = organisation.children(here.id, period.ends_on)
    return [Place(row.id, row.code, row.short_name, row.level.value) for row in found if row.level is not Level.ZONE]


def frame(
    request: ActingRequest,
    here: Asked,
    name: str,
    *args: object,
    catalogue: Catalogue,
    place: Place,
    above: Sequence[Place],
    below: Sequence[Place],
    more: Mapping[str, object] | None = None,
) -> dict[str, Any]:
    """What every page of figures shows: the way from above, the choice of region and period, that it is a sample."""
    kept: dict[str, Any] = dict(more or {})
    return {
        "here": here,
        "place": place,
        "period": here.period,
        "period_name": period_said(here.period),
        "catalogue": catalogue,
        "trail": [
            *((row.name, here.url(name, *args, region=row.id, **kept)) for row in above),
            (place.name, ""),
        ],
        "region_options": regions(above, place, below),
        "period_options": periods(request, here.period),
        "before_url": here_before(here).url(name, *args, **kept),
    }


def here_before(here: Asked) -> Asked:
    """The same region a period earlier."""
    return Asked(here.region_id, here.period.before())
