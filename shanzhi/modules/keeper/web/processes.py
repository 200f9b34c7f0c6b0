"""Processes: which version holds, drafts, upload with faults by line, a version's picture, its trial, and going live."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import FaultyProcess, WouldStrand
from shanzhi.kernel.matters.policy.process import OWNER_NAMES, ROLE_NAMES, Kind, Problem, transitions
from shanzhi.kernel.matters.policy.process.svg import to_svg
from shanzhi.kernel.matters.queries import ProcessPage, ProcessRow, VersionPage
from shanzhi.modules.keeper.web.common import DayForm, Problems, check, count_of, day_of
from shanzhi.ui.components import Badge, Column, Row, Table

FILE_READ = 1_000_001
"""A byte more than a process file may have: what is larger is refused without being read."""
CHANGES = {"added": msg("新增"), "removed": msg("去掉"), "changed": msg("改动")}
TABLES = {"stage": msg("环节"), "action": msg("动作"), "kind": msg("整体")}


class UploadForm(Problems):
    """A process file, and what has changed."""

    file = forms.FileField(
        label=gettext_lazy("流程文件"),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml"}),
        help_text=gettext_lazy("TOML 文件，最大 1 MB。先下载现行版本，改好并把 version 加一，再传上来。"),
    )
    note = forms.CharField(label=gettext_lazy("改了什么"), required=False, max_length=200)


class LiveForm(DayForm):
    """From which day a version holds; `accepts` is how many open matters the keeper lets end under their own."""

    accepts = forms.CharField(required=False, widget=forms.HiddenInput)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def processes(request: ActingRequest) -> HttpResponse:
    """Every kind with its version in force; upload a version of any, or of a new kind."""
    check(request)
    if request.method == "POST":
        return _upload(request, "")
    return _list_page(request, UploadForm(), ())


def _list_page(
    request: ActingRequest, form: UploadForm, faults: tuple[Problem, ...], status: int = 200
) -> HttpResponse:
    rows = queries.processes(local_date(request.now))
    context = {"table": _kinds_table(rows), "form": form, "faults": _faults(faults), "code": ""}
    return render(request, "keeper/processes.html", context, status=status)


def _upload(request: ActingRequest, code: str) -> HttpResponse:
    """One upload; what is wrong with the file stands on the page that it came from, line by line."""
    given = request.FILES.get("file")
    try:
        made = operations.process_upload(
            data=given.read(FILE_READ) if given else b"",
            expects=code,
            note=request.POST.get("note", ""),
            actor=request.actor,
            now=request.now,
        )
    except DomainError as error:
        faults = error.faults if isinstance(error, FaultyProcess) else ()
        form = UploadForm(request.POST, error=error)
        if not code:
            return _list_page(request, form, faults, error.status)
        return _kind_page(request, code, form, faults, error.status)
    messages.success(
        request, gettext("第 %(version)s 版已存为草稿，还没有生效。请先看图，再试算。") % {"version": made.version}
    )
    return HttpResponseRedirect(reverse("keeper:process_version", args=[made.code, made.version]))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def process(request: ActingRequest, code: str) -> HttpResponse:
    """One kind: its versions and the decisions on them; upload the next version."""
    check(request)
    if request.method == "POST":
        return _upload(request, code)
    return _kind_page(request, code, UploadForm(), ())


def _kind_page(
    request: ActingRequest, code: str, form: UploadForm, faults: tuple[Problem, ...], status: int = 200
) -> HttpResponse:
    page = queries.process(code, local_date(request.now))
    context = {"page": page, "versions": _versions_table(page), "decisions": _decisions_table(page)}
    context |= {"form": form, "faults": _faults(faults), "code": code}
    return render(request, "keeper/process.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def version(request: ActingRequest, code: str, version: int) -> HttpResponse:
    """One version: its picture, its steps, its differences; let it go live."""
    check(request)
    error: DomainError | None = None
    if request.method == "POST":
        try:
            operations.process_go_live(
                code=code,
                version=version,
                holds_from=day_of(request.POST.get("holds_from", "")),
                based_on=count_of(request.POST.get("seen", "")),
                accepts=count_of(request.POST.get("accepts", "")),
                actor=request.actor,
                now=request.now,
            )
        except DomainError as refused:
            error = refused
        else:
            messages.success(
                request, gettext("已定好。新反映的事项到日期起按第 %(version)s 版办理。") % {"version": version}
            )
            return HttpResponseRedirect(reverse("keeper:process", args=[code]))
    page = queries.process_version(code, version, local_date(request.now))
    data = request.POST.copy() if error else None
    groups = error.groups if isinstance(error, WouldStrand) else ()
    if data is not None:
        # What the keeper has now been shown: the next press speaks of this.
        data["seen"], data["accepts"] = str(page.seen), str(sum(group.count for group in groups))
    context = {
        "page": page,
        "code": code,
        "picture": mark_safe(to_svg(page.kind, gettext)),  # noqa: S308 - our own drawing; the file's words are escaped in it
        "steps": _steps_table(page.kind),
        "differences": _differences_table(page),
        "stranded": _stranded_table(code, groups),
        "form": LiveForm(request, page.seen, error=error, data=data),
    }
    return render(request, "keeper/process_version.html", context, status=error.status if error else 200)


@require_safe
@never_cache
def trial(request: ActingRequest, code: str, version: int) -> HttpResponse:
    """A version tried on what there is; nothing is changed."""
    check(request)
    found = queries.process_trial(code, version, now=request.now)
    context = {
        "code": code,
        "page": found.page,
        "trial": found,
        "rows": _trial_table(found.rows, found.page.kind),
        "stranded": _stranded_table(code, found.stranded),
    }
    return render(request, "keeper/process_trial.html", context)


@require_safe
def file(request: ActingRequest, code: str, version: int) -> HttpResponse:
    """A version's file as it was uploaded, to be changed and uploaded again."""
    check(request)
    page = queries.process_version(code, version, local_date(request.now))
    answer = HttpResponse(page.source, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-{version}.toml"'
    return answer


def _faults(faults: tuple[Problem, ...]) -> Table | None:
    if not faults:
        return None
    columns = (
        Column("line", gettext("行")),
        Column("where", gettext("哪里")),
        Column("what", gettext("问题")),
        Column("mend", gettext("怎么改")),
    )
    rows = [
        Row(
            "",
            {
                "line": gettext("第 %(line)s 行") % {"line": fault.line},
                "where": fault.where,
                "what": gettext(fault.message) % fault.params,
                "mend": gettext(fault.mend) % fault.params if fault.mend else "",
            },
        )
        for fault in faults
    ]
    return Table(gettext("文件里要改的地方"), columns, rows)


def _numbered(number: int) -> str:
    return gettext("第 %(number)s 版") % {"number": number}


def _kinds_table(rows: tuple[ProcessRow, ...]) -> Table:
    columns = (
        Column("name", gettext("事项类型")),
        Column("code", gettext("代码")),
        Column("now", gettext("现行")),
        Column("since", gettext("起于")),
        Column("coming", gettext("将换")),
        Column("drafts", gettext("草稿")),
    )
    shown = [
        Row(
            reverse("keeper:process", args=[row.code]),
            {
                "name": gettext(row.name),
                "code": row.code,
                "now": _numbered(row.in_force) if row.in_force else gettext("未生效"),
                "since": day_said(row.since, gettext) if row.since else "",
                "coming": f"{_numbered(row.coming)} · {day_said(row.coming_on, gettext)}" if row.coming_on else "",
                "drafts": "、".join(_numbered(number) for number in row.drafts),
            },
        )
        for row in rows
    ]
    return Table(gettext("事项类型和现行流程"), columns, shown)


def _versions_table(page: ProcessPage) -> Table:
    columns = (
        Column("number", gettext("版本")),
        Column("state", gettext("状态"), "badge"),
        Column("note", gettext("说明")),
        Column("at", gettext("存入时间"), "time"),
    )
    rows = []
    for one in page.versions:
        state = Badge(gettext("草稿"), "warn")
        if one.number == page.in_force:
            state = Badge(gettext("现行"), "good")
        elif one.holds:
            state = Badge(gettext("用过或将用"), "neutral")
        url = reverse("keeper:process_version", args=[page.code, one.number])
        note = one.note or (gettext("随程序提供") if one.is_shipped else "")
        rows.append(Row(url, {"number": _numbered(one.number), "state": state, "note": note, "at": one.loaded_at}))
    return Table(gettext("各个版本"), columns, rows)


def _decisions_table(page: ProcessPage) -> Table:
    columns = (
        Column("day", gettext("自这一天起")),
        Column("number", gettext("版本")),
        Column("at", gettext("决定时间"), "time"),
    )
    rows = [
        Row("", {"day": day_said(one.holds_from, gettext), "number": _numbered(one.number), "at": one.decided_at})
        for one in page.decisions
    ]
    return Table(gettext("换版记录"), columns, rows)


def _steps_table(kind: Kind) -> Table:
    columns = (
        Column("stage", gettext("环节")),
        Column("owner", gettext("责任方")),
        Column("limit", gettext("时限")),
        Column("action", gettext("动作")),
        Column("who", gettext("由谁")),
        Column("to", gettext("去往")),
    )
    rows: list[Row] = []
    for stage in kind.stages:
        head = {
            "stage": gettext(stage.name),
            "owner": gettext(OWNER_NAMES[stage.owner]) if not stage.is_end else gettext("结束"),
            "limit": gettext(limit.message) % {"amount": limit.amount} if (limit := kind.limit_of(stage)) else "",
        }
        ways: dict[str, dict[str, Any]] = {}
        for here, action, target in transitions(kind):
            if here is stage:
                way = ways.setdefault(action.code, {"action": action, "to": []})
                way["to"].append(gettext("不变") if action.stays else gettext(kind.stage(target).name))
        for way in ways.values():
            action = way["action"]
            who = gettext("、").join(gettext(ROLE_NAMES[role]) for role in action.by)
            rows.append(Row("", head | {"action": gettext(action.name), "who": who, "to": " / ".join(way["to"])}))
        if not ways:
            rows.append(Row("", head))
    return Table(gettext("每个环节的时限、动作和去向"), columns, rows)


def _differences_table(page: VersionPage) -> Table | None:
    if not page.in_force or page.in_force == page.kind.version:
        return None
    columns = (
        Column("name", gettext("名称")),
        Column("table", gettext("属于")),
        Column("change", gettext("变化")),
        Column("what", gettext("哪一项")),
        Column("before", gettext("现行")),
        Column("after", gettext("这一版")),
    )
    rows = [
        Row(
            "",
            {
                "name": f"{one.name}（{one.code}）",
                "table": gettext(TABLES[one.table]),
                "change": gettext(CHANGES[one.change]),
                "what": gettext(one.what) if one.what else "",
                "before": gettext(one.before) if one.before else "",
                "after": gettext(one.after) if one.after else "",
            },
        )
        for one in page.differences
    ]
    return Table(gettext("与现行版本的不同"), columns, rows)


def _stranded_table(code: str, groups: tuple[Any, ...]) -> Table | None:
    if not groups:
        return None
    columns = (
        Column("stage", gettext("现在的环节")),
        Column("version", gettext("原版本")),
        Column("count", gettext("件数"), "number"),
        Column("why", gettext("为什么走不下去")),
    )
    rows = [
        Row(
            f"{reverse('matters:list')}?kind={code}&stage={group.stage}",
            {
                "stage": gettext(group.stage_name),
                "version": _numbered(group.version),
                "count": group.count,
                "why": gettext(group.why.label),
            },
        )
        for group in groups
    ]
    return Table(gettext("按这一版走不下去的未结事项"), columns, rows)


def _trial_table(rows: tuple[Any, ...], new: Kind) -> Table:
    columns = (
        Column("number", gettext("事项")),
        Column("state", gettext("状态")),
        Column("stage", gettext("实际到了")),
        Column("would", gettext("按这一版")),
        Column("why", gettext("停在哪一步")),
    )
    shown = []
    for row in rows:
        why = ""
        if row.halt is not None:
            said = msg("第 %(step)s 步“%(action)s”：新版本没有这个动作")
            if not row.halt.is_missing:
                said = msg("第 %(step)s 步“%(action)s”：新版本在“%(stage)s”不能做")
            why = gettext(said) % {
                "step": row.halt.step,
                "action": row.halt_action,
                "stage": gettext(new.stage(row.halt.stage).name),
            }
        cells = {
            "number": row.number,
            "state": gettext("未结") if row.is_open else gettext("已结"),
            "stage": gettext(row.stage_name),
            "would": gettext(row.would_be) if row.would_be else "",
            "why": why,
        }
        shown.append(Row(reverse("matters:matter", args=[row.number]), cells))
    return Table(gettext("与实际经过不同的事项"), columns, shown)
