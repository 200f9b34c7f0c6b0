"""Places: entered, changed from a day on, closed, undone; what they look like; what can't be one."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from shanzhi.core.geo import Point, metres_between, to_gcj02
from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy import places as policy
from shanzhi.kernel.organisation.policy.places import (
    BadPlace,
    NoSuchPlace,
    PlaceClosed,
    PlaceInUse,
    PlaceLooksKnown,
    PlaceMovedOn,
    PlaceSaid,
    PlaceTwice,
    on_place_used,
    plain_name,
)
from shanzhi.kernel.organisation.queries import PlaceFilter
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, OPENED, TODAY
from tests.roles import everything

GATE = Point(36.8135, 118.0480)
COMMUNITY = "370303009006"
GARDEN = PlaceSaid(
    name="世纪花园小区",
    kind="compound",
    region_code=COMMUNITY,
    address="张店区华光路 128 号",
    latitude=GATE.latitude,
    longitude=GATE.longitude,
    firm="示例物业服务有限公司",
    firm_phone="0533-2345678",
    committee="世纪花园小区业主委员会",
)

NOTHING = {"firm": "", "firm_phone": "", "committee": "", "address": ""}


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the slices above, which tell what stands on a place: the importer, as whom this runs, sees no matters."""
    monkeypatch.setattr(policy, "_uses", [])


def said(**more: object) -> PlaceSaid:
    return replace(GARDEN, **more)  # type: ignore[arg-type]


def add(new: PlaceSaid = GARDEN, on: date = TODAY, **more: object) -> int:
    return operations.place_add(said=new, on=on, now=NOW, author=LOADER, **more)  # type: ignore[arg-type]


def wrong(new: PlaceSaid) -> dict[str, str]:
    with pytest.raises(BadPlace) as found:
        add(new)
    return found.value.fields


def test_it_is_entered_and_found(regions: object) -> None:
    pk = add(source="civil", source_number="A-1")
    row = queries.place_by_id(pk, TODAY)
    assert row is not None
    assert (row.name, row.kind_name, row.region_path, row.version) == (
        "世纪花园小区",
        "小区",
        "张店区 马尚街道 世纪花园社区",
        1,
    )
    assert row.point == GATE
    assert row.said() == GARDEN
    assert queries.place_by_id(pk, TODAY - timedelta(days=1)) is None
    assert [one.id for one in queries.find_places("花园 华光路", TODAY)] == [pk]
    assert queries.place_by_source("civil", "A-1", TODAY) == row
    assert queries.place_by_mark(pk, row.mark, TODAY) == row
    assert queries.place_by_mark(pk, "0" * 16, TODAY) is None


def test_it_is_found_by_region_and_near_a_point(regions: object) -> None:
    near = add()
    add(said(name="北旺市场", kind="market", region_code="370306100200", latitude=36.9, longitude=117.9, **NOTHING))
    far = add(said(name="世纪小学", kind="school", latitude=36.8235, longitude=118.0480, **NOTHING))
    within = queries.places_within(CodeRanges.from_prefixes("370303"), TODAY)
    assert [row.id for row in within] == [near, far]
    found = queries.places_near(Point(36.8140, 118.0480), TODAY, metres=2000)
    assert [(row.id, round(row.metres or 0)) for row in found] == [(near, 56), (far, 1056)]
    assert queries.places_near(Point(36.8140, 118.0480), TODAY, metres=50) == []
    page = queries.places_page(PlaceFilter(ranges=CodeRanges.from_prefixes("3703")), TODAY, size=2)
    assert (len(page.rows), page.after, page.total) == (2, page.rows[1].id, 3)
    assert len(queries.places_page(PlaceFilter(), TODAY, after=page.after).rows) == 1


