"""How large a request may be: told from its length before a byte is read, so that nobody fills the disk with what is refused
afterwards. A proxy in front should hold the same (docs/deploy.md)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shanzhi.config.api import problem
from shanzhi.core.errors import TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.access.web.errors import error_page
from shanzhi.kernel.packs.policy.letter_box import LETTER_MOST

BODY_MOST = 250_000_000
"""Bytes: as many files as a form takes, each as large as one may be."""
_MB = 1_000_000


def most_of(path: str, *, is_post: bool) -> int:
    """Bytes that a request for this address may bring; `is_post`: somebody who has signed in."""
    if path.startswith("/letters/") and is_post:
        return LETTER_MOST + _MB
    return BODY_MOST


class BodyMiddleware:
    """Refuses what is too large before anything reads it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on, or say how much it may be."""
        said = request.META.get("CONTENT_LENGTH") or "0"
        most = most_of(request.path, is_post=getattr(request, "actor", ANYONE).is_post)
        # The page that checks packs says itself what else there is to do.
        is_told = request.path.startswith("/packs/check/")
        if is_told or (said.isascii() and said.isdigit() and len(said) < 19 and int(said) <= most):
            return self.get_response(request)
        error = TooLarge(
            msg("一次提交的内容超过 %(most)d MB，没有收下。请减少内容或文件个数，分几次提交。"), most=most // _MB
        )
        return problem(request, error) if request.path.startswith("/api/") else error_page(request, error)
