"""A message to another system: an event by CloudEvents 1.0, signed by Standard Webhooks 1.0.

CloudEvents (CNCF), JSON format, structured mode. Standard Webhooks: `webhook-id`, `webhook-timestamp` and
`webhook-signature`; signed is HMAC-SHA256 over `id.timestamp.body`, in Base64 behind `v1,`; a receiver's secret is shown as
`whsec_` and Base64. Several signatures stand side by side with a space, so that a key can be changed without a gap.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

OVERLAP = timedelta(days=7)
"""How long the key before signs as well, after a rotation."""
CONTENT_TYPE = "application/cloudevents+json; charset=utf-8"


def key_of(master: bytes, subscription_id: int, number: int) -> bytes:
    """The key of a subscription, 32 bytes out of the installation's own secret: no table holds one."""
    return hmac.new(master, f"webhook.{subscription_id}.{number}".encode(), hashlib.sha256).digest()


def secret_text(key: bytes) -> str:
    """A key as a receiver is told it."""
    return f"whsec_{base64.b64encode(key).decode()}"


def signature(key: bytes, message_id: str, stamp: str, body: bytes) -> str:
    """One signature of a message."""
    signed = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"


def headers_of(keys: Sequence[bytes], message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of a message, signed with each key; the time is that of the try, the id that of the delivery."""
    stamp = str(int(now.timestamp()))
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(signature(key, message_id, stamp, body) for key in keys),
    }


def event_of(
    *, message_id: str, source: str, step: str, subject: str, at: datetime, data: Mapping[str, object]
) -> bytes:
    """A CloudEvent in JSON; the same bytes each time for the same delivery."""
    said = {
        "specversion": "1.0",
        "id": message_id,
        "source": source,
        "type": f"shanzhi.{step}",
        "subject": subject,
        "time": at.isoformat(timespec="seconds"),
        "datacontenttype": "application/json",
        "data": dict(data),
    }
    return json.dumps(said, ensure_ascii=False, sort_keys=True).encode()
