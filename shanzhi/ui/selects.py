"""A `<select>` drawn at once.

Django draws a select by a template, and by two more for each option: a list of 300 regions and categories took longer than
finding what was looked for (30 ms of a page's 65). What comes out is the same, which a test holds.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.forms import BoundField
from django.forms.utils import flatatt
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

Choices = Iterable[tuple[Any, Any]]


def is_plain(widget: forms.Widget) -> bool:
    """Is it Django's own select of one value, drawn as Django draws it?"""
    return type(widget) is forms.Select


def select_tag(bound: BoundField, attrs: dict[str, str | bool]) -> SafeString:
    """The select of a form's field with its options; `attrs` are further attributes."""
    widget = bound.field.widget
    assert isinstance(widget, forms.Select)  # noqa: S101 - whoever asks has looked
    own = bound.build_widget_attrs(dict(attrs), widget)
    if bound.auto_id and "id" not in widget.attrs:
        own.setdefault("id", bound.auto_id)
    own = widget.build_attrs(widget.attrs, own)
    chosen = set(widget.format_value(bound.value()))
    options = mark_safe("".join(_options(widget.choices, chosen)))  # noqa: S308 - each part is escaped
    return format_html('<select name="{}"{}>{}</select>', bound.html_name, flatatt(own), options)


def _options(choices: Choices, chosen: set[str]) -> Iterator[str]:
    for value, label in choices:
        if isinstance(label, (list, tuple)):
            yield f'<optgroup label="{conditional_escape(value)}">'
            yield from _options(label, chosen)
            yield "</optgroup>"
            continue
        text = "" if value is None else str(value)
        is_chosen = " selected" if text in chosen else ""
        # Of two options of one value the first stands chosen.
        chosen.discard(text)
        yield f'<option value="{conditional_escape(text)}"{is_chosen}>{conditional_escape(label)}</option>'
