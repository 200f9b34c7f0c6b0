"""Bulk exports: ask for one, watch it, fetch it."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import categories
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level
from shanzhi.modules.exports import operations, queries
from shanzhi.modules.exports.policy import COLUMNS, FEATURE, FORMATS, wanted_of
from shanzhi.ui.components import Tone
from shanzhi.ui.downloads import send_file

STATES: dict[str, tuple[str, Tone]] = {
    "waiting": (msg("排队中"), "action"),
    "writing": (msg("生成中"), "action"),
    "ready": (msg("可下载"), "good"),
    "expired": (msg("已过期"), "neutral"),
    "ended": (msg("岗位已变动，已删除"), "neutral"),
    "cancelled": (msg("已取消"), "neutral"),
    "failed": (msg("未完成"), "bad"),
}


def _check(request: ActingRequest) -> None:
    check_may(request.actor, roles().get(request.actor.role), FEATURE)


@require_safe
@never_cache
def exports(request: ActingRequest) -> HttpResponse:
    """My exports in this post."""
    _check(request)
    rows = [
        {
            "row": row,
            "state": gettext(STATES[row.state][0]),
            "tone": STATES[row.state][1],
            # In parts, so that a phone can break the line.
            "sha256": [row.sha256[start : start + 16] for start in range(0, len(row.sha256), 16)],
        }
        for row in queries.my_exports(request.actor, request.now)
    ]
    return render(request, "exports/list.html", {"rows": rows})


class AskForm(forms.Form):
    """What to export, and why; what is wrong with it the domain says, in `problems` by field."""

    since = forms.CharField(label=gettext_lazy("反映日期从"), widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.CharField(label=gettext_lazy("到"), widget=forms.DateInput(attrs={"type": "date"}))
    region = forms.ChoiceField(label=gettext_lazy("区域"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("分类"), required=False)
    columns = forms.MultipleChoiceField(
        label=gettext_lazy("栏目"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("只有这些栏目可以导出：不含联系方式、原文和任何填写的文字。"),
    )
    format = forms.ChoiceField(label=gettext_lazy("文件格式"), widget=forms.RadioSelect)
    reason = forms.CharField(
        label=gettext_lazy("用途和理由"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("写明给谁用、做什么。不要写个人信息。"),
    )

    def __init__(self, request: ActingRequest, data: Any = None, problems: dict[str, str] | None = None) -> None:
        on = local_date(request.now)
        first = {"since": (on - timedelta(days=30)).isoformat(), "until": on.isoformat(), "format": "csv"}
        super().__init__(data, initial=first | {"columns": list(COLUMNS)})
        self._problems = problems or {}
        every = ("", gettext("全部"))
        choices: dict[str, list[Any]] = {
            "region": [every, *_regions(request)],
            "category": [every, *((f"{group.code}.", group.name) for group in categories().groups)],
            "columns": [(code, gettext(column.label)) for code, column in COLUMNS.items()],
            "format": [(code, gettext(name)) for code, name in FORMATS.items()],
        }
        for name, listed in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = listed

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        super().full_clean()
        for code, sentence in self._problems.items():
            name = code if code in self.fields else None
            if name is None or name not in self.errors:
                self.add_error(name, gettext(sentence))


def _regions(request: ActingRequest) -> list[tuple[str, str]]:
    """The post's own place and one level below it."""
    on = local_date(request.now)
    own = organisation.region_of_code(request.actor.region_code, on)
    if own is None:
        return []
    below = [row for row in organisation.children(own.code, on) if row.level is not Level.ZONE]
    return [(own.code, own.short_name), *((row.code, f"　{row.short_name}") for row in below)]


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: ActingRequest) -> HttpResponse:
    """Ask; leads to the request that now waits for its sign-off."""
    _check(request)
    form, status = AskForm(request), 200
    if request.method == "POST":
        given = {name: request.POST.get(name, "") for name in ("since", "until", "region", "category", "format")}
        given["columns"] = ",".join(request.POST.getlist("columns"))
        try:
            number = operations.export_ask(
                wanted=wanted_of(given), reason=request.POST.get("reason", ""), actor=request.actor, now=request.now
            )
        except DomainError as error:
            problems = error.fields or {"": error.sentence(gettext)}
            form, status = AskForm(request, request.POST, problems), error.status
        else:
            messages.success(request, gettext("申请已提交，等待安全管理员复核。"))
            return HttpResponseRedirect(reverse("access:signoff", args=[number]))
    return render(request, "exports/ask.html", {"form": form}, status=status)


@require_GET
def download(request: ActingRequest, key: str) -> FileResponse:
    """The file, to be saved; journaled."""
    opened = operations.export_download(key=key, actor=request.actor, now=request.now)
    return send_file(opened.file, opened.name, opened.media_type)


@require_POST
def cancel(request: ActingRequest, key: str) -> HttpResponse:
    """Stop one that isn't ready."""
    _check(request)
    operations.export_cancel(key=key, actor=request.actor, now=request.now)
    return HttpResponseRedirect(reverse("exports:list"))
