"""通知设置: how the acting post's unit and role want to hear of each step, besides the page."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.notices import operations, queries
from shanzhi.kernel.notices.policy.templates import MODES


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def own(request: ActingRequest) -> HttpResponse:
    """Each step with its way; a POST saves all that changed."""
    rows, email = queries.preferences_of(request.actor)
    if request.method == "POST":
        wanted = {row.step: request.POST.get(f"mode-{row.step}", row.mode) for row in rows}
        changed = {row.step: wanted[row.step] for row in rows if wanted[row.step] != row.mode}
        operations.preferences_set(modes=changed, actor=request.actor)
        messages.success(request, gettext("已保存。"))
        return HttpResponseRedirect(reverse("notices:own"))
    modes = [(code, gettext(name)) for code, name in MODES.items()]
    shown = [{"row": row, "choices": [(code, name, code == row.mode) for code, name in modes]} for row in rows]
    return render(request, "notices/own.html", {"rows": shown, "email": email})
