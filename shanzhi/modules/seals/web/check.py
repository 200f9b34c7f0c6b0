"""Checking a file that somebody has: what it proves, what it doesn't, in plain words. Nothing of it is kept."""

from dataclasses import dataclass
from http import HTTPStatus

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from shanzhi.core.dates import moment_said
from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import EntryFields, Saying
from shanzhi.kernel.matters.queries import step_title
from shanzhi.modules.seals import queries
from shanzhi.modules.seals.policy import FILE_MOST, Judged, Verdict
from shanzhi.ui.components import Column, Row, Table, Tone

SHOWN_MOST = 200
"""Steps and faults that are shown; a matter has a dozen."""
# verdict → tone, title, what to do
_WORDS: dict[Verdict, tuple[Tone, str, str]] = {
    "proved": ("good", msg("真实，没有被改过"), msg("由本市签名，和本市现在公布的树一致。")),
    "lost": (
        "warn",
        msg("真实，但本市恢复备份时丢失了这部分"),
        msg("由本市签名。后来从备份恢复，这份树头末尾的留痕没有恢复，下一纪元的树头里公开说明了。"),
    ),
    "damaged": ("bad", msg("不成立：文件被改过"), msg("内容和签名对不上。请用下载到的原文件，或重新下载一份。")),
    "forged": (
        "bad",
        msg("不成立：不是本市签的"),
        msg("文件用了本市台账的名称，却没有本市密钥的签名：是抄错了，或是伪造的。请保留文件，向本市治理中心反映。"),
    ),
    "foreign": (
        "warn",
        msg("不是本市的文件"),
        msg("它来自别的台账，本市证明不了。请到出具它的城市核对，或核对有没有选错文件。"),
    ),
    "rewritten": (
        "bad",
        msg("不符：本市的台账被改写过"),
        msg("文件确由本市签名，可本市现在的台账和当时不同。请保留文件，向上级治理中心报告。"),
    ),
    "cut": (
        "bad",
        msg("不符：本市的台账被截短过"),
        msg("文件确由本市签名，可本市现在的台账没有那么多条。请保留文件，向上级治理中心报告。"),
    ),
}
_SIGNED: frozenset[Verdict] = frozenset({"proved", "lost", "rewritten", "cut"})


class FileForm(forms.Form):
    """The file; what is wrong with its content the domain says."""

    file = forms.FileField(
        label=gettext_lazy("存证文件或树头"),
        help_text=gettext_lazy("最多 2 MB。"),
        widget=forms.FileInput(attrs={"accept": ".json,.txt,application/json,text/plain"}),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的。请重新选择证明文件。"),
        },
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A verdict in words."""

    tone: Tone
    title: str
    text: str
    proved: list[str]
    unproved: list[str]
    faults: list[str]
    steps: Table


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def check(request: ActingRequest) -> HttpResponse:
    """Take a file, judge it, tell."""
    if request.method != "POST":
        return _page(request, FileForm())
    form = FileForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        judged = queries.examine(_bytes(form.cleaned_data["file"]))
    except DomainError as error:
        form.add_error("file", error.sentence(gettext))
        return _page(request, form, status=error.status)
    return _page(request, FileForm(), found=_told(judged))


def _bytes(given: "UploadedFile[bytes]") -> bytes:
    """As much of the file as it takes to see that it is too large."""
    return bytes(given.read(FILE_MOST + 1))


def _page(request: ActingRequest, form: FileForm, *, found: Told | None = None, status: int = 200) -> HttpResponse:
    return render(request, "seals/check.html", {"form": form, "found": found}, status=status)


def _told(judged: Judged) -> Told:
    tone, title, text = _WORDS[judged.verdict]
    checked = judged.checked
    entries = checked.entries[:SHOWN_MOST] if checked else ()
    is_signed = judged.verdict in _SIGNED
    return Told(
        tone,
        gettext(title),
        gettext(text),
        _proved(judged) if is_signed else [],
        _unproved(judged) if is_signed else [],
        [_say(fault) for fault in checked.faults[:SHOWN_MOST]] if checked and not is_signed else [],
        _steps(entries if is_signed else ()),
    )


def _say(saying: Saying) -> str:
    return gettext(saying.text) % saying.params


def _proved(judged: Judged) -> list[str]:
    last = max(judged.heads, key=lambda signed: signed.head.at)
    named = {
        "at": moment_said(localtime(last.head.at), gettext),
        "keys": "、".join(dict.fromkeys(key for head in judged.heads for key in head.key_ids)),
        "epoch": last.head.tree.epoch,
        "size": f"{last.head.tree.size:,}",
    }
    lines = [gettext("第 %(epoch)d 纪元 %(size)s 条处的树头，由本市密钥 %(keys)s 在 %(at)s 签名。") % named]
    if judged.checked:
        named["count"] = len(judged.checked.entries)
        lines.insert(0, gettext("文件里的 %(count)d 步，在 %(at)s 之前就已入账，此后一字未改。") % named)
    if judged.verdict == "proved":
        lines.append(gettext("本市现在公布的树在这个位置和它一致，没有另写一套。"))
    return lines


def _unproved(judged: Judged) -> list[str]:
    lines = [gettext("所记的事是否属实；这之后有没有新的步骤。")]
    if judged.verdict == "proved":
        # The tree is looked up, not computed anew from the entries below it: that takes the whole journal.
        lines.append(gettext("本市库里的留痕此后有没有被动过：这要由管理员运行 shanzhi journal verify 全部重算。"))
    return lines + [_say(saying) for saying in (judged.checked.open if judged.checked else ())]


def _steps(entries: tuple[tuple[int, EntryFields], ...]) -> Table:
    columns = [
        Column("step", gettext("步骤")),
        Column("title", gettext("做了什么")),
        Column("at", gettext("入账时间")),
        Column("leaf", gettext("叶")),
    ]
    rows = [
        Row(
            "",
            {
                "step": entry.subject_step,
                "title": gettext(step_title(entry.action, entry.payload)),
                "at": moment_said(localtime(entry.recorded_at), gettext),
                "leaf": leaf,
            },
        )
        for leaf, entry in entries
    ]
    return Table(gettext("文件里的步骤"), columns, rows)
