"""Forms of the levels above: plain fields; what is wrong with them the domain says, by field."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.policy import check_may
from shanzhi.kernel.access.queries import roles
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.files.policy import EXTENSIONS
from shanzhi.kernel.rounds.policy.words import UPPER

WORDS_MOST = 4000


def check(request: ActingRequest, feature: str = UPPER) -> None:
    """Raises SignInNeeded for a visitor and NotAllowed for a post without the feature."""
    check_may(request.actor, roles().get(request.actor.role), feature)


def may(request: ActingRequest, feature: str) -> bool:
    """May the acting post do this?"""
    role = roles().get(request.actor.role)
    return role is not None and feature in role.may


def number_of(text: str) -> int | None:
    """A whole number as typed; None for anything else."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


def decimal_of(text: str) -> Decimal | None:
    """Points as typed; None for anything else."""
    whole, _, rest = text.strip().removeprefix("-").partition(".")
    if not (whole.isascii() and whole.isdecimal() and (not rest or (rest.isascii() and rest.isdecimal()))):
        return None
    return Decimal(text.strip()) if len(text) <= 12 else None


def day_of(text: str) -> date | None:
    """A day as typed; None for anything else."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


class Told(forms.Form):
    """A form that takes over the domain's sentences as its own errors."""

    def __init__(self, data: Any = None, problems: Mapping[str, str] | None = None, **given: Any) -> None:
        super().__init__(data, **given)
        self._problems = dict(problems or {})

    def full_clean(self) -> None:
        """Django's own checks first, then what the domain said."""
        super().full_clean()
        for code, sentence in self._problems.items():
            name = code if code in self.fields else None
            if name is None or name not in self.errors:
                self.add_error(name, gettext(sentence))


def problems_of(error: DomainError) -> dict[str, str]:
    """What an error says beside each field; the whole sentence where it says nothing there."""
    return dict(error.fields) or {"": error.sentence(gettext)}


def headline(error: DomainError | None) -> str:
    """The sentence that heads what stands beside the fields; empty where it is the only one."""
    return error.sentence(gettext) if error is not None and error.fields else ""


def words(label: Any, help_text: Any = "", *, required: bool = True, rows: int = 3) -> forms.CharField:
    """A text of several lines."""
    return forms.CharField(
        label=label, max_length=WORDS_MOST, required=required, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )  # fmt: skip


