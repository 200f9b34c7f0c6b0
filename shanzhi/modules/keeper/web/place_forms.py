"""What a keeper types about a place. The form checks the shape; what a place may be is the domain's to say."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.core.geo import DATUMS
from shanzhi.core.text import msg
from shanzhi.kernel.organisation import queries
from shanzhi.kernel.organisation.policy import Level
from shanzhi.kernel.organisation.policy.places import (
    NAME_MOST,
    PHONE_MOST,
    WORDS_MOST,
    Like,
    PlaceLooksKnown,
    PlaceSaid,
)
from shanzhi.kernel.organisation.queries import PlaceRow, RegionRow

BAD_POINT = gettext_lazy("请填数字，如 36.8135。")
BELOW_CITY = (Level.COMMUNITY, Level.TOWNSHIP, Level.COUNTY)
SHOWN_MOST = 6
GRID_DIGITS = 15


class RegionField(forms.CharField):
    """A region by its code or by words of its path; a `RegionRow`, or None for nothing typed."""

    def __init__(self, *args: Any, levels: tuple[Level, ...], **kwargs: Any) -> None:
        self.levels, self.on = levels, date.min
        super().__init__(*args, **kwargs)

    def clean(self, value: Any) -> Any:
        """Look it up; several matches are listed."""
        typed = super().clean(value)
        if not typed:
            return None
        found = self._by_code(typed) or queries.find_regions(typed, on=self.on, levels=self.levels, limit=SHOWN_MOST)
        if len(found) == 1 or (found and typed in (found[0].name, found[0].short_name)):
            return found[0]
        if found:
            names = gettext(msg("、")).join(f"{row.path}（{row.code}）" for row in found)
            raise forms.ValidationError(gettext(msg("有好几个：%(names)s。请写全，或填代码。")) % {"names": names})
        raise forms.ValidationError(gettext(msg("没有找到这个区域。请写“街道 社区”的名字，或填代码。")))

    def _by_code(self, typed: str) -> list[RegionRow]:
        if not typed.isascii() or not typed.isdigit() or len(typed) > GRID_DIGITS:
            return []
        try:
            row = queries.region_of_code(typed, self.on)
        except DomainError:
            return []
        return [row] if row else []


class FindPlaces(forms.Form):
    """Which places to list."""

    q = forms.CharField(label=gettext_lazy("名称或地址"), max_length=60, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("类型"), required=False)
    region = RegionField(label=gettext_lazy("区域"), max_length=60, required=False, levels=BELOW_CITY)
    closed = forms.BooleanField(label=gettext_lazy("已关闭的"), required=False)
    after = forms.IntegerField(required=False, min_value=0, max_value=2**62, widget=forms.HiddenInput)

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, on, gettext(msg("全部")))


class PlaceForm(forms.Form):
    """All that is said of a place, and from which day."""

    based_on = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label=gettext_lazy("名称"), max_length=NAME_MOST)
    kind = forms.ChoiceField(label=gettext_lazy("类型"))
    region = RegionField(
        label=gettext_lazy("所在的村（社区）或网格"),
        help_text=gettext_lazy("写“街道 社区”的名字，或填 12 位、15 位代码。"),
        max_length=60,
        levels=(Level.COMMUNITY,),
    )
    also = forms.CharField(label=gettext_lazy("别名"), max_length=WORDS_MOST, required=False)
    address = forms.CharField(label=gettext_lazy("地址"), max_length=WORDS_MOST, required=False)
    latitude = forms.FloatField(
        label=gettext_lazy("纬度"), required=False, error_messages={"invalid": BAD_POINT}, widget=forms.TextInput
    )
    longitude = forms.FloatField(
        label=gettext_lazy("经度"), required=False, error_messages={"invalid": BAD_POINT}, widget=forms.TextInput
    )
    datum = forms.ChoiceField(
        label=gettext_lazy("坐标系"),
        choices=[(one, one) for one in DATUMS],
        help_text=gettext_lazy("手机定位是 WGS84；高德、腾讯地图是 GCJ-02，百度地图是 BD-09，保存时换算。"),
        required=False,
    )
    firm = forms.CharField(
        label=gettext_lazy("物业企业"),
        max_length=NAME_MOST,
        required=False,
        help_text=gettext_lazy("只有小区填。填单位全称，不填个人姓名。"),
    )
    firm_phone = forms.CharField(label=gettext_lazy("物业办公电话"), max_length=PHONE_MOST, required=False)
    committee = forms.CharField(label=gettext_lazy("业主委员会"), max_length=NAME_MOST, required=False)
    committee_phone = forms.CharField(label=gettext_lazy("业委会办公电话"), max_length=PHONE_MOST, required=False)
    on = forms.DateField(
        label=gettext_lazy("自哪天起"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    even_so = forms.BooleanField(label=gettext_lazy("确认无误，仍然保存"), required=False)
    likes: tuple[Like, ...] = ()

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _fill(self, on, gettext(msg("请选择")))

    def to_said(self) -> PlaceSaid:
        """What the domain gets."""
        data = self.cleaned_data
        texts = ("name", "kind", "also", "address", "firm", "firm_phone", "committee", "committee_phone")
        return PlaceSaid(
            region_code=data["region"].code,
            latitude=data["latitude"],
            longitude=data["longitude"],
            datum=data["datum"] or DATUMS[0],
            **{name: data[name] for name in texts},
        )

    def say(self, error: DomainError) -> None:
        """Show the domain's error beside its fields, or for the whole form with the places that it looks like."""
        names = {"region_code": "region"}
        for name, text in error.fields.items():
            self.add_error(names.get(name, name) if names.get(name, name) in self.fields else None, gettext(text))
        if not error.fields:
            self.add_error(None, error.sentence(gettext))
        if isinstance(error, PlaceLooksKnown):
            self.likes = error.likes
            self.add_error("even_so", gettext(msg("看过以后，确认无误的请勾选。")))


def _fill(form: forms.Form, on: date, first: str) -> None:
    kinds = form.fields["kind"]
    assert isinstance(kinds, forms.ChoiceField)  # noqa: S101 - declared above
    kinds.choices = [("", first), *((kind.code, gettext(kind.name)) for kind in queries.place_catalogue().kinds)]
    region = form.fields["region"]
    assert isinstance(region, RegionField)  # noqa: S101 - declared above
    region.on = on


def initial_of(row: PlaceRow, on: date) -> dict[str, Any]:
    """What a place's form says at first."""
    said = row.said()
    texts = ("name", "kind", "also", "address", "firm", "firm_phone", "committee", "committee_phone")
    return {
        "based_on": row.version,
        "region": row.region_code,
        "latitude": said.latitude,
        "longitude": said.longitude,
        "datum": said.datum,
        "on": on,
        **{name: getattr(said, name) for name in texts},
    }
