"""Where somebody who has found a weakness of this city's installation may say so (RFC 9116, `security.txt`)."""

from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

SCHEMES = ("mailto:", "tel:", "https://")
GOOD_FOR = timedelta(days=180)
"""RFC 9116, section 2.5.5, recommends less than a year."""


def contact_of(given: str) -> str:
    """The setting as it may stand in the file: one address, or nothing.

    Raises:
        ImproperlyConfigured: it is no `mailto:`, `tel:` or `https://` address, or more than one word.
    """
    contact = given.strip()
    if contact and (
        not contact.startswith(SCHEMES) or any(sign.isspace() or not sign.isprintable() for sign in contact)
    ):
        raise ImproperlyConfigured("SHANZHI_SECURITY_CONTACT is one mailto:, tel: or https:// address")
    return contact


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """The city's own contact; no such page where it has given none."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    now: datetime = request.now  # type: ignore[attr-defined]
    expires = (now + GOOD_FOR).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"Contact: {settings.SECURITY_CONTACT}\nExpires: {expires}\nPreferred-Languages: zh, en\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
