"""Somebody takes a region's month or quarter along as an official paper."""

from io import BytesIO

import docx
import pytest
from django.test import Client
from openpyxl import load_workbook

from shanzhi.modules.figures.tests.test_read_a_figure import kept, supervisor, text
from tests.figures import Figures, city, counted

__all__ = ["city", "counted", "supervisor"]


def taken(client: Client, query: str) -> bytes:
    answer = client.get(f"/figures/report/?{query}")
    assert answer.status_code == 200, answer.content.decode()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return b"".join(answer.streaming_content)  # type: ignore[attr-defined]


def test_it_says_what_the_tables_say(counted: Figures, supervisor: Client) -> None:
    found = docx.Document(BytesIO(taken(supervisor, f"region={counted.region('370303')}&period=2025-11&format=docx")))
    rows = [" ".join(cell.text for cell in row.cells) for table in found.tables for row in table.rows]
    top, bottom = kept(counted, "satisfied", "370303")
    assert any(f"{bottom:,}" in row and f"{100 * top / bottom:.2f}" in row for row in rows), rows
    assert "张店区" in found.paragraphs[0].text + found.paragraphs[1].text


def test_a_quarter_is_a_paper_too(supervisor: Client) -> None:
    assert taken(supervisor, "period=2025-Q4&format=pdf").startswith(b"%PDF-")
    assert load_workbook(BytesIO(taken(supervisor, "period=2025-Q4&format=xlsx"))).sheetnames


@pytest.mark.parametrize("query", ["period=2025&format=pdf", "period=2025-11&format=exe", "period=2025-11"])
def test_it_says_what_there_is_no_paper_of(supervisor: Client, query: str) -> None:
    assert supervisor.get(f"/figures/report/?{query}").status_code == 422


def test_the_sheet_offers_them(supervisor: Client) -> None:
    page = text(supervisor, "/figures/sheet/?period=2025-11")
    assert all(f'name="format" value="{written_as}"' in page for written_as in ("pdf", "docx", "xlsx"))
    assert '<option value="2025-11" selected>' in page.partition('id="paper"')[2]
    assert '<option value="2025-W48">' in page.partition('id="paper"')[2]
    assert (
        "selected"
        not in text(supervisor, "/figures/sheet/?period=2025").partition('id="paper"')[2].partition("</form>")[0]
    )
