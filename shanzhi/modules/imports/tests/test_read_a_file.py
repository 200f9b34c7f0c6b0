"""Reading: bytes into rows, each one either a matter or a reason. No database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from shanzhi.core.periods import CITY_ZONE
from shanzhi.modules.imports.reading import FileUnusable, RowUnusable, batch_row, read_sheet, read_time
from shanzhi.modules.imports.tests.conftest import HEADING, as_csv
from tests.city import NOW

ROW = (1, "路灯不亮", "2019-04-25T09:32:09", "三号楼门口的路灯坏了。")


@pytest.mark.parametrize(
    "text,expected",
    [
        ("2019-04-25T09:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
        ("2019-04-25 09:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
        ("2019/4/25 9:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
        ("2019/4/25 9:32", datetime(2019, 4, 25, 9, 32, tzinfo=CITY_ZONE)),
        (" 2019-04-25 ", datetime(2019, 4, 25, tzinfo=CITY_ZONE)),
        ("2019年4月25日", datetime(2019, 4, 25, tzinfo=CITY_ZONE)),
        ("2019年4月25日 9:32", datetime(2019, 4, 25, 9, 32, tzinfo=CITY_ZONE)),
        ("2019-04-25T09:32:09.123456", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
        ("2019-04-25T01:32:09Z", datetime(2019, 4, 25, 1, 32, 9, tzinfo=UTC)),
        ("2019-04-25T01:32:09-0330", datetime(2019, 4, 25, 1, 32, 9, tzinfo=timezone(-timedelta(hours=3, minutes=30)))),
        ("2019年4月25日9时32分", datetime(2019, 4, 25, 9, 32, tzinfo=CITY_ZONE)),
        ("2019年4月25日 下午3:05", datetime(2019, 4, 25, 15, 5, tzinfo=CITY_ZONE)),
        ("二〇一九年四月二十五日", datetime(2019, 4, 25, tzinfo=CITY_ZONE)),
        ("二零二六年十月三十日", datetime(2026, 10, 30, tzinfo=CITY_ZONE)),
        ("20190425", datetime(2019, 4, 25, tzinfo=CITY_ZONE)),
        ("20190425 09:32:09", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
        ("43580", datetime(2019, 4, 25, tzinfo=CITY_ZONE)),
        ("43580.5", datetime(2019, 4, 25, 12, tzinfo=CITY_ZONE)),
        ("43580.39732638889", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
        ("2019-04-25T09:32:09+08:00", datetime(2019, 4, 25, 9, 32, 9, tzinfo=CITY_ZONE)),
    ],
)
def test_it_reads_the_times_that_other_systems_write(text: str, expected: datetime) -> None:
    assert read_time(text, "reported_at") == expected


@pytest.mark.parametrize(
    "text", ["", " ", "yesterday", "2019-02-30", "2019-04-25 25:00", "99999", "435800", "2019年4月31日", "二〇一九年十三月一日", "0001-01-01", "1948-12-31", "２０１９-04-25", "2019-04-25T09:32:09+99:00", "19-4-25"]
)  # fmt: skip
def test_it_says_that_a_time_is_none(text: str) -> None:
    with pytest.raises(RowUnusable, match="reported_at"):
        read_time(text, "reported_at")


def test_it_takes_the_title_for_an_empty_body() -> None:
    made = batch_row({"id": "1", "title": "路灯不亮", "reported_at": "2019-04-25", "body": "  "})
    assert (made.title, made.body) == ("路灯不亮", "路灯不亮")


def test_it_keeps_a_long_title_whole_in_the_body() -> None:
    title = "题" * 120
    made = batch_row({"id": "1", "title": title, "reported_at": "2019-04-25", "body": "正文"})
    assert (made.title, made.body) == ("题" * 99 + "…", f"{title}\n正文")
    assert batch_row({"id": "1", "title": title, "reported_at": "2019-04-25", "body": ""}).body == title


def test_a_place_in_the_column_of_codes_stays_a_place() -> None:
    row = {"id": "1", "title": "路灯", "reported_at": "2019-04-25", "body": "坏了"}
    assert batch_row(row | {"region_code": "370303"}).region_code == "370303"
    for odd in ("马尚街道", "3.70303E+11", "12345", "³⁷"):
        made = batch_row(row | {"region_code": odd})
        assert (made.region_code, made.place_text) == ("", odd)


@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_it_reads_with_and_without_bom_and_either_line_end(bom: bytes, end: bytes) -> None:
    sheet = read_sheet(bom + as_csv(HEADING, [ROW, (), ROW]).replace(b"\r\n", end), NOW)
    assert sheet.table.columns == HEADING
    assert [line.number for line in sheet.lines] == [2, 4]
    assert sheet.lines[0].batch == sheet.lines[1].batch


@pytest.mark.parametrize("delimiter", [b";", b"\t"])
def test_it_reads_other_delimiters(delimiter: bytes) -> None:
    sheet = read_sheet(as_csv(HEADING, [ROW]).replace(b",", delimiter), NOW)
    assert [line.reason for line in sheet.lines] == [""]


def test_it_tells_the_line_on_which_a_row_begins() -> None:
    sheet = read_sheet(as_csv(HEADING, [(1, "a", "2019-04-25", "两\n行"), (2, "b", "never", "x")]), NOW)
    assert [(line.number, bool(line.reason)) for line in sheet.lines] == [(2, False), (4, True)]


def test_it_names_the_columns_that_it_does_not_use() -> None:
    sheet = read_sheet(as_csv((*HEADING, "against", "likes", "line", "reason"), [(*ROW, 0, 1, 7, "x")]), NOW)
    assert sheet.unused == ("against", "likes")


@pytest.mark.parametrize(
    "data,told",
    [
        (b"", "空的"),
        (b"\xef\xbb\xbf", "缺少"),
        (b" \n\n", "空的"),
        (b"PK\x03\x04 a spreadsheet", "没有传完"),
        (b"\xd0\xcf\x11\xe0 an old one", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"\x7fELF\x00\x01", "不是文本"),
        ("id,标题".encode("utf-16"), "UTF-16"),
        ("标题,内容\né,à".encode("latin-1", "replace") + b"\xe9\xe0,\xe8", "第"),
        (as_csv(HEADING, [ROW]) + b"\xff\xff,a\n", "第 3 行"),
        (b"<html><body>404</body></html>", "缺少"),
        (as_csv(("id", "title", "body"), []), "reported_at"),
        (as_csv((*HEADING, "id"), []), "重复"),
        (as_csv(HEADING, [ROW]) + b'2,a,2019-04-25,"never closed\n', "引号"),
    ],
)
def test_it_says_what_is_wrong_with_a_file(data: bytes, told: str) -> None:
    with pytest.raises(FileUnusable, match=told):
        read_sheet(data, NOW)
