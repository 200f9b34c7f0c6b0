"""Computing figures of a month: by the rule of that month, over its own tree, all of it or nothing of it.

Everything of a month is read in one snapshot, whose place in the journal is kept beside the figures. What changes after the
month was cut, or by an exclusion or a correction, is a revision with its reason.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import Q

from shanzhi.core.errors import Conflict
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.operations.cutting import cut_of
from shanzhi.kernel.facts.operations.projecting import place
from shanzhi.kernel.indicators.models import Exclusion, Value
from shanzhi.kernel.indicators.operations.keeping import Cell, Cells, Run, keep, keep_behind
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, Source
from shanzhi.kernel.indicators.policy.excluded import NOTHING_HELD, Held
from shanzhi.kernel.indicators.policy.gathering import gathered
from shanzhi.kernel.indicators.policy.periods import Period, period_of, periods_kept
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, standing_on
from shanzhi.kernel.indicators.queries import running
from shanzhi.kernel.indicators.queries.engines import PostgresEngine
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation

_LOCK = 370320
SECONDS = 600
"""How long one formula may run."""


class AlreadyComputing(Conflict):
    """Another process computes this month, or another one of its year."""

    code = "figures-computing"


@dataclass(frozen=True, slots=True)
class Why:
    """Why a figure is computed anew: `late` unless somebody decided something; `about` is the exclusion's number."""

    reason: str = "late"
    about: int = 0

    @property
    def is_decided(self) -> bool:
        """Did somebody decide it? Then a change is a revision, whether the month is cut or not."""
        return self.reason != "late"

    @property
    def is_exclusion(self) -> bool:
        """Was a count decided about, by an exclusion of the number `about`?"""
        return self.reason in ("exclusion", "included")


@dataclass(slots=True)
class Computed:
    """What came of computing: indicators' periods, figures that were written or removed, revisions."""

    periods: int = 0
    changed: int = 0
    revisions: int = 0
    months: list[int] = field(default_factory=list)


def compute(
    *,
    month: int,
    now: datetime,
    keys: Collection[str] = (),
    why: Why = Why(),
    typed: bool = True,
    patient: bool = False,
) -> Computed:
    """Compute a month's figures (of these indicators, or of all), and those of longer periods that it is part of where they
    don't follow from months. Worker's role; not inside a transaction of the caller's, but for tests. `patient`: wait until
    whoever computes has done.

    Decisions about counts are brought in one by one, by the computing that is about them (`why`), so that each has its own
    effect: until then figures count without them, and what else has changed is computed before.

    Raises:
        AlreadyComputing: another process computes this month or another one of its year.
        EngineUnusable, TookTooLong: nothing of the month was changed.
    """
    with alone(month, patient=patient), snapshot():
        book = catalogue()
        wanted = [each for each in book.in_month(month) if not keys or each.key in keys]
        made, waiting = Computed(months=[month]), decisions_waiting(month)
        others = [row for row in waiting if row.pk != why.about]
        stages = [(Why(), waiting), (why, others)] if why.is_exclusion else [(why, waiting)]
        for at_first, held in stages:
            at = _At(book, month, now, at_first, place().number, cut_of(month) is not None, held_of(held))
            for indicator in wanted:
                if indicator.source is Source.COMPUTED:
                    _compute(at, indicator, made)
                elif typed:
                    _gather(at, indicator, made)
        for row in waiting:
            if why.is_exclusion and row.pk == why.about:
                Exclusion.objects.filter(pk=row.pk).update(is_left_out=row.state == "granted")
        return made


def decisions_waiting(month: int) -> list[Exclusion]:
    """Decisions about counts of a month's year that no figure has brought in yet; 1 query."""
    year = month // 100
    rows = Exclusion.objects.filter(month__gte=year * 100 + 1, month__lte=year * 100 + 12)
    waiting = Q(state="granted", is_left_out=False) | Q(state="declined", is_left_out=True)
    return list(rows.filter(waiting).order_by("pk"))


def held_of(rows: Sequence[Exclusion]) -> Held:
    """What figures count without while these wait."""
    counts = [(row.state, (row.matter_id, row.key, row.month)) for row in rows]
    return Held(
        tuple(count for state, count in counts if state == "granted"),
        tuple(count for state, count in counts if state != "granted"),
    )


@dataclass(slots=True)
class _At:
    """One computing of a month: what it goes by."""

    book: Catalogue
    month: int
    now: datetime
    why: Why
    cursor: int
    is_cut: bool
    held: Held = NOTHING_HELD
    trees: dict[date, Standing] = field(default_factory=dict)

    def standing(self, period: Period) -> Standing:
        """The tree of the period's last day, of today while it runs."""
        day = min(period.ends_on, local_date(self.now))
        if day not in self.trees:
            self.trees[day] = standing_of_day(day, grids=True)
        return self.trees[day]


def standing_of_day(day: date, *, grids: bool = False) -> Standing:
    """The organisation's tree of a day; 2 queries, 1 where the tree is known to the process."""
    spans = organisation.region_spans(grids=grids)
    states = (
        RegionState(one.region_id, one.from_on, one.until_on, str(one.level), one.code, one.name, one.parent_id)
        for one in spans
    )
    return standing_on(day, states, organisation.regions_became(day))


def _compute(at: _At, indicator: Indicator, made: Computed) -> None:
    engine = PostgresEngine(seconds=SECONDS, held=at.held)
    kept = periods_kept(indicator, at.month)
    for period in kept:
        standing = at.standing(period)
        found = running.figures(engine, at.book, [indicator.key], [period], standing, today=local_date(at.now))
        cells = {
            each.region_id: Cell(each.numbers.numerator, each.numbers.denominator)
            for each in found
            if each.numbers.numerator is not None and (each.numbers.numerator or each.numbers.denominator)
        }
        _keep(at, indicator, period, cells, made)
        if period is kept[0]:
            keep_behind(indicator, period, standing, at.held)


def _gather(at: _At, indicator: Indicator, made: Computed) -> None:
    """What posts typed in, added up to the regions above, with how many of those that owe it have."""
    period = period_of(date(at.month // 100, at.month % 100, 1), indicator.period)
    standing = at.standing(period)
    rows = Value.objects.filter(key=indicator.key, first=period.first, is_last=True)
    found = gathered(indicator, standing, rows.values_list("region_id", "numerator", "denominator"))
    cells = {one: Cell(c.numerator, c.denominator, c.handed_in, c.owed) for one, c in found.items()}
    _keep(at, indicator, period, cells, made)


def _keep(at: _At, indicator: Indicator, period: Period, cells: Cells, made: Computed) -> None:
    is_revision = at.is_cut or at.why.is_decided
    run = Run(indicator, period, at.standing(period), at.now, at.cursor, at.why.reason, at.why.about, is_revision)
    kept = keep(run, cells)
    made.periods += 1
    made.changed += kept.changed
    made.revisions += kept.revisions


@contextmanager
def alone(month: int, *, patient: bool) -> Iterator[None]:
    """While nobody else computes a month of its year: quarters and the year are written with each of them. A lock of the
    session, because the snapshot has to begin behind it."""
    year = month // 100
    with connection.cursor() as cursor:
        if patient:
            cursor.execute("SELECT pg_advisory_lock(%s, %s)", [_LOCK, year])
        else:
            cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [_LOCK, year])
            if not cursor.fetchone()[0]:
                raise AlreadyComputing(msg("另一个进程正在计算这一年的指标。%(month)s 请等它算完再试。"), month=month)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [_LOCK, year])


@contextmanager
def snapshot() -> Iterator[None]:
    """One transaction that sees the facts of one moment."""
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
