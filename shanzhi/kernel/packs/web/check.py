"""A pack is dropped here and judged, and nothing of it is kept. Open to everybody: the check needs nothing but the file."""

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import NamedTemporaryFile

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods

from shanzhi.core.errors import DomainError, TooLarge
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.journal.policy import NoteError, PublicKey
from shanzhi.kernel.packs.policy.checked import Checked, Verdict
from shanzhi.kernel.packs.policy.faults import NAMES, TODO, Step
from shanzhi.kernel.packs.policy.telling import MEANINGS, headline, how, looked_at
from shanzhi.kernel.packs.queries.apart import Room, check_apart
from shanzhi.ui.components import Tone

SHOWN_MOST = 100
"""Faults of a step that the page shows."""
_TONES: dict[Verdict, Tone] = {Verdict.PASSED: "good", Verdict.FAILED: "bad", Verdict.UNREADABLE: "warn"}


class PackForm(forms.Form):
    """The file; what is wrong with its content the check says."""

    file = forms.FileField(
        label=gettext_lazy("验收包文件"),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的。请重新选择验收包。"),
        },
    )
    keys = forms.CharField(
        label=gettext_lazy("该市的公钥"),
        help_text=gettext_lazy(
            "从该市平台的“留痕封存”页整行复制，每行一把。不填，只核对文件自身是否一致，不核对是不是该市签的。"
        ),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_keys(self) -> tuple[PublicKey, ...]:
        """The keys, one a line."""
        try:
            return tuple(PublicKey.read(line) for line in self.cleaned_data["keys"].splitlines() if line.strip())
        except NoteError as error:
            words = gettext("公钥格式不正确。请从该市平台的“留痕封存”页整行复制，每行一把。")
            raise forms.ValidationError(words) from error


@dataclass(frozen=True, slots=True)
class StepTold:
    """A step on the page: its name, what was looked at, what is wrong, how much more, what to do."""

    name: str
    looked_at: str
    faults: list[str]
    rest: int
    todo: str


@dataclass(frozen=True, slots=True)
class Told:
    """The result on the page."""

    tone: Tone
    title: str
    text: str
    how: str
    steps: list[StepTold]
    wrong: list[StepTold]
    open: list[str]


@csrf_exempt  # looked at below, behind the length: reading the form would take the whole file in first
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: ActingRequest) -> HttpResponse:
    """Take a file that isn't too large, judge it, tell."""
    most = settings.PACK_CHECK_MB
    if int(request.META.get("CONTENT_LENGTH") or 0) > (most + 1) * 1_000_000:
        raise TooLarge(
            msg("文件超过 %(most)d MB，网页不收。请在命令行里用 shanzhi pack verify 核对，大小不限。"), most=most
        )
    return _check(request)


@csrf_protect
def _check(request: ActingRequest) -> HttpResponse:
    if request.method != "POST":
        return _page(request, PackForm())
    form = PackForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        found = _judged(form.cleaned_data["file"], form.cleaned_data["keys"])
    except DomainError as error:
        form.add_error(None, error.sentence(gettext))
        return _page(request, form, status=error.status)
    return _page(request, PackForm(initial={"keys": request.POST.get("keys", "")}), found=_told(found))


def _judged(given: "UploadedFile[bytes]", keys: tuple[PublicKey, ...]) -> Checked:
    """Judge the file where it lies; a small one, which lies in memory, is written down for as long as it takes."""
    room, name = Room(seconds=settings.PACK_CHECK_SECONDS), given.name or ""
    if isinstance(given, TemporaryUploadedFile):
        return check_apart(Path(given.temporary_file_path()), name, room, keys=keys)
    with NamedTemporaryFile(prefix="shanzhi-pack-") as file:
        for piece in given.chunks():
            file.write(piece)
        file.flush()
        return check_apart(Path(file.name), name, room, keys=keys)


def _page(request: ActingRequest, form: PackForm, *, found: Told | None = None, status: int = 200) -> HttpResponse:
    context = {"form": form, "found": found, "most": settings.PACK_CHECK_MB}
    return render(request, "packs/check.html", context, status=status)


def _told(found: Checked) -> Told:
    steps = [] if found.unreadable else [_step(found, step) for step in Step]
    return Told(
        _TONES[found.verdict],
        headline(found, gettext),
        gettext(MEANINGS[found.verdict]) + (f" {found.unreadable}" if found.unreadable else ""),
        "" if found.unreadable else how(found, gettext),
        steps,
        [step for step in steps if step.faults],
        [each.sentence(gettext) for each in found.open],
    )


def _step(found: Checked, step: Step) -> StepTold:
    some = found.of_step(step)
    return StepTold(
        gettext(NAMES[step]),
        " ".join(looked_at(found, step, gettext)) or gettext("包里没有这一部分的内容。"),
        [fault.sentence(gettext) for fault in some[:SHOWN_MOST]],
        max(0, len(some) - SHOWN_MOST) + found.more.get(step, 0),
        gettext(TODO[step]),
    )
