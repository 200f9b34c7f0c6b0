"""Codes say where a region stands; names are what people call it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation.policy import (
    BadCode,
    BadZone,
    Level,
    Sees,
    UnitKind,
    ancestor_codes,
    check_code,
    chinese_number,
    default_sees,
    grid_code,
    grid_count,
    level_of,
    ranges_of,
    short_name_of,
    zone_ranges,
)


@pytest.mark.parametrize(
    "code, level",
    [
        ("37", Level.PROVINCE),
        ("50", Level.CITY),
        ("3703", Level.CITY),
        ("469001", Level.CITY),
        ("370303", Level.COUNTY),
        ("370303009", Level.TOWNSHIP),
        ("370303009006", Level.COMMUNITY),
        ("370303009006001", Level.GRID),
    ],
)
def test_it_tells_the_level_from_the_shape(code: str, level: Level):
    assert level_of(code) is level


@pytest.mark.parametrize(
    "code, sentence",
    [
        ("", "区域代码“”只能是数字。请核对后再填。"),
        ("37a3", "区域代码“37a3”只能是数字。请核对后再填。"),
        ("３７０３", "区域代码“３７０３”只能是数字。请核对后再填。"),
        ("370", "区域代码“370”有 3 位，应为 2、4、6、9、12 或 15 位。请核对后再填。"),
    ],
)
def test_it_refuses_what_is_no_code_with_a_sentence(code: str, sentence: str):
    with pytest.raises(BadCode) as refused:
        check_code(code)
    assert str(refused.value) == sentence


def test_it_names_the_codes_that_may_stand_above():
    assert ancestor_codes("370303009006001") == ("370303009006", "370303009", "370303", "3703", "37")
    assert ancestor_codes("37") == ()


def test_it_gives_an_ordinary_region_everything_below_its_code():
    assert ranges_of("370303") == CodeRanges((("370303", "370304"),))


def test_it_gives_a_city_with_two_prefixes_both_and_its_own_code():
    chongqing = ranges_of("50", ("5001", "5002"))
    assert chongqing.to_pg() == "{[50,500),[5001,5003)}"
    assert [chongqing.contains(code) for code in ("50", "5001", "500229001001", "5003", "51")] == [
        True,
        True,
        True,
        False,
        False,
    ]


@given(st.sampled_from([4, 6, 9, 12]), st.integers(0, 10**12 - 1), st.integers(0, 999))
def test_it_covers_each_code_below_and_none_beside(length: int, number: int, tail: int):
    code = f"{number:012d}"[:length]
    beside = f"{(int(code) + 1) % 10**length:0{length}d}"
    assert ranges_of(code).contains(f"{code}{tail:03d}")
    assert not ranges_of(code).contains(f"{beside}{tail:03d}")


def test_it_makes_a_zone_of_what_it_covers():
    covered = [("370303008", ranges_of("370303008")), ("370306100", ranges_of("370306100"))]
    assert zone_ranges("370371", covered).to_pg() == "{[370303008,370303009),[370306100,370306101)}"


@pytest.mark.parametrize(
    "code, members",
    [
        ("370371", []),
        ("3703", ["370303008"]),
        ("370371", ["370303008", "370303008"]),
        ("370371", ["370303", "370303008"]),
        ("370371", ["3704"]),
        ("370371", ["370303009006001"]),
    ],
)
def test_it_refuses_a_zone_that_can_not_be(code: str, members: list[str]):
    with pytest.raises(BadZone):
        zone_ranges(code, [(member, ranges_of(member)) for member in members])


@pytest.mark.parametrize(
    "name, level, short",
    [
        ("新华社区居委会", Level.COMMUNITY, "新华社区"),
        ("东街居民委员会", Level.COMMUNITY, "东街社区"),
        ("文苑社区居委", Level.COMMUNITY, "文苑社区"),
        ("峨嵋新村居委会", Level.COMMUNITY, "峨嵋新村"),
        ("朱庄村委会", Level.COMMUNITY, "朱庄村"),
        ("苏村村委会", Level.COMMUNITY, "苏村"),
        ("胥陈村村民委员会", Level.COMMUNITY, "胥陈村"),
        ("分水新村委员会", Level.COMMUNITY, "分水新村"),
        ("矿山社区", Level.COMMUNITY, "矿山社区"),
        ("居委会", Level.COMMUNITY, "居委会"),
        ("南环街道办事处", Level.TOWNSHIP, "南环街道"),
        ("中埠镇", Level.TOWNSHIP, "中埠镇"),
        ("张店区", Level.COUNTY, "张店区"),
    ],
)
def test_it_calls_places_as_people_do(name: str, level: Level, short: str):
    assert short_name_of(name, level) == short


def test_it_numbers_grids_from_one_in_fifteen_digits():
    assert grid_code("370303009006", 7) == "370303009006007"
    with pytest.raises(BadCode):
        grid_code("370303009006", 1000)
    with pytest.raises(BadCode):
        grid_code("370303009", 1)


@given(st.integers(0, 10**12 - 1))
def test_it_draws_two_to_four_grids_and_always_the_same(number: int):
    code = f"{number:012d}"
    assert grid_count(code) == grid_count(code)
    assert grid_count(code) in (2, 3, 4)


def test_it_counts_in_chinese():
    numbers = (1, 2, 10, 11, 20, 21, 100, 101, 110, 999)
    spelt = "一 二 十 十一 二十 二十一 一百 一百零一 一百一十 九百九十九".split()
    assert [chinese_number(number) for number in numbers] == spelt
    with pytest.raises(ValueError):
        chinese_number(1000)


def test_it_lets_a_role_see_no_further_than_its_work_asks():
    assert default_sees("dispatcher", UnitKind.CENTRE) is Sees.INTAKE
    assert default_sees("handler", UnitKind.DEPARTMENT) is Sees.UNIT
    assert default_sees("handler", UnitKind.PUBLIC_UTILITY) is Sees.UNIT
    assert default_sees("handler", UnitKind.COMMUNITY) is Sees.REGION
    assert default_sees("supervisor", UnitKind.CENTRE) is Sees.REGION
