"""The reporter's own matter: what was done, what comes next, and the reporter's word on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files.policy import MAX_BYTES, MAX_FILES_A_STEP, StoredFile
from shanzhi.kernel.journal.policy import ProofError, write_proof
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.policy.process import UNSOLVED, Owner
from shanzhi.kernel.matters.queries import MatterCard
from shanzhi.kernel.matters.queries import TimelineEntry as Done
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.intake.policy import NoSuchMatter
from shanzhi.modules.intake.web import uploads
from shanzhi.modules.intake.web.forms import (
    AddForm,
    AppealForm,
    Asked,
    RateForm,
    StepForm,
    UrgeForm,
    WithdrawForm,
    new_key,
)
from shanzhi.modules.intake.web.public import day_words
from shanzhi.modules.intake.web.resident import due_words, next_words, resident
from shanzhi.modules.intake.web.rights import reading_entry
from shanzhi.ui.components import Photo, Step, StepState, TimelineEntry, Tone

READINGS_SHOWN = 3
"""Readings that the matter's page shows itself; the rest stands a click away."""
URGE = "urge_again"
"""The process's action by which a reporter urges."""
_TONES: Mapping[str, Tone] = {"matters.check_fail": "warn", "matters.refuse": "warn", "matters.withdraw": "neutral"}


@dataclass(slots=True)
class _Forms:
    """The page's forms; one of them may be a posted one that came back."""

    rate: RateForm
    add: AddForm
    withdraw: WithdrawForm
    appeal: AppealForm
    urge: UrgeForm
    kept: list[StoredFile] = field(default_factory=list)


def _find(request: ActingRequest, number: str) -> tuple[int, Actor]:
    """The matter and its reporter, who this browser is.

    Raises:
        NoSuchMatter: there is none, or this browser hasn't shown its code; both in the same words.
    """
    actor = resident(request)
    matter_id = queries.matter_id_of_number(number) if actor.follow else None
    if matter_id is None:
        raise NoSuchMatter(msg("没有找到这件事项。请在“查进度”里填写编号和查询码。"))
    return matter_id, actor


@require_safe
def mine(request: ActingRequest, number: str) -> HttpResponse:
    """The matter's page."""
    matter_id, actor = _find(request, number)
    return _page(request, queries.card(matter_id, actor=actor, now=request.now))


@require_safe
def paper(request: ActingRequest, number: str, step: int) -> HttpResponse:
    """An official paper that was issued to this reporter, to be read and printed."""
    matter_id, _ = _find(request, number)
    found = queries.own_paper(matter_id, step)
    context = {"paper": found, "sheet": found.sheet, "back": reverse("intake:mine", args=[found.number])}
    response = render(request, "intake/paper.html", context)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
