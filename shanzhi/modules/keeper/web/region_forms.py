"""The forms that make a plan: one for each kind of change. What is wrong with a plan the domain says."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.text import msg
from shanzhi.kernel.organisation.policy.plan import Change, Close, Merge, Move, Open, Part, Plan, Rename, Split
from shanzhi.kernel.organisation.queries import RegionRow

KINDS: Mapping[str, str] = {
    "rename": msg("改名"),
    "move": msg("划转或换代码"),
    "merge": msg("合并"),
    "split": msg("拆分"),
    "open": msg("新设下级"),
    "close": msg("撤销这个区域"),
}
PARTS = 3
_CODE = {"inputmode": "numeric", "autocomplete": "off"}


def _date(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("从这一天零时起；可以是过去或将来。"),
        error_messages={"invalid": gettext_lazy("请按“2026-01-01”的样子填写日期。")},
    )


def _code(label: Any, *, required: bool = True, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, required=required, max_length=15, help_text=help_text, widget=forms.TextInput(attrs=_CODE)
    )


class ChangeForm(forms.Form):
    """One change of one region from a day on."""

    use_required_attribute = False

    on = _date(gettext_lazy("生效日期"))

    def __init__(
        self, data: Any, row: RegionRow, siblings: Sequence[RegionRow], below: Sequence[RegionRow], day: date
    ) -> None:
        """A form about the region `row`; `siblings` lie beside it and `below` below it, on `day`."""
        super().__init__(data, initial={"on": day})
        self.row, self.siblings, self.below = row, siblings, below
        self.prepare()
        self.order_fields([name for name in self.fields if name != "on"])

    def prepare(self) -> None:
        """Fill in what the region decides."""

    def changes(self) -> tuple[Change, ...]:
        """The changes that were asked for."""
        raise NotImplementedError

    def plan(self) -> Plan:
        """The plan that was asked for; the form is valid."""
        return Plan(self.cleaned_data["on"], self.changes())


class RenameForm(ChangeForm):
    """改名."""

    name = forms.CharField(label=gettext_lazy("新名称"), max_length=100)

    def prepare(self) -> None:
        """Begin with the name of today."""
        self.initial["name"] = self.row.name

    def changes(self) -> tuple[Change, ...]:
        """A new name."""
        return (Rename(self.row.code, self.cleaned_data["name"]),)


class MoveForm(ChangeForm):
    """划转, 换代码."""

    parent = _code(
        gettext_lazy("新上级的代码"), required=False, help_text=gettext_lazy("不改上级就空着。下级随之换代码。")
    )
    code = _code(gettext_lazy("新代码"))

    def prepare(self) -> None:
        """Begin with the code of today."""
        self.initial["code"] = self.row.code

    def changes(self) -> tuple[Change, ...]:
        """A new code, another parent."""
        return (Move(self.row.code, self.cleaned_data["code"], self.cleaned_data["parent"]),)


class MergeForm(ChangeForm):
    """合并."""

    regions = forms.MultipleChoiceField(
        label=gettext_lazy("与哪些区域合并"), widget=forms.CheckboxSelectMultiple, choices=()
    )
    name = forms.CharField(
        label=gettext_lazy("合并后新区域的名称"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("空着就并入本区域，沿用它的名称和代码。"),
    )
    code = _code(gettext_lazy("合并后新区域的代码"), required=False)

    def prepare(self) -> None:
        """Offer the regions beside it."""
        self.fields["regions"].choices = [(row.code, f"{row.name}（{row.code}）") for row in self.siblings]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A new region has both, or neither."""
        data = super().clean() or {}
        if bool(data.get("name")) != bool(data.get("code")):
            self.add_error("code", gettext("新区域的名称和代码要么都填，要么都空着。"))
        return data

    def changes(self) -> tuple[Change, ...]:
        """Into this one, or all into a new one."""
        data = self.cleaned_data
        if not data["code"]:
            return (Merge(tuple(data["regions"]), self.row.code),)
        above = self.row.code if self.row.parent_id is None else self.parent_code
        every = (self.row.code, *data["regions"])
        return (Open(data["code"], data["name"], above), Merge(every, data["code"]))

    parent_code = ""


class SplitForm(ChangeForm):
    """拆分."""

    def prepare(self) -> None:
        """Ask for each part, and to which part each child goes."""
        for number in range(1, PARTS + 1):
            must = number <= 2
            label = gettext("第 %(number)d 部分的名称") % {"number": number}
            self.fields[f"name_{number}"] = forms.CharField(label=label, max_length=100, required=must)
            label = gettext("第 %(number)d 部分的代码") % {"number": number}
            self.fields[f"code_{number}"] = _code(label, required=must)
        choices = [(str(number), gettext("第 %(number)d 部分") % {"number": number}) for number in range(1, PARTS + 1)]
        for child in self.below:
            self.fields[f"to_{child.id}"] = forms.ChoiceField(label=child.name, choices=choices)
        self.fields["heir"] = forms.ChoiceField(
            label=gettext("直接登记在本区域的在办事项归"), choices=choices, widget=forms.RadioSelect, initial="1"
        )

    def changes(self) -> tuple[Change, ...]:
        """The parts with their children."""
        data = self.cleaned_data
        parts = tuple(
            Part(
                data[f"code_{number}"],
                data[f"name_{number}"],
                tuple(child.code for child in self.below if data[f"to_{child.id}"] == str(number)),
            )
            for number in range(1, PARTS + 1)
            if data[f"code_{number}"]
        )
        return (Split(self.row.code, parts, data[f"code_{data['heir']}"]),)


class OpenForm(ChangeForm):
    """新设."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=100)
    code = _code(gettext_lazy("代码"))

    def prepare(self) -> None:
        """Begin with the code of the region above."""
        self.initial["code"] = self.row.code

    def changes(self) -> tuple[Change, ...]:
        """A new region below this one."""
        return (Open(self.cleaned_data["code"], self.cleaned_data["name"], self.row.code),)


class CloseForm(ChangeForm):
    """撤销."""

    def changes(self) -> tuple[Change, ...]:
        """The end of this one."""
        return (Close(self.row.code),)


FORMS: Mapping[str, type[ChangeForm]] = {
    "rename": RenameForm,
    "move": MoveForm,
    "merge": MergeForm,
    "split": SplitForm,
    "open": OpenForm,
    "close": CloseForm,
}


class FileForm(forms.Form):
    """A plan as a file."""

    use_required_attribute = False

    file = forms.FileField(
        label=gettext_lazy("方案文件"),
        help_text=gettext_lazy("TOML，UTF-8，最多 1 MB。可以把几项变更写在一起，同一天生效。"),
        widget=forms.FileInput(attrs={"accept": ".toml,text/plain"}),
        error_messages={
            "required": gettext_lazy("请选择一个文件。"),
            "empty": gettext_lazy("文件是空的。请重新选择方案文件。"),
        },
    )


class UndoForm(forms.Form):
    """From which day a change is taken back."""

    use_required_attribute = False

    on = _date(gettext_lazy("撤销的生效日期"))
