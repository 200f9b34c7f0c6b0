"""Somebody takes a region's week along as an official paper: counts by day, the same as other SQL counts over the records."""

import re
from datetime import date
from io import BytesIO

import docx
import pytest
from django.test import Client
from docx.document import Document
from openpyxl import load_workbook

from shanzhi.modules.figures.tests.test_read_a_figure import plain, supervisor, text
from shanzhi.modules.figures.tests.test_take_a_report_along import taken
from tests.concurrency.committed import as_role
from tests.figures import LATER, Figures, city, counted

__all__ = ["city", "counted", "supervisor"]
WEEK = "2025-W47"
DAY = "({column} AT TIME ZONE 'Asia/Shanghai')::date"
MATTERS = "FROM matters_matter m WHERE m.region_code LIKE %(code)s"
ENTRIES = (
    "FROM journal_entry e JOIN matters_matter m ON m.id = e.subject_id AND e.subject_kind = 'matter'"
    f" WHERE m.region_code LIKE %(code)s AND {DAY.format(column='e.happened_at')} BETWEEN %(since)s AND %(until)s"
)
REPORTED = f"{DAY.format(column='m.reported_at')} BETWEEN %(since)s AND %(until)s"
ENDED = f"{DAY.format(column='m.ended_at')} BETWEEN %(since)s AND %(until)s"
BY_RECORDS = {
    "收到事项": f"SELECT count(*) {MATTERS} AND {REPORTED}",
    "办结事项": f"SELECT count(*) {MATTERS} AND {ENDED}",
    "周末未结事项": f"SELECT count(*) {MATTERS} AND {DAY.format(column='m.reported_at')} <= %(until)s"
    f" AND (m.ended_at IS NULL OR {DAY.format(column='m.ended_at')} > %(until)s)",
    "退单": f"SELECT count(*) {ENTRIES} AND e.action = 'matters.hand_back'",
    "受理事项": f"SELECT count(DISTINCT m.id) {ENTRIES} AND e.action = 'matters.accept'",
    "收到评价": f"SELECT count(*) {ENTRIES} AND e.action = 'matters.rate'",
}
"""What a week counts, counted over matters and the journal instead of facts."""


def by_records(counted: Figures, statement: str, code: str, since: date, until: date) -> int:
    with as_role(counted.city.installation, "owner") as owner:
        row = owner.execute(statement, {"code": f"{code}%", "since": since, "until": until}).fetchone()
    assert row is not None
    return int(row[0])


def paper(client: Client, query: str) -> Document:
    return docx.Document(BytesIO(taken(client, f"{query}&format=docx")))


def close(said: str) -> str:
    """Words without their blanks: papers and pages put hairs of space of their own between letters and digits."""
    return re.sub(r"\s", "", said)


def lines(found: Document, head: str) -> dict[str, list[str]]:
    """The lines of the table that has this head, by their first cell."""
    for one in found.tables:
        rows = [[close(cell.text) for cell in row.cells] for row in one.rows]
        if head in rows[0]:
            return {row[0]: row[1:] for row in rows[1:]}
    raise AssertionError(head)


def words(found: Document) -> str:
    return close("".join(paragraph.text for paragraph in found.paragraphs))


@pytest.mark.parametrize("code", ["3703", "370303"])
def test_it_counts_what_other_sql_counts_over_the_records(counted: Figures, supervisor: Client, code: str) -> None:
    found = lines(paper(supervisor, f"region={counted.region(code)}&period={WEEK}"), "95%区间")
    for name, statement in BY_RECORDS.items():
        counted_anew = by_records(counted, statement, code, date(2025, 11, 17), date(2025, 11, 23))
        assert found[name][1] == f"{counted_anew:,}", name
    assert by_records(counted, BY_RECORDS["收到事项"], code, date(2025, 11, 17), date(2025, 11, 23)) > 0


