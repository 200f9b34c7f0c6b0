"""The one form of a check: how it was made, what was found, and the two ways it can end."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.utils import ErrorDict
from django.utils.translation import gettext, gettext_lazy

from shanzhi.kernel.files.policy import MAX_BYTES, MAX_FILES_A_STEP
from shanzhi.modules.checks.policy import WAYS


class ManyFiles(forms.ClearableFileInput):
    """Several files at once."""

    allow_multiple_selected = True


class CheckForm(forms.Form):
    """Shows, keeps and gives back; what is wrong with it the domain says, in `problems` by field."""

    way = forms.ChoiceField(label=gettext_lazy("怎样核查的"), widget=forms.RadioSelect)
    words = forms.CharField(
        label=gettext_lazy("核查情况"),
        required=False,
        max_length=1900,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("退回时必须写明哪里没有办好。"),
    )
    papers = forms.FileField(
        label=gettext_lazy("照片和附件"),
        required=False,
        widget=ManyFiles(
            attrs={
                "data-max-files": MAX_FILES_A_STEP,
                "data-max-bytes": MAX_BYTES,
                "accept": "image/*,application/pdf,video/mp4",
            }
        ),
    )

    def __init__(self, data: Any = None, *, problems: Mapping[str, str] | None = None, **kwargs: Any) -> None:
        super().__init__(data, auto_id="id_check_%s", **kwargs)
        self._problems = dict(problems or {})
        way = self.fields["way"]
        assert isinstance(way, forms.ChoiceField)  # noqa: S101 - declared above
        way.choices = [(code, gettext(name)) for code, name in WAYS.items()]
        way.widget.is_required = False

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        self._errors = ErrorDict()
        self.cleaned_data = {}
        if not self.is_bound:
            return
        for code, sentence in self._problems.items():
            name = "papers" if code == "files" else code
            self.add_error(name if name in self.fields else None, gettext(sentence))
