"""A paper as DOCX says the same as the PDF, in styles whose Chinese fonts are named."""

import io
import zipfile
from datetime import timedelta

import docx
import pytest
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

from shanzhi.core.papers import FontMissing, FontSet, Paragraph, Table, shipped_fonts, to_docx, to_pdf
from shanzhi.core.papers.model import Column
from shanzhi.core.papers.tests.paper_support import BARS, LINE, TABLE, paper
from shanzhi.core.papers.tests.pdf_support import Pdf

FONTS = shipped_fonts()


def _opened(made: bytes):
    return docx.Document(io.BytesIO(made))


def _texts(file) -> list[str]:
    return [paragraph.text for paragraph in file.paragraphs if paragraph.text]


def test_it_says_what_the_pdf_says_in_the_same_order():
    made = paper()
    shown = Pdf(to_pdf(made, FONTS)).text()
    said = [text.replace(" ", "").replace("\u00a0", "") for text in _texts(_opened(to_docx(made, FONTS)))]
    alone = [text for text in said if "\t" not in text and text != "【示例目录】"]
    assert len(alone) > 15
    places = [shown.find(text) for text in alone]
    assert [text for text, place in zip(alone, places, strict=True) if place < 0] == []


def test_every_style_names_its_chinese_font():
    file = _opened(to_docx(paper(), FONTS))
    used = {paragraph.style.name for paragraph in file.paragraphs}
    fonts = {
        name: file.styles[name].element.rPr.find(qn("w:rFonts")).get(qn("w:eastAsia"))
        for name in used | {"表格文字", "Normal"}
    }
    assert fonts == {
        "Normal": "仿宋_GB2312",
        "公文正文": "仿宋_GB2312",
        "公文标题": "方正小标宋简体",
        "公文副题": "楷体_GB2312",
        "公文版头": "仿宋_GB2312",
        "图表标题": "黑体",
        "表格文字": "仿宋_GB2312",
        "照录": "黑体",
        "Heading 1": "黑体",
        "Heading 2": "楷体_GB2312",
        "Heading 3": "仿宋_GB2312",
    }
    for name in fonts:
        attributes = file.styles[name].element.rPr.find(qn("w:rFonts")).attrib
        assert not [key for key in attributes if key.endswith("Theme")]


def test_a_machine_without_these_fonts_is_told_what_to_take():
    with zipfile.ZipFile(io.BytesIO(to_docx(paper(), FONTS))) as parts:
        table = parts.read("word/fontTable.xml").decode()
    assert 'w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in table
    assert 'w:name="方正小标宋简体"><w:altName w:val="宋体"/>' in table


def test_the_page_is_as_the_standard_has_it():
    file = _opened(to_docx(paper(), FONTS))
    section = file.sections[0]
    assert (section.page_width.mm, section.page_height.mm) == (pytest.approx(210, abs=0.1), pytest.approx(297, abs=0.1))
    assert section.top_margin == pytest.approx(Mm(37), abs=700)
    assert section.left_margin == pytest.approx(Mm(28), abs=700)
    assert file.styles["公文正文"].paragraph_format.line_spacing == Pt(28.95)
    assert file.styles["公文标题"].font.size == Pt(22)
    assert file.settings.odd_and_even_pages_header_footer
    odd, even = (footer.paragraphs[0] for footer in (section.footer, section.even_page_footer))
    assert odd.text == "\t示例目录\t—  —　"
    assert even.text == "　—  —\t示例目录"
    assert " PAGE " in odd._p.xml


def test_heads_of_tables_are_repeated_and_rows_stay_whole():
    (table, *others) = _opened(to_docx(paper(), FONTS)).tables
    assert others == []
    assert [cell.text for cell in table.rows[0].cells] == ["指标", "本期"]
    assert [cell.text for cell in table.rows[60].cells] == ["指标59", "59.5"]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert [row for row in table.rows if row._tr.trPr.find(qn("w:cantSplit")) is None] == []
    assert [row for row in table.rows[1:] if row._tr.trPr.find(qn("w:tblHeader")) is not None] == []
    widths = [column.width for column in table.columns]
    assert widths[0] == pytest.approx(2 * widths[1], rel=0.01)
    # The order that the schema (ECMA-376) asks for; Word refuses a file with another one.
    order = [child.tag.split("}")[1] for child in table._tbl.tblPr]
    wanted = ["tblStyle", "tblW", "jc", "tblBorders", "tblLayout", "tblCellMar", "tblLook"]
    assert order == [name for name in wanted if name in order]
    assert "tblBorders" in order


def test_charts_are_pictures_with_words():
    file = _opened(to_docx(paper(LINE, BARS), FONTS))
    about = [shape._inline.docPr for shape in file.inline_shapes]
    assert [one.get("descr") for one in about] == [
        f"图1　{LINE.said()}",
        f"图2　{BARS.said()}",
    ]
    assert [shape.width for shape in file.inline_shapes] == [Mm(156), Mm(156)]


def test_charts_need_a_font_and_words_do_not():
    assert _texts(_opened(to_docx(paper(Paragraph("甲"), TABLE), FontSet(places=()))))
    with pytest.raises(FontMissing):
        to_docx(paper(LINE), FontSet(places=()))


def test_signs_that_a_file_cannot_hold_are_left_out():
    text = "甲" + "".join(chr(code) for code in (*range(9), 0x0B, 0x1F, 0xFFFF, 0xD800)) + "<乙>&amp;"
    file = _opened(
        to_docx(paper(Paragraph(text, lead=text, note=text), Table(text, (Column(text),), ((text,),))), FONTS)
    )
    assert "甲<乙>&amp;甲<乙>&amp;[1]" in _texts(file)
    assert file.tables[0].rows[1].cells[0].text == "甲<乙>&amp;"


def test_the_same_paper_makes_the_same_bytes():
    one = to_docx(paper(), FONTS)
    assert one == to_docx(paper(), FontSet(places=FONTS.places))
    assert to_docx(paper(made_at=paper().made_at + timedelta(seconds=1)), FONTS) != one
    with zipfile.ZipFile(io.BytesIO(one)) as parts:
        assert {info.date_time for info in parts.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"2025-11-03T01:00:00Z</dcterms:created>" in parts.read("docProps/core.xml")
        assert not [name for name in parts.namelist() if "thumbnail" in name]
