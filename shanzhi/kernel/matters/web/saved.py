"""Saved views: one page to open, keep and drop them. A view is an address; what it shows is decided anew each time."""

from urllib.parse import urlencode, urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.web.columns import FIELDS
from shanzhi.kernel.matters.web.desk import check_staff
from shanzhi.kernel.matters.web.find import FindForm


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def views(request: ActingRequest) -> HttpResponse:
    """One's own views; a POST keeps the conditions of the address under a name."""
    check_staff(request)
    kept, sentence, status = _known(request.GET), "", 200
    if request.method == "POST":
        kept = _known(QueryDict(urlsplit("?" + request.POST.get("query", "")).query))
        name = request.POST.get("name", "")
        try:
            operations.view_save(name=name, query=kept, actor=request.actor, now=request.now)
        except DomainError as error:
            sentence, status = error.sentence(gettext), error.status
        else:
            messages.success(request, gettext(msg("视图已保存。")))
            return HttpResponseRedirect(reverse("matters:views"))
    rows = [
        {"row": row, "url": f"{reverse('matters:list')}?{_known(QueryDict(row.query))}"}
        for row in queries.my_views(request.actor)
    ]
    context = {"rows": rows, "query": kept, "sentence": sentence, "list_url": reverse("matters:list")}
    return render(request, "matters/views.html", context, status=status)


@require_POST
def drop(request: ActingRequest, pk: int) -> HttpResponse:
    """Forget one."""
    check_staff(request)
    operations.view_drop(view_id=pk, actor=request.actor)
    return HttpResponseRedirect(reverse("matters:views"))


def _known(given: QueryDict) -> str:
    """The conditions and columns that the list has today; what it has no more is left out."""
    names = {*FindForm.base_fields}
    pairs = [(name, value) for name, values in given.lists() if name in names for value in values[-1:] if value]
    pairs += [("col", code) for code in given.getlist("col") if code in FIELDS]
    return urlencode(pairs)
