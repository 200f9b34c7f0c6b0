"""The keeper loads a city: regions, zones, units, posts, people; once, whole, and again without effect."""

from datetime import date
from pathlib import Path

import pytest
from rich.console import Console

from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.queries import EntryRow
from shanzhi.kernel.organisation import cli, operations, queries
from shanzhi.kernel.organisation.divisions import read_city
from shanzhi.kernel.organisation.models import Post, PostHolding, Region, RegionState, Staff, Unit
from shanzhi.kernel.organisation.operations.posts import TooFewPeople
from shanzhi.kernel.organisation.people import invent
from shanzhi.kernel.organisation.policy import BadZone, Level, LoadRefused, Sees, UnitKind, UnknownRegion
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, OPENED, TODAY
from tests.roles import everything


def entries_of(kind: str, subject_id: int) -> list[EntryRow]:
    """Read by nobody of the city: the importer writes its entries and reads none."""
    with everything():
        return journal.entries_of(kind, subject_id)


def _rows() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Region, RegionState, Unit, Staff, Post, PostHolding))


def test_it_loads_the_whole_of_zibo(empty_city: None, whole_package: Path):
    divisions = read_city(whole_package, "3703")
    count = operations.regions_load(divisions=divisions, on=OPENED, now=NOW, author=LOADER)
    assert (count.cities, count.counties, count.townships, count.communities, count.grids) == (1, 8, 88, 2931, 7936)
    assert len(queries.communities_for_picker("3703", TODAY)) == 2931
    again = operations.regions_load(divisions=divisions, on=TODAY, now=NOW, author=LOADER)
    assert (again.added, again.kept) == (0, 10964)


def test_it_writes_one_journal_entry_for_each_step_and_none_for_an_empty_one(city: operations.RegionsCount):
    before = entries_of("region", city.city_id)
    assert [(entry.step, entry.action) for entry in before] == [
        (1, "regions.load"),
        (2, "units.load"),
        (3, "posts.load"),
        (4, "posts.staff"),
    ]
    assert before[0].payload == {
        "city_code": "3703",
        "valid_from": "2024-01-01",
        "cities": 1,
        "counties": 2,
        "townships": 4,
        "communities": 6,
        "grids": city.grids,
        "kept": 0,
    }


def test_it_adds_nothing_a_second_time(city: operations.RegionsCount, package: Path):
    before = _rows()
    entries = len(entries_of("region", city.city_id))
    catalogue = queries.unit_catalogue()
    divisions = read_city(package, "3703")
    people = invent(9, seed=1, surnames=["王"], given=["伟"])
    regions = operations.regions_load(divisions=divisions, on=TODAY, now=NOW, author=LOADER)
    units = operations.units_load(city_code="3703", catalogue=catalogue, on=TODAY, now=NOW, author=LOADER)
    posts = operations.posts_load(city_code="3703", catalogue=catalogue, on=TODAY, now=NOW, author=LOADER)
    staff = operations.posts_staff(city_code="3703", people=people, on=TODAY, now=NOW, author=LOADER)
    assert (regions.added, units.added, posts.added, staff) == (0, 0, 0, operations.StaffCount(0, 0))
    assert _rows() == before
    assert len(entries_of("region", city.city_id)) == entries


def test_it_refuses_to_reach_back_before_what_is_there(regions: operations.RegionsCount, package: Path):
    with pytest.raises(LoadRefused) as refused:
        operations.regions_load(divisions=read_city(package, "3703"), on=date(2023, 1, 1), now=NOW, author=LOADER)
    assert "自 2024年1月1日 起已有记录" in str(refused.value)


