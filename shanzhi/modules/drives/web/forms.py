"""Forms of drives: plain fields; what is wrong with them the domain says, by field."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.kernel.files.policy import EXTENSIONS
from shanzhi.modules.drives.policy.words import GROUNDS, HEARING_DAYS, NAME_MOST, REASON_MOST, WORDS_MOST
from shanzhi.modules.drives.queries import sample, samples
from shanzhi.modules.drives.queries.shapes import ItemRow
from shanzhi.modules.drives.web.asking import Told

Choices = Sequence[tuple[Any, str]]
YES_NO = (("yes", gettext_lazy("符合")), ("no", gettext_lazy("不符合")))
NO_PERSONS = gettext_lazy("不要写个人信息。")


def text(label: Any, most: int, rows: int = 3, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    """A field for words."""
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, widget=area, required=required, help_text=help_text)


def day(label: Any, help_text: Any = "") -> forms.DateField:
    """A field for a day."""
    picker = forms.DateInput(attrs={"type": "date"})
    return forms.DateField(label=label, widget=picker, help_text=help_text)


def choose(form: forms.Form, name: str, choices: Choices) -> None:
    """Give a field its choices."""
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared so
    field.choices = list(choices)


class DriveForm(Told):
    """A drive that is to be opened."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=NAME_MOST)
    admission = forms.ChoiceField(
        label=gettext_lazy("依据准入清单的哪一项"),
        help_text=gettext_lazy("清单上没有的事项，不得要求村（社区）办理。"),
    )  # fmt: skip
    sample = forms.ChoiceField(label=gettext_lazy("创建标准"))
    file = forms.FileField(
        label=gettext_lazy("本市的创建标准（TOML 文件）"), required=False,
        help_text=gettext_lazy("选了文件，就用文件，不用上面的示例。示例文件可以下载下来改。"),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml"}),
    )  # fmt: skip
    until_on = day(gettext_lazy("申报截止日"))
    months = forms.IntegerField(label=gettext_lazy("称号有效几个月"), initial=36)
    decider = forms.ChoiceField(
        label=gettext_lazy("由哪个岗位决定"),
        help_text=gettext_lazy("核查的人、申报单位的人不能决定。"),
    )  # fmt: skip

    def __init__(self, entries: Choices, deciders: Choices, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        blank = [("", gettext("请选择"))]
        choose(self, "admission", [*blank, *entries])
        choose(self, "decider", [*blank, *deciders])
        self.samples = [(code, sample(code).name) for code in samples()]
        choose(self, "sample", self.samples)


class BeginForm(Told):
    """A place that applies."""

    place = forms.ChoiceField(label=gettext_lazy("为哪个场所申报"))

    def __init__(self, places: Choices, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        choose(self, "place", [("", gettext("请选择")), *places])


class AnswersForm(Told):
    """The items that nobody's records answer: yes or no, and words."""

    def __init__(self, rows: Sequence[ItemRow], data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        for row in rows:
            if row.is_record:
                continue
            code, met = row.item.code, row.standing.met
            self.fields[f"met_{code}"] = forms.ChoiceField(
                label=row.item.name, choices=YES_NO, widget=forms.RadioSelect,
                initial=None if met is None else "yes" if met else "no",
            )  # fmt: skip
            self.fields[f"words_{code}"] = text(gettext("说明"), WORDS_MOST, 2, required=False)
            self.fields[f"words_{code}"].initial = row.words


class LookForm(Told):
    """What was found about an item on site."""

    found = forms.ChoiceField(label=gettext_lazy("现场"), choices=YES_NO, widget=forms.RadioSelect)
    words = text(gettext_lazy("看到了什么（一句话）"), WORDS_MOST, 3, gettext_lazy("不要写个人信息，不要拍人。"))
    latitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    longitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    is_finding = forms.BooleanField(
        label=gettext_lazy("不符合的，转为整改事项"), required=False,
        help_text=gettext_lazy("由综治中心派给责任单位，30 天内整改。"),
    )  # fmt: skip

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        # Not a class attribute: a form has `files` of its own.
        self.fields["files"] = forms.FileField(
            label=gettext("现场照片"), required=False, widget=_Several(attrs={"accept": ",".join(EXTENSIONS)})
        )


class _Several(forms.ClearableFileInput):
    """Takes several files."""

    allow_multiple_selected = True


class DecideForm(Told):
    """The reason of a decision."""

    reason = text(gettext_lazy("理由"), REASON_MOST, 3, gettext_lazy("不予授予的必须写。"), required=False)


class HearForm(Told):
    """On what ground a title may be withdrawn, and until when the holder may speak."""

    ground = forms.ChoiceField(label=gettext_lazy("撤销的理由"))
    words = text(gettext_lazy("事实"), REASON_MOST, 3, NO_PERSONS)
    until_on = day(gettext_lazy("申辩截止日"))

    def __init__(self, *args: Any, **given: Any) -> None:
        super().__init__(*args, **given)
        self.fields["until_on"].help_text = gettext("至少给 %(days)s 天。") % {"days": HEARING_DAYS}
        choose(self, "ground", [("", gettext("请选择")), *((code, gettext(name)) for code, name in GROUNDS.items())])


class StatementForm(Told):
    """What a holder says."""

    statement = text(gettext_lazy("申辩"), REASON_MOST, 4, NO_PERSONS)


class HeardForm(Told):
    """Why a title is withdrawn, or not."""

    decision = text(gettext_lazy("决定的理由，也回应申辩"), REASON_MOST, 3, NO_PERSONS)
