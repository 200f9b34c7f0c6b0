"""What residents type. Forms check the shape; what may be reported is the domain's to say."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.files.policy import EXTENSIONS
from shanzhi.kernel.matters.policy.report import BODY_MOST, NAME_MOST, PLACE_MOST, NewReport

ACCEPT = ",".join(EXTENSIONS)
WORDS_MOST = 2000
BAD_POINT = gettext_lazy("这个坐标不能用。请重新取一次位置，也可以不填，只写地点。")


class ManyFilesInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    """Several uploads; what they are is looked at when they are stored."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """The uploads as they came."""
        return [item for item in data or [] if item]


def _textarea(rows: int, **attrs: object) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows, **attrs})


def new_key() -> str:
    """A fresh name for a submission."""
    return str(uuid.uuid4())


class KeyedForm(forms.Form):
    """A form whose sending has a name: sent twice, it is done once."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            # A browser cuts what is pasted beyond the limit without a word; the counter and the server say it instead.
            field.widget.attrs.pop("maxlength", None)

    def renew_key(self) -> None:
        """Let the form be sent as another submission."""
        self._put("key", new_key())

    def _put(self, name: str, value: str) -> None:
        """Change a hidden value of what was posted."""
        self.data = (
            {**self.data.dict(), name: value} if isinstance(self.data, QueryDict) else {**self.data, name: value}
        )

    def say(self, error: DomainError, names: Mapping[str, str] | None = None) -> None:
        """Show the domain's error: beside its fields where the form has them, else for the whole form."""
        beside = {(names or {}).get(name, name): gettext(text) for name, text in error.fields.items()}
        known = {name: text for name, text in beside.items() if name in self.fields and not self._hides(name)}
        if len(known) == 1:
            # One field: its sentence is the error's own, which says more.
            known = dict.fromkeys(known, error.sentence(gettext)) if len(beside) == 1 else known
        for name, text in known.items():
            self.add_error(name, text)
        if not known:
            said = [text for name, text in beside.items() if name not in known]
            self.add_error(None, said[0] if said and len(beside) == 1 else error.sentence(gettext))

    def _hides(self, name: str) -> bool:
        return bool(self.fields[name].widget.is_hidden)


