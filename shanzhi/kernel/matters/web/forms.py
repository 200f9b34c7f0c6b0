"""The forms of a matter's actions, made from what the process file says: a field a kind of value.

The domain alone judges what was typed (`matters.operations.act`); a form shows, keeps and gives back.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.http import QueryDict
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import MAX_BYTES, MAX_FILES_A_STEP
from shanzhi.kernel.matters.policy.process import FieldSpec, FieldType
from shanzhi.kernel.matters.queries import ActionChoice, Ground, categories, grounds
from shanzhi.kernel.matters.web.picker import Picker
from shanzhi.kernel.matters.web.told import limit_said

PICKED = frozenset({FieldType.UNIT, FieldType.UNITS, FieldType.REGION})
OFFERED = frozenset({FieldType.HELPER, FieldType.RESULTS})
"""Fields whose options are the matter's own co-handlers."""
YES, NO = "yes", "no"
LONG_TEXT = 5000


class PickerField(forms.Field):
    """A field that a picker draws; the picker is made by whoever makes the form."""

    picker: Picker | None = None


@dataclass(frozen=True, slots=True)
class PartRow:
    """One part as it was typed; `place` from 1."""

    place: int
    about: str
    category: str
    region: str


class PartsField(forms.Field):
    """The parts into which a matter is split, drawn by `matters/_parts.html`: `rows` as typed, `groups` of categories."""

    rows: tuple[PartRow, ...] = ()
    groups: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()


