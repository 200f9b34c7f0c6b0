"""Self-scores that nobody types: computed by the guideline over the facts, or taken over from daily work. Worker's role."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.facts.policy.payloads import MONTH_SUBJECT
from shanzhi.kernel.indicators.operations.computing import standing_of_day
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import MISSING, Value
from shanzhi.kernel.indicators.queries import book, running
from shanzhi.kernel.indicators.queries.engines import PostgresEngine
from shanzhi.kernel.indicators.queries.values import entered_since
from shanzhi.kernel.indicators.queries.values.reading import Figures
from shanzhi.kernel.journal import queries as sealed
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds.book import Ruler, ruler_of
from shanzhi.kernel.rounds.models import Behind, RoundCity
from shanzhi.kernel.rounds.operations._common import locked_city
from shanzhi.kernel.rounds.operations._scores import as_scored, last_scores, open_now, score_put
from shanzhi.kernel.rounds.policy.items import ItemKind, fields_of, item_period, kind_of, scored
from shanzhi.kernel.rounds.policy.states import State as CityState
from shanzhi.kernel.rounds.policy.words import Incomplete

SECONDS = 600
"""How long one formula may run."""
BEHIND_MOST = 1000


def check_cut(row: RoundCity) -> None:
    """Are all months of the round's period cut, so that its figures can be proved?

    Raises:
        Incomplete: the first that isn't is named.
    """
    for month in uncut_months(row):
        raise Incomplete(
            msg("%(year)s年%(month)s月还没有封账，这一期的数据还会变。请等封账后再自评（每月初自动封账）。"),
            year=month // 100,
            month=month % 100,
        )


def uncut_months(row: RoundCity) -> tuple[int, ...]:
    """The months of the round's period that aren't cut, the first first; 1 query."""
    months = ruler_of(row.round).period.months
    cut = sealed.subjects_told(MONTH_SUBJECT, months)
    return tuple(month for month in months if month not in cut)


def same_rule(catalogue: Catalogue, indicator: Indicator, period: Period) -> bool:
    """Has the city's running catalogue just this rule in every month of a period? Then its kept figures are the item's."""
    return all(catalogue.indicator(indicator.key, month) == indicator for month in period.months)


def items_compute(*, city_id: int, now: datetime, typed_only: bool = False) -> int:
    """Bring the self-scores of a city's open items up to date; returns how many changed. Where the city's running catalogue
    has the guideline's rule, its kept figures are taken; else the guideline's formula runs over the facts.

    Raises:
        EngineUnusable, TookTooLong: nothing was changed.
    """
    row = RoundCity.objects.select_related("round").filter(pk=city_id).first()
    if row is None or row.state != CityState.EVALUATING:
        return 0
    ruler, on = ruler_of(row.round), local_date(now)
    keys = open_now(row)
    items = [one for one in ruler.items.values() if one.key in keys]
    if typed_only:
        items = [one for one in items if kind_of(one) is ItemKind.TYPED]
    region = organisation.region_of_code(row.city_code, ruler.period.ends_on)
    if region is None:
        return 0
    values, behind = _values(ruler, items, region.id, on)
    typed = _typed(row, ruler, items)
    with transaction.atomic():
        row = locked_city(city_id)
        still, last, changed = open_now(row), last_scores(row), 0
        for one in items:
            made = scored(one, values.get(one.key, MISSING), typed.get(one.key, 0))
            before = last.get(one.key)
            if one.key not in still or (before is not None and _same(as_scored(before), made)):
                continue
            score_put(row, made, before, actor=None, now=now)
            changed += 1
        for key, found in behind.items():
            _keep_behind(row, key, found)
    return changed


def _same(before: object, made: object) -> bool:
    names = ("value", "numerator", "denominator", "points", "most", "is_vetoed", "typed")
    return all(getattr(before, name) == getattr(made, name) for name in names)


def _values(
    ruler: Ruler, items: list[Indicator], region_id: int, on: date
) -> tuple[dict[str, Value], dict[str, list[running.Behind]]]:
    """The items' values, and the matters behind those that the running catalogue can't show."""
    running_book = book.catalogue_in_force()
    kept = [one for one in items if same_rule(running_book, one, item_period(one, ruler.period))]
    others = [one for one in items if one not in kept and kind_of(one) is ItemKind.COMPUTED]
    wanted = [([region_id], [one], [item_period(one, ruler.period)]) for one in kept]
    figures = Figures.read(wanted) if wanted else None
    found: dict[str, Value] = {}
    for one in kept:
        amount = figures.amount(region_id, one, item_period(one, ruler.period)) if figures else None
        if amount is not None and amount.computed_at is not None:
            found[one.key] = amount.value
        elif kind_of(one) is ItemKind.COMPUTED:
            others.append(one)
    behind: dict[str, list[running.Behind]] = {}
    engine = PostgresEngine(seconds=SECONDS)
    for one in others:
        period = item_period(one, ruler.period)
        standing = standing_of_day(min(period.ends_on, on), grids=True)
        told = running.figures(engine, ruler.guideline, [one.key], [period], standing, today=on, wanted={region_id})
        found.update({each.indicator.key: each.value for each in told})
        behind[one.key] = running.behind(
            engine, ruler.guideline, one.key, period, region_id, standing, limit=BEHIND_MOST
        )
    return found, behind


def _typed(row: RoundCity, ruler: Ruler, items: list[Indicator]) -> Mapping[str, int]:
    """How many fields were typed in for the round: of figures that somebody entered after the round came here."""
    typed = [one for one in items if kind_of(one) is ItemKind.TYPED]
    counted = entered_since([(one.key, item_period(one, ruler.period)) for one in typed], row.round.made_at)
    return {one.key: counted[one.key] * fields_of(one) for one in typed if one.key in counted}


def _keep_behind(row: RoundCity, key: str, found: list[running.Behind]) -> None:
    Behind.objects.update_or_create(
        round_city=row,
        key=key,
        defaults={
            "matters": [one.matter_id for one in found],
            "numerators": [one.numerator for one in found],
            "denominators": [one.denominator for one in found],
            "is_capped": len(found) >= BEHIND_MOST,
        },
    )
