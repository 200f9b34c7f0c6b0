"""The supervisor's pages: the start page, its wall view, one table whole, and who gave back to whom."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.oversight import queries
from shanzhi.modules.oversight.policy import FEATURE, LISTED_MOST, SHOWN_MOST, Dimension, dimension_of
from shanzhi.modules.oversight.queries import Overview
from shanzhi.modules.oversight.web import show
from shanzhi.modules.oversight.web.posts import posts_table


def looked_at(request: ActingRequest) -> Overview:
    """The counts of the region that the address names."""
    desk.check_staff(request, FEATURE)
    region = request.GET.get("region", "")
    return queries.overview(request.actor, region=region, kinds=desk.kinds(), now=request.now)


@require_safe
@never_cache
def start(request: ActingRequest) -> HttpResponse:
    """The big numbers, and the first lines of each table."""
    context = _context(request, looked_at(request))
    left = queries.left_with_work(request.actor, now=request.now)
    waiting = matters.asks_waiting(request.actor.unit_id or 0, request.now)
    asked = show.asks_table(waiting)
    return render(request, "oversight/start.html", context | {"left": posts_table(left), "asked": asked})


@require_safe
@never_cache
def wall(request: ActingRequest) -> HttpResponse:
    """The same for a wall: asks anew each minute, and for htmx only what changes."""
    is_part = request.headers.get("HX-Request") == "true"
    context = _context(request, looked_at(request)) | {"is_wall": True}
    return render(request, "oversight/_board.html" if is_part else "oversight/wall.html", context)


@require_safe
@never_cache
def table(request: ActingRequest, dimension: str) -> HttpResponse:
    """One table whole."""
    chosen = dimension_of(dimension)
    found = looked_at(request)
    lines = found.tables[chosen]
    context = {
        "dimension": chosen,
        "title": gettext(chosen.label),
        "table": show.table_of(chosen, lines[:LISTED_MOST]),
        "more": max(0, len(lines) - LISTED_MOST),
        "trail": show.trail(found.path, "oversight:start"),
        "files": _files("oversight:table_file", found.region_code, str(chosen)),
    }
    return render(request, "oversight/table.html", context)


@require_safe
@never_cache
def bounced(request: ActingRequest) -> HttpResponse:
    """Pairs of units between which open matters went back and forth."""
    desk.check_staff(request, FEATURE)
    found = queries.bounced(request.actor, region=request.GET.get("region", ""), now=request.now)
    context = {
        "table": show.bounced_table(found),
        "trail": show.trail(found.path, "oversight:bounced"),
        "files": _files("oversight:bounced_file", found.path[-1][0] if found.path else ""),
    }
    return render(request, "oversight/bounced.html", context)


def _context(request: ActingRequest, found: Overview) -> dict[str, Any]:
    region = found.region_code
    query = f"?region={region}" if region else ""
    return {
        "figures": show.figures(found),
        "verdicts": show.verdicts(found),
        "trail": show.trail(found.path, "oversight:start"),
        "tables": [
            {
                "title": gettext(dimension.label),
                "table": show.table_of(dimension, lines[:SHOWN_MOST]),
                "url": f"{reverse('oversight:table', args=[dimension])}{query}",
                "total": len(lines),
            }
            for dimension, lines in found.tables.items()
        ],
        "region_query": query,
        "counted_at": request.now,
        "Dimension": Dimension,
    }


def _files(page: str, region: str, *args: str) -> list[tuple[str, str]]:
    query = f"region={region}&" if region else ""
    url = reverse(page, args=args)
    return [(label, f"{url}?{query}format={code}") for code, label in (("xlsx", "XLSX"), ("csv", "CSV"))]
