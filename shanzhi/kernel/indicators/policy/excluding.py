"""Contested counts (申诉) and what is left out of a figure by it (剔除): grounds, limits, who decides, which way. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from shanzhi.core.errors import Conflict, InputError, NotAllowed, NotFound
from shanzhi.core.periods import CITY_ZONE
from shanzhi.core.text import is_read, msg
from shanzhi.kernel.catalogue.policy import RuleBookError
from shanzhi.kernel.indicators.policy.definitions import Indicator, Source
from shanzhi.kernel.indicators.policy.periods import Period

WORDS_MOST = 1000
EVIDENCE_MOST = 9


class NoSuchExclusion(NotFound):
    """No such contested count, or not for this post."""

    code = "exclusion-unknown"


class NotContestable(InputError):
    """The rule of the month lets nothing be excluded, or the matter doesn't count there."""

    code = "exclusion-not-possible"


class ContestedAlready(Conflict):
    """The same count is being decided, or was excluded."""

    code = "exclusion-twice"


class ContestLate(Conflict):
    """The time for contesting has passed."""

    code = "exclusion-late"


class ExclusionMovedOn(Conflict):
    """It was decided or withdrawn in the meantime."""

    code = "exclusion-moved-on"


class NotTheDecider(NotAllowed):
    """Another unit decides, one level up; nobody decides about what their own unit asked."""

    code = "exclusion-not-decider"


class NobodyAbove(Conflict):
    """There is no unit one level up in this city."""

    code = "exclusion-nobody-above"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground on which a count may be contested, as the rule book has it."""

    code: str
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ExclusionRules:
    """The rule book's section: grounds, and days within which something may be contested (after the month), decided (after
    it was contested) and revised (after the decision)."""

    grounds: tuple[Ground, ...]
    contest_days: int
    decide_days: int
    revise_days: int

    def ground(self, code: str) -> Ground | None:
        """A ground by its code."""
        return next((one for one in self.grounds if one.code == code), None)


def parse_rules(tables: Mapping[str, Any]) -> ExclusionRules:
    """The section out of its file.

    Raises:
        RuleBookError: what is missing or can't be.
    """
    limits = tables.get("limits", {})
    days = [limits.get(name) for name in ("contest_days", "decide_days", "revise_days")]
    if not all(type(one) is int and 1 <= one <= 366 for one in days):
        raise RuleBookError(
            msg("exclusions.toml 的 [limits] 要写 contest_days、decide_days、revise_days，各 1 到 366 天。")
        )
    grounds = tuple(
        Ground(str(row.get("code", "")), str(row.get("name", "")), str(row.get("text", "")))
        for row in tables.get("ground", [])
    )
    if (
        not grounds
        or not all(one.code and one.name for one in grounds)
        or len({one.code for one in grounds}) < len(grounds)
    ):
        raise RuleBookError(msg("exclusions.toml 的每个 [[ground]] 要有不重复的 code 和 name。"))
    return ExclusionRules(grounds, *days)


STATES = ("asked", "granted", "declined", "withdrawn")
WAYS = frozenset(
    {
        ("asked", "granted"),
        ("asked", "declined"),
        ("asked", "withdrawn"),
        ("granted", "declined"),
        ("declined", "granted"),
    }
)
"""The ways of a contested count; the last two are the one revision by the level above the decider."""


def check_contestable(indicator: Indicator, month: int, on: date, rules: ExclusionRules) -> None:
    """May counts of this indicator's month be contested today? The rule of that month says it, cut or not.

    Raises:
        NotContestable: the figure is typed in, or its rule lets nothing be excluded.
        ContestLate: the time has passed, or the month has not begun.
    """
    if indicator.source is not Source.COMPUTED or not indicator.exclusions or not indicator.holds_in(month):
        raise NotContestable(
            msg("按 %(month)s 的规则，“%(name)s”不能剔除事项。对结果有异议的，请更正事项本身。"),
            month=_said(month),
            name=indicator.name,
        )
    if on < Period(month).begins_on:
        raise ContestLate(msg("%(month)s 还没有开始，没有计入任何事项。请核对月份。"), month=_said(month))
    until = Period(month).ends_on + timedelta(days=rules.contest_days)
    if on > until:
        raise ContestLate(
            msg("%(month)s 的申诉到%(day)s为止，已经过期。以后的月份请按期申诉。"), month=_said(month), day=until
        )


def check_counted(
    indicator: Indicator, month: int, *, computed_at: datetime | None, counts: bool, lead: str | None
) -> None:
    """Is the matter one that the month's figure counts? `computed_at`: when it was computed last; `lead`: the number of the
    matter that it is linked under.

    Raises:
        NotContestable: it isn't, or there is no figure yet; says which, and what to do.
    """
    said: dict[str, Any] = {"month": _said(month), "name": indicator.name}
    if computed_at is None:
        words = msg("%(month)s 的“%(name)s”还没有算出来。本月每小时算一次，以前的月份每夜算一次，请算出来后再申诉。")
        raise NotContestable(words, **said)
    if counts:
        return
    if lead is not None:
        words = msg(
            "这件事项已并入 %(lead)s（重复并单），%(month)s 的“%(name)s”没有单独计入它。对计数有异议的，请就 %(lead)s 申诉。"
        )
        raise NotContestable(words, lead=lead, fields={"number": msg("请改填主单的编号。")}, **said)
    words = msg(
        "%(month)s 的“%(name)s”没有计入这件事项（数据截至 %(at)s），不用剔除。请核对编号、指标和月份；刚办的事项请等下次计算。"
    )
    fields = {"number": msg("请核对编号、指标和月份。")}
    raise NotContestable(words, at=f"{computed_at.astimezone(CITY_ZONE):%Y-%m-%d %H:%M}", fields=fields, **said)


def check_contested(ground: str, words: str, files: int, rules: ExclusionRules) -> None:
    """Is a wish whole: a ground of the list, words, evidence?

    Raises:
        NotContestable: `fields` says what is missing.
    """
    wrong = {}
    if rules.ground(ground) is None:
        wrong["ground"] = msg("请从列表里选一个理由。")
    if not is_read(words) or len(words) > WORDS_MOST:
        wrong["words"] = msg("请写明情况，1000 字以内。")
    if not 1 <= files <= EVIDENCE_MOST:
        wrong["files"] = msg("请附上证据，1 到 9 个文件。")
    if wrong:
        raise NotContestable(msg("申诉还没有提交，请按提示补全。"), fields=wrong)


def check_reason(words: str) -> None:
    """Did whoever decides say why?

    Raises:
        NotContestable: nothing that can be read.
    """
    if not is_read(words) or len(words) > WORDS_MOST:
        raise NotContestable(msg("请写明决定的理由，1000 字以内。"), fields={"reason": msg("请写明理由。")})


def check_way(before: str, after: str, *, revised: bool) -> None:
    """May it go from one state to the other?

    Raises:
        ExclusionMovedOn: it was decided, withdrawn or revised already.
    """
    if (before, after) not in WAYS or (before != "asked" and revised):
        raise ExclusionMovedOn(msg("这件申诉已经有了结果，不能再改。请刷新页面查看。"))


def _said(month: int) -> str:
    return f"{month // 100}-{month % 100:02}"
