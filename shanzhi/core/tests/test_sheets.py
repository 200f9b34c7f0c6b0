"""A table becomes a file that says what it means and carries nothing out."""

from datetime import UTC, datetime
from io import BytesIO

import openpyxl
import pytest

from shanzhi.core.sheets import Sheet, harmless, hash_of, write_csv, write_xlsx

SHEET = Sheet("事项", ("标题", "次数", "时间"), "说明", (("标题", "=1+1"), ("次数", "几次")))
AT = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
ROWS: list[tuple[str | int | datetime | None, ...]] = [
    ('说"好",', 3, AT),
    ("=HYPERLINK(1)", -1, None),
    ("坏\x07字\x00", 0, AT),
]


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("＝1", "'＝1"),
        (" @SUM(A1)", "' @SUM(A1)"),
        ("-12.5", "-12.5"),
        ("-12.5+cmd", "'-12.5+cmd"),
        ("\t=1", "'\t=1"),
        ("\x00=1", "'=1"),
        ("路灯", "路灯"),
        ("", ""),
    ],
)
def test_it_disarms_what_begins_like_a_formula(text: str, safe: str):
    assert harmless(text) == safe


def test_it_writes_csv_with_a_mark_and_its_meaning_below():
    out = BytesIO()
    assert write_csv(out, SHEET, ROWS) == 3
    assert out.getvalue().decode().split("\r\n") == [
        '\ufeff"标题","次数","时间"',
        '"说""好"",",3,"2025-11-18 10:30:00"',
        '"\'=HYPERLINK(1)",-1,',
        '"坏字",0,"2025-11-18 10:30:00"',
        "",
        '"# 标题","\'=1+1"',
        '"# 次数","几次"',
        "",
    ]
    assert hash_of(out) == hash_of(out)
    assert out.tell() == 0


def test_it_writes_xlsx_with_its_meaning_on_a_second_sheet():
    out = BytesIO()
    assert write_xlsx(out, SHEET, [*ROWS, ("长" * 40_000, 1, AT)]) == 4
    out.seek(0)
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["事项", "说明"]
    rows = [tuple(cell.value for cell in row) for row in book["事项"].iter_rows()]
    local = datetime(2025, 11, 18, 10, 30)
    assert rows[:4] == [
        ("标题", "次数", "时间"),
        ('说"好",', 3, local),
        ("'=HYPERLINK(1)", -1, None),
        ("坏字", 0, local),
    ]
    assert len(str(rows[4][0])) == 32_767
    assert {cell.data_type for row in book["事项"].iter_rows() for cell in row} <= {"s", "n", "d"}
    assert [tuple(cell.value for cell in row) for row in book["说明"].iter_rows()] == [
        ("标题", "'=1+1"),
        ("次数", "几次"),
    ]