class ReportForm(KeyedForm):
    """A report. Only the text is needed."""

    body = forms.CharField(
        label=gettext_lazy("什么事、在哪里"),
        help_text=gettext_lazy("写清时间、地点和情况，一两句就行。"),
        max_length=BODY_MOST,
        widget=_textarea(5),
        error_messages={"required": gettext_lazy("请写清楚什么事、在哪里。")},
    )
    find = forms.CharField(
        label=gettext_lazy("所在社区（村）"),
        help_text=gettext_lazy("写名字里的两三个字，按“查找”后选一个。不清楚可以不选，由受理中心来定。"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "enterkeyhint": "search"}),
    )
    area = forms.CharField(required=False, label=gettext_lazy("按县区、镇街选"))
    region = forms.CharField(required=False, label=gettext_lazy("选一个社区（村）"))
    place_text = forms.CharField(
        label=gettext_lazy("具体位置"),
        help_text=gettext_lazy("小区、楼号、路口，或附近显眼的地方。"),
        max_length=PLACE_MOST,
        required=False,
    )
    latitude = forms.FloatField(
        label=gettext_lazy("位置"), required=False, widget=forms.HiddenInput, error_messages={"invalid": BAD_POINT}
    )
    longitude = forms.FloatField(
        label=gettext_lazy("位置"), required=False, widget=forms.HiddenInput, error_messages={"invalid": BAD_POINT}
    )
    photos = ManyFiles(
        label=gettext_lazy("照片"),
        help_text=gettext_lazy(
            "最多 9 个，每个不超过 20 MB；也可以传 PDF 和 MP4 视频。照片里的拍摄位置取出后会从照片中删去。"
        ),
        required=False,
        widget=ManyFilesInput(attrs={"accept": ACCEPT}),
    )
    contact_name = forms.CharField(
        label=gettext_lazy("怎么称呼您"),
        max_length=NAME_MOST,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    contact_phone = forms.CharField(
        label=gettext_lazy("电话"),
        help_text=gettext_lazy("只用于核实情况和回访，加密保存。谁看过、为什么看，您在进度页都能看到。"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )
    public_consent = forms.BooleanField(
        label=gettext_lazy("同意公开内容"),
        help_text=gettext_lazy("公开前由工作人员隐去个人信息。不同意也照常办理，只公开分类、镇街和进度。"),
        required=False,
    )

    NAMES = {"phone": "contact_phone", "region_code": "find"}

    def __init__(self, *args: Any, checked: bool = True, **kwargs: Any) -> None:
        """`checked=False`: a step on the way, in which nothing is missing yet."""
        self.checked = checked
        super().__init__(*args, **kwargs)

    def full_clean(self) -> None:
        """Check what was typed, unless this is a step on the way."""
        super().full_clean()
        if not self.checked:
            self.errors.clear()

    def to_report(self, region_code: str) -> NewReport:
        """What the domain gets."""
        data = self.cleaned_data
        return NewReport(
            body=data["body"],
            region_code=region_code,
            place_text=data["place_text"],
            latitude=data["latitude"],
            longitude=data["longitude"],
            contact_name=data["contact_name"],
            contact_phone=data["contact_phone"],
            public_consent=data["public_consent"],
        )


class FollowForm(forms.Form):
    """Number and code."""

    number = forms.CharField(
        label=gettext_lazy("事项编号"),
        help_text=gettext_lazy("像 20251118-000042。"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": gettext_lazy("请填写事项编号。")},
    )
    code = forms.CharField(
        label=gettext_lazy("查询码"),
        help_text=gettext_lazy("反映时给您的 8 位字母和数字，像 7K2M-9QXT，不分大小写。"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("请填写查询码。")},
    )


SCORES = (
    ("5", msg("5 很满意")),
    ("4", msg("4 满意")),
    ("3", msg("3 一般")),
    ("2", msg("2 不太满意")),
    ("1", msg("1 很不满意")),
)


class StepForm(KeyedForm):
    """A step on a matter, as the screen showed it. Several stand on one page, so each has `ids` of its own."""

    ids = "id_%s"
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", self.ids)
        super().__init__(*args, **kwargs)

    def renew(self, version: int) -> None:
        """Let the form be sent again, about the matter as it is now."""
        self.renew_key()
        self._put("version", str(version))


def _grounds(rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    return [("", gettext("不选")), *((code, gettext(name)) for code, name in rows)]


@dataclass(frozen=True, slots=True)
class Asked:
    """A verdict that is one choice: the question, its answers as (score, name), and from which score on it is content."""

    question: str
    scale: tuple[tuple[str, str], ...]
    content_from: int


class RateForm(StepForm):
    """The verdict. Of a kind that has it given by one choice (`asked`: 满意、基本满意、不满意) nothing else is asked."""

    ids = "id_rate_%s"
    solved = forms.TypedChoiceField(
        label=gettext_lazy("问题解决了吗"),
        choices=(("yes", gettext_lazy("解决了")), ("no", gettext_lazy("没有解决"))),
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
        help_text=gettext_lazy("选“没有解决”，会退回重办，您不用重新反映。"),
        error_messages={"required": gettext_lazy("请选择：解决了，还是没有解决。")},
    )
    ground = forms.ChoiceField(label=gettext_lazy("没有解决的，原因是"), required=False)
    satisfied = forms.TypedChoiceField(
        label=gettext_lazy("对这次办理满意吗"), coerce=int, empty_value=None, required=False, widget=forms.RadioSelect
    )
    words = forms.CharField(label=gettext_lazy("还想说的"), max_length=WORDS_MOST, required=False, widget=_textarea(3))

    def __init__(
        self,
        *args: Any,
        grounds: Sequence[tuple[str, str]] = (),
        is_last: bool = False,
        asked: Asked | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if is_last:
            self.fields["solved"].help_text = gettext("选“没有解决”，您的意见会如实记载。")
        self.fields["ground"].choices = _grounds(grounds)  # type: ignore[attr-defined]
        self.fields["satisfied"].choices = [(code, gettext(name)) for code, name in SCORES]  # type: ignore[attr-defined]
        self.asked = asked
        if asked is not None:
            self._ask_once(asked, is_last)

    def _ask_once(self, asked: Asked, is_last: bool) -> None:
        """In place of the two questions the kind's own."""
        for name in ("solved", "ground"):
            del self.fields[name]
        choice = self.fields["satisfied"]
        choice.choices = list(asked.scale)  # type: ignore[attr-defined]
        choice.label, choice.required = asked.question, True
        choice.error_messages["required"] = gettext("请选择一项。")
        low = gettext("、").join(name for code, name in asked.scale if int(code) < asked.content_from)
        said = msg("选“%(low)s”，您的意见会如实记载。") if is_last else msg("选“%(low)s”，会再办一次并再次答复您。")
        choice.help_text = gettext(said) % {"low": low}
        self.fields["words"].label = gettext("具体意见")

    def clean(self) -> dict[str, Any]:
        """Whether it is content follows from the one choice."""
        data = super().clean() or self.cleaned_data
        if self.asked is not None:
            score = data.get("satisfied")
            data |= {"solved": score is not None and score >= self.asked.content_from, "ground": ""}
        return data


class AddForm(StepForm):
    """Something to add: words, files or both."""

    ids = "id_add_%s"
    words = forms.CharField(label=gettext_lazy("补充说明"), max_length=WORDS_MOST, required=False, widget=_textarea(3))
    photos = ManyFiles(
        label=gettext_lazy("照片和附件"),
        help_text=gettext_lazy("最多 9 个，每个不超过 20 MB。"),
        required=False,
        widget=ManyFilesInput(attrs={"accept": ACCEPT}),
    )


class AppealForm(StepForm):
    """Asking for a review."""

    ids = "id_appeal_%s"
    words = forms.CharField(label=gettext_lazy("不服的理由和请求"), max_length=WORDS_MOST, widget=_textarea(4))


class UrgeForm(StepForm):
    """Urging: nothing to fill in."""

    ids = "id_urge_%s"


class WithdrawForm(StepForm):
    """Taking the report back."""

    ids = "id_withdraw_%s"
    ground = forms.ChoiceField(label=gettext_lazy("撤回的原因"), required=False)
    words = forms.CharField(label=gettext_lazy("说明"), max_length=WORDS_MOST, required=False, widget=_textarea(2))

    def __init__(self, *args: Any, grounds: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ground"].choices = _grounds(grounds)  # type: ignore[attr-defined]
