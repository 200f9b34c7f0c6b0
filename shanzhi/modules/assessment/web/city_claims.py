"""Which projects are claimed as special, with which practice papers: claimed, added to, papers taken off, taken back."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import StoredFile
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.words import LEAD, WORDS_MOST, NoSuchRound
from shanzhi.kernel.rounds.queries.shapes import ClaimRow, Frame
from shanzhi.modules.assessment.web.asking import Told, check, headline, problems_of

DIGITS = 15


class Several(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class ChangeForm(Told):
    """Why a project is claimed, with which (further) practice papers."""

    words = forms.CharField(
        label=gettext_lazy("为什么申报"), max_length=WORDS_MOST, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("做法和前后对比。不要写个人信息。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["files"] = forms.FileField(
            label=gettext("经验材料"), required=False, widget=Several(),
            help_text=gettext("每个项目至少两篇。收 PDF、Word（DOCX）、Excel（XLSX）、照片和 MP4 视频，每个不超过 20 MB。"),
        )  # fmt: skip


class ClaimForm(ChangeForm):
    """Which project, why, with which practice papers."""

    project = forms.ChoiceField(label=gettext_lazy("项目"))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def claims(request: ActingRequest, pk: int) -> HttpResponse:
    """Projects that the city claims as special."""
    check(request)
    told = queries.frame(pk)
    if request.method != "POST":
        return _draw(request, told)
    check(request, LEAD)
    do = request.POST.get("do", "")
    form = _form(told, do, request.POST)
    if form is not None and not form.is_valid():
        return _draw(request, told, form, status=422)
    try:
        done = _do(request, pk, do, form)
    except NoSuchRound:
        raise
    except DomainError as error:
        back = _form(told, do, request.POST, problems_of(error))
        return _draw(request, told, back, error=error, status=error.status)
    messages.success(request, done, _draft(pk, request.POST.get("project", "") if do else ""))
    return HttpResponseRedirect(reverse("assessment:claims", args=[pk]))


def _do(request: ActingRequest, pk: int, do: str, form: ChangeForm | None) -> str:
    """What was pressed; returns what is said of it."""
    project, actor, now = request.POST.get("project", ""), request.actor, request.now
    if do == "end":
        operations.claim_end(city_id=pk, project=project, actor=actor, now=now)
        return gettext(msg("已撤回申报。"))
    if form is None:
        operations.claim_change(
            city_id=pk, project=project, without=[_number(request, "paper")], based_on=_number(request, "based_on"),
            actor=actor, now=now,
        )  # fmt: skip
        return gettext(msg("已取下。"))
    words = clean_text(form.cleaned_data["words"])
    if do == "change":
        operations.claim_change(
            city_id=pk, project=project, words=words, stored=_stored(request), based_on=_number(request, "based_on"),
            actor=actor, now=now,
        )  # fmt: skip
        return gettext(msg("已保存。"))
    operations.claim_make(
        city_id=pk, project=form.cleaned_data["project"], words=words, stored=_stored(request), actor=actor, now=now
    )
    return gettext(msg("已申报。"))


def _stored(request: ActingRequest) -> tuple[StoredFile, ...]:
    return tuple(
        files.store(data=upload, name=clean_text(upload.name or ""), now=request.now, office=True)
        for upload in request.FILES.getlist("files")
    )


def _number(request: ActingRequest, name: str) -> int:
    given = request.POST.get(name, "")
    return int(given) if given.isascii() and given.isdecimal() and len(given) <= DIGITS else 0


def _draft(pk: int, project: str = "") -> str:
    return f"claim-{pk}-{project}" if project else f"claim-{pk}"


def _form(told: Frame, do: str, data: Any, problems: dict[str, str] | None = None) -> ChangeForm | None:
    """The form that was sent; None for a button alone."""
    if do in ("end", "off"):
        return None
    if do == "change":
        return ChangeForm(data, problems, auto_id=f"id_{data.get('project', '')}_%s")
    form = ClaimForm(data, problems)
    form.fields["project"].choices = list(told.projects)  # type: ignore[attr-defined]
    return form


def _draw(
    request: ActingRequest,
    told: Frame,
    back: ChangeForm | None = None,
    *,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    names, standing = dict(told.projects), queries.claims(told.row.city_id)
    claimed = {one.project for one in standing}
    form = back if isinstance(back, ClaimForm) else ClaimForm()
    if form is not back:
        left = [one for one in told.projects if one[0] not in claimed]
        form.fields["project"].choices = left  # type: ignore[attr-defined]
    changed = request.POST.get("project") if back is not None and form is not back else None
    is_shown = changed in claimed if changed is not None else form is back
    context = {
        "row": told.row,
        "claims": [
            {
                "row": one,
                "name": names.get(one.project, one.project),
                "is_back": one.project == changed,
                "form": back if one.project == changed else _standing(one),
                "draft": _draft(told.row.city_id, one.project),
            }
            for one in standing
        ],
        "form": form,
        "draft": _draft(told.row.city_id),
        "may_claim": queries.leads(request.actor, told.row) and told.row.state == "evaluating" and not told.submission,
        "has_left": form.is_bound or len(claimed) < len(told.projects),
        "headline": headline(error),
        "said": error.sentence(gettext) if error is not None and not is_shown else "",
    }
    return render(request, "assessment/city_claims.html", context, status=status)


def _standing(one: ClaimRow) -> ChangeForm:
    return ChangeForm(initial={"words": one.words}, auto_id=f"id_{one.project}_%s")
