"""The call form: what it takes, and how it is drawn from a draft or from what was posted."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.policy.process import FieldsMissing
from shanzhi.kernel.matters.policy.report import BODY_MOST, NAME_MOST, PLACE_MOST, TITLE_MOST
from shanzhi.kernel.matters.web import desk
from shanzhi.kernel.organisation.queries import PlaceRow
from shanzhi.modules.hotline.policy import NO_HELP, Words

FIELDS = ("phone", "name", "title", "body", "place", "region", "category", "lead", "cite", "ground", "words", "site")
NO_ITEM = msg("直接解答要引用一条知识：请先选一条，再按“直接解答”；没有合适的，请派单或交派单台。")
NAMES = {
    "contact_phone": "phone",
    "contact_name": "name",
    "place_text": "place",
    "region_code": "region",
    "place_id": "site",
}
"""How a report calls what the form calls otherwise."""


class CallForm(forms.Form):
    """What an operator types. Nothing is found wrong here but by the domain."""

    use_required_attribute = False

    phone = forms.CharField(
        label=gettext_lazy("来电号码"),
        required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    name = forms.CharField(label=gettext_lazy("怎么称呼"), max_length=NAME_MOST, required=False)
    body = forms.CharField(
        label=gettext_lazy("说了什么"), max_length=BODY_MOST, widget=forms.Textarea(attrs={"rows": 5})
    )
    title = forms.CharField(label=gettext_lazy("标题"), max_length=TITLE_MOST, required=False)
    place = forms.CharField(label=gettext_lazy("具体位置"), max_length=PLACE_MOST, required=False)
    region = desk.PickerField(label=gettext_lazy("所在社区（村）"), required=False)
    site = desk.PickerField(label=gettext_lazy("场所"), required=False)
    category = forms.ChoiceField(label=gettext_lazy("分类"), required=False)
    lead = desk.PickerField(label=gettext_lazy("主办单位"), required=False)
    ground = forms.ChoiceField(label=gettext_lazy("不予受理的理由"))
    words = forms.CharField(
        label=gettext_lazy("说明"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Mapping[str, Any], error: DomainError | None = None) -> None:
        super().__init__(dict(data), auto_id="id_call_%s")
        self._said = error
        listed: list[Any] = [("", gettext("未分类"))]
        category: Any = self.fields["category"]
        category.choices = listed + [(group.name, list(group.second)) for group in queries.categories().groups]
        ground: Any = self.fields["ground"]
        ground.choices = [("", ""), *((row.code, row.name) for row in desk.grounds_for("refuse"))]
        for field in self.fields.values():
            field.widget.attrs.pop("maxlength", None)

    def full_clean(self) -> None:
        """Take over the domain's sentences as this form's errors."""
        self._errors = forms.utils.ErrorDict()
        self.cleaned_data = {}
        for name, sentence in (self._said.fields if self._said else {}).items():
            own = NAMES.get(name, name)
            # The items to cite stand beside the form: without a field to lead to, the sentence has to say where.
            said = NO_ITEM if own == "cite" and isinstance(self._said, FieldsMissing) else sentence
            self.add_error(own if own in self.fields else None, gettext(said))


def words_of(request: ActingRequest, *, ends: bool = False) -> Words:
    """What was posted. A unit that is only suggested isn't typed, and follows the words; at the end it counts, as does
    the suggested category where none was chosen."""
    # PostgreSQL takes no NUL in a text; nobody types one.
    given = {name: request.POST.get(name, "").replace("\r\n", "\n").replace("\0", "") for name in FIELDS}
    if ends:
        given["category"] = given["category"] or request.POST.get("likely", "")
        return Words(**given, co=",".join(request.POST.getlist("co")))
    co = ",".join(request.POST.getlist("co"))
    given["co"] = "" if co == request.POST.get("was_co", "") else co or NO_HELP
    if given["lead"] == request.POST.get("was_lead", ""):
        given["lead"] = ""
    return Words(**given)


def call_form(
    request: ActingRequest,
    words: Words,
    *,
    place: PlaceRow | None = None,
    error: DomainError | None = None,
    start: str = "",
) -> CallForm:
    """The form with what was typed; the cursor stands in the field `start`. `place`: the chosen one, where it was read
    already. 1 query for each of region and place that the page hasn't read yet, and for each that is searched for."""
    form = CallForm({name: getattr(words, name) for name in FIELDS}, error)
    if start:
        form.fields[start].widget.attrs["autofocus"] = True
    known = {"site": desk.place_known(place)} if place is not None else {}
    pickers = (("region", "region", words.region), ("site", "place", words.site), ("lead", "unit", words.lead))
    for name, kind, chosen in pickers:
        field: Any = form.fields[name]
        typed = request.POST.get(desk.search_name(name), "")
        picked = [chosen] if chosen else []
        field.picker = desk.picker(request, name, kind, chosen=picked, words=typed, known=known.get(name))
    return form
