"""The second step of signing in: codes used once, factors added, removed and reset.

Passkeys, secrets and recovery codes are allauth's records (`mfa_authenticator`); what is ours is that a code counts once
for the whole city (allauth remembers used ones in each process' memory) and that any change ends the other sessions.
"""

import hmac
from base64 import b32decode
from datetime import datetime

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.hotp import HOTP
from django.db import transaction

from shanzhi.core.errors import InputError
from shanzhi.core.text import msg
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.payloads import FactorsReset
from shanzhi.kernel.access.sealing import unseal
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject

__all__ = ["code_use", "factors_reset", "has_factor", "sessions_end", "totp_counter_of", "totp_counter_used"]

PERIOD = 30
DIGITS = 6
SLACK = 1
"""Steps of 30 seconds that a phone's clock may be off, either way (RFC 6238, 5.2)."""
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class NoSuchAccount(InputError):
    """Nobody signs in under this name."""

    code = "no-such-account"


def has_factor(account_id: int) -> bool:
    """Has the account a passkey or an authenticator app?"""
    return bool(Authenticator.objects.filter(user_id=account_id, type__in=FACTORS).exists())


def totp_counter_of(secret: str, code: str, now: datetime, after: int = -1) -> int | None:
    """The time step, later than `after`, whose code this is; None: it is no code of now (RFC 6238).

    `secret` is in base32. Spaces in the code don't matter.
    """
    typed = "".join(code.split())
    if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
        return None
    # The standard's own: authenticator apps know nothing else; as HMAC, SHA-1 is sound.
    codes = HOTP(b32decode(secret), DIGITS, SHA1(), enforce_key_length=False)  # noqa: S303
    step = int(now.timestamp()) // PERIOD
    for counter in range(max(step - SLACK, after + 1), step + SLACK + 1):
        if hmac.compare_digest(codes.generate(counter), typed.encode()):
            return counter
    return None


@transaction.atomic
def code_use(*, account_id: int, code: str, now: datetime) -> Authenticator | None:
    """Use up a code of the authenticator app, or a recovery code; None: it is wrong, or was used before.

    A code of the app counts once, and none before it counts afterwards (RFC 6238, 5.2; ASVS 5.0, 6.5.1).
    """
    rows = Authenticator.objects.select_for_update().filter(user_id=account_id).order_by("-type")
    for row in rows.filter(type__in=[Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES]):
        if row.type == Authenticator.Type.TOTP:
            counter = totp_counter_of(unseal(row.data["secret"]), code, now, row.data.get("counter", -1))
            if counter is not None:
                row.data["counter"] = counter
                row.save(update_fields=["data"])
                return row
        elif row.wrap().validate_code(code):
            row.refresh_from_db()
            return row
    return None


@transaction.atomic
def totp_counter_used(*, account_id: int, counter: int) -> None:
    """The code by which the app was enrolled is used up as well."""
    row = Authenticator.objects.select_for_update().get(user_id=account_id, type=Authenticator.Type.TOTP)
    row.data["counter"] = counter
    row.save(update_fields=["data"])


@transaction.atomic
def sessions_end(*, account_id: int) -> int:
    """End every session of an account, from the next request on; returns the account's new epoch.

    Whoever asked for it keeps theirs by putting the new epoch into it (the web's part).
    """
    account = Account.objects.select_for_update().get(pk=account_id)
    account.session_epoch += 1
    account.save(update_fields=["session_epoch"])
    return account.session_epoch


@transaction.atomic
def factors_reset(*, username: str, author: Author, now: datetime) -> int:
    """Take all factors off an account whose device is lost, and end its sessions; returns how many there were.

    The password stays; at the next sign-in the person enrols anew. A sign-off by a second person wraps this call.

    Raises:
        NoSuchAccount: nobody signs in under this name.
    """
    account = Account.objects.select_for_update().filter(username=username).first()
    if account is None:
        raise NoSuchAccount(msg("没有“%(who)s”这个登录名。请核对后再试。"), who=username)
    count: int = Authenticator.objects.filter(user_id=account.pk, type__in=FACTORS).count()
    Authenticator.objects.filter(user_id=account.pk).delete()
    epoch = sessions_end(account_id=account.pk)
    journal.record(
        payload=FactorsReset(factors=count),
        subject=Subject("account", account.pk, step=epoch),
        author=author,
        happened_at=now,
    )
    return count
