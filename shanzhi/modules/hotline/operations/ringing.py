"""A ring of the exchange (CTI): believed by its signature, once, within minutes; it opens a call at one desk."""

import hmac
import json
import uuid
from dataclasses import asdict
from datetime import datetime, timedelta
from hashlib import sha256

from django.db import connection, transaction

from shanzhi.core.text import msg
from shanzhi.kernel.vault.operations import keyring
from shanzhi.kernel.vault.policy import InvalidPhone, normalise_phone
from shanzhi.modules.hotline.models import Extension
from shanzhi.modules.hotline.policy import BadRing, NoDesk, Words

FRESH = timedelta(minutes=5)
REMEMBER = timedelta(hours=1)
SECRET_LEAST = 32
"""Characters; a shorter secret lets nothing in."""


def check_signature(*, secret: str, stamp: str, signature: str, body: bytes, now: datetime) -> None:
    """Raises BadRing where a body wasn't signed with the secret within five minutes: HMAC-SHA-256 (RFC 2104) in
    hexadecimal over the Unix time, a full stop and the body."""
    expected = hmac.new(secret.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    is_signed = len(secret) >= SECRET_LEAST and hmac.compare_digest(expected.encode(), signature.encode())
    is_time = stamp.isascii() and stamp.isdigit() and len(stamp) < len("10000000000000")
    if not is_signed or not is_time or abs(now.timestamp() - int(stamp)) > FRESH.total_seconds():
        raise BadRing(msg("签名不对，或者时间相差超过五分钟。请检查密钥和服务器时间。"))


@transaction.atomic
def ring(*, event: str, extension: str, number: str, now: datetime) -> bool:
    """Open a call at the desk of an extension; False where this ring came already, or another desk has taken it. The
    number is sealed at once. A hunt group rings several extensions under one name: who opens it first has it.

    A number that isn't one (withheld, an internal line) is left out; the desk opens without it.

    Raises:
        NoDesk: nobody has the extension.
    """
    try:
        phone = normalise_phone(number) if number.strip() else ""
    except InvalidPhone:
        phone = ""
    ref = uuid.uuid4()
    sealed = keyring().seal(json.dumps(asdict(Words(phone=phone)), ensure_ascii=False).encode(), context=ref.bytes)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT hotline_ring(%s, %s, %s, %s, %s, %s)",
            [extension, _hash(f"{extension} {event}"), _hash(event), ref, sealed, now],
        )
        became = cursor.fetchone()[0]
    if became == "nobody":
        raise NoDesk(msg("没有哪个席位登记了这个分机号。请先登记分机。"))
    return bool(became == "rung")


def _hash(text: str) -> bytes:
    return sha256(text.encode()).digest()


@transaction.atomic
def extension_set(*, extension: str, post_id: int) -> None:
    """Let an extension ring at a post's desk, instead of where it rang before. Importer's role."""
    Extension.objects.update_or_create(extension=extension, defaults={"post_id": post_id})


@transaction.atomic
def rings_forget(*, now: datetime) -> int:
    """Forget rings that could not be sent again any more; returns how many. Worker's role."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM hotline_ringseen WHERE seen_at < %s", [now - REMEMBER])
        return int(cursor.rowcount)
