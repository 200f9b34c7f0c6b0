"""The HTTP API, put together from the slices' routers."""

from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from ninja import NinjaAPI
from ninja.errors import ValidationError

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

PROBLEM = "application/problem+json"
UNPROCESSABLE = 422

api = NinjaAPI(
    title="善治 Shanzhi",
    version="1",
    description=(
        "Report, follow and work matters. Errors are problem+json (RFC 9457). Send `Idempotency-Key` (a UUID) with "
        "every POST: sent again, it is answered and not done again. Staff send `Authorization: Bearer <token>`."
    ),
    docs_url=None,
    urls_namespace="api",
)


def problem(request: HttpRequest, error: DomainError) -> HttpResponse:
    """An error by RFC 9457: a stable `code`, the sentence in `detail`, and one sentence a field."""
    fields = {name: gettext(text) for name, text in error.fields.items()}
    body = {
        "type": f"urn:shanzhi:{error.code}",
        "title": error.code,
        "status": error.status,
        "detail": error.sentence(gettext),
        **({"fields": fields} if fields else {}),
    }
    response = api.create_response(request, body, status=error.status)
    response["Content-Type"] = PROBLEM
    return response


@api.exception_handler(DomainError)
def _domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problem(request, error)


@api.exception_handler(ValidationError)
def _bad_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    places = {".".join(str(part) for part in item["loc"][1:]) or "body": str(item["msg"]) for item in error.errors}
    return problem(request, _shape_error(places))


def _shape_error(fields: dict[str, str]) -> DomainError:
    error = DomainError(msg("请求的内容不符合接口格式。请按 fields 里的提示改正后重新提交。"), fields=fields)
    error.status, error.code = UNPROCESSABLE, "shape"
    return error


for slice_name in [
    *(f"shanzhi.kernel.{name}" for name in settings.KERNEL),
    *(f"shanzhi.modules.{name}" for name in settings.MODULES),
]:
    if find_spec(f"{slice_name}.web") and find_spec(f"{slice_name}.web.api"):
        api.add_router("", import_module(f"{slice_name}.web.api").router)

__all__ = ["api", "problem"]
