"""Conditions of the list on where matters sit: what a supervisor's figures lead to, as fields that can be taken off again."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.kernel.matters.queries import NOBODY, Bounced, Sitting, Took, grounds
from shanzhi.kernel.organisation import queries as organisation

FIELDS = (
    "holder",
    "returned",
    "idle",
    "reports",
    "ended_since",
    "ended_until",
    "solved",
    "bounced",
    "took",
    "kept",
    "led",
)
ALWAYS = frozenset({"returned", "idle", "reports", "took"})
REPORTS_DIGITS = 4
IDLE_CHOICES = (3, 7, 15, 30)
RETURNED_CHOICES = (1, 2, 3)
REPORTS_CHOICES = (2, 5, 10, 20)
TOOK_CHOICES = (5, 15, 30, 60)
"""Days within which something ended; the last one also as what took longer."""
_DAY = {"type": "date"}


class SittingForm(forms.Form):
    """Whose turn it is, how often it came back, how long nothing moved, when it ended and how."""

    holder = forms.ChoiceField(label=msg("现在轮到"), required=False)
    returned = forms.ChoiceField(label=msg("退单次数"), required=False)
    idle = forms.ChoiceField(label=msg("没有进展"), required=False)
    reports = forms.ChoiceField(label=msg("反映件数"), required=False)
    bounced = forms.ChoiceField(label=msg("退单来往"), required=False)
    ended_since = forms.DateField(label=msg("结束时间从"), required=False, widget=forms.DateInput(attrs=_DAY))
    ended_until = forms.DateField(label=msg("结束时间到"), required=False, widget=forms.DateInput(attrs=_DAY))
    solved = forms.ChoiceField(label=msg("反映人评价"), required=False)
    took = forms.ChoiceField(label=msg("办结用时"), required=False)
    kept = forms.ChoiceField(label=msg("承诺日期"), required=False)
    led = forms.ChoiceField(label=msg("主办单位"), required=False)

    def sitting(self) -> list[forms.BoundField]:
        """The fields to draw: two that are often looked for, and those by which a figure led here."""
        return [self[name] for name in FIELDS if name in ALWAYS or self.data.get(name)]


def bounced_value(from_unit_id: int, to_unit_id: int, ground: str) -> str:
    """How an address names a way back: the unit that gave back, the next one, and the ground; `12~~` is whatever unit 12
    gave back."""
    return f"{from_unit_id}~{to_unit_id}~{ground}"


def sitting_choices(data: Mapping[str, Any], on: date) -> dict[str, list[tuple[str, str]]]:
    """What the fields offer. Units and ways back are chosen by figures that lead here: only the chosen one is offered."""
    every = ("", gettext(msg("全部")))
    return {
        "holder": [every, *_holder(str(data.get("holder", "")), on)],
        "returned": [
            every,
            *((str(n), gettext(msg("%(count)s 次及以上")) % {"count": n}) for n in RETURNED_CHOICES),
        ],
        "idle": [every, *((str(n), gettext(msg("%(count)s 天及以上")) % {"count": n}) for n in IDLE_CHOICES)],
        "reports": [every, *_reports(str(data.get("reports", "")))],
        "bounced": [every, *_bounced(str(data.get("bounced", "")), on)],
        "solved": [every, ("yes", gettext(msg("已解决"))), ("no", gettext(msg("没有解决")))],
        "took": [every, *_took()],
        "kept": [every, ("yes", gettext(msg("按承诺日期办结"))), ("no", gettext(msg("超过承诺日期")))],
        "led": [every, *_led(str(data.get("led", "")), on)],
    }


def sitting_of(found: Mapping[str, Any]) -> Sitting:
    """The conditions that a form's clean values mean."""
    solved = found.get("solved")
    return Sitting(
        holder_id=int(found["holder"]) if found.get("holder") else None,
        returned=int(found.get("returned") or 0),
        idle_days=int(found.get("idle") or 0),
        ended_from=found.get("ended_since"),
        ended_to=found.get("ended_until"),
        solved=solved == "yes" if solved else None,
        reports=int(found.get("reports") or 0),
        bounced=_parts(found["bounced"]) if found.get("bounced") else None,
        took=_took_of(found),
    )


def _took() -> list[tuple[str, str]]:
    within = gettext(msg("%(count)s 天内办结"))
    return [
        ("any", gettext(msg("已办结"))),
        ("0", gettext(msg("当天办结"))),
        *((str(n), within % {"count": n}) for n in TOOK_CHOICES),
        ("over", gettext(msg("超过 %(count)s 天办结")) % {"count": TOOK_CHOICES[-1]}),
        ("aside", gettext(msg("不予受理或撤回"))),
    ]


def _took_of(found: Mapping[str, Any]) -> Took:
    took, kept, led = found.get("took") or "", found.get("kept"), found.get("led")
    return Took(
        answered=took != "aside" if took else None,
        least=TOOK_CHOICES[-1] + 1 if took == "over" else None,
        most=int(took) if took.isdigit() else None,
        led_by=int(led) if led else None,
        kept=kept == "yes" if kept else None,
    )


def _led(value: str, on: date) -> list[tuple[str, str]]:
    return [(value, gettext(msg("没有主办单位")))] if value == str(NOBODY) else _holder(value, on)


def _holder(value: str, on: date) -> list[tuple[str, str]]:
    if not _is_id(value):
        return []
    unit = organisation.unit_by_id(int(value), on)
    return [(value, unit.name if unit else gettext(msg("已撤销的单位")))]


def _reports(value: str) -> list[tuple[str, str]]:
    """How often a problem was reported at least. A figure's own threshold, which a city may set, is offered beside them."""
    asked = int(value) if _is_id(value) and len(value) <= REPORTS_DIGITS else 0
    numbers = sorted({*REPORTS_CHOICES, *([asked] if asked > 1 else [])})
    return [(str(n), gettext(msg("%(count)s 件及以上")) % {"count": n}) for n in numbers]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19


def _parts(value: str) -> Bounced | None:
    first, _, rest = value.partition("~")
    second, _, ground = rest.partition("~")
    if not _is_id(first) or (second and not _is_id(second)):
        return None
    return Bounced(int(first), int(second) if second else None, ground)


def _bounced(value: str, on: date) -> list[tuple[str, str]]:
    told = _parts(value)
    if told is None:
        return []
    if told.to_unit_id is None:
        unit = organisation.unit_by_id(told.from_unit_id, on)
        name = unit.short_name if unit else gettext(msg("已撤销的单位"))
        return [(value, gettext(msg("%(unit)s 退回")) % {"unit": name})]
    names = organisation.units_by_ids([told.from_unit_id, told.to_unit_id], on)
    ground = grounds().by_code.get(told.ground)
    said = {
        "first": names[told.from_unit_id].short_name if told.from_unit_id in names else "—",
        "second": names[told.to_unit_id].short_name if told.to_unit_id in names else "—",
        "ground": gettext(ground.name) if ground else gettext(msg("理由未记")),
    }
    return [(value, gettext(msg("%(first)s 退回 → %(second)s：%(ground)s")) % said)]
