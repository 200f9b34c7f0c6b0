"""What was wrong with a field, as a clerk would say it. Django's own messages speak of fields and variables.

Only messages that are still Django's default are replaced: a form's own `error_messages` are shown as they are.
"""

from collections.abc import Iterator

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext

from shanzhi.core.text import msg

_REQUIRED = forms.Field.default_error_messages["required"]
_REQUIRED_BY_WIDGET: tuple[tuple[type[forms.Widget], str], ...] = (
    (forms.CheckboxInput, msg("请勾选这一项。")),
    (forms.Select, msg("请选择一项。")),
    (forms.FileInput, msg("请选择文件。")),
    (forms.Widget, msg("请填写这一项。")),
)
"""First match wins; radio buttons and checkbox groups are selects by their class or by `_is_choice`."""

_PLAIN: tuple[tuple[object, str], ...] = (
    (validators.MaxLengthValidator.message, msg("最多 %(limit_value)d 字，现在是 %(show_value)d 字。请删减一些。")),
    (validators.MinLengthValidator.message, msg("至少 %(limit_value)d 字，现在是 %(show_value)d 字。请补充一些。")),
    (validators.MaxValueValidator.message, msg("不能大于 %(limit_value)s。")),
    (validators.MinValueValidator.message, msg("不能小于 %(limit_value)s。")),
    (validators.EmailValidator.message, msg("邮箱写得不对，应该像 name@example.cn。")),
    (validators.ProhibitNullCharactersValidator.message, msg("里面有看不见的字符，请重新输入。")),
    (forms.IntegerField.default_error_messages["invalid"], msg("请填写整数。")),
    (forms.FloatField.default_error_messages["invalid"], msg("请填写数字。")),
    (forms.DecimalField.default_error_messages["invalid"], msg("请填写数字。")),
    (forms.DateField.default_error_messages["invalid"], msg("日期写得不对，应该像 2025-11-18。")),
    (forms.TimeField.default_error_messages["invalid"], msg("时间写得不对，应该像 14:05。")),
    (forms.DateTimeField.default_error_messages["invalid"], msg("时间写得不对，应该像 2025-11-18 14:05。")),
    (forms.URLField.default_error_messages["invalid"], msg("网址写得不对，应该像 https://example.cn。")),
    (forms.ChoiceField.default_error_messages["invalid_choice"], msg("这一项已经不能选了，请从列表里重新选择。")),
    (forms.MultipleChoiceField.default_error_messages["invalid_choice"], msg("有一项已经不能选了，请重新选择。")),
    (forms.FileField.default_error_messages["invalid"], msg("文件没有传上来，请重新选择。")),
    (forms.FileField.default_error_messages["missing"], msg("文件没有传上来，请重新选择。")),
    (forms.FileField.default_error_messages["empty"], msg("文件是空的，请换一个。")),
    (forms.ImageField.default_error_messages["invalid_image"], msg("这不是图片，或者图片坏了。请换一张。")),
)


def _is_choice(widget: forms.Widget) -> bool:
    return isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple)


def _plain(error: ValidationError, widget: forms.Widget) -> str | None:
    """Our sentence for one of Django's own messages, compared by identity; None for any other message."""
    if error.message is _REQUIRED:
        wanted = forms.Select if _is_choice(widget) else type(widget)
        return next(text for kind, text in _REQUIRED_BY_WIDGET if issubclass(wanted, kind))
    return next((text for default, text in _PLAIN if default is error.message), None)


def messages_of(bound: BoundField) -> Iterator[str]:
    """The errors of `bound` in the reader's language, one sentence each."""
    for error in bound.errors.as_data():
        plain = _plain(error, bound.field.widget)
        if plain is None:
            yield from (str(message) for message in error.messages)
        else:
            yield gettext(plain) % (error.params or {})
