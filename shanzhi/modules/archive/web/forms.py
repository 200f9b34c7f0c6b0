"""Forms of the archive: plain fields; what is wrong with them the domain says, by field."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.kernel.evidence.policy.objects import REASONS, TITLE_MOST
from shanzhi.kernel.evidence.queries import rules
from shanzhi.kernel.indicators.queries.book import catalogue_in_force

Choices = Sequence[tuple[str, str]]


class Told(forms.Form):
    """A form that takes over the domain's sentences as its own errors."""

    def __init__(self, data: Any = None, problems: Mapping[str, str] | None = None, **given: Any) -> None:
        super().__init__(data, **given)
        self._problems = dict(problems or {})

    def full_clean(self) -> None:
        """Django's own checks first; where the domain said something, that instead."""
        super().full_clean()
        for code, sentence in self._problems.items():
            name = code if code in self.fields else None
            # The domain's sentence says what to do; Django's says only that something is lacking.
            if name is not None:
                self.errors.pop(name, None)
            self.add_error(name, gettext(sentence))


def headline(error: DomainError | None) -> str:
    """The sentence that heads what stands beside the fields; empty where it is the only one."""
    return error.sentence(gettext) if error is not None and error.fields else ""


def projects() -> Choices:
    """The projects of the catalogue."""
    return [(one.code, one.name) for one in catalogue_in_force().projects]


def types() -> Choices:
    """The types of the rule book."""
    return [(one.code, gettext(one.name)) for one in rules().types]


def indicators() -> list[tuple[str, list[tuple[str, str]]]]:
    """The catalogue's indicators by project, each once."""
    book = catalogue_in_force()
    found: dict[str, dict[str, str]] = {one.code: {} for one in book.projects}
    for one in book.indicators:
        found.setdefault(one.project, {})[one.key] = one.name
    return [(book.project(code).name, list(keys.items())) for code, keys in found.items() if keys]


class DescribeForm(Told):
    """What an object is called, its type and its project."""

    title = forms.CharField(label=gettext_lazy("标题"), max_length=TITLE_MOST)
    type = forms.ChoiceField(label=gettext_lazy("类型"))
    project = forms.ChoiceField(label=gettext_lazy("项目"))

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self._offer("type", [("", gettext("请选择")), *types()])
        self._offer("project", [("", gettext("请选择")), *projects()])

    def _offer(self, name: str, choices: Sequence[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(choices)


class PutForm(DescribeForm):
    """An object that is put in: what it is, where, when, for what."""

    key = forms.ChoiceField(label=gettext_lazy("用于哪项指标"), required=False)
    region = forms.ChoiceField(label=gettext_lazy("地点"))
    arose_on = forms.DateField(
        label=gettext_lazy("形成日期"), required=False, widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("不填的，照片按拍摄日期，其他按今天。"),
    )  # fmt: skip
    file = forms.FileField(
        label=gettext_lazy("文件或照片"), required=False,
        help_text=gettext_lazy("照片、PDF、Word、Excel、文本或 MP4 视频，20 MB 以内。照片的拍摄地点和时间会自动读取。"),
    )  # fmt: skip

    def __init__(self, regions: Choices, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["title"].help_text = gettext("写明是什么、哪里的、什么时候的。不要写个人信息。")
        self._offer("key", [("", gettext("不指定")), *indicators()])
        self._offer("region", regions)
        self.order_fields(("file", "title", "type", "project", "region", "arose_on", "key"))


class WhyForm(forms.Form):
    """Why evidence is opened."""

    why = forms.ChoiceField(label=gettext_lazy("为什么打开"))

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        field = self.fields["why"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [(code, gettext(name)) for code, name in REASONS.items()]


class UseForm(forms.Form):
    """For which indicator an object serves."""

    key = forms.ChoiceField(label=gettext_lazy("用于哪项指标"))

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        field = self.fields["key"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = [("", gettext("请选择")), *indicators()]
