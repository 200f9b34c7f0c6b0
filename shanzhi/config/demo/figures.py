"""The demo city's figures: what posts would have typed in, invented; and every month that it lived through, computed.

The typed-in values go by the operation that pages and files use, as the importer, three days after each period (a survey and a
declaration the day before the city's present day), those of the period before the city's first day too, so that what is owed
by the year has a value; the computed ones are counted from its own journal.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from random import Random

from shanzhi.config import database
from shanzhi.config.demo.cast import COUNTY_DIGITS, TOWNSHIP_DIGITS, Cast
from shanzhi.config.installation import Installation
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.kernel.access.policy import IMPORTER
from shanzhi.kernel.facts import operations as facts
from shanzhi.kernel.indicators import operations as indicators
from shanzhi.kernel.indicators.operations import Entry
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator, Source
from shanzhi.kernel.indicators.policy.entering import Typed, is_assessed, rule_of
from shanzhi.kernel.indicators.policy.periods import Period, later, month_of, period_of
from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.organisation import queries as organisation

DAYS_AFTER = 3
"""A figure is typed in so many days after its period."""
HANDED_IN = 0.94
"""Of all that is owed so much has been handed in: the rest shows as missing."""
ANSWERS = (420, 880)
WHOLES = (12, 60)
SEED = 3


def make_figures(installation: Installation, cast: Cast, *, began: datetime, now: datetime) -> int:
    """Type in and compute the figures of the months from `began` on; returns how many were typed in.

    Raises:
        DomainError: a formula can't be computed.
    """
    entries = list(_entries(cast, local_date(began), now))
    with database.acting_as(installation, "importer"):
        typed = sum(_enter(entry, at) for entry, at in entries)
    with database.acting_as(installation, "worker"):
        while journal.seal(now=now).more:
            pass
        while facts.project(now=now).more:
            pass
        before = {entry.period.last for entry, _ in entries if entry.period.ends_on < local_date(began)}
        for month in sorted({*before, *months(local_date(began), local_date(now))}):
            indicators.compute(month=month, now=now)
    return typed


def months(first: date, last: date) -> list[int]:
    """The months from one day's to another's, as `yyyymm`."""
    found, month = [], month_of(first)
    while month <= month_of(last):
        found.append(month)
        month = later(month, 1)
    return found


def _enter(entry: Entry, at: datetime) -> int:
    indicators.value_enter(entry=entry, actor=IMPORTER, now=at)
    return 1


def _entries(cast: Cast, began: date, now: datetime) -> Iterator[tuple[Entry, datetime]]:
    """What was typed in, in the order of time."""
    random, today = Random(SEED), local_date(now)  # noqa: S311 - invented figures, no secrets
    found: list[tuple[Entry, datetime]] = []
    for indicator in catalogue_in_force().in_month(month_of(today)):
        if indicator.source is Source.COMPUTED:
            continue
        for period, day in _periods(indicator, began, today):
            at = datetime(day.year, day.month, day.day, 10, tzinfo=CITY_ZONE)
            found.extend(
                (Entry(indicator.key, region_id, period, _typed(indicator, random)), at)
                for region_id in _regions(cast, rule_of(indicator).level.value, period.ends_on)
                if is_assessed(indicator) or random.random() < HANDED_IN
            )
    return iter(sorted(found, key=lambda pair: pair[1]))


def _periods(indicator: Indicator, began: date, today: date) -> Iterator[tuple[Period, date]]:
    """The periods for which it was typed in, each with the day on which it was."""
    period = period_of(today, indicator.period)
    if indicator.source is not Source.REPORTED:
        yield period, today - timedelta(days=1) if today > period.begins_on else today
        yield period.before(), period.before().ends_on
        return
    is_first = True
    while (period := period.before()).ends_on >= began or is_first:
        is_first, day = False, period.ends_on + timedelta(days=DAYS_AFTER)
        if day <= today:
            yield period, day


def _regions(cast: Cast, level: str, on: date) -> list[int]:
    digits = {"city": len(cast.city_code), "county": COUNTY_DIGITS, "township": TOWNSHIP_DIGITS}.get(level)
    codes = sorted({row.code[:digits] for row in cast.communities})
    rows = (organisation.region_of_code(code, on) for code in codes)
    return [row.id for row in rows if row is not None]


def _typed(indicator: Indicator, random: Random) -> Typed:
    """A plausible value: nothing for what assessors find, most of a whole, mostly yes."""
    if is_assessed(indicator):
        return Typed(0, 0 if indicator.figure is Figure.RATIO else None)
    if indicator.figure is Figure.YES_NO:
        return Typed(int(random.random() < HANDED_IN))
    if indicator.figure is Figure.RATIO:
        whole = random.randint(*(ANSWERS if indicator.source is Source.SURVEYED else WHOLES))
        return Typed(round(whole * random.uniform(0.82, 1)), whole)
    bounds = indicator.reported
    low = int(float(bounds.below)) if bounds is not None and bounds.below is not None else 2
    high = int(float(bounds.above)) if bounds is not None and bounds.above is not None else 40
    return Typed(random.randint(low, max(low, min(high, low + 40))))
