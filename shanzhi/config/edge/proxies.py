"""Where a request comes from, behind the proxies that this installation really has.

Anybody can write `X-Forwarded-For`. Behind N proxies of ours the Nth entry from the right was written by the first of
them and is true; everything to its left is the sender's own tale (OWASP ASVS 5.0, 4.1.3; RFC 7239, section 8.1).
"""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDING = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_REAL_IP",
    "HTTP_FORWARDED",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_X_ORIGINAL_URL",
    "HTTP_X_REWRITE_URL",
)
IS_FORWARDED = "shanzhi.is_forwarded"
"""Set in a request's META where it came through a proxy, ours or not."""


def address_behind(forwarded_for: str, direct: str, proxies: int) -> str:
    """The sender's address, as the outermost of our `proxies` saw it; the direct one where its entry is none."""
    entries = [entry.strip() for entry in forwarded_for.split(",")]
    if proxies < 1 or len(entries) < proxies:
        return direct
    told = entries[-proxies]
    try:
        return str(ipaddress.ip_address(told))
    except ValueError:
        return direct


class ProxyMiddleware:
    """Puts the true sender into REMOTE_ADDR and takes away what only a proxy may say, so that nobody else reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Settle where it comes from, and pass on."""
        meta = request.META
        direct = meta.get("REMOTE_ADDR", "")
        proxies: int = settings.PROXIES
        given = {name: meta.pop(name) for name in FORWARDING if name in meta}
        meta[IS_FORWARDED] = bool(given)
        meta["REMOTE_ADDR"] = address_behind(given.get("HTTP_X_FORWARDED_FOR", ""), direct, proxies)
        if proxies and given.get("HTTP_X_FORWARDED_PROTO") == "https":
            meta["wsgi.url_scheme"] = "https"
        return self.get_response(request)
