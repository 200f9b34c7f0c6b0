"""Metrics for Prometheus. Each process writes into its own folder below the installation's; the web process adds them up.

Labels are routes, methods and statuses: never a number, a name or an address.
"""

import hmac
import os

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from shanzhi.config.edge.proxies import IS_FORWARDED
from shanzhi.config.observe.folder import FOLDER_VARIABLE, folder_of

LOOPBACK = frozenset({"127.0.0.1", "::1"})

_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_requests = Counter("shanzhi_requests", "Requests answered", ["method", "route", "status"])
_seconds = Histogram(
    "shanzhi_request_seconds", "Seconds from the first byte to the answer", ["route"], buckets=_BUCKETS
)
_gauges = {
    name: Gauge(f"shanzhi_{name}", text, multiprocess_mode="mostrecent")
    for name, text in (
        ("outbox_events", "Events that wait to be told"),
        ("outbox_lag_seconds", "Age of the oldest event that waits"),
        ("facts_entries", "Sealed entries of the journal that wait to become facts"),
        ("facts_lag_seconds", "Age of the oldest of them"),
        ("jobs_failed", "Background jobs that failed and were given up"),
        ("seal_deliveries_waiting", "Heads of the journal that wait to be sent"),
        ("seal_deliveries_given_up", "Heads of the journal that could not be sent, in the last 30 days"),
        ("measured_at_seconds", "When the worker last measured (Unix time)"),
    )
}


def count_request(method: str, route: str, status: int, seconds: float) -> None:
    """One request was answered."""
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(route).observe(seconds)


def set_gauge(name: str, value: float) -> None:
    """The worker has measured something.

    Raises:
        KeyError: there is no such gauge.
    """
    _gauges[name].set(value)


def _collected() -> bytes:
    if FOLDER_VARIABLE not in os.environ:
        return generate_latest()
    registry = CollectorRegistry()
    for role in ("app", "worker"):
        folder = folder_of(settings.SHANZHI_HOME, role)
        if folder.is_dir():
            MultiProcessCollector(registry, path=str(folder))  # type: ignore[no-untyped-call]
    return generate_latest(registry)


def _may_read(request: HttpRequest) -> bool:
    token: str = settings.METRICS_TOKEN
    if token:
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())
    is_near = request.META.get("REMOTE_ADDR", "") in LOOPBACK
    # Behind a proxy on this machine everybody comes from loopback.
    return is_near and not request.META.get(IS_FORWARDED)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The figures, for those who may read them; to all others there is no such page."""
    if not _may_read(request):
        raise Http404
    return HttpResponse(_collected(), content_type=CONTENT_TYPE_LATEST)
