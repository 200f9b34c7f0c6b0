"""A visit by phone: item by item."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile, check_count
from shanzhi.modules.drives import operations, queries
from shanzhi.modules.drives.operations import Seen
from shanzhi.modules.drives.policy.words import VISIT
from shanzhi.modules.drives.queries.shapes import ApplicationView
from shanzhi.modules.drives.web import said
from shanzhi.modules.drives.web.asking import check, degrees_of, headline, post_of, problems_of
from shanzhi.modules.drives.web.forms import LookForm


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def page(request: ActingRequest, pk: int) -> HttpResponse:
    """What was found about each item; the next one that wasn't looked at is asked."""
    check(request, VISIT)
    if request.method != "POST":
        return _draw(request, pk, LookForm())
    item = post_of(request, "item")[:40]
    try:
        operations.look_keep(
            application_id=pk, seen=_seen(request, item), stored=_photos(request), actor=request.actor, now=request.now
        )
    except DomainError as error:
        if error.status == 404:
            raise
        return _draw(request, pk, LookForm(request.POST, problems=problems_of(error)), error, item)
    messages.success(request, gettext(msg("这一项已经保存。")))
    return HttpResponseRedirect(reverse("drives:visit", args=[pk]))


def _seen(request: ActingRequest, item: str) -> Seen:
    try:
        uid = UUID(post_of(request, "uid"))
    except ValueError:
        uid = uuid4()
    return Seen(
        uid, item, {"yes": True, "no": False}.get(post_of(request, "found")), post_of(request, "words"),
        degrees_of(post_of(request, "latitude"), 90), degrees_of(post_of(request, "longitude"), 180),
        bool(post_of(request, "is_finding")),
    )  # fmt: skip


def _photos(request: ActingRequest) -> list[StoredFile]:
    uploads = request.FILES.getlist("files")
    check_count(len(uploads))
    return [files.store(data=upload, name=clean_text(upload.name or ""), now=request.now) for upload in uploads]


def _draw(
    request: ActingRequest, pk: int, form: LookForm, error: DomainError | None = None, item: str = ""
) -> HttpResponse:
    view = queries.application_view(pk, local_date(request.now), proposes=False)
    asked = _asked(view, item or request.GET.get("item", ""))
    context = {
        "view": view,
        "badge": said.state_badge(view.row.state),
        "items": [
            {"row": one, "badge": said.answer_badge(one), "is_asked": one.item.code == asked}
            for one in view.items
            if one.item.visit
        ],
        "asked": next((one for one in view.items if one.item.code == asked), None),
        "left": sum(one.item.visit and one.look is None for one in view.items),
        "form": form,
        "uid": post_of(request, "uid") or str(uuid4()),
        "said": headline(error),
    }
    return render(request, "drives/visit.html", context, status=error.status if error else 200)


def _asked(view: ApplicationView, wanted: str) -> str:
    """The item that is asked: the one that was chosen, else the next that wasn't looked at."""
    if any(one.item.code == wanted and one.item.visit for one in view.items):
        return wanted
    return next((one.item.code for one in view.items if one.item.visit and one.look is None), "")
