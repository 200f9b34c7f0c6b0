"""One transaction and one scope for each request; what answers with an error commits nothing."""

from collections.abc import Callable, Sequence
from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db import transaction  # house: opens the one transaction of the request
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.policy import ANYONE, Actor, NoPost, check_second_factor
from shanzhi.kernel.access.resident import Resident, resident_seen
from shanzhi.kernel.access.scope import set_scope
from shanzhi.kernel.access.web import session
from shanzhi.kernel.organisation.queries import PostCard, one_tree

POST_IN_SESSION = "post"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FOLLOWED = "followed"
FOLLOWED_COOKIE = settings.COOKIE_PREFIX + FOLLOWED
FOLLOWED_FOR = 400 * 24 * 3600
FOLLOWED_MOST = 30
RESIDENT_COOKIE = f"{settings.COOKIE_PREFIX}resident"
ERROR_STATUS = 400

GetResponse = Callable[[HttpRequest], HttpResponse]


class ActingRequest(HttpRequest):
    """A request as the pages get it: who acts, the one time that it counts as now, and all posts of who signed in."""

    actor: Actor
    now: datetime
    held_posts: Sequence[PostCard]
    user: Account | AnonymousUser


def resident_session(request: HttpRequest) -> Resident | None:
    """The session of a resident who gave a phone code; looked up once a request, and only for who brings a key."""
    if not hasattr(request, "resident_session"):
        token = request.COOKIES.get(RESIDENT_COOKIE, "")
        found = resident_seen(token=token, now=request.now) if token else None  # type: ignore[attr-defined]
        request.resident_session = found  # type: ignore[attr-defined]
    session: Resident | None = request.resident_session  # type: ignore[attr-defined]
    return session


def followed(request: HttpRequest) -> tuple[str, ...]:
    """The hashes of follow codes that this browser has shown, and those that a phone code opened for now."""
    session = resident_session(request)
    return tuple(dict.fromkeys((*_remembered(request), *(session.follow if session else ()))))


def _remembered(request: HttpRequest) -> tuple[str, ...]:
    """The hashes of follow codes that this browser has shown; kept in a signed cookie, no account needed."""
    raw = request.COOKIES.get(FOLLOWED_COOKIE)
    if not raw:
        return ()
    try:
        hashes = signing.loads(raw, salt=FOLLOWED, max_age=FOLLOWED_FOR)
    except signing.BadSignature:
        return ()
    return tuple(str(item) for item in hashes)


def remember_followed(request: HttpRequest, response: HttpResponse, follow_hash: str) -> None:
    """Let this browser follow one more matter; the oldest of too many goes."""
    hashes = [item for item in _remembered(request) if item != follow_hash] + [follow_hash]
    response.set_cookie(
        FOLLOWED_COOKIE,
        signing.dumps(hashes[-FOLLOWED_MOST:], salt=FOLLOWED),
        max_age=FOLLOWED_FOR,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def remember_resident(response: HttpResponse, token: str) -> None:
    """Give the browser the key of a resident's session; it goes when the browser is closed."""
    response.set_cookie(RESIDENT_COOKIE, token, httponly=True, secure=settings.SESSION_COOKIE_SECURE, samesite="Strict")


def forget_resident(response: HttpResponse) -> None:
    """Take the key out of the browser."""
    response.delete_cookie(RESIDENT_COOKIE, samesite="Strict")


def _resolve(request: HttpRequest, now: datetime) -> Actor:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        found = queries.token_actor(token.strip(), now)
        if not found.used_today:
            operations.token_used(token_id=found.token_id, on=local_date(now))
        return found.actor
    actor = _actor_of_session(request, now) if session.is_signed_in(request) else None
    if actor is not None:
        return actor
    hashes = followed(request)
    return Actor(follow=hashes) if hashes else ANYONE


def _actor_of_session(request: HttpRequest, now: datetime) -> Actor | None:
    """The post that a signed-in person acts in; None where there is none, or the session is over.

    Raises:
        SecondFactorNeeded: a password alone isn't enough for this post.
        NoPost: a form was sent in a post that has ended.
    """
    account = request.user
    if not isinstance(account, Account):
        return None
    wanted = request.session.get(POST_IN_SESSION)
    cards = queries.cards_of_account(account, local_date(now))
    actor = queries.actor_among(cards, wanted)
    request.held_posts = cards  # type: ignore[attr-defined]
    role = queries.roles().get(actor.role) if actor else None
    if not session.check_time(request, now, idle=role is None or role.personal_data) or actor is None:
        return None
    check_second_factor(role, has_second=session.has_second_step(request, account), is_required=settings.MFA_REQUIRED)
    _check_post_held(request, actor, wanted)
    return actor


def _check_post_held(request: HttpRequest, actor: Actor, wanted: int | None) -> None:
    """Nobody acts in another post than they think: where the session's post has ended, the session falls out of it, and
    what was about to be done in it is not done.

    Raises:
        NoPost: a form was sent in a post that has ended.
    """
    if wanted == actor.post_id:
        return
    request.session[POST_IN_SESSION] = actor.post_id
    if wanted is not None and request.method not in SAFE_METHODS:
        raise NoPost(msg("您刚才的岗位已经结束，这次操作没有提交。请从右上角选择岗位后再办理。"))


class ActingMiddleware:
    """Sets `request.now` and `request.actor`, opens the request's transaction and holds the database to the scope.

    Sign-in itself stays outside: its failure counts must be kept though it answers with an error.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request inside its own transaction."""
        now = timezone.now()  # house: this is where request.now comes from
        request.now = now  # type: ignore[attr-defined]
        request.actor = ANYONE  # type: ignore[attr-defined]
        request.held_posts = ()  # type: ignore[attr-defined]
        if request.path.startswith(settings.OUTSIDE_TRANSACTION):
            if request.path.startswith(settings.SIGN_IN_PAGES) and session.is_signed_in(request):
                session.check_time(request, now, idle=True)
            return self.get_response(request)
        with one_tree(is_read=request.method in SAFE_METHODS), transaction.atomic():
            try:
                actor = _resolve(request, now)
            except DomainError as error:
                request.acting_error = error  # type: ignore[attr-defined]
                actor = ANYONE
            request.actor = actor  # type: ignore[attr-defined]
            set_scope(actor)
            response = self.get_response(request)
            if response.status_code >= ERROR_STATUS:
                transaction.set_rollback(True)
        return response
