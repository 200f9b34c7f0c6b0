"""A figure becomes a sentence that says no more than the figure does."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest

from shanzhi.kernel.indicators.policy.reports import Better, Definition, Period, Shape, Span, Value, figure_sentence
from shanzhi.kernel.indicators.policy.reports.sentences import (
    exactly_said,
    is_on_target,
    number_said,
    outside_said,
    target_said,
)
from shanzhi.kernel.indicators.policy.trend import change
from shanzhi.kernel.indicators.tests.made import indicator, value
from shanzhi.kernel.indicators.tests.report_support import OCTOBER, count, hours, share


def said(figure, period=OCTOBER, **how) -> str:
    return figure_sentence(figure, period, "全市", **how)


def test_a_share_with_its_base_its_change_and_its_target():
    assert said(share()) == "10月，全市按期办结率为 93.4 %（共 3,126 件），与上月基本持平，达到目标（90 %）。"
    clear = share(before=Value(2706, 3000))
    assert said(clear) == "10月，全市按期办结率为 93.4 %（共 3,126 件），比9月提高 3.2 个百分点，达到目标（90 %）。"
    fallen = share(now=Value(2700, 3126), before=Value(2766, 3000))
    assert said(fallen) == (
        "10月，全市按期办结率为 86.4 %（共 3,126 件），比9月下降 5.8 个百分点，未达到目标（90 %），差 3.6 个百分点。"
    )


def test_the_example_of_the_rules_is_said_with_enough_cases():
    """1.2 points on 3,126 cases could be chance; on 31,260 they couldn't."""
    figure = share(now=Value(29200, 31260), before=Value(27660, 30000))
    assert said(figure) == "10月，全市按期办结率为 93.4 %（共 31,260 件），比9月提高 1.2 个百分点，达到目标（90 %）。"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"before": None}, "10月，全市按期办结率为 93.4 %（共 3,126 件），达到目标（90 %）。"),
        ({"target": None}, "10月，全市按期办结率为 93.4 %（共 3,126 件），与上月基本持平。"),
        ({"better": Better.NEITHER}, "10月，全市按期办结率为 93.4 %（共 3,126 件），与上月基本持平。"),
        (
            {"before": Value(0, 0)},
            "10月，全市按期办结率为 93.4 %（共 3,126 件），上月没有此类事项，不作比较，达到目标（90 %）。",
        ),
        (
            {"before": Value(9, 12)},
            "10月，全市按期办结率为 93.4 %（共 3,126 件），上月样本不足，不作比较，达到目标（90 %）。",
        ),
        (
            {"before_version": 3},
            "10月，全市按期办结率为 93.4 %（共 3,126 件），计算口径由第 3 版改为第 1 版，不与上月比较，达到目标（90 %）。",
        ),
        ({"now": None}, "10月，全市按期办结率尚未填报。"),
        ({"now": Value(0, 0)}, "10月，全市按期办结率不适用：本期没有此类事项。"),
        ({"now": Value(6, 7)}, "10月，全市按期办结率样本不足（共 7 件，少于 30 件），不作比较。"),
        ({"now": Value(0, 3000), "before": None, "target": None}, "10月，全市按期办结率为 0.0 %（共 3,000 件）。"),
        (
            {"grade": "良好", "before": None},
            "10月，全市按期办结率为 93.4 %（共 3,126 件），等级为“良好”，达到目标（90 %）。",
        ),
    ],
)
def test_every_case_has_its_words(change, expected):
    assert said(share(**change)) == expected


def test_exactly_the_least_number_of_cases_is_enough():
    assert said(share(now=Value(29, 30), before=None)).startswith("10月，全市按期办结率为 96.7 %（共 30 件）")
    assert "样本不足（共 29 件" in said(share(now=Value(29, 29)))


