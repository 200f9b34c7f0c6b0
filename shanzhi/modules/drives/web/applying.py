"""One application: its items with what answers them, handing in, evidence, the decision."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence.queries import EvidenceRow
from shanzhi.modules.drives import operations, queries
from shanzhi.modules.drives.operations import Said
from shanzhi.modules.drives.policy.states import State, TitleState
from shanzhi.modules.drives.policy.words import APPLY, DECIDE, GROUNDS, VISIT
from shanzhi.modules.drives.queries.shapes import ApplicationView, ItemRow, LookRow
from shanzhi.modules.drives.web import said
from shanzhi.modules.drives.web.asking import check, headline, may, number_of, post_of, problems_of
from shanzhi.modules.drives.web.forms import AnswersForm, DecideForm, HeardForm, HearForm, StatementForm
from shanzhi.ui.components import Badge, Photo, Step, TimelineEntry

_FORMS = {
    "answers": "answers", "decide": "decide_form", "hear": "hear_form", "statement": "statement_form", "heard": "heard_form",
}  # fmt: skip
DECIDED = frozenset({State.GRANTED, State.REFUSED})


@require_safe
@never_cache
def page(request: ActingRequest, pk: int) -> HttpResponse:
    """An application whole."""
    check(request)
    return draw(request, pk)


def draw(request: ActingRequest, pk: int, error: DomainError | None = None, form: str = "") -> HttpResponse:
    """The page of an application; `form` is the one whose sending went wrong, by `error`."""
    fills = may(request, APPLY)
    view = queries.application_view(pk, local_date(request.now), proposes=True)
    is_mine = fills and view.row.unit_id == request.actor.unit_id
    is_draft = is_mine and view.row.state is State.DRAFT
    names = may(request, DECIDE) and view.decider_post_id == request.actor.post_id
    sent, problems = (request.POST if form else None), problems_of(error)
    failed = form == "answers"
    answers = AnswersForm(view.items, sent if failed else None, problems=problems if failed else None)
    context = {
        "view": view,
        "badge": said.state_badge(view.row.state),
        "steps": _steps(view),
        "items": [_item(one, answers if is_draft else None) for one in view.items],
        "answers": answers if is_draft else None,
        "proposed": [_evidence(one) for one in view.proposed] if is_draft else [],
        "draft_items": [(one.item.code, one.item.name) for one in view.items],
        "is_draft": is_draft,
        "may_take_back": is_mine and view.row.state in (State.DRAFT, State.APPLIED),
        "may_visit": may(request, VISIT) and view.row.state in (State.APPLIED, State.VISITED) and not is_mine,
        "decide_form": DecideForm(sent if form == "decide" else None, problems if form == "decide" else None)
        if names and view.row.state in (State.APPLIED, State.VISITED)
        else None,
        "may_grant": view.row.state is State.VISITED and not view.lacking,
        "title": _title(view),
        "history": [
            TimelineEntry(one.at, gettext(said.STEPS.get(one.action, one.action)), one.unit) for one in view.steps
        ],
        "error": error.sentence(gettext) if error and not form else "",
        "said": headline(error) if form else "",
        "failed": form,
    } | _hearing(view, request, is_mine, names, sent, form, problems)
    if error and form and context.get(_FORMS[form]) is None:
        # What was sent has no place on the page any more: the sentence stands above.
        context |= {"error": error.sentence(gettext), "said": ""}
    return render(request, "drives/application.html", context, status=error.status if error else 200)


def _steps(view: ApplicationView) -> list[Step]:
    labels = (msg("填写"), msg("申报"), msg("核查"), msg("决定"))
    at = {State.APPLIED: 2, State.VISITED: 3}.get(
        view.row.state, 0
    )  # what comes next: handing in is over once it is done
    is_over = view.row.state in DECIDED
    return [
        Step(gettext(label), "done" if place < at or is_over else "now" if place == at else "todo")
        for place, label in enumerate(labels)
    ]


def _item(one: ItemRow, form: AnswersForm | None) -> dict[str, Any]:
    code = one.item.code
    is_asked = form is not None and f"met_{code}" in form.fields
    return {
        "row": one,
        "badge": said.answer_badge(one),
        "rule": said.rule_said(one.item.rule) if one.item.rule else "",
        "found": said.found_said(one),
        "met_field": form[f"met_{code}"] if form is not None and is_asked else None,
        "words_field": form[f"words_{code}"] if form is not None and is_asked else None,
        "evidence": [_evidence(each) for each in one.evidence],
        "look": _look(one.look) if one.look else None,
    }


def _evidence(row: EvidenceRow) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "url": reverse("archive:object", args=[row.id]),
        "meta": f"{row.place} · {day_said(local_date(row.arose_at), gettext)}",
    }


def _look(look: LookRow) -> dict[str, Any]:
    return {
        "row": look,
        "photos": [
            Photo(reverse("files:attachment", args=[pk]), reverse("files:preview", args=[pk]), gettext(msg("现场照片")))
            for pk in look.photos
        ],
        "matter_url": reverse("matters:matter", args=[look.matter_number]) if look.matter_number else "",
    }


def _title(view: ApplicationView) -> dict[str, Any] | None:
    if view.title is None:
        return None
    return {
        "row": view.title,
        "badge": said.title_badge(view.title.state),
        "ground": gettext(GROUNDS[view.title.ground]) if view.title.ground else "",
    }


def _hearing(
    view: ApplicationView, request: ActingRequest, is_mine: bool, names: bool, sent: Any, form: str,
    problems: dict[str, str],
) -> dict[str, Any]:  # fmt: skip
    """What the page shows of a withdrawal: the forms that are due from the acting post."""
    row, title = view.hearing, view.title
    is_open = row is not None and row.ended_at is None
    in_force = title is not None and title.state is TitleState.IN_FORCE
    may_end = is_open and row is not None and (row.stated_at is not None or local_date(request.now) > row.until_on)

    def made(kind: Any, name: str) -> Any:
        return kind(sent if form == name else None, problems if form == name else None)

    return {
        "hearing": row,
        "hearing_ground": gettext(GROUNDS[row.ground]) if row else "",
        "hearing_badge": _hearing_badge(row.outcome) if row else None,
        "hear_form": made(HearForm, "hear") if names and in_force and not is_open else None,
        "statement_form": made(StatementForm, "statement")
        if is_mine and is_open and row is not None and row.stated_at is None
        else None,
        "heard_form": made(HeardForm, "heard") if names and in_force and may_end else None,
    }


def _hearing_badge(outcome: str) -> Badge:
    if outcome == "withdrawn":
        return Badge(gettext(msg("已撤销")), "bad")
    return Badge(gettext(msg("不撤销")), "good") if outcome else Badge(gettext(msg("听取申辩中")), "warn")


@require_POST
def answers(request: ActingRequest, pk: int) -> HttpResponse:
    """Answer items; with `do` send, hand the application in at once."""
    check(request, APPLY)
    given = {
        name.removeprefix("met_"): Said(_yes_no(post_of(request, name)), post_of(request, f"words_{name[4:]}"))
        for name in sorted({f"met_{key[4:]}" if key.startswith("met_") else f"met_{key[6:]}"
                            for key in request.POST if key.startswith(("met_", "words_"))})
    }  # fmt: skip
    try:
        operations.application_answer(application_id=pk, said=given, actor=request.actor, now=request.now)
    except DomainError as error:
        if error.status == 404:
            raise
        return draw(request, pk, error, "answers")
    if post_of(request, "do") == "send":
        return _send(request, pk)
    messages.success(request, gettext(msg("已经保存。")))
    return _back(pk)


def _yes_no(text: str) -> bool | None:
    return {"yes": True, "no": False}.get(text)


def _send(request: ActingRequest, pk: int) -> HttpResponse:
    try:
        operations.application_send(application_id=pk, actor=request.actor, now=request.now)
    except DomainError as error:
        if error.status == 404:
            raise
        return draw(request, pk, error)
    messages.success(request, gettext(msg("申报已经送出，等待现场核查。")))
    return _back(pk)


def _back(pk: int) -> HttpResponse:
    return HttpResponseRedirect(reverse("drives:application", args=[pk]))


@require_POST
def step(request: ActingRequest, pk: int) -> HttpResponse:
    """Take an application back."""
    check(request, APPLY)
    try:
        operations.application_withdraw(application_id=pk, actor=request.actor, now=request.now)
    except DomainError as error:
        if error.status == 404:
            raise
        return draw(request, pk, error)
    messages.success(request, gettext(msg("申报已经撤回。")))
    return _back(pk)


@require_POST
def evidence(request: ActingRequest, pk: int) -> HttpResponse:
    """Refer to an object of the archive for an item, or (`do` end) no longer."""
    check(request, APPLY)
    try:
        operations.evidence_use(
            application_id=pk, item=post_of(request, "item")[:40], evidence_id=number_of(post_of(request, "evidence")),
            is_on=post_of(request, "do") != "end", actor=request.actor, now=request.now,
        )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        return draw(request, pk, error)
    messages.success(request, gettext(msg("佐证已更新。")))
    return _back(pk)


@require_POST
def decide(request: ActingRequest, pk: int) -> HttpResponse:
    """Grant the title, or refuse it."""
    check(request, DECIDE)
    try:
        operations.application_decide(
            application_id=pk, grant=post_of(request, "do") == "grant", reason=post_of(request, "reason"),
            actor=request.actor, now=request.now,
        )  # fmt: skip
    except DomainError as error:
        if error.status == 404:
            raise
        return draw(request, pk, error, "decide")
    messages.success(request, gettext(msg("已经决定，申报单位会收到通知。")))
    return _back(pk)
