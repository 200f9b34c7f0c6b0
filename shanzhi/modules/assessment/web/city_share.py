"""Who owes what."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.words import FILL, LEAD, SIGN, NoSuchRound
from shanzhi.kernel.rounds.queries.shapes import Board, DutyRow
from shanzhi.modules.assessment.web.asking import Told, check, headline, problems_of


def _seats(code: str, on: date) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Units with a role that fills, and posts that sign, of the city's own level, as choices."""
    held = roles()
    filling = [one.code for one in held.values() if FILL in one.may]
    signing = {one.code for one in held.values() if SIGN in one.may}
    cards = [one for one in organisation.posts_of_roles(sorted({*filling, *signing}), on) if one.region_code == code]
    fills = {
        (one.unit_id, one.role): f"{one.unit_name} · {gettext(held[one.role].name)}"
        for one in cards
        if one.role in filling
    }
    units = sorted(((f"{unit}:{role}", label) for (unit, role), label in fills.items()), key=lambda each: each[1])
    posts = sorted(
        ((str(one.post_id), f"{one.unit_name} · {one.title}") for one in cards if one.role in signing),
        key=lambda each: each[1],
    )
    return units, posts


class DutyForm(Told):
    """One project's part: who fills it, who signs it, by when."""

    unit = forms.ChoiceField(label=gettext_lazy("负责单位"))
    signer_post_id = forms.ChoiceField(label=gettext_lazy("签批岗位"))
    due_on = forms.DateField(
        label=gettext_lazy("期限"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, seats: tuple[list[tuple[str, str]], list[tuple[str, str]]], *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        empty = [("", gettext("请选择"))]
        self.fields["unit"].choices = empty + seats[0]  # type: ignore[attr-defined]
        self.fields["signer_post_id"].choices = empty + seats[1]  # type: ignore[attr-defined]


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def duties(request: ActingRequest, pk: int) -> HttpResponse:
    """Share the projects out: one form a project, and one for the head."""
    check(request, LEAD)
    on = local_date(request.now)
    told = queries.board(pk, on)
    seats = _seats(told.row.city_code, on)
    if request.method != "POST":
        return _draw_duties(request, told, seats)
    project = request.POST.get("project", "")
    form = DutyForm(seats, request.POST, auto_id=f"id_{project}_%s")
    if not form.is_valid():
        return _draw_duties(request, told, seats, project, form, status=422)
    unit, _, role = form.cleaned_data["unit"].partition(":")
    try:
        operations.duty_give(
            city_id=pk, project=project, unit_id=int(unit), role=role,
            signer_post_id=int(form.cleaned_data["signer_post_id"]), due_on=form.cleaned_data["due_on"],
            actor=request.actor, now=request.now,
        )  # fmt: skip
    except NoSuchRound:
        raise
    except DomainError as error:
        back = DutyForm(seats, request.POST, problems_of(error), auto_id=f"id_{project}_%s")
        return _draw_duties(request, told, seats, project, back, error=error, status=error.status)
    messages.success(request, gettext(msg("已分工。")))
    return HttpResponseRedirect(reverse("assessment:duties", args=[pk]) + f"#project-{project}")


def _draw_duties(
    request: ActingRequest,
    told: Board,
    seats: tuple[list[tuple[str, str]], list[tuple[str, str]]],
    project: str | None = None,
    form: DutyForm | None = None,
    *,
    error: DomainError | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "row": told.row,
        "lines": list(_duty_lines(told, seats, project, form)),
        "said": headline(error),
        "project": project,
    }
    return render(request, "assessment/city_duties.html", context, status=status)


def _duty_lines(
    told: Board, seats: tuple[list[tuple[str, str]], list[tuple[str, str]]], project: str | None, form: DutyForm | None
) -> Iterator[dict[str, object]]:
    parts = [(one.project.code, one.project.name, one.duty) for one in told.projects]
    parts.append(("", gettext(msg("全部自评（主要负责人签发）")), told.head))
    for code, name, duty in parts:
        initial: dict[str, object] = {"due_on": told.calendar.until_on or told.calendar.self_until}
        if duty is not None:
            initial = {
                "unit": f"{duty.unit_id}:{duty.role}", "signer_post_id": str(duty.signer_post_id), "due_on": duty.due_on,
            }  # fmt: skip
        is_back = form is not None and project == code
        yield {
            "code": code,
            "name": name,
            "duty": duty,
            "parted": _parted(duty) if duty is not None else "",
            "is_back": is_back,
            "form": form if is_back else DutyForm(seats, initial=initial, auto_id=f"id_{code}_%s"),
        }


def _parted(duty: DutyRow) -> str:
    words = {"unit": duty.unit, "signer": duty.signer, "due": day_said(duty.due_on, gettext)}
    return gettext(msg("%(unit)s负责，%(signer)s签批，%(due)s前完成。")) % words