class ManyFiles(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class ActionForm(forms.Form):
    """One action's form. `problems` are the domain's sentences by field; nothing else is found wrong here."""

    # The domain asks for what is needed, in sentences of its own; a browser's would come in its language.
    use_required_attribute = False

    def __init__(
        self,
        choice: ActionChoice,
        *,
        data: QueryDict | None = None,
        initial: Mapping[str, object] | None = None,
        pickers: Mapping[str, Picker] | None = None,
        options: Mapping[str, list[tuple[str, str]]] | None = None,
        problems: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(data, initial=dict(initial or {}), auto_id=f"id_{choice.code}_%s")
        self.choice = choice
        self._problems = dict(problems or {})
        for spec, needed in choice.fields:
            self.fields[spec.code] = form_field(choice, spec, needed)
            made = self.fields[spec.code]
            if isinstance(made, PickerField):
                made.picker = (pickers or {}).get(spec.code)
            if isinstance(made, PartsField):
                made.rows = tuple(_part_rows(spec, data))
            if spec.type in OFFERED and isinstance(made, forms.ChoiceField):
                made.choices = (options or {}).get(spec.code, [])

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        self._errors = ErrorDict()
        self.cleaned_data = {}
        if not self.is_bound:
            return
        for name, sentence in self._problems.items():
            self.add_error(name if name in self.fields else None, gettext(sentence))


def form_field(choice: ActionChoice, spec: FieldSpec, needed: bool) -> forms.Field:
    """The form field for one field of an action."""
    common: dict[str, Any] = {
        "label": gettext(spec.name),
        "required": needed,
        "help_text": gettext(spec.hint) if spec.hint else "",
    }
    return _MAKERS.get(spec.type, _plain)(choice, spec, common)


def _plain(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    return PickerField(**common) if spec.type in PICKED else forms.CharField(**common)


def _text(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    rows = 8 if (spec.max or 0) > LONG_TEXT else 3
    return forms.CharField(**common, max_length=spec.max, widget=forms.Textarea(attrs={"rows": rows}))


def _ground(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(
        **common, choices=[("", gettext(msg("请选择"))), *((row.code, row.name) for row in grounds_for(choice.grounds))]
    )


def _category(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    listed: list[Any] = [("", gettext(msg("未分类")))]
    listed += [(group.name, list(group.second)) for group in categories().groups]
    return forms.ChoiceField(**common, choices=listed)


def _choice(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(
        **common, choices=[("", gettext(msg("请选择"))), *((value, gettext(value)) for value in spec.choices)]
    )


def _limit(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    listed = [(text, limit_said(text)) for text in spec.choices]
    return forms.ChoiceField(**common, choices=[("", gettext(msg("请选择"))), *listed])


def _day(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    return forms.CharField(**common, widget=forms.DateInput(attrs={"type": "date"}))


def _bool(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    answers = [(YES, gettext(msg("是"))), (NO, gettext(msg("否")))]
    return forms.ChoiceField(**common, choices=answers, widget=forms.RadioSelect)


def _score(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    steps = [(str(score), gettext(msg("%(score)s 分")) % {"score": score}) for score in range(1, (spec.max or 5) + 1)]
    steps = [(str(score), gettext(name)) for score, name in spec.scale.items()] or steps
    return forms.ChoiceField(**common, choices=steps, widget=forms.RadioSelect)


def _helper(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    return forms.ChoiceField(**common, widget=forms.RadioSelect)


def _results(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    return forms.MultipleChoiceField(**common, widget=forms.CheckboxSelectMultiple)


def _parts(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    made = PartsField(**common)
    made.groups = tuple((group.name, tuple(group.second)) for group in categories().groups)
    return made


def _part_rows(spec: FieldSpec, data: QueryDict | None) -> Iterator[PartRow]:
    given = data if data is not None else QueryDict()
    for place in range(1, (spec.max or 2) + 1):
        about, category, region = (given.get(f"{spec.code}-{place}-{key}", "") for key in PART_KEYS)
        yield PartRow(place, about, category, region)


def _files(choice: ActionChoice, spec: FieldSpec, common: dict[str, Any]) -> forms.Field:
    most = min(spec.max or MAX_FILES_A_STEP, MAX_FILES_A_STEP)
    common["help_text"] = common["help_text"] or gettext(
        msg("照片、PDF 或 MP4 视频，最多 %(most)s 个，每个不超过 20 MB。")
    ) % {"most": most}
    attrs = {"data-max-files": most, "data-max-bytes": MAX_BYTES, "accept": "image/*,application/pdf,video/mp4"}
    return forms.FileField(**common, widget=ManyFiles(attrs=attrs))


_MAKERS = {
    FieldType.TEXT: _text,
    FieldType.GROUND: _ground,
    FieldType.CATEGORY: _category,
    FieldType.CHOICE: _choice,
    FieldType.BOOL: _bool,
    FieldType.SCORE: _score,
    FieldType.FILES: _files,
    FieldType.LIMIT: _limit,
    FieldType.DAY: _day,
    FieldType.HELPER: _helper,
    FieldType.RESULTS: _results,
    FieldType.PARTS: _parts,
}


def grounds_for(use: str) -> list[Ground]:
    """The grounds of a use ("refuse"), in the rule book's order."""
    return grounds().of_use(use)


PART_KEYS = ("about", "category", "region")
"""What is filled in for each part."""


def values_of(choice: ActionChoice, request: ActingRequest) -> dict[str, object]:
    """What was typed, by field code, in the form in which the domain takes it; files are put into the store.

    Raises:
        DomainError: a file that can't be taken in; its `fields` name the field.
    """
    return {spec.code: _VALUES.get(spec.type, _one)(spec.code, request) for spec, _ in choice.fields}


def _one(code: str, request: ActingRequest) -> object:
    return request.POST.get(code, "").replace("\r\n", "\n")


def _many(code: str, request: ActingRequest) -> object:
    return [value for value in request.POST.getlist(code) if value]


def _yes_or_no(code: str, request: ActingRequest) -> object:
    return {YES: True, NO: False}.get(request.POST.get(code, ""))


def _number(code: str, request: ActingRequest) -> object:
    typed = request.POST.get(code, "")
    return int(typed) if typed.isdecimal() and len(typed) < len("1000") else typed


def _stored(code: str, request: ActingRequest) -> object:
    """Each upload checked, cleaned and stored; the sentence of the first that is refused stands beside the field."""
    try:
        return tuple(
            files.store(data=upload, name=upload.name or "", now=request.now) for upload in request.FILES.getlist(code)
        )
    except DomainError as error:
        error.fields.setdefault(code, error.sentence(gettext))
        raise


def _typed_parts(code: str, request: ActingRequest) -> object:
    """What was typed for each part, in order; rows in which nothing stands are left out."""
    places = sorted(
        {int(found[1]) for name in request.POST if (found := re.fullmatch(rf"{code}-(\d{{1,2}})-\w+", name))}
    )
    rows = [
        {key: request.POST.get(f"{code}-{place}-{key}", "").replace("\r\n", "\n") for key in PART_KEYS}
        for place in places
    ]
    return [row for row in rows if any(value.strip() for value in row.values())]


_VALUES = {
    FieldType.UNITS: _many,
    FieldType.RESULTS: _many,
    FieldType.PARTS: _typed_parts,
    FieldType.BOOL: _yes_or_no,
    FieldType.SCORE: _number,
    FieldType.FILES: _stored,
}
