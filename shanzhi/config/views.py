"""The few addresses that belong to no slice."""

import sys

from django.core.exceptions import RequestDataTooBig, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from shanzhi.config import away
from shanzhi.config.api import PROBLEM, problem
from shanzhi.config.observe.requests import request_id
from shanzhi.core.errors import DomainError, NotAllowed, NotFound, TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NoPost, SignInNeeded
from shanzhi.kernel.access.queries import role_of
from shanzhi.kernel.access.web.errors import error_page


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Send whoever signed in to the start page of the acting post."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_post:
        return HttpResponseRedirect(reverse(role_of(actor.role).start))
    if request.user.is_authenticated:
        raise NoPost(msg("您目前没有任何岗位，不能办理事项。请联系本单位管理员。"))
    raise SignInNeeded(msg("请先登录。"))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """A request that can't be read: too much at once, or not what a browser sends."""
    if isinstance(exception, RequestDataTooBig | TooManyFilesSent):
        return say(request, TooLarge(msg("一次提交的内容太多。请缩短文字或减少附件，分几次提交。")))
    return say(request, DomainError(msg("这次请求读不懂。请返回上一页，刷新后再试。")))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not for this person."""
    return say(request, NotAllowed(msg("您现在的岗位不能打开这一页。请换一个岗位，或联系管理员。")))


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that didn't come from one of our pages, or whose page is too old."""
    return say(request, NotAllowed(msg("这一页打开得太久了，为了安全没有提交。请返回上一页，刷新后再提交。")))


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such page."""
    return say(request, NotFound(msg("没有找到这个页面，或者您现在的岗位看不到它。请检查地址，或返回首页。")))


def broken(request: HttpRequest) -> HttpResponse:
    """Something failed that is ours to mend. Drawn without a query: the database may be what failed."""
    # Django asks for this page while it handles the error.
    error = sys.exc_info()[1]
    if error is not None and (away_for_now := away.sentence_of(error)):
        return away.answer(request, away_for_now, error)
    sentence = gettext("系统出了故障，没有保存。请过几分钟再试；仍不行请告诉管理员。")
    if request.path.startswith("/api/"):
        body = {
            "type": "urn:shanzhi:broken",
            "title": "broken",
            "status": 500,
            "detail": sentence,
            "instance": request_id(),
        }
        return JsonResponse(body, status=500, content_type=PROBLEM)
    return HttpResponse(render_to_string("500.html", {"request_id": request_id()}), status=500)


def say(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error as a page, or for programs as problem+json."""
    return problem(request, error) if request.path.startswith("/api/") else error_page(request, error)
