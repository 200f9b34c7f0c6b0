"""Figures of computed indicators: which version holds for which months, what runs on an engine, what comes of it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from shanzhi.core.errors import InputError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Grouping, Indicator, Source
from shanzhi.kernel.indicators.policy.dialects import records, rolled
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, standing_on
from shanzhi.kernel.indicators.policy.subset import Formula, read_formula
from shanzhi.kernel.indicators.policy.tables import tables
from shanzhi.kernel.indicators.policy.values import Numbers, Value, value_of
from shanzhi.kernel.indicators.queries.engines.base import Engine


class IndicatorUnknown(NotFound):
    """No such indicator, or no version of it holds then."""

    code = "indicator-unknown"


class NotComputed(InputError):
    """The indicator has no formula: its figures are typed in."""

    code = "not-computed"


@dataclass(frozen=True, slots=True)
class Figured:
    """A figure of one region and period, with the version that is its rule."""

    indicator: Indicator
    region_id: int
    period: Period
    numbers: Numbers
    value: Value


@dataclass(frozen=True, slots=True)
class Behind:
    """A record behind a figure: what it adds to numerator and denominator (its own value, where figures don't add up)."""

    matter_id: int
    numerator: int
    denominator: int
    number: str = ""
    """The matter's number; empty where the facts don't have the matter."""


def formula_of(indicator: Indicator) -> Formula:
    """The formula of a computed indicator, read.

    Raises:
        NotComputed: it has none.
        AssertionError: it isn't sound, though the catalogue was loaded: a table was registered no more.
    """
    if indicator.source is not Source.COMPUTED:
        raise NotComputed(msg("“%(name)s”不是算出来的，没有公式。"), name=indicator.name)
    return _formula(indicator.formula)


@lru_cache(maxsize=1024)
def _formula(text: str) -> Formula:
    found = read_formula(text, tables())
    if isinstance(found, list):
        raise AssertionError("; ".join(str(fault) for fault in found))
    return found


def rule_of(catalogue: Catalogue, key: str, period: Period) -> Indicator:
    """The version that is the rule for a period: that of its last month.

    Raises:
        IndicatorUnknown: there is none, or it is for longer periods only.
    """
    found = catalogue.indicator(key, period.last)
    if found is None:
        words = msg("%(period)s 没有指标“%(key)s”。请核对指标代码和期间。")
        raise IndicatorUnknown(words, period=str(period), key=key)
    if found.period.months > period.length.months:
        words = msg("“%(name)s”最短按%(length)s计算，没有 %(period)s 的数。")
        lengths = {"quarter": msg("季"), "year": msg("年"), "month": msg("月")}
        raise IndicatorUnknown(words, name=found.name, length=(lengths[found.period.value],), period=str(period))
    return found


def standing_of(engine: Engine, day: date) -> Standing:
    """The tree of a day out of the engine's regions, and what took the place of those that had ended by then."""
    names = ("region_id", "from_on", "until_on", "level", "code", "name", "parent_id", "became_id")
    rows = engine.table("fact_region", names)
    ended = sorted((row for row in rows if row[2] is not None and row[2] <= day), key=lambda row: row[2])
    became = {row[0]: row[7] for row in ended if row[7] is not None}
    return standing_on(day, (RegionState(*row[:7]) for row in rows), became)


def figures(
    engine: Engine,
    catalogue: Catalogue,
    keys: Iterable[str],
    periods: Sequence[Period],
    standing: Standing,
    *,
    today: date,
    wanted: Collection[int] | None = None,
) -> list[Figured]:
    """All of `each_figure` at once."""
    return list(each_figure(engine, catalogue, keys, periods, standing, today=today, wanted=wanted))


def each_figure(
    engine: Engine,
    catalogue: Catalogue,
    keys: Iterable[str],
    periods: Sequence[Period],
    standing: Standing,
    *,
    today: date,
    wanted: Collection[int] | None = None,
) -> Iterator[Figured]:
    """The figures of computed indicators for every region that stands (or those of `wanted`) at the indicator's lowest
    level and above, and each period; one indicator after the other, so that millions never stand in memory together. A region
    without a record has a figure too: of no cases.

    Each month counts under the version of that month; a figure computed anew is all under that of its period's last month. A
    period that isn't over on `today` is marked `unfinished`.

    Raises:
        IndicatorUnknown, NotComputed, EngineUnusable, TookTooLong: at the indicator that they concern.
    """
    scope = standing.scope(wanted)
    for key in keys:
        rules = [rule_of(catalogue, key, period) for period in periods]
        found = _integers(engine, catalogue, key, list(zip(periods, rules, strict=True)), scope)
        for place, (period, rule) in enumerate(zip(periods, rules, strict=True)):
            yield from _figured(rule, period, place, found, _regions(standing, rule, wanted), today)


@dataclass(frozen=True, slots=True)
class Counted:
    """The integers of one region and period where something was counted, with the version that is their rule."""

    version: int
    region_id: int
    period: Period
    numerator: int
    denominator: int


def each_counted(
    engine: Engine,
    catalogue: Catalogue,
    key: str,
    periods: Sequence[Period],
    standing: Standing,
    scope: Sequence[tuple[int, int]] | None = None,
) -> Iterator[Counted]:
    """The figures of one indicator as `each_figure` has them, but only where there is a numerator or a denominator, and without
    their values: for who keeps integers. `scope` is `standing.scope()`, for who asks for many.

    Raises:
        IndicatorUnknown, NotComputed, EngineUnusable, TookTooLong, TooLargeNumber.
    """
    rules = [rule_of(catalogue, key, period) for period in periods]
    regions = [frozenset(_regions(standing, rule, None)) for rule in rules]
    found = _integers(engine, catalogue, key, list(zip(periods, rules, strict=True)), scope or standing.scope())
    for (region, place), (top, bottom) in found.items():
        if top is not None and (top or bottom) and region in regions[place]:
            yield Counted(rules[place].version, region, periods[place], top, bottom)


def _regions(standing: Standing, rule: Indicator, wanted: Collection[int] | None) -> list[int]:
    lowest = rule.level.height
    levels = {level.value for level in type(rule.level) if level.height >= lowest}
    ids = standing.states if wanted is None else [each for each in wanted if each in standing.states]
    return sorted(each for each in ids if standing.states[each].level in levels)


def _figured(
    rule: Indicator,
    period: Period,
    place: int,
    found: Mapping[tuple[int, int], tuple[int | None, int]],
    regions: Sequence[int],
    today: date,
) -> Iterator[Figured]:
    nothing = (0 if rule.grouping is Grouping.ADDITIVE else None, 0)
    unfinished = not period.is_over(today)
    # Small places have the same few integers again and again.
    known: dict[tuple[int | None, int], tuple[Numbers, Value]] = {}
    for region in regions:
        pair = found.get((region, place), nothing)
        if pair not in known:
            numbers = Numbers(*pair)
            known[pair] = (numbers, value_of(rule, numbers, unfinished=unfinished))
        yield Figured(rule, region, period, *known[pair])


@dataclass(frozen=True, slots=True)
class _Stretch:
    """What one version computes: (month, place of its period in the list)."""

    rule: Indicator
    months: tuple[tuple[int, int], ...]


def _stretches(catalogue: Catalogue, key: str, rules: Sequence[tuple[Period, Indicator]]) -> list[_Stretch]:
    by_version: dict[int, tuple[Indicator, list[tuple[int, int]]]] = {}
    for place, (period, rule) in enumerate(rules):
        for month in period.months:
            of_month = catalogue.indicator(key, month) if rule.grouping is Grouping.ADDITIVE else rule
            if of_month is not None:
                by_version.setdefault(of_month.version, (of_month, []))[1].append((month, place))
    return [_Stretch(rule, tuple(sorted(months))) for rule, months in by_version.values()]


def _integers(
    engine: Engine,
    catalogue: Catalogue,
    key: str,
    rules: Sequence[tuple[Period, Indicator]],
    scope: Sequence[tuple[int, int]],
) -> dict[tuple[int, int], tuple[int | None, int]]:
    """The integers of an indicator by region and place of the period; those of several versions are added up."""
    found: dict[tuple[int, int], tuple[int | None, int]] = {}
    for stretch in _stretches(catalogue, key, rules):
        query = rolled(formula_of(stretch.rule), stretch.months[0][0], stretch.months[-1][0])
        for region, place, top, bottom in engine.rows(query, scope, stretch.months):
            at = (region or 0, place or 0)
            if at in found:
                found[at] = ((found[at][0] or 0) + (top or 0), found[at][1] + (bottom or 0))
            else:
                found[at] = (top, bottom or 0)
    return found


def behind(
    engine: Engine,
    catalogue: Catalogue,
    key: str,
    period: Period,
    region_id: int,
    standing: Standing,
    *,
    limit: int = 1000,
) -> list[Behind]:
    """The records behind one figure, by matter, at most `limit`; empty where the formula counts no matters.

    Each month's records follow that month's version, as the figure does.

    Raises:
        IndicatorUnknown, NotComputed, EngineUnusable, TookTooLong.
    """
    scope = standing.scope({region_id})
    found: list[Behind] = []
    for stretch in _stretches(catalogue, key, [(period, rule_of(catalogue, key, period))]):
        formula = formula_of(stretch.rule)
        if formula.matter is None:
            continue
        query = records(formula, stretch.months[0][0], stretch.months[-1][0], limit=limit)
        rows = engine.rows(query, scope, stretch.months)
        found += (Behind(matter or 0, top or 0, bottom or 0) for matter, top, bottom in rows)
    found = sorted(found, key=lambda each: each.matter_id)[:limit]
    ids = sorted({each.matter_id for each in found})
    numbers = dict(engine.table("fact_matter", ("matter_id", "number"), only=ids))
    return [replace(each, number=numbers.get(each.matter_id, "")) for each in found]