def day(label: Any) -> forms.DateField:
    """A day."""
    return forms.DateField(label=label, widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


class RoundForm(Told):
    """What a round is."""

    use_required_attribute = False
    name = forms.CharField(label=gettext_lazy("轮次名称"), max_length=100)
    kind = forms.ChoiceField(
        label=gettext_lazy("性质"),
        choices=[("trial", gettext_lazy("试评")), ("real", gettext_lazy("正式验收"))],
        widget=forms.RadioSelect,
        help_text=gettext_lazy("先试评，再正式验收。没有用同一份指南试评过就正式验收的，要写明理由。"),
    )
    reason = words(gettext_lazy("不经试评的理由"), required=False, rows=2)
    guideline = forms.FileField(
        label=gettext_lazy("指南（指标目录文件 .toml）"),
        required=False,
        help_text=gettext_lazy("不选文件，就用本平台现行的指标目录。"),
    )
    first = forms.CharField(label=gettext_lazy("评价期间的第一个月"), widget=forms.TextInput(attrs={"type": "month"}))
    last = forms.CharField(
        label=gettext_lazy("评价期间的最后一个月"),
        widget=forms.TextInput(attrs={"type": "month"}),
        help_text=gettext_lazy("期间是一个月、一个季度或者一整年。"),
    )
    opened_on = day(gettext_lazy("启动日"))
    self_until = day(gettext_lazy("自评截止日"))
    province_until = day(gettext_lazy("省级验收截止日"))
    centre_until = day(gettext_lazy("抽查截止日"))
    objections_until = day(gettext_lazy("异议截止日"))
    pass_at = forms.CharField(
        label=gettext_lazy("达标分数"), initial="80", help_text=gettext_lazy("0 到 100；有一票否决的不达标。")
    )
    cities = forms.MultipleChoiceField(label=gettext_lazy("参评城市"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, cities: Sequence[tuple[str, str]], data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field = self.fields["cities"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 - declared above
        field.choices = list(cities)


class MarkForm(Told):
    """An item's score."""

    use_required_attribute = False
    points = forms.CharField(
        label=gettext_lazy("评分"), required=False, widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    events = forms.CharField(
        label=gettext_lazy("查实的件数"), required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    reason = words(gettext_lazy("理由"), gettext_lazy("和上一级评的不一样时必填；不要写个人信息。"), required=False)

    def __init__(self, is_counted: bool, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        # One of the two is asked for: a counted item takes events.
        self.fields["events" if is_counted else "points"].required = True


class LookForm(Told):
    """A matter or piece of evidence that was looked at."""

    use_required_attribute = False
    kind = forms.ChoiceField(
        label=gettext_lazy("看的是"),
        choices=[("matter", gettext_lazy("事项")), ("evidence", gettext_lazy("证明材料"))],
        widget=forms.RadioSelect,
        initial="matter",
    )
    reference = forms.CharField(label=gettext_lazy("事项编号或者材料编号"), max_length=100)
    is_right = forms.ChoiceField(
        label=gettext_lazy("看的结果"),
        choices=[("yes", gettext_lazy("相符")), ("no", gettext_lazy("不符"))],
        widget=forms.RadioSelect,
        initial="yes",
    )
    words = words(gettext_lazy("说明"), required=False, rows=2)


class FindingForm(Told):
    """What is to be mended."""

    use_required_attribute = False
    region = forms.ChoiceField(label=gettext_lazy("在哪里"))
    place = forms.CharField(label=gettext_lazy("地点"), max_length=200, required=False)
    words = words(gettext_lazy("问题和整改要求"))
    due_on = day(gettext_lazy("整改期限"))

    def __init__(self, places: Sequence[tuple[str, str]], data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field = self.fields["region"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(places)


class _Several(forms.ClearableFileInput):
    allow_multiple_selected = True


class VisitForm(Told):
    """A check on site, as a phone asks for it."""

    use_required_attribute = False
    key = forms.ChoiceField(label=gettext_lazy("核查哪一项"))
    region = forms.ChoiceField(label=gettext_lazy("在哪里"))
    place = forms.CharField(label=gettext_lazy("地点"), max_length=200)
    latitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    longitude = forms.FloatField(required=False, widget=forms.HiddenInput)
    of = forms.CharField(
        label=gettext_lazy("现场查了多少"), required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    counted = forms.CharField(
        label=gettext_lazy("其中符合多少"), required=False, widget=forms.TextInput(attrs={"inputmode": "numeric"})
    )
    contradicts = forms.ChoiceField(
        label=gettext_lazy("与自评"),
        choices=[("no", gettext_lazy("相符")), ("yes", gettext_lazy("不符"))],
        widget=forms.RadioSelect,
        initial="no",
    )
    words = words(gettext_lazy("看到了什么"), gettext_lazy("不要写个人信息，不要拍人。"))

    def __init__(
        self, items: Sequence[tuple[str, str]], places: Sequence[tuple[str, str]], data: Any = None, **given: Any
    ) -> None:
        super().__init__(data, **given)
        # Not a class attribute: a form has `files` of its own.
        several = _Several(attrs={"accept": ",".join(EXTENSIONS)})
        self.fields["files"] = forms.FileField(label=gettext("现场照片"), required=False, widget=several)
        for name, choices in (("key", items), ("region", places)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = list(choices)


def count(label: Any, initial: int, help_text: Any = "") -> forms.IntegerField:
    """How many are drawn."""
    return forms.IntegerField(label=label, initial=initial, min_value=0, max_value=10_000, help_text=help_text)


class SidesForm(Told):
    """Who puts a nonce into a draw beside us."""

    use_required_attribute = False
    other = forms.CharField(
        label=gettext_lazy("另一方"), max_length=100, help_text=gettext_lazy("例如被抽查的城市，或者监督单位。")
    )
    commitment = forms.CharField(
        label=gettext_lazy("另一方的承诺"),
        max_length=64,
        help_text=gettext_lazy("对方在“随机抽取”的“生成随机数”页生成，只把 64 位承诺发给您，随机数自己留着。"),
    )
    hours = forms.IntegerField(label=gettext_lazy("出示随机数的期限（小时）"), initial=24, min_value=1, max_value=1440)
    again = forms.ChoiceField(label=gettext_lazy("再抽的理由"), required=False)

    def __init__(self, grounds: Sequence[tuple[str, str]], data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field = self.fields["again"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(grounds)


class CitiesDrawForm(SidesForm):
    """The draw of a round's cities."""

    take = count(gettext_lazy("抽几个城市"), 1)
    field_order = ("take", "other", "commitment", "hours", "again")


class CityDrawForm(SidesForm):
    """The draw of what is checked in a city."""

    items = count(gettext_lazy("抽几个项目"), 5)
    matters = count(gettext_lazy("每类事项抽几件"), 5, gettext_lazy("从验收包里的全部事项中，按事项类型分层抽。"))
    places = count(gettext_lazy("抽几个地点"), 3, gettext_lazy("从有事项的乡镇、街道中抽，一般 3 到 4 个。"))
    field_order = ("items", "matters", "places", "other", "commitment", "hours", "again")


class TieForm(Told):
    """A region in which one worked."""

    use_required_attribute = False
    region = forms.ChoiceField(label=gettext_lazy("在哪里工作过"))
    until_on = forms.DateField(
        label=gettext_lazy("哪一天离开的"),
        required=False,
        help_text=gettext_lazy("仍在那里任职的不填。"),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, regions: Sequence[tuple[str, str]], data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field = self.fields["region"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(regions)


class OutForm(Told):
    """Why a city that hasn't handed in leaves the round."""

    reason = words(gettext_lazy("理由"), gettext_lazy("怎么催办的、为什么不再等；会写进回执告诉城市。"), rows=2)


class DecideForm(Told):
    """Why an objection is upheld or declined."""

    words = words(gettext_lazy("决定的理由"), rows=2)


class CloseForm(Told):
    """How a finding was closed."""

    use_required_attribute = False
    reference = forms.CharField(label=gettext_lazy("城市办理的事项编号"), max_length=100)
    words = words(gettext_lazy("怎么改的"), required=False, rows=2)


class PracticeForm(Told):
    """Why a project is a best practice."""

    project = forms.ChoiceField(label=gettext_lazy("重点创的项目"))
    words = words(gettext_lazy("好在哪里，怎么学"), rows=2)

    def __init__(self, projects: Sequence[tuple[str, str]], data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        field = self.fields["project"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
        field.choices = list(projects)


def post_of(request: HttpRequest, name: str) -> str:
    """A field of the form as text."""
    return request.POST.get(name, "")
