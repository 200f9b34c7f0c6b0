"""Official papers as files: one model of a document, and writers to PDF, DOCX and XLSX that make the same bytes of the same
input.

`model` says what stands in a paper, `charts` what is drawn in it; `to_pdf`, `to_docx` and `to_xlsx` write it. Layout by
GB/T 9704-2012 (《党政机关公文格式》): A4, 37 mm above, 28 mm to the left, 156 mm by 225 mm of text, 22 lines of 28
characters, the title in 小标宋 2号, text in 仿宋 3号, heads in 黑体, 楷体 and 仿宋, page numbers “— 1 —” outside.
"""

from shanzhi.core.papers.charts import Bar, BarChart, Chart, Dot, FunnelChart, LineChart, Point
from shanzhi.core.papers.fonts import FontMissing, FontSet, machine_fonts, shipped_fonts
from shanzhi.core.papers.model import (
    MEDIA_TYPES,
    Align,
    Annex,
    Block,
    Cell,
    Column,
    Document,
    Heading,
    Number,
    Paragraph,
    Table,
    Verbatim,
)
from shanzhi.core.papers.sheets import to_xlsx
from shanzhi.core.papers.typeset import pages, to_pdf, to_png
from shanzhi.core.papers.word import to_docx

__all__ = [
    "MEDIA_TYPES",
    "Align",
    "Annex",
    "Bar",
    "BarChart",
    "Block",
    "Cell",
    "Chart",
    "Column",
    "Document",
    "Dot",
    "FontMissing",
    "FontSet",
    "FunnelChart",
    "Heading",
    "LineChart",
    "Number",
    "Paragraph",
    "Point",
    "Table",
    "Verbatim",
    "machine_fonts",
    "pages",
    "shipped_fonts",
    "to_docx",
    "to_pdf",
    "to_png",
    "to_xlsx",
]
