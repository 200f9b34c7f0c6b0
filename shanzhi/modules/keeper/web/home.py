"""The keeper's start page: one card for each subject."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.modules.keeper import queries


@require_safe
@never_cache
def home(request: ActingRequest) -> HttpResponse:
    """What there is to look after, with how much of it needs attention."""
    shown = [
        {
            "url": reverse(card.url_name),
            "title": gettext(card.title),
            "line": gettext(card.line),
            "count": count,
            "note": f"{count:,} {gettext(card.counted)}" if count else "",
        }
        for card, count in queries.start_cards(actor=request.actor, now=request.now)
    ]
    return render(request, "keeper/home.html", {"cards": shown})
