"""A code that comes to a resident's phone, and what it opens: the matters that were reported with this phone."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from shanzhi.core.text import msg
from shanzhi.kernel.access import operations as access
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.vault.policy import mask_phone, normalise_phone
from shanzhi.modules.intake.models import PhoneCode
from shanzhi.modules.intake.operations.counts import count_of_day, count_up, own_connection
from shanzhi.modules.intake.policy import (
    CODE_TRIES,
    PHONE_A_DAY,
    TooManyCodes,
    WrongCode,
    check_mobile,
    phone_limits,
    try_limits,
)

CODE_FOR = timedelta(minutes=5)
_MINUTES = 5

_SET = (
    "INSERT INTO intake_phone_code (blind_index, code_hash, tries, expires_at) VALUES (%s, %s, 0, %s)"
    " ON CONFLICT (blind_index) DO UPDATE SET code_hash = EXCLUDED.code_hash, tries = 0, expires_at = EXCLUDED.expires_at"
)
_TRY = (
    "UPDATE intake_phone_code SET tries = tries + 1 WHERE blind_index = %s AND tries < %s AND expires_at > %s"
    " RETURNING code_hash"
)
_USE = "DELETE FROM intake_phone_code WHERE blind_index = %s AND code_hash = %s"


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way: to which phone (masked), for how many minutes; `shown` is the message in a demo."""

    phone: str
    minutes: int
    shown: str


@dataclass(frozen=True, slots=True)
class PhoneShown:
    """A phone was shown: the key of the session that this opened, and how many matters it shows."""

    token: str
    matters: int


def code_send(*, phone: str, address: str, now: datetime) -> CodeSent:
    """Send a code of six digits to a mobile phone, whether or not anything was ever reported with it.

    The code's keyed hash is kept for five minutes beside the phone's blind index; the phone itself nowhere. A new code
    replaces the one before. `address` is where the request comes from.

    Raises:
        InvalidPhone, NoMobile: it can't be a mobile phone.
        TooManyCodes: too many for this phone, or from this address, in a quarter of an hour or a day.
        SmsOff, SmsFailed: the message wasn't sent.
    """
    number = check_mobile(normalise_phone(phone))
    index = matters.phone_index(number)
    subject = f"sms {index.hex()}"
    if count_up(phone_limits(address, index.hex()), now) or count_of_day(subject, now) > PHONE_A_DAY:
        raise TooManyCodes(msg("验证码要得太勤了。请过一刻钟再试，或用编号和查询码查进度。"))
    code = f"{secrets.randbelow(1_000_000):06d}"
    with own_connection() as cursor:
        cursor.execute("DELETE FROM intake_phone_code WHERE expires_at <= %s", [now])
        cursor.execute(_SET, [index, _code_hash(index, code), now + CODE_FOR])
    text = msg("验证码 %(code)s，%(minutes)s 分钟内有效，用于查看您反映的事项。工作人员不会向您要验证码。")
    sent = notices.send_sms(phone=number, text=text % {"code": code, "minutes": _MINUTES}, now=now)
    return CodeSent(mask_phone(number), _MINUTES, sent.shown)


def code_show(*, phone: str, code: str, address: str, now: datetime) -> PhoneShown:
    """Show the code that came to a phone: opens a session of half an hour with the phone's matters.

    Each try counts before it is judged, so that many at once are no more than five; the right code works once.

    Raises:
        InvalidPhone, NoMobile: it can't be a mobile phone.
        WrongCode: wrong, too old, used, or tried too often; all in the same words.
        TooManyCodes: too many tries from this address.
    """
    number = check_mobile(normalise_phone(phone))
    index = matters.phone_index(number)
    if count_up(try_limits(address), now):
        raise TooManyCodes(msg("试错的次数太多，先停一停。请过一刻钟再试。"))
    if not _is_right(index, code, now):
        raise WrongCode(
            msg("验证码不对，或者已经过期。请核对短信，或重新获取。"),
            fields={"code": msg("验证码不对，或者已经过期。请核对短信，或重新获取。")},
        )
    follow = matters.follow_of_phone(number)
    return PhoneShown(access.resident_open(follow=follow, now=now), len(follow))


def _is_right(index: bytes, code: str, now: datetime) -> bool:
    given = _code_hash(index, "".join(code.split()))
    with own_connection() as cursor:
        cursor.execute(_TRY, [index, CODE_TRIES, now])
        row = cursor.fetchone()
        if row is None or not constant_time_compare(bytes(row[0]).hex(), given.hex()):
            return False
        cursor.execute(_USE, [index, given])
        return bool(cursor.rowcount)


def _code_hash(index: bytes, code: str) -> bytes:
    """Keyed: a million codes are tried out in a second by whoever has the table alone."""
    return salted_hmac("intake.phone_code", f"{index.hex()} {code}", algorithm="sha256").digest()


@transaction.atomic
def codes_forget(*, now: datetime) -> int:
    """Remove codes that are over, and residents' sessions that are; returns how many. Worker's role."""
    deleted, _ = PhoneCode.objects.filter(expires_at__lte=now).delete()
    return deleted + access.residents_forget(now=now)
