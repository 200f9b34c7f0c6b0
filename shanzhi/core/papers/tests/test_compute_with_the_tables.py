"""The tables of a paper as XLSX: numbers are numbers, texts are texts, and it prints."""

import io
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import openpyxl
import pytest

from shanzhi.core.papers import Align, Column, Number, Paragraph, Table, to_xlsx
from shanzhi.core.papers.tests.paper_support import TABLE, paper


def _opened(made: bytes):
    return openpyxl.load_workbook(io.BytesIO(made))


def test_each_table_is_a_sheet_and_the_last_one_says_what_they_are():
    book = _opened(to_xlsx(paper()))
    assert book.sheetnames == ["表1 主要指标", "说明"]
    about = {row[0].value: row[1].value for row in book["说明"].iter_rows() if row[0].value}
    assert about["名称"] == "青禾市市域社会治理月报"
    assert about["标记"] == "示例目录"
    assert about["生成时间"] == "2025年11月3日 09:00"
    assert "按记录计算。" in [row[1].value for row in book["说明"].iter_rows()]
    assert book.active.title == "表1 主要指标"


def test_numbers_are_numbers_in_their_format():
    page = _opened(to_xlsx(paper()))["表1 主要指标"]
    assert [cell.value for cell in page[2]] == ["指标", "本期"]
    assert (page["B3"].value, page["B3"].number_format, page["B3"].data_type) == (0.5, "0.0", "n")
    assert page["A3"].value == "指标0"
    assert page["B62"].value == 59.5
    assert page["A64"].value == "样本不足的不列。"


def test_it_prints_with_heads_on_each_page():
    page = _opened(to_xlsx(paper()))["表1 主要指标"]
    assert page.print_title_rows == "$1:$2"
    assert page.freeze_panes == "A3"
    assert (page.page_setup.paperSize, page.page_setup.fitToHeight) == (9, 0)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.oddFooter.center.text == "— &P —"


@pytest.mark.parametrize("text", ["=1+1", "@SUM(A1)", "-2+3", "＝HYPERLINK()"])
def test_no_text_is_carried_out(text):
    table = Table(text, (Column(text),), ((text,),))
    page = _opened(to_xlsx(paper(table))).worksheets[0]
    cells = [page["A1"], page["A2"], page["A3"]]
    assert [cell.data_type for cell in cells] == ["s", "s", "s"]
    assert page["A3"].value == f"'{text}"


def test_names_of_sheets_are_short_different_and_allowed():
    names = ["一" * 40, "一" * 40, "a/b:[c]*?\\'d", "说明"]
    book = _opened(to_xlsx(paper(*(replace(TABLE, title=name) for name in names))))
    assert len(book.sheetnames) == 5
    assert len({name.lower() for name in book.sheetnames}) == 5
    assert all(len(name) <= 31 for name in book.sheetnames)


def test_a_paper_without_tables_is_only_explained():
    assert _opened(to_xlsx(paper(Paragraph("甲")))).sheetnames == ["说明"]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="one cell for each column"):
        Table("表", (Column("甲"), Column("乙", Align.RIGHT)), ((Number("1", Decimal(1)),),))


def test_the_same_paper_makes_the_same_bytes():
    assert to_xlsx(paper()) == to_xlsx(paper())
    assert to_xlsx(paper()) != to_xlsx(paper(made_at=paper().made_at + timedelta(seconds=1)))