def test_counts_have_no_base_and_grow_by_cases():
    assert said(count()) == "10月，全市受理事项数为 12,034 件，比9月增加 320 件（2.7 %）。"
    assert (
        said(count(now=Value(11500, 0), before=Value(12034, 0)))
        == "10月，全市受理事项数为 11,500 件，比9月减少 534 件（4.4 %）。"
    )
    assert (
        said(count(now=Value(12034, 0), before=Value(12000, 0))) == "10月，全市受理事项数为 12,034 件，与上月基本持平。"
    )
    assert said(count(now=Value(0, 0), before=Value(0, 0))) == "10月，全市受理事项数为 0 件，与上月基本持平。"
    assert said(count(now=Value(40, 0), before=Value(0, 0))) == "10月，全市受理事项数为 40 件，比9月增加 40 件。"


def test_amounts_are_held_under_their_target():
    assert (
        said(hours())
        == "10月，全市办理时长中位数为 18.4 小时（共 3,000 件），比9月减少 0.6 小时，控制在目标（24 小时）以内。"
    )
    late = hours(now=Value(97200, 3000))
    assert (
        said(late)
        == "10月，全市办理时长中位数为 27.0 小时（共 3,000 件），比9月增加 8.0 小时，超过目标（24 小时）3.0 小时。"
    )


def test_an_index_rests_on_no_cases_and_rises():
    index = hours(
        name="平安指数", unit="分", scale=Fraction(1), base_unit="", minimum=0, better=Better.HIGHER, target=None,
        now=Value(86, 1), before=Value(84, 1), grade="良好",
    )  # fmt: skip
    assert said(index) == "10月，全市平安指数为 86.0 分，等级为“良好”，比9月提高 2.0 分。"


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (Period(Span.MONTH, 2026, 1), "1月，全市按期办结率为 93.4 %（共 3,126 件），比上年12月提高 3.2 个百分点，"),
        (
            Period(Span.QUARTER, 2025, 3),
            "第三季度，全市按期办结率为 93.4 %（共 3,126 件），比第二季度提高 3.2 个百分点，",
        ),
        (
            Period(Span.QUARTER, 2026, 1),
            "第一季度，全市按期办结率为 93.4 %（共 3,126 件），比上年第四季度提高 3.2 个百分点，",
        ),
        (Period(Span.WEEK, 2025, 44), "第44周，全市按期办结率为 93.4 %（共 3,126 件），比第43周提高 3.2 个百分点，"),
        (Period(Span.WEEK, 2026, 1), "第1周，全市按期办结率为 93.4 %（共 3,126 件），比上年第52周提高 3.2 个百分点，"),
    ],
)
def test_periods_are_named(period, words):
    assert said(share(before=Value(2706, 3000)), period).startswith(words)


@pytest.mark.parametrize(("span", "word"), [(Span.WEEK, "上周"), (Span.MONTH, "上月"), (Span.QUARTER, "上季度")])
def test_what_came_before_has_a_word(span, word):
    assert f"与{word}基本持平" in said(share(), Period(span, 2025, 2))


def test_a_period_that_isnt_over_is_neither_compared_nor_judged():
    assert said(share(), when="10月1日至20日", is_over=False) == (
        "10月1日至20日，全市按期办结率为 93.4 %（共 3,126 件）。"
    )


def test_a_target_is_judged_by_the_exact_value_and_a_small_gap_is_never_nought():
    just_under = share(now=Value(89998, 100000), before=None)
    assert is_on_target(just_under) is False
    assert target_said(just_under) == "未达到目标（90 %），差 0.002 个百分点"
    assert is_on_target(share(now=Value(900, 1000))) is True
    assert is_on_target(share(now=Value(5, 7))) is None


def test_the_difference_is_of_the_exact_numbers_rounded_once():
    """92.25 and 93.44 differ by 1.19: told as 1.2, as the pages tell it, though 93.4 less 92.3 is 1.1."""
    figure = share(now=Value(934400, 1000000), before=Value(922500, 1000000))
    assert "为 93.4 %" in said(figure)
    assert "比9月提高 1.2 个百分点" in said(figure)
    rule = indicator(decimals=1)
    before, now = (value(top, 1000000, rule) for top in (922500, 934400))
    assert change(rule, before, now).difference == Decimal("1.2")


