"""The door of this folder for desks: one matter with its forms, and the carrying out of one of them.

A module's view calls `desk_context` to show a matter and includes `matters/_card.html`; its forms are posted to
`matters:do`, or to an address of the desk's own whose view calls `do_action`. See README.md.
"""

import uuid
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.models import Matter
from shanzhi.kernel.matters.operations import Done
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.policy.process import FieldType, Kind, Verb
from shanzhi.kernel.matters.policy.turns import WITH_REPORTER
from shanzhi.kernel.matters.queries import ActionChoice, MatterCard, MatterRow, current_kind, kind_version, live_kinds
from shanzhi.kernel.matters.web import show, told
from shanzhi.kernel.matters.web.blocks import (
    FIND,
    ActionBlock,
    Posted,
    Start,
    action_block,
    draft_name,
    joint_choice,
)
from shanzhi.kernel.matters.web.forms import PickerField, grounds_for, values_of
from shanzhi.kernel.matters.web.picker import is_code, is_id, picker, place_known, region_choices, search_name
from shanzhi.kernel.matters.web.promises import for_staff, with_answer
from shanzhi.kernel.vault.operations import READ_REASONS
from shanzhi.kernel.vault.web.parked import parked_fields
from shanzhi.ui.components import LightLevel

__all__ = [
    "FIND",
    "WITH_REPORTER",
    "ActionBlock",
    "Line",
    "PickerField",
    "Posted",
    "Start",
    "action_block",
    "check_staff",
    "choice_of",
    "desk_context",
    "do_action",
    "draw_matter",
    "grounds_for",
    "here",
    "id_of",
    "is_code",
    "is_id",
    "joint_choice",
    "key_of",
    "kind_of",
    "kinds",
    "lines",
    "parked",
    "picker",
    "place_known",
    "region_choices",
    "say",
    "say_done",
    "search_name",
    "unsaid",
    "values_of",
    "version_of",
    "when",
    "with_answer",
]

FEATURE = "find"
DRAFT_DONE = "draft_done"
MAIN_VERBS = ("receive", "accept", "dispatch", "take", "reply", "check_pass", "rate", "assist_done")
"""Verbs whose form may stand open on the page: what usually comes next."""

Draw = Callable[[ActingRequest, dict[str, Any], int], HttpResponse]
when = show.when
amount_said = told.amount_said
change_told, history = told.change_told, told.history
LEVELS = show.LEVELS


def check_staff(request: ActingRequest, feature: str = FEATURE) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(request.actor, roles().get(request.actor.role), feature)


def kind_of(matter_id: int) -> Kind:
    """The process that a visible matter runs under; 1 query.

    Raises:
        MatterNotFound: not there, or not visible.
    """
    found = Matter.objects.filter(pk=matter_id).values_list("kind", "kind_version").first()
    if found is None:
        raise _not_found()
    return kind_version(*found)


def kinds() -> list[Kind]:
    """The version in force of each kind."""
    return [current_kind(code) for code in sorted(live_kinds())]


def id_of(number: str) -> int:
    """The id of the visible matter with this number; 1 query.

    Raises:
        MatterNotFound: not there, or not visible.
    """
    found = queries.matter_id_of_number(number)
    if found is None:
        raise _not_found()
    return found


def _not_found() -> MatterNotFound:
    return MatterNotFound(msg("没有找到这件事项，或者您现在的岗位看不到它。请核对编号，或换一个岗位。"))


