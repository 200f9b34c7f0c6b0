"""Two-person sign-off as pages: what waits for me, what I asked for, what is over; one request; ask; decide."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shanzhi.core.errors import InputError, NotFound
from shanzhi.core.text import msg
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.policy import SignoffKind, check_may, signoff_kind, signoff_kinds
from shanzhi.kernel.access.policy.pages import SIGNOFFS
from shanzhi.kernel.access.policy.signoff import WORDS_MOST, SignoffState
from shanzhi.kernel.access.queries import Person, SignoffRow
from shanzhi.kernel.access.queries.signoffs import View
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.ui.components import Badge, Column, Pager, Row, Table, Tone

VIEWS: dict[View, str] = {"waiting": msg("待我复核"), "mine": msg("我申请的"), "past": msg("已有结果")}
TONES: dict[SignoffState, Tone] = {
    SignoffState.ASKED: "warn",
    SignoffState.APPROVED: "action",
    SignoffState.RUNNING: "action",
    SignoffState.DONE: "good",
    SignoffState.FAILED: "bad",
    SignoffState.REFUSED: "bad",
}


def may(request: ActingRequest, feature: str) -> bool:
    """May the acting post open a feature?"""
    role = queries.roles().get(request.actor.role)
    return request.actor.is_post and role is not None and feature in role.may


def check_page(request: ActingRequest, feature: str) -> None:
    """Raises SignInNeeded or NotAllowed where the acting post may not open a feature's page."""
    check_may(request.actor, queries.roles().get(request.actor.role), feature)


def number_of(text: str) -> int | None:
    """A row's number in an address; None where it can't be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


def said_by(person: Person) -> str:
    """A post with its name and who acted in it."""
    return " ".join(part for part in (person.unit_name, gettext(person.title), person.staff_name) if part)


@require_safe
@never_cache
def signoffs(request: ActingRequest) -> HttpResponse:
    """One of the three lists; without `?view=` what waits for a decision, for who decides, else one's own."""
    check_page(request, SIGNOFFS)
    decides = may(request, "signoff")
    view = request.GET.get("view", "")
    if view not in VIEWS:
        view = "waiting" if decides else "mine"
    before = number_of(request.GET.get("before", ""))
    page = queries.signoffs_page(cast(View, view), actor=request.actor, now=request.now, before=before)
    context = {
        "view": view,
        "views": [(code, name) for code, name in VIEWS.items() if code != "waiting" or decides],
        "waiting": queries.signoffs_waiting(request.actor, request.now),
        "table": _table(view, page.rows),
        "pager": Pager(
            previous_url=f"?view={view}" if before else "",
            next_url=f"?view={view}&before={page.next_before}" if page.next_before else "",
        ),
        "kinds": [kind for kind in signoff_kinds().values() if may(request, kind.asks)],
    }
    return render(request, "access/signoffs.html", context)


def _table(view: str, rows: tuple[SignoffRow, ...]) -> Table:
    columns = (
        Column("name", gettext("复核事项")),
        Column("state", gettext("状态"), "badge"),
        Column("who", gettext("申请人")),
        Column("asked", gettext("申请时间"), "time"),
        Column("until", gettext("有效至"), "time"),
    )
    shown = [
        Row(
            reverse("access:signoff", args=[row.id]),
            {
                "name": gettext(row.kind_name),
                "state": Badge(gettext(row.state.label), TONES.get(row.state, "neutral")),
                "who": said_by(row.asked_by),
                "asked": row.asked_at,
                "until": row.expires_at if row.state in (SignoffState.ASKED, SignoffState.APPROVED) else "",
            },
        )
        for row in rows
    ]
    return Table(gettext(VIEWS[cast(View, view)]), columns, shown)


