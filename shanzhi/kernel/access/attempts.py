"""Tries to sign in: counted, held up, told of. What was typed is never kept, only keyed hashes of it."""

import ipaddress
import logging
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from shanzhi.core.errors import TooMany
from shanzhi.core.text import msg
from shanzhi.kernel.access.models import Account, SignInAttempt
from shanzhi.kernel.access.throttle import (
    BY_CODE,
    BY_PASSWORD,
    KEPT_FOR,
    NAME_WITHIN,
    Limit,
    Tries,
    wait_for_name,
    wait_here,
)

__all__ = [
    "Place",
    "TooManyTries",
    "attempt_begin",
    "attempt_confirmed",
    "attempt_passed",
    "attempts_forget",
    "code_attempt_begin",
    "held_up",
    "sign_in_done",
]

logger = logging.getLogger("shanzhi.access.sign_in")
_ANYWHERE = bytes(32)
_IPV6_SITE = 64

_TRIES = """
SELECT count(*) FILTER (WHERE a.place_hash = %(place)s AND a.at > here.since),
       min(a.at) FILTER (WHERE a.place_hash = %(place)s AND a.at > here.since),
       count(*) FILTER (WHERE NOT a.known), max(a.at) FILTER (WHERE NOT a.known)
  FROM access_sign_in_attempt a,
       (SELECT greatest(max(at), %(window)s) AS since FROM access_sign_in_attempt
         WHERE name_hash = %(name)s AND place_hash = %(place)s AND outcome <> 'failed') here
 WHERE a.name_hash = %(name)s AND a.at > %(wide)s AND a.outcome = 'failed'
"""
_SINCE_LAST = """
SELECT count(*) FROM access_sign_in_attempt a
 WHERE a.name_hash IN (%(name)s, %(code)s) AND a.outcome IN ('failed', 'passed') AND a.id <> %(own)s
   AND a.at > coalesce(
       (SELECT max(at) FROM access_sign_in_attempt WHERE name_hash = %(name)s AND outcome = 'signed_in'), '-infinity')
"""


class TooManyTries(TooMany):
    """The name has to wait; `wait` is how long. Its owner's known browsers and passkeys don't."""

    code = "too-many-tries"

    def __init__(self, wait: timedelta) -> None:
        super().__init__(msg("登录失败的次数太多。请过几分钟再试。"))
        self.wait = wait

    @property
    def minutes(self) -> int:
        """The wait in minutes, rounded up."""
        return -int(-self.wait.total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a try comes from: an address, or a browser that is known under this name (its secret)."""

    address: str
    known_by: str = ""

    @property
    def hash(self) -> bytes:
        """The keyed hash under which it is kept; of an IPv6 address only the site's part."""
        if self.known_by:
            return _hash("browser", self.known_by)
        try:
            address = ipaddress.ip_address(self.address)
        except ValueError:
            return _hash("address", self.address)
        if address.version == 6:
            address = ipaddress.ip_network(f"{address}/{_IPV6_SITE}", strict=False).network_address
        return _hash("address", str(address))


def _hash(kind: str, text: str) -> bytes:
    return salted_hmac(f"shanzhi.access.{kind}", text, algorithm="sha256").digest()


def name_hash(name: str) -> bytes:
    """The keyed hash of a sign-in name as it was typed; how it is written doesn't matter."""
    return _hash("name", unicodedata.normalize("NFKC", name).strip().casefold())


def _code_hash(account_id: int) -> bytes:
    return _hash("code", str(account_id))


def _tries(name: bytes, place: bytes, limit: Limit, now: datetime) -> Tries:
    values: dict[str, bytes | datetime] = {
        "name": name,
        "place": place,
        "window": now - limit.within,
        "wide": now - max(NAME_WITHIN, limit.within),
    }
    with connection.cursor() as cursor:
        cursor.execute(_TRIES, values)
        return Tries(*cursor.fetchone())


def _begin(name: bytes, place: bytes, known: bool, limit: Limit, now: datetime) -> int:
    """One try is claimed before its secret is looked at, so that a hundred at once are a hundred."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Tries of one name queue up here for the time of two short statements.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(name[:8], "big", signed=True)])
        tries = _tries(name, place, limit, now)
        wait = wait_here(tries, limit, now) or (None if known else wait_for_name(tries, now))
        if wait is not None:
            logger.warning("sign-in held up: name=%s", name[:6].hex())
            raise TooManyTries(wait)
        made = SignInAttempt.objects.create(name_hash=name, place_hash=place, known=known, at=now, outcome="failed")
    return made.pk


def attempt_begin(*, name: str, place: Place, now: datetime) -> int:
    """Claim one try with a password; it counts as failed until `attempt_passed`. Returns its id.

    Raises:
        TooManyTries: the name has to wait here, or in every unknown place.
    """
    return _begin(name_hash(name), place.hash, bool(place.known_by), BY_PASSWORD, now)


def code_attempt_begin(*, account_id: int, now: datetime) -> int:
    """Claim one try with a code of the second step; counted for the account, wherever it comes from.

    Raises:
        TooManyTries: ten were wrong within fifteen minutes.
    """
    return _begin(_code_hash(account_id), _ANYWHERE, True, BY_CODE, now)


def attempt_passed(*, attempt_id: int) -> None:
    """The password was right; the second step may still be to come."""
    SignInAttempt.objects.filter(pk=attempt_id).update(outcome="passed")


def attempt_confirmed(*, attempt_id: int) -> None:
    """The code was right, or the password of somebody who is signed in already: nothing is to follow."""
    SignInAttempt.objects.filter(pk=attempt_id).update(outcome="confirmed")


def held_up(*, name: str, place: Place, now: datetime) -> TooManyTries | None:
    """After a failure: is this place's next try under the name held up? It is logged under the name's keyed hash."""
    hashed = name_hash(name)
    logger.warning("sign-in failed: name=%s", hashed[:6].hex())
    wait = wait_here(_tries(hashed, place.hash, BY_PASSWORD, now), BY_PASSWORD, now)
    return TooManyTries(wait) if wait is not None else None


@transaction.atomic
def sign_in_done(*, account: Account, attempt_id: int | None, place: Place, now: datetime) -> int:
    """Somebody is fully signed in; returns how many tries under their name came to nothing since the last time.

    A password that was right without the second step after it counts as such a try: it is the one to know of.
    """
    name = name_hash(account.username)
    values: dict[str, bytes | int] = {"name": name, "code": _code_hash(account.pk), "own": attempt_id or 0}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE_LAST, values)
        count = int(cursor.fetchone()[0])
    changed = SignInAttempt.objects.filter(pk=attempt_id or 0, name_hash=name).update(outcome="signed_in")
    if not changed:
        SignInAttempt.objects.create(
            name_hash=name, place_hash=place.hash, known=bool(place.known_by), at=now, outcome="signed_in"
        )
    return count


def attempts_forget(*, now: datetime) -> int:
    """Delete what is older than thirty days; returns how many. Worker's role."""
    deleted, _ = SignInAttempt.objects.filter(at__lt=now - KEPT_FOR).delete()
    return deleted