def test_what_it_was_holds_for_its_days(regions: object) -> None:
    pk, later = add(on=OPENED), date(2025, 3, 1)
    version = operations.place_change(
        place_id=pk, said=said(firm="新示例物业有限公司"), based_on=1, on=later, now=NOW, author=LOADER
    )
    firms = [
        row.firm for on in (OPENED, later - timedelta(days=1), later, TODAY) if (row := queries.place_by_id(pk, on))
    ]
    assert (version, firms) == (2, [GARDEN.firm, GARDEN.firm, "新示例物业有限公司", "新示例物业有限公司"])
    with pytest.raises(PlaceMovedOn):
        operations.place_change(place_id=pk, said=GARDEN, based_on=1, on=TODAY, now=NOW, author=LOADER)


def test_a_later_edit_undoes_an_earlier_one(regions: object) -> None:
    pk, later = add(on=OPENED), date(2025, 3, 1)
    operations.place_change(place_id=pk, said=said(name="别的名字"), based_on=1, on=later, now=NOW, author=LOADER)
    old = queries.place_version_said(pk, 1, TODAY)
    assert old == GARDEN
    operations.place_change(place_id=pk, said=old, based_on=2, on=later, now=NOW, author=LOADER)
    row = queries.place_by_id(pk, later)
    assert row is not None
    assert (row.name, row.version) == (GARDEN.name, 3)
    assert [(one.version, one.holds_from, one.holds_until) for one in queries.place_history(pk)] == [
        (3, later, None),
        (2, later, later),
        (1, OPENED, later),
    ]
    with everything():
        actions = [entry.action for entry in journal.entries_of("place", pk)]
    assert actions == ["place.add", "place.change", "place.change"]


def test_it_is_closed_and_opened_again(regions: object) -> None:
    pk = add(on=OPENED)
    operations.place_close(place_id=pk, based_on=1, on=TODAY, now=NOW, author=LOADER)
    assert queries.places_within(CodeRanges.from_prefixes("3703"), TODAY) == []
    assert len(queries.places_within(CodeRanges.from_prefixes("3703"), TODAY - timedelta(days=1))) == 1
    assert [row.id for row in queries.places_page(PlaceFilter(closed=True), TODAY).rows] == [pk]
    with pytest.raises(PlaceClosed):
        operations.place_close(place_id=pk, based_on=2, on=TODAY, now=NOW, author=LOADER)
    operations.place_change(place_id=pk, said=GARDEN, based_on=2, on=TODAY, now=NOW, author=LOADER)
    assert [row.id for row in queries.places_page(PlaceFilter(), TODAY).rows] == [pk]


def test_with_open_matters_it_closes_only_when_somebody_says_so(regions: object) -> None:
    on_place_used(lambda place_id: 2)
    pk = add()
    with pytest.raises(PlaceInUse, match="还有 2 件"):
        operations.place_close(place_id=pk, based_on=1, on=TODAY, now=NOW, author=LOADER)
    assert operations.place_close(place_id=pk, based_on=1, on=TODAY, now=NOW, author=LOADER, even_so=True) == 2


def test_a_likely_double_is_shown_and_not_merged(regions: object) -> None:
    pk = add()
    double = said(name="世纪花园", latitude=36.8145, longitude=118.0485)
    with pytest.raises(PlaceLooksKnown, match="世纪花园小区（张店区 马尚街道 世纪花园社区，相距 120 米）") as found:
        add(double)
    assert [like.place_id for like in found.value.likes] == [pk]
    assert add(double, even_so=True) != pk
    assert add(said(name="世纪花园", region_code="370306100200", latitude=36.9, longitude=117.9, address="")) > pk


def test_without_a_point_the_community_decides(regions: object) -> None:
    add()
    with pytest.raises(PlaceLooksKnown):
        add(said(latitude=None, longitude=None))
    add(said(latitude=None, longitude=None, region_code="370303105200", address=""))


def test_a_number_of_a_source_is_taken_once(regions: object) -> None:
    add(source="civil", source_number="A-1")
    with pytest.raises(PlaceTwice):
        add(said(name="另一个小区", latitude=36.9), source="civil", source_number="A-1")
    with pytest.raises(BadPlace):
        add(source="civil")


