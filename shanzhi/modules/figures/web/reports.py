"""A region's week, month or quarter as an official paper: PDF, DOCX, and its tables as XLSX."""

from dataclasses import replace
from io import BytesIO

from django.http import FileResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from shanzhi.core.errors import InputError
from shanzhi.core.papers import MEDIA_TYPES, to_docx, to_pdf, to_xlsx
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.policy.reports import Report, compose, is_week, read_week
from shanzhi.kernel.indicators.queries import values
from shanzhi.modules.figures.web.asked import asked, check, region_asked
from shanzhi.ui.downloads import send_file
from shanzhi.ui.invented import invented_lines

WRITERS = {"pdf": to_pdf, "docx": to_docx, "xlsx": to_xlsx}


class NoSuchPaper(InputError):
    """A format in which no report is written."""

    code = "report-format"


@require_GET
@never_cache
def file(request: ActingRequest) -> FileResponse:
    """The report of the address's region and period in the address's format.

    Raises:
        NoSuchPaper: no such format.
    """
    check(request)
    written_as = request.GET.get("format", "")
    if written_as not in WRITERS:
        raise NoSuchPaper(msg("报告有 PDF、Word（DOCX）和 XLSX 三种。请从页面上的按钮下载。"))
    report, period = _report(request)
    paper = compose(report)
    marks = (*(text for _, text in invented_lines()), paper.mark)
    paper = replace(paper, mark="；".join(mark for mark in marks if mark))
    name = f"{paper.title}-{period}.{written_as}"
    return send_file(BytesIO(WRITERS[written_as](paper)), name, MEDIA_TYPES[written_as])


def _report(request: ActingRequest) -> tuple[Report, str]:
    """The report that the address asks for, and its period as it is written."""
    given, issuer = request.GET.get("period", "").strip(), _issuer(request)
    if is_week(given):
        week = read_week(given)
        return values.week_report(region_asked(request), week, issuer=issuer, now=request.now), week.key
    here = asked(request)
    return values.report_of(here.region_id, here.period, issuer=issuer, now=request.now), str(here.period)


def _issuer(request: ActingRequest) -> str:
    return request.actor.unit_name or gettext(msg("善治"))
