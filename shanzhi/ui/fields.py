"""How a Django form field becomes a labelled control with help and errors."""

from collections.abc import Iterator, Mapping

from django import forms
from django.forms import BaseForm, BoundField
from django.utils.safestring import SafeString

from shanzhi.ui.components import Problem
from shanzhi.ui.problems import messages_of
from shanzhi.ui.selects import is_plain, select_tag

_CLASSES: tuple[tuple[type[forms.Widget], str, str], ...] = (
    (forms.CheckboxSelectMultiple, "group", "form-check-input"),
    (forms.RadioSelect, "group", "form-check-input"),
    (forms.CheckboxInput, "check", "form-check-input"),
    (forms.Select, "control", "form-select"),
    (forms.Textarea, "control", "form-control"),
    (forms.MultiWidget, "parts", "form-control"),
    (forms.Widget, "control", "form-control"),
)
"""First match wins: widget → how it is laid out and the class of its controls."""


def _layout(widget: forms.Widget) -> tuple[str, str]:
    return next((layout, css) for kind, layout, css in _CLASSES if isinstance(widget, kind))


def _focus_id(bound: BoundField) -> str:
    """The id of the first control: of a group its first option, otherwise the control itself."""
    layout, _ = _layout(bound.field.widget)
    return f"{bound.auto_id}_0" if layout in {"group", "parts"} else (bound.id_for_label or bound.auto_id)


def _options(bound: BoundField, css: str, attrs: Mapping[str, str | bool]) -> list[tuple[SafeString, str, str]]:
    """Each option of a radio or checkbox group: its input, its label, its id."""
    options = []
    for sub in bound.subwidgets:
        sub.data["attrs"] = {**sub.data["attrs"], **attrs, "class": css}
        options.append((sub.tag(), sub.choice_label, sub.id_for_label))
    return options


def field_context(bound: BoundField, label: str, help_text: str, attrs: Mapping[str, str | bool]) -> dict[str, object]:
    """What `ui/components/field.html` draws. `attrs` are further attributes of the control."""
    widget = bound.field.widget
    layout, css = _layout(widget)
    errors = list(messages_of(bound))
    help_text = help_text or str(bound.help_text)
    help_id, error_id, counter_id = (f"{bound.auto_id}_{part}" for part in ("helptext", "error", "counter"))
    limit = getattr(bound.field, "max_length", None) if isinstance(widget, forms.Textarea) else None
    described = [i for i, there in ((help_id, help_text), (counter_id, limit), (error_id, errors)) if there]
    own: dict[str, str | bool] = {**attrs}
    if errors:
        own["aria-invalid"] = "true"
        css = f"{css} is-invalid"
    if isinstance(widget, forms.FileInput):
        own.setdefault("data-files", True)
    context: dict[str, object] = {
        "layout": layout,
        "label": label or str(bound.label),
        "help": help_text,
        "help_id": help_id,
        "errors": errors,
        "error_id": error_id,
        "counter_id": counter_id,
        "limit": limit,
        "for": bound.id_for_label or bound.auto_id,
        "optional": not bound.field.required and layout != "check",
        "hidden": bound.is_hidden,
        "is_file": isinstance(widget, forms.FileInput),
        "described": " ".join(described),
        "name": bound.html_name,
    }
    if layout == "group":
        context["options"] = _options(bound, css, own)
        return context
    if described:
        own["aria-describedby"] = " ".join(described)
    own["class"] = f"{widget.attrs.get('class', '')} {css}".strip()
    context["control"] = select_tag(bound, own) if is_plain(widget) else bound.as_widget(attrs=own)
    return context


def problems(form: BaseForm) -> Iterator[Problem]:
    """Every error of `form`, those of the whole form first, each with the control to jump to."""
    for message in form.non_field_errors():
        yield Problem(str(message))
    for bound in form:
        for message in messages_of(bound):
            yield Problem(message, _focus_id(bound), str(bound.label))
