"""Checking the figures that are kept: each past month is computed again and compared, and nothing of that stays; what was typed
in is compared with the journal. What somebody changed behind everybody's back is named."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.db import connection, transaction
from django.db.models import QuerySet

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.operations.projecting import place
from shanzhi.kernel.indicators.models import Behind, Computing, Due, Observation, Value
from shanzhi.kernel.indicators.operations.computing import compute
from shanzhi.kernel.indicators.operations.touched import is_touched
from shanzhi.kernel.indicators.policy.definitions import Length
from shanzhi.kernel.indicators.policy.periods import Period, month_of, period_of
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import queries as organisation

_FIGURE = msg("%(region)s %(period)s 的“%(key)s”：现在存的是%(is)s，按记录应当是%(should)s。")
_BEHIND = msg("%(region)s %(period)s 的“%(key)s”：背后的事项和按记录得出的不同。")
_VALUE = msg("%(region)s %(period)s 的“%(key)s”第 %(number)s 次填报：现在存的是%(is)s，台账里是%(should)s。")
_SAID = ("key", "region_id", "first", "length", "number", "numerator", "denominator", "confirmed", "late")
_EVERY = 2**62
SUBJECT = "figure"

Found = dict[tuple[object, ...], tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that isn't what the records make it, in a sentence."""

    said: str
    params: Mapping[str, object]

    def __str__(self) -> str:
        return self.said % self.params


@dataclass(slots=True)
class Checked:
    """What a check saw: figures and typed-in values that it compared, each difference, and the months that wait to be computed
    anew (something was recorded about them since, or they were never computed), which it left out."""

    figures: int = 0
    values: int = 0
    differences: list[Difference] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        """Is every figure what the records make it?"""
        return not self.differences


def figures_check(*, now: datetime, tick: Callable[[int], None] = lambda month: None) -> Checked:
    """Compute every past month again, whose figures are kept, and compare; `tick` is told each month. Nothing is changed.
    Worker's role; not inside a transaction of the caller's, but for tests.

    Raises:
        AlreadyComputing, EngineUnusable, TookTooLong: as `compute`.
    """
    found = Checked()
    found.differences += _values(found)
    computed = Computing.objects.filter(months=1, month__lt=month_of(local_date(now)))
    known: set[str] = set()
    for month in sorted(set(computed.values_list("month", flat=True))):
        if _waits(month, min(computed.filter(month=month).values_list("cursor", flat=True))):
            found.waiting.append(month)
            continue
        for one in _month(month, now, found):
            if str(one) not in known:
                known.add(str(one))
                found.differences.append(one)
        tick(month)
    return found


def _waits(month: int, cursor: int) -> bool:
    """Is a month to be computed anew: has something of it become a fact since, was something decided or typed in?"""
    year = month // 100
    return Due.objects.filter(month__gte=year * 100 + 1, month__lte=year * 100 + 12).exists() or is_touched(
        month, cursor, place()
    )


def _month(month: int, now: datetime, found: Checked) -> Iterator[Difference]:
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        keys = [each.key for each in catalogue().in_month(month)]
        stored, behind = _figures(month, keys), _behind(month, keys)
        # What hasn't changed is left as it is by computing: so nothing is there.
        for length in Length:
            _of(month, length).filter(key__in=keys).delete()
        Behind.objects.filter(month=month, key__in=keys).delete()
        compute(month=month, now=now)
        should, led_by = _figures(month, keys), _behind(month, keys)
        transaction.set_rollback(True)
    found.figures += len(should)
    for at in sorted(stored.keys() | should.keys(), key=str):
        if stored.get(at) != should.get(at):
            told = {"is": _pair(stored.get(at)), "should": _pair(should.get(at))}
            yield Difference(_FIGURE, {**_where(*at), **told})
    for at in sorted(behind.keys() | led_by.keys(), key=str):
        if behind.get(at) != led_by.get(at):
            yield Difference(_BEHIND, _where(*at))


def _of(month: int, length: Length) -> QuerySet[Observation]:
    first = period_of(date(month // 100, month % 100, 1), length).first
    return Observation.objects.filter(month=first, months=length.months)


def _figures(month: int, keys: Collection[str]) -> Found:
    """Figures of a month, its quarter and its year, by region, first month, length and key."""
    found: Found = {}
    for length in Length:
        for row in (
            _of(month, length)
            .filter(key__in=keys)
            .values_list(
                "region_id", "month", "months", "key", "numerator", "denominator", "handed_in", "owed", "under"
            )
        ):
            found[row[:4]] = row[4:]
    return found


def _behind(month: int, keys: Collection[str]) -> Found:
    rows = Behind.objects.filter(month=month, key__in=keys)
    names = ("region_id", "month", "key", "matters", "numerators", "denominators", "under")
    return {(row[0], row[1], 1, row[2]): row[3:] for row in rows.values_list(*names)}


def _values(found: Checked) -> Iterator[Difference]:
    """Typed-in values that aren't what was journaled as they were typed in."""
    stored = {row["pk"]: row for row in Value.objects.values("pk", "is_last", *_SAID)}
    newest: dict[tuple[object, ...], int] = {}
    for row in stored.values():
        newest[_place(row)] = max(newest.get(_place(row), 0), row["number"])
    said = dict(journal.payloads_within(SUBJECT, 0, _EVERY))
    found.values = len(said)
    for pk in sorted(stored.keys() | said.keys()):
        row, told = stored.get(pk), said.get(pk)
        if row is None or told is None or any(row[name] != told[name] for name in _SAID):
            yield _value(row, told)
        elif row["is_last"] != (row["number"] == newest[_place(row)]):
            # The one that counts is the newest: whoever lets another count, or none, hides it.
            yield _value(None if row["is_last"] is False else row, told if row["is_last"] is False else None)


def _place(row: Mapping[str, object]) -> tuple[object, ...]:
    return row["region_id"], row["key"], row["first"]


def _value(row: Mapping[str, object] | None, told: Mapping[str, object] | None) -> Difference:
    known = told or row or {}
    length = Length(str(known["length"]))
    where = _where(known["region_id"], known["first"], length.months, known["key"])
    pairs = [None if one is None else (one["numerator"], one["denominator"]) for one in (row, told)]
    return Difference(_VALUE, {**where, "number": known["number"], "is": _pair(pairs[0]), "should": _pair(pairs[1])})


def _where(region_id: object, first: object, months: object, key: object) -> dict[str, object]:
    length = next(each for each in Length if each.months == months)
    period = Period(int(str(first)), length)
    region = organisation.region_by_id(int(str(region_id)), period.ends_on)
    return {"region": region.name if region else f"#{region_id}", "period": str(period), "key": key}


def _pair(numbers: tuple[object, ...] | None) -> str:
    """A figure's integers: what counts of what; nothing is a dash."""
    return (
        " — " if numbers is None else " " + "/".join("—" if each is None else str(each) for each in numbers[:2]) + " "
    )
