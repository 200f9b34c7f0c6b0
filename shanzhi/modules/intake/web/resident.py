"""Who a resident is, where a try comes from, and how a promise reads."""

from datetime import datetime

from django.http import HttpRequest
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext

from shanzhi.kernel.access.operations import set_scope
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import ActingRequest, followed
from shanzhi.ui.formats import when_text


def resident(request: ActingRequest) -> Actor:
    """The resident that this browser is. Somebody signed in for work is one here too: by the codes that the browser
    has shown, not by the post."""
    if request.actor.kind == "reporter":
        return request.actor
    actor = Actor(follow=followed(request))
    set_scope(actor)
    return actor


def address_of(request: HttpRequest) -> str:
    """Where the request comes from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def due_words(due: datetime, now: datetime) -> str:
    """A promised time inside a sentence: 今天17:30, 11月19日17:30, 19 Nov 17:30."""
    lang = get_language() or "zh-hans"
    local = localtime(due)
    text = when_text(due, localtime(now), lang)
    if ":" not in text:
        text = f"{text} {local:%H:%M}"
    return text[0].lower() + text[1:] if lang.startswith("en") else text.replace(" ", "")


def next_words(says: str, *, unit: str, due: datetime | None, now: datetime) -> str:
    """What happens next and by when: a stage's own sentence with the unit and the time in it."""
    return gettext(says) % {"unit": unit, "due": due_words(due, now) if due else ""}
