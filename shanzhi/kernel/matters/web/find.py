"""What can be looked for in the list of matters: the form, and the filter that it makes. All of it stands in the address."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext

from shanzhi.core.periods import local_date
from shanzhi.core.ranges import CodeRanges
from shanzhi.core.text import msg
from shanzhi.kernel.access.web.middleware import ActingRequest
from shanzhi.kernel.clock.policy import Light
from shanzhi.kernel.matters.policy.process import Kind
from shanzhi.kernel.matters.policy.report import CHANNELS
from shanzhi.kernel.matters.policy.turns import WITH_LINKED, WITH_REPORTER, WITH_UNIT, stages_of_turn
from shanzhi.kernel.matters.queries import NO_CATEGORY, ListFilter, categories
from shanzhi.kernel.matters.web.desk import kinds
from shanzhi.kernel.matters.web.picker import region_choices
from shanzhi.kernel.matters.web.sitting import FIELDS as SITTING
from shanzhi.kernel.matters.web.sitting import SittingForm, sitting_choices, sitting_of
from shanzhi.kernel.organisation import queries as organisation
from shanzhi.kernel.organisation.policy import Level

MORE = ("region", "unit", "category", "kind", "channel", "place", "since", "until", "sort", *SITTING)
"""The further conditions, which stand behind a button."""
NAMED_MOST = 5
ZONE_DIGITS = (6, 9)
_LIVE = {
    "hx-trigger": "change",
    "hx-include": "closest form",
    "hx-target": "#found",
    "hx-push-url": "true",
    "hx-sync": "closest form:replace",
}


_TURNS = {WITH_UNIT: msg("等单位办理"), WITH_REPORTER: msg("等反映人"), WITH_LINKED: msg("等并案、拆分的各件")}


class FindForm(SittingForm):
    """What is looked for; all of it optional, and what can't be read doesn't filter, or, where the form `is_strict`, finds
    nothing: a paper or a file with a condition left out would be another list."""

    q = forms.CharField(label=msg("编号、标题或地点"), required=False, max_length=100)
    stage = forms.ChoiceField(label=msg("环节"), required=False)
    light = forms.ChoiceField(label=msg("时限"), required=False)
    region = forms.ChoiceField(label=msg("区域"), required=False)
    category = forms.ChoiceField(label=msg("分类"), required=False)
    since = forms.DateField(label=msg("反映时间从"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=msg("到"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    which = forms.ChoiceField(label=msg("范围"), required=False)
    unit = forms.CharField(label=msg("承办单位"), required=False, max_length=60)
    kind = forms.ChoiceField(label=msg("事项类型"), required=False)
    channel = forms.ChoiceField(label=msg("来源渠道"), required=False)
    place = forms.CharField(label=msg("地点"), required=False, max_length=60)
    sort = forms.ChoiceField(label=msg("排序"), required=False)

    def __init__(self, request: ActingRequest, given: QueryDict | None = None) -> None:
        given = request.GET if given is None else given
        super().__init__(given or None)
        self.on = on = local_date(request.now)
        self.kinds = kinds()
        self.nothing = ""
        """Why nothing can be found by what was typed; empty where that isn't so."""
        self.is_strict = False
        every = ("", gettext(msg("全部")))
        choices: dict[str, list[Any]] = {
            "stage": [every, *((code, gettext(name)) for code, name in _TURNS.items()), *_stages(self.kinds)],
            "light": [every, *((light.value, gettext(light.label)) for light in Light)],
            "region": [every, *region_choices(given.get("region", ""), on)],
            "category": [every, *_categories()],
            "which": [
                ("", gettext(msg("未结束"))),
                ("all", gettext(msg("全部，含已结束"))),
            ],
            "kind": [every, *((kind.code, gettext(kind.name)) for kind in self.kinds)],
            "channel": [every, *((code, gettext(name)) for code, name in CHANNELS.items())],
            "sort": [
                ("", gettext(msg("自动"))),
                ("due", gettext(msg("先到期在前"))),
                ("newest", gettext(msg("新反映在前"))),
            ],
            **sitting_choices(given, on),
        }
        for name, listed in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = listed
        url = reverse("matters:list")
        for name, field in self.fields.items():
            field.label = gettext(str(field.label))
            trigger = {"hx-trigger": "input changed delay:400ms"} if name in {"q", "unit", "place"} else {}
            field.widget.attrs.update(_LIVE | trigger | {"hx-get": url})
        self.fields["q"].widget.attrs.update({"type": "search"})

    def clean(self) -> dict[str, Any]:
        """Days the wrong way round and a unit that isn't there find nothing, and say why."""
        found: dict[str, Any] = self.cleaned_data
        since, until, unit = found.get("since"), found.get("until"), (found.get("unit") or "").strip()
        if since and until and until < since:
            self._refuse("until", gettext(msg("结束日期不能早于开始日期。")))
        ended, ended_by = found.get("ended_since"), found.get("ended_until")
        if ended and ended_by and ended_by < ended:
            self._refuse("ended_until", gettext(msg("结束日期不能早于开始日期。")))
        if unit:
            found["unit_id"] = self._unit_id(unit)
        return found

    def _refuse(self, name: str, why: str) -> None:
        self.nothing = why
        self.add_error(name, why)

    def _unit_id(self, name: str) -> int | None:
        """The one unit of this name, or the only one whose name holds it; 1 query."""
        everywhere = CodeRanges.from_prefixes(*(top.code for top in organisation.top_regions(self.on)))
        rows = organisation.units_within(everywhere, self.on, text=name)
        same = [row for row in rows if name in (row.name, row.short_name)] or rows
        if len(same) == 1:
            return same[0].id
        names = gettext(msg("、")).join(row.name for row in same[:NAMED_MOST])
        why = (
            gettext(msg("叫这个名字的单位不止一个：%(names)s。请写全称。"))
            if same
            else gettext(msg("没有找到这个单位。请检查名称。"))
        )
        self._refuse("unit", why % {"names": names} if same else why)
        return None

    def wanted(self) -> ListFilter:
        """The filter; without input all that is open, soonest due first."""
        if not self.is_bound:
            return ListFilter()
        self.is_valid()
        if self.is_strict and not self.nothing:
            self.nothing = next((str(why) for errors in self.errors.values() for why in errors), "")
        found = self.cleaned_data
        is_ended = found.get("stage") in {stage.code for kind in self.kinds for stage in kind.stages if stage.is_end}
        open_only = found.get("which") != "all" and not is_ended and not found.get("took")
        return ListFilter(
            stages=_chosen(found.get("stage") or "", self.kinds),
            unit_id=found.get("unit_id"),
            region_code=found.get("region") or "",
            spans=_spans(found.get("region") or "", self.on),
            category=found.get("category") or "",
            light=found.get("light") or "",
            words=found.get("q") or "",
            reported_from=found.get("since"),
            reported_to=found.get("until"),
            open_only=open_only,
            # What has ended has no time limit to sort by.
            sort="due" if open_only and found.get("sort") != "newest" else "newest",
            kind=found.get("kind") or "",
            channel=found.get("channel") or "",
            place=(found.get("place") or "").strip(),
            sitting=sitting_of(found),
        )

    def told(self) -> list[tuple[str, str]]:
        """The conditions that were set, as label and value, in words."""
        self.wanted()
        lines = []
        for name, field in self.fields.items():
            value = str(self.data.get(name, "")) if self.is_bound else ""
            if value and name not in self.errors:
                named = _flat(field.choices) if isinstance(field, forms.ChoiceField) else {}
                lines.append((str(field.label), named.get(value, value).strip()))
        return lines


