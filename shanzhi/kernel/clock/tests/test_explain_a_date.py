"""A date is told step by step, as a person would count it, in Chinese and in English."""

from dataclasses import replace
from datetime import date, datetime

from django.utils import translation
from django.utils.translation import gettext

from shanzhi.kernel.clock.policy import Course, Duration, WorkCalendar, explain, shipped_calendar

CALENDAR = shipped_calendar()


def at(text: str) -> datetime:
    """A local moment, "2025-10-01 09:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=CALENDAR.zone)


def course(start: str, limit: str) -> Course:
    """A clock that nothing has happened to."""
    return Course(at(start), Duration.parse(limit))


def told(course: Course, calendar: WorkCalendar = CALENDAR) -> list[str]:
    """The sentences in Chinese."""
    return [step.to_text() for step in explain(course, calendar)]


def test_it_counts_working_days_over_the_holiday() -> None:
    steps = explain(course("2025-09-26 10:00", "5wd"), CALENDAR)
    assert [step.to_text() for step in steps] == [
        "2025年9月26日 10:00起算，时限5个工作日。",
        "开始的当日2025年9月26日不计入，从下一日2025年9月27日开始计算。",
        "2025年10月1日至2025年10月8日国庆节、中秋节放假，不计入工作日。",
        "其间周末 1 天不计入工作日。",
        "2025年9月28日虽是周末，因国庆节调休上班，计为工作日。",
        "第 5 个工作日是2025年10月10日。",
        "有业务时间的，到停止业务活动时截止：2025年10月10日 17:30。",
        "截止时间：2025年10月10日 17:30。",
    ]
    assert [step.article for step in steps] == [
        "《民法典》第二百条",
        "《民法典》第二百零一条第一款",
        "《全国年节及纪念日放假办法》",
        "《民法典》第二百零四条",
        "《全国年节及纪念日放假办法》",
        "《民法典》第二百零四条",
        "《民法典》第二百零三条第二款",
        "《民法典》第二百零三条第二款",
    ]
    source = steps[2].source
    assert source is not None
    assert source.to_text().startswith("《国务院办公厅关于2025年部分节假日安排的通知》（chinesecalendar 1.")
    assert steps[-1].at == at("2025-10-10 17:30")


def test_it_says_why_a_last_day_moves_and_why_a_make_up_day_does_not() -> None:
    assert told(course("2025-07-04 09:00", "3mo"))[2:4] == [
        "3个月后的对应日是2025年10月4日。",
        "2025年10月4日是法定休假日（国庆节、中秋节，到2025年10月8日结束），最后一日顺延到休假日结束的次日2025年10月9日。",
    ]
    assert told(course("2026-01-31 10:00", "1mo"))[2:4] == [
        "到期月没有 31 日，以月末日2026年2月28日为最后一日。",
        "2026年2月28日虽是周末，但调休上班，不是法定休假日，不再顺延。",
    ]
    assert told(course("2025-06-06 09:00", "15sd"))[2:4] == [
        "连续计算，第 15 日是2025年6月21日。",
        "2025年6月21日是法定休假日（周末，到2025年6月22日结束），最后一日顺延到休假日结束的次日2025年6月23日。",
    ]


def test_it_tells_pauses_and_extensions_in_their_order() -> None:
    clock = (
        course("2025-06-09 09:00", "60sd")
        .paused(at("2025-06-20 09:00"), "等待来信人补充材料")
        .resumed(at("2025-06-30 09:00"))
        .extended(Duration.parse("30sd"), at("2025-08-11 09:00"), "情况复杂")
    )
    assert told(clock)[4:] == [
        "2025年6月20日 09:00至2025年6月30日 09:00暂停：等待来信人补充材料。",
        "暂停的 10 日不计入，最后一日延到2025年8月18日。",
        "有业务时间的，到停止业务活动时截止：2025年8月18日 17:30。",
        "2025年8月11日 09:00批准延长30日：情况复杂。",
        "从原截止日2025年8月18日的次日2025年8月19日开始计算。",
        "连续计算，第 30 日是2025年9月17日。",
        "有业务时间的，到停止业务活动时截止：2025年9月17日 17:30。",
        "截止时间：2025年9月17日 17:30。",
    ]


def test_it_tells_every_kind_of_pause() -> None:
    working = course("2025-06-09 10:00", "5wd").paused(at("2025-06-11 10:00")).resumed(at("2025-06-13 10:00"))
    assert told(working)[-4:-1] == [
        "2025年6月11日 10:00至2025年6月13日 10:00暂停：未写明原因。",
        "暂停时还剩 28 小时 30 分钟工作时间，恢复后接着计算。",
        "其间周末 2 天不计入工作日。",
    ]
    natural = course("2025-06-09 09:00", "24h").paused(at("2025-06-09 12:00"), "听证").resumed(at("2025-06-10 13:30"))
    assert told(natural)[-2] == "截止时间顺延暂停的 25 小时 30 分钟。"
    late = course("2025-06-09 10:00", "1wd").paused(at("2025-06-11 09:00"), "听证").resumed(at("2025-06-20 09:00"))
    assert told(late)[-2] == "暂停时已经到期，截止时间不变。"
    nothing = course("2025-06-09 10:00", "1wd").paused(at("2025-06-09 11:00"), "听证").resumed(at("2025-06-09 11:00"))
    assert told(nothing)[-2] == "暂停没有占用时间，截止时间不变。"
    standing = course("2025-06-09 10:00", "1wd").paused(at("2025-06-09 11:00"), "听证")
    assert told(standing)[-3:] == [
        "2025年6月9日 11:00起暂停：听证。",
        "时钟还停着，恢复后再算截止时间；以下是暂停前的截止时间。",
        "截止时间：2025年6月10日 17:30。",
    ]


def test_it_tells_extensions_as_far_as_they_are_known() -> None:
    start = course("2025-06-09 10:00", "5wd")
    by = Duration.parse("2wh")
    assert told(start.extended(by))[-4] == "批准延长2个工作小时，从原截止时间起算。"
    assert told(start.extended(by, None, "情况复杂"))[-4] == "批准延长2个工作小时：情况复杂。"
    assert told(start.extended(by, at("2025-06-12 09:00")))[-4] == "2025年6月12日 09:00批准延长2个工作小时。"


def test_it_tells_hours() -> None:
    assert told(course("2024-09-30 17:00", "2wh")) == [
        "2024年9月30日 17:00起算，时限2个工作小时。",
        "从2024年9月30日 17:00起只计工作日的办公时间（08:30-12:00 13:30-17:30）。",
        "2024年10月1日至2024年10月7日国庆节放假，不计入工作日。",
        "2024年10月8日 10:00计满2个工作小时。",
        "截止时间：2024年10月8日 10:00。",
    ]
    assert told(course("2025-10-03 21:00", "2wh"), CALENDAR.named("service"))[1:3] == [
        "从2025年10月3日 21:00起只计服务时间（每天 08:00-22:00）。",
        "这个日历每天都开放，休息日也计入。",
    ]
    assert told(course("2025-06-09 23:45:30", "30m"))[1:] == [
        "从2025年6月9日 23:45:30起连续计算30分钟。",
        "截止时间：2025年6月10日 00:15:30。",
    ]


def test_it_says_that_a_year_is_not_published() -> None:
    steps = explain(course("2026-12-30 10:00", "5wd"), CALENDAR)
    assert steps[-2].to_text() == "2027 年放假安排尚未公布，暂按周一至周五上班计算，公布后重新计算。"
    assert [str(step.source.to_text()) for step in steps if step.source and "2027" in step.source.to_text()] == [
        "2027年放假安排尚未公布，暂按周一至周五上班"
    ] * 3
    assert "尚未公布" not in "".join(told(course("2026-12-31 10:00", "48h")))


def test_it_names_days_off_that_only_the_city_has() -> None:
    own = replace(
        CALENDAR,
        off=frozenset({date(2026, 7, 1)}),
        work=frozenset({date(2026, 7, 4)}),
        others=(),
    )
    steps = explain(course("2026-06-29 10:00", "4wd"), own)
    assert [step.to_text() for step in steps][2:5] == [
        "2026年7月1日规则库所列放假，不计入工作日。",
        "2026年7月4日虽是周末，调休上班，计为工作日。",
        "第 4 个工作日是2026年7月4日。",
    ]
    source = steps[2].source
    assert source is not None
    assert source.to_text() == "规则库工作日历所列2026年放假安排"


def test_it_tells_a_holiday_that_the_rule_book_lists_in_one_piece() -> None:
    off = frozenset(date(2027, 10, day) for day in range(1, 8))
    notice = replace(CALENDAR, off=off, work=frozenset({date(2027, 9, 26)}), notice_years=frozenset({2027}))
    assert told(course("2027-09-24 10:00", "6wd"), notice)[2:5] == [
        "2027年10月1日至2027年10月7日规则库所列放假，不计入工作日。",
        "其间周末 1 天不计入工作日。",
        "2027年9月26日虽是周末，调休上班，计为工作日。",
    ]


def test_it_ends_at_24_where_there_are_no_business_hours() -> None:
    day = CALENDAR.with_hours("day", (replace(CALENDAR.hours[0], opens=0, closes=1440),), works_on_days_off=False)
    assert told(course("2025-06-09 09:00", "15sd"), day)[-2:] == [
        "截止时间为2025年6月24日二十四时。",
        "截止时间：2025年6月24日 24:00。",
    ]


def test_it_speaks_english_too() -> None:
    clock = course("2025-09-26 10:00", "5wd").extended(Duration.parse("1mo"), at("2025-10-09 09:00"), "100% 复杂")
    with translation.override("en"):
        steps = [step.to_text(gettext) for step in explain(clock, CALENDAR)]
        articles = {gettext(step.article) for step in explain(clock, CALENDAR)}
    assert steps[0] == "Started 26 Sep 2025 10:00; the limit is 5 working days."
    assert steps[2] == "1 Oct 2025 to 8 Oct 2025 are off (National Day, Mid-Autumn Festival) and aren't working days."
    assert "Extended by 1 months, granted on 9 Oct 2025 09:00: 100% 复杂." in steps
    assert steps[-1] == "Due: 10 Nov 2025 17:30."
    assert "Civil Code, art. 202" in articles
