"""From items' points to a city's total, and who passes: by the guideline's weights and the rule announced with the round. Pure.

The total is that of the ruler (`indicators.policy.index.project_of`), over scores instead of values: shares of the items' full
points, weighted in their project and the projects in the whole; a veto makes its project 0; bonus comes on top.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, Project, ScoringKind
from shanzhi.kernel.indicators.policy.values import rounded
from shanzhi.kernel.rounds.policy.words import RoundUnreadable

DECIMALS = 2
PASS_FORM = "shanzhi-pass-rule-1"  # noqa: S105 - a form's name
PASS_AT = Decimal(80)
"""Where nothing else is announced."""


@dataclass(frozen=True, slots=True)
class Got:
    """An item's last score at a stage."""

    points: Decimal | None
    is_vetoed: bool = False


@dataclass(frozen=True, slots=True)
class ProjectTotal:
    """A project: 0 to 100 over the weight that has scores (None without any), its bonus, and the items that failed it."""

    project: Project
    value: Decimal | None
    bonus: Decimal
    vetoed_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """A city's whole: None where nothing is scored yet. `missing` are items without a score, by key."""

    value: Decimal | None
    bonus: Decimal
    vetoed_by: tuple[str, ...]
    missing: tuple[str, ...]
    projects: tuple[ProjectTotal, ...]

    @property
    def whole(self) -> Decimal | None:
        """Points with bonus."""
        return None if self.value is None else self.value + self.bonus


@dataclass(frozen=True, slots=True)
class PassRule:
    """Who passes: so many points, and no veto."""

    points: Decimal = PASS_AT

    def announced(self) -> dict[str, Any]:
        """As it travels with the round."""
        return {"form": PASS_FORM, "points": str(self.points)}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a city passes, and why not (a message id with its parameters)."""

    passes: bool
    why: str = ""
    params: tuple[tuple[str, object], ...] = ()


def items_of(catalogue: Catalogue, month: int) -> tuple[Indicator, ...]:
    """The items of a round: what the guideline scores in the period's last month."""
    return tuple(each for each in catalogue.in_month(month) if each.scoring.kind is not ScoringKind.NONE)


def total_of(catalogue: Catalogue, month: int, scores: Mapping[str, Got]) -> Total:
    """A city's total at a stage. `scores` by item; an item without is missing, and its weight doesn't count meanwhile."""
    items = items_of(catalogue, month)
    projects = tuple(
        _project(project, [item for item in items if item.project == project.code], scores)
        for project in catalogue.projects
    )
    there = [(Fraction(one.project.weight), Fraction(one.value)) for one in projects if one.value is not None]
    weight = sum((weight for weight, _ in there), Fraction(0))
    mean = sum((weight * value for weight, value in there), Fraction(0)) / weight if weight else None
    return Total(
        None if mean is None else rounded(mean, DECIMALS),
        sum((one.bonus for one in projects), Decimal(0)),
        tuple(key for one in projects for key in one.vetoed_by),
        tuple(item.key for item in items if item.key not in scores),
        projects,
    )


def _project(project: Project, items: Iterable[Indicator], scores: Mapping[str, Got]) -> ProjectTotal:
    found = [(item, scores[item.key]) for item in items if item.key in scores]
    vetoed = tuple(item.key for item, got in found if got.is_vetoed)
    scored = [
        (Fraction(item.weight), Fraction(got.points) / Fraction(item.scoring.most))
        for item, got in found
        if got.points is not None and item.scoring.most and item.scoring.kind is not ScoringKind.BONUS
    ]
    weight = sum((weight for weight, _ in scored), Fraction(0))
    bonus = sum((got.points or Decimal(0) for item, got in found if item.scoring.kind is ScoringKind.BONUS), Decimal(0))
    mean = sum((weight * share for weight, share in scored), Fraction(0)) * 100 / weight if weight else None
    value = Decimal(0) if vetoed else None if mean is None else rounded(mean, DECIMALS)
    return ProjectTotal(project, value, bonus, vetoed)


def last_of(*stages: Mapping[str, Got]) -> dict[str, Got]:
    """What holds of several stages, the last one that scored an item."""
    made: dict[str, Got] = {}
    for stage in stages:
        made.update(stage)
    return made


def judge(total: Total, rule: PassRule) -> Verdict:
    """Does a city pass? A veto decides first."""
    if total.vetoed_by:
        return Verdict(False, msg("有一票否决事项 %(count)s 项"), (("count", len(total.vetoed_by)),))
    if total.whole is None:
        return Verdict(False, msg("没有得分"))
    if total.whole < rule.points:
        return Verdict(
            False, msg("%(points)s 分，低于 %(least)s 分"), (("points", total.whole), ("least", rule.points))
        )
    return Verdict(True)


def check_rule(text: str) -> PassRule:
    """A pass mark as typed.

    Raises:
        RoundUnreadable: not a number from 0 to 100.
    """
    try:
        points = Decimal(text.strip() or str(PASS_AT))
    except InvalidOperation:
        points = Decimal(-1)
    if not (points.is_finite() and 0 <= points <= 100):
        raise RoundUnreadable(
            msg("达标分数请填 0 到 100 之间的数。"), fields={"pass_at": msg("请填 0 到 100 之间的数。")}
        )
    return PassRule(points)


def rule_of(announced: Iterable[Mapping[str, Any]]) -> PassRule:
    """The rule among what was announced with a round."""
    found = next((one for one in announced if one.get("form") == PASS_FORM), None)
    return check_rule(str(found["points"])) if found else PassRule()
