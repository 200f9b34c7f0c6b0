"""A form whose sentences are the domain's."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext

from shanzhi.core.errors import DomainError
from shanzhi.kernel.matters import queries


class SaidForm(forms.Form):
    """Nothing is found wrong here but by the domain; what it said stands beside its field, or above them all."""

    use_required_attribute = False

    def __init__(self, data: Mapping[str, Any] | None = None, *, error: DomainError | None = None) -> None:
        super().__init__(dict(data) if data is not None else None)
        self._said = error

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data = {}
        if self._said is None:
            return
        for name, sentence in self._said.fields.items():
            self.add_error(name if name in self.fields else None, gettext(sentence))
        if not self._said.fields:
            self.add_error(None, self._said.sentence(gettext))

    def offer(self, name: str, choices: list[Any]) -> None:
        """Set what a field offers."""
        cast(forms.ChoiceField, self.fields[name]).choices = choices


def without_nul(given: QueryDict) -> QueryDict:
    """What was sent without null characters: PostgreSQL takes none in a text, and nobody types one."""
    made = QueryDict(mutable=True)
    for name, values in given.lists():
        made.setlist(name, [str(value).replace("\0", "") for value in values])
    return made


def grouped_categories(first: str, *, with_groups: bool = False) -> list[Any]:
    """What a choice of categories offers: nothing (`first`), then the second level by the first; `with_groups` offers
    those of the first level, too."""
    listed: list[Any] = [("", first)]
    for group in queries.categories().groups:
        every = [(group.code, gettext("%(name)s（全部）") % {"name": group.name})] if with_groups else []
        listed.append((group.name, [*every, *group.second]))
    return listed