def test_limits_that_are_past_and_still_run_are_late(counted: Figures, supervisor: Client) -> None:
    found = lines(paper(supervisor, f"region={counted.region('3703')}&period={WEEK}"), "95%区间")
    with as_role(counted.city.installation, "owner") as owner:
        row = owner.execute(
            "SELECT count(*) FILTER (WHERE kept = 1), count(*) FILTER (WHERE kept = 0 OR kept IS NULL AND due_at < %s)"
            " FROM fact_clock WHERE (due_at AT TIME ZONE 'Asia/Shanghai')::date BETWEEN '2025-11-17' AND '2025-11-23'"
            " AND ended_by IN ('kept', 'late', '')",
            [LATER],
        ).fetchone()
    assert row is not None
    kept, late = row
    assert late > 0
    assert (found["到期时限"][1], found["超期时限"][1]) == (f"{kept + late:,}", f"{late:,}")
    assert found["按期率"][1] == f"{100 * kept / (kept + late):.1f}"


def test_categories_and_units_add_up_to_the_whole(counted: Figures, supervisor: Client) -> None:
    found = paper(supervisor, f"region={counted.region('3703')}&period={WEEK}")
    whole = lines(found, "95%区间")
    categories, units = lines(found, "类别"), lines(found, "到期时限")
    assert sum(int(row[0]) for row in categories.values()) == int(whole["收到事项"][1])
    assert sum(int(row[1]) for row in units.values()) == int(whole["到期时限"][1])
    assert sum(int(row[4]) for row in units.values()) == int(whole["收到评价"][1])


def test_a_week_before_all_records_is_not_compared(counted: Figures, supervisor: Client) -> None:
    said = words(paper(supervisor, f"region={counted.region('3703')}&period={WEEK}"))
    assert "第47周，全市收到事项为" in said
    assert "比第46周" not in said
    assert "上年同周" not in said


def test_the_week_after_is_compared_with_it(counted: Figures, supervisor: Client) -> None:
    found = paper(supervisor, f"region={counted.region('3703')}&period=2025-W48")
    before = by_records(counted, BY_RECORDS["收到事项"], "3703", date(2025, 11, 17), date(2025, 11, 23))
    assert f"第48周，全市收到事项为0件，比第47周减少{before:,}件（100.0%）。" in words(found)
    whole = lines(found, "95%区间")
    assert whole["周末未结事项"][1] == whole["周末未结事项"][4]
    assert "没有此类事项" in whole["按期率"][1] or int(whole["到期时限"][1]) > 0


def test_a_week_that_isnt_over_says_how_far_it_is(counted: Figures, supervisor: Client) -> None:
    said = words(paper(supervisor, f"region={counted.region('3703')}&period=2025-W49"))
    assert "第49周尚未结束，本期只计到12月3日，不与上期和目标比较。" in said


@pytest.mark.parametrize(
    ("week", "says"),
    [
        ("2026-W54", "没有“2026-W54”这一周：2026年有 53 周。请改正周次。"),
        ("2025-W53", "2025年有 52 周"),
        ("2025-W00", "没有“2025-W00”这一周"),
        ("0000-W01", "不是周，写成 2026-W47 这样"),
        ("2025-W50", "2025-W50 还没有开始。请选本周或以前的一周。"),
        ("2026-01", "2026-01 还没有开始。请选已经开始的期间。"),
    ],
)
def test_it_says_what_is_no_week(supervisor: Client, week: str, says: str) -> None:
    answer = supervisor.get(f"/figures/report/?period={week}&format=pdf")
    assert answer.status_code == 422
    page = close(answer.content.decode())
    assert all(sentence in page for sentence in close(says).split("。"))


def test_a_region_out_of_sight_has_none(counted: Figures) -> None:
    neighbour = counted.browser("neighbour_handler")
    for code, status in (("370306", 200), ("370303", 200), ("370303009", 404), ("370303009006", 404)):
        url = f"/figures/report/?region={counted.region(code)}&period={WEEK}&format=xlsx"
        assert neighbour.get(url).status_code == status, code


def test_it_is_a_paper_to_print_and_one_to_compute_with(supervisor: Client) -> None:
    assert taken(supervisor, f"period={WEEK}&format=pdf").startswith(b"%PDF-")
    assert "指标数据" in " ".join(load_workbook(BytesIO(taken(supervisor, f"period={WEEK}&format=xlsx"))).sheetnames)


def test_the_sheet_offers_weeks_by_their_days(supervisor: Client) -> None:
    page = plain(text(supervisor, "/figures/sheet/?period=2025-11"))
    assert "2025年第48周（11月24日至11月30日）" in page
    assert "2025年第49周（12月1日至12月7日）（未结束）" in page
