"""The items of a round: the guideline's indicators, how each comes to its self-score, when it is complete, what is locked.

Pure. A computed item's self-score is its computed score: nothing is typed. What daily work typed in is taken over; how many
fields were typed for the round alone is counted.
"""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Figure, Indicator, Length, Source
from shanzhi.kernel.indicators.policy.entering import is_assessed
from shanzhi.kernel.indicators.policy.index import period_of_part, project_of
from shanzhi.kernel.indicators.policy.periods import Period, later
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.values import MISSING, Numbers, State, Value, rounded, value_of
from shanzhi.kernel.rounds.policy.words import RoundUnreadable

PAPERS_LEAST = 2
"""Practice papers of each claimed project."""
FORM = "shanzhi-scores-1"


class ItemKind(StrEnum):
    """Where an item's self-score comes from."""

    COMPUTED = "computed"
    TYPED = "typed"
    ASSESSED = "assessed"


ITEM_KINDS: Mapping[ItemKind, str] = {
    ItemKind.COMPUTED: msg("系统计算"),
    ItemKind.TYPED: msg("日常填报"),
    ItemKind.ASSESSED: msg("上级认定"),
}


def round_period(first: int, last: int) -> Period:
    """A round's months as a period of the ruler: a month, a quarter or a year of the calendar.

    Raises:
        RoundUnreadable: they are none of these; medians can't be put together from months.
    """
    for length in Length:
        if first % 100 in range(1, 13, length.months) and later(first, length.months - 1) == last:
            return Period(first, length)
    raise RoundUnreadable(
        msg("评价期间要是一个整月、整季或整年。请改第一个月或最后一个月。"), fields={"first": msg("请核对期间。")}
    )


def items_of(guideline: Catalogue, period: Period) -> list[Indicator]:
    """The items of a round: the indicators that hold in its last month, in the guideline's order."""
    return list(guideline.in_month(period.last))


def kind_of(indicator: Indicator) -> ItemKind:
    """Where the self-score comes from. Vetoes and deductions that people type in are the assessors' above the city."""
    if indicator.source is Source.COMPUTED:
        return ItemKind.COMPUTED
    return ItemKind.ASSESSED if is_assessed(indicator) else ItemKind.TYPED


def item_period(indicator: Indicator, period: Period) -> Period:
    """The period whose figure counts for an item: the round's, or of one by the quarter or year the last that is over then."""
    return period_of_part(indicator, period)


def typed_outside(indicator: Indicator, period: Period) -> Period | None:
    """The period of a typed-in figure that isn't in the round's months, so that no pack of the round has it: last year's, in a
    round of a month. None of any other."""
    own = item_period(indicator, period)
    return own if indicator.source is not Source.COMPUTED and own.first < period.first else None


def fields_of(indicator: Indicator) -> int:
    """How many fields a figure takes that is typed in: one for a count or yes and no, two where it is a part of a whole."""
    return 1 if indicator.figure in (Figure.COUNT, Figure.YES_NO) else 2


@dataclass(frozen=True, slots=True)
class Scored:
    """An item's score as it is kept: of the figure's state, its integers and points; `typed` fields for the round."""

    key: str
    project: str
    value: str
    numerator: int | None
    denominator: int | None
    points: Decimal | None
    most: Decimal
    is_vetoed: bool = False
    typed: int = 0
    reason: str = ""
    words: str = ""


def scored(indicator: Indicator, value: Value, typed: int = 0) -> Scored:
    """A value with its points by the guideline."""
    points = score(indicator, value)
    return Scored(
        indicator.key, indicator.project, value.state.value, value.numerator, value.denominator, points.points,
        points.most, points.vetoed, typed,
    )  # fmt: skip


def value_said(indicator: Indicator, one: Scored | None) -> Value:
    """The value of a kept score."""
    if one is None or one.value == State.MISSING.value:
        return MISSING
    if one.denominator is None:
        return Value(State.NOT_APPLICABLE) if one.value == State.NOT_APPLICABLE.value else MISSING
    return value_of(indicator, Numbers(one.numerator, one.denominator))


def is_complete(indicator: Indicator, one: Scored | None) -> bool:
    """Needs the item nothing more? It has a figure, or says why there is none; what is assessed above needs nothing."""
    if kind_of(indicator) is ItemKind.ASSESSED:
        return True
    return one is not None and (one.value != State.MISSING.value or bool(one.reason))


@dataclass(frozen=True, slots=True)
class Total:
    """A city's whole: `points` of 100 over the weight that has values (`share` per cent), `bonus` on top."""

    points: Decimal | None
    share: Decimal
    bonus: Decimal
    by_project: Mapping[str, Decimal | None]
    vetoed: tuple[str, ...]


def total_of(guideline: Catalogue, month: int, scores: Mapping[str, Scored]) -> Total:
    """All projects together, by their weights."""
    values = {one.key: value_said(one, scores.get(one.key)) for one in guideline.in_month(month) if one.key in scores}
    results = [project_of(project, guideline, month, values) for project in guideline.projects]
    there = [(Decimal(one.project.weight), one.value) for one in results if one.value is not None]
    weight = sum((each for each, _ in there), Decimal(0))
    whole = sum((each * value for each, value in there), Decimal(0))
    return Total(
        rounded(Fraction(whole) / Fraction(weight), 2) if weight else None,
        weight,
        sum((one.bonus for one in results), Decimal(0)),
        {one.project.code: one.value for one in results},
        tuple(key for one in results for key in one.vetoed_by),
    )


def canonical(round_uid: str, city: str, scores: Iterable[Scored], claims: Mapping[str, Sequence[str]]) -> bytes:
    """What is locked, in the form that its hash is made of: sorted, no spaces, points as written; claims with the SHA-256 of
    their papers. `scores.json` of a pack is this."""
    body = {
        "form": FORM,
        "round": round_uid,
        "city": city,
        "scores": [
            {
                "key": one.key, "project": one.project, "value": one.value, "numerator": one.numerator,
                "denominator": one.denominator, "points": None if one.points is None else f"{one.points:.2f}",
                "most": f"{one.most:.2f}", "typed": one.typed, "reason": one.reason, "words": one.words,
            }
            for one in sorted(scores, key=lambda each: each.key)
        ],
        "claims": [{"project": code, "papers": sorted(papers)} for code, papers in sorted(claims.items())],
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def hash_of(body: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return sha256(body).hexdigest()


def open_keys(items: Iterable[Indicator], submission: int, returned: Collection[str]) -> frozenset[str]:
    """The items that may be changed while a city evaluates: all before the first lock, after that the returned ones alone.
    What is assessed above is never open here."""
    return frozenset(
        one.key for one in items if kind_of(one) is not ItemKind.ASSESSED and (submission == 0 or one.key in returned)
    )
