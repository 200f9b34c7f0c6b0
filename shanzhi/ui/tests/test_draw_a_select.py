"""A select that is drawn at once reads as Django's own does."""

import re
from typing import Any

import pytest
from django import forms

from shanzhi.ui.fields import field_context
from shanzhi.ui.selects import is_plain

CHOICES: list[Any] = [
    ("", "全部"),
    ("a", "<script>"),
    ("组", [("b", "乙 & 丙"), ("c", "“丁”")]),
    (3, 'say "x"'),
    ("a", "twice"),
]


class Chosen(forms.Form):
    one = forms.ChoiceField(choices=CHOICES, required=False, label="选")
    must = forms.ChoiceField(choices=CHOICES, widget=forms.Select(attrs={"class": "x", "data-y": '"'}))
    first = forms.ChoiceField(choices=CHOICES[1:])
    own = forms.ChoiceField(choices=CHOICES, widget=forms.Select(attrs={"id": "mine"}))


def plain(html: str) -> str:
    return re.sub(r">\s+<", "><", html).strip()


@pytest.mark.parametrize("data", [None, {}, {"one": "a", "must": "b", "first": "3", "own": "nothing"}, {"one": "<x>"}])
@pytest.mark.parametrize("name", ["one", "must", "first", "own"])
def test_it_is_what_django_draws(data: dict[str, str] | None, name: str):
    bound = Chosen(data, initial={"one": "c"})[name]
    context = field_context(bound, "", "", {"data-z": "1"})
    attrs: dict[str, Any] = {"data-z": "1", "class": f"{bound.field.widget.attrs.get('class', '')} form-select".strip()}
    if context["errors"]:
        attrs["class"] += " is-invalid"
        attrs = {**attrs, "aria-invalid": "true", "aria-describedby": context["described"]}
    ours, theirs = plain(str(context["control"])), plain(str(bound.as_widget(attrs=attrs)))
    assert words(ours) == words(theirs)


def words(html: str) -> list[list[str]]:
    """Tags with their attributes in no order, and texts."""
    return [sorted(re.findall(r'[\w-]+(?:="[^"]*")?', part)) for part in re.split(r"[<>]", html)]


def test_it_leaves_other_selects_to_django():
    class Mine(forms.Select):
        pass

    assert [
        is_plain(widget) for widget in (forms.Select(), forms.SelectMultiple(), forms.NullBooleanSelect(), Mine())
    ] == [
        True,
        False,
        False,
        False,
    ]
