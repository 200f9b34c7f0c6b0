"""What a grid worker types. The form checks the shape; what may be reported is the domain's to say."""

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.core.geo import Point
from shanzhi.kernel.files.policy import EXTENSIONS
from shanzhi.kernel.matters.policy.report import BODY_MOST, NAME_MOST, PLACE_MOST, NewReport

BAD_POINT = gettext_lazy("这个坐标不能用。请重新取一次位置，也可以不填，只写地点。")


class PhotosInput(forms.FileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class Photos(forms.FileField):
    """Several uploads; what they are is looked at when they are stored."""

    widget = PhotosInput

    def clean(self, data: Any, initial: Any = None) -> "list[UploadedFile[Any]]":
        """The uploads as they came."""
        return [item for item in data or [] if item]


class IncidentForm(forms.Form):
    """An incident: what it is, a photo, the place. Only the first is needed."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    latitude = forms.FloatField(required=False, widget=forms.HiddenInput, error_messages={"invalid": BAD_POINT})
    longitude = forms.FloatField(required=False, widget=forms.HiddenInput, error_messages={"invalid": BAD_POINT})
    photos = Photos(
        label=gettext_lazy("拍照或选照片"),
        required=False,
        widget=PhotosInput(attrs={"accept": ",".join(EXTENSIONS)}),
    )
    place_id = forms.TypedChoiceField(
        label=gettext_lazy("场所"),
        help_text=gettext_lazy("在小区、学校、工地等场所里的，选上它。"),
        coerce=int,
        empty_value=None,
        required=False,
        error_messages={"invalid_choice": gettext_lazy("所选的场所已经关闭，或者没有了。请重新选择，也可以不选。")},
    )
    body = forms.CharField(
        label=gettext_lazy("什么事"),
        help_text=gettext_lazy("一句话写清是什么、严不严重。"),
        max_length=BODY_MOST,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写清楚什么事、在哪里。")},
    )
    place_text = forms.CharField(
        label=gettext_lazy("具体位置"),
        help_text=gettext_lazy("楼号、路口，或附近显眼的地方。"),
        max_length=PLACE_MOST,
        required=False,
    )
    contact_name = forms.CharField(label=gettext_lazy("居民称呼"), max_length=NAME_MOST, required=False)
    contact_phone = forms.CharField(
        label=gettext_lazy("居民电话"),
        help_text=gettext_lazy("居民托您反映的才填，加密保存，办完后由本人评价。"),
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, places: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        kwargs["initial"] = {"key": str(uuid.uuid4()), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        chosen = self.fields["place_id"]
        assert isinstance(chosen, forms.ChoiceField)  # noqa: S101 - declared above
        chosen.choices = [("", gettext("不在这些场所里")), *places]
        for field in self.fields.values():
            # A browser cuts what is pasted beyond the limit without a word; the server says it instead.
            field.widget.attrs.pop("maxlength", None)

    def to_report(self) -> NewReport:
        """What the domain gets."""
        data = self.cleaned_data
        return NewReport(
            body=data["body"],
            place_text=data["place_text"],
            latitude=data["latitude"],
            longitude=data["longitude"],
            contact_name=data["contact_name"],
            contact_phone=data["contact_phone"],
            place_id=data["place_id"],
        )

    def say(self, error: DomainError) -> None:
        """Show the domain's error: beside its fields where the form has them, else for the whole form."""
        names = {"phone": "contact_phone"}
        beside = {names.get(name, name): gettext(text) for name, text in error.fields.items()}
        known = {name: text for name, text in beside.items() if name in self.fields}
        for name, text in known.items():
            self.add_error(name if not self.fields[name].widget.is_hidden else None, text)
        if not known:
            self.add_error(None, error.sentence(gettext))


class HereForm(forms.Form):
    """Where the phone is, if its holder says so; a position that can't be one counts as none."""

    latitude = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=-90, max_value=90)
    longitude = forms.FloatField(required=False, widget=forms.HiddenInput, min_value=-180, max_value=180)

    def point(self) -> Point | None:
        """The position, None where none was given."""
        self.is_valid()
        latitude, longitude = self.cleaned_data.get("latitude"), self.cleaned_data.get("longitude")
        return None if latitude is None or longitude is None else Point(latitude, longitude)


class SignForm(HereForm):
    """A sign-in: the place's code if it was scanned, and what was found, if anything."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    mark = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    finding = forms.BooleanField(required=False, widget=forms.HiddenInput)
    photos = Photos(
        label=gettext_lazy("拍照或选照片"),
        required=False,
        widget=PhotosInput(attrs={"accept": ",".join(EXTENSIONS)}),
    )
    body = forms.CharField(
        label=gettext_lazy("发现什么"),
        help_text=gettext_lazy("一句话写清是什么、严不严重。"),
        max_length=BODY_MOST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("请写清楚发现了什么。")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["initial"] = {"key": str(uuid.uuid4()), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        body = self.fields["body"]
        body.widget.attrs.pop("maxlength", None)
        # A finding needs words; a sign-in without one comes from the page's other form.
        body.required = not self.is_bound or bool(self.data.get("finding"))

    def found(self) -> NewReport | None:
        """What was found; None where nothing was."""
        data = self.cleaned_data
        return NewReport(body=data["body"]) if data["finding"] else None

    def say(self, error: DomainError) -> None:
        """Show the domain's error beside its fields, else for the whole form."""
        for name, text in error.fields.items():
            self.add_error(name if name in ("body", "photos") else None, gettext(text))
        if not error.fields:
            self.add_error(None, error.sentence(gettext))
