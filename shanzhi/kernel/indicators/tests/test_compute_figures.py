"""Somebody has figures computed and explained: by version, region and period, down to the matters behind them."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from shanzhi.config.commands.indicator import group
from shanzhi.core.errors import DomainError
from shanzhi.kernel.indicators.policy.definitions import Catalogue
from shanzhi.kernel.indicators.policy.periods import Period, read_period
from shanzhi.kernel.indicators.queries import book, running
from shanzhi.kernel.indicators.queries.engines import DuckEngine
from shanzhi.kernel.indicators.tests.made import catalogue, documented
from shanzhi.kernel.indicators.tests.test_lock_the_engine import folder_of, matter

TODAY = date(2026, 8, 15)
HEAD = documented()[: documented().index("[[indicator]]")]
RATE = """
[[indicator]]
key = "solved_rate"
name = "解决率"
version = {version}
holds_from = "{holds_from}"
project = "disputes"
definition = "报告的事项中解决的占比。"
unit = "%"
direction = "higher"
level = "community"
period = "month"
source = "computed"
figure = "ratio"
scale = 100
decimals = 1
counts_by = "cohort"
weight = {weight}
scoring = {{ kind = "threshold", at = 90 }}
ground = [{{ law = "本市办法" }}]
formula = '''
SELECT m.region_id AS community, m.reported_month AS month,
       COUNT(*) FILTER (WHERE m.solved = 1) AS numerator, COUNT(*) AS denominator
FROM fact_matter AS m WHERE {where} GROUP BY 1, 2'''
"""
MEDIAN = """
[[indicator]]
key = "end_median"
name = "办结时长中位数"
version = 1
holds_from = "2026-01"
project = "disputes"
definition = "从报告到办结的秒数的中位数。"
unit = "秒"
direction = "lower"
level = "community"
period = "month"
source = "computed"
figure = "amount"
grouping = "anew"
counts_by = "cohort"
weight = 50
scoring = { kind = "threshold", at = 90 }
ground = [{ law = "本市办法" }]
formula = '''
SELECT m.region_id AS community, m.reported_month AS month,
       QUANTILE_DISC(m.end_seconds, 0.5) AS numerator, COUNT(m.end_seconds) AS denominator
FROM fact_matter AS m GROUP BY 1, 2'''
"""
RULES = (
    HEAD
    + RATE.format(version=1, holds_from="2026-01", weight=50, where="m.kind <> 'junk'")
    + RATE.format(version=2, holds_from="2026-06", weight=50, where="m.kind = 'request'")
    + MEDIAN
)
REGIONS = [
    (1, date(2026, 1, 1), None, "city", "3703", "淄博市", None, None),
    (2, date(2026, 1, 1), None, "township", "370302001", "甲镇", 1, None),
    (3, date(2026, 1, 1), None, "community", "370302001001", "子社区", 2, None),
    (4, date(2026, 1, 1), date(2026, 7, 1), "community", "370302001002", "丑社区", 2, 5),
    (5, date(2026, 1, 1), None, "community", "370302001003", "寅社区", 2, None),
]
MATTERS = [
    matter(1, 202605, kind="request", solved=1, end_seconds=10),
    matter(2, 202605, kind="petition", solved=0, end_seconds=20),
    matter(3, 202606, kind="request", solved=1, end_seconds=90, region_id=4),
    matter(4, 202606, kind="petition", solved=1, end_seconds=80),
    matter(5, 202606, kind="request", solved=None, end_seconds=None),
    matter(6, 202607, kind="junk", solved=1, end_seconds=30),
]
FACTS: Mapping[str, Sequence[Sequence[object]]] = {"fact_matter": MATTERS, "fact_region": REGIONS}


def rules() -> Catalogue:
    return catalogue(RULES)


def told(
    key: str,
    *periods: str,
    day: date = TODAY,
    wanted: set[int] | None = None,
) -> dict[tuple[int, str], str]:
    engine = DuckEngine.over_rows(FACTS)
    standing = running.standing_of(engine, day)
    spans = [read_period(each) for each in periods]
    found = running.figures(engine, rules(), [key], spans, standing, today=TODAY, wanted=wanted)
    return {
        (each.region_id, str(each.period)): f"{each.numbers.numerator}/{each.numbers.denominator} {each.value.words}"
        for each in found
    }


def test_each_month_counts_under_its_own_rule() -> None:
    assert told("solved_rate", "2026-05", "2026-06", "2026-Q2", wanted={1}) == {
        (1, "2026-05"): "1/2 50.0",
        (1, "2026-06"): "1/2 50.0",
        (1, "2026-Q2"): "2/4 50.0",
    }


def test_a_region_without_a_case_has_a_figure_that_is_not_applicable() -> None:
    found = told("solved_rate", "2026-05")
    assert found[5, "2026-05"] == "0/0 不适用"
    assert (4, "2026-05") not in found


def test_a_merged_region_is_restated_and_then_as_it_was() -> None:
    assert told("solved_rate", "2026-06")[5, "2026-06"] == "1/1 100.0"
    before = told("solved_rate", "2026-06", day=date(2026, 6, 30))
    assert (before[4, "2026-06"], before[5, "2026-06"]) == ("1/1 100.0", "0/0 不适用")


def test_a_median_is_computed_anew_for_the_region_and_the_quarter() -> None:
    found = told("end_median", "2026-05", "2026-Q2", "2026-07", wanted={1, 3, 5})
    assert found == {
        (1, "2026-05"): "10/2 10",
        (3, "2026-05"): "10/2 10",
        (5, "2026-05"): "None/0 不适用",
        (1, "2026-Q2"): "20/4 20",
        (3, "2026-Q2"): "20/3 20",
        (5, "2026-Q2"): "90/1 90",
        (1, "2026-07"): "30/1 30",
        (3, "2026-07"): "30/1 30",
        (5, "2026-07"): "None/0 不适用",
    }


def test_a_period_that_isnt_over_is_marked() -> None:
    engine = DuckEngine.over_rows(FACTS)
    standing = running.standing_of(engine, TODAY)
    spans = [read_period("2026-07"), read_period("2026-08")]
    found = running.figures(engine, rules(), ["solved_rate"], spans, standing, today=TODAY, wanted={1})
    assert [each.value.unfinished for each in found] == [False, True]


@pytest.mark.parametrize(("period", "region"), [("2026-05", 1), ("2026-06", 2), ("2026-Q2", 1), ("2026-06", 3)])
def test_the_records_behind_a_figure_are_as_many_as_it_counts(period: str, region: int) -> None:
    engine = DuckEngine.over_rows(FACTS)
    standing, span = running.standing_of(engine, TODAY), read_period(period)
    (figure,) = running.figures(engine, rules(), ["solved_rate"], [span], standing, today=TODAY, wanted={region})
    behind = running.behind(engine, rules(), "solved_rate", span, region, standing)
    assert sum(each.numerator for each in behind) == figure.numbers.numerator
    assert sum(each.denominator for each in behind) == figure.numbers.denominator == len(behind)
    assert [each.number for each in behind] == [f"N{each.matter_id}" for each in behind]


def test_what_isnt_computed_or_isnt_there_is_said() -> None:
    engine, span = DuckEngine.over_rows(FACTS), [Period(202606)]
    standing = running.standing_of(engine, TODAY)
    for made, key, words in (
        (rules(), "nope", "2026-06 没有指标“nope”"),
        (catalogue(), "covenant_review", "“村规民约审核备案率”最短按年计算"),
    ):
        with pytest.raises(running.IndicatorUnknown, match=words):
            running.figures(engine, made, [key], span, standing, today=TODAY)
    with pytest.raises(running.NotComputed, match="没有公式"):
        running.figures(engine, catalogue(), ["covenant_review"], [read_period("2026")], standing, today=TODAY)


# The commands


@pytest.fixture
def city(tmp_path: Path) -> tuple[str, str]:
    """A catalogue file and a folder of facts."""
    own = tmp_path / "own.toml"
    own.write_text(RULES, encoding="utf-8")
    return str(own), str(folder_of(tmp_path / "facts", {name: list(map(tuple, rows)) for name, rows in FACTS.items()}))


def said(*arguments: str) -> tuple[int, str]:
    found = CliRunner().invoke(group, list(arguments), env={"COLUMNS": "160"})
    if isinstance(found.exception, DomainError):
        return 1, str(found.exception)
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    return found.exit_code, found.output


def test_check_says_that_a_file_is_sound_or_where_it_isnt(city: tuple[str, str], tmp_path: Path) -> None:
    assert said("check", city[0])[0] == 0
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(RULES.replace("m.solved = 1", "m.solvd = 1"), encoding="utf-8")
    code, words = said("check", str(wrong))
    assert code == 1
    assert words.count("没有“solvd”这一列。 是不是“solved”？") == 2
    assert "共 2 处要改。" in words


def test_check_says_that_a_file_is_no_text(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_bytes(b"[catalogue]\nname = \xff\xff")
    assert said("check", str(wrong)) == (1, "wrong.toml 不是 UTF-8 文本（第 19 字节处读不懂）。请另存为 UTF-8 后再试。")


def test_run_gives_the_figures_of_a_folder(city: tuple[str, str]) -> None:
    code, words = said(
        "run",
        "solved_rate",
        "--period",
        "2026-06",
        "--catalogue",
        city[0],
        "--facts",
        city[1],
        "--level",
        "community",
        "--json",
    )
    found = [json.loads(line) for line in words.splitlines() if line.startswith("{")]
    assert code == 0
    assert [(each["region"], each["numerator"], each["denominator"], each["value"]) for each in found] == [
        ("370302001001", 0, 1, "0.0"),
        ("370302001002", 1, 1, "100.0"),
        ("370302001003", 0, 0, None),
    ]


def test_explain_leads_from_the_figure_to_the_matters(city: tuple[str, str]) -> None:
    code, words = said(
        "explain", "solved_rate", "--period", "2026-06", "--region", "3703", "--catalogue", city[0], "--facts", city[1]
    )
    assert code == 0
    assert "口径：报告的事项中解决的占比。" in words
    assert "WHERE m.kind = 'request'" in words
    assert "分子 1，分母 2，50.0 %" in words
    assert "N3" in words
    assert "N5" in words
    assert "N4" not in words


def test_a_period_that_isnt_over_is_refused_or_marked(city: tuple[str, str]) -> None:
    arguments = ("run", "solved_rate", "--period", "2998-12", "--catalogue", city[0], "--facts", city[1])
    assert said(*arguments) == (
        1,
        "2998-12 到 2998年12月31日 才结束，现在的数还会变。要先看，请加 --unfinished，数旁会注明“未满期”。",
    )
    assert "不适用（未满期）" in said(*arguments, "--unfinished")[1]


def test_list_shows_what_holds_in_a_month(city: tuple[str, str]) -> None:
    code, words = said("list", "--catalogue", city[0], "--period", "2026-06")
    assert code == 0
    assert "solved_rate" in words
    assert "end_median" in words


def test_an_unknown_region_or_engine_is_said(city: tuple[str, str]) -> None:
    arguments = ("run", "solved_rate", "--period", "2026-06", "--catalogue", city[0])
    assert "2026年6月30日的区划里没有“999”" in said(*arguments, "--facts", city[1], "--region", "999")[1].replace(
        " ", ""
    )
    assert "引擎 duckdb 读导出的事实，请用 --facts 给出文件夹。" in said(*arguments, "--engine", "duckdb")[1]


def test_the_catalogue_in_force_is_the_citys_own(tmp_path: Path, settings: object) -> None:
    settings.SHANZHI_HOME = tmp_path  # type: ignore[attr-defined]
    (tmp_path / "catalogue").mkdir()
    own = tmp_path / "catalogue" / "indicators.toml"
    own.write_text(RULES, encoding="utf-8")
    assert [each.key for each in book.catalogue_in_force().indicators] == ["solved_rate", "solved_rate", "end_median"]
    own.write_text(RULES.replace("m.kind = 'request'", "m.kind = 1"), encoding="utf-8")
    with pytest.raises(DomainError, match=r"indicators\.toml 有 1 处要改，没有采用"):
        book.catalogue_in_force()
