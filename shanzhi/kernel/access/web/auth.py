"""Who may call the HTTP API, and the shape of its errors: for every slice's `web/api.py`.

`ActingMiddleware` has resolved the caller already; what is asked here is whether that is enough for the call.

    @router.get("/matters", auth=staff, response={200: MatterList, STAFF_PROBLEMS: Problem})
    @router.post("/reports", auth=anyone, response={201: Receipt, PROBLEMS: Problem})
"""

from django.http import HttpRequest
from ninja import Schema
from ninja.security.base import AuthBase

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import ANYONE, Actor, SignInNeeded

__all__ = ["PROBLEMS", "STAFF_PROBLEMS", "Problem", "anyone", "staff"]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
PROBLEMS = frozenset({400, 401, 404, 409, 413, 422, 429})
"""What an open call can answer with instead; each is a `Problem`."""
STAFF_PROBLEMS = PROBLEMS | {403}
"""The same for a call that needs a post."""


class Problem(Schema):
    """An error by RFC 9457, sent as application/problem+json: `title` is a stable code, `detail` a sentence for a
    person, `fields` one sentence for each input that is at fault."""

    type: str
    title: str
    status: int
    detail: str
    fields: dict[str, str] = {}


def anyone(request: HttpRequest) -> Actor:
    """For open calls: who calls; no token is needed, but a bad one is refused.

    A signed-in browser may read here, so that pages can look things up. It may change nothing: the API takes no CSRF
    token, and a browser adds its session to whatever another site makes it send.

    Raises:
        SignInNeeded: a token that is unknown, expired, ended, or whose post has ended; answered with 401.
    """
    failed: DomainError | None = getattr(request, "acting_error", None)
    if failed is not None:
        # A token whose post has ended is an invalid token too (RFC 6750, section 3.1).
        raise SignInNeeded(str(failed)) from failed
    actor: Actor = getattr(request, "actor", ANYONE)
    has_token = request.headers.get("Authorization", "").lower().startswith("bearer ")
    if actor.is_post and not has_token and request.method not in SAFE_METHODS:
        raise SignInNeeded(msg("网页登录不能用来调用接口。请在请求头里带上令牌：Authorization: Bearer。"))
    return actor


class StaffToken(AuthBase):
    """A token in `Authorization: Bearer …` (RFC 6750). The API's description names the scheme by this class."""

    openapi_type = "http"
    openapi_scheme = "bearer"

    def __call__(self, request: HttpRequest) -> Actor:
        """The acting post.

        Raises:
            SignInNeeded: no token, or a bad one; answered with 401.
        """
        actor = anyone(request)
        if not actor.is_post:
            raise SignInNeeded(msg("这个接口要用令牌。请在请求头里带上 Authorization: Bearer，令牌向管理员申请。"))
        return actor


staff = StaffToken()
"""For calls of staff: a valid token of a post."""