def proof(request: ActingRequest, number: str) -> HttpResponse:
    """The proof of what was done so far, as a file to be kept: of what stands on this page, without others' reports."""
    matter_id, _ = _find(request, number)
    try:
        made = queries.own_proof(matter_id)
    except ProofError:
        messages.warning(request, gettext(msg("最近的一步还没有封存，通常要十几秒。请稍后再下载存证。")))
        return _to_page(number)
    response = HttpResponse(write_proof(made), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="proof-{number}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def rate(request: ActingRequest, number: str) -> HttpResponse:
    """The verdict."""
    if request.method != "POST":
        return _to_page(number)
    matter_id, actor = _find(request, number)
    card = queries.card(matter_id, actor=actor, now=request.now)
    form = RateForm(request.POST, grounds=_grounds("not_solved"), asked=_asked(card))
    if not form.is_valid():
        return _again(request, matter_id, actor, form)
    data = form.cleaned_data
    fields = {"solved": data["solved"], "satisfied": data["satisfied"], "words": data["words"]}
    if not data["solved"]:
        fields["ground"] = data["ground"]

    def said(done: operations.Done) -> str:
        stage = card.kind.stage(done.stage)
        if not stage.is_end:
            if not data["solved"] and stage.owner is not Owner.LINKED:
                return _with_answer(msg("您的评价已收到，事项已退回重办。"), done, request.now)
            return gettext(msg("您的评价已收到。其他反映人也评价以后办结。"))
        return gettext(msg("您的评价已收到，事项办结。") if data["solved"] else msg("您的评价已收到，意见已如实记载。"))

    return _act(request, matter_id, actor, _choice(card, "rate").code, form, fields=fields, said=said)


def _asked(card: MatterCard) -> Asked | None:
    """The question that is the whole verdict, in the words of the kind; None where it has the usual ones."""
    action = card.kind.action(_choice(card, "rate").code) if card.kind.verb("rate") else None
    found = card.kind.verdict_by(action) if action is not None else None
    if found is None:
        return None
    score, answer = found
    scale = tuple((str(code), gettext(name)) for code, name in score.scale.items())
    return Asked(gettext(answer.name), scale, card.kind.solved_from)


@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: ActingRequest, number: str) -> HttpResponse:
    """Asking for a review of the answer, or for a re-review."""
    if request.method != "POST":
        return _to_page(number)
    matter_id, actor = _find(request, number)
    form = AppealForm(request.POST)
    if not form.is_valid():
        return _again(request, matter_id, actor, form)
    choice = _choice(queries.card(matter_id, actor=actor, now=request.now), "appeal")
    fields = {"words": form.cleaned_data["words"]}

    def said(done: operations.Done) -> str:
        return _with_answer(msg("您的请求已收到。"), done, request.now)

    return _act(request, matter_id, actor, choice.code, form, fields=fields, said=said)


@dataclass(frozen=True, slots=True)
class _Choice:
    """What the reporter's button does: the action's code, what it is called, and whether an unsolved matter ends by it."""

    code: str
    name: str = ""
    is_last: bool = False


def _choice(card: MatterCard, verb: str) -> _Choice:
    """The action of a verb that the reporter may do now; where there is none the verb itself, for the domain to refuse."""
    found = next((choice for choice in card.actions if choice.verb == verb), None)
    if found is None:
        return _Choice(next((action.code for action in card.kind.verb(verb)), verb))
    action = card.kind.action(found.code)
    last = (
        UNSOLVED in action.outcomes
        and card.kind.stage(
            card.kind.target(action, card.stage, outcome=UNSOLVED, counts=card.counts, is_named=True)
        ).is_end
    )
    return _Choice(found.code, found.name, last)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: ActingRequest, number: str) -> HttpResponse:
    """Words or files that the reporter adds."""
    if request.method != "POST":
        return _to_page(number)
    matter_id, actor = _find(request, number)
    form = AddForm(request.POST, request.FILES)
    form.is_valid()
    stored = uploads.take_in(form, "photos", request.FILES.getlist("photos"), request.POST.getlist("kept"), request.now)
    if form.is_valid() and not stored and not form.cleaned_data["words"].strip():
        form.add_error("words", gettext(msg("请写几句话，或选几张照片。")))
    if not form.is_valid():
        return _again(request, matter_id, actor, form, stored)
    action = "attach" if stored else "note"
    fields = {"words": form.cleaned_data["words"], "files": tuple(stored)}
    return _act(
        request,
        matter_id,
        actor,
        action,
        form,
        fields=fields,
        said=msg("补充的内容已收到，经办单位看得到。"),
        stored=stored,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: ActingRequest, number: str) -> HttpResponse:
    """Taking the report back."""
    if request.method != "POST":
        return _to_page(number)
    matter_id, actor = _find(request, number)
    form = WithdrawForm(request.POST, grounds=_grounds("withdraw"))
    if not form.is_valid():
        return _again(request, matter_id, actor, form)
    fields = {"ground": form.cleaned_data["ground"], "words": form.cleaned_data["words"]}
    return _act(request, matter_id, actor, "withdraw", form, fields=fields, said=msg("事项已撤回，不再办理。"))