def here(path: str, otherwise: str) -> str:
    """An address of this site that came with a form, else `otherwise`."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else otherwise


def desk_context(
    request: ActingRequest,
    matter_id: int,
    *,
    back: str = "",
    page: str = "",
    do_url: str = "matters:do",
    leave_out: Collection[str] | Callable[[MatterCard], Collection[str]] = (),
    posted: Posted | None = None,
    revealed: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """What `matters/_card.html` needs: `card`, its parts for the components, and `main` and `others`, the forms.

    `page` is the address of the page that shows it (default: this one) and `back` where to go when something was done
    (default: `page`). `do_url` names the address that takes the forms, with number and action; actions whose verb is in
    `leave_out` get no form, because the desk has one of its own. `posted` gives a form back. 1 to 3 queries, 1 more
    for a form in which a unit is chosen.

    Raises:
        MatterNotFound: not there, or not visible.
    """
    card = queries.card(matter_id, actor=request.actor, now=request.now)
    own = reverse("matters:matter", args=[card.number])
    left_out = leave_out(card) if callable(leave_out) else leave_out
    page = page or here(request.POST.get("page", ""), own if request.method == "POST" else request.path)
    posted = posted or parked(request)
    blocks = [
        action_block(request, card, choice, reverse(do_url, args=[card.number, choice.code]), posted=posted)
        for choice in card.actions
        if choice.verb not in left_out
    ]
    main = _main(blocks)
    return {
        "card": card,
        "page": page,
        "back": back or here(request.POST.get("back", ""), ""),
        "level": show.LEVELS[card.light],
        "left": show.left_text(card.left),
        "facts": show.facts_of(card),
        "steps": show.steps_of(card),
        "shares": show.shares_of(card),
        "part_lines": [(row, show.LEVELS[row.light]) for row in card.parts.rows],
        "helping_level": show.LEVELS[card.helping.light if card.helping else None],
        "first_told": show.first_told(card),
        "clocks": show.clocks_of(card, request.now),
        "rungs": show.rungs_of(card),
        "asks": [
            (ask, told.amount_said(ask.amount), show.ASK_TONES[ask.state], told.why_fallen(ask)) for ask in card.asks
        ],
        "returned": told.returns_of(card),
        "photos": show.photos_of(card),
        "papers": show.papers_of(card),
        "timeline": show.timeline_of(card, request.now),
        "next_sentence": _next(card, request),
        "main": main,
        "others": tuple(block for block in blocks if block is not main),
        "sentence": unsaid(posted, blocks),
        "kept": _kept(matter_id, posted, card.actions),
        "read_reasons": tuple((code, gettext(name)) for code, name in READ_REASONS.items()),
        "revealed": dict(revealed or {}),
        "draft_done": request.session.pop(DRAFT_DONE, ""),
    }


def parked(request: ActingRequest) -> Posted | None:
    """A form that was sent without a valid session, after its writer has signed in again."""
    fields = parked_fields(request)
    if not fields:
        return None
    data = QueryDict(mutable=True)
    for name, values in fields.items():
        data.setlist(name, values)
    return Posted(data.get("action", ""), data)


def unsaid(posted: Posted | None, blocks: Collection[ActionBlock]) -> str:
    """The sentence of what went wrong, where no form that came back tells of it."""
    is_told = any(block.is_back and block.form.errors for block in blocks)
    return posted.error.sentence(gettext) if posted and posted.error and not is_told else ""


def _main(blocks: list[ActionBlock]) -> ActionBlock | None:
    """The form that stands open: one that came back, else the usual next step."""
    back = next((block for block in blocks if block.is_back), None)
    usual = (block for verb in MAIN_VERBS for block in blocks if block.choice.verb == verb)
    return back or next(usual, None)


def _next(card: MatterCard, request: ActingRequest) -> str:
    """What the reporter reads about what comes next."""
    params = {"unit": card.holder_name, "due": show.when(card.next_params["due"], request.now)}
    return gettext(card.next_sentence) % params if card.next_sentence else ""


def _kept(matter_id: int, posted: Posted | None, actions: Collection[ActionChoice]) -> tuple[tuple[str, str], ...]:
    """Texts that were typed into a form that the matter's new state no longer has."""
    if posted is None or any(choice.code == posted.action for choice in actions):
        return ()
    kind = kind_of(matter_id)
    names = {spec.code: spec.name for spec in kind.fields if spec.type is FieldType.TEXT}
    texts = ((gettext(name), posted.data.get(code, "")) for code, name in names.items())
    return tuple((label, text) for label, text in texts if text.strip())


