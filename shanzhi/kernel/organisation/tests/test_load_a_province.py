"""Somebody sets up a province's installation: its cities, the offices that organise rounds, posts and sign-ins."""

from pathlib import Path

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.queries import role_of
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.divisions import read_province
from shanzhi.kernel.organisation.models import Post, Unit
from shanzhi.kernel.organisation.policy import Level, NotLoadable
from shanzhi.kernel.organisation.rulebook import BadUnitCatalogue
from shanzhi.kernel.organisation.rulebook_upper import parse_upper
from tests.city import LOADER, NOW, OPENED
from tests.upper import CITIES, FILES, PROVINCE, Upper, upper

__all__ = ["upper"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, rows in FILES.items():
        (tmp_path / f"{name}.csv").write_text(rows, encoding="utf-8")
    return tmp_path


def test_it_reads_the_cities_that_were_asked_for_with_their_counties(folder: Path) -> None:
    found = read_province(folder, "37", ("3703", "3713"))
    assert [(row.code, row.level) for row in found.rows] == [
        ("37", Level.PROVINCE),
        ("3703", Level.CITY),
        ("3713", Level.CITY),
        ("370303", Level.COUNTY),
        ("370306", Level.COUNTY),
        ("371302", Level.COUNTY),
    ]
    assert len(read_province(folder, "37").rows) == 1 + 4 + 5


def test_it_names_a_city_that_isn_t_the_province_s(folder: Path) -> None:
    with pytest.raises(NotLoadable, match="3203"):
        read_province(folder, "37", ("3703", "3203"))
    with pytest.raises(NotLoadable, match="不是省的代码"):
        read_province(folder, "3703")


def test_a_faulty_rule_book_is_named() -> None:
    with pytest.raises(BadUnitCatalogue, match="x"):
        parse_upper({"unit": [{"code": "x", "kind": "nothing", "name": "n", "short": "s"}]})
    with pytest.raises(BadUnitCatalogue, match="至少"):
        parse_upper({})


def test_the_province_s_cities_stand_below_it(upper: Upper) -> None:
    assert [row.code for row in queries.top_regions(OPENED)] == [PROVINCE]
    assert {row.code: row.name for row in queries.children(PROVINCE, OPENED)} == CITIES


def test_each_sign_in_has_the_role_of_its_post_and_sees_the_province(upper: Upper) -> None:
    assert upper["organiser"].role == "organiser"
    assert upper["assessor3"].role == "province_assessor"
    assert upper["centre2"].role == "centre_assessor"
    assert len({actor.staff_id for actor in upper.actors.values()}) == len(upper.actors)
    assert "rounds_centre" in role_of("centre_assessor").may
    assert upper["assessor1"].place.contains("370303")


def test_it_is_loaded_a_second_time_without_doubling_anything(upper: Upper, folder: Path) -> None:
    divisions = read_province(folder, PROVINCE, tuple(CITIES))
    units, posts = Unit.objects.count(), Post.objects.count()
    with database.acting_as(upper.installation, "importer"):
        count = operations.upper_load(
            divisions=divisions, units=queries.upper_units(), on=OPENED, now=NOW, author=LOADER
        )
    assert (count.regions, count.units, count.posts) == (0, 0, 0)
    assert (Unit.objects.count(), Post.objects.count()) == (units, posts)
