"""A dispatcher is offered the right category and unit for what a resident wrote."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from shanzhi.kernel.matters.policy.suggest import (
    CategoryBookError,
    CategoryRules,
    Suggestion,
    UnitHint,
    suggest_category,
    suggest_units,
)

KERNEL = Path(__file__).parents[2]
CATEGORIES = KERNEL / "matters" / "catalogue" / "categories.toml"
DEPARTMENTS = KERNEL / "organisation" / "catalogue" / "departments.toml"

SAID = [
    ("housing.property-fees", "物业费又涨了", "没有开业主大会，物业就通知每平方涨五毛。"),
    ("housing.building-quality", "新房卫生间渗水", "收房才半年，墙皮脱落，开发商不来修。"),
    ("housing.maintenance-fund", "申请维修基金修屋顶", "手续交了三个月没有下文。"),
    ("housing.title", "房子住了六年还没有房产证", "开发商一直说在办。"),
    ("housing.provident-fund", "公积金提取要什么材料", "租房想提取公积金，请问去哪里办。"),
    ("planning.illegal-building", "邻居在楼顶加盖房子", "私搭乱建，担心压坏楼板。"),
    ("planning.expropriation", "拆迁过渡费没发", "协议签了两年，补偿款只给了一半。"),
    ("cityscape.waste", "垃圾桶满了没人收", "小区门口垃圾成堆，臭得不行。"),
    ("cityscape.street-lights", "路灯坏了一个月", "晚上回家一段路漆黑。"),
    ("cityscape.drainage", "下大雨下水道倒灌", "一楼人家门口积水到脚踝。"),
    ("transport.bus", "公交车等半小时不来", "早高峰能不能多加几班。"),
    ("transport.traffic-order", "路口红绿灯不亮", "几个方向的车抢行，堵车严重。"),
    ("transport.taxi", "出租车拒载还不打表", "昨晚在车站门口。"),
    ("utilities.water", "家里停水两天了", "打自来水公司电话没人接。"),
    ("utilities.heating", "暖气不热", "供暖半个月了，室温只有十四度。"),
    ("environment.construction-noise", "工地夜间施工", "凌晨三点还在浇筑混凝土，睡不着。"),
    ("environment.catering-fumes", "楼下饭店油烟太大", "排烟管正对着窗户。"),
    ("environment.living-noise", "广场舞吵得孩子写不了作业", "音响开得很大。"),
    ("education.kindergarten", "小区幼儿园什么时候开园", "听说要办成普惠性幼儿园。"),
    ("education.training", "培训机构跑路", "报的少儿英语课程退费没人管。"),
    ("health.hospital-service", "医院挂号太难", "门诊排了一上午队，看病真不容易。"),
    ("labour.unpaid-wages", "包工头拖欠工资", "我们八个农民工干了四个月没拿到钱。"),
    ("labour.injury", "申请工伤认定", "在车间压伤了手，单位不肯报。"),
    ("welfare.medical-insurance", "异地就医怎么报销", "母亲的医保在老家。"),
    ("welfare.pension", "退休金什么时候发", "手续办完两个月了，养老金还没到账。"),
    ("market.special-equipment", "电梯又困人了", "这个月第三次电梯故障，维保来了就走。"),
    ("market.food-safety", "超市卖过期食品", "买的面包已经变质。"),
    ("market.prepaid-cards", "健身房关门，会员卡退不了", "充值的钱打了水漂。"),
    ("rural.homestead", "老屋要塌，申请宅基地翻建", "农村建房审批半年没批。"),
    ("rural.village-affairs", "村务公开栏两年没更新", "村集体的收支看不到。"),
    ("safety.fire", "楼道堆物堵了消防通道", "消防栓也被杂物挡住。"),
    ("safety.household-registration", "新生儿落户要什么材料", "户口本在外地。"),
    ("culture.sports", "小区健身器材坏了", "老人锻炼容易摔。"),
    ("governance.service-hall", "政务大厅窗口中午没人", "取了号等到下午。"),
]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return tomllib.loads(CATEGORIES.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def rules(document: dict[str, Any]) -> CategoryRules:
    return CategoryRules.from_catalogue(document)


def _book(**second: Any) -> dict[str, Any]:
    entry = {"code": "a.one", "name": "一", "department": "water", **second}
    return {"first": [{"code": "a", "name": "甲", "second": [entry]}]}


@pytest.mark.parametrize(("category", "title", "body"), SAID, ids=[said[0] for said in SAID])
def test_it_puts_the_right_category_first(rules: CategoryRules, category: str, title: str, body: str) -> None:
    assert suggest_category(rules, title, body)[0].code == category


def test_it_offers_three_at_most_best_first(rules: CategoryRules) -> None:
    found = suggest_category(rules, "夜间施工", "工地扬尘大，渣土车乱停车，路灯也坏了，垃圾没人清。")
    assert len(found) == 3
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_it_says_nothing_when_it_knows_nothing(rules: CategoryRules) -> None:
    assert suggest_category(rules, "你好", "在吗？") == []
    assert suggest_category(rules, "", "") == []
    assert suggest_category(rules, "一", "水") == []


def test_it_counts_the_longest_keyword_and_not_its_parts() -> None:
    book = _book(strong=["物业费"])
    book["first"][0]["second"].append({"code": "a.two", "name": "二", "department": "water", "strong": ["物业"]})
    rules = CategoryRules.from_catalogue(book)
    assert suggest_category(rules, "物业费", "") == [Suggestion("a.one", 3 * 3 * 6)]
    assert suggest_category(rules, "", "物业不收费") == [Suggestion("a.two", 2 * 3 * 2)]


def test_it_weighs_the_title_more_and_repeats_up_to_three_times() -> None:
    rules = CategoryRules.from_catalogue(_book(keywords=["停水"]))
    assert suggest_category(rules, "停水", "") == [Suggestion("a.one", 24)]
    assert suggest_category(rules, "", "停水") == [Suggestion("a.one", 8)]
    assert suggest_category(rules, "", "停水停水停水") == [Suggestion("a.one", 16)]
    assert suggest_category(rules, "", "停水" * 50) == [Suggestion("a.one", 16)]


def test_it_keeps_the_rule_books_order_when_points_are_equal() -> None:
    book = _book(strong=["停水"])
    book["first"][0]["second"].append({"code": "a.two", "name": "二", "department": "water", "strong": ["停水"]})
    rules = CategoryRules.from_catalogue(book)
    assert [one.code for one in suggest_category(rules, "停水", "")] == ["a.one", "a.two"]


def test_it_reads_latin_letters_in_either_case() -> None:
    rules = CategoryRules.from_catalogue(_book(strong=["KTV"]))
    assert suggest_category(rules, "楼下ktv太吵", "") == suggest_category(rules, "楼下KTV太吵", "")
    assert suggest_category(rules, "楼下ktv太吵", "")[0].code == "a.one"


def test_it_never_suggests_a_retired_category_but_still_knows_it() -> None:
    rules = CategoryRules.from_catalogue(_book(strong=["停水"], retired=True))
    assert suggest_category(rules, "停水", "停水") == []
    assert rules.categories["a.one"].retired


def test_it_reads_the_start_of_a_very_long_text_only() -> None:
    rules = CategoryRules.from_catalogue(_book(strong=["停水"]))
    assert suggest_category(rules, "", "啊" * 100_000 + "停水") == []


def test_it_looks_for_the_department_at_its_level_then_one_up(rules: CategoryRules) -> None:
    hints = suggest_units(rules, "environment.construction-noise", "370302001001")
    assert hints == [
        UnitHint("urban-management", "county", "370302"),
        UnitHint("urban-management", "city", "3703"),
        UnitHint("ecology", "county", "370302", lead=False),
        UnitHint("housing-construction", "county", "370302", lead=False),
    ]


def test_it_goes_to_the_city_when_only_the_city_is_known(rules: CategoryRules) -> None:
    assert suggest_units(rules, "cityscape.street-lights", "3703") == [UnitHint("urban-management", "city", "3703")]


def test_it_keeps_city_matters_in_the_city(rules: CategoryRules) -> None:
    assert suggest_units(rules, "housing.provident-fund", "370302001001") == [UnitHint("housing-fund", "city", "3703")]


def test_it_asks_the_township_itself_only_where_the_rule_book_says_so(rules: CategoryRules) -> None:
    assert suggest_units(rules, "rural.village-affairs", "370302001001") == [
        UnitHint("township", "township", "370302001"),
        UnitHint("agriculture", "county", "370302", lead=False),
    ]
    assert [hint for hint in suggest_units(rules, "rural.village-affairs", "370302") if hint.lead] == []


def test_it_gives_no_unit_for_an_unknown_category(rules: CategoryRules) -> None:
    assert suggest_units(rules, "no.such", "370302") == []


@pytest.mark.parametrize(
    ("book", "said"),
    [
        (_book(level="village"), "分类 a.one 的层级“village”不认识，可用 city、county、township。"),
        (_book(strong=["水"]), "分类 a.one 的提示词“水”太短，至少两个字。"),
        (_book(code="b.one"), "分类代码 b.one 应以“a.”开头。请改正。"),
        ({"first": [{"code": "a", "name": "甲", "second": [{"code": "a.one"}]}]}, "分类 a.one 缺少 name。请补上。"),
    ],
)
def test_it_names_the_category_that_is_wrong_in_the_rule_book(book: dict[str, Any], said: str) -> None:
    with pytest.raises(CategoryBookError) as caught:
        CategoryRules.from_catalogue(book)
    assert str(caught.value) == said


def test_it_refuses_a_code_that_comes_twice() -> None:
    book = _book()
    book["first"][0]["second"] *= 2
    with pytest.raises(CategoryBookError) as caught:
        CategoryRules.from_catalogue(book)
    assert str(caught.value) == "分类代码 a.one 出现了两次。请改掉一个。"


def test_it_ships_a_tree_whose_departments_exist_at_the_level_they_are_looked_for(rules: CategoryRules) -> None:
    book = tomllib.loads(DEPARTMENTS.read_text(encoding="utf-8"))
    levels = {entry["code"]: set(entry["levels"]) for entry in book["department"]} | {"township": {"township"}}
    leads = {
        category.code for category in rules.categories.values() if category.level not in levels[category.department]
    }
    helpers = {code for category in rules.categories.values() for code in category.co} - set(levels)
    assert (leads, helpers) == (set(), set())


def test_it_ships_fifteen_first_levels_and_at_least_seventy_five_second_levels(rules: CategoryRules) -> None:
    assert len({category.first_code for category in rules.categories.values()}) == 15
    assert len(rules.categories) >= 75
