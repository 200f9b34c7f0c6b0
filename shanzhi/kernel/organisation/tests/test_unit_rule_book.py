"""The rule book says which units and posts there are and how they are called."""

from itertools import islice
from typing import Any

import pytest

from shanzhi.kernel.organisation import naming, queries
from shanzhi.kernel.organisation.naming import BadPattern, Names, Place
from shanzhi.kernel.organisation.people import Person, invent
from shanzhi.kernel.organisation.policy import Level, Sees, UnitKind
from shanzhi.kernel.organisation.rulebook import BadUnitCatalogue, parse_catalogue, parse_zones

ZIBO = Place(Level.CITY, "淄博市", "淄博市", "淄博市")
ZHANGDIAN = Place(Level.COUNTY, "张店区", "张店区", "淄博市", "张店区")

TABLES: dict[str, Any] = {
    "naming": {"centre_city": "{city}中心"},
    "role": [{"code": "handler", "name": "承办员"}],
    "unit_kind": [
        {
            "code": "public-utility",
            "levels": ["city"],
            "post": [{"role": "handler", "levels": ["city"], "min": 1, "max": 2}],
        }
    ],
    "department": [{"code": "gas", "name": "燃气公司", "short": "燃气", "levels": ["city"], "duty": "供气。"}],
}


def test_it_ships_forty_departments_and_utilities():
    catalogue = queries.unit_catalogue()
    assert len(catalogue.departments) == 40
    assert all(department.duty for department in catalogue.departments)
    assert catalogue.centre_levels == {Level.CITY, Level.COUNTY, Level.TOWNSHIP}


def test_it_calls_departments_by_level():
    catalogue = queries.unit_catalogue()
    urban = catalogue.department("urban-management")
    water = catalogue.department("water-supply")
    tax = catalogue.department("tax")
    assert urban is not None
    assert water is not None
    assert tax is not None
    assert naming.department_names(catalogue, urban, ZIBO) == Names("淄博市城市管理局", "市城管局")
    assert naming.department_names(catalogue, urban, ZHANGDIAN) == Names("张店区城市管理局", "张店区城管局")
    assert naming.department_names(catalogue, tax, ZHANGDIAN).name == "国家税务总局淄博市张店区税务局"
    assert naming.department_names(catalogue, water, ZIBO).short == "自来水公司"


def test_it_calls_centres_townships_and_communities_by_their_place():
    catalogue = queries.unit_catalogue()
    street = Place(Level.TOWNSHIP, "马尚街道", "马尚街道", "淄博市", "张店区")
    town = Place(Level.TOWNSHIP, "中埠镇", "中埠镇", "淄博市", "张店区")
    assert naming.centre_names(catalogue, ZHANGDIAN) == Names("张店区社会治安综合治理中心", "张店区综治中心")
    assert naming.township_names(catalogue, street) == Names("马尚街道办事处", "马尚街道")
    assert naming.township_names(catalogue, town) == Names("中埠镇人民政府", "中埠镇")
    for name, short, full in (
        ("新华社区居委会", "新华社区", "新华社区居民委员会"),
        ("峨嵋新村居委会", "峨嵋新村", "峨嵋新村居民委员会"),
        ("朱庄村委会", "朱庄村", "朱庄村村民委员会"),
        ("开发区虚拟社区", "开发区虚拟社区", "开发区虚拟社区"),
    ):
        place = Place(Level.COMMUNITY, name, short, "淄博市", "张店区")
        assert naming.community_names(catalogue, place) == Names(full, short)


def test_it_reads_posts_with_seats_and_sight():
    post = parse_catalogue(TABLES).posts[0]
    assert (post.kind, post.sees) == (UnitKind.PUBLIC_UTILITY, Sees.UNIT)
    assert [post.seats(level) for level in (Level.CITY, Level.COUNTY)] == [2, 1]


@pytest.mark.parametrize(
    "change",
    [
        {"department": TABLES["department"] * 2},
        {"department": [{"code": "gas", "name": "燃气公司", "levels": ["city"], "duty": "供气。"}]},
        {"department": [{"code": "gas", "name": "燃气公司", "short": "燃气", "levels": ["moon"], "duty": "供气。"}]},
        {"role": []},
        {"unit_kind": [{"code": "castle", "levels": ["city"]}]},
        {"unit_kind": [{"code": "township", "levels": []}]},
        {
            "unit_kind": [
                {"code": "centre", "levels": ["city"], "post": [{"role": "handler", "levels": ["city"], "min": -1}]}
            ]
        },
        {
            "unit_kind": [
                {"code": "centre", "levels": ["city"], "post": [{"role": "handler", "levels": ["city"], "sees": "all"}]}
            ]
        },
    ],
)
def test_it_refuses_a_rule_book_that_contradicts_itself(change: dict[str, object]):
    with pytest.raises(BadUnitCatalogue):
        parse_catalogue(TABLES | change)


def test_it_refuses_a_name_pattern_with_an_unknown_place():
    with pytest.raises(BadPattern):
        naming.centre_names(parse_catalogue(TABLES | {"naming": {"centre_city": "{planet}中心"}}), ZIBO)


def test_it_ships_two_sample_zones_one_across_counties():
    zones = queries.zone_plans("3703")
    assert [(zone.short_name, zone.is_sample) for zone in zones] == [("高新区", True), ("经开区", True)]
    assert {code[:6] for code in zones[1].covers} == {"370303", "370306"}
    assert queries.zone_plans("4419") == ()


def test_it_refuses_two_zones_of_one_code():
    zone = {"code": "370371", "name": "高新区", "city": "3703", "covers": ["370303008"]}
    with pytest.raises(BadUnitCatalogue):
        parse_zones({"zone": [zone, zone]})


def test_it_invents_the_same_people_again():
    first = list(invent(3, seed=7, surnames=["王", "李"], given=["伟", "芳"]))
    assert first == list(islice(invent(100, seed=7, surnames=["王", "李"], given=["伟", "芳"]), 3))
    assert [person.work_number for person in first] == ["G000001", "G000002", "G000003"]
    assert isinstance(first[0], Person)
    with pytest.raises(ValueError):
        list(invent(1, seed=7, surnames=[], given=["伟"]))
