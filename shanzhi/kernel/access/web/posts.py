"""Changing the post in which one acts: one person may hold several, and acts in one at a time."""

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access import queries
from shanzhi.kernel.access.models import Account
from shanzhi.kernel.access.policy import NoPost, SignInNeeded
from shanzhi.kernel.access.web.middleware import POST_IN_SESSION, ActingRequest


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: ActingRequest) -> HttpResponse:
    """My posts; a POST with `post` makes one of them the acting one and leads to its start page."""
    if not isinstance(request.user, Account):
        raise SignInNeeded(msg("请先登录。"))
    posts = queries.posts_of_account(request.user, local_date(request.now))
    if request.method != "POST":
        return render(request, "access/posts.html", {"posts": posts})
    wanted = request.POST.get("post", "")
    if wanted not in {str(post.post_id) for post in posts}:
        raise NoPost(msg("您现在没有这个岗位，岗位没有切换。请从右上角的菜单里另选一个。"))
    # Another post is another right: the session goes on under a new id (ASVS 5.0, 7.2.4).
    request.session.cycle_key()
    request.session[POST_IN_SESSION] = int(wanted)
    return HttpResponseRedirect(reverse("start"))
