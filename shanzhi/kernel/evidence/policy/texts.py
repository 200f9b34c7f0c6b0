"""The text of a paper, by which it is found: DOCX, XLSX and plain text. Of a PDF, a picture and a video there is none."""

import re
import unicodedata
from collections.abc import Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from docx import Document
from openpyxl import load_workbook

from shanzhi.kernel.files.policy import DOCX, TXT, XLSX

TEXT_MOST = 200_000
"""Characters of a paper that are looked at."""
UNPACKED_MOST = 100_000_000
"""Bytes that a paper may be when it is unpacked."""
_SPACES = re.compile(r"\s+")


def text_of(data: bytes, media_type: str) -> str:
    """The words of a paper, at most 200,000 characters; empty where it has none that can be read."""
    try:
        if media_type == TXT:
            return _plain(data)
        if media_type in (DOCX, XLSX) and _is_small(data):
            pieces = _of_document(data) if media_type == DOCX else _of_workbook(data)
            return _limited(pieces)
    # A broken or hostile paper is kept as it came; it is only not found by its words. Its readers raise whatever they like.
    except Exception:
        return ""
    return ""


def _is_small(data: bytes) -> bool:
    try:
        with ZipFile(BytesIO(data)) as packed:
            return sum(one.file_size for one in packed.infolist()) <= UNPACKED_MOST
    except BadZipFile:
        return False


def _plain(data: bytes) -> str:
    for name in ("utf-8-sig", "gb18030"):
        try:
            return data[: TEXT_MOST * 4].decode(name)[:TEXT_MOST]
        except UnicodeDecodeError:
            continue
    return ""


def _of_document(data: bytes) -> Iterator[str]:
    document = Document(BytesIO(data))
    yield from (one.text for one in document.paragraphs)
    for table in document.tables:
        for row in table.rows:
            yield from (cell.text for cell in row.cells)


def _of_workbook(data: bytes) -> Iterator[str]:
    book = load_workbook(BytesIO(data), read_only=True, data_only=True)
    try:
        for sheet in book.worksheets:
            for row in sheet.iter_rows(values_only=True):
                yield " ".join(str(cell) for cell in row if cell is not None)
    finally:
        book.close()


def _limited(pieces: Iterator[str]) -> str:
    found, length = [], 0
    for piece in pieces:
        found.append(piece)
        length += len(piece)
        if length > TEXT_MOST:
            break
    return "\n".join(found)[:TEXT_MOST]


def words_in_order(text: str) -> list[str]:
    """A text cut into words in their order, in one width and case: for likeness."""
    # Imported here: its dictionary takes as long to load as half of everything else.
    import rjieba  # noqa: PLC0415

    plain = _SPACES.sub(" ", unicodedata.normalize("NFKC", text).casefold())
    return [word for word in rjieba.cut(plain, False) if word.isalnum()]
