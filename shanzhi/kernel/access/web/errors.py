"""An error is a sentence for a person, on a page with the right status."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import SecondFactorNeeded

GetResponse = Callable[[HttpRequest], HttpResponse]


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The page that tells what happened and what to do next."""
    happened, stop, to_do = error.sentence(gettext).partition("。")
    if not stop:
        happened, _, to_do = happened.partition(". ")
    context = {"title": happened, "text": to_do, "status": error.status}
    return render(request, "ui/error.html", context, status=error.status)


class ErrorMiddleware:
    """Shows every DomainError that a page doesn't show itself; programs get theirs from the API."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse a bad token at once; else pass on."""
        failed = getattr(request, "acting_error", None)
        if failed is not None and not request.path.startswith("/api/"):
            if isinstance(failed, SecondFactorNeeded):
                # The way on is open: choosing the language, and the pages on which the second step is set up.
                is_language = request.path == reverse("set_language")
                return self.get_response(request) if is_language else HttpResponseRedirect(reverse("mfa_index"))
            return error_page(request, failed)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer a DomainError or a missing page."""
        if request.path.startswith("/api/"):
            return None
        if isinstance(error, Http404):
            error = NotFound(msg("没有找到这个页面，或者您现在的岗位看不到它。请检查地址，或返回首页。"))
        return error_page(request, error) if isinstance(error, DomainError) else None
