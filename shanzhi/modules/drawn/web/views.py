"""Draws for everybody: the list, one draw with its sides and its result, its file; and the door for a side's nonce."""

from http import HTTPStatus

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from shanzhi.core.dates import moment_said
from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.draws import operations, queries
from shanzhi.kernel.draws.policy import GROUNDS
from shanzhi.kernel.draws.queries import DrawRow, DrawView, SideRow
from shanzhi.modules.drawn.policy import MEANINGS, STATES
from shanzhi.ui.components import Badge, Column, Pager, Row, Table, Tone

SHOWN_MOST = 200
"""Lines of a list that a page shows; the file has all."""
DIGITS_MOST = 10
GROUP = 8
TONES: dict[str, Tone] = {
    "announced": "action",
    "opened": "warn",
    "drawing": "action",
    "made": "good",
    "withdrawn": "neutral",
}
METHODS = {"equal": msg("等概率"), "weighted": msg("按权重")}


class NonceForm(forms.Form):
    """A side's nonce; whether it fits the domain says."""

    nonce = forms.CharField(
        label=gettext_lazy("随机数"),
        help_text=gettext_lazy("64 位十六进制字母和数字。和承诺对得上的才收，出示后公开。"),
        max_length=200,
        error_messages={"required": gettext_lazy("请填随机数。")},
    )


