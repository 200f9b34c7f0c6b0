"""A report comes by itself: a notice leads to it, a program asks for it, a command writes it; all the same paper."""

import re
from html import unescape
from io import BytesIO
from pathlib import Path

import docx
import pytest
from django.test import Client
from django.utils import timezone

from shanzhi.config import database
from shanzhi.kernel.indicators.telling_reports import reports_tell
from shanzhi.kernel.matters.tests.api_support import Caller, problem_of
from shanzhi.modules.figures.tests.test_read_a_figure import supervisor
from shanzhi.modules.figures.tests.test_take_a_report_along import taken
from tests.city import _actor
from tests.command_line import said_by
from tests.figures import LATER, Figures, city, counted

__all__ = ["city", "counted", "supervisor"]


def test_the_notice_leads_to_the_paper(counted: Figures) -> None:
    with database.acting_as(counted.city.installation, "worker"):
        reports_tell(now=LATER)
    county = counted.browser(_actor("centre-370303", "supervisor", 0))
    page = unescape(county.get("/notices/").content.decode())
    links = re.findall(r'href="/figures/report/\?([^"]+)"', page)
    region = counted.region("370303")
    assert sorted(links) == [f"region={region}&period={period}&format=pdf" for period in ("2025-11", "2025-W48")]
    assert all(taken(county, link).startswith(b"%PDF-") for link in links)


@pytest.mark.parametrize("period", ["2025-W47", "2025-11", "2025-Q4"])
@pytest.mark.parametrize("written_as", ["pdf", "docx", "xlsx"])
def test_a_program_gets_what_the_page_gives(
    counted: Figures, supervisor: Client, monkeypatch: pytest.MonkeyPatch, period: str, written_as: str
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    answer = Caller(counted.city.cast.supervisor).get(
        "/figures/report", region_code="370303", period=period, format=written_as
    )
    assert answer.status_code == 200, answer.content
    assert answer.headers["Content-Disposition"].startswith("attachment")
    content = b"".join(answer.streaming_content)
    assert content == taken(supervisor, f"region={counted.region('370303')}&period={period}&format={written_as}")


def test_a_program_hears_why_there_is_none(counted: Figures, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: LATER)
    ours, neighbour = Caller(counted.city.cast.supervisor), Caller(counted.city.cast.neighbour_handler)

    def why(caller: Caller, **query: str) -> tuple[int, str]:
        answer = caller.get("/figures/report", **query)
        return problem_of(answer)

    assert why(ours, period="2025") == (422, "period")
    assert why(ours, period="2025-W53") == (422, "period")
    assert why(ours, period="2026-01") == (422, "period")
    assert why(ours, period="2025-11", format="exe")[0] == 422
    assert why(ours, period="2025-11", region_code="999999") == (404, "figure-place")
    assert why(neighbour, period="2025-W47", region_code="370303009") == (404, "figure-place")
    assert why(Caller(), period="2025-11")[0] == 401


def test_a_command_writes_it_and_overwrites_nothing(counted: Figures, tmp_path: Path) -> None:
    out = tmp_path / "week.docx"
    asked = ("indicator", "report", "--region", "370303", "--period", "2025-W47", "--format", "docx", "--out", str(out))
    code, said = said_by(counted.city, *asked)
    assert (code, f"已写到 {out}。" in said) == (0, True), said
    paper = docx.Document(BytesIO(out.read_bytes()))
    assert "张店区" in "".join(paragraph.text for paragraph in paper.paragraphs)
    before = out.read_bytes()
    code, said = said_by(counted.city, *asked)
    assert (code != 0, "没有覆盖" in said, out.read_bytes() == before) == (True, True, True), said


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (("--period", "2025"), "报告按周、按月或按季度出"),
        (("--period", "2025-W60"), "没有“2025-W60”这一周"),
        (("--period", "2025-13"), "不是期间"),
        (("--period", "2025-11", "--region", "999999"), "没有这个区域"),
    ],
)
def test_a_command_says_what_it_has_none_of(
    counted: Figures, tmp_path: Path, asked: tuple[str, ...], says: str
) -> None:
    out = tmp_path / "paper.pdf"
    code, said = said_by(counted.city, "indicator", "report", *asked, "--out", str(out))
    assert (code != 0, says in said, "Traceback" in said, out.exists()) == (True, True, False, False), said


def test_a_command_says_where_it_cant_write(counted: Figures, tmp_path: Path) -> None:
    out = tmp_path / "no such folder" / "month.xlsx"
    code, said = said_by(
        counted.city, "indicator", "report", "--period", "2025-11", "--format", "xlsx", "--out", str(out)
    )
    assert (code != 0, "请核对文件夹是否存在" in said, "Traceback" in said) == (True, True, False), said