def _flat(choices: Any) -> dict[str, str]:
    """Value → label of a choice, groups opened."""
    found: dict[str, str] = {}
    for value, label in choices:
        found.update(_flat(label) if isinstance(label, (list, tuple)) else {str(value): str(label)})
    return found


def _chosen(stage: str, every: list[Kind]) -> tuple[str, ...]:
    """The stage, or all of a turn."""
    if stage not in _TURNS:
        return (stage,) if stage else ()
    return stages_of_turn(every, stage)


def _stages(every: list[Kind]) -> list[tuple[str, str]]:
    """The stages of all kinds. What several kinds call differently has all of its names, the commonest first."""
    names: dict[str, Counter[str]] = {}
    for kind in every:
        for stage in kind.stages:
            names.setdefault(stage.code, Counter())[gettext(stage.name)] += 1
    return [(code, gettext(msg("、")).join(name for name, _ in said.most_common())) for code, said in names.items()]


def _categories() -> Iterator[tuple[str, Any]]:
    """First-level categories as groups; the dot keeps "housing" from meaning whatever else begins so."""
    for group in categories().groups:
        whole = gettext(msg("%(name)s（全部）")) % {"name": group.name}
        yield (group.name, [(f"{group.code}.", whole), *group.second])
    if categories().retired:
        yield (gettext(msg("已停用的分类")), list(categories().retired))
    yield (NO_CATEGORY, gettext(msg("还没有分类")))


def _spans(chosen: str, on: date) -> tuple[tuple[str, str], ...]:
    """Between which codes lies what a zone covers; empty for any other region, whose parts begin with its code. No
    query more: the choices were read from the same tree."""
    if len(chosen) not in ZONE_DIGITS or not chosen.isdigit():
        return ()
    found = organisation.region_of_code(chosen, on)
    return tuple(found.ranges) if found is not None and found.level is Level.ZONE else ()
