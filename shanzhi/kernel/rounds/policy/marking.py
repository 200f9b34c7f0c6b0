"""Scores by a level above: within the item's bounds, with a reason where they differ; events are counted by assessors. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from shanzhi.core.text import clean_text, msg
from shanzhi.kernel.indicators.policy.definitions import Indicator, ScoringKind
from shanzhi.kernel.indicators.policy.entering import is_assessed
from shanzhi.kernel.indicators.policy.scoring import Points, score
from shanzhi.kernel.indicators.policy.values import State, Value
from shanzhi.kernel.rounds.policy.words import WORDS_MOST, BadScore

EVENTS_MOST = 1_000
PLACES = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Mark:
    """What an assessor gives an item: points, or a number of events where those are counted, or that it doesn't apply
    (`is_inapplicable`: no points, and none that could be had); the reason as written."""

    points: Decimal | None
    events: int | None
    reason: str
    is_inapplicable: bool = False


@dataclass(frozen=True, slots=True)
class Given:
    """A mark that may stand: its points and how many events they stand on; `value` says why there are none."""

    points: Decimal | None
    events: int | None
    is_vetoed: bool
    reason: str
    value: State = State.VALUE


@dataclass(frozen=True, slots=True)
class Before:
    """What the level before gave an item; without points it said that there is nothing to score."""

    points: Decimal | None


def is_counted(item: Indicator) -> bool:
    """Does an assessor type in a number of events, of which the guideline's rule makes points? Vetoes, and what is typed in by
    assessors alone."""
    return item.scoring.kind is ScoringKind.VETO or is_assessed(item)


def is_scored(item: Indicator) -> bool:
    """Has the item points, or a veto, at all?"""
    return item.scoring.kind is not ScoringKind.NONE


def points_of_events(item: Indicator, events: int) -> Points:
    """What the guideline makes of a number of events."""
    return score(item, Value(State.VALUE, events, 1, Fraction(events)))


def check_mark(item: Indicator, mark: Mark, before: Before | None) -> Given:
    """A mark against the item's bounds and the score of the level before (`before`: None where there is none). That an item
    doesn't apply needs no reason where the level before had no points for it either.

    Raises:
        BadScore: above the most, below the least, more than two places, nothing given, or a difference without its reason;
            `fields` says where.
    """
    if not is_scored(item):
        raise BadScore(msg("“%(item)s”按指南不计分，不用评。"), item=item.name)
    reason = clean_text(mark.reason)
    if len(reason) > WORDS_MOST:
        raise _wrong("reason", msg("理由太长，最多 %(most)s 个字。"), most=WORDS_MOST)
    if is_counted(item):
        return _counted(item, mark, reason)
    if mark.is_inapplicable:
        return _inapplicable(item, before, reason)
    points = _points(item, mark.points)
    if not reason and (before is None or points != before.points):
        raise _wrong(
            "reason",
            msg("“%(item)s”的分和上一级评的不一样（%(before)s → %(points)s），请写明理由。"),
            item=item.name,
            before="—" if before is None or before.points is None else before.points,
            points=points,
        )
    return Given(points, None, is_vetoed=False, reason=reason)


def _inapplicable(item: Indicator, before: Before | None, reason: str) -> Given:
    if not reason and (before is None or before.points is not None):
        raise _wrong(
            "reason",
            msg("上一级没有说“%(item)s”不适用，评为不适用请写明理由。"),
            item=item.name,
        )
    return Given(None, None, is_vetoed=False, reason=reason, value=State.NOT_APPLICABLE)


def _points(item: Indicator, points: Decimal | None) -> Decimal:
    if points is None or not points.is_finite():
        raise _wrong("points", msg("请填“%(item)s”的分数。"), item=item.name)
    most, least = item.scoring.most, min(item.scoring.least, Decimal(0))
    if points > most:
        raise _wrong(
            "points",
            msg("“%(item)s”最多 %(most)s 分，不能评 %(points)s 分。请改正。"),
            item=item.name,
            most=most,
            points=points,
        )
    if points < least:
        raise _wrong("points", msg("“%(item)s”最低 %(least)s 分。请改正。"), item=item.name, least=least)
    if points != points.quantize(PLACES):
        raise _wrong("points", msg("分数最多两位小数。请改正。"))
    return points.quantize(PLACES)


def _counted(item: Indicator, mark: Mark, reason: str) -> Given:
    if mark.events is None or not 0 <= mark.events <= EVENTS_MOST:
        raise _wrong("events", msg("请填“%(item)s”查实的件数，没有填 0。"), item=item.name)
    if mark.events and not reason:
        raise _wrong(
            "reason", msg("“%(item)s”记了 %(count)s 件，请写明依据的文书。"), item=item.name, count=mark.events
        )
    got = points_of_events(item, mark.events)
    return Given(got.points, mark.events, got.vetoed, reason)


def _wrong(field: str, sentence: str, **given: object) -> BadScore:
    error = BadScore(sentence)
    error.params.update(given)
    error.fields[field] = error.sentence(lambda text: text)
    return error
