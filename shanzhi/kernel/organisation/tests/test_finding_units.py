"""A dispatcher finds the unit that answers for a place."""

from datetime import date

import pytest
from django.db import ProgrammingError, transaction
from pytest_django import DjangoAssertNumQueries

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.models import Unit
from shanzhi.kernel.organisation.policy import Level, UnitKind
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, OPENED, TODAY

HERE = "370303009006001"


def test_it_finds_the_centre_of_each_level(city: operations.RegionsCount):
    centres = [queries.centre_for(HERE, level, TODAY) for level in (Level.CITY, Level.COUNTY, Level.TOWNSHIP)]
    assert [None if unit is None else unit.short_name for unit in centres] == [
        "市综治中心",
        "张店区综治中心",
        "马尚街道综治中心",
    ]
    assert [None if unit is None else unit.parent_id for unit in centres] == [
        None,
        centres[0] and centres[0].id,
        centres[1] and centres[1].id,
    ]
    assert queries.centre_for(HERE, Level.COMMUNITY, TODAY) is None
    assert queries.centre_for(HERE, Level.CITY, date(2023, 1, 1)) is None


def test_it_finds_a_department_at_a_level_or_the_nearest(city: operations.RegionsCount):
    def name(department: str, level: Level | None) -> str | None:
        unit = queries.unit_for_department(department, level, HERE, TODAY)
        return None if unit is None else unit.name

    assert name("urban-management", Level.COUNTY) == "张店区城市管理局"
    assert name("urban-management", Level.CITY) == "淄博市城市管理局"
    assert name("urban-management", None) == "张店区城市管理局"
    assert name("housing-fund", None) == "淄博市住房公积金管理中心"
    assert name("housing-fund", Level.COUNTY) is None
    assert name("moon-office", None) is None


def test_it_takes_the_zones_own_department_before_the_countys(city: operations.RegionsCount):
    zone_id = operations.zone_create(
        code="370371", name="高新区", city_code="3703", covers=["370303009"], on=OPENED, now=NOW, author=LOADER
    )
    Unit.objects.create(
        kind=UnitKind.DEPARTMENT,
        name="高新区城市管理局",
        short_name="高新区城管局",
        code="urban-management-370371",
        level=Level.ZONE,
        region_id=zone_id,
        department="urban-management",
        opened_on=OPENED,
    )
    unit = queries.unit_for_department("urban-management", None, HERE, TODAY)
    assert unit is not None
    assert unit.name == "高新区城市管理局"
    elsewhere = queries.unit_for_department("urban-management", None, "370303008001", TODAY)
    assert elsewhere is not None
    assert elsewhere.name == "张店区城市管理局"


def test_it_lists_units_within_ranges(city: operations.RegionsCount):
    def names(ranges: CodeRanges, **more: object) -> list[str]:
        return [unit.short_name for unit in queries.units_within(ranges, TODAY, **more)]  # type: ignore[arg-type]

    county = CodeRanges.from_prefixes("370306")
    assert names(county, kinds=[UnitKind.CENTRE]) == ["周村区综治中心", "北郊镇综治中心"]
    assert names(county, kinds=[UnitKind.COMMUNITY]) == ["北旺村", "世纪村"]
    assert names(county, text="城管") == ["周村区城管局"]
    assert names(county, levels=[Level.TOWNSHIP]) == ["北郊镇综治中心", "北郊镇"]
    assert names(CodeRanges(), text="城管") == []
    assert len(names(CodeRanges.from_prefixes("3703"), limit=3)) == 3


def test_it_reads_units_by_id_and_code(city: operations.RegionsCount):
    unit = queries.unit_by_code("community-370303009006", TODAY)
    assert unit is not None
    assert (unit.name, unit.short_name) == ("世纪花园社区居民委员会", "世纪花园社区")
    assert queries.unit_by_id(unit.id, TODAY) == unit
    assert queries.units_by_ids([unit.id, 0], TODAY) == {unit.id: unit}
    assert queries.unit_by_code("community-0", TODAY) is None


def test_it_pins_its_queries(city: operations.RegionsCount, django_assert_num_queries: DjangoAssertNumQueries):
    queries.unit_by_id(1, TODAY)
    whole = CodeRanges.from_prefixes("3703")
    for expected, read in (
        (1, lambda: queries.centre_for(HERE, Level.CITY, TODAY)),
        (1, lambda: queries.unit_for_department("water", None, HERE, TODAY)),
        (1, lambda: queries.units_within(whole, TODAY, limit=1)),
        (1, lambda: queries.units_within(whole, TODAY, limit=50)),
        (1, lambda: queries.unit_by_id(1, TODAY)),
        (1, lambda: queries.units_by_ids(range(50), TODAY)),
    ):
        with django_assert_num_queries(expected):
            read()


@pytest.mark.django_db
def test_the_application_may_read_and_not_write():
    assert [row.code for row in queries.top_regions(TODAY)] == ["3703"]
    with pytest.raises(ProgrammingError), transaction.atomic():
        operations.staff_add(name="王伟", work_number="G1", now=NOW, author=LOADER)
