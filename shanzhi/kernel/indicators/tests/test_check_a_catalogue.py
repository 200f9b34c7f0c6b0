"""A keeper checks a catalogue file: every fault is told at once, with its line, entry and place."""

import pytest

from shanzhi.kernel.indicators.policy.definitions import Catalogue, Source
from shanzhi.kernel.indicators.policy.loading import CatalogueUnsound, load_catalogue, sound_catalogue
from shanzhi.kernel.indicators.tests.made import catalogue, documented


def said(text: str) -> list[str]:
    found = load_catalogue(text, roles={"keeper"})
    return [] if isinstance(found, Catalogue) else [str(problem) for problem in found]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_it_reads_the_documented_example() -> None:
    found = catalogue()
    assert {each.source for each in found.indicators} == set(Source)
    assert [each.key for each in found.indicators if each.formula] == ["satisfaction_rate", "end_days_median"]
    assert found.indices[0].keys == ("satisfaction_rate", "end_days_median")
    assert found.sample


def test_it_names_line_entry_and_place_of_a_typo_in_a_formula() -> None:
    text = documented().replace("r.satisfied", "r.satisfyed")
    line = line_of(text, "r.satisfyed")
    assert said(text) == [
        f'第 {line} 行  indicator "satisfaction_rate".formula 2:31：没有“satisfyed”这一列。 是不是“satisfied”？'
    ]