def test_the_same_period_a_year_before_stands_beside_it():
    figure = share(before=None, year_ago=Value(2706, 3000), target=None)
    assert said(figure) == "10月，全市按期办结率为 93.4 %（共 3,126 件），比上年同月提高 3.2 个百分点。"
    week = Period(Span.WEEK, 2025, 44)
    same = said(share(year_ago=Value(2766, 3000), before=None, target=None), week)
    assert same == "第44周，全市按期办结率为 93.4 %（共 3,126 件），与上年同周基本持平。"
    assert "上年同周" not in said(share(before=None, year_ago=Value(9, 10)), week)


def test_a_change_that_cannot_be_printed_is_none():
    figure = share(now=Value(934040000, 10**9), before=Value(933960000, 10**9))
    assert "与上月基本持平" in said(figure)


def test_what_lies_outside_of_what_was_expected_is_told():
    band = (Fraction(88), Fraction(925, 10))
    assert outside_said(share(expected=band), OCTOBER, "全市") == (
        "10月，全市按期办结率为 93.4 %（共 3,126 件），高于按以往各期推算的预期范围（88.0 %—92.5 %）。"
    )
    assert "低于按以往" in outside_said(share(expected=(Fraction(95), Fraction(97))), OCTOBER, "全市")
    assert outside_said(share(expected=(Fraction(90), Fraction(95))), OCTOBER, "全市") == ""
    assert outside_said(share(expected=band, now=Value(5, 5)), OCTOBER, "全市") == ""
    assert outside_said(share(expected=band, now=None), OCTOBER, "全市") == ""
    assert outside_said(share(), OCTOBER, "全市") == ""


@pytest.mark.parametrize(
    ("number", "decimals", "shown"),
    [
        (Fraction(1234567, 10), 1, "123,456.7"),
        (Fraction(1, 20), 1, "0.1"),
        (Fraction(-1, 20), 1, "−0.1"),
        (Fraction(2, 3), 2, "0.67"),
        (Fraction(5, 2), 0, "3"),
        (Fraction(0), 1, "0.0"),
    ],
)
def test_numbers_are_rounded_halves_away_from_nought(number, decimals, shown):
    assert number_said(number, decimals) == shown


def test_targets_have_no_idle_decimals():
    said_of = [exactly_said(share(), Fraction(number)) for number in ("90", "92.5", "92.55", "99.995", "99.9999")]
    assert said_of == ["90 %", "92.5 %", "92.55 %", "99.995 %", "100.000 %"]


def test_a_definition_of_another_version_counts_only_when_it_is_known():
    assert "基本持平" in said(share(before_version=None))
    assert "口径由第 1 版改为第 2 版" in said(share(definition=Definition(2, "新口径")))


def test_of_several_sentences_only_the_first_says_when_and_where():
    assert said(share(), is_first=False) == "按期办结率为 93.4 %（共 3,126 件），与上月基本持平，达到目标（90 %）。"
    assert said(share(now=None), is_first=False) == "按期办结率尚未填报。"
    assert said(share(now=Value(0, 0)), is_first=False) == "按期办结率不适用：本期没有此类事项。"
    assert said(share(now=Value(1, 2)), is_first=False) == "按期办结率样本不足（共 2 件，少于 30 件），不作比较。"


def test_no_sentence_ranks_or_blames():
    figures = [share(), share(now=Value(1, 100)), count(), hours(), share(now=None), share(now=Value(0, 0))]
    text = "".join(said(figure) for figure in figures)
    assert not any(word in text for word in ("排名", "第一名", "倒数", "落后", "位居", "名列"))


def test_a_negative_number_of_cases_is_refused():
    with pytest.raises(ValueError, match="negative"):
        Value(1, -1)
    assert replace(share(), shape=Shape.COUNT).standing(Value(0, 0)) == "known"
