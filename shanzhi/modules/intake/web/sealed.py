"""What a page hands to the next one without a session: files that are stored already, and the receipt of a report."""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from shanzhi.core.errors import DomainError
from shanzhi.kernel.files.policy import Place, StoredFile
from shanzhi.kernel.files.queries import is_in_store
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.vault.operations import keyring

# Its path is that of one page, so the prefix that binds a cookie to the whole host can't be had (RFC 6265bis, 4.1.3).
RECEIPT_COOKIE = ("__Secure-" if settings.COOKIE_PREFIX else "") + "receipt"
RECEIPT_FOR = timedelta(minutes=30)
_CONTEXT = b"intake.receipt"
_KEPT = "intake.kept"
KEPT_FOR = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the page after a report shows."""

    number: str
    follow_code: str
    stage: str
    unit_name: str
    due_at: datetime | None


def give_receipt(response: HttpResponse, made: Reported, now: datetime) -> None:
    """Hand number and code to the next page: sealed, so that neither a log nor a look at the cookie shows the code."""
    content = {
        "number": made.number,
        "code": made.follow_code,
        "stage": made.stage,
        "unit": made.unit_name,
        "due": made.due_at,
        "at": now,
    }
    blob = keyring().seal(orjson.dumps(content), context=_CONTEXT)
    response.set_cookie(
        RECEIPT_COOKIE,
        base64.urlsafe_b64encode(blob).decode(),
        max_age=RECEIPT_FOR,
        path=reverse("intake:done"),
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def read_receipt(request: HttpRequest, now: datetime) -> Receipt | None:
    """The receipt that the last page handed over; None where there is none (any more)."""
    raw = request.COOKIES.get(RECEIPT_COOKIE, "")
    if not raw:
        return None
    try:
        content = orjson.loads(keyring().open_sealed(base64.urlsafe_b64decode(raw), context=_CONTEXT))
    except (DomainError, ValueError, binascii.Error):
        return None
    if datetime.fromisoformat(content["at"]) + RECEIPT_FOR < now:
        return None
    due = content["due"]
    return Receipt(
        content["number"],
        content["code"],
        content["stage"],
        content["unit"],
        datetime.fromisoformat(due) if due else None,
    )


def token_of(file: StoredFile) -> str:
    """A stored file as a signed text for a hidden field: a form that comes back needs no second upload."""
    content: dict[str, Any] = {
        "sha256": file.sha256,
        "media_type": file.media_type,
        "size": file.size,
        "name": file.name,
        "width": file.width,
        "height": file.height,
        "place": [file.place.lat, file.place.lon] if file.place else None,
        "taken_at": file.taken_at.isoformat() if file.taken_at else None,
    }
    return signing.dumps(content, salt=_KEPT, compress=True)


def kept_files(tokens: Iterable[str]) -> list[StoredFile]:
    """The files of these texts; left out are forged and old ones, and those whose bytes
    were removed meanwhile; the same file counts once."""
    found: dict[str, StoredFile] = {}
    for token in tokens:
        try:
            content = signing.loads(token, salt=_KEPT, max_age=KEPT_FOR)
        except signing.BadSignature:
            continue
        place, taken_at = content.pop("place"), content.pop("taken_at")
        file = StoredFile(
            **content,
            place=Place(*place) if place else None,
            taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
        )
        if is_in_store(file.sha256):
            found.setdefault(file.sha256, file)
    return list(found.values())
