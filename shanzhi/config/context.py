"""What every page's template gets."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.kernel.access.policy import ANYONE, navigation_for
from shanzhi.kernel.access.queries import my_posts, roles
from shanzhi.kernel.notices import queries as notices


def _is_in(path: str, url: str) -> bool:
    """Does an address lie under a page of the navigation? Under the first page lies everything, so only itself counts."""
    return path == url or (url != "/" and path.startswith(url))


def page(request: HttpRequest) -> dict[str, Any]:
    """Navigation, the acting post with its switch, the number of unread notices, and whether this is a demo city.

    Lazy where a query is behind it: a page that doesn't show it doesn't pay for it.
    """
    actor = getattr(request, "actor", ANYONE)
    now = getattr(request, "now", None)
    role = roles().get(actor.role) if actor.is_post else None
    entries = navigation_for(actor, role)
    # Of pages that lie under each other the innermost is the current one.
    under = {reverse(name): entry.url_name for entry in entries for name in (entry.url_name, *entry.also)}
    here = under.get(max((url for url in under if _is_in(request.path, url)), key=len, default=""))
    navigation = [
        {"url": reverse(entry.url_name), "label": gettext(entry.label), "current": entry.url_name == here}
        for entry in entries
    ]
    return {
        "actor": actor,
        "role": role,
        "now": now,
        "navigation": navigation,
        "demo_city": settings.DEMO_CITY,
        "city_name": settings.CITY_NAME,
        "my_posts": lambda: my_posts(getattr(request, "held_posts", ())),
        "unread": (lambda: notices.count_unread(actor.unit_id, actor.role)) if actor.is_post else 0,  # type: ignore[arg-type]
    }
