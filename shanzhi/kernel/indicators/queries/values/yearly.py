"""What is due of typed-in figures in a year, region by region: who owes it, and whether it was handed in."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from shanzhi.kernel.indicators.models import Value as Entered
from shanzhi.kernel.indicators.policy.definitions import Indicator, Source
from shanzhi.kernel.indicators.policy.entering import due_on, rule_of
from shanzhi.kernel.indicators.policy.periods import Period, period_of
from shanzhi.kernel.indicators.queries.values.owing import at_level
from shanzhi.kernel.indicators.queries.values.reading import place_of, where
from shanzhi.kernel.indicators.queries.values.shapes import Place
from shanzhi.kernel.indicators.rules import catalogue
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import PostCard, one_tree

LAST_MONTH = 12


@dataclass(frozen=True, slots=True)
class YearLine:
    """A figure that is typed in for a period and a region: until when, by whom (the nearest unit with a post of the role, empty
    where there is none), and the value that counts, 0 where none was handed in."""

    indicator: Indicator
    period: Period
    place: Place
    due_on: date
    owes: str
    value_id: int


def year_lines(region_id: int, year: int, on: date) -> list[YearLine]:
    """Everything that is typed in for a year in a region and those below, up to a day, in the catalogue's order; 2 statements
    and the tree.

    Raises:
        NoSuchPlace: no region of this id at the year's end, or on the day where it isn't over.
    """
    with one_tree(is_read=True):
        around = where(region_id, min(on, date(year, LAST_MONTH, 31)))
        book = catalogue()
        wanted = list(_wanted(year, on))
        cards = organisation.posts_of_roles(tuple({rule_of(one).by for one, _ in wanted}), on) if wanted else []
        by_level = {
            level: _places(around.place, level, min(on, date(year, LAST_MONTH, 31)))
            for level in {rule_of(one).level.value for one, _ in wanted}
        }
        rows = Entered.objects.filter(
            first__gte=year * 100 + 1, first__lte=year * 100 + LAST_MONTH, is_last=True,
            region_id__in={place.id for places in by_level.values() for place in places},
        )  # fmt: skip
        there = {
            (key, first, place): pk for key, first, place, pk in rows.values_list("key", "first", "region_id", "pk")
        }
        order = {project.code: at for at, project in enumerate(book.projects)}
        lines = []
        for indicator, period in sorted(wanted, key=lambda one: order.get(one[0].project, 0)):
            rule, due = rule_of(indicator), due_on(indicator, period)
            for place in by_level[rule.level.value]:
                value = there.get((indicator.key, period.first, place.id), 0)
                lines.append(YearLine(indicator, period, place, due, _owes(cards, rule.by, place.code), value))
        return lines


def _wanted(year: int, on: date) -> Iterator[tuple[Indicator, Period]]:
    """Indicators that are typed in, with the periods of the year for which that may have been done by this day."""
    book = catalogue()
    for key in dict.fromkeys(one.key for one in book.indicators if one.source is not Source.COMPUTED):
        length = book.versions(key)[-1].period
        period = period_of(date(year, 1, 1), length)
        while period.first // 100 == year and period.begins_on <= on:
            indicator = book.indicator(key, period.last)
            is_early = indicator is not None and indicator.source is Source.REPORTED and not period.is_over(on)
            if indicator is not None and indicator.source is not Source.COMPUTED and not is_early:
                yield indicator, period
            period = Period(_after(period), length)


def _after(period: Period) -> int:
    """The month after a period's last."""
    return period.last + 1 if period.last % 100 < LAST_MONTH else (period.last // 100 + 1) * 100 + 1


def _places(place: Place, level: str, on: date) -> tuple[Place, ...]:
    if place.level == level:
        return (place,)
    return tuple(place_of(one) for one in at_level(place.id, level, on))


def _owes(cards: Sequence[PostCard], role: str, code: str) -> str:
    found = [card for card in cards if card.role == role and card.ranges.contains(code)]
    return max(found, key=lambda card: len(card.region_code)).unit_name if found else ""
