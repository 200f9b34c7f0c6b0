"""A session that ends in the middle of a form loses nothing: what was typed is there after signing in again.

A posted form without a valid session is sealed and parked, its writer is sent to the sign-in page and from there back
to the form, which gets the fields again through `parked_fields`.
"""

from collections.abc import Callable
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import resolve_url

from shanzhi.kernel.access.policy import SignInNeeded
from shanzhi.kernel.vault import operations

PARKED_PARAM = "parked"
LEFT_OUT = frozenset({"csrfmiddlewaretoken", "version", "key"})

GetResponse = Callable[[HttpRequest], HttpResponse]


def _form_page(request: HttpRequest) -> str:
    """The page that the form stood on: its own hidden field, else the address that it was posted to."""
    page = request.POST.get("page", "")
    is_here = page.startswith("/") and not page.startswith(("//", "/\\")) and page.isprintable()
    return page if is_here else request.path


def sign_in_response(request: HttpRequest) -> HttpResponse:
    """Send the visitor to sign in and back; a posted form is parked first."""
    target = request.get_full_path()
    if request.method == "POST":
        target = _form_page(request)
        fields = {name: request.POST.getlist(name) for name in request.POST if name not in LEFT_OUT}
        key = operations.form_park(
            path=target.partition("?")[0],
            fields=fields,
            now=request.now,  # type: ignore[attr-defined]
            address=str(request.META.get("REMOTE_ADDR", "")),
            browser=request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""),
        )
        if key:
            target += ("&" if "?" in target else "?") + urlencode({PARKED_PARAM: key})
    return HttpResponseRedirect(f"{resolve_url(settings.LOGIN_URL)}?{urlencode({'next': target})}")


def parked_fields(request: HttpRequest) -> dict[str, list[str]]:
    """The fields that were parked for this page, once; empty on an ordinary visit."""
    key = request.GET.get(PARKED_PARAM, "")
    if not key:
        return {}
    return operations.form_take_back(key=key, path=request.path, now=request.now)  # type: ignore[attr-defined]


class ParkedFormMiddleware:
    """Turns "sign in first" into the way to the sign-in page and back, with what was typed."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; the work is done when a view asks for a sign-in."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer `SignInNeeded` of a page; programs get theirs from the API."""
        if isinstance(error, SignInNeeded) and not request.path.startswith("/api/"):
            return sign_in_response(request)
        return None
