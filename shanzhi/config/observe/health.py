"""Is the process up, and can it work? For supervisors and load balancers."""

from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

_migrated = False
"""Once the tables fit they stay so for this process: a newer program is another process."""


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """The process is up: nothing else is asked, so that a database that is away doesn't get the process restarted."""
    return JsonResponse({"status": "ok"})


def _are_tables_there() -> bool:
    global _migrated  # noqa: PLW0603 - asked at every look of a load balancer, answered once
    if not _migrated:
        loader = MigrationLoader(connection)
        applied = loader.applied_migrations or {}
        _migrated = all(key in applied for key in loader.graph.leaf_nodes())
    return _migrated


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready to take requests: the database answers and has this program's tables; 503 with what is missing if not."""
    checks = {"database": False, "tables": False}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        checks["database"] = True
        checks["tables"] = _are_tables_there()
    except DatabaseError:
        connection.close()
    is_ready = all(checks.values())
    return JsonResponse(
        {"status": "ready" if is_ready else "not-ready", "checks": checks}, status=200 if is_ready else 503
    )
