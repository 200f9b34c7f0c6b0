"""What was sent and received about a city's round: the pack on its way, letters to be carried, where each stands."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from shanzhi.core.dates import day_said
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.packs.queries.letters import LetterRow
from shanzhi.kernel.rounds import operations, queries
from shanzhi.kernel.rounds.policy.states import State
from shanzhi.kernel.rounds.policy.words import LEAD, NoSuchRound
from shanzhi.kernel.rounds.queries.shapes import BuildRow
from shanzhi.modules.assessment.web import said
from shanzhi.modules.assessment.web.asking import check, leads_city, sent_to
from shanzhi.ui.components import Badge
from shanzhi.ui.downloads import send_file

KINDS: Mapping[str, str] = {
    "round": msg("轮次文件"),
    "pack": msg("验收包"),
    "slip": msg("回执"),
    "objection": msg("异议"),
}
LETTER_STATES: Mapping[str, Badge] = {
    "kept": Badge(msg("待读取"), "action"),
    "read": Badge(msg("已读取"), "good"),
    "refused": Badge(msg("未采用"), "bad"),
}
BUILD_STATES: Mapping[str, Badge] = {
    "waiting": Badge(msg("等待生成"), "action"),
    "running": Badge(msg("正在生成"), "action"),
    "done": Badge(msg("已生成"), "good"),
    "failed": Badge(msg("没有生成"), "bad"),
}
MOVING = ("waiting", "running")
"""States of a build that the background is at."""
PARTS: Mapping[str, str] = {
    "fold": msg("重新折算封账后有变动的事项"),
    "entries": msg("收集台账留痕"),
    "hash": msg("核对事实"),
    "figures": msg("计算指标"),
}


def said_of(build: BuildRow) -> list[str]:
    """What a build says, in the reader's language."""
    return [gettext(text) % params if params else gettext(text) for text, params in build.said]


def progress_of(build: BuildRow) -> str:
    """How far a pack is; empty before its first step."""
    if not build.part:
        return ""
    part = gettext(PARTS.get(build.part, msg("收集事实")))
    return gettext(msg("%(part)s：%(count)s")) % {"part": part, "count": f"{build.done:,}"}


@require_safe
@never_cache
def sent(request: ActingRequest, pk: int) -> HttpResponse:
    """Packs and letters of a city's round."""
    check(request)
    return _draw(request, pk)


def _draw(request: ActingRequest, pk: int, error: DomainError | None = None) -> HttpResponse:
    told = queries.sent_page(pk)
    leads = leads_city(request, told.of.city_code)
    last = next((one for one, _ in told.builds if one.submission == told.of.submission), None)
    locked = told.of.state is State.LOCKED
    context = {
        "of": told.of,
        "badge": said.state_badge(told.of.state),
        "locked_sha256": told.locked_sha256,
        "builds": [_build(one, letter, told.handed_at.get(one.submission)) for one, letter in told.builds],
        "letters": [_letter(one) for one in told.letters],
        "leads": leads,
        "may_build": leads and locked and (last is None or last.state == "failed"),
        "may_send": leads and locked and last is not None and last.state == "done",
        "moves": any(one.state in MOVING for one, _ in told.builds),
        "again": last is not None and last.state == "failed",
        "said": error.sentence(gettext) if error else "",
    }
    return render(request, "assessment/city_sent.html", context, status=error.status if error else 200)


def _build(build: BuildRow, letter_id: int, handed_at: datetime | None) -> dict[str, Any]:
    badge = BUILD_STATES[build.state]
    text = gettext(badge.text)
    if handed_at is not None and build.state == "done":
        text = gettext(msg("已送出 %(day)s")) % {"day": day_said(local_date(handed_at), gettext)}
    return {
        "row": build,
        "badge": Badge(text, badge.tone),
        "progress": progress_of(build) if build.state == "running" else "",
        "said": said_of(build),
        "letter_id": letter_id,
        "sha256": _pieces(build.sha256),
    }


def _letter(row: LetterRow) -> dict[str, Any]:
    badge = LETTER_STATES[row.state] if row.direction == "in" else Badge(msg("待送出"), "neutral")
    return {
        "row": row,
        "kind": gettext(KINDS[row.kind]) if row.kind in KINDS else row.kind,
        "way": gettext(msg("收到")) if row.direction == "in" else gettext(msg("送出")),
        "badge": Badge(gettext(badge.text), badge.tone),
        "reason": (gettext(row.reason) % row.params if row.params else gettext(row.reason)) if row.reason else "",
        "sha256": _pieces(row.sha256),
    }


def _pieces(sha256: str) -> list[str]:
    """A hash in pieces of 16, between which a narrow page may break it."""
    return [sha256[start : start + 16] for start in range(0, len(sha256), 16)]


@sent_to("sent")
def pack(request: ActingRequest, pk: int) -> HttpResponse:
    """Have the pack built."""
    check(request, LEAD)
    try:
        operations.pack_ask(city_id=pk, actor=request.actor, now=request.now)
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw(request, pk, error)
    messages.success(request, gettext(msg("正在后台生成验收包，完成后这里自动更新。")))
    return HttpResponseRedirect(reverse("assessment:sent", args=[pk]))


@sent_to("sent")
def send(request: ActingRequest, pk: int) -> HttpResponse:
    """Say that the pack was handed out."""
    check(request, LEAD)
    try:
        operations.pack_send(city_id=pk, actor=request.actor, now=request.now)
    except NoSuchRound:
        raise
    except DomainError as error:
        return _draw(request, pk, error)
    messages.success(request, gettext(msg("已记为送出。组织方收下后发回执，读取后这里会更新。")))
    return HttpResponseRedirect(reverse("assessment:sent", args=[pk]))


@require_GET
@never_cache
def letter(request: ActingRequest, pk: int, letter_id: int) -> FileResponse:
    """A letter's file, to be carried."""
    check(request, LEAD)
    opened = queries.letter_of_city(pk, letter_id)
    return send_file(opened.file, opened.name, "application/zip")
