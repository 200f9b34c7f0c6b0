"""Pieces of WordprocessingML (ECMA-376) that the library has no words for."""

from typing import Any

from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.opc.constants import CONTENT_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import RGBColor

from shanzhi.core.papers.model import Align

BODY, TITLE, SANS, KAI = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312"
LATIN = "Times New Roman"
SUBSTITUTES = {BODY: "仿宋", TITLE: "宋体", KAI: "楷体", SANS: "微软雅黑"}
"""What a reader's machine may set in, where it hasn't the font itself."""
GREY = RGBColor(0x5F, 0x6B, 0x7A)
RED = "C00000"

_SIDES = {
    Align.LEFT: WD_ALIGN_PARAGRAPH.LEFT,
    Align.RIGHT: WD_ALIGN_PARAGRAPH.RIGHT,
    Align.CENTER: WD_ALIGN_PARAGRAPH.CENTER,
}


def element(tag: str, **attributes: object) -> Any:
    """An element `w:tag` with attributes of the same namespace."""
    made = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), str(value))
    return made


def set_font(properties: Any, font: str) -> None:
    """Set Chinese in `font`, in styles and runs; a theme's fonts, which would win, go."""
    fonts = properties.find(qn("w:rFonts"))
    if fonts is not None:
        properties.remove(fonts)
    made = element("rFonts", ascii=LATIN, hAnsi=LATIN, eastAsia=font, cs=LATIN, hint="eastAsia")
    properties.insert(1 if properties.find(qn("w:rStyle")) is not None else 0, made)


def indent_two(properties: Any) -> None:
    """Indent the first line by two characters, whatever their size."""
    old = properties.find(qn("w:ind"))
    if old is not None:
        properties.remove(old)
    properties._insert_ind(element("ind", firstLineChars=200, firstLine=640))


def page_number(paragraph: Any) -> None:
    """— 1 —, counted by the reader's program."""
    for kind, text in (("", "— "), ("begin", ""), ("code", " PAGE "), ("end", ""), ("", " —")):
        run = paragraph.add_run(text if kind == "" else "")
        if kind == "code":
            code = element("instrText")
            code.text = text
            run._r.append(code)
        elif kind:
            run._r.append(element("fldChar", fldCharType=kind))


def character_grid(section: Any) -> None:
    """28 characters to a line: each of 16 points a fifth of a point nearer to the next (in 1/4096 points)."""
    old = section._sectPr.find(qn("w:docGrid"))
    if old is not None:
        section._sectPr.remove(old)
    section._sectPr.append(element("docGrid", type="linesAndChars", linePitch=579, charSpace=-842))


def red_rule(paragraph: Any) -> None:
    """The red line under the head of a paper (GB/T 9704-2012, 7.2.7), 0.35 mm or about one point."""
    border = element("pBdr")
    border.append(element("bottom", val="single", sz=8, space=6, color=RED))
    paragraph._p.get_or_add_pPr().insert_element_before(border, *_AFTER_BORDER)


_AFTER_BORDER = tuple(
    f"w:{tag}"
    for tag in "shd tabs suppressAutoHyphens kinsoku wordWrap overflowPunct topLinePunct autoSpaceDE autoSpaceDN bidi "
    "adjustRightInd snapToGrid spacing ind contextualSpacing mirrorIndents suppressOverlap jc textDirection "
    "textAlignment textboxTightWrap outlineLvl divId cnfStyle rPr sectPr pPrChange".split()
)


def fill_cell(cell: Any, text: str, align: Align, width: int, style_id: str, *, is_head: bool) -> None:
    """One cell of a table. Its style is named by id: by name the library looks through all styles, for each cell anew."""
    cell.width, cell.vertical_alignment = width, WD_CELL_VERTICAL_ALIGNMENT.CENTER
    line = cell.paragraphs[0]
    line._p.style, line.alignment = style_id, _SIDES[align]
    run = line.add_run(text)
    if is_head:
        set_font(run._r.get_or_add_rPr(), SANS)


def finish_table(table: Any, widths: list[int]) -> None:
    """Columns of `widths` (EMU), three firm lines, hair lines between; the head is repeated on each page, no row torn."""
    borders = element("tblBorders")
    for side, size, colour_of in (("top", 8, "000000"), ("bottom", 8, "000000"), ("insideH", 4, "D5DAE1")):
        borders.append(element(side, val="single", sz=size, space=0, color=colour_of))
    properties = table._tbl.tblPr
    properties.insert_element_before(borders, "w:shd", "w:tblLayout", "w:tblCellMar", "w:tblLook")
    margins = element("tblCellMar")
    for side, width in (("top", 60), ("left", 80), ("bottom", 60), ("right", 80)):
        margins.append(element(side, w=width, type="dxa"))
    properties.insert_element_before(margins, "w:tblLook")
    for column, width in zip(table.columns, widths, strict=True):
        column.width = width
    for number, row in enumerate(table.rows):
        about = row._tr.get_or_add_trPr()
        about.append(element("cantSplit"))
        if number == 0:
            about.append(element("tblHeader"))
            for cell in row.cells:
                edge = element("tcBorders")
                edge.append(element("bottom", val="single", sz=6, space=0, color="000000"))
                cell._tc.get_or_add_tcPr().insert_element_before(edge, "w:shd", "w:noWrap", "w:vAlign")


def colour(paragraph: Any, rgb: RGBColor) -> None:
    """All of a paragraph in one colour."""
    for run in paragraph.runs:
        run.font.color.rgb = rgb


def drop_thumbnail(file: Any, kind: str) -> None:
    """The library's template brings a picture of another document."""
    links = file.part.package.rels
    for key in [key for key, link in links.items() if link.reltype == kind]:
        del links[key]


def name_substitutes(file: Any) -> None:
    """Tell the reader's program what to set in where it lacks a font (ECMA-376, 17.8.3.1)."""
    for part in file.part.package.iter_parts():
        if part.content_type == CONTENT_TYPE.WML_FONT_TABLE:
            table = parse_xml(part.blob)
            for font, other in SUBSTITUTES.items():
                made = parse_xml(
                    f'<w:font {nsdecls("w")} w:name="{font}"><w:altName w:val="{other}"/>'
                    '<w:charset w:val="86"/><w:family w:val="auto"/><w:pitch w:val="default"/></w:font>'
                )
                table.append(made)
            part._blob = serialize_part_xml(table)
