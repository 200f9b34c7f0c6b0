"""The triage desk: the queue left, one matter right, one form for all that is decided there."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.operations import Done
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.queries import DeskCount, ListFilter, MatterPage, MatterRow, Sitting
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.matters.web.queue import Queue
from shanzhi.modules.triage import operations
from shanzhi.modules.triage.policy import intake_stages, led_stages
from shanzhi.modules.triage.web import form

FEATURE = "triage"
QUEUE = Queue("triage:desk", "triage:matter", "triage:file", ("light",))


@require_GET
@never_cache
def desk_page(request: ActingRequest) -> HttpResponse:
    """The desk with what is due first."""
    desk.check_staff(request, FEATURE)
    queue = _queue(request)
    first = next((row.id for row in (*queue.page.rows, *queue.escalated, *queue.crossing)), None)
    return _draw(request, queue, _matter_context(request, first) if first is not None else {}, status=200)


@require_http_methods(["GET", "POST"])
@never_cache
def matter(request: ActingRequest, number: str) -> HttpResponse:
    """One matter on the desk; a POST does what its button says."""
    desk.check_staff(request, FEATURE)
    matter_id = desk.id_of(number)
    if request.method == "POST":
        return _act(request, matter_id)
    return _draw(request, _queue(request), _matter_context(request, matter_id), status=200, is_open=True)


@require_GET
def file(request: ActingRequest) -> FileResponse:
    """The queue as it is shown, all pages of it, as a file."""
    desk.check_staff(request, FEATURE)
    _, wanted = _wanted(request)
    meaning = msg("轮到本中心、还没有受理或还没有派单的事项，先到期的在前")
    return QUEUE.send(request, wanted, msg("待处理的事项"), meaning)


@require_GET
def unit(request: ActingRequest, number: str) -> HttpResponse:
    """The lead's field with the unit that a category and region suggest; a unit that was picked by hand stays."""
    desk.check_staff(request, FEATURE)
    matter_id = desk.id_of(number)
    block = form.lead_block(request, matter_id)
    bound = block.form["lead"]
    return render(request, "triage/_lead.html", {"bound": bound, "id": bound.auto_id})


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits on the desk: how much of it in all, the page of it that is looked at, what was escalated to the centre,
    and what another county asks it to take over."""

    count: DeskCount
    page: MatterPage
    escalated: tuple[MatterRow, ...]
    crossing: tuple[MatterRow, ...]


def _wanted(request: ActingRequest) -> tuple[ListFilter, ListFilter]:
    """All that waits for the acting centre, and what of it the address asks for. What lies in its place and is another
    centre's to take in stays in the list of all matters."""
    whole = ListFilter(stages=intake_stages(desk.kinds()), sitting=Sitting(holder_id=request.actor.unit_id))
    light = request.GET.get("light", "")
    return whole, replace(whole, light=light if light in set(Light) else "")


def _queue(request: ActingRequest) -> Waiting:
    whole, wanted = _wanted(request)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    led = ListFilter(stages=led_stages(desk.kinds()), unit_id=request.actor.unit_id, part="lead")
    found = queries.desk_page(
        whole,
        wanted,
        now=request.now,
        actor=request.actor,
        after=after,
        before=before,
        lists=[led],
        named=[queries.crossings_wanted(request.actor.unit_id or 0)],
    )
    escalated = found.lists[0]
    shown = tuple(row for row in escalated.rows if wanted.light in ("", row.light))
    return Waiting(_both(found.count, escalated), found.page, shown, found.named[0])


def _both(count: DeskCount, escalated: MatterPage) -> DeskCount:
    """What waits to be taken in and what was escalated, together; of the latter the lights of those that are due first."""
    lights = [row.light for row in escalated.rows]
    return DeskCount(
        count.waiting + escalated.total,
        count.warning + lights.count(Light.WARNING),
        count.overdue + lights.count(Light.OVERDUE),
    )


def _matter_context(request: ActingRequest, matter_id: int, posted: desk.Posted | None = None) -> dict[str, Any]:
    """The open matter with the desk's form, where the matter is still the desk's to decide."""
    posted = posted or desk.parked(request)
    context = desk.desk_context(request, matter_id, leave_out=form.verbs_of, posted=posted)
    card = context["card"]
    buttons = form.buttons_of(card)
    hint = form.hint_for(request, matter_id, posted.data if posted else None)
    context |= {"hint": hint, "buttons": buttons, "page": reverse("triage:matter", args=[card.number])}
    if buttons.any:
        context["act"] = form.form_block(request, card, hint, posted)
        context["kept"] = ()
        context["sentence"] = desk.unsaid(posted, [context["act"]])
    return context