@require_http_methods(["GET", "HEAD", "POST"])
def urge(request: ActingRequest, number: str) -> HttpResponse:
    """Urging the unit that has the matter."""
    if request.method != "POST":
        return _to_page(number)
    matter_id, actor = _find(request, number)
    form = UrgeForm(request.POST)
    if not form.is_valid():
        return _again(request, matter_id, actor, form)

    def said(done: operations.Done) -> str:
        return _with_answer(msg("已经转给承办单位，请等对方回应。"), done, request.now)

    return _act(request, matter_id, actor, URGE, form, fields={}, said=said)


def _with_answer(said: str, done: operations.Done, now: datetime) -> str:
    """The sentence with by when the reporter has an answer; nothing is promised for the past."""
    told = queries.promised(done.matter_id, now=now)
    if told is None or told.answer_at is None or told.answer_at <= now:
        return gettext(said)
    params = {"said": gettext(said), "due": due_words(told.answer_at, now)}
    return gettext(msg("%(said)s承诺%(due)s前答复您。")) % params


def _act(
    request: ActingRequest,
    matter_id: int,
    actor: Actor,
    action: str,
    form: StepForm,
    *,
    fields: Mapping[str, object],
    said: str | Callable[[operations.Done], str],
    stored: list[StoredFile] | None = None,
) -> HttpResponse:
    """Do the step; an error comes back with the form as it was typed."""
    try:
        done = operations.act(
            matter_id=matter_id,
            action=action,
            actor=actor,
            now=request.now,
            fields=fields,
            version=form.cleaned_data["version"],
            key=form.cleaned_data["key"],
        )
    except DomainError as error:
        form.say(error)
        return _again(request, matter_id, actor, form, stored, status=error.status)
    messages.success(request, gettext(said) if isinstance(said, str) else said(done))
    return _to_page(done.number)


def _to_page(number: str) -> HttpResponse:
    return HttpResponseRedirect(reverse("intake:mine", args=[number]))


def _again(
    request: ActingRequest,
    matter_id: int,
    actor: Actor,
    form: StepForm,
    stored: list[StoredFile] | None = None,
    status: int = HTTPStatus.UNPROCESSABLE_ENTITY,
) -> HttpResponse:
    card = queries.card(matter_id, actor=actor, now=request.now)
    form.renew(card.version)
    return _page(request, card, form, stored or [], status)


def _grounds(use: str) -> list[tuple[str, str]]:
    return [(ground.code, ground.name) for ground in queries.grounds().of_use(use)]


def _forms(card: MatterCard, posted: StepForm | None, stored: list[StoredFile]) -> _Forms:
    def fresh() -> dict[str, object]:
        return {"key": new_key(), "version": card.version}

    return _Forms(
        rate=posted
        if isinstance(posted, RateForm)
        else RateForm(
            initial=fresh(), grounds=_grounds("not_solved"), is_last=_choice(card, "rate").is_last, asked=_asked(card)
        ),
        add=posted if isinstance(posted, AddForm) else AddForm(initial=fresh()),
        withdraw=posted
        if isinstance(posted, WithdrawForm)
        else WithdrawForm(initial=fresh(), grounds=_grounds("withdraw")),
        appeal=posted if isinstance(posted, AppealForm) else AppealForm(initial=fresh()),
        urge=posted if isinstance(posted, UrgeForm) else UrgeForm(initial=fresh()),
        kept=stored,
    )


