"""A week's report: what came in, ended, is open and late, beside the week before and the same week a year before."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from shanzhi.core.papers import (
    BarChart,
    Document,
    FunnelChart,
    LineChart,
    Paragraph,
    Verbatim,
    shipped_fonts,
    to_docx,
    to_pdf,
    to_xlsx,
)
from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.indicators.policy.periods import PeriodUnreadable
from shanzhi.kernel.indicators.policy.reports import Period, Span, compose, is_week, read_week
from shanzhi.kernel.indicators.policy.reports.weekly import Group, Region, Week, weekly
from shanzhi.kernel.indicators.tests.test_read_a_report import heads, section, shown, table_named, words

WEEK = Period(Span.WEEK, 2026, 47)
AFTER = datetime(2026, 11, 24, 9, 0, tzinfo=CITY_ZONE)
USUAL = {
    "reported": 1000, "accepted": 980, "dispatched": 900, "ended": 960, "given_back": 40, "due": 1500, "kept": 1410,
    "late": 90, "missed": 70, "rated": 400, "solved": 320, "scored": 300, "pleased": 270, "unrated": 60, "open": 5200,
    "rated_counted": 400, "solved_counted": 320, "scored_counted": 300, "pleased_counted": 270,
}  # fmt: skip


def week(**given) -> Week:
    now = USUAL | {"reported": 1240, "ended": 970, "open": 5470}
    made = Week(
        WEEK, now, USUAL, USUAL | {"reported": 1010},
        past=tuple((f"第{number}周", USUAL | {"reported": 1000 + number % 3 * 20}) for number in range(35, 47)),
        parts=tuple(
            Region(f"3703{number:02}", f"{number}区", {name: count // 6 for name, count in USUAL.items()} | {"due": 250, "kept": 235 - 40 * (number == 3)})
            for number in range(1, 7)
        ),
        categories=(
            Group("city", "市容环卫", {"reported": 640}, {"reported": 400}, {"reported": 390}),
            Group("home", "住房与物业", {"reported": 310}, {"reported": 305}, {"reported": 330}),
        ),
        units=(
            Group("11", "住建局", {"given": 300, "due": 500, "kept": 480, "rated": 90, "solved": 80}),
            Group("12", "城管局", {"given": 500, "due": 900, "kept": 780, "rated": 210, "solved": 150}),
            Group("13", "供热公司", {"given": 6, "due": 6, "kept": 2}),
        ),
    )  # fmt: skip
    return replace(made, **given)


def paper(given: Week, *, now: datetime = AFTER) -> Document:
    report = weekly(
        given,
        name="青禾市",
        code="3703",
        whole="全市",
        parts_word="县（区）",
        issuer="青禾市社会治理中心",
        now=now,
        today=now.date(),
    )
    return compose(report)


def test_it_has_a_head_its_days_and_its_number():
    made = paper(week())
    assert (made.title, made.number) == ("青禾市市域社会治理周报", "2026年第47期")
    assert made.subtitle == "2026年第47周（11月16日至11月22日）"
    assert heads(made) == ["概况", "按期与评价", "办理情况", "分区域情况", "分类情况", "需要关注的"]
    assert made.mark == ""


def test_it_compares_with_the_week_before_and_with_a_year_before():
    said = words(section(paper(week()), "概况"))
    assert "第47周，全市收到事项为 1,240 件，比第46周增加 240 件（24.0 %），比上年同周增加 230 件（22.8 %）。" in said
    assert "周末未结事项为 5,470 件，比第46周增加 270 件（5.2 %）" in said
    rates = words(section(paper(week()), "按期与评价"))
    assert "按期率为 94.0 %（共 1,500 个时限），与上周基本持平，与上年同周基本持平。" in rates
    told = words(section(paper(week()), "办理情况"))
    assert "退单为 40 件次" in told
    assert "超期时限为 90 个" in told


def test_it_says_what_stands_out():
    said = words(section(paper(week()), "需要关注的"))
    assert "收到事项为 1,240 件，高于按以往各期推算的预期范围" in said
    assert "“市容环卫”收到 640 件，比第46周增加 240 件，超出随机波动。" in said
    assert "住房与物业" not in said
    assert "城管局本周到期时限 900 个，超期 120 个，按期率 86.7 %，低于以全市水平推算的预期范围。" in said
    assert "3区按期率为 78.0 %" in said
    assert "供热公司" not in said
    assert "办结事项" not in said


def test_nothing_is_ranked():
    made = paper(week())
    units = table_named(made, "各单位本周办理情况")
    assert [shown(row)[0] for row in units.rows] == ["住建局", "城管局", "供热公司"]
    assert [shown(row)[4] for row in units.rows] == ["96.0", "86.7", "样本不足"]
    assert [shown(row)[-1] for row in units.rows] == ["在预期范围内", "低于预期范围", "不作比较"]
    assert "不排名次" in units.note
    every = words(made.blocks) + words(made.annexes[1].blocks)
    assert "第一" not in every


def test_it_draws_what_it_says():
    drawn = [block for block in paper(week()).blocks if isinstance(block, (LineChart, BarChart, FunnelChart))]
    assert {type(one) for one in drawn} == {LineChart, BarChart, FunnelChart}
    line = next(one for one in drawn if isinstance(one, LineChart))
    assert line.title == "全市收到事项近 13 周变化（件）"
    assert [point.label for point in line.points][-2:] == ["第46周", "第47周"]


def test_it_says_how_each_is_counted_and_counted_again():
    rules = paper(week()).annexes[2].blocks
    assert "周一至周日为一周，按北京时间" in words(rules)
    assert "目录" not in words(rules)
    assert [block.text for block in rules if isinstance(block, Verbatim)] == [
        "shanzhi facts query \"SELECT count(*) FROM fact_matter WHERE region_code LIKE '3703%'"
        " AND reported_on BETWEEN DATE '2026-11-16' AND DATE '2026-11-22'\""
    ]
    told = table_named(paper(week()), "各项指标的口径")
    assert all(shown(row)[2] for row in told.rows)
    assert [column.head for column in told.columns] == ["指标（代码）", "版本", "怎样计算"]


def test_before_the_first_records_nothing_is_compared():
    first = week(before=None, year_ago=None, past=tuple((f"第{n}周", None) for n in range(35, 47)),
                 categories=(Group("city", "市容环卫", {"reported": 640}),))  # fmt: skip
    made = paper(first)
    assert "收到事项为 1,240 件。" in words(section(made, "概况"))
    assert not any(isinstance(block, LineChart) for block in made.blocks)
    assert [column.head for column in table_named(made, "各类收到事项").columns] == ["类别", "本周收到（件）"]


def test_a_week_that_isnt_over_is_neither_compared_nor_judged():
    made = paper(week(), now=datetime(2026, 11, 18, 9, 0, tzinfo=CITY_ZONE))
    said = words(made.blocks)
    assert "第47周尚未结束，本期只计到11月18日" in said
    assert "比第46周" not in said
    assert "本期尚未结束，待结束后再列。" in said


def test_a_week_is_read_by_its_number():
    assert read_week("2026-W47").first == date(2026, 11, 16)
    assert (read_week("2026-W53").last, read_week("2026-W01").first) == (date(2027, 1, 3), date(2025, 12, 29))
    assert (read_week("2026-W53").year_ago, read_week("2027-W01").before) == (None, read_week("2026-W53"))
    assert read_week("2026-w07").key == "2026-W07"
    assert (is_week("2026-W54"), is_week("2026-11")) == (True, False)


@pytest.mark.parametrize(
    "text", ["2026-W54", "2025-W53", "2026-W00", "0000-W01", "9999-W01", "2026-47", "W47", "2026-W4", ""]
)
def test_a_week_that_isnt_there_is_said_to_be_none(text):
    with pytest.raises(PeriodUnreadable):
        read_week(text)


def test_it_is_written_in_every_format():
    made = paper(week())
    assert isinstance(made.blocks[1], Paragraph)
    assert to_pdf(made, shipped_fonts()).startswith(b"%PDF-")
    assert to_docx(made)[:2] == b"PK"
    assert to_xlsx(made)[:2] == b"PK"