def test_it_makes_units_posts_and_people_by_the_rule_book(city: operations.RegionsCount):
    kinds = {kind: Unit.objects.filter(kind=kind).count() for kind in UnitKind}
    assert kinds[UnitKind.CENTRE] == 1 + 2 + 4
    assert kinds[UnitKind.TOWNSHIP] == 4
    assert kinds[UnitKind.COMMUNITY] == 6
    types = queries.unit_catalogue().departments
    assert kinds[UnitKind.DEPARTMENT] + kinds[UnitKind.PUBLIC_UTILITY] == sum(
        2 if level is Level.COUNTY else 1 for type_ in types for level in type_.levels
    )
    assert Post.objects.filter(role="grid_worker").count() == city.grids
    assert PostHolding.objects.count() == Post.objects.count()
    # Six clerks are also chief of their community's first grid.
    assert Staff.objects.count() == Post.objects.count() - 6
    assert set(Post.objects.filter(role="dispatcher").values_list("sees", flat=True)) == {Sees.INTAKE}


def test_it_changes_nothing_when_people_run_out(regions: operations.RegionsCount):
    catalogue = queries.unit_catalogue()
    operations.units_load(city_code="3703", catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    operations.posts_load(city_code="3703", catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    before = _rows()
    people = invent(5, seed=1, surnames=["王"], given=["伟"])
    with pytest.raises(TooFewPeople):
        operations.posts_staff(city_code="3703", people=people, on=OPENED, now=NOW, author=LOADER)
    assert _rows() == before


def test_it_sets_up_no_units_for_a_city_that_is_not_loaded(empty_city: None):
    with pytest.raises(UnknownRegion):
        operations.units_load(city_code="3703", catalogue=queries.unit_catalogue(), on=OPENED, now=NOW, author=LOADER)


@pytest.mark.parametrize("code, counties", [("4419", 0), ("50", 2), ("469001", 0)])
def test_it_sets_up_odd_cities_too(empty_city: None, package: Path, code: str, counties: int):
    catalogue = queries.unit_catalogue()
    operations.regions_load(divisions=read_city(package, code), on=OPENED, now=NOW, author=LOADER)
    operations.units_load(city_code=code, catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    posts = operations.posts_load(city_code=code, catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    assert posts.added == Post.objects.count() > 0
    assert Unit.objects.filter(kind=UnitKind.CENTRE, level=Level.COUNTY).count() == counties
    top = queries.unit_by_code(f"centre-{code}", TODAY)
    assert top is not None
    below = Unit.objects.filter(kind=UnitKind.CENTRE).exclude(id=top.id)
    assert below.exclude(parent=None).count() == below.count()


def test_it_lays_a_zone_across_counties(regions: operations.RegionsCount):
    def create() -> int:
        return operations.zone_create(
            code="370372",
            name="经济开发区",
            city_code="3703",
            covers=["370303105", "370306100"],
            on=OPENED,
            now=NOW,
            author=LOADER,
        )

    zone_id = create()
    assert create() == zone_id
    zone = queries.region_of_code("370372", TODAY)
    assert zone is not None
    assert (zone.id, zone.level, zone.ranges.to_pg()) == (
        zone_id,
        Level.ZONE,
        "{[370303105,370303106),[370306100,370306101)}",
    )
    assert [row.code for row in queries.zones_over("370306100200", TODAY)] == ["370372"]
    assert [row.code for row in queries.children("370372", TODAY)] == ["370303105", "370306100"]
    assert [entry.action for entry in entries_of("region", zone_id)] == ["zone.create"]


@pytest.mark.parametrize(
    "code, covers, error",
    [
        ("370303", ["370303008"], BadZone),
        ("370371", ["370303999"], UnknownRegion),
        ("370371", [], BadZone),
    ],
)
def test_it_refuses_a_zone_that_can_not_be(
    regions: operations.RegionsCount, code: str, covers: list[str], error: type[Exception]
):
    before = _rows()
    with pytest.raises(error):
        operations.zone_create(
            code=code, name="某区", city_code="3703", covers=covers, on=OPENED, now=NOW, author=LOADER
        )
    assert _rows() == before


def test_it_prints_what_it_loaded(empty_city: None, package: Path):
    console = Console(width=80, record=True, quiet=True)
    count = cli.load_regions("4419", folder=package, on=OPENED, now=NOW, console=console)
    units, posts, staff = cli.set_up_units("4419", surnames=["王"], given=["伟"], on=OPENED, now=NOW, console=console)
    assert (count.townships, count.communities, units.communities) == (1, 1, 1)
    assert staff.holdings == posts.added
