"""Forms of figures: plain fields; what is wrong with them the domain says, by field."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext, gettext_lazy

from shanzhi.core.errors import DomainError
from shanzhi.core.periods import local_date
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.indicators.operations import KeyReused
from shanzhi.kernel.indicators.policy.definitions import Figure, Indicator
from shanzhi.kernel.indicators.policy.entering import PERMIT_MOST_DAYS, WORDS_MOST
from shanzhi.kernel.indicators.policy.excluding import Ground

PERMIT_DAYS = 7


def key_of(request: ActingRequest) -> UUID | None:
    """The submission's key."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return None


def new_key(request: ActingRequest, error: DomainError | None = None) -> str:
    """The key that a form carries: the same when it comes back, unless it stood for another content."""
    return str((None if isinstance(error, KeyReused) else key_of(request)) or uuid4())


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


def _words(label: Any, help_text: Any = "", *, required: bool = True) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=WORDS_MOST, required=required, help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip


def _files(label: str) -> forms.Field:
    class Several(forms.ClearableFileInput):
        allow_multiple_selected = True

    return forms.FileField(label=label, required=False, widget=Several())


class EntryForm(Told):
    """A figure as its kind asks for it: a part and its whole, a number, or yes and no."""

    numerator = forms.IntegerField(label=gettext_lazy("数"))
    denominator = forms.IntegerField(label=gettext_lazy("总数"))
    words = _words(gettext_lazy("说明"), gettext_lazy("写明数据从哪里来。不要写个人信息。"), required=False)
    confirmed = forms.BooleanField(label=gettext_lazy("确认无误：与上一期相差很大，确实如此"), required=False)

    def __init__(self, indicator: Indicator, paper: str, data: Any = None, **given: Any) -> None:
        super().__init__(data, **given)
        self.fields["files"] = _files(gettext("证明材料"))
        self.order_fields(("numerator", "denominator", "words", "files", "confirmed"))
        numerator = self.fields["numerator"]
        if indicator.figure is Figure.YES_NO:
            self.fields["numerator"] = forms.ChoiceField(
                label=gettext("是否做到"), choices=[("1", gettext("是")), ("0", gettext("否"))],
                widget=forms.RadioSelect,
            )  # fmt: skip
            del self.fields["denominator"]
        elif indicator.figure is not Figure.RATIO:
            numerator.label = gettext("数（%(unit)s）") % {"unit": indicator.unit} if indicator.unit else gettext("数")
            del self.fields["denominator"]
        elif indicator.survey is not None:
            numerator.label = gettext("符合的答卷份数")
            self.fields["denominator"].label = gettext("有效答卷份数")
        else:
            numerator.label = gettext("其中做到的数")
        if paper:
            self.fields["files"].help_text = gettext("请附上：%(paper)s。") % {"paper": paper}


class LateForm(Told):
    """Why it is late."""

    words = _words(gettext_lazy("为什么逾期"), gettext_lazy("写给上一级单位看，同意后才能补报。"))


NO_DAY = msg("同意补报要写明可以补报到哪一天，写成 2025-11-18 这样的日期。")


class PermitForm(Told):
    """The answer to it. The day is for a yes alone: a no goes without, so that no browser asks for it."""

    use_required_attribute = False
    until_on = forms.DateField(
        label=gettext_lazy("可以补报到（同意时必填）"),
        error_messages={"required": gettext_lazy(NO_DAY), "invalid": gettext_lazy(NO_DAY)},
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    reason = _words(gettext_lazy("答复理由"))

    def __init__(self, request: ActingRequest, data: Any = None, **given: Any) -> None:
        on = local_date(request.now)
        super().__init__(data, initial={"until_on": on + timedelta(days=PERMIT_DAYS)}, **given)
        self.fields["until_on"].help_text = gettext("从今天起最多 %(days)s 天；不同意的不用填。") % {
            "days": PERMIT_MOST_DAYS
        }

    def full_clean(self) -> None:
        """Without a fault about the day where the answer is no."""
        super().full_clean()
        if self.is_bound and self.data.get("do") != "grant":
            self.errors.pop("until_on", None)


class ContestForm(Told):
    """A count that is contested: which matter, which figure and month, why."""

    number = forms.CharField(label=gettext_lazy("事项编号"), max_length=40)
    figure = forms.ChoiceField(label=gettext_lazy("指标"))
    month = forms.ChoiceField(label=gettext_lazy("计入的月份"))
    ground = forms.ChoiceField(label=gettext_lazy("理由"), widget=forms.RadioSelect)
    words = _words(gettext_lazy("情况说明"), gettext_lazy("写明事实和依据，由上一级单位决定。不要写个人信息。"))

    def __init__(
        self, figures: Sequence[tuple[str, str]], months: Sequence[tuple[str, str]], grounds: Sequence[Ground],
        data: Any = None, **given: Any,
    ) -> None:  # fmt: skip
        super().__init__(data, **given)
        self.fields["files"] = _files(gettext("证据（1 到 9 个文件）"))
        listed = {
            "figure": list(figures),
            "month": list(months),
            "ground": [(one.code, f"{gettext(one.name)}：{gettext(one.text)}") for one in grounds],
        }
        for name, choices in listed.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = choices


class DecisionForm(Told):
    """Why a contested count is left out, or kept."""

    reason = _words(gettext_lazy("决定的理由"), gettext_lazy("在全市公开的是结果；理由给当事单位看。"))
