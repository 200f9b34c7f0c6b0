"""What a session notes of the browser at sign-in."""

from typing import Any

from django.http import HttpRequest

from shanzhi.kernel.access.policy.sessions import device_words, place_words
from shanzhi.kernel.access.session_store import DEVICE, PLACE


def note_browser(sender: object, request: HttpRequest | None = None, **kwargs: Any) -> None:
    """Keep device and place in words, never the whole address: by them people know their own sessions."""
    if request is None or not hasattr(request, "session"):
        return
    request.session[DEVICE] = device_words(request.META.get("HTTP_USER_AGENT", ""))
    request.session[PLACE] = place_words(request.META.get("REMOTE_ADDR", ""))