WRONG = {
    "an unknown table": ("FROM fact_rating AS r", "FROM fact_ratings AS r", "没有“fact_ratings”这张事实表。 是不是“fact_rating”？"),
    "a write": ("SELECT r.region_id", "DELETE FROM fact_rating; SELECT r.region_id", "公式只能是一条 SELECT，这里有 2 条语句。"),
    "a system table": ("FROM fact_rating AS r", "FROM pg_catalog.pg_authid AS r", "不能带库名，也不能读系统表。"),
    "a function that isn't allowed": ("COUNT(*) AS denominator", "AVG(r.satisfied) AS denominator", "公式里不能用函数 AVG。"),
    "weights of indicators": ("weight = 40\n", "weight = 39.9\n", "的指标权重自 2026-01 起加起来是 99.9，不是 100。 调整到正好 100。"),
    "weights of projects": ("weight = 100\ntext", "weight = 90\ntext", "各项目的权重加起来是 90，不是 100。 调整到正好 100。"),
    "weights of classes": ('name = "矛盾纠纷"\nweight = 100', 'name = "矛盾纠纷"\nweight = 99', "各分类的权重加起来是 99，不是 100。"),
    "weights of parts": ("weight = 60\nnormalise", "weight = 61\nnormalise", "分类里各指标的权重加起来是 101，不是 100。"),
    "an unknown project": ('project = "disputes"', 'project = "dispute"', "没有“dispute”这个项目。 是不是“disputes”？"),
    "an unknown level": ('level = "community"', 'level = "comunity"', "“comunity”不在可选的词里。 是不是“community”？"),
    "an unknown role": ('by = "keeper"', 'by = "keper"', "没有“keper”这个岗位角色。 是不是“keeper”？"),
    "no ground": ('ground = [{ law = "信访工作条例", article = "第三十四条" }]', "", "“办结时长中位数”没有依据。"),
    "a law without an article": (', article = "第三十四条"', "", "依据法律法规的，要写到条款，或引出原文。"),
    "an unknown key": ("minimum = 10", "minimun = 10", "不认识“minimun”这个键。 是不是“minimum”？"),
    "a month behind the calendar": ('holds_from = "2026-01"\nproject', 'holds_from = "9999-12"\nproject', "“9999-12”不能用在这里。"),
    "a month that is none": ('holds_from = "2026-01"\nproject', 'holds_from = "2026-13"\nproject', "“2026-13”不能用在这里。"),
    "a median that is added up": ('grouping = "anew"', 'grouping = "additive"', "amount 不能相加。"),
    "an exclusion that the formula forgets": ("x.indicator = 'satisfaction_rate'", "x.indicator = 'other'", "公式却没有去掉 fact_exclusion 里以 'satisfaction_rate' 剔除的事项。"),
    "an exclusion that isn't announced": ("exclusions = true", "exclusions = false", "公式用了 fact_exclusion，要写 exclusions = true。"),
    "points that fall": ("[15, 60], [7, 100]", "[15, 60], [7, 50]", "分数要随值变好而增加，在 0 到 100 之间。"),
    "full points on the wrong side": ("floor = 60, full = 95", "floor = 95, full = 60", "满分值 60 却在零分值 95 的坏的一边。"),
    "a block of another source": ('declared = { by', 'reported = { by', "来源是 declared 的指标不写 reported。"),
    "an answer that isn't one": ('counted = ["很安全", "安全"]', 'counted = ["很安全", "平安"]', "答案里没有“平安”。"),
    "a yearly version in the middle of a year": ('key = "feeling_safe"\nname = "群众安全感"\nversion = 1\nholds_from = "2026-01"', 'key = "feeling_safe"\nname = "群众安全感"\nversion = 1\nholds_from = "2026-02"', "新版本要从一季、一年的头一个月起用。"),
    "two colours": ('  { code = "watch", name = "关注", color = "yellow", at_least = 70 },\n', "", "等次是三色或四色，这里有 2 个。"),
    "an indicator that the index doesn't find": ('indicator = "end_days_median"', 'indicator = "end_day_median"', "没有“end_day_median”这个指标。 是不是“end_days_median”？"),
    "no TOML": ("[catalogue]", "[catalogue", "这一行不合 TOML 格式"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_it_refuses(name: str) -> None:
    old, new, wanted = WRONG[name]
    assert documented().count(old) >= 1
    found = said(documented().replace(old, new, 1))
    assert any(wanted in each for each in found), found


def test_it_tells_all_faults_at_once() -> None:
    text = documented()
    for old, new, _ in (WRONG["an unknown table"], WRONG["an unknown level"], WRONG["two colours"]):
        text = text.replace(old, new, 1)
    found = said(text)
    assert len(found) == 3
    assert [each.split()[1] for each in found] == sorted((each.split()[1] for each in found), key=int)


def _again(version: int, holds_from: str, holds_until: str = "") -> str:
    text = documented()
    start = text.index('[[indicator]]\nkey = "satisfaction_rate"')
    entry = text[start : text.index('[[indicator]]\nkey = "end_days_median"')]
    until = f'\nholds_until = "{holds_until}"' if holds_until else ""
    entry = entry.replace(
        'version = 1\nholds_from = "2026-01"', f'version = {version}\nholds_from = "{holds_from}"{until}'
    )
    return text + entry


def test_a_later_version_ends_the_one_before() -> None:
    found = catalogue(_again(2, "2026-07"))
    rules = {month: found.indicator("satisfaction_rate", month) for month in (202512, 202606, 202607)}
    assert {month: rule and rule.version for month, rule in rules.items()} == {202512: None, 202606: 1, 202607: 2}


def test_two_versions_in_one_period_are_refused() -> None:
    (found,) = [each for each in said(_again(2, "2026-01")) if "版本" in each]
    assert "“满意率”从 2026-01 起有两个版本（1 和 2）。 一个期间只能有一个版本。" in found


def test_a_later_version_has_a_larger_number() -> None:
    assert any("较晚起用的版本号要更大。" in each for each in said(_again(1, "2026-07")))


def test_a_gap_between_versions_shows_in_the_weights() -> None:
    text = _again(2, "2026-07").replace(
        'holds_from = "2026-01"\nproject', 'holds_from = "2026-01"\nholds_until = "2026-05"\nproject', 1
    )
    assert any("自 2026-05 起加起来是 60，不是 100" in each for each in said(text))


def test_a_file_with_faults_is_refused_whole() -> None:
    with pytest.raises(CatalogueUnsound) as refused:
        sound_catalogue(documented().replace("weight = 40\n", "weight = 41\n"), "own.toml")
    assert str(refused.value).startswith("own.toml 有 2 处要改，没有采用：\n第 ")
    assert len(refused.value.problems) == 2
