"""Headers of every answer that Django's own middleware doesn't set."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shanzhi.kernel.access.policy import ANYONE

# What pages use: the place of a report, and the camera by way of the file field, which asks for itself.
PERMISSIONS = "geolocation=(self), camera=(), microphone=(), payment=(), usb=(), browsing-topics=()"
ALWAYS = {
    "Permissions-Policy": PERMISSIONS,
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Permitted-Cross-Domain-Policies": "none",
}
SOMEBODYS, NOBODYS = "no-store", "private, no-cache"


class HeadersMiddleware:
    """Adds what is the same everywhere, and keeps pages with somebody's data out of every cache."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the headers that the view didn't set itself."""
        response = self.get_response(request)
        for name, value in ALWAYS.items():
            response.headers.setdefault(name, value)
        # Of what somebody sees as somebody nothing stays behind on a shared phone (OWASP ASVS 5.0, 14.3.2). Files decide
        # for themselves, and static files never come this far.
        is_nobody = getattr(request, "actor", ANYONE) == ANYONE
        response.headers.setdefault("Cache-Control", NOBODYS if is_nobody else SOMEBODYS)
        return response
