"""Drives in words: states, answers, steps."""

from collections.abc import Mapping

from django.utils.translation import gettext

from shanzhi.core.text import msg
from shanzhi.modules.drives.policy.records import MEASURES, SHARES, Rule
from shanzhi.modules.drives.policy.states import STATES, TITLES, State, TitleState
from shanzhi.modules.drives.queries.shapes import ItemRow
from shanzhi.ui.components import Badge, Tone

_TONES: Mapping[State, Tone] = {
    State.GRANTED: "good", State.REFUSED: "bad", State.WITHDRAWN: "neutral", State.VISITED: "warn",
}  # fmt: skip
_TITLE_TONES: Mapping[TitleState, Tone] = {TitleState.IN_FORCE: "good", TitleState.WITHDRAWN: "bad"}
STEPS: Mapping[str, str] = {
    "drives.begin": msg("开始填写申报"),
    "drives.apply": msg("送出申报"),
    "drives.back": msg("撤回申报"),
    "drives.look": msg("现场核查一项"),
    "drives.visit": msg("现场核查完成"),
    "drives.decide": msg("作出决定"),
    "drives.hear": msg("告知拟撤销，听取申辩"),
    "drives.state": msg("申辩"),
    "drives.heard": msg("听取申辩后作出决定"),
    "drives.expire": msg("称号到期"),
}


def state_badge(state: State) -> Badge:
    """Where an application stands."""
    return Badge(gettext(STATES[state]), _TONES.get(state, "action"))


def title_badge(state: TitleState) -> Badge:
    """Where a title stands."""
    return Badge(gettext(TITLES[state]), _TITLE_TONES.get(state, "neutral"))


def rule_said(rule: Rule) -> str:
    """What an item asks of the records."""
    unit = "%" if rule.measure in SHARES else f" {gettext(msg('件'))}"
    bound = msg("最近 %(months)s 个月%(measure)s不超过 %(bound)s%(unit)s")
    least = msg("最近 %(months)s 个月%(measure)s不低于 %(bound)s%(unit)s")
    return gettext(bound if rule.is_most else least) % {
        "months": rule.months, "measure": gettext(MEASURES[rule.measure]), "bound": rule.bound, "unit": unit,
    }  # fmt: skip


def found_said(row: ItemRow) -> str:
    """What the records say: `9/10（90%）`, `0 件`."""
    if row.numerator is None:
        return ""
    if row.denominator is None:
        return gettext(msg("%(count)s 件")) % {"count": row.numerator}
    share = 100 * row.numerator // row.denominator if row.denominator else 0
    return gettext(msg("%(top)s/%(bottom)s（%(share)s%%）")) % {
        "top": row.numerator, "bottom": row.denominator, "share": share,
    }  # fmt: skip


def answer_badge(row: ItemRow) -> Badge:
    """How an item stands: what was found on site goes before the answer."""
    if row.standing.found is not None:
        found = row.standing.found
        return Badge(gettext(msg("现场符合") if found else msg("现场不符合")), "good" if found else "bad")
    if row.standing.met is None:
        return Badge(gettext(msg("没有回答")), "warn")
    if row.is_record:
        met = row.standing.met
        return Badge(gettext(msg("记录达到") if met else msg("记录没有达到")), "good" if met else "bad")
    return Badge(gettext(msg("申报符合") if row.standing.met else msg("申报不符合")), "action")
