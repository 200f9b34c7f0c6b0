"""Anyone finds a region by code, by name and by place in the tree, as of a date."""

from datetime import date

import pytest
from django.db import IntegrityError, transaction
from psycopg.types.range import Range
from pytest_django import DjangoAssertNumQueries

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.models import RegionState
from shanzhi.kernel.organisation.operations._common import from_day, renew_tree
from shanzhi.kernel.organisation.policy import BadCode, Level
from shanzhi.kernel.organisation.tests.cast import OPENED, TODAY

MOVED = date(2025, 1, 1)


def _move_zhongbu_to_zhoucun() -> None:
    """The town 中埠镇 goes from one county to the other and gets a new code, as redrawing does."""
    state = RegionState.objects.get(code="370303105")
    state.valid = from_day(OPENED, MOVED)
    state.save(update_fields=["valid"])
    county = RegionState.objects.get(code="370306")
    RegionState.objects.create(
        region_id=state.region_id,
        level=state.level,
        code="370306105",
        name="中埠街道办事处",
        short_name="中埠街道",
        parent_id=county.region_id,
        ranges=CodeRanges.from_prefixes("370306105"),
        valid=from_day(MOVED),
    )
    renew_tree()


def test_it_finds_by_code_with_the_full_path(regions: operations.RegionsCount):
    row = queries.region_of_code("370303009006", TODAY)
    assert row is not None
    assert (row.level, row.name, row.path) == (Level.COMMUNITY, "世纪花园社区居委会", "张店区 马尚街道 世纪花园社区")
    city = queries.region_of_code("3703", TODAY)
    assert city is not None
    assert (city.path, city.parent_id) == ("淄博市", None)
    assert queries.region_by_id(city.id, TODAY) == city
    assert queries.top_regions(TODAY) == [city]


def test_it_finds_grids_with_their_path(regions: operations.RegionsCount):
    grid = queries.region_of_code("370303009006002", TODAY)
    assert grid is not None
    assert (grid.level, grid.path) == (Level.GRID, "张店区 马尚街道 世纪花园社区 第二网格")
    assert queries.region_by_id(grid.id, TODAY) == grid
    community = queries.region_of_code("370303009006", TODAY)
    assert community is not None
    assert grid in queries.children(community.id, TODAY)
    assert [row.level for row in queries.path(grid.code, TODAY)] == [
        Level.CITY,
        Level.COUNTY,
        Level.TOWNSHIP,
        Level.COMMUNITY,
        Level.GRID,
    ]


def test_it_finds_nothing_where_nobody_holds_the_code(regions: operations.RegionsCount):
    assert queries.region_of_code("370399", TODAY) is None
    assert queries.region_of_code("370303009006999", TODAY) is None
    assert queries.region_of_code("3703", date(2023, 12, 31)) is None
    assert queries.region_by_id(0, TODAY) is None
    assert queries.children("370399", TODAY) == []
    assert queries.path("370399", TODAY) == []
    assert queries.communities_for_picker("4419", TODAY) == []
    with pytest.raises(BadCode):
        queries.region_of_code("abc", TODAY)


def test_it_falls_back_to_what_stands_above_an_unknown_code(regions: operations.RegionsCount):
    found = [
        queries.region_at_or_above(code, TODAY) for code in ("370303009006001", "370303009999", "370399001", "440101")
    ]
    assert [None if row is None else row.code for row in found] == ["370303009006", "370303009", "3703", None]


def test_it_searches_by_name_best_first(regions: operations.RegionsCount):
    def names(text: str, **more: object) -> list[str]:
        return [row.short_name for row in queries.find_regions(text, on=TODAY, **more)]  # type: ignore[arg-type]

    assert names("世纪") == ["世纪花园社区", "世纪新村", "世纪村"]
    assert names("世纪村") == ["世纪村"]
    assert names("马尚 世纪") == ["世纪花园社区", "世纪新村"]
    assert names("张店区马尚街道世纪花园社区居委会") == ["世纪花园社区"]
    assert names("花园") == ["世纪花园社区"]
    assert names("370306100201") == ["世纪村"]
    assert names("世纪", limit=1) == ["世纪花园社区"]
    assert names("周村区") == ["北旺村", "世纪村"]
    assert names("街道", levels=(Level.TOWNSHIP,)) == ["四宝山街道", "马尚街道"]
    county = queries.region_of_code("370306", TODAY)
    assert county is not None
    assert names("世纪", within=county.ranges) == ["世纪村"]
    assert names("  ") == names("月球") == []