def draw_matter(request: ActingRequest, context: dict[str, Any], status: int) -> HttpResponse:
    """The staff's page of one matter; for who may link it with what is likely the same problem."""
    blocks: tuple[ActionBlock | None, ...] = (context["main"], *context["others"])
    link = next((block for block in blocks if block is not None and block.choice.verb == Verb.LINK), None)
    if link is not None and not context["card"].links.under:
        context |= {"link": link, "alike": queries.alike(context["card"].id, now=request.now)}
    return render(request, "matters/matter.html", context, status=status)


def do_action(
    request: ActingRequest,
    matter_id: int,
    action: str,
    back_url: str,
    *,
    draw: Draw = draw_matter,
    do_url: str = "matters:do",
) -> HttpResponse:
    """Carry out a posted form of `desk_context` and go to `back_url`, with a sentence that says what is now.

    What can't be done comes back as a page with everything that was typed: `draw(request, context, status)` draws it
    (default: the matter's own page), with a `desk_context` and the error's status.

    Raises:
        SignInNeeded: nobody is signed in; what was typed is parked for the form's hidden `page`.
        NotFound: no such matter for this post, or no such action.
    """
    check_staff(request)
    kind = kind_of(matter_id)
    if request.POST.get(FIND):
        return draw(request, desk_context(request, matter_id, do_url=do_url, posted=Posted(action, request.POST)), 200)
    try:
        done = operations.act(
            matter_id=matter_id,
            action=action,
            actor=request.actor,
            now=request.now,
            fields=values_of(choice_of(kind, action), request) if kind.has_action(action) else {},
            version=version_of(request),
            key=key_of(request),
        )
    except NotFound:
        raise
    except DomainError as error:
        context = desk_context(request, matter_id, do_url=do_url, posted=Posted(action, request.POST, error))
        return draw(request, context, error.status)
    say_done(request, kind.action(action).name, done, form=action)
    return HttpResponseRedirect(back_url)


def choice_of(kind: Kind, action: str) -> ActionChoice:
    """An action of a kind with its fields, whether it may be done now or not; KeyError for none of this code."""
    return queries.choice_of(kind, kind.action(action))


def version_of(request: ActingRequest) -> int | None:
    """The version that the screen showed."""
    typed = request.POST.get("version", "")
    return int(typed) if typed.isdecimal() and len(typed) < len("1000000000") else None


def key_of(request: ActingRequest) -> uuid.UUID | None:
    """The submission's key."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def say_done(request: ActingRequest, name: str, done: Done, *, form: str = "") -> None:
    """Leave a sentence for the next page: what was done, what is now, and what is next by when. `form` is the sent form's
    code."""
    params = {"action": gettext(name), "stage": gettext(done.stage_name)}
    said = gettext(msg("已%(action)s。事项现在是“%(stage)s”。")) % params
    told = queries.promised(done.matter_id, now=request.now)
    say(request, for_staff(said, told, request.now), done, form=form)


def say(request: ActingRequest, said: str, done: Done, *, form: str = "") -> None:
    """Leave a sentence for the next page, and let the browser forget the sent form's draft."""
    messages.success(request, said)
    if form:
        request.session[DRAFT_DONE] = draft_name(done.matter_id, form)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a desk's list, for `matters/_rows.html`."""

    row: MatterRow
    level: LightLevel
    url: str
    current: bool


def lines(
    rows: Iterable[MatterRow], url_of: str | Callable[[MatterRow], str], current: int | None = None
) -> tuple[Line, ...]:
    """Rows for `matters/_rows.html`; `url_of` gives each its address, or names a page that takes the number; `current`
    is the id of the open one."""
    to = url_of if callable(url_of) else lambda row: reverse(url_of, args=[row.number])
    return tuple(Line(row, show.LEVELS[row.light], to(row), row.id == current) for row in rows)
