"""The outermost layer of a request: its id, its line in the log, its place in the metrics."""

import re
import time
import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from structlog.contextvars import bound_contextvars, get_contextvars

from shanzhi.config.observe import logs, metrics

HEADER = "X-Request-ID"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
NO_ROUTE = "unmatched"
QUIET = frozenset({"healthz", "readyz", "metrics"})

_LOOKS_LIKE_ONE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{7,63}", re.ASCII)


def request_id() -> str:
    """The id of the request at hand; empty outside of one."""
    return str(get_contextvars().get("request_id", ""))


def id_of(request: HttpRequest) -> str:
    """The upstream proxy's id for this request where it is one, else a fresh one (a UUID without dashes)."""
    given = request.headers.get(HEADER, "")
    return given if _LOOKS_LIKE_ONE.fullmatch(given) else uuid.uuid4().hex


def route_of(request: HttpRequest) -> str:
    """The pattern that the address matched, as it stands in the urls: it has no number and no name in it."""
    match = request.resolver_match
    return f"/{match.route}" if match else NO_ROUTE


class RequestMiddleware:
    """Stands before all others, so that also what they refuse has an id, a line and a count."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, and say so."""
        started = time.perf_counter()
        number = id_of(request)
        status = 500
        with bound_contextvars(request_id=number):
            try:
                response = self.get_response(request)
                status = response.status_code
                response[HEADER] = number
                return response
            finally:
                self._say(request, status, time.perf_counter() - started)

    def _say(self, request: HttpRequest, status: int, seconds: float) -> None:
        method = request.method if request.method in METHODS else "OTHER"
        route = route_of(request)
        metrics.count_request(method, route, status, seconds)
        if route.strip("/") not in QUIET:
            actor = getattr(request, "actor", None)
            logs.request_line(method, route, status, seconds, actor.kind if actor else "")
