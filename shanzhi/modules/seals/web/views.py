"""The city's seals for everybody: the newest head, all heads, keys, epochs, and the week's sheet."""

from datetime import date

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from shanzhi.core.dates import day_said, moment_said
from shanzhi.core.periods import local_date
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import read_head
from shanzhi.kernel.journal.queries import EpochLine, HeadRow, KeyRow
from shanzhi.modules.seals import queries
from shanzhi.modules.seals.policy import Week, groups
from shanzhi.modules.seals.qr import qr_image
from shanzhi.ui.components import Column, Pager, Row, Table

SHORT = 16
SHEET_GROUP = 8
TEXT = "text/plain; charset=utf-8"
FOR_A_DAY = "public, max-age=86400, immutable"
FOR_A_MINUTE = "public, max-age=60"
DIGITS_MOST = 19
HASHES = {"sha256": "SHA-256", "sm3": "SM3"}


@require_safe
def now(request: ActingRequest) -> HttpResponse:
    """What this is, the newest head, the list of heads, keys and epochs."""
    before = request.GET.get("before", "")
    is_number = before.isascii() and before.isdecimal() and len(before) < DIGITS_MOST and int(before) > 0
    found = queries.published(before=int(before) if is_number else None)
    context = {
        "head": found.now,
        "facts": _facts(found.now) if found.now else [],
        "groups": groups(found.now.root) if found.now else [],
        "table": _table(found.rows),
        "pager": Pager(next_url=f"?before={found.before}" if found.before else ""),
        "is_first": not is_number,
        "keys": [_key(key) for key in found.keys],
        "epochs": [(epoch, _epoch(epoch)) for epoch in reversed(found.epochs)],
    }
    return render(request, "seals/now.html", context)


@require_safe
def head(request: ActingRequest, number: int) -> HttpResponse:
    """One head with the text that was signed."""
    row = queries.head(number)
    context = {"head": row, "facts": _facts(row), "groups": groups(row.root)}
    return render(request, "seals/head.html", context)


@require_safe
def head_file(request: ActingRequest, number: int) -> HttpResponse:
    """The signed text as a file; it never changes."""
    row = queries.head(number)
    return _file(row.note, f"head-{row.epoch}-{row.size}.txt", FOR_A_DAY)


@require_safe
def keys_file(request: ActingRequest) -> HttpResponse:
    """The public keys as a file."""
    return _file(queries.key_lines(queries.keys()), "keys.txt", FOR_A_MINUTE)


@require_safe
def week(request: ActingRequest) -> HttpResponse:
    """A week's sheet, to be printed, signed by two people and kept."""
    asked = request.GET.get("week", "")
    chosen = Week.read(asked) if asked else Week.of(local_date(request.now))
    found = queries.sheet(chosen, now=request.now)
    context = {
        "sheet": found,
        "period": _period(chosen.monday, chosen.sunday),
        "groups": groups(found.head.root, SHEET_GROUP) if found.head else [],
        "facts": _facts(found.head) if found.head else [],
        "code": qr_image(found.head.note) if found.head else "",
        "key": _key(found.key) if found.key else None,
        "older_url": f"?week={chosen.before}",
        "newer_url": "" if found.is_running else f"?week={chosen.after}",
        "site": request.build_absolute_uri(reverse("seals:now")),
        "printed_at": request.now,
    }
    return render(request, "seals/week.html", context)


def _file(text: str, name: str, cached: str) -> HttpResponse:
    response = HttpResponse(text, content_type=TEXT)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = cached
    return response


def _facts(row: HeadRow) -> list[tuple[str, object]]:
    facts: list[tuple[str, object]] = [
        (gettext("签名时间"), exact_time(row)),
        (gettext("留痕条数"), f"{row.size:,}"),
        (gettext("第几纪元"), row.epoch),
        (gettext("签名密钥"), row.key_id),
        (gettext("台账名称"), read_head(row.note).head.name),
        (gettext("哈希算法"), HASHES[read_head(row.note).head.hash]),
    ]
    return facts


def exact_time(row: HeadRow) -> str:
    """A head's time to the second, as it has to be compared."""
    return moment_said(localtime(row.signed_at), gettext)


def _period(first: date, last: date) -> str:
    return gettext("%(first)s 至 %(last)s") % {"first": day_said(first, gettext), "last": day_said(last, gettext)}


def _table(rows: tuple[HeadRow, ...]) -> Table:
    columns = [
        Column("signed", gettext("签名时间")),
        Column("size", gettext("留痕条数"), "number"),
        Column("epoch", gettext("纪元"), "number"),
        Column("root", gettext("根（开头）")),
        Column("key", gettext("密钥")),
    ]
    return Table(gettext("已公布的树头"), columns, [_row(row) for row in rows])


def _row(row: HeadRow) -> Row:
    return Row(
        url=reverse("seals:head", args=[row.id]),
        cells={
            "signed": exact_time(row),
            "size": row.size,
            "epoch": row.epoch,
            "root": f"{' '.join(groups(row.root)[: SHORT // 4])} …",
            "key": row.key_id,
        },
    )


def _key(key: KeyRow) -> dict[str, object]:
    return {"id": key.id, "text": key.text, "added_at": key.added_at, "is_named": bool(key.statement)}


def _epoch(epoch: EpochLine) -> str:
    """How an epoch is linked to the one before, as a sentence."""
    if epoch.previous_size is None:
        return gettext("最早的一棵树。")
    said = {"before": epoch.number - 1, "size": f"{epoch.previous_size:,}"}
    if epoch.shown_size is None:
        return gettext("接第 %(before)d 纪元，那棵树到 %(size)s 条为止。") % said
    said["lost"] = f"{epoch.shown_size - epoch.previous_size:,}"
    return gettext("接第 %(before)d 纪元，那棵树恢复到 %(size)s 条；曾公布过、没有恢复的有 %(lost)s 条。") % said
