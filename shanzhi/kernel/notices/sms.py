"""The SMS gateway: one call, behind which a city's own platform stands.

Setting SHANZHI_SMS: `none` (no text messages; nothing is offered that needs one), `log` (a demo shows the message on the
page; refused outside a demo city), `http` (signed JSON to SHANZHI_SMS_URL, see docs/sms.md).
"""

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from shanzhi.core import outbound
from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg

SECONDS = 5.0
"""A page waits for the gateway no longer than this."""
MOST_ANSWER = 20_000


class SmsFailed(DomainError):
    """The message wasn't taken by the gateway, or nobody knows whether it was."""

    status = 502
    code = "sms-failed"


class SmsOff(DomainError):
    """This city sends no text messages."""

    status = 404
    code = "sms-off"


@dataclass(frozen=True, slots=True)
class SmsSent:
    """A message on its way; `shown` is its text where a demo shows it instead of sending it."""

    shown: str = ""


def is_sms_offered() -> bool:
    """Does this city send text messages?"""
    return str(settings.SMS) != "none"


def send_sms(*, phone: str, text: str, now: datetime, key: str = "") -> SmsSent:
    """Send one text message to a phone in its normal form; keeps nothing and logs nothing. `key` stays the same when one
    message is tried again (empty: this is another one).

    Raises:
        SmsOff: the city sends none.
        SmsFailed: the gateway didn't take it.
    """
    if settings.SMS == "log":
        return SmsSent(shown=text)
    if settings.SMS != "http":
        raise SmsOff(msg("本市没有开通短信。请用编号和查询码查进度。"))
    body = json.dumps(
        {"id": key or str(uuid.uuid4()), "phone": phone, "text": text, "sent_at": now.isoformat()}, ensure_ascii=False
    ).encode()
    rules = replace(settings.OUTBOUND, seconds=SECONDS, most_bytes=MOST_ANSWER)
    stamp = str(int(now.timestamp()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Shanzhi-Timestamp": stamp,
        "Shanzhi-Signature": f"sha256={signature(settings.SMS_TOKEN, stamp, body)}",
    }
    try:
        answer = outbound.send("POST", settings.SMS_URL, rules=rules, body=body, headers=headers)
    except DomainError as error:
        # Which host and why is for the keeper (`shanzhi doctor`), not for a resident.
        raise SmsFailed(msg("短信没有发出去。请过几分钟再试，或用编号和查询码查进度。")) from error
    if not answer.is_good:
        raise SmsFailed(msg("短信没有发出去。请过几分钟再试，或用编号和查询码查进度。"))
    return SmsSent()


def signature(token: str, stamp: str, body: bytes) -> str:
    """HMAC-SHA-256 over time and body in hexadecimal, by which the gateway's adapter knows us (and old calls)."""
    return hmac.new(token.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
