"""Workbooks, JSON lines, GB18030 and other names of columns: the same rows, or a sentence why not."""

import io
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from shanzhi.core.periods import CITY_ZONE
from shanzhi.modules.imports.policy import FileUnusable, MappingUnusable, parse_columns
from shanzhi.modules.imports.reading import read_sheet
from shanzhi.modules.imports.tables import Row, read_table, rejects_sheet
from shanzhi.ui.invented import INVENTED

NOW = datetime(2026, 11, 18, tzinfo=CITY_ZONE)
CHINESE = "工单编号,诉求标题,来电时间,诉求内容,答复内容,办结时间,事发地址,备注\nA-1,路灯,2026年3月5日,坏了,已修好,46087,马尚街道,无\n"


def workbook(rows: list[Any], *, merge: str = "", more: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    part = book.active
    assert part is not None
    part.title = "工单"
    for row in rows:
        part.append(list(row))
    if merge:
        part.merge_cells(merge)
    for name in more:
        book.create_sheet(name).append(["别的"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def changed(data: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """The package with a piece of one of its parts replaced."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == part:
                assert old in content
                content = content.replace(old, new)
            after.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "encoding,said", [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("gb18030", "gb18030"), ("gbk", "gb18030")]
)
def test_it_reads_chinese_columns_in_each_encoding(encoding: str, said: str) -> None:
    sheet = read_sheet(CHINESE.encode(encoding), NOW)
    assert (sheet.table.form, sheet.table.encoding, sheet.unused) == ("csv", said, ("备注",))
    [line] = sheet.lines
    assert line.batch is not None
    assert (line.batch.source_number, line.batch.title, line.batch.body) == ("A-1", "路灯", "坏了")
    assert line.batch.reported_at == datetime(2026, 3, 5, tzinfo=CITY_ZONE)
    assert (line.batch.reply, line.batch.place_text) == ("已修好", "马尚街道")
    assert line.batch.replied_at == datetime(2026, 3, 6, tzinfo=CITY_ZONE)


def test_it_finds_columns_whatever_signs_stand_in_their_names() -> None:
    sheet = read_sheet("编 号（必填）,反映时间：,内容 *,ＴＩＴＬＥ\n1,2026-03-05,坏了,路灯\n".encode(), NOW)
    assert dict(sheet.columns) == {
        "编 号（必填）": "id",
        "反映时间：": "reported_at",
        "内容 *": "body",
        "ＴＩＴＬＥ": "title",
    }


def test_it_reads_tabs_and_json_lines() -> None:
    assert read_table(CHINESE.replace(",", "\t").encode()).form == "tsv"
    lines = '{"编号": 7, "反映时间": "2026-03-05", "内容": "坏了"}\n\n{"编号": "8", "内容": {"a": 1}}\n[1]\n{"编号"\n{"编号": 9, "反映时间": 46086, "内容": "坏了", "标题": null}\n'
    sheet = read_sheet(lines.encode(), NOW)
    assert sheet.table.form == "jsonl"
    assert [(line.number, line.batch is not None) for line in sheet.lines] == [
        (1, True),
        (3, False),
        (4, False),
        (5, False),
        (6, True),
    ]
    assert "还有一层" in sheet.lines[1].reason
    assert [line.reason.endswith("。") for line in sheet.lines[1:4]] == [True, True, True]


def test_it_reads_a_workbook_with_its_own_dates() -> None:
    rows = [
        ["工单编号", "来电时间", "诉求内容"],
        [17, datetime(2026, 3, 5, 9, 32, 9), "坏了"],
        [],
        ["B-2", 46086.5, "=不是公式"[1:]],
    ]
    sheet = read_sheet(workbook(rows, more=("说明",)), NOW)
    assert sheet.table.form == "xlsx"
    assert [(line.number, line.batch.source_number, line.batch.reported_at) for line in sheet.lines if line.batch] == [
        (2, "17", datetime(2026, 3, 5, 9, 32, 9, tzinfo=CITY_ZONE)),
        (4, "B-2", datetime(2026, 3, 5, 12, tzinfo=CITY_ZONE)),
    ]
    assert [note for note in sheet.table.notes if "工单" in note] != []
    with pytest.raises(FileUnusable, match="说明"):
        read_sheet(workbook(rows, more=("说明",)), NOW, sheet="没有的")


def test_it_takes_the_saved_value_of_a_formula_and_says_so() -> None:
    data = workbook([["编号", "反映时间", "内容"], ["1", "2026-03-05", "=1+1"]])
    with pytest.raises(FileUnusable, match="C2"):
        read_table(data)
    saved = changed(data, "xl/worksheets/sheet1.xml", b"<v></v>" if _has(data, b"<v></v>") else b"<v />", b"<v>2</v>")
    table = read_table(saved)
    assert table.rows == [Row(2, ("1", "2026-03-05", "2"))]
    assert [note for note in table.notes if "1 处公式" in note] != []


def _has(data: bytes, piece: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return piece in package.read("xl/worksheets/sheet1.xml")


def test_it_refuses_merged_cells_and_names_them() -> None:
    with pytest.raises(FileUnusable, match="A1:C1"):
        read_table(workbook([["工单一览", None, None], ["编号", "反映时间", "内容"]], merge="A1:C1"))


def test_it_opens_no_bomb() -> None:
    good = workbook([["编号", "反映时间", "内容"], ["1", "2026-03-05", "坏了"]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as before, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            after.writestr(name, before.read(name))
        after.writestr("xl/media/blow.xml", b" " * 5_000_000)
    with pytest.raises(FileUnusable, match="过大"):
        read_table(out.getvalue())
    many = io.BytesIO()
    with zipfile.ZipFile(many, "w") as after:
        after.writestr("xl/workbook.xml", "")
        for number in range(2_001):
            after.writestr(f"xl/{number}", "")
    with pytest.raises(FileUnusable, match="过大"):
        read_table(many.getvalue())
    lol = changed(good, "xl/workbook.xml", b"<workbook", b'<!DOCTYPE x [<!ENTITY a "b">]><workbook')
    with pytest.raises(FileUnusable, match="不合规范"):
        read_table(lol)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as after:
        after.writestr("a.csv", "x")
    with pytest.raises(FileUnusable, match="压缩包"):
        read_table(other.getvalue())
    for data in (good[: len(good) // 2], changed(good, "xl/worksheets/sheet1.xml", b"<row", b"<rwo<")):
        with pytest.raises(FileUnusable):
            read_table(data)


@pytest.mark.parametrize(
    "made",
    [
        b"<mergeCell " * 80_000,
        b"<f>" + b"<c " * 300_000,
        b"<f><c " + b'r="A1" ' * 120_000,
        b'<c r="A1"><f>1</f>' + b" " * 900_000,
    ],
    ids=["merged", "cells", "attributes", "blanks"],
)
def test_a_sheet_made_to_be_searched_without_end_is_searched_once(made: bytes) -> None:
    """Each takes a thousandth of a second, or the better part of an hour in which the process answers nobody."""
    data = changed(workbook([["编号"], ["1"]]), "xl/worksheets/sheet1.xml", b"</sheetData>", b"</sheetData>" + made)
    with pytest.raises(FileUnusable):
        read_table(data)


def test_a_mapping_of_another_file_is_refused_with_what_is_missing() -> None:
    given = parse_columns(["工单编号=id", "时刻=reported_at", "说了什么=body"])
    with pytest.raises(MappingUnusable, match="时刻、说了什么"):
        read_sheet(CHINESE.encode(), NOW, given)
    with pytest.raises(MappingUnusable, match="没有这些字段"):
        read_sheet(CHINESE.encode(), NOW, {"工单编号": "number"})
    with pytest.raises(MappingUnusable, match="同一个字段"):
        read_sheet(CHINESE.encode(), NOW, {"工单编号": "id", "备注": "id"})
    with pytest.raises(FileUnusable, match="内容（body）"):
        read_sheet(CHINESE.encode(), NOW, {"工单编号": "id", "来电时间": "reported_at"})
    with pytest.raises(MappingUnusable, match="列名=字段"):
        parse_columns(["工单编号"])


def test_rejects_are_harmless_in_a_spreadsheet_and_come_back_as_they_were() -> None:
    rows = [Row(7, ("=cmd|'/c calc'!A0", "-3", "+86 138", "'已有", "@x")), Row(9, ("短",))]
    columns = ("a", "b", "c", "d", "e")
    data = rejects_sheet(columns, [(row, "因为。") for row in rows])
    text = data.decode("utf-8-sig")
    assert "\n'=cmd" in text
    assert ",-3,'+86 138,'已有,'@x,7,因为。" in text
    table = read_table(data)
    assert table.columns == columns
    assert [row.cells for row in table.rows] == [rows[0].cells, ("短", "", "", "", "")]


def test_rejects_of_a_demo_city_say_so_and_come_back_without_it(settings: Any) -> None:
    rows = [(Row(7, ("一", "二", "三")), "因为。")]
    assert INVENTED not in rejects_sheet(("a", "b"), rows).decode("utf-8-sig")
    settings.DEMO_CITY = True
    data = rejects_sheet(("a", "b"), rows)
    assert data.decode("utf-8-sig").splitlines() == [
        "a,b,行号,原因,演示数据",
        f"一,二,7,因为。,{INVENTED},三",
    ]
    table = read_table(data)
    assert (table.columns, [row.cells for row in table.rows]) == (("a", "b"), [("一", "二", "三")])


def test_it_refuses_two_encodings_in_one_file_and_names_the_lines() -> None:
    head, first, second = "编号,反映时间,内容\n", "1,2026-03-05,三号楼路灯坏了\n", "2,2026-03-05,电梯又停了\n"
    with pytest.raises(FileUnusable, match="第 1 行是 UTF-8，第 3 行不是"):
        read_table((head + first).encode() + second.encode("gbk"))
    with pytest.raises(FileUnusable, match="第 3 行是 UTF-8，第 1 行不是"):
        read_table((head + first).encode("gbk") + second.encode())
    assert read_table((head + first + second).encode("gbk")).encoding == "gb18030"


def test_it_says_of_each_workbook_that_it_cant_take_why() -> None:
    rows = [["编号", "反映时间", "内容"], ["1", "2026-03-05", "坏了"]]
    with pytest.raises(FileUnusable, match="1904"):
        read_table(changed(workbook(rows), "xl/workbook.xml", b"<workbookPr/>", b'<workbookPr date1904="1" />'))
    locked = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "EncryptedPackage".encode("utf-16-le") + bytes(500)
    with pytest.raises(FileUnusable, match="密码"):
        read_table(locked)
    with pytest.raises(FileUnusable, match="Excel 97-2003"):
        read_table(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000))
    with pytest.raises(FileUnusable, match="不是文本"):
        read_table("编号,反映时间,内容\n1,2026-03-05,坏\x00了\n".encode())
    # A renamed text is read by its content, whatever it is called.
    assert read_table("编号\t反映时间\t内容\n1\t2026-03-05\t坏了\n".encode()).form == "tsv"