@pytest.mark.parametrize("datum", ["GCJ-02", "BD-09"])
def test_a_point_of_a_map_is_turned_into_wgs84(regions: object, datum: str) -> None:
    drawn = to_gcj02(GATE) if datum == "GCJ-02" else Point(36.8199, 118.0601)
    row = queries.place_by_id(add(said(latitude=drawn.latitude, longitude=drawn.longitude, datum=datum)), TODAY)
    assert row is not None
    assert row.point is not None
    assert metres_between(row.point, GATE) < (2 if datum == "GCJ-02" else 150)


def test_a_shifted_point_is_told_by_the_place_of_the_same_name(regions: object) -> None:
    pk, drawn = add(), to_gcj02(GATE)
    shifted = said(latitude=drawn.latitude, longitude=drawn.longitude)
    assert 300 < metres_between(drawn, GATE) < 700
    with pytest.raises(PlaceLooksKnown, match="GCJ-02") as found:
        add(shifted)
    assert found.value.likes == ()
    likes, doubt = operations.looks_like(said(name="无名小区", address=""), TODAY)
    assert (likes, doubt) == ((), "")
    assert add(shifted, even_so=True) != pk


def test_an_address_of_another_county_is_told(regions: object) -> None:
    with pytest.raises(PlaceLooksKnown, match="对不上"):
        add(said(address="周村区北郊镇正阳路 3 号"))


def test_a_point_among_places_of_another_county_is_told(regions: object) -> None:
    add()
    with pytest.raises(PlaceLooksKnown, match="都在别的县区"):
        add(said(name="正阳小区", region_code="370306100200", address=""))


def test_a_point_outside_the_city_is_refused(regions: object) -> None:
    for place in range(5):
        add(said(name=f"{'甲乙丙丁戊'[place]}小区", latitude=36.80 + place / 100, address=""))
    assert wrong(said(name="远", latitude=39.9, longitude=116.4)) == {
        "latitude": "这个坐标不在本市。请核对，也可以不填。"
    }
    assert wrong(said(name="反", latitude=118.048, longitude=36.8135))["latitude"].startswith("经度和纬度填反了")
    assert "不在国内" in wrong(said(name="海外", latitude=-1.0, longitude=20.0))["latitude"]
    assert "一起填" in wrong(said(name="半个", longitude=None))["latitude"]


def test_persons_are_refused(regions: object) -> None:
    assert set(wrong(said(firm="王伟", firm_phone="13812345678", committee="李秀英"))) == {
        "firm",
        "firm_phone",
        "committee",
    }
    assert set(wrong(said(name="小区 13812345678", address="找 138-1234-5678"))) == {"name", "address"}
    assert set(wrong(said(kind="school"))) == {"firm"}


def test_what_is_missing_is_said_beside_each_field(regions: object) -> None:
    assert set(wrong(PlaceSaid(name=" 。", kind="castle", region_code=""))) == {"name", "kind", "region_code"}
    assert set(wrong(said(region_code="370303"))) == {"region_code"}
    assert set(wrong(said(region_code="nowhere"))) == {"region_code"}


def test_a_keeper_of_another_county_is_refused(regions: object) -> None:
    other = CodeRanges.from_prefixes("370306")
    with pytest.raises(BadPlace):
        add(within=other)
    pk = add()
    with pytest.raises(NoSuchPlace):
        operations.place_close(place_id=pk, based_on=1, on=TODAY, now=NOW, author=LOADER, within=other)


def test_names_are_compared_as_people_mean_them() -> None:
    same = ["世纪花园小区", "世纪花园", "世纪·花园住宅小区", "世纪花园（小区）"]
    assert {plain_name(name) for name in same} == {"世纪花园"}
    assert plain_name("第二中学") == plain_name("2中学")
    assert plain_name("小区") == "小区"
