"""One matter: its page, its actions, its contact, and the pieces that its forms fetch while somebody types."""

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from shanzhi.core.errors import InputError
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import ProofError, write_proof
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.picker import is_id, picker, search_name, wanted_of

PICKER_KINDS = frozenset({"unit", "units", "region", "place"})


@require_GET
@never_cache
def matter(request: ActingRequest, number: str) -> HttpResponse:
    """The staff's page of one matter."""
    desk.check_staff(request)
    context = desk.desk_context(request, desk.id_of(number))
    if context["card"].number != number:
        return HttpResponseRedirect(reverse("matters:matter", args=[context["card"].number]))
    return desk.draw_matter(request, context, 200)


@require_POST
def do(request: ActingRequest, number: str, action: str) -> HttpResponse:
    """Do one action and go back to where the form stood."""
    desk.check_staff(request)
    back = desk.here(request.POST.get("back", ""), "") or desk.here(request.POST.get("page", ""), "")
    return desk.do_action(request, desk.id_of(number), action, back or reverse("matters:matter", args=[number]))


@require_POST
@never_cache
def reveal(request: ActingRequest, number: str) -> HttpResponse:
    """Show the contact, or the originals of masked texts, once, for a named reason."""
    desk.check_staff(request)
    matter_id = desk.id_of(number)
    try:
        found = operations.reveal_contact(
            matter_id=matter_id,
            reason=request.POST.get("reason", ""),
            actor=request.actor,
            now=request.now,
            originals=request.POST.get("what") == "originals",
        )
    except InputError as error:
        posted = desk.Posted("", request.POST, error)
        return desk.draw_matter(request, desk.desk_context(request, matter_id, posted=posted), error.status)
    return desk.draw_matter(request, desk.desk_context(request, matter_id, revealed=found), 200)


@require_GET
@never_cache
def proof(request: ActingRequest, number: str) -> HttpResponse:
    """The proof of the matter's entries, as far as this post sees them, as a file."""
    desk.check_staff(request)
    matter_id = desk.id_of(number)
    try:
        made = journal.proof_of("matter", matter_id, number=number)
    except ProofError as error:
        messages.warning(request, error.sentence(gettext))
        return HttpResponseRedirect(reverse("matters:matter", args=[number]))
    response = HttpResponse(write_proof(made), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="proof-{number}.json"'
    return response


@require_GET
def units(request: ActingRequest) -> HttpResponse:
    """A picker's lines for what is being typed: `field`, `kind`, `form` (the prefix of ids) and the search itself."""
    desk.check_staff(request)
    field = request.GET.get("field", "")
    kind = request.GET.get("kind", "")
    chosen = picker(
        request,
        field,
        kind if kind in PICKER_KINDS else "unit",
        chosen=request.GET.getlist(field),
        suggested=[value for value in request.GET.getlist("suggested") if is_id(value)],
        words=request.GET.get(search_name(field), ""),
        wanted=wanted_of(request.GET, kind),
    )
    return render(request, "matters/_picker_options.html", {"picker": chosen, "id": request.GET.get("id", "")})


@require_GET
def ground(request: ActingRequest) -> HttpResponse:
    """What a chosen ground is for, and the lawful channel that has to be told."""
    desk.check_staff(request)
    found = queries.grounds().by_code.get(request.GET.get("ground", ""))
    return render(request, "matters/_ground.html", {"ground": found})
