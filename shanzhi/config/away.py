"""The database or the disk fails under a request: a page that says so and asks to come back, nothing half done."""

import errno
import logging

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext

from shanzhi.config.api import PROBLEM
from shanzhi.core.text import msg

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})
DISK_FULL = "53100"
# Deadlock, serialization failure, lock not available, statement cancelled: the same request, sent again, may well do.
BUSY = frozenset({"40P01", "40001", "55P03", "57014"})


def sentence_of(error: BaseException | None) -> str:
    """What to tell people where this error means that a part is away for a while; empty where it means something else."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return msg("服务器的磁盘满了或不可写，没有保存。请过一会儿再提交；管理员请清理磁盘。")
    if not isinstance(error, OperationalError | InterfaceError):
        return ""
    state = getattr(error.__cause__, "sqlstate", None)
    if state == DISK_FULL:
        return msg("数据库的磁盘满了，没有保存。请过一会儿再提交；管理员请清理磁盘。")
    if state in BUSY:
        return msg("同一时间办理的人太多，没有保存。请过几秒再提交一次，不会重复办理。")
    return msg("数据库暂时连不上，没有保存。请过几秒再提交一次，不会重复办理。")


def answer(request: HttpRequest, sentence: str, error: BaseException) -> HttpResponse:
    """503 with the sentence as a page, or as problem+json for programs; one line in the log. Drawn without a query."""
    # No traceback and no message: the one says nothing of the cause, the other might name what somebody typed.
    log.error("unavailable: %s %s", type(error).__name__, getattr(error.__cause__, "sqlstate", None) or "")
    said = gettext(sentence)
    response: HttpResponse
    if request.path.startswith("/api/"):
        body = {"type": "urn:shanzhi:unavailable", "title": "unavailable", "status": 503, "detail": said}
        response = JsonResponse(body, status=503, content_type=PROBLEM)
    else:
        happened, stop, to_do = said.partition("。")
        if not stop:
            happened, _, to_do = happened.partition(". ")
        response = HttpResponse(render_to_string("503.html", {"title": happened, "text": to_do}), status=503)
    # Django would log it a second time, with its traceback and the address.
    response._has_been_logged = True  # type: ignore[attr-defined]
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
