"""Ninety days of a city: who turns to it when, and what becomes of it, step by step in the order of time.

Everything goes through the operations that the pages use, as the application's role, each step at its own `now`; between
the days the worker lapses what nobody judged and tells the events. Matters whose next step lies after today stay open.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from django.db import connection

from shanzhi.config import database
from shanzhi.config.demo import lawful
from shanzhi.config.demo.cast import Cast
from shanzhi.config.demo.places import community_of
from shanzhi.config.demo.rhythm import Moment, Rhythm, halted
from shanzhi.config.demo.texts import Saying, demo_texts
from shanzhi.config.demo.ways import Case, Stage, Way
from shanzhi.config.installation import Installation
from shanzhi.config.worker import drain
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import CITY_ZONE, local_date
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.rulebook import work_calendar
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.hotline import queries as hotline

DAYS = 90
SITE_NAME = "示例路改造工地"
ASKED, PASSED, REFUSED = 27, 5, 4
"""Of a hundred calls those that are answered at once, passed on, refused."""
BY_LAW = "law"
"""The door of petitions, suggestions and findings."""
AT_A_PLACE = 55
"""Of a hundred matters in a community with places those that name one."""

Progress = Callable[[datetime, int, int], None]
"""Told after each day: the day, matters so far, steps so far."""


@dataclass(slots=True)
class Driven:
    """What was driven: matters by door, steps, ways that broke off with their errors, and what residents can follow."""

    matters: Counter[str] = field(default_factory=Counter)
    steps: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    followed: list[tuple[str, str, Case]] = field(default_factory=list)

    def to_look_at(self) -> list[tuple[str, str]]:
        """Number and follow code of the newest that waits for its verdict, is being handled, has just come."""
        newest = {case.in_stage: (number, code) for number, code, case in self.followed}
        return [newest[stage] for stage in ("verdict", "handling", "reported") if stage in newest]


def drive(
    installation: Installation,
    *,
    city_code: str,
    county_code: str,
    until: datetime,
    days: int = DAYS,
    rhythm: Rhythm,
    seed: int = 1,
    progress: Progress | None = None,
) -> Driven:
    """Drive the days before `until`; the same seed on the same day makes the same city.

    Each matter has a chance of its own: which of those that end in their grid are drawn for a check is said by a key of the
    installation's, and it changes what becomes of that matter alone.
    """
    random = Random(seed)  # noqa: S311 - invented matters, no secrets
    cast = Cast.of_city(city_code, county_code, now=until)
    calendar = work_calendar(local_date(until))
    items = hotline.newest_items(local_date(until))
    driven = Driven()
    stage = Stage(cast, demo_texts(), random, calendar, items, until, driven.followed)
    moments = list(rhythm.moments(until, days, random, calendar.is_working_day))
    moments += halted(until, calendar.is_working_day)
    begun = []
    for number, moment in enumerate(moments):
        each = replace(stage, random=Random(f"{seed}/{number}"))  # noqa: S311 - as above
        begun.append((moment.at, each, _begin(each, moment, driven)))
    own = replace(stage, random=Random(seed), followed=[])  # noqa: S311 - as above
    begun += [
        (at, own, _counted(way, driven)) for at, way in lawful.ways(own, until) if at > until - timedelta(days=days)
    ]
    _be_quick()
    for day in _by_day(begun, driven, until):
        with database.acting_as(installation, "worker"):
            _be_quick()
            # As the worker does it every minute, here once a day: what nobody judged, pauses that are over, what is to be told.
            while matters.lapse_due(now=day):
                pass
            while matters.resume_due(now=day):
                pass
            drain(now=lambda day=day: day)  # type: ignore[misc]
        _be_quick()
        if progress is not None:
            progress(day, sum(driven.matters.values()), driven.steps)
    return driven


def _be_quick() -> None:
    """Nobody misses an invented matter that a power cut takes along: don't wait for the disk after each step."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")


def _by_day(begun: list[tuple[datetime, Stage, Way]], driven: Driven, until: datetime) -> Iterator[datetime]:
    """Take every step in the order of time; yields at each midnight, and at the end."""
    line = [(at, number, stage, way) for number, (at, stage, way) in enumerate(begun)]
    heapq.heapify(line)
    midnight = _midnight_after(line[0][0]) if line else until
    while line and line[0][0] <= until:
        at, number, stage, way = heapq.heappop(line)
        while at >= midnight:
            yield midnight
            midnight += timedelta(days=1)
        stage.now = at
        try:
            due = next(way, None)
            driven.steps += 1
        except DomainError as error:
            driven.broken[error.code] += 1
            continue
        if due is not None:
            heapq.heappush(line, (max(due, at), number, stage, way))
    yield until


def _counted(way: Way, driven: Driven) -> Way:
    driven.matters[BY_LAW] += 1
    yield from way


def _midnight_after(moment: datetime) -> datetime:
    local = moment.astimezone(CITY_ZONE)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _begin(stage: Stage, moment: Moment, driven: Driven) -> Iterator[datetime]:
    """The way of what begins at a moment; nothing is done before it is resumed for the first time."""
    driven.matters[moment.door] += 1
    case = _case(stage, moment)
    yield from {"call": case.by_phone, "page": case.from_page, "round": case.from_round}[moment.door]()


def _case(stage: Stage, moment: Moment) -> Case:
    random, cast = stage.random, stage.cast
    place = _site(stage) if moment.story == "site" else None
    region = cast.community(random)
    if place is not None:
        region = next(row for row in cast.communities if place.region_code.startswith(row.code))
    elif moment.halt:
        region = next(row for row in cast.communities if row.code == community_of(cast.county_code))
    elif stage.odds(AT_A_PLACE):
        near = [row for row in cast.places if row.region_code.startswith(region.code)]
        place = random.choice(near) if near else None
    return Case(stage, moment, region, place, _saying(stage, moment))


def _site(stage: Stage) -> PlaceRow | None:
    return next((row for row in stage.cast.places if row.name == SITE_NAME), None)


def _saying(stage: Stage, moment: Moment) -> Saying:
    month, random = moment.at.month, stage.random
    if moment.door == "round":
        return stage.texts.saying("wet-round" if moment.story == "wet" else "round", month, random)
    if moment.door == "page" or moment.story != "plain":
        return stage.texts.saying(moment.story, month, random)
    story = random.choices(
        ("ask", "pass", "refuse", "plain"), (ASKED, PASSED, REFUSED, 100 - ASKED - PASSED - REFUSED)
    )[0]
    found = stage.texts.saying(story, month, random)
    if story != "ask" or not stage.items:
        return found if story != "ask" else stage.texts.saying("plain", month, random)
    item = random.choice(stage.items)
    question = item.title.rstrip("？?")
    return replace(
        found,
        category=item.categories[0] if item.categories else found.category,
        title=found.title.replace("{question}", question),
        body=found.body.replace("{question}", question),
        item=item.cite,
    )
