"""The operator's desk: one call, what is known about it, and its endings. Works by keyboard alone."""

import uuid
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import current_kind
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.hotline import operations, queries
from shanzhi.modules.hotline.operations import Ended
from shanzhi.modules.hotline.policy import ENDING_NAMES, FEATURE, CallNotFound, CallOver, Ending, Words
from shanzhi.modules.hotline.queries import DeskCalls, Look
from shanzhi.modules.hotline.web.form import call_form, words_of

PASS_ON, LINK, DROP = "pass_on:", "link:", "drop"


@require_GET
@never_cache
def desk_page(request: ActingRequest) -> HttpResponse:
    """The desk with an empty form: the next call. A ring that nobody has opened is the next call; `?new=1` leaves it
    ringing, for a call that the exchange didn't put through."""
    desk.check_staff(request, FEATURE)
    waiting = queries.desk_calls(request.actor, request.now)
    ringing = queries.waiting_ring(waiting.calls)
    if ringing is not None and not request.GET.get("new"):
        return HttpResponseRedirect(reverse("hotline:call", args=[ringing.ref]))
    return _draw(request, _Shown(uuid.uuid4(), Words()), waiting)


@require_http_methods(["GET", "POST"])
@never_cache
def call(request: ActingRequest, ref: uuid.UUID) -> HttpResponse:
    """One call: a draft taken up again; a POST ends it, or looks up without script."""
    desk.check_staff(request, FEATURE)
    if request.method == "POST":
        return _post(request, ref)
    try:
        words, found = operations.call_resume(ref=ref, actor=request.actor, now=request.now)
    except CallOver as error:
        messages.info(request, error.sentence(gettext))
        return HttpResponseRedirect(reverse("hotline:desk"))
    return _draw(request, _Shown(ref, words, found))


@require_POST
@never_cache
def look(request: ActingRequest) -> HttpResponse:
    """Keep what was typed, and what is known about it: the partial beside the form."""
    desk.check_staff(request, FEATURE)
    words = words_of(request)
    ref = _ref(request)
    found = operations.call_keep(ref=ref, words=words, actor=request.actor, now=request.now)
    answer = render(request, "hotline/_look.html", _look_context(request, words, found))
    # From here on the address is the draft's own: whoever goes away and back, or reloads, has it again.
    answer["HX-Replace-Url"] = reverse("hotline:call", args=[ref])
    return answer


@require_GET
@never_cache
def rings(request: ActingRequest) -> HttpResponse:
    """The calls that aren't over: asked every few seconds, so that a ring shows by itself."""
    desk.check_staff(request, FEATURE)
    calls = queries.open_calls(request.actor, request.now)
    # The page says which call it shows; that one isn't listed.
    shown = request.GET.get("ref", "")
    context = {"calls": [row for row in calls if str(row.ref) != shown], "shown": shown}
    return render(request, "hotline/_calls.html", context)


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page shows: a call, what was typed, what is known, what went wrong, and how the last call ended."""

    ref: uuid.UUID
    words: Words
    look: Look | None = None
    error: DomainError | None = None
    ended: Ended | None = None


def _ref(request: ActingRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("ref", ""))
    except ValueError:
        raise CallNotFound(msg("没有找到这通来电。请开一张新的来电单。")) from None


def _post(request: ActingRequest, ref: uuid.UUID) -> HttpResponse:
    words, do = words_of(request), request.POST.get("do", "")
    if do == DROP:
        operations.call_drop(ref=ref, actor=request.actor, now=request.now)
        return HttpResponseRedirect(reverse("hotline:desk"))
    ending, named = _ending_of(do)
    if ending is None or request.POST.get(desk.FIND):
        found = operations.call_keep(ref=ref, words=words, actor=request.actor, now=request.now)
        return _draw(request, _Shown(ref, words, found))
    try:
        ended = operations.call_end(
            ref=ref,
            words=words_of(request, ends=True),
            ending=ending,
            passed_to=named if ending is Ending.PASSED else "",
            same_as=named if ending is Ending.LINKED else "",
            actor=request.actor,
            now=request.now,
        )
    except NotFound:
        raise
    except CallOver as error:
        return _draw(request, _Shown(ref, words, error=error), status=error.status)
    except DomainError as error:
        # What is known stays beside the form, and what was chosen there; an error commits nothing of it.
        found = operations.call_keep(ref=ref, words=words, actor=request.actor, now=request.now)
        return _draw(request, _Shown(ref, words, found, error), status=error.status)
    # Drawn, not redirected to: the follow code is told to the caller now, and stands nowhere afterwards.
    return _draw(request, _Shown(uuid.uuid4(), Words(), ended=ended))


def _ending_of(do: str) -> tuple[Ending | None, str]:
    """The ending that a button means, and what it names: whom a call is passed on to, which matter it is linked under."""
    for prefix, ending in ((PASS_ON, Ending.PASSED), (LINK, Ending.LINKED)):
        if do.startswith(prefix):
            return (ending, do.removeprefix(prefix)) if do != prefix else (None, "")
    return next((each for each in Ending if each == do), None), ""


def _start_field(words: Words, shown: _Shown) -> str:
    """Where the cursor stands when the page comes: what the operator types next. Errors take the focus themselves."""
    if shown.error is not None or shown.ended is not None:
        return ""
    return "body" if words.phone else "phone"


def _look_context(request: ActingRequest, words: Words, found: Look | None) -> dict[str, Any]:
    hint = found.hint if found else None
    context: dict[str, Any] = {"look": found, "cite": words.cite, "typed": words, "hint": hint}
    if hint is not None:
        chosen = words.co.split(",")
        context["helpers"] = [(one, name, not words.co or str(one) in chosen) for one, name in hint.co]
        context["was_co"] = ",".join(str(one) for one, _ in hint.co)
        if hint.limit is not None:
            context["limit"] = gettext(hint.limit.message) % {"amount": hint.limit.amount}
    return context


def _draw(
    request: ActingRequest, shown: _Shown, waiting: DeskCalls | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    words, found, error = shown.words, shown.look, shown.error
    place = found.place if found is not None else None
    form = call_form(request, words, place=place, error=error, start=_start_field(words, shown))
    grounds = tuple(desk.grounds_for("refuse"))
    waiting = waiting or queries.desk_calls(request.actor, request.now)
    to = current_kind("request").field("passed_to").choices
    context = {
        **_look_context(request, words, found),
        "form": form,
        "ref": shown.ref,
        "grounds": grounds,
        "ground": next((row for row in grounds if row.code == words.ground), None),
        "sentence": error,
        "ended": shown.ended,
        "answer_by": desk.when(shown.ended.answer_at, request.now) if shown.ended else "",
        "ended_name": ENDING_NAMES[shown.ended.ending] if shown.ended else "",
        "calls": [row for row in waiting.calls if row.ref != shown.ref],
        "shown": str(shown.ref),
        "current": next((row for row in waiting.calls if row.ref == shown.ref), None),
        "stays": bool(request.GET.get("new")) or shown.ended is not None,
        "counted": [(ENDING_NAMES[ending], waiting.ended[ending.value]) for ending in Ending],
        "pass_to": [(name, str(place)) for place, name in enumerate(to, start=1)],
    }
    return render(request, "hotline/desk.html", context, status=status)
