"""Letters: bring one, see what became of it, fetch what is to be carried."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import FileResponse, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from shanzhi.core.errors import DomainError, TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import Saying
from shanzhi.kernel.packs import operations
from shanzhi.kernel.packs.policy import FEATURE
from shanzhi.kernel.packs.policy.letter_box import LETTER_MOST, LetterDamaged
from shanzhi.kernel.packs.queries import letters as queries
from shanzhi.ui.components import Pager, Tone
from shanzhi.ui.downloads import send_file

KINDS = {
    "round": msg("轮次文件"), "pack": msg("验收包"), "slip": msg("回执"), "objection": msg("异议"), "mended": msg("整改报告"),
}  # fmt: skip
STATES: dict[str, tuple[str, Tone]] = {
    "kept": (msg("待读取"), "action"),
    "read": (msg("已读取"), "good"),
    "refused": (msg("未采用"), "bad"),
}
HANDED_ON: tuple[str, Tone] = (msg("已转核对"), "neutral")
"""A pack that was read is checked beside, before anything of it is believed."""
WHERE_IT_IS_SAID = msg("核对结果在“组织验收”里这个城市的页面上。")
FAULTS_MOST = 20
"""Faults that a page tells: the first in the sentence above the form, the others in a list."""


def check(request: ActingRequest) -> None:
    """Raises where the acting post has nothing to do with letters."""
    check_may(request.actor, roles().get(request.actor.role), FEATURE)


class FileForm(forms.Form):
    """A letter that somebody brings; what is wrong with it the domain says, in `problem`."""

    file = forms.FileField(
        label=gettext_lazy("函件文件"),
        help_text=gettext_lazy("其他平台生成的函件，4 GB 以内。上传后逐字节核对：完整才收下，同一份只收一次。"),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("这个文件是空的，不是函件。请重新拷贝。"),
        },
    )

    def __init__(self, data: Any = None, files: Any = None, problem: str = "") -> None:
        super().__init__(data, files)
        self._problem = problem

    def full_clean(self) -> None:
        """Take over the domain's sentence as this form's error: it stands once, above the field."""
        super().full_clean()
        if self._problem:
            self.add_error(None, self._problem)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def letters(request: ActingRequest) -> HttpResponse:
    """Letters that came in (or, with `way=out`, that go out), and the form that brings one."""
    check(request)
    if request.method == "POST":
        return _bring(request)
    return _list(request, FileForm(), (), 200)


def _bring(request: ActingRequest) -> HttpResponse:
    given = request.FILES.get("file")
    form = FileForm(request.POST, request.FILES)
    if not isinstance(given, UploadedFile) or not form.is_valid():
        return _list(request, form, (), 422)
    try:
        with _on_disk(given) as path:
            taken = operations.letter_take_in(path=path, actor=request.actor, now=request.now)
    except DomainError as error:
        if error.status == 403:
            raise
        faults = error.faults if isinstance(error, LetterDamaged) else ()
        return _list(request, FileForm(request.POST, request.FILES, error.sentence(gettext)), faults, error.status)
    messages.success(request, gettext(_said(taken)))
    return HttpResponseRedirect(reverse("letters:list"))


def _said(taken: operations.Taken) -> str:
    if not taken.is_new:
        return msg("这份函件以前收到过，没有重复收下。")
    if taken.is_believed:
        return msg("函件完整，已收下，正在读取。")
    return msg("函件完整，已收下，但还没有登记发出平台的公钥，先不使用。")


@contextmanager
def _on_disk(given: "UploadedFile[bytes]") -> Iterator[Path]:
    """The upload as a file: a large one lies on the disk already."""
    if (given.size or 0) > LETTER_MOST:
        raise TooLarge(msg("文件超过 4 GB。请让管理员在服务器上运行 shanzhi letter take-in。"))
    if isinstance(given, TemporaryUploadedFile):
        yield Path(given.temporary_file_path())
        return
    with NamedTemporaryFile(prefix="shanzhi-letter-") as file:
        for chunk in given.chunks():
            file.write(chunk)
        file.flush()
        yield Path(file.name)


def _list(request: ActingRequest, form: FileForm, faults: Sequence[Saying], status: int) -> HttpResponse:
    way = "out" if request.GET.get("way") == "out" else "in"
    before = request.GET.get("before", "")
    number = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    found = queries.letters(direction=way, before=number, limit=queries.PAGE + 1)
    names = {peer.code: peer.name for peer in queries.peers(withdrawn=True)}
    rows = [_shown(row, names) for row in found[: queries.PAGE]]
    further = f"?way={way}&before={found[queries.PAGE - 1].id}" if len(found) > queries.PAGE else ""
    context = {
        "form": form,
        "rows": rows,
        "way": way,
        "page": Pager(previous_url=f"?way={way}" if number is not None else "", next_url=further),
        "faults": [gettext(fault.text) % fault.params for fault in faults[1:FAULTS_MOST]],
        "max_bytes": LETTER_MOST,
    }
    return render(request, "letters/list.html", context, status=status)


def _shown(row: queries.LetterRow, names: Mapping[str, str]) -> dict[str, Any]:
    is_handed_on = (row.kind, row.direction, row.state) == ("pack", "in", "read")
    name, tone = HANDED_ON if is_handed_on else STATES[row.state]
    return {
        "row": row,
        "sender": _platform(row.sender, names, is_own=row.direction == "out"),
        "receiver": _platform(row.receiver, names, is_own=row.direction == "in"),
        "kind": gettext(KINDS[row.kind]) if row.kind in KINDS else row.kind,
        "state": gettext(name),
        "tone": tone,
        "reason": gettext(WHERE_IT_IS_SAID) if is_handed_on else _sentence(row),
        "sha256": [row.sha256[start : start + 16] for start in range(0, len(row.sha256), 16)],
    }


def _platform(code: str, names: Mapping[str, str], *, is_own: bool) -> str:
    return gettext(msg("本平台")) if is_own else names.get(code, code)


def _sentence(row: queries.LetterRow) -> str:
    if not row.reason:
        return ""
    return gettext(row.reason) % row.params if row.params else gettext(row.reason)


@require_GET
def download(request: ActingRequest, letter_id: int) -> FileResponse:
    """A letter's file, to be carried."""
    check(request)
    opened = queries.letter_file(letter_id)
    return send_file(opened.file, opened.name, "application/zip")


@require_POST
def again(request: ActingRequest, letter_id: int) -> HttpResponse:
    """Have a letter that waits read once more."""
    operations.letter_try_again(letter_id=letter_id, actor=request.actor, now=request.now)
    messages.success(request, gettext("已安排再读一次，请稍后刷新。"))
    return HttpResponseRedirect(reverse("letters:list"))
