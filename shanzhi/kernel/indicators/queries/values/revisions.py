"""What was changed of figures after their months were cut, or by a decision."""

from shanzhi.kernel.indicators.models import Revision
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Length
from shanzhi.kernel.indicators.policy.periods import Period
from shanzhi.kernel.indicators.policy.values import MISSING, Numbers, Value, value_of
from shanzhi.kernel.indicators.queries.values.shapes import Place, RevisionRow

SHOWN = 50
"""Rows of a page's lists at the most."""


def revisions_of(book: Catalogue, key: str, place: Place, period: Period) -> tuple[RevisionRow, ...]:
    """What was changed of a figure after its months were cut, or by a decision, the latest first; 1 query."""
    rows = Revision.objects.filter(key=key, month__gte=period.first, month__lte=period.last, region_id=place.id)
    return tuple(revision_row(book, row, place) for row in rows.order_by("-made_at", "-id")[:SHOWN])


def revision_row(book: Catalogue, row: Revision, place: Place) -> RevisionRow:
    """A revision as a page has it: values by the versions of before and after."""
    return RevisionRow(
        row.number,
        place,
        Period(row.month, next(each for each in Length if each.months == row.months)),
        row.made_at,
        row.reason,
        row.about,
        _value(book, row.key, row.before_version, row.before_numerator, row.before_denominator),
        _value(book, row.key, row.after_version, row.after_numerator, row.after_denominator),
        row.before_version,
        row.after_version,
        row.cursor,
    )


def _value(book: Catalogue, key: str, version: int, numerator: int, denominator: int | None) -> Value:
    found = next((one for one in book.versions(key) if one.version == version), None)
    if found is None:
        return MISSING
    return value_of(found, Numbers(numerator, denominator) if denominator is not None else Numbers(None, 0))