def test_it_lists_all_communities_for_a_picker(regions: operations.RegionsCount):
    assert [row.path for row in queries.communities_for_picker("3703", TODAY)] == [
        "张店区 四宝山街道 四宝山社区",
        "张店区 马尚街道 世纪花园社区",
        "张店区 马尚街道 世纪新村",
        "张店区 中埠镇 中埠村",
        "周村区 北郊镇 北旺村",
        "周村区 北郊镇 世纪村",
    ]


def test_it_keeps_last_years_tree(regions: operations.RegionsCount):
    before = queries.region_of_code("370303105", OPENED)
    _move_zhongbu_to_zhoucun()
    after = queries.region_of_code("370306105", MOVED)
    assert before is not None
    assert after is not None
    assert (before.id, before.path) == (after.id, "张店区 中埠镇")
    assert after.path == "周村区 中埠街道"
    assert queries.region_of_code("370303105", MOVED) is None
    assert queries.region_of_code("370303105", date(2024, 12, 31)) == before
    assert [row.code for row in queries.children("370306", OPENED)] == ["370306100"]
    assert [row.code for row in queries.children("370306", MOVED)] == ["370306100", "370306105"]


def test_it_never_keeps_a_tree_that_was_rolled_back(regions: operations.RegionsCount):
    with transaction.atomic():
        _move_zhongbu_to_zhoucun()
        assert queries.region_of_code("370306105", MOVED) is not None
        transaction.set_rollback(True)
    assert queries.region_of_code("370306105", MOVED) is None


@pytest.mark.parametrize(
    "change",
    [
        {"code": "370306"},
        {"code": "370388", "valid": from_day(TODAY)},
        {"level": "township", "code": "370388001", "valid": Range(date(2020, 1, 1), date(2021, 1, 1))},
        {"code": "3703880", "valid": Range(date(2020, 1, 1), date(2021, 1, 1))},
        {"code": "370388", "valid": Range(TODAY, TODAY)},
        {"code": "370388", "ranges": "{}", "valid": Range(date(2020, 1, 1), date(2021, 1, 1))},
    ],
    ids=["code taken", "two states at once", "other level", "shape", "no day", "no codes"],
)
def test_the_database_itself_refuses_a_false_state(regions: operations.RegionsCount, change: dict[str, object]):
    state = RegionState.objects.get(code="370303")
    values = {field: getattr(state, field) for field in ("region_id", "level", "code", "parent_id", "ranges", "valid")}
    with pytest.raises(IntegrityError), transaction.atomic():
        RegionState.objects.create(**(values | {"name": "假区", "short_name": "假区"} | change))


def test_it_asks_the_database_once(regions: operations.RegionsCount, django_assert_num_queries: DjangoAssertNumQueries):
    queries.top_regions(TODAY)
    for expected, read in (
        (1, lambda: queries.region_of_code("370303009006", TODAY)),
        (2, lambda: queries.region_of_code("370303009006001", TODAY)),
        (1, lambda: queries.region_at_or_above("370303009006001", TODAY)),
        (1, lambda: queries.children("3703", TODAY)),
        (2, lambda: queries.children("370303009006", TODAY)),
        (1, lambda: queries.path("370303009006", TODAY)),
        (2, lambda: queries.path("370303009006001", TODAY)),
        (1, lambda: queries.communities_for_picker("3703", TODAY)),
        (1, lambda: queries.find_regions("世纪", on=TODAY)),
        (1, lambda: queries.zones_over("370303009006", TODAY)),
    ):
        with django_assert_num_queries(expected):
            read()


def test_a_page_that_only_reads_asks_for_a_grid_once(
    regions: operations.RegionsCount, django_assert_num_queries: DjangoAssertNumQueries
):
    code = "370303009006001"
    grid = queries.region_of_code(code, TODAY)
    assert grid is not None
    for is_read, again in ((True, 0), (False, 1)):
        with queries.one_tree(is_read=is_read):
            assert queries.region_of_code(code, TODAY) == grid
            for read, same in (
                (lambda: queries.region_of_code(code, TODAY), grid),
                (lambda: queries.region_by_id(grid.id, TODAY), grid),
                (lambda: queries.path(code, TODAY)[-1], grid),
                (lambda: queries.paths_of([grid.id], TODAY), {grid.id: grid.path}),
            ):
                with django_assert_num_queries(again):
                    assert read() == same
    with queries.one_tree(is_read=True):
        queries.region_of_code(code, TODAY)
        assert queries.region_by_id(grid.id, date(1949, 1, 1)) is None
