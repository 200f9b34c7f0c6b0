"""What decisions left out of the rates of single days: verdicts that don't count for the month's figures."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from django.db import connection
from sqlglot import exp

from shanzhi.kernel.facts.queries import bases_of
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.queries.running import formula_of

VERDICTS = "fact_rating"
SOLVED, SCORE = "solved", "satisfied"
MEASURES = ("rated", "solved", "scored", "pleased")


def left_out_by_day(
    book: Catalogue, region_ids: Sequence[int], spans: Sequence[tuple[date, date]], on: date
) -> Iterator[tuple[int, date, dict[str, int]]]:
    """Region, day and what is to be taken off its verdicts (`MEASURES`), between the days of each span, as of the tree of `on`;
    1 query. A decision about any indicator that counts verdicts by whether they say solved, or by their score, is one about
    the week's share of those, too."""
    bases = bases_of(region_ids, on)
    wanted = sorted({base for found in bases.values() for base in found})
    under: dict[int, list[int]] = {}
    for region_id, found in bases.items():
        for base in found:
            under.setdefault(base, []).append(region_id)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT x.* FROM unnest(%s::date[], %s::date[]) AS n (since, until),"
            " indicators_left_out(%s::bigint[], n.since, n.until, %s::text[], %s::text[]) x",
            [
                [since for since, _ in spans],
                [until for _, until in spans],
                wanted,
                sorted(keys_of(book, SOLVED)),
                sorted(keys_of(book, SCORE)),
            ],
        )
        rows = cursor.fetchall()
    for base, day, *counts in rows:
        for region_id in under[base]:
            yield region_id, day, dict(zip(MEASURES, counts, strict=True))


def keys_of(book: Catalogue, column: str) -> Collection[str]:
    """The indicators that may be contested and count verdicts by this column."""
    found = set()
    for one in book.indicators:
        if not one.exclusions or one.key in found:
            continue
        formula = formula_of(one)
        parts = (formula.numerator, formula.denominator, formula.where)
        named = {each.name for part in parts if part is not None for each in part.find_all(exp.Column)}
        if formula.source.this.name == VERDICTS and column in named:
            found.add(one.key)
    return found
