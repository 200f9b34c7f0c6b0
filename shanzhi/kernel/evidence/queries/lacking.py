"""What each item of the catalogue still lacks in a year: from what is due, what was handed in, and what lies in the archive."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from django.db.models import Count

from shanzhi.kernel.evidence.models import Evidence
from shanzhi.kernel.evidence.policy.completeness import Item, Wanted, item_of
from shanzhi.kernel.evidence.policy.objects import FIGURE, HAND, ITEM, VALUE, VISIT
from shanzhi.kernel.evidence.queries.archive import standing
from shanzhi.kernel.indicators.policy.definitions import Source
from shanzhi.kernel.indicators.policy.entering import rule_of
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.queries.book import catalogue_in_force
from shanzhi.kernel.indicators.queries.values import YearLine
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.queries import one_tree

LAST_MONTH = 12


def completeness(region_id: int, year: int, on: date) -> list[Item]:
    """Every item of the year's catalogue in its order: what it needs, what is there, what it lacks and who owes it; 5 queries
    and the tree.

    Raises:
        NoSuchPlace: no region of this id in the year.
    """
    with one_tree(is_read=True):
        lines = values.year_lines(region_id, year, on)
        counted = _counted(region_id, year, on)
        shown = _of_values({line.value_id for line in lines if line.value_id})
        by_hand = _by_hand([line.indicator.key for line in lines], year)
    by_key: dict[str, list[Wanted]] = {}
    for line in lines:
        by_key.setdefault(line.indicator.key, []).append(_wanted(line, shown, by_hand))
    book, items = catalogue_in_force(), []
    month = min(year * 100 + LAST_MONTH, on.year * 100 + on.month)
    for project in book.projects:
        for one in book.in_month(month):
            if one.project != project.code:
                continue
            if one.source is Source.COMPUTED:
                items.append(Item(one.key, one.name, one.project, "", True, 0, counted[one.key], 0, ()))
            else:
                paper = rule_of(one).paper
                items.append(item_of(one.key, one.name, one.project, paper, by_key.get(one.key, ()), on))
    return items


def _wanted(line: YearLine, shown: dict[tuple[int, bool], int], by_hand: Sequence[tuple[str, str, bool]]) -> Wanted:
    """A line with the objects that show it: the figure's own, and those that somebody put in for the item at that place."""
    more = Counter(
        is_gone for key, code, is_gone in by_hand if key == line.indicator.key and code.startswith(line.place.code)
    )
    return Wanted(
        line.indicator.key, str(line.period), line.place.name, line.place.code, line.owes, line.due_on,
        rule_of(line.indicator).paper, bool(line.value_id),
        shown.get((line.value_id, False), 0) + more[False], shown.get((line.value_id, True), 0) + more[True],
    )  # fmt: skip


def _of_values(ids: set[int]) -> dict[tuple[int, bool], int]:
    """How many objects show each typed-in figure: (value, destroyed or not); 1 query."""
    rows = Evidence.objects.filter(source=FIGURE, source_id__in=ids).values_list("source_id", "gone_at")
    return dict(Counter((value, gone is not None) for value, gone in rows))


def _by_hand(keys: Sequence[str], year: int) -> list[tuple[str, str, bool]]:
    """Objects of the year that posts put in for these items: (item, code of the place, destroyed or not); 1 query."""
    rows = standing(key__in=set(keys), evidence__year=year, evidence__source__in=(HAND, VISIT))
    listed = rows.values_list("key", "evidence__scope_code", "evidence__gone_at")
    return [(key, code, gone is not None) for key, code, gone in listed]


def _counted(region_id: int, year: int, on: date) -> Counter[str]:
    """How many kept objects of the year in the region serve each item; 1 query."""
    region = organisation.region_by_id(region_id, min(on, date(year, LAST_MONTH, 31)))
    code = region.code if region else ""
    rows = standing(
        evidence__year=year, evidence__gone_at=None, evidence__scope_code__startswith=code, kind__in=(ITEM, VALUE)
    )
    listed = rows.exclude(key="").values("key").annotate(many=Count("evidence", distinct=True))
    return Counter({row["key"]: row["many"] for row in listed})
