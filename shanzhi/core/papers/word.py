"""A paper as DOCX: the same text, tables and charts as the PDF, in styles that can be edited on.

Chinese fonts are named in `w:eastAsia`, without which Word sets Chinese in whatever it likes. Fonts aren't embedded: the
reader's machine has 仿宋_GB2312 and the like, or takes what the font table names in their stead.
"""

import io
from itertools import count
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor

from shanzhi.core.dates import day_said
from shanzhi.core.papers import parts
from shanzhi.core.papers.charts import BarChart, Chart, FunnelChart, LineChart
from shanzhi.core.papers.fonts import FontSet
from shanzhi.core.papers.model import Block, Document, Heading, Paragraph, Table, Verbatim
from shanzhi.core.papers.numbering import numbered, plain, visible
from shanzhi.core.papers.parts import BODY, GREY, KAI, SANS, TITLE
from shanzhi.core.papers.steady import steady
from shanzhi.core.papers.typeset import to_png

WIDE = Mm(156)
LINE = 28.95
"""Points from line to line: 22 lines in 225 mm."""
_STYLES = (
    # name, font, size, indented, line spacing
    ("Normal", BODY, 16, False, LINE),
    ("公文正文", BODY, 16, True, LINE),
    ("公文标题", TITLE, 22, False, 36),
    ("公文副题", KAI, 16, False, LINE),
    ("公文版头", BODY, 14, False, 24),
    ("图表标题", SANS, 12, False, 20),
    ("表格文字", BODY, 10.5, False, 16),
    ("照录", SANS, 10.5, False, LINE),
    ("Heading 1", SANS, 16, True, LINE),
    ("Heading 2", KAI, 16, True, LINE),
    ("Heading 3", BODY, 16, True, LINE),
)


def to_docx(document: Document, fonts: FontSet | None = None) -> bytes:
    """The paper as DOCX; the same bytes for the same document and fonts.

    Raises:
        FontMissing: there are charts to draw and no Chinese font.
    """
    paper = numbered(document)
    file = docx.Document()
    parts.drop_thumbnail(file, RELATIONSHIP_TYPE.THUMBNAIL)
    for name, font, size, is_indented, spacing in _STYLES:
        _style(file, name, font, size, is_indented=is_indented, spacing=spacing)
    parts.name_substitutes(file)
    _page(file, paper)
    _head(file, paper)
    writer = _Writer(file, fonts)
    writer.write(paper.blocks)
    _signature(file, paper)
    for annex in paper.annexes:
        _text(file, annex.name, "Normal", font=SANS).paragraph_format.page_break_before = True
        _text(file, annex.title, "公文标题").alignment = WD_ALIGN_PARAGRAPH.CENTER
        writer.write(annex.blocks)
    for number, note in enumerate(paper.notes(), 1):
        _text(file, f"[{number}] {note}", "表格文字")
    _properties(file, paper)
    out = io.BytesIO()
    file.save(out)
    return steady(out.getvalue(), paper.made_at)


class _Writer:
    """Writes blocks one after the other; notes are counted through the whole."""

    def __init__(self, file: Any, fonts: FontSet | None) -> None:
        self.file, self.fonts, self.notes, self.pictures = file, fonts, count(1), count(1)

    def write(self, blocks: tuple[Block, ...]) -> None:
        for block in blocks:
            match block:
                case Heading():
                    _text(self.file, block.text, f"Heading {block.level}")
                case Paragraph():
                    self._paragraph(block)
                case Verbatim():
                    self.file.add_paragraph(style="照录").add_run(visible(block.text))
                case Table():
                    self._table(block)
                case BarChart() | LineChart() | FunnelChart():
                    self._chart(block)

    def _paragraph(self, block: Paragraph) -> None:
        made = _text(self.file, block.lead, "公文正文", font=KAI)
        made.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        made.add_run(plain(block.text))
        if block.note:
            made.add_run(f"[{next(self.notes)}]").font.superscript = True

    def _chart(self, chart: Chart) -> None:
        title = _text(self.file, chart.title, "图表标题")
        title.alignment, title.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
        holder = self.file.add_paragraph(style="图表标题")
        # A fixed line height would cut the picture off.
        holder.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        picture = holder.add_run().add_picture(io.BytesIO(to_png(chart, self.fonts)), width=WIDE)
        about = picture._inline.docPr
        about.set("descr", visible(chart.said()))
        about.set("name", f"chart{next(self.pictures)}")

    def _table(self, table: Table) -> None:
        title = _text(self.file, table.title, "图表标题")
        title.alignment, title.paragraph_format.keep_with_next = WD_ALIGN_PARAGRAPH.CENTER, True
        made = self.file.add_table(rows=len(table.rows) + 1, cols=len(table.columns))
        made.autofit = False
        whole = sum(column.width for column in table.columns)
        widths = [int(WIDE * column.width / whole) for column in table.columns]
        heads = tuple(column.head for column in table.columns)
        style_id = self.file.styles["表格文字"].style_id
        shown = [tuple(cell if isinstance(cell, str) else cell.shown for cell in row) for row in table.rows]
        for row, texts in zip(made.rows, (heads, *shown), strict=True):
            for cell, column, text, width in zip(row.cells, table.columns, texts, widths, strict=True):
                parts.fill_cell(cell, plain(text), column.align, width, style_id, is_head=texts is heads)
        parts.finish_table(made, widths)
        note = _text(self.file, table.note, "表格文字")
        parts.colour(note, GREY)


