"""A region's week, month or quarter as an official paper: PDF, DOCX, and its tables as XLSX."""

from io import BytesIO

from django.http import FileResponse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.queries import values
from shanzhi.modules.figures.web.asked import check, last_month, region_asked
from shanzhi.ui.downloads import send_file


@require_GET
@never_cache
def file(request: ActingRequest) -> FileResponse:
    """The report of the address's region and period in the address's format; without a period of the last month.

    Raises:
        NoSuchPaper: no such format.
    """
    check(request)
    made = values.report_file(
        region_asked(request),
        request.GET.get("period", "").strip() or str(last_month(request)),
        request.GET.get("format", ""),
        issuer=request.actor.unit_name or gettext(msg("善治")),
        now=request.now,
    )
    return send_file(BytesIO(made.content), made.name, made.media_type)