@require_safe
def draws(request: ActingRequest) -> HttpResponse:
    """All draws, the newest first."""
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < DIGITS_MOST and int(before) > 0
    rows, further = queries.draws(before=int(before) if is_number else None)
    context = {"table": _table(rows), "pager": Pager(next_url=f"?before={further}" if further else "")}
    return render(request, "drawn/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def draw(request: ActingRequest, number: int) -> HttpResponse:
    """One draw; takes a side's nonce."""
    form = NonceForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        if form.is_valid():
            try:
                name = operations.draw_show(
                    number=number, nonce=form.cleaned_data["nonce"], actor=request.actor, now=request.now
                )
            except DomainError as error:
                if error.status == HTTPStatus.NOT_FOUND:
                    raise
                form.add_error("nonce", error.sentence(gettext))
                status = HTTPStatus(error.status)
            else:
                messages.success(request, gettext("收到“%(name)s”的随机数，已经公开。") % {"name": name})
                return redirect("drawn:one", number)
    view = queries.draw(number)
    state = stands(view)
    context = {
        "draw": view,
        "is_open": state == "opened",
        "state": gettext(STATES[state]),
        "tone": TONES[state],
        "meaning": gettext(MEANINGS[state]) % {"size": f"{view.row.size:,}", "take": f"{view.row.take:,}"},
        "facts": _facts(view),
        "sides": _sides(view),
        "strata": _strata(view),
        "drawn": _drawn(view),
        "listed": _listed(view),
        "is_shortened": len(view.items) > SHOWN_MOST,
        "form": form,
    }
    return render(request, "drawn/one.html", context, status=status)


def stands(view: DrawView) -> str:
    """A draw's state on its page: drawing, between the last side's nonce and the result."""
    is_drawing = view.row.state == "opened" and all(side.nonce for side in view.sides)
    return "drawing" if is_drawing else view.row.state


@require_safe
def draw_file(request: ActingRequest, number: int) -> HttpResponse:
    """The draw file."""
    response = HttpResponse(queries.draw_file(number), content_type="application/json; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="draw-{number}.json"'
    return response


def _table(rows: tuple[DrawRow, ...]) -> Table:
    columns = [
        Column("subject", gettext("抽什么")),
        Column("number", gettext("编号"), "number"),
        Column("turn", gettext("第几次"), "number"),
        Column("state", gettext("状态"), "badge"),
        Column("size", gettext("名单"), "number"),
        Column("take", gettext("抽取"), "number"),
    ]
    return Table(gettext("全部抽取"), columns, [_row(row) for row in rows])


def _row(row: DrawRow) -> Row:
    cells: dict[str, object] = {
        "subject": row.subject,
        "number": row.number,
        "turn": row.turn,
        "state": Badge(gettext(STATES[row.state]), TONES[row.state]),
        "size": row.size,
        "take": row.take,
    }
    return Row(reverse("drawn:one", args=[row.number]), cells)


def _facts(view: DrawView) -> list[tuple[str, object]]:
    said = view.announcement
    earlier = gettext("、").join(str(number) for number in said.earlier)
    facts: list[tuple[str, object]] = [
        (gettext("用途编号"), said.purpose),
        (gettext("同一用途第几次"), said.turn),
        (gettext("之前的编号"), earlier),
        (gettext("再抽的理由"), gettext(GROUNDS[said.ground]) if said.ground else ""),
        (gettext("方法"), gettext(METHODS[said.method])),
        (gettext("公告"), _moment(view.row.announced_at)),
        (gettext("公告的散列"), _grouped(said.sha256)),
        (gettext("名单的散列"), _grouped(said.frame)),
        (gettext("定树头"), _moment(view.opened_at)),
        (gettext("树头的根"), _grouped(view.root)),
        (gettext("出示随机数到"), _moment(view.until)),
        (gettext("抽取时间"), _moment(view.made_at)),
        (gettext("撤回"), _moment(view.withdrawn_at)),
        (gettext("撤回的理由"), gettext(GROUNDS[view.ground]) if view.ground else ""),
        (gettext("种子"), _grouped(view.result.seed) if view.result else ""),
    ]
    return [(term, value) for term, value in facts if value]


def _grouped(digits: str) -> str:
    """Digits in groups, so that they can be compared by eye and broken on a phone; blanks count for nothing when brought."""
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def _moment(at: object) -> str:
    return moment_said(localtime(at), gettext) if at else ""  # type: ignore[arg-type]  # a moment, or none


def _sides(view: DrawView) -> Table:
    columns = [
        Column("name", gettext("哪一方")),
        Column("commitment", gettext("承诺")),
        Column("nonce", gettext("随机数")),
    ]
    rows = [
        Row("", {"name": side.name, "commitment": _grouped(side.commitment), "nonce": _nonce(side)})
        for side in view.sides
    ]
    return Table(gettext("各方的随机数"), columns, rows)


def _nonce(side: SideRow) -> str:
    if side.forfeited:
        return gettext("没有按时出示，以承诺代替")
    return _grouped(side.nonce) or gettext("还没有出示")


def _strata(view: DrawView) -> Table:
    columns = [
        Column("name", gettext("分层")),
        Column("size", gettext("名单"), "number"),
        Column("take", gettext("抽取"), "number"),
    ]
    rows = [
        Row("", {"name": each.name or each.code or gettext("全部"), "size": each.size, "take": each.take})
        for each in view.announcement.strata
    ]
    return Table(gettext("分层和数量"), columns, rows)


def _drawn(view: DrawView) -> Table | None:
    if view.result is None:
        return None
    items = {item.id: item for item in view.items}
    names = {each.code: each.name or each.code or gettext("全部") for each in view.announcement.strata}
    found = [(code, at, id_) for code, ids in view.result.drawn for at, id_ in enumerate(ids, start=1)]
    columns = [
        Column("label", gettext("抽中的")),
        Column("id", gettext("编号")),
        Column("stratum", gettext("分层")),
        Column("at", gettext("次序"), "number"),
    ]
    rows = [
        Row("", {"label": items[id_].label or id_, "id": id_, "stratum": names[code], "at": at})
        for code, at, id_ in found[:SHOWN_MOST]
    ]
    return Table(gettext("抽取结果"), columns, rows)


def _listed(view: DrawView) -> Table:
    names = {each.code: each.name or each.code or gettext("全部") for each in view.announcement.strata}
    columns = [
        Column("label", gettext("名称")),
        Column("id", gettext("编号")),
        Column("stratum", gettext("分层")),
        Column("weight", gettext("权重"), "number"),
    ]
    rows = [
        Row("", {"label": each.label or each.id, "id": each.id, "stratum": names[each.stratum], "weight": each.weight})
        for each in view.items[:SHOWN_MOST]
    ]
    return Table(gettext("名单"), columns, rows)
