"""A staff session: how long it lasts, what it was signed in with, and by which browser.

Times and steps stand in the session itself; what ends all sessions of an account is the account's epoch
(`operations.sessions_end`). ASVS 5.0, 7.3 and 7.4.
"""

import secrets
from datetime import datetime

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.contrib.auth import SESSION_KEY, update_session_auth_hash
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.http import HttpRequest, HttpResponse

from shanzhi.kernel.access import operations
from shanzhi.kernel.access.attempts import Place, name_hash
from shanzhi.kernel.access.models import Account

SIGNED_IN_AT = "signed_in_at"
SEEN_AT = "seen_at"
ATTEMPT = "sign_in_attempt"
SECOND_STEP = "mfa"
"""allauth's word for it in a session's records; ours add the provider that vouched for it (`type` "provider")."""
SEEN_EVERY = 60
KNOWN_COOKIE = "known"
KNOWN_FOR = 180 * 24 * 3600
KNOWN_MOST = 8
_NAME_SIGNS = 16


def is_signed_in(request: HttpRequest) -> bool:
    """Does the browser bring a session of an account? One query at most; a visitor's request costs none."""
    return settings.SESSION_COOKIE_NAME in request.COOKIES and SESSION_KEY in request.session


def start(request: HttpRequest, now: datetime) -> None:
    """A session begins now."""
    request.session[SIGNED_IN_AT] = request.session[SEEN_AT] = int(now.timestamp())


def check_time(request: HttpRequest, now: datetime, *, idle: bool) -> bool:
    """Is the session still running? One that is over, or idle for too long, ends here; else it is marked as seen, at most
    once a minute."""
    at = int(now.timestamp())
    began = request.session.get(SIGNED_IN_AT)
    if began is None:
        start(request, now)
        return True
    seen = request.session.get(SEEN_AT, began)
    idle_for = settings.SESSION_IDLE_MINUTES * 60
    if at - began >= settings.SESSION_COOKIE_AGE or (idle and idle_for and at - seen >= idle_for):
        end(request)
        return False
    if at - seen >= SEEN_EVERY:
        request.session[SEEN_AT] = at
    return True


def end(request: HttpRequest) -> None:
    """End this session."""
    request.session.flush()
    request.user = AnonymousUser()


def has_second_step(request: HttpRequest, account: Account) -> bool:
    """Was this session signed in with a second step: a passkey, a code, or the word of the city's identity provider?"""
    return any(record.get("method") == SECOND_STEP for record in get_authentication_records(request, account))


def second_step_by_provider(request: HttpRequest, account: Account) -> bool:
    """Did the city's identity provider vouch for the second step?"""
    return any(record.get("type") == "provider" for record in get_authentication_records(request, account))


def vouched(request: HttpRequest, account: Account) -> None:
    """The identity provider says that it asked for a second step."""
    record_authentication(request, account, SECOND_STEP, type="provider")


def factors_changed(request: HttpRequest, added: str = "") -> None:
    """The signed-in person has added (`added`: its type, just proved) or removed a factor: their other sessions end, this
    one goes on under a new id."""
    account = request.user
    assert isinstance(account, Account)  # noqa: S101 - the views need a sign-in
    account.session_epoch = operations.sessions_end(account_id=account.pk)
    update_session_auth_hash(request, account)
    if added:
        record_authentication(request, account, SECOND_STEP, type=added)


# -- known browsers --------------------------------------------------------------------------------------------------


def _cookie() -> str:
    return settings.COOKIE_PREFIX + KNOWN_COOKIE


def _known(request: HttpRequest) -> dict[str, str]:
    try:
        found = signing.loads(request.COOKIES.get(_cookie(), ""), salt=KNOWN_COOKIE, max_age=KNOWN_FOR)
    except signing.BadSignature:
        return {}
    return found if isinstance(found, dict) else {}


def _key(name: str) -> str:
    return name_hash(name)[:_NAME_SIGNS].hex()


def place_of(request: HttpRequest, name: str) -> Place:
    """Where a try under this name comes from: a browser that has signed in under it, else the address."""
    return Place(request.META.get("REMOTE_ADDR", ""), _known(request).get(_key(name), ""))


def is_known(request: HttpRequest) -> bool:
    """Has anybody signed in from this browser before?"""
    return bool(_known(request))


def remember_browser(request: HttpRequest, response: HttpResponse, name: str) -> None:
    """From now on this browser is known under the name; it proves nothing but that, and lets nobody in."""
    known = _known(request)
    secret = known.pop(_key(name), "") or secrets.token_urlsafe(16)
    kept = dict([*known.items()][1 - KNOWN_MOST :]) if len(known) >= KNOWN_MOST else known
    response.set_cookie(
        _cookie(),
        signing.dumps(kept | {_key(name): secret}, salt=KNOWN_COOKIE),
        max_age=KNOWN_FOR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )
