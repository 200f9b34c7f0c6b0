"""Sending a file to a browser, which must never run anything in it."""

from django.http import FileResponse, HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from shanzhi.kernel.files.policy import SHOWN_IN_BROWSER
from shanzhi.kernel.files.queries import OpenFile, open_attachment, open_preview

# A file from outside is opened as nobody: no script, no form, no other request (HTML standard, sandboxed origin).
SANDBOX = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


def _send(request: HttpRequest, opened: OpenFile) -> HttpResponseBase:
    etag = f'"{opened.etag}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None:
        opened.file.close()
        response: HttpResponseBase = unchanged
    else:
        saved = opened.media_type not in SHOWN_IN_BROWSER
        response = FileResponse(opened.file, as_attachment=saved, filename=opened.name, content_type=opened.media_type)
        response["Content-Security-Policy"] = SANDBOX
        response["X-Content-Type-Options"] = "nosniff"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["ETag"] = etag
    # Kept by the browser, asked again each time: who may see it can change from one minute to the next.
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The file itself: pictures are shown, all else is saved."""
    return _send(request, open_attachment(pk))


@require_safe
def preview(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A picture's preview."""
    return _send(request, open_preview(pk))
