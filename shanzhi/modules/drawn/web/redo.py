"""Doing a draw again from a file that somebody has: what comes out, and what differs. Nothing of it is kept."""

from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import Saying
from shanzhi.modules.drawn import queries
from shanzhi.modules.drawn.policy import FILE_MOST
from shanzhi.modules.drawn.queries import Judged, Verdict
from shanzhi.ui.components import Column, Row, Table, Tone

SHOWN_MOST = 200
# verdict → tone, title, what it means
_WORDS: dict[Verdict, tuple[Tone, str, str]] = {
    "same": ("good", msg("重新抽取，结果一致"), msg("由本市签名，用的是公告之后的第一份树头，各方随机数和承诺相符。")),
    "elsewhere": (
        "warn",
        msg("重新抽取，结果一致，但不是本市签的"),
        msg("文件自身是完整的。它由别的平台签名，请和那个平台公布的公钥、树头核对。"),
    ),
    "different": (
        "bad",
        msg("不一致，这次抽取不能采信"),
        msg("下面写着哪里不符。请保留文件，向组织这次抽取的单位反映。"),
    ),
}


class FileForm(forms.Form):
    """The file; what is wrong with its content the domain says."""

    file = forms.FileField(
        label=gettext_lazy("抽取文件"),
        help_text=gettext_lazy("最多 10 MB。"),
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的。请重新选择抽取文件。"),
        },
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict in words, with what was drawn again."""

    tone: Tone
    title: str
    text: str
    subject: str
    faults: list[str]
    still: list[str]
    drawn: Table


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def redo(request: ActingRequest) -> HttpResponse:
    """Take a file, do its draw again, tell."""
    if request.method != "POST":
        return _page(request, FileForm())
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        judged = queries.judge(_bytes(form.cleaned_data["file"]))
    except DomainError as error:
        form.add_error("file", error.sentence(gettext))
        return _page(request, form, status=error.status)
    return _page(request, FileForm(), found=_told(judged))


def _bytes(given: "UploadedFile[bytes]") -> bytes:
    """As much of the file as it takes to see that it is too large."""
    return bytes(given.read(FILE_MOST + 1))


def _page(request: ActingRequest, form: FileForm, *, found: Told | None = None, status: int = 200) -> HttpResponse:
    return render(request, "drawn/redo.html", {"form": form, "found": found}, status=status)


def _told(judged: Judged) -> Told:
    tone, title, text = _WORDS[judged.verdict]
    said = judged.redone.announcement
    return Told(
        tone,
        gettext(title),
        gettext(text),
        gettext("第 %(number)d 号抽取：%(subject)s") % {"number": said.number, "subject": said.subject} if said else "",
        [_say(fault) for fault in judged.faults[:SHOWN_MOST]],
        [_say(saying) for saying in judged.open[:SHOWN_MOST]],
        _drawn(judged),
    )


def _say(saying: Saying) -> str:
    return gettext(saying.text) % saying.params


def _drawn(judged: Judged) -> Table:
    redone = judged.redone
    labels = {item.id: item.label for item in redone.items}
    strata = redone.announcement.strata if redone.announcement else ()
    names = {each.code: each.name or each.code or gettext("全部") for each in strata}
    found = (
        [(code, at, id_) for code, ids in redone.result.drawn for at, id_ in enumerate(ids, start=1)]
        if redone.result
        else []
    )
    columns = [
        Column("label", gettext("抽中的")),
        Column("id", gettext("编号")),
        Column("stratum", gettext("分层")),
        Column("at", gettext("次序"), "number"),
    ]
    rows = [
        Row("", {"label": labels.get(id_) or id_, "id": id_, "stratum": names[code], "at": at})
        for code, at, id_ in found[:SHOWN_MOST]
    ]
    return Table(gettext("重新抽取的结果"), columns, rows)