def _style(file: Any, name: str, font: str, size: float, *, is_indented: bool, spacing: float) -> None:
    style = file.styles[name] if name in file.styles else file.styles.add_style(name, 1)
    if name != "Normal":
        style.base_style = file.styles["Normal"]
    style.font.size, style.font.bold, style.font.italic = Pt(size), False, False
    style.font.color.rgb = RGBColor(0, 0, 0)
    parts.set_font(style.element.get_or_add_rPr(), font)
    made = style.paragraph_format
    made.space_before = made.space_after = Pt(0)
    made.line_spacing_rule, made.line_spacing = WD_LINE_SPACING.EXACTLY, Pt(spacing)
    made.keep_with_next = name.startswith("Heading")
    if is_indented:
        parts.indent_two(style.element.get_or_add_pPr())


def _page(file: Any, paper: Document) -> None:
    section = file.sections[0]
    section.orientation = WD_ORIENT.PORTRAIT
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.left_margin, section.right_margin = Mm(37), Mm(28), Mm(26)
    section.bottom_margin, section.footer_distance = Mm(35), Mm(23)
    file.settings.odd_and_even_pages_header_footer = True
    parts.character_grid(section)
    for footer, is_even in ((section.footer, False), (section.even_page_footer, True)):
        line = footer.paragraphs[0]
        line.style = file.styles["公文版头"]
        line.paragraph_format.tab_stops.add_tab_stop(int(WIDE / 2), WD_TAB_ALIGNMENT.CENTER)
        line.paragraph_format.tab_stops.add_tab_stop(WIDE, WD_TAB_ALIGNMENT.RIGHT)
        if is_even:
            line.add_run("　")
            parts.page_number(line)
            line.add_run(f"\t{plain(paper.mark)}")
        else:
            line.add_run(f"\t{plain(paper.mark)}\t")
            parts.page_number(line)
            line.add_run("　")


def _head(file: Any, paper: Document) -> None:
    if paper.mark:
        mark = _text(file, f"【{paper.mark}】", "表格文字", font=SANS)
        mark.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        parts.colour(mark, GREY)
    _text(file, paper.title, "公文标题").alignment = WD_ALIGN_PARAGRAPH.CENTER
    if paper.subtitle:
        _text(file, paper.subtitle, "公文副题").alignment = WD_ALIGN_PARAGRAPH.CENTER
    line = _text(file, "", "公文版头")
    line.add_run("\t".join(plain(text) for text in (paper.issuer, paper.number, day_said(paper.dated))))
    line.paragraph_format.tab_stops.add_tab_stop(int(WIDE / 2), WD_TAB_ALIGNMENT.CENTER)
    line.paragraph_format.tab_stops.add_tab_stop(WIDE, WD_TAB_ALIGNMENT.RIGHT)
    line.paragraph_format.space_before, line.paragraph_format.space_after = Pt(10), Pt(10)
    parts.red_rule(line)


def _signature(file: Any, paper: Document) -> None:
    for text, before in ((paper.issuer, 28), (day_said(paper.dated), 0)):
        line = _text(file, text, "Normal")
        line.alignment, line.paragraph_format.space_before = WD_ALIGN_PARAGRAPH.RIGHT, Pt(before)
        line.paragraph_format.keep_with_next = before > 0


def _text(file: Any, text: str, style: str, *, font: str = "") -> Any:
    made = file.add_paragraph(style=style)
    if text:
        run = made.add_run(plain(text))
        if font:
            parts.set_font(run._r.get_or_add_rPr(), font)
    return made


def _properties(file: Any, paper: Document) -> None:
    about = file.core_properties
    about.title, about.author, about.last_modified_by = plain(paper.title), plain(paper.issuer), plain(paper.issuer)
    about.comments, about.keywords, about.subject = "", plain(paper.mark), plain(paper.subtitle)
    about.language, about.revision = "zh-CN", 1
    # Times are put in by `steady`.
    for element in file.element.iter(qn("w:lang")):
        element.set(qn("w:eastAsia"), "zh-CN")
    if file.styles.element.find(f".//{qn('w:lang')}") is None:
        defaults = file.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
        defaults.append(OxmlElement("w:lang"))
    for element in file.styles.element.iter(qn("w:lang")):
        element.set(qn("w:val"), "en-US")
        element.set(qn("w:eastAsia"), "zh-CN")
