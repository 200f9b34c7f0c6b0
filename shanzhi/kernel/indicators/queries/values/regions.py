"""Regions side by side: their index and its classes, with what has to be known before anybody compares them. Never ranked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from shanzhi.kernel.facts.queries import cube_months
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Direction, Index, Indicator
from shanzhi.kernel.indicators.policy.fairness import Standing
from shanzhi.kernel.indicators.policy.index import ClassResult, index_of
from shanzhi.kernel.indicators.policy.mixes import Counted, MixedShare, apart, mixed_share
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import State, Value
from shanzhi.kernel.indicators.queries.values.indexes import index_in, index_points
from shanzhi.kernel.indicators.queries.values.reading import Figures, Where, compared_places, where
from shanzhi.kernel.indicators.queries.values.shapes import IndexPoint, Place
from shanzhi.kernel.indicators.queries.values.sight import reads_figures_under
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation.queries import one_tree

RATES = {"kept": ("kept", "due"), "solved": ("solved", "rated")}
"""Shares of which the mix of cases is taken out, both measures of the cube by month."""


@dataclass(frozen=True, slots=True)
class ClassCell:
    """A region's class. Of its indicators `few` have too small a sample, `missing` no figure; `better` and `worse` name those
    that lie beyond what chance does (99.8 %) about all regions of the table together."""

    result: ClassResult
    few: int
    missing: int
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RegionLine:
    """A region's index now, a period and a year before, and its classes in the index's order."""

    place: Place
    now: IndexPoint
    before: IndexPoint
    year_ago: IndexPoint
    classes: tuple[ClassCell, ...]


@dataclass(frozen=True, slots=True)
class MixLine:
    """How alike a region's cases are to those of all: `cases` reported, `apart` the part of another kind (0 to 1); and shares
    with the mix taken out, by the keys of `RATES`."""

    place: Place
    cases: int
    apart: float | None
    rates: Mapping[str, MixedShare]


@dataclass(frozen=True, slots=True)
class RegionTable:
    """The regions directly below one, in the order of their codes; `whole` is the region above them all. `mixes` is empty where
    the post doesn't read their figures."""

    catalogue: Catalogue
    index: Index
    indices: tuple[Index, ...]
    place: Place
    above: tuple[Place, ...]
    period: Period
    whole: RegionLine
    lines: tuple[RegionLine, ...]
    mixes: tuple[MixLine, ...]


@one_tree(is_read=True)
def region_table(code: str, region_id: int, period: Period) -> RegionTable:
    """The regions below one, side by side in an index; 6 statements. `code` empty: the catalogue's first index.

    Raises:
        NoSuchIndex: no index of this code in the period.
        NoSuchPlace: no region of this id at the period's end.
    """
    book, around = catalogue(), where(region_id, period.ends_on)
    index = index_in(book, code, period)
    ids = [region_id, *(place.id for place in around.below)]
    read = _Read(book, index, ids, period)
    marks = _marks(read, [place.id for place in around.below])
    return RegionTable(
        catalogue=book,
        index=index,
        indices=tuple(dict.fromkeys(found for each in book.indices if (found := book.index(each.code, period.last)))),
        place=around.place,
        above=around.above,
        period=period,
        whole=_line(read, around.place, {}),
        lines=tuple(_line(read, place, marks) for place in around.below),
        mixes=_mixes(around, period) if around.below and reads_figures_under(around.place.code) else (),
    )


class _Read:
    """The figures of all regions in the three periods."""

    def __init__(self, book: Catalogue, index: Index, ids: Collection[int], period: Period) -> None:
        self.book, self.index, self.period = book, index, period
        self.periods = (period, period.before(), period.year_ago())
        self.rules = {
            at: {key: one for key in index.keys if (one := book.indicator(key, at.last)) is not None}
            for at in self.periods
        }
        self.figures = Figures.read([(ids, rules.values(), [at]) for at, rules in self.rules.items()])

    def values(self, region_id: int, at: Period) -> dict[str, Value]:
        """A region's values by key."""
        return {key: self.figures.amount(region_id, one, at).value for key, one in self.rules[at].items()}

    def point(self, region_id: int, at: Period) -> IndexPoint:
        """A region's index."""
        return index_points(self.book, self.index, at, self.values(region_id, at))


_Marks = Mapping[tuple[int, str], bool]
"""By region and key: does it lie clearly on the better side?"""


def _marks(read: _Read, ids: Collection[int]) -> _Marks:
    found: dict[tuple[int, str], bool] = {}
    for key, one in read.rules[read.period].items():
        if one.direction is Direction.NONE:
            continue
        amounts = {place: read.figures.amount(place, one, read.period) for place in ids}
        for place, verdict in compared_places(one, amounts).items():
            if verdict.standing in (Standing.VERY_HIGH, Standing.VERY_LOW):
                is_high = verdict.standing is Standing.VERY_HIGH
                found[place, key] = is_high is (one.direction is Direction.HIGHER)
    return found


def _line(read: _Read, place: Place, marks: _Marks) -> RegionLine:
    rules = read.rules[read.period]
    result = index_of(read.index, rules, read.values(place.id, read.period))
    return RegionLine(
        place,
        IndexPoint(read.period, result.value, result.share, result.grade, result.exact),
        read.point(place.id, read.periods[1]),
        read.point(place.id, read.periods[2]),
        tuple(_cell(place, each, rules, marks) for each in result.classes),
    )


def _cell(place: Place, each: ClassResult, rules: Mapping[str, Indicator], marks: _Marks) -> ClassCell:
    states = [part.value.state for part in each.parts]
    sides: dict[bool, list[str]] = {True: [], False: []}
    for part in each.parts:
        key = part.part.indicator
        if (place.id, key) in marks:
            sides[marks[place.id, key]].append(rules[key].name)
    return ClassCell(
        each,
        states.count(State.TOO_FEW),
        len([state for state in states if state in (State.MISSING, State.NOT_APPLICABLE)]),
        tuple(sides[True]),
        tuple(sides[False]),
    )


def _mixes(around: Where, period: Period) -> tuple[MixLine, ...]:
    """How alike the cases are, by first-level categories."""
    measures = ("reported", *dict.fromkeys(name for pair in RATES.values() for name in pair))
    ids = [place.id for place in around.below]
    counts: dict[int, dict[str, dict[str, int]]] = {one: {} for one in ids}
    everything: dict[str, dict[str, int]] = {}
    rows = cube_months(
        ids, since=period.first, until=period.last, on=period.ends_on, measures=measures, by=("category_1",)
    )
    for row in rows:
        for sums in (counts[row.of], everything):
            of = sums.setdefault(row.category_1 or "", dict.fromkeys(measures, 0))
            for name, count in row.counts.items():
                of[name] += count
    whole = {kind: of["reported"] for kind, of in everything.items()}
    lines = []
    for place in around.below:
        own = counts[place.id]
        reported = {kind: of["reported"] for kind, of in own.items()}
        rates = {
            key: mixed_share(_pairs(own, top, bottom), _pairs(everything, top, bottom))
            for key, (top, bottom) in RATES.items()
        }
        lines.append(MixLine(place, sum(reported.values()), apart(reported, whole), rates))
    return tuple(lines)


def _pairs(counts: Mapping[str, Mapping[str, int]], top: str, bottom: str) -> Counted:
    return {kind: (of[top], of[bottom]) for kind, of in counts.items() if of[bottom]}