class DecideForm(forms.Form):
    """The decision's words; agree or not is the button."""

    # A browser's own bubble comes in its language and goes away; the sentence beside the field stays.
    use_required_attribute = False

    words = forms.CharField(
        label=gettext_lazy("复核意见"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=WORDS_MOST,
        help_text=gettext_lazy("写明核对了什么、为什么同意或不同意。不要写个人信息。"),
    )


@require_safe
@never_cache
def signoff(request: ActingRequest, pk: int) -> HttpResponse:
    """One request."""
    check_page(request, SIGNOFFS)
    return _draw(request, pk, DecideForm(), 200)


@require_POST
def decide(request: ActingRequest, pk: int) -> HttpResponse:
    """Agree or not; `do` is "approve" or "refuse"."""
    check_page(request, SIGNOFFS)
    if request.POST.get("do") not in ("approve", "refuse"):
        raise NotFound(msg("没有这个操作。请返回上一页，用页面上的按钮提交。"))
    approve = request.POST["do"] == "approve"
    words = request.POST.get("words", "")
    try:
        operations.signoff_decide(signoff_id=pk, approve=approve, words=words, actor=request.actor, now=request.now)
    except InputError as error:
        form = DecideForm(request.POST)
        if form.is_valid():
            form.add_error("words", error.sentence(gettext))
        return _draw(request, pk, form, error.status)
    messages.success(request, gettext("复核意见已提交。"))
    return HttpResponseRedirect(reverse("access:signoff", args=[pk]))


@require_POST
def withdraw(request: ActingRequest, pk: int) -> HttpResponse:
    """Take one's own request back."""
    check_page(request, SIGNOFFS)
    operations.signoff_withdraw(signoff_id=pk, actor=request.actor, now=request.now)
    return HttpResponseRedirect(reverse("access:signoff", args=[pk]))


def _draw(request: ActingRequest, pk: int, form: DecideForm, status: int) -> HttpResponse:
    card = queries.signoff_card(pk, actor=request.actor, now=request.now)
    facts: list[tuple[str, object]] = [
        (gettext(label), gettext(value) if is_word and value else value) for label, value, is_word in card.fields
    ]
    facts += [(gettext("申请人"), said_by(card.row.asked_by)), (gettext("申请时间"), card.row.asked_at)]
    if card.row.state in (SignoffState.ASKED, SignoffState.APPROVED):
        facts.append((gettext("有效至"), card.row.expires_at))
    decision: list[tuple[str, object]] = []
    if card.decided_by is not None:
        decision = [
            (gettext("复核人"), said_by(card.decided_by)),
            (gettext("复核时间"), card.decided_at),
            (gettext("复核意见"), card.words),
        ]
    context = {
        "card": card,
        "name": gettext(card.row.kind_name),
        "badge_text": gettext(card.row.state.label),
        "badge_tone": TONES.get(card.row.state, "neutral"),
        "facts": facts,
        "decision": decision,
        "outcome": gettext(card.outcome) if card.outcome else "",
        "form": form,
    }
    return render(request, "access/signoff.html", context, status=status)


class AskForm(forms.Form):
    """The fields of a kind; what is wrong with them the domain says, in `problems` by field."""

    use_required_attribute = False

    def __init__(self, kind: SignoffKind, data: Any = None, problems: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        self._problems = problems or {}
        for field in kind.fields:
            given: dict[str, Any] = {
                "label": gettext(field.label),
                "required": field.required,
                "help_text": gettext(field.help) if field.help else "",
            }
            if field.kind == "choice":
                choices = [("", gettext("请选择")), *((code, gettext(name)) for code, name in field.choices)]
                self.fields[field.code] = forms.ChoiceField(choices=choices, **given)
            elif field.kind == "date":
                self.fields[field.code] = forms.CharField(widget=forms.DateInput(attrs={"type": "date"}), **given)
            else:
                area = forms.Textarea(attrs={"rows": 3})
                self.fields[field.code] = forms.CharField(widget=area, max_length=WORDS_MOST, **given)

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        super().full_clean()
        for code, sentence in self._problems.items():
            if code in self.fields and code not in self.errors:
                self.add_error(code, gettext(sentence))


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: ActingRequest, kind: str) -> HttpResponse:
    """Ask for a kind by the general form; a kind with a page of its own leads there."""
    offered = signoff_kind(kind)
    check_page(request, offered.asks)
    if offered.page:
        return HttpResponseRedirect(reverse(offered.page))
    form, status = AskForm(offered), 200
    if request.method == "POST":
        fields = {field.code: request.POST.get(field.code, "") for field in offered.fields}
        try:
            number = operations.signoff_ask(kind=kind, fields=fields, actor=request.actor, now=request.now)
        except InputError as error:
            form, status = AskForm(offered, request.POST, error.fields), error.status
        else:
            messages.success(request, gettext("申请已提交，等待安全管理员复核。"))
            return HttpResponseRedirect(reverse("access:signoff", args=[number]))
    context = {"kind": offered, "name": gettext(offered.name), "form": form}
    return render(request, "access/signoff_ask.html", context, status=status)