def _draw(
    request: ActingRequest, queue: Waiting, opened: Mapping[str, Any], *, status: int, is_open: bool = False
) -> HttpResponse:
    card = opened.get("card")
    numbers = [row.number for row in queue.page.rows]
    at = numbers.index(card.number) + 1 if card and card.number in numbers else 0
    following = next((number for number in numbers[at:] if not card or number != card.number), "")
    context = {
        **opened,
        "lines": desk.lines(queue.page.rows, "triage:matter", card.id if card else None),
        "escalated": desk.lines(queue.escalated, "triage:matter", card.id if card else None),
        "crossing": desk.lines(queue.crossing, "triage:matter", card.id if card else None),
        "count": queue.count,
        "light": request.GET.get("light", ""),
        "keep": _keep(request),
        "following": following,
        "pager": QUEUE.pager(queue.page, request.GET),
        "files": QUEUE.files(queue.page, request.GET),
        "matter_open": is_open,
        "list_url": reverse("triage:desk"),
    }
    return render(request, "triage/desk.html", context, status=status)


def _keep(request: ActingRequest) -> str:
    """The queue's filter and page, for the addresses on the page."""
    return QUEUE.url("", request.GET)


def _act(request: ActingRequest, matter_id: int) -> HttpResponse:
    """Do what the pressed button says, then on to the next; what can't be done comes back with all that was typed."""
    find = request.POST.get(desk.FIND, "")
    if find:
        data = form.with_suggested_unit(request, matter_id) if find == form.SUGGEST else request.POST
        opened = _matter_context(request, matter_id, desk.Posted(form.CODE, data))
        return _draw(request, _queue(request), opened, status=200, is_open=True)
    kind = desk.kind_of(matter_id)
    button = request.POST.get("do", "")
    try:
        done = _do(request, matter_id, kind, button)
    except NotFound:
        raise
    except DomainError as error:
        opened = _matter_context(request, matter_id, desk.Posted(form.CODE, request.POST, error))
        return _draw(request, _queue(request), opened, status=error.status, is_open=True)
    _say(request, kind, button, done)
    return HttpResponseRedirect(_onwards(request, done, stays=button == "correct"))


def _do(request: ActingRequest, matter_id: int, kind: Kind, button: str) -> Done:
    common: dict[str, Any] = {
        "matter_id": matter_id,
        "actor": request.actor,
        "now": request.now,
        "version": desk.version_of(request),
        "key": desk.key_of(request),
    }
    if button.startswith(form.LINK):
        number = button.removeprefix(form.LINK)
        return matters.act(action=form.action_of(kind, "link").code, fields={"same_as": number}, **common)
    if button in (form.ACCEPT_AND_DISPATCH, "dispatch"):
        form.check_lead(request, matter_id)
    values = desk.values_of(form.joint_choice(kind), request)
    first, then = form.acts_of(kind, button, values, form.changed(request, values))
    if then is not None:
        return operations.accept_and_dispatch(first=first, then=then, **common)
    return matters.act(action=first.action, fields=first.fields, **common)


def _say(request: ActingRequest, kind: Kind, button: str, done: Done) -> None:
    """A sentence for the next page; after a dispatch: to whom, until when they have to take it, and by when an answer is
    promised."""
    if button not in (form.ACCEPT_AND_DISPATCH, "dispatch"):
        desk.say_done(request, form.action_of(kind, button.partition(":")[0]).name, done, form=form.CODE)
        return
    told = queries.promised(done.matter_id, now=request.now)
    if told is None or told.step is None:
        desk.say_done(request, form.action_of(kind, "dispatch").name, done, form=form.CODE)
        return
    params = {
        "unit": told.unit,
        "due": desk.when(told.step.due_at, request.now),
        "step": gettext(told.step.name),
    }
    said = gettext(msg("已派给%(unit)s，%(due)s前%(step)s。")) % params
    desk.say(request, desk.with_answer(said, told, request.now), done, form=form.CODE)


def _onwards(request: ActingRequest, done: Done, *, stays: bool) -> str:
    """The address of the matter that comes next in the queue; the desk itself where nothing is left."""
    keep = _keep(request)
    if stays:
        return reverse("triage:matter", args=[done.number]) + keep
    numbers = [row.number for row in _queue(request).page.rows if row.number != done.number]
    wanted = request.POST.get("following", "")
    following = wanted if wanted in numbers else next(iter(numbers), "")
    return reverse("triage:matter", args=[following]) + keep if following else reverse("triage:desk")
