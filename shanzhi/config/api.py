"""The HTTP API, put together from the slices' routers."""

from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi import get_schema
from ninja.openapi.schema import OpenAPISchema

from shanzhi.core.errors import DomainError, TooLarge
from shanzhi.core.text import msg

PROBLEM = "application/problem+json"
UNPROCESSABLE = 422
UNAUTHORIZED = 401
FIRST_ERROR = 400


def _without_null(shape: dict[str, Any]) -> dict[str, Any]:
    """A header or query parameter is there or not; it can't be null, as the framework says of optional ones."""
    kept = [choice for choice in shape.get("anyOf", ()) if choice.get("type") != "null"]
    if not kept:
        return shape
    rest = {name: value for name, value in shape.items() if name != "anyOf"}
    return rest | (kept[0] if len(kept) == 1 else {"anyOf": kept})


class _Api(NinjaAPI):
    """Describes its errors as what they are: problem+json."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        """The API's description (OpenAPI 3.1); not to be changed by who gets it."""
        return _describe(self, self.get_root_path(path_params or {}) if path_prefix is None else path_prefix)


# Everybody may ask for it, and putting it together takes twenty times as long as a page.
@lru_cache(maxsize=2)
def _describe(calls: NinjaAPI, path_prefix: str) -> OpenAPISchema:
    schema = get_schema(api=calls, path_prefix=path_prefix)
    for path in schema["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                if int(status) >= FIRST_ERROR and "content" in response:
                    response["content"] = {PROBLEM: next(iter(response["content"].values()))}
            for parameter in operation.get("parameters", ()):
                parameter["schema"] = _without_null(parameter["schema"])
    return schema


api = _Api(
    title="善治 Shanzhi",
    version="1",
    description=(
        "Report, follow and work matters. Errors are problem+json (RFC 9457). Send `Idempotency-Key` (a UUID) with "
        "every POST: sent again, it is answered and not done again. Staff send `Authorization: Bearer <token>`."
    ),
    docs_url=None,
    docs_decorator=require_safe,
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
    if error.status == UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="shanzhi"'
    return response


@api.exception_handler(DomainError)
def _domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    return problem(request, error)


@api.exception_handler(ValidationError)
def _bad_shape(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return problem(request, _shape_error({_field(item["loc"]): str(item["msg"]) for item in error.errors}))


def _field(loc: tuple[str | int, ...]) -> str:
    """The input's name: ("query", name), or ("body", name of our parameter, name, which of its alternatives …)."""
    return str(loc[2] if len(loc) > 2 else loc[-1])


@api.exception_handler(HttpError)
def _unreadable(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What the framework itself refuses: a body that is no JSON, for one."""
    told = DomainError(msg("请求读不懂。请检查请求体是不是 UTF-8 编码的 JSON，再重新提交。"))
    told.status, told.code = error.status_code, "unreadable"
    return problem(request, told)


@api.exception_handler(RequestDataTooBig)
@api.exception_handler(TooManyFieldsSent)
@api.exception_handler(TooManyFilesSent)
def _too_much(request: HttpRequest, error: Exception) -> HttpResponse:
    return problem(request, TooLarge(msg("一次提交的内容太多。请减少内容或文件个数，分几次提交。")))


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
