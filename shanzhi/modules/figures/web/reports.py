"""A region's month or quarter as an official paper: PDF, DOCX, and its tables as XLSX."""

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
from shanzhi.kernel.indicators.policy.reports import compose
from shanzhi.kernel.indicators.queries import values
from shanzhi.modules.figures.web.asked import asked, check
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
    here, written_as = asked(request), request.GET.get("format", "")
    if written_as not in WRITERS:
        raise NoSuchPaper(msg("报告有 PDF、Word（DOCX）和 XLSX 三种。请从页面上的按钮下载。"))
    report = values.report_of(here.region_id, here.period, issuer=_issuer(request), now=request.now)
    paper = compose(report)
    marks = (*(text for _, text in invented_lines()), paper.mark)
    paper = replace(paper, mark="；".join(mark for mark in marks if mark))
    name = f"{paper.title}-{here.period}.{written_as}"
    return send_file(BytesIO(WRITERS[written_as](paper)), name, MEDIA_TYPES[written_as])


def _issuer(request: ActingRequest) -> str:
    return request.actor.unit_name or gettext(msg("善治"))
