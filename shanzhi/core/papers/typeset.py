"""A paper as PDF, a chart as PNG: set by Typst from `paper.typ`.

What is said goes to the typesetter as data, never as its markup, so that #, $, [, @ and the like are letters.
"""

import json
from datetime import UTC
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import typst

from shanzhi.core.dates import day_said
from shanzhi.core.papers.charts import Chart
from shanzhi.core.papers.drawing import drawn
from shanzhi.core.papers.fonts import GAP, FontSet, machine_fonts
from shanzhi.core.papers.model import Block, Document, Heading, Paragraph, Table, Verbatim
from shanzhi.core.papers.numbering import numbered, plain, visible

TEMPLATE = Path(__file__).with_name("paper.typ")
DPI = 240
"""Of charts as pictures: sharp on paper, small enough for mail."""

_LEFT_OUT = "文中“〓”处的字，本机字库没有：%s。"


class Exact(str):
    """A text whose blanks stay as they are."""

    __slots__ = ()


def to_pdf(document: Document, fonts: FontSet | None = None) -> bytes:
    """The paper as a tagged PDF; the same bytes for the same document and fonts. Notes stand at its end.

    Raises:
        FontMissing: there is no Chinese font.
    """
    made_at = document.made_at.astimezone(UTC).replace(microsecond=0)
    made: bytes = _run(_said(document), fonts or machine_fonts(), format="pdf", timestamp=made_at)
    return made


def pages(document: Document, fonts: FontSet | None = None, *, ppi: int = 60) -> list[bytes]:
    """The paper's pages as PNG, for a look at them.

    Raises:
        FontMissing: there is no Chinese font.
    """
    made = _run(_said(document), fonts or machine_fonts(), format="png", ppi=ppi)
    return made if isinstance(made, list) else [made]


def to_png(chart: Chart, fonts: FontSet | None = None) -> bytes:
    """One chart as a picture, 156 mm wide, without its title.

    Raises:
        FontMissing: there is no Chinese font.
    """
    made: bytes = _run({"only": drawn(chart)}, fonts or machine_fonts(), format="png", ppi=DPI)
    return made


def _run(said: dict[str, Any], fonts: FontSet, **how: Any) -> Any:
    said = said | {"fonts": fonts.chains}
    lacking: set[str] = set()
    said = _mended(said, partial(_set_text, fonts, lacking))
    if lacking and "notes" in said:
        signs = "、".join(f"U+{ord(letter):04X}" for letter in sorted(lacking))
        said["notes"] = [*said["notes"], _LEFT_OUT % signs]
    return typst.compile(
        TEMPLATE.read_bytes(),
        font_paths=fonts.loaded,
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(said, ensure_ascii=False)},
        **how,
    )


def _mended(value: Any, mend: Any) -> Any:
    if isinstance(value, str):
        return mend(value)
    if isinstance(value, dict):
        return {key: _mended(inner, mend) if key != "fonts" else inner for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mended(inner, mend) for inner in value]
    return value


def _set_text(fonts: FontSet, lacking: set[str], text: str) -> str:
    text = visible(text) if isinstance(text, Exact) else plain(text)
    gone = fonts.lacking(text)
    lacking.update(gone)
    return text.translate({ord(letter): GAP for letter in gone}) if gone else text


def _said(document: Document) -> dict[str, Any]:
    """The paper as the template reads it."""
    paper = numbered(document)
    notes = count(1)
    return {
        "title": paper.title,
        "subtitle": paper.subtitle,
        "issuer": paper.issuer,
        "number": paper.number,
        "mark": paper.mark,
        "dated": day_said(paper.dated),
        "blocks": [_block(block, notes) for block in paper.blocks],
        "annexes": [
            {"name": annex.name, "title": annex.title, "blocks": [_block(block, notes) for block in annex.blocks]}
            for annex in paper.annexes
        ],
        "notes": list(paper.notes()),
    }


def _block(block: Block, notes: "count[int]") -> dict[str, Any]:
    match block:
        case Heading():
            return {"kind": "heading", "text": block.text, "level": block.level}
        case Paragraph():
            number = f"[{next(notes)}]" if block.note else ""
            return {"kind": "paragraph", "text": block.text, "lead": block.lead, "number": number}
        case Verbatim():
            return {"kind": "verbatim", "text": Exact(block.text)}
        case Table():
            rows = [[cell if isinstance(cell, str) else cell.shown for cell in row] for row in block.rows]
            columns = [{"head": c.head, "align": c.align.value, "width": c.width} for c in block.columns]
            return {"kind": "table", "title": block.title, "columns": columns, "rows": rows, "note": block.note}
    return drawn(block)
