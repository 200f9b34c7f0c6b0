"""A week's, month's or quarter's report: what it says, what it marks, in which order; the same as PDF, DOCX and XLSX."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

import pytest

from shanzhi.core.papers import (
    BarChart,
    Document,
    FunnelChart,
    Heading,
    LineChart,
    Number,
    Paragraph,
    Table,
    Verbatim,
    shipped_fonts,
    to_docx,
    to_pdf,
    to_xlsx,
)
from shanzhi.kernel.indicators.policy.reports import Part, Period, Report, Span, Value, compose
from shanzhi.kernel.indicators.tests.report_support import PART_NAMES, count, parts, report, share


def shown(row) -> list[str]:
    return [cell.shown if isinstance(cell, Number) else cell for cell in row]


HEADS = ["概况", "三率", "各项目", "分区域情况", "需要关注的"]


def heads(made: Document) -> list[str]:
    return [block.text for block in made.blocks if isinstance(block, Heading) and block.level == 1]


def section(made: Document, head: str) -> list:
    """Blocks under a head of the first level."""
    found: list = []
    is_inside = False
    for block in made.blocks:
        if isinstance(block, Heading) and block.level == 1:
            is_inside = block.text == head
        elif is_inside:
            found.append(block)
    return found


def words(blocks) -> str:
    return "\n".join(block.lead + block.text for block in blocks if isinstance(block, Paragraph))


def table_named(made: Document, name: str) -> Table:
    return next(table for table in made.tables() if name in table.title)


@pytest.mark.parametrize(
    ("period", "title", "subtitle", "number"),
    [
        (Period(Span.WEEK, 2025, 44), "周报", "2025年第44周（10月27日至11月2日）", "2025年第44期"),
        (Period(Span.MONTH, 2025, 10), "月报", "2025年10月", "2025年第10期"),
        (Period(Span.QUARTER, 2025, 3), "季报", "2025年第三季度", "2025年第3期"),
    ],
)
def test_weeks_months_and_quarters_have_the_same_sections(period, title, subtitle, number):
    made = compose(report(period=period))
    assert made.title == f"青禾市市域社会治理{title}"
    assert (made.subtitle, made.number, made.issuer) == (subtitle, number, "青禾市社会治理中心")
    assert heads(made) == HEADS
    assert [annex.title for annex in made.annexes] == ["指标数据", "口径说明"]


def test_sections_for_which_there_is_nothing_are_left_out():
    made = compose(report(rates=(), projects=(), parts=(), overview=(count(),)))
    assert heads(made) == ["概况", "需要关注的"]
    assert words(section(made, "需要关注的")) == "本期没有超出预期范围、未达到目标或尚未填报的指标。"


def test_each_rate_has_its_sentence_and_its_curve():
    blocks = section(compose(report()), "三率")
    assert [type(block) for block in blocks] == [Paragraph, LineChart] * 3
    assert blocks[2].text.startswith("10月，全市解决率为 80.0 %（共 3,126 件），比9月下降 2.0 个百分点")
    chart = blocks[3]
    assert chart.title == "全市解决率近 12 个月变化（%）"
    assert (chart.points[-1].label, chart.points[-1].shown, chart.target_said) == ("10月", "80.0 %", "目标 85 %")


def test_too_few_points_make_no_curve():
    rates = tuple(replace(figure, trend=figure.trend[:2]) for figure in report().rates)
    assert [type(block) for block in section(compose(report(rates=rates)), "三率")] == [Paragraph] * 3


def test_projects_are_counted_and_only_what_differs_is_told():
    text = words(section(compose(report()), "各项目"))
    assert (
        "3 项指标，达到目标 1 项，没有此类事项 1 项，尚未填报 1 项。10月，全市排查覆盖率尚未填报。其余指标见附件1。"
        in text
    )
    assert "1 项指标，样本不足 1 项。没有需要单独说明的变化，见附件1。" in text
    assert "调解成功率" not in text
    assert (
        "3 个项目共 6 项指标，达到目标 2 项，未达到目标 1 项，样本不足 1 项，没有此类事项 1 项，尚未填报 1 项。"
        in words(section(compose(report()), "概况"))
    )


def test_parts_stand_in_the_order_of_codes_and_are_never_ranked():
    made = compose(report())
    table = table_named(made, "各县（区）按期办结率")
    assert [row[0] for row in table.rows] == list(PART_NAMES)
    values = [row[2].value for row in table.rows if isinstance(row[2], Number)]
    assert any(a < b for a, b in pairwise(values))
    assert any(a > b for a, b in pairwise(values))
    assert "排名次" in words(section(made, "分区域情况"))
    assert not [row for row in table.rows for cell in row if isinstance(cell, str) and "名" in cell]


def test_small_parts_are_not_compared_and_their_number_of_cases_is_told():
    table = table_named(compose(report()), "各县（区）按期办结率")
    by_name = {row[0]: row for row in table.rows}
    assert shown(by_name["经开区"]) == ["经开区", "26", "样本不足", "不作比较"]
    assert table.note == "少于 30 件的为样本不足，不作比较。"
    assert by_name["博山区"][3] == "低于预期范围"
    assert by_name["张店区"][3] == "在预期范围内"


def test_parts_are_drawn_by_their_size_with_what_chance_allows():
    (chart,) = [block for block in section(compose(report()), "分区域情况") if isinstance(block, FunnelChart)]
    assert [dot.label for dot in chart.dots if dot.label] == ["博山区"]
    assert len(chart.dots) == 9
    widths = [high - low for _, low, high in chart.limits]
    assert widths == sorted(widths, reverse=True)
    assert not [block for block in compose(report()).blocks if isinstance(block, BarChart)]


def test_counts_and_amounts_of_parts_are_bars_from_nought_without_a_judgement():
    named = tuple(
        replace(part, values={"taken_in": Value(n * 100, 0), "handling_hours": Value(n * 36000, 40 if n else 0)})
        for n, part in enumerate(parts())
    )
    made = compose(report(parts=named, compared=("taken_in", "handling_hours")))
    counts, table, amounts, times = section(made, "分区域情况")[1:]
    assert isinstance(counts, BarChart)
    assert [bar.shown for bar in counts.bars][:2] == ["1,000 件", "900 件"]
    assert [bar.label for bar in counts.bars] == list(PART_NAMES)
    assert [column.head for column in table.columns] == ["区域", "受理事项数（件）"]
    assert table.note == ""
    assert (amounts.target_said, amounts.bars[-1].value, amounts.bars[-1].shown) == (
        "目标 24 小时",
        None,
        "没有此类事项",
    )
    assert [column.head for column in times.columns] == ["区域", "件数", "办理时长中位数（小时）"]


def test_too_many_parts_for_bars_are_a_table():
    many = tuple(Part(f"3703{n:02}", f"甲{n}镇", {"taken_in": Value(n, 0)}) for n in range(21))
    blocks = section(compose(report(parts=many, compared=("taken_in",))), "分区域情况")
    assert [type(block) for block in blocks] == [Paragraph, Table]


def test_few_parts_are_a_table_only():
    few = compose(report(parts=parts()[:4]))
    assert [type(block) for block in section(few, "分区域情况")] == [Paragraph, Table]


def test_a_range_that_is_known_better_replaces_that_of_chance():
    known = tuple(replace(part, expected={"on_time_rate": (Fraction(80), Fraction(100))}) for part in parts())
    table = table_named(compose(report(parts=known)), "各县（区）按期办结率")
    assert {row[3] for row in table.rows} == {"在预期范围内", "不作比较"}


def test_a_part_that_handed_in_nothing_or_had_nothing_is_said_so():
    extra = (
        Part("370398", "甲镇", {"on_time_rate": Value(0, 0)}),
        Part("370399", "乙镇", {"on_time_rate": None}),
        Part("370397", "丙镇", {}),
    )
    table = table_named(compose(report(parts=(*parts(), *extra))), "各县（区）按期办结率")
    assert [row[0] for row in table.rows[-3:]] == ["丙镇", "甲镇", "乙镇"]
    assert [row[2] for row in table.rows[-3:]] == ["未填报", "没有此类事项", "未填报"]
    assert {row[3] for row in table.rows[-3:]} == {"不作比较"}


def test_what_needs_a_look_is_listed_once():
    lines = [block for block in section(compose(report()), "需要关注的") if isinstance(block, Paragraph)]
    assert lines[0].text.startswith("以下 4 条，请有关单位对照记录核实原因")
    assert [line.lead for line in lines[1:]] == ["（1）", "（2）", "（3）", "（4）"]
    assert [line.text for line in lines[1:]] == [
        "10月，全市解决率为 80.0 %（共 3,126 件），低于按以往各期推算的预期范围（81.0 %—84.0 %）。",
        "10月，全市签收时长中位数为 2.1 小时（共 3,100 件），超过目标（2 小时）0.1 小时。",
        "10月，全市排查覆盖率尚未填报。",
        "博山区按期办结率为 86.2 %（共 377 件），低于以全市水平推算的预期范围（89.5 %—97.4 %）。",
    ]


def test_all_figures_stand_in_the_annex_with_base_and_interval():
    table = table_named(compose(report()), "指标数据")
    rows = {row[0]: row for row in table.rows}
    assert len(rows) == len(report().figures()) == 13
    assert shown(rows["解决率"]) == [
        *("解决率", "%", "80.0", "3,126", "78.6—81.4", "82.0", "85"),
    ]
    assert shown(rows["平安指数"]) == [
        *("平安指数", "分", "86.2", "", "", "85.8", ""),
    ]
    assert rows["司法确认率"][2] == "没有此类事项"
    assert rows["排查覆盖率"][2] == "未填报"
    assert rows["隐患整改率"][2] == "样本不足"


def test_how_each_figure_is_counted_is_told_with_its_version_and_how_to_recompute_it():
    made = compose(report())
    rules = made.annexes[1].blocks
    table = table_named(made, "各项指标的口径")
    assert table.rows[4][0] == "响应率（response_rate）"
    assert [shown(row)[1] for row in table.rows if shown(row)[0].startswith("解决率")] == ["2"]
    assert len(table.rows) == 13
    assert "数据截至2025年11月3日 08:00" in words(rules)
    assert [block.text for block in rules if isinstance(block, Verbatim)] == [
        "shanzhi indicator explain KEY --region 370300 --period 2025-10"
    ]


def test_a_sample_catalogue_is_marked_and_a_citys_own_isnt():
    sample, own = compose(report()), compose(report(is_sample=False, catalogue="青禾市指标目录"))
    assert sample.mark == "示例目录"
    assert "不作为考核依据" in words(sample.annexes[1].blocks)
    assert own.mark == ""
    assert "示例" not in words(own.annexes[1].blocks)


def test_a_period_that_isnt_over_is_neither_compared_nor_judged():
    made = compose(report(until=date(2025, 10, 20)))
    text = words(made.blocks)
    assert "10月尚未结束，本期只计到10月20日，不与上期和目标比较。" in text
    assert "10月1日至10月20日，全市受理事项数为 12,034 件。办结事项数为 11,872 件。" in text
    assert "3 个项目共 6 项指标，已有数 3 项，样本不足 1 项，没有此类事项 1 项，尚未填报 1 项。" in text
    assert "本期尚未结束，待结束后再列。" in text
    assert not any(word in text for word in ("提高", "下降", "基本持平", "达到目标", "低于按以往"))


def test_a_figure_that_comes_twice_is_listed_once():
    twice = report(rates=(share(), *report().rates))
    assert [figure.key for figure in twice.figures()].count("on_time_rate") == 1
    made = compose(twice)
    assert [row[0] for row in table_named(made, "指标数据").rows].count("按期办结率") == 1


def test_the_same_figures_make_the_same_files():
    fonts = shipped_fonts()
    one, two = compose(report()), compose(report())
    assert one == two
    assert to_pdf(one, fonts) == to_pdf(two, fonts)
    assert to_docx(one, fonts) == to_docx(two, fonts)
    assert to_xlsx(one) == to_xlsx(two)


def test_names_that_are_markup_break_no_report():
    odd = tuple(replace(part, name=f"#{part.name}$[@_*\\") for part in parts())
    made = compose(report(parts=odd, city="#let", issuer="*甲*_乙_"))
    assert to_pdf(made, shipped_fonts()).startswith(b"%PDF")
    assert isinstance(report(), Report)
