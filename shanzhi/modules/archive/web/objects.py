"""One object of evidence: what it is, where it serves, who opened it; and what may be done with it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from shanzhi.core.errors import DomainError, NotFound
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence import operations, queries
from shanzhi.kernel.evidence.policy.objects import FILE, HAND, ITEM, USES, VISIT, Use
from shanzhi.kernel.evidence.queries import EvidenceCard, UseRow
from shanzhi.kernel.files.policy import EXTENSIONS, OFFICE
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import ProofError, write_proof
from shanzhi.modules.archive.web import said
from shanzhi.modules.archive.web.forms import DescribeForm, UseForm, WhyForm, headline
from shanzhi.ui.components import Photo, TimelineEntry
from shanzhi.ui.formats import size_text

_ENDINGS = {**EXTENSIONS, **OFFICE}


@require_safe
@never_cache
def page(request: ActingRequest, pk: int) -> HttpResponse:
    """One object."""
    said.check(request)
    return _draw(request, pk)


def _draw(
    request: ActingRequest, pk: int, form: DescribeForm | None = None, error: DomainError | None = None
) -> HttpResponse:
    card = queries.evidence_card(pk)
    row = card.row
    may_file = said.may(request, FILE)
    preview = reverse("files:preview", args=[row.attachment_id]) if row.is_picture and row.is_there else ""
    context = {
        "row": row,
        "is_filed": "filed" in request.GET,
        "number": said.number_of(pk),
        "state": said.state_badge(row),
        "pairs": list(_pairs(card)),
        "source": said.source_said(row),
        "source_url": said.source_url(row),
        "photos": [Photo(preview, preview, row.title)] if preview else [],
        "gone": operations.gone_said(row.keep_until).sentence(gettext) if row.keep_until and not row.is_there else "",
        "gone_at": row.gone_at,
        "why": WhyForm(),
        "uses": [_use(one) for one in card.uses],
        "use_form": UseForm(),
        "readings": [TimelineEntry(one.at, said.step_text(one), one.by) for one in card.readings],
        "history": [
            TimelineEntry(one.at, gettext(said.STEPS.get(one.action, one.action)), one.by or gettext(msg("系统自动")),
                          said.step_text(one))
            for one in reversed(card.steps) if one.action != "evidence.read"
        ],
        "others": [(one.title, reverse("archive:object", args=[one.id]), said.source_said(one)) for one in card.others],
        "may_file": may_file,
        "may_title": row.source in (HAND, VISIT),
        "form": form or _form(card),
        "is_back": form is not None,
        "said": headline(error),
    }  # fmt: skip
    return render(request, "archive/object.html", context, status=error.status if error else 200)


def _form(card: EvidenceCard, data: Any = None, error: DomainError | None = None) -> DescribeForm:
    row = card.row
    given = {"title": row.title, "type": row.type, "project": row.project}
    form = DescribeForm(data, said.problems_of(error) if error else None, initial=given)
    if row.source not in (HAND, VISIT):
        del form.fields["title"]
    return form


def _pairs(card: EvidenceCard) -> list[tuple[str, str]]:
    row = card.row
    where = f"{card.place[0]:.5f}, {card.place[1]:.5f}（WGS84）" if card.place else ""
    kept = said.kept_said(row)
    return [
        (gettext(msg("类型")), said.type_said(row)),
        (gettext(msg("项目")), said.project_names().get(row.project, row.project)),
        (gettext(msg("年度")), str(row.year)),
        (gettext(msg("地点")), f"{row.place}（{row.scope_code}）"),
        (gettext(msg("拍摄坐标")), where),
        (gettext(msg("形成日期")), said.arose_said(row)),
        (gettext(msg("保管单位")), row.unit),
        (gettext(msg("归档岗位")), card.by or gettext(msg("系统自动归集"))),
        (gettext(msg("保管期限")), kept if row.keep_until is None else gettext(msg("到%(day)s")) % {"day": kept}),
        (gettext(msg("保管依据")), card.keep_ground),
        (gettext(msg("文件")), f"{_ENDINGS.get(row.media_type, row.media_type).upper()} · {size_text(row.size)}"),
        # In groups, so that it breaks on a phone.
        (gettext(msg("指纹（SHA-256）")), " ".join(row.sha256[at : at + 8] for at in range(0, 64, 8))),
    ]


def _use(one: UseRow) -> dict[str, object]:
    name = said.indicator_name(one.use.key) if one.use.key else one.use.subject
    return {
        "name": name,
        "kind": gettext(USES[one.use.kind]),
        "by": one.by or gettext(msg("系统按日常记录提出")),
        "at": one.added_at,
        "use": one.use,
        "url": f"{reverse('archive:list')}?key={one.use.key}" if one.use.key else "",
    }


@require_POST
def opened(request: ActingRequest, pk: int) -> HttpResponse:
    """Open the file itself; who did, when and why stays in its history."""
    said.check(request)
    try:
        attachment = operations.evidence_open(
            evidence_id=pk, why=request.POST.get("why", ""), actor=request.actor, now=request.now
        )
    except NotFound:
        raise
    except DomainError as error:
        messages.warning(request, error.sentence(gettext))
        return _draw(request, pk, error=error)
    return HttpResponseRedirect(reverse("files:attachment", args=[attachment]))


@require_POST
def describe(request: ActingRequest, pk: int) -> HttpResponse:
    """Put title, type and project right."""
    said.check(request, FILE)
    given = {name: clean_text(request.POST.get(name, "")) for name in ("title", "type", "project")}
    try:
        operations.evidence_describe(evidence_id=pk, actor=request.actor, now=request.now, **given)
    except NotFound:
        raise
    except DomainError as error:
        return _draw(request, pk, _form(queries.evidence_card(pk), request.POST, error), error)
    messages.success(request, gettext(msg("目录已更正。")))
    return HttpResponseRedirect(reverse("archive:object", args=[pk]))


@require_POST
def use(request: ActingRequest, pk: int) -> HttpResponse:
    """Say that it serves an indicator, or (`do` end) something no longer."""
    said.check(request, FILE)
    given = {name: clean_text(request.POST.get(name, ""))[:64] for name in ("kind", "subject", "key", "place")}
    wanted = Use(given["kind"] or ITEM, given["subject"], given["key"], given["place"][:15])
    change = operations.use_end if request.POST.get("do") == "end" else operations.use_add
    try:
        change(evidence_id=pk, use=wanted, actor=request.actor, now=request.now)
    except NotFound:
        raise
    except DomainError as error:
        messages.warning(request, error.sentence(gettext))
        return _draw(request, pk, error=error)
    messages.success(request, gettext(msg("用途已更新，不用再上传一份。")))
    return HttpResponseRedirect(reverse("archive:object", args=[pk]))


@require_GET
@never_cache
def proof(request: ActingRequest, pk: int) -> HttpResponse:
    """The proof of the object's entries, as a file that anybody can check."""
    said.check(request)
    number = said.number_of(pk)
    try:
        made = journal.proof_of("evidence", pk, number=number)
    except ProofError as error:
        messages.warning(request, error.sentence(gettext))
        return HttpResponseRedirect(reverse("archive:object", args=[pk]))
    response = HttpResponse(write_proof(made), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="proof-{number}.json"'
    return response
