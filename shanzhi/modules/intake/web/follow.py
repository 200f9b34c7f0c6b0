"""The first page, and showing a follow code."""

from http import HTTPStatus

from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.kernel.access.web.middleware import ActingRequest, remember_followed
from shanzhi.kernel.matters import queries as matters
from shanzhi.kernel.matters.queries import ListFilter, MatterRow
from shanzhi.kernel.notices.operations import is_sms_offered
from shanzhi.modules.intake import operations
from shanzhi.modules.intake.policy import NoSuchMatter, TooManyGuesses
from shanzhi.modules.intake.web.forms import FollowForm
from shanzhi.modules.intake.web.resident import address_of, resident

MINE_MOST = 30


def _mine(request: ActingRequest) -> tuple[MatterRow, ...]:
    """The matters that this browser follows, newest first."""
    actor = resident(request)
    if not actor.follow:
        return ()
    wanted = ListFilter(follow=actor.follow, open_only=False, sort="newest")
    return matters.matters_page(wanted, now=request.now, actor=actor, size=MINE_MOST).rows


@require_safe
def home(request: ActingRequest) -> HttpResponse:
    """What this is, the two things to do, and what this browser follows."""
    return render(request, "intake/home.html", {"mine": _mine(request)})


@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: ActingRequest) -> HttpResponse:
    """Number and code in; the way to the matter's page out. This browser needs no code from then on."""
    if request.method != "POST":
        form = FollowForm(initial={"number": request.GET.get("number", "")[:40]})
        return _page(request, form, HTTPStatus.OK)
    form = FollowForm(request.POST)
    if not form.is_valid():
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = operations.follow(
            number=form.cleaned_data["number"],
            code=form.cleaned_data["code"],
            address=address_of(request),
            now=request.now,
        )
    except NoSuchMatter as error:
        form.add_error(None, error.sentence(gettext))
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    except TooManyGuesses as error:
        form.add_error(None, error.sentence(gettext))
        return _page(request, form, HTTPStatus.TOO_MANY_REQUESTS)
    response = HttpResponseRedirect(reverse("intake:mine", args=[found.number]))
    remember_followed(request, response, found.follow_hash)
    return response


def _page(request: ActingRequest, form: FollowForm, status: int) -> HttpResponse:
    mine = _mine(request) if status == HTTPStatus.OK else ()
    return render(
        request, "intake/follow.html", {"form": form, "mine": mine, "offers_phone": is_sms_offered()}, status=status
    )
