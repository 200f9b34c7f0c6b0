"""The few addresses that belong to no slice."""

from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse

from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import NoPost, SignInNeeded
from shanzhi.kernel.access.queries import role_of


def start(request: HttpRequest) -> HttpResponse:
    """Send whoever signed in to the start page of the acting post."""
    actor = request.actor  # type: ignore[attr-defined]
    if actor.is_post:
        return HttpResponseRedirect(reverse(role_of(actor.role).start))
    if request.user.is_authenticated:
        raise NoPost(msg("您目前没有任何岗位，不能办理事项。请联系本单位管理员。"))
    raise SignInNeeded(msg("请先登录。"))


def health(request: HttpRequest) -> HttpResponse:
    """Is the process up, and does the database answer?"""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})
