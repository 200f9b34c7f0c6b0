"""Putting evidence in by hand: what is there already is offered, what is alike is shown, and nothing is stored twice."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.evidence import operations, queries
from shanzhi.kernel.evidence.policy.objects import FILE, EvidenceThere, Given, check_given
from shanzhi.kernel.evidence.queries import EvidenceRow, rules
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import Place, StoredFile
from shanzhi.kernel.files.queries import is_in_store
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.queries import RegionRow, one_tree
from shanzhi.kernel.vault.web.parked import parked_fields
from shanzhi.modules.archive.web import said
from shanzhi.modules.archive.web.forms import PutForm, headline

KEPT_FOR = timedelta(hours=24)
_SALT = "archive.kept"
NO_FILE = msg("请选择一个文件，或者拍一张照片。")


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def page(request: ActingRequest) -> HttpResponse:
    """The form, and what comes of it."""
    said.check(request, FILE)
    if request.method != "POST":
        return _draw(request, _Shown(data=parked_fields(request)))
    shown = _Shown(data=request.POST)
    try:
        stored = _brought(request)
    except DomainError as error:
        shown.problems, shown.status = {"file": error.sentence(gettext)}, error.status
        return _draw(request, shown)
    if stored is None:
        shown.problems, shown.status = {"file": NO_FILE}, 422
        return _draw(request, shown)
    shown.stored = stored
    return _put(request, stored, shown)


def _put(request: ActingRequest, stored: StoredFile, shown: "_Shown") -> HttpResponse:
    given = _given(request)
    try:
        check_given(given, rules(), frozenset(said.project_names()), local_date(request.now))
    except DomainError as error:
        shown.problems, shown.status, shown.error = said.problems_of(error), error.status, error
        return _draw(request, shown)
    shown.same = queries.same_content(stored.sha256)
    if not shown.same and not request.POST.get("sure"):
        region = organisation.region_by_id(given.region_id, local_date(request.now))
        marks = operations.content_marks(stored, given.title)
        shown.alike = queries.alike(marks, stored.sha256, region.code if region else request.actor.region_code)
    if any(one.is_there for one in shown.same) or ((shown.alike or shown.same) and not request.POST.get("sure")):
        shown.status = 409
        return _draw(request, shown)
    try:
        made = operations.evidence_put(given=given, stored=stored, actor=request.actor, now=request.now)
    except EvidenceThere:
        shown.same, shown.status = queries.same_content(stored.sha256), 409
        return _draw(request, shown)
    except DomainError as error:
        problems = said.problems_of(error)
        if "region_id" in problems:
            problems["region"] = problems.pop("region_id")
        shown.problems, shown.status, shown.error = problems, error.status, error
        return _draw(request, shown)
    messages.success(request, gettext(msg("已归档，编号 %(number)s。")) % {"number": said.number_of(made)})
    return HttpResponseRedirect(f"{reverse('archive:object', args=[made])}?filed=1")


@dataclass
class _Shown:
    """What the form is drawn with."""

    data: Any = None
    problems: dict[str, str] | None = None
    status: int = 200
    error: DomainError | None = None
    stored: StoredFile | None = None
    same: list[EvidenceRow] | tuple[()] = ()
    alike: list[EvidenceRow] | tuple[()] = ()


def _draw(request: ActingRequest, shown: _Shown) -> HttpResponse:
    regions = _regions(request)
    options = [(str(row.id), name) for row, name in regions]
    given = {} if shown.data else _initial(request, regions)
    form = PutForm(options, shown.data or None, shown.problems, initial=given)
    stored = shown.stored
    form.fields["file"].required = stored is None
    context = {
        "form": form,
        "said": headline(shown.error),
        "kept": (_token(stored), stored.name, stored.size) if stored else None,
        "place": stored.place if stored else None,
        "pictured_at": stored.taken_at if stored else None,
        "same": [_offer(one) for one in shown.same],
        "is_gone": bool(shown.same) and not any(one.is_there for one in shown.same),
        "alike": [_offer(one) for one in shown.alike],
        "key": clean_text(str(shown.data.get("key", "")))[:40] if shown.data else "",
        "page_url": request.get_full_path(),
    }
    return render(request, "archive/new.html", context, status=shown.status)


def _offer(row: EvidenceRow) -> dict[str, object]:
    is_shown = row.is_picture and row.is_there
    return {
        "row": row,
        "url": reverse("archive:object", args=[row.id]),
        "use_url": reverse("archive:use", args=[row.id]),
        "type": said.type_said(row),
        "source": said.source_said(row),
        "arose": said.arose_said(row),
        "state": said.state_badge(row),
        "preview": reverse("files:preview", args=[row.attachment_id]) if is_shown else "",
    }


def _initial(request: ActingRequest, regions: list[tuple[RegionRow, str]]) -> dict[str, object]:
    """What the address already knows: an indicator, a title, a place."""
    key = request.GET.get("key", "")[:40]
    place = request.GET.get("place", "")
    from_place = next((row.id for row, _ in regions if row.code == place), None)
    return {
        "key": key,
        "title": clean_text(request.GET.get("title", ""))[:120],
        "project": said.project_of(key),
        "region": from_place or (regions[0][0].id if regions else ""),
    }


def _regions(request: ActingRequest) -> list[tuple[RegionRow, str]]:
    """The post's own place and two levels below it, by code."""
    on, code = local_date(request.now), request.actor.region_code
    with one_tree(is_read=True):
        own = organisation.region_of_code(code, on) if code else None
        return list(_below(own, on, 0)) if own is not None else []


def _below(row: RegionRow, on: date, depth: int) -> Iterator[tuple[RegionRow, str]]:
    yield row, "　" * depth + row.name
    if depth < 2 and row.level in (Level.CITY, Level.COUNTY, Level.TOWNSHIP):
        for one in organisation.children(row.id, on):
            if one.level not in (Level.ZONE, Level.GRID):
                yield from _below(one, on, depth + 1)


def _given(request: ActingRequest) -> Given:
    sent = {name: clean_text(request.POST.get(name, "")) for name in ("title", "type", "project", "key", "region")}
    try:
        arose_on = date.fromisoformat(request.POST.get("arose_on", "").strip())
    except ValueError:
        arose_on = None
    return Given(sent["title"], sent["type"], sent["project"], said.id_of(sent["region"]) or 0, sent["key"], arose_on)


def _brought(request: ActingRequest) -> StoredFile | None:
    """The file that came now, else the one that was stored before; None without one."""
    upload = request.FILES.get("file")
    if upload is not None:
        return files.store(data=upload, name=clean_text(upload.name or ""), now=request.now, office=True)
    return _kept(request.POST.get("kept", ""))


def _token(file: StoredFile) -> str:
    content = {
        "sha256": file.sha256, "media_type": file.media_type, "size": file.size, "name": file.name,
        "width": file.width, "height": file.height,
        "place": [file.place.lat, file.place.lon] if file.place else None,
        "taken_at": file.taken_at.isoformat() if file.taken_at else None,
    }  # fmt: skip
    return signing.dumps(content, salt=_SALT, compress=True)


def _kept(token: str) -> StoredFile | None:
    """The file that a signed text stands for; None for a forged or old one, and where its bytes were removed meanwhile."""
    try:
        content = signing.loads(token, salt=_SALT, max_age=KEPT_FOR)
    except signing.BadSignature:
        return None
    place, taken_at = content.pop("place"), content.pop("taken_at")
    file = StoredFile(
        **content,
        place=Place(*place) if place else None,
        taken_at=datetime.fromisoformat(taken_at) if taken_at else None,
    )
    return file if is_in_store(file.sha256) else None