def _page(
    request: ActingRequest,
    card: MatterCard,
    posted: StepForm | None = None,
    stored: list[StoredFile] | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    forms = _forms(card, posted, stored or [])
    read = queries.readings(resident(request), matter_id=card.id)
    context = {
        "card": card,
        "level": "paused" if any(line.paused_at for line in card.clocks) else desk.LEVELS[card.light],
        "sentence": next_words(card.next_sentence, unit=card.holder_name, due=card.next_params["due"], now=request.now),
        "steps": [Step(gettext(name), cast(StepState, state)) for name, state in card.stages],
        "timeline": desk.history(card, request.now, _entry),
        "changes": [desk.change_told(change, request.now, why=True) for change in reversed(card.changes)],
        "photos": [
            Photo(reverse("files:attachment", args=[row.id]), reverse("files:preview", args=[row.id]), gettext("照片"))
            for row in card.attachments
            if row.is_picture
        ],
        "papers": [row for row in card.attachments if not row.is_picture],
        "may": {choice.code for choice in card.actions} | {choice.verb for choice in card.actions},
        "appeal_name": _choice(card, "appeal").name,
        "urged": next((ask for ask in card.asks if ask.state == "open"), None),
        "facts": _facts(card),
        "working": len(at_work(card)),
        "working_units": gettext("、").join(at_work(card)),
        "readings": [reading_entry(row) for row in read.rows[:READINGS_SHOWN]],
        "refusal": _refusal(card),
        "posted": posted,
        "forms": forms,
        "kept": uploads.shown(forms.kept),
        "max_bytes": MAX_BYTES,
        "max_files": MAX_FILES_A_STEP,
    }
    response = render(request, "intake/mine.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def _facts(card: MatterCard) -> list[tuple[str, object]]:
    place = " ".join(part for part in (card.region_name, card.place) if part and part != "—")
    return [
        (gettext("地点"), place),
        (gettext("分类"), card.category_name if card.category else gettext("受理时确定")),
        (gettext("来源"), gettext(card.channel_name)),
        (gettext("联系方式"), gettext("已加密保存") if card.has_contact else gettext("没有留")),
    ]


def at_work(card: MatterCard) -> list[str]:
    """The units that work on it now, the lead first; one alone stands in the sentence above already."""
    units = [share.unit_name for share in sorted(card.shares, key=lambda share: share.part != "lead") if share.is_open]
    return units if len(units) > 1 else []


def _refusal(card: MatterCard) -> list[tuple[str, object]]:
    """What the notice of a refusal says: by whom, when, why, and the lawful way to go."""
    if card.result != "refused":
        return []
    said = next(entry for entry in reversed(card.timeline) if entry.action == "matters.refuse")
    return [
        (gettext("决定单位"), said.who),
        (gettext("决定日期"), day_words(localtime(said.at).date(), localtime(said.at).date())),
        (gettext("理由"), said.ground),
        (gettext("可以去的渠道"), said.channel),
        (gettext("说明"), said.words),
    ]


def _entry(entry: Done, moved: str) -> TimelineEntry:
    detail, reason = entry.detail, entry.detail.get("reason")
    lines = [
        gettext(msg("主办：%(unit)s")) % {"unit": detail["lead"]} if detail.get("lead") else "",
        gettext(msg("协办：%(unit)s")) % {"unit": detail["co"]} if detail.get("co") else "",
        _paper(detail.get("paper")),
        _verdict(detail.get("scored", ""), detail.get("solved"), detail.get("satisfied")),
        gettext(msg("理由：%(ground)s")) % {"ground": entry.ground} if entry.ground else "",
        entry.channel,
        gettext(msg("原因：%(reason)s")) % {"reason": gettext(reason)} if reason else "",
        _parts(detail.get("parts", ())),
        moved,
        entry.words,
        entry.reply,
    ]
    return TimelineEntry(
        at=entry.at,
        title=gettext(entry.title),
        who=gettext(entry.who) if entry.who else "",
        text="\n".join(line for line in lines if line),
        tone=_TONES.get(entry.action, "neutral"),
    )


def _paper(name: str | None) -> str:
    return gettext(msg("文书：%(what)s")) % {"what": gettext(name)} if name else ""


def _parts(parts: tuple[str, ...]) -> str:
    said = gettext(msg("、")).join(gettext(part) for part in parts)
    return gettext(msg("涉及：%(what)s")) % {"what": said} if said else ""


def _verdict(named: str, solved: bool | None, satisfied: int | None) -> str:
    """`named`: what the kind itself calls the score (满意)."""
    if solved is None or named:
        return gettext(named) if named else ""
    said = gettext("解决了") if solved else gettext("没有解决")
    score = gettext(msg("满意程度 %(score)s 分")) % {"score": satisfied}
    return f"{said} · {score}" if satisfied else said
