"""Imports by the page: bring a file, say what its columns are, start, watch, mend the rest."""

from datetime import date
from io import BytesIO
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shanzhi.core.errors import DomainError
from shanzhi.core.importing import subjects
from shanzhi.core.sheets import MEDIA_TYPES
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.modules.imports import queries, uploads
from shanzhi.modules.imports.policy import FEATURE
from shanzhi.ui.components import Tone
from shanzhi.ui.downloads import send_file

STATES: dict[str, tuple[str, Tone]] = {
    "draft": (msg("待确认"), "action"),
    "waiting": (msg("排队中"), "action"),
    "running": (msg("导入中"), "action"),
    "stopped": (msg("已暂停"), "warn"),
    "done": (msg("已完成"), "good"),
    "failed": (msg("未导入"), "bad"),
    "dropped": (msg("已放弃"), "neutral"),
}
COLUMN = "column-"
"""Before a column's place in the names of the form's choices."""


def _check(request: ActingRequest) -> None:
    check_may(request.actor, roles().get(request.actor.role), FEATURE)


class FileForm(forms.Form):
    """A file to import; what is wrong with it the domain says, in `problem`."""

    file = forms.FileField(
        label=gettext_lazy("文件"),
        help_text=gettext_lazy(
            "CSV、XLSX 或 JSON Lines，第一行是列名，60 MB 以内。含个人信息的文件加密存放，导入后即删除。"
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.jsonl,.json"}),
    )
    subject = forms.ChoiceField(label=gettext_lazy("导入什么"))
    source = forms.CharField(
        label=gettext_lazy("来源"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("数据从哪个系统来，如“旧热线系统”。同一个系统每次写同一个名称，已导入过的就不会重复。"),
    )

    def __init__(self, data: Any = None, files: Any = None, problem: str = "") -> None:
        super().__init__(data, files)
        self._problem = problem
        field = self.fields["subject"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(one.code, gettext(one.title)) for one in subjects().values()]
        # Mended rejects go with the import that they come from, and its subject holds.
        field.required = not (data and data.get("first"))

    def full_clean(self) -> None:
        """Take over the domain's sentence as this form's error."""
        super().full_clean()
        if self._problem and "file" not in self.errors:
            self.add_error("file", self._problem)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def imports(request: ActingRequest) -> HttpResponse:
    """My imports in this post, and the form that brings a file; mended rejects come here as well (`first`)."""
    _check(request)
    if request.method == "POST":
        return _bring(request)
    return _list(request, FileForm(), 200)


def _bring(request: ActingRequest) -> HttpResponse:
    given = request.FILES.get("file")
    form = FileForm(request.POST, request.FILES)
    if not isinstance(given, UploadedFile) or not form.is_valid():
        return _list(request, form, 422)
    brought = uploads.Brought(
        name=given.name or "",
        content=given.read(),
        subject=request.POST.get("subject", ""),
        source=request.POST.get("source", ""),
        first=request.POST.get("first", ""),
    )
    try:
        key = uploads.upload_bring(brought=brought, actor=request.actor, now=request.now)
    except DomainError as error:
        return _list(request, FileForm(request.POST, request.FILES, error.sentence(gettext)), error.status)
    return HttpResponseRedirect(reverse("imports:one", args=[key]))


def _list(request: ActingRequest, form: FileForm, status: int) -> HttpResponse:
    rows = [_shown(row) for row in queries.my_uploads(request.actor)]
    return render(request, "imports/list.html", {"form": form, "rows": rows}, status=status)


def _shown(row: queries.UploadRow) -> dict[str, Any]:
    return {
        "row": row,
        "subject": gettext(row.subject),
        "state": gettext(STATES[row.state][0]),
        "tone": STATES[row.state][1],
    }


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def one(request: ActingRequest, key: str) -> HttpResponse:
    """One import: its first rows and columns, how far it is, or what became of it. A POST is the draft's form."""
    _check(request)
    if request.method != "POST":
        return _one(request, key)
    given = request.POST
    names = [name for name in given if name.startswith(COLUMN)]
    columns = {given.get(f"name-{name.removeprefix(COLUMN)}", ""): given[name] for name in names if given[name]}
    try:
        if given.get("do") == "start":
            uploads.upload_start(
                key=key,
                columns=columns,
                save_as=given.get("save_as", ""),
                on=_day(given.get("on", "")),
                actor=request.actor,
                now=request.now,
            )
        else:
            uploads.upload_columns(
                key=key, columns=columns, mapping=given.get("mapping", ""), actor=request.actor, now=request.now
            )
    except DomainError as error:
        if error.status in (403, 404):
            raise
        return _one(request, key, problem=error.sentence(gettext), status=error.status, chosen=columns, typed=given)
    return HttpResponseRedirect(reverse("imports:one", args=[key]))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _one(
    request: ActingRequest,
    key: str,
    *,
    problem: str = "",
    status: int = 200,
    chosen: dict[str, str] | None = None,
    typed: QueryDict | None = None,
) -> HttpResponse:
    page = queries.upload_page(key, request.actor, request.now)
    fields = queries.fields_of(page.row.code)
    choices = [
        {
            "name": column.name,
            "example": column.example,
            "options": [
                (name, gettext(title), name == (chosen or {}).get(column.name, "" if chosen else column.field))
                for name, title in (("", msg("不导入")), *fields)
            ],
        }
        for column in page.columns
    ]
    context = {
        **_shown(page.row),
        "page": page,
        "choices": choices,
        "heads": [gettext(head) for head in page.heads],
        "lines": [
            {
                "number": line.number,
                "cells": list(zip((gettext(head) for head in page.heads), line.cells, strict=True)),
                "becomes": gettext(line.becomes) if line.becomes else "",
                "reason": gettext(line.reason) if line.reason else "",
            }
            for line in page.head
        ],
        "missing": [gettext(name) for name in page.missing],
        "notes": [gettext(note) for note in page.notes],
        "problem": problem,
        "typed": {name: typed.get(name, "") if typed else "" for name in ("save_as", "on")},
        "moves": page.row.state in ("waiting", "running"),
        "whole": page.row.code != "matters",
    }
    return render(request, "imports/one.html", context, status=status)


STEPS = {"stop": uploads.upload_stop, "resume": uploads.upload_resume, "drop": uploads.upload_drop}
SAID = {
    "stop": msg("已暂停。已经导入的保留，可以接着导入。"),
    "resume": msg("接着导入，已导入过的不会重复。"),
    "drop": msg("已放弃，文件已删除。"),
}


@require_POST
def step(request: ActingRequest, key: str) -> HttpResponse:
    """Stop an import, let it go on, or throw its file away."""
    _check(request)
    what = request.POST.get("do", "")
    if what not in STEPS:
        raise Http404
    STEPS[what](key=key, actor=request.actor, now=request.now)
    messages.success(request, gettext(SAID[what]))
    return HttpResponseRedirect(reverse("imports:one", args=[key]))


@require_GET
def rejects(request: ActingRequest, key: str, form: str) -> FileResponse:
    """The rejected rows as a file, to be saved and mended; journaled."""
    name, content = uploads.rejects_take(key=key, form=form, actor=request.actor, now=request.now)
    return send_file(BytesIO(content), name, MEDIA_TYPES[form])
