"""Outlines are taken over from a day, all or nothing, and tell which region holds a point."""

from datetime import timedelta
from typing import Any

import pytest

from shanzhi.core.geo import Point
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.models import RegionShape, ShapeLoad
from shanzhi.kernel.organisation.policy.shapes import NoSuchShapes, ShapesRefused
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, TODAY
from shanzhi.kernel.organisation.tests.test_judging_outlines import collection, feature, square
from tests.roles import everything

GARDEN, VILLAGE, TOWN = "370303009006", "370303009007", "370303009"
PAIR = (feature(GARDEN, square(0, 0)), feature(VILLAGE, square(1, 0)))
IN_GARDEN, IN_VILLAGE, NOWHERE = Point(36.805, 118.005), Point(36.805, 118.015), Point(36.805, 118.05)
LATER = TODAY + timedelta(days=30)


def load(*features: object, **more: Any) -> int:
    given: dict[str, Any] = {"datum": "WGS84", "on": TODAY, "now": NOW, "author": LOADER, **more}
    return operations.shapes_load(data=collection(*features), **given)


def code_at(point: Point, on: Any = TODAY) -> str | None:
    row = queries.region_at_point(point, on)
    return row.code if row else None


def test_it_takes_nothing_over_while_there_are_errors_or_warnings(regions: object) -> None:
    with pytest.raises(ShapesRefused, match="1 处错误，一个也没有采用") as refused:
        load(*PAIR, feature("370303009999", square(2, 0)), even_so=True)
    assert [one.kind for one in refused.value.findings] == ["unknown"]
    gapped = (PAIR[0], feature(VILLAGE, square(1.1, 0, 0.9)), feature(TOWN, square(0, 0, 2)))
    with pytest.raises(ShapesRefused, match="确认无误"):
        load(*gapped)
    with pytest.raises(ShapesRefused, match="不在您岗位所管的范围内"):
        load(*PAIR, within=CodeRanges.from_prefixes("370306"))
    with pytest.raises(NoSuchShapes):
        operations.shapes_take_over(digest="0" * 64, on=TODAY, author=LOADER, now=NOW)
    assert (RegionShape.objects.count(), ShapeLoad.objects.count()) == (0, 0)
    assert load(*gapped, even_so=True) == 3


def test_it_finds_the_region_of_a_point(regions: object) -> None:
    assert code_at(IN_GARDEN) is None
    assert load(*PAIR) == 2
    assert [code_at(point) for point in (IN_GARDEN, IN_VILLAGE, NOWHERE)] == [GARDEN, VILLAGE, None]
    assert code_at(IN_GARDEN, TODAY - timedelta(days=1)) is None
    # The deepest wins: the township holds the point as well.
    assert load(feature(TOWN, square(0, 0, 6)), even_so=True) == 1
    assert [code_at(point) for point in (IN_GARDEN, NOWHERE)] == [GARDEN, TOWN]


def test_it_replaces_from_a_day_on_and_is_undone_by_a_later_edit(regions: object) -> None:
    load(*PAIR)
    swapped = (feature(VILLAGE, square(0, 0)), feature(GARDEN, square(1, 0)))
    load(*swapped, on=LATER)
    assert [code_at(IN_GARDEN, day) for day in (TODAY, LATER)] == [GARDEN, VILLAGE]
    load(*PAIR, on=LATER)
    assert [code_at(IN_GARDEN, day) for day in (TODAY, LATER)] == [GARDEN, GARDEN]
    assert [line.shapes for line in queries.shape_loads()] == [2, 2, 2]
    assert RegionShape.objects.filter(holds_until=None).count() == 2
    row = queries.region_of_code(GARDEN, LATER)
    assert row is not None
    shape = queries.shape_of(row.id, LATER)
    assert shape is not None
    bounds = tuple(round(side, 6) for side in shape.sketch.bounds)
    assert (shape.code, shape.holds_from, bounds) == (GARDEN, LATER, (118.0, 36.8, 118.01, 36.81))
    assert 0.98 < shape.area_m2 / 990_000 < 1.02


def test_it_writes_counts_and_no_coordinates_into_the_journal(regions: object) -> None:
    load(*PAIR)
    pk = ShapeLoad.objects.get().pk
    with everything():
        entries = journal.entries_of("shapes", pk)
    assert [(entry.action, entry.payload["shapes"], entry.payload["warnings"]) for entry in entries] == [
        ("shapes.load", 2, 0)
    ]
    assert "118" not in str({key: value for key, value in entries[0].payload.items() if key != "digest"})


def test_it_asks_the_database_once_for_a_point_it_knows_the_outlines_of(
    regions: object, django_assert_num_queries: Any
) -> None:
    load(*PAIR)
    assert code_at(IN_GARDEN) == GARDEN
    with django_assert_num_queries(2):
        assert code_at(IN_VILLAGE) == VILLAGE
