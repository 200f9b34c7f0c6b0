"""Posts with work in hand, and handing it over."""

from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy.unfinished import Unfinished, unfinished_kinds
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters.queries import Fallen
from shanzhi.kernel.matters.web import desk
from shanzhi.modules.oversight import operations, queries
from shanzhi.modules.oversight.policy import FEATURE
from shanzhi.modules.oversight.queries import PostLine
from shanzhi.ui.components import Column, Row, Table


@require_safe
@never_cache
def posts(request: ActingRequest) -> HttpResponse:
    """Posts that nobody holds and that have work in hand; and those of a unit that is looked for."""
    desk.check_staff(request, FEATURE)
    unit = request.GET.get("unit", "")
    found = queries.posts_page(request.actor, unit=unit, now=request.now)
    context = {
        "left": posts_table(found.left),
        "fallen": fallen_table(found.fallen),
        "unit": unit,
        "found": found.unit,
        "of_unit": posts_table(found.unit.lines),
    }
    return render(request, "oversight/posts.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def post(request: ActingRequest, pk: int) -> HttpResponse:
    """What one post has in hand; sent, the chosen matters go to another post, or what can't is ended (`end`)."""
    desk.check_staff(request, FEATURE)
    if request.method != "POST":
        return _draw(request, pk, QueryDict(), None)
    if "end" in request.POST:
        return _end(request, pk)
    to, given = request.POST.get("to", ""), request.POST
    ids = None if given.get("which") == "all" else [int(one) for one in given.getlist("matter") if _is_id(one)]
    try:
        count = operations.post_hand_over(
            post_id=pk, to_post_id=int(to) if _is_id(to) else None, matter_ids=ids, actor=request.actor, now=request.now
        )
    except DomainError as error:
        if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            raise
        return _draw(request, pk, given, error)
    messages.success(request, gettext(msg("已转交 %(count)s 件。")) % {"count": count})
    return HttpResponseRedirect(reverse("oversight:post", args=[pk]))


def _end(request: ActingRequest, pk: int) -> HttpResponse:
    try:
        count = operations.post_end_unfinished(
            post_id=pk, kind=request.POST["end"], actor=request.actor, now=request.now
        )
    except DomainError as error:
        if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN}:
            raise
        return _draw(request, pk, QueryDict(), error)
    messages.success(request, gettext(msg("已结束 %(count)s 件。")) % {"count": count})
    return HttpResponseRedirect(reverse("oversight:post", args=[pk]))


def posts_table(lines: tuple[PostLine, ...]) -> Table:
    """Posts as a table."""
    columns = (
        Column("title", gettext(msg("岗位"))),
        Column("unit", gettext(msg("单位"))),
        Column("in_hand", gettext(msg("在手事项")), "number"),
        Column("unfinished", gettext(msg("来电和复核")), "number"),
        Column("state", gettext(msg("任职"))),
    )
    rows = tuple(
        Row(
            reverse("oversight:post", args=[line.post_id]),
            {
                "title": line.title,
                "unit": line.unit_name,
                "in_hand": line.in_hand,
                "unfinished": line.unfinished,
                "state": gettext(msg("空缺")) if line.left_on else gettext(msg("在任")),
            },
            links={
                "in_hand": reverse("oversight:post", args=[line.post_id]),
                "unfinished": f"{reverse('oversight:post', args=[line.post_id])}#unfinished",
            },
        )
        for line in lines
    )
    return Table(gettext(msg("有在手事项的岗位")), columns, rows)


def fallen_table(lines: tuple[Fallen, ...]) -> Table:
    """What changed hands by itself because nobody was there, and why."""
    columns = (
        Column("title", gettext(msg("事项"))),
        Column("unit", gettext(msg("单位"))),
        Column("why", gettext(msg("原因"))),
        Column("to", gettext(msg("现在由谁负责"))),
        Column("due", gettext(msg("期限")), "time"),
    )
    vacant, nobody = gettext(msg("“%(post)s”空缺")), gettext(msg("单位没有人在岗"))
    back, helper = gettext(msg("已交回中心，请重新派单")), gettext(msg("主办单位不再等它协办"))
    rows = tuple(
        Row(
            reverse("matters:matter", args=[line.number]),
            {
                "title": line.title,
                "unit": line.unit_name,
                "why": vacant % {"post": line.from_title} if line.to_title else nobody,
                "to": line.to_title or (helper if line.is_helper else back),
                "due": line.due_at,
            },
        )
        for line in lines
    )
    return Table(gettext(msg("无人在岗而转走的事项")), columns, rows)


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


@dataclass(frozen=True, slots=True)
class Open:
    """One line of what a post has open beside matters; `end`: the code of the button that ends it (empty: none)."""

    name: str
    count: int
    until: datetime | None
    becomes: str
    end: str
    end_name: str


def _open(one: Unfinished, *, is_held: bool) -> Open:
    kind = unfinished_kinds()[one.kind]
    can_end = kind.end is not None and not is_held
    becomes = gettext(msg("有人在任，由本人办理。")) if is_held else gettext(one.becomes) % dict(one.params)
    end_name = gettext(kind.end_name) if can_end else ""
    return Open(gettext(one.name), one.count, one.until, becomes, one.kind if can_end else "", end_name)


def _draw(request: ActingRequest, pk: int, given: QueryDict, error: DomainError | None) -> HttpResponse:
    work = queries.post_work(request.actor, pk, now=request.now)
    chosen = set(given.getlist("matter"))
    context: dict[str, Any] = {
        "work": work,
        "rows": [
            (line, str(row.id) in chosen)
            for row, line in zip(work.rows, desk.lines(work.rows, "matters:matter"), strict=True)
        ],
        "unfinished": [_open(one, is_held=work.giver.is_held) for one in work.unfinished],
        "to": given.get("to", ""),
        "is_some": given.get("which") == "some",
        "error": error.sentence(gettext) if error else "",
    }
    return render(request, "oversight/post.html", context, status=error.status if error else HTTPStatus.OK)
