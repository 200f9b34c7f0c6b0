"""Forms by which a resident shows a phone, and uses the rights in what is kept."""

from collections.abc import Mapping

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters.policy.report import NAME_MOST

_PHONE = {"type": "tel", "autocomplete": "tel", "inputmode": "tel"}
_CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class SaidForm(forms.Form):
    """A form that can show what the domain says."""

    def say(self, error: DomainError) -> None:
        """Beside its field, where the error names one that the form has; else for the whole form."""
        known = [name for name in error.fields if name in self.fields]
        self.add_error(known[0] if known else None, error.sentence(gettext))


class PhoneForm(SaidForm):
    """The phone that was left as contact."""

    phone = forms.CharField(
        label=gettext_lazy("手机号"),
        help_text=gettext_lazy("反映时留下的手机号。"),
        max_length=40,
        widget=forms.TextInput(attrs=_PHONE),
        error_messages={"required": gettext_lazy("请填写手机号。")},
    )


class PhoneCodeForm(PhoneForm):
    """The phone, and the code that came to it."""

    code = forms.CharField(
        label=gettext_lazy("验证码"),
        help_text=gettext_lazy("短信里的 6 位数字，5 分钟内有效。"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": gettext_lazy("请填写验证码。")},
    )


class ConfirmForm(SaidForm):
    """Showing the follow code once more: whoever holds the phone of somebody else hasn't got it."""

    confirm = forms.CharField(
        label=gettext_lazy("查询码"),
        help_text=gettext_lazy("为了确认是您本人，请再填一次这件事项的查询码。"),
        max_length=40,
        widget=forms.TextInput(attrs=_CODE),
        error_messages={"required": gettext_lazy("请填写查询码。")},
    )

    def __init__(self, data: Mapping[str, object] | None = None, *, needs_code: bool) -> None:
        """`needs_code=False`: a phone code was given a moment ago."""
        super().__init__(data)
        if not needs_code:
            del self.fields["confirm"]


class CorrectForm(ConfirmForm):
    """Contact put right; what is left empty stays as it is."""

    name = forms.CharField(
        label=gettext_lazy("怎么称呼您"),
        max_length=NAME_MOST,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = forms.CharField(
        label=gettext_lazy("电话"), max_length=40, required=False, widget=forms.TextInput(attrs=_PHONE)
    )
    field_order = ("name", "phone", "confirm")


class EraseForm(ConfirmForm):
    """What is to be deleted."""

    what = forms.ChoiceField(
        label=gettext_lazy("删除什么"),
        choices=(
            ("contact", gettext_lazy("只删除称呼和电话")),
            ("all", gettext_lazy("删除全部个人信息")),
        ),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("请选择删除什么。")},
    )
    field_order = ("what", "confirm")
