"""Counts of matters by where they sit: each equals what the list of the same conditions shows, and is told by no person."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters.queries.finding import span_of
from shanzhi.kernel.matters.queries.sitting import Sitting

IDLE_DAYS = 7
"""So many days in one stage is called standing still."""
RETURNED_LEAST = 2
"""Given back so often, a matter is looked for by who supervises."""


@dataclass(frozen=True, slots=True)
class TallyRow:
    """What is open under one item: how many, of them late, about to be late, given back twice and more, standing still,
    waiting for the resident; the median of the whole days since the report (the lower one of two)."""

    item: str
    open: int
    late: int
    warning: int
    returned: int
    idle: int
    resident: int
    median_days: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What is open, by region of the level below, unit whose turn it is (its id), first-level category, and kind.

    What is no unit's turn stands among `units` by `policy.turns.WITH_REPORTER` and `WITH_LINKED` in place of an id.
    An item of `regions` that is as short as the place's own code is what lies at the place itself.
    """

    whole: TallyRow
    regions: tuple[TallyRow, ...]
    units: tuple[TallyRow, ...]
    categories: tuple[TallyRow, ...]
    kinds: tuple[TallyRow, ...]


@dataclass(frozen=True, slots=True)
class EndedCount:
    """What ended, and what residents said of it."""

    ended: int
    solved: int
    unsolved: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """Open matters that were reported more than once: how many, how many of them at least `least` times (集体), and how many
    reports stand behind all of them. Reports are counted, never people."""

    matters: int
    collective: int
    reports: int
    least: int


@dataclass(frozen=True, slots=True)
class Bounce:
    """Open matters that one unit gave back and another led next (the centre, while nobody does), by ground."""

    from_unit_id: int
    to_unit_id: int
    ground: str
    matters: int


# The bits that PostgreSQL's grouping() sets for the columns that a row isn't grouped by.
_REGION, _UNIT, _CATEGORY, _KIND = 0b0111, 0b1011, 0b1101, 0b1110


def root_of(actor: Actor) -> str:
    """The code of the region that the actor sees wholly by its own prefix; empty where the post sees in another way (by
    its unit, or as a zone over several codes): then everything in sight is counted. 重庆's is its whole prefix too: nobody
    has a code in "50" beside its "5001" and "5002"."""
    code, place = actor.region_code, actor.place
    by_prefix = bool(place) and all(low.startswith(code) for low, _ in place)
    whole = place if by_prefix else CodeRanges.of([span_of(code)]) if code else place
    return code if code and whole and actor.ranges.covers(whole) else ""


def tally(
    region_code: str, *, digits: int, resident_stages: tuple[str, ...], turn_stages: tuple[str, ...], now: datetime
) -> Tally:
    """Counts of what is open in a region (empty: wherever it is seen), in one statement.

    `digits`: the length of a code one level below. `resident_stages`: the stages in which the resident is waited for;
    `turn_stages`: those in which a unit has something to do.
    """
    low, below = span_of(region_code) if region_code else (None, None)
    since = Sitting(idle_days=IDLE_DAYS).idle_since(now)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT dimension, item, open, late, warning, returned, idle, resident, days"
            " FROM matters_tally(%s, %s, %s, %s, %s, %s, %s) ORDER BY late DESC, open DESC, item",
            [low, below, digits, now, since, list(resident_stages), list(turn_stages)],
        )
        rows = cursor.fetchall()
    found: dict[int, list[TallyRow]] = {}
    for dimension, *cells in rows:
        found.setdefault(dimension, []).append(TallyRow(*cells))
    kinds = tuple(found.get(_KIND, ()))
    return Tally(
        whole=_sum(kinds),
        regions=tuple(found.get(_REGION, ())),
        # Nobody's turn: none is open without a holder, but a database doesn't say so.
        units=tuple(row for row in found.get(_UNIT, ()) if row.item),
        categories=tuple(found.get(_CATEGORY, ())),
        kinds=kinds,
    )


def _sum(rows: tuple[TallyRow, ...]) -> TallyRow:
    counts = {
        name: sum(getattr(row, name) for row in rows)
        for name in ("open", "late", "warning", "returned", "idle", "resident")
    }
    return TallyRow(item="", median_days=0, **counts)


def ended_and_repeated(region_code: str, *, since: date, until: date, collective: int) -> tuple[EndedCount, Repeated]:
    """What ended on these days, both counted, and what is open and was reported more than once; `collective`: from how many
    reports on it is. 1 query."""
    low, below = span_of(region_code) if region_code else (None, None)
    moments = Sitting(ended_from=since, ended_to=until).bounds()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.ended, e.solved, e.unsolved, r.matters, r.of_many, r.reports"
            " FROM matters_ended(%s, %s, %s, %s) e, matters_repeated(%s, %s, %s) r",
            [low, below, *moments, low, below, collective],
        )
        ended, solved, unsolved, matters, of_many, reports = cursor.fetchone()
    return EndedCount(ended, solved, unsolved), Repeated(matters, of_many, reports, collective)


def bounces(region_code: str) -> list[Bounce]:
    """Who gave open matters back, who led them next, and why; most first; 1 query."""
    low, below = span_of(region_code) if region_code else (None, None)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT from_unit_id, to_unit_id, ground, matters FROM matters_bounces(%s, %s)"
            " ORDER BY matters DESC, from_unit_id, to_unit_id, ground",
            [low, below],
        )
        return [Bounce(*row) for row in cursor.fetchall()]
