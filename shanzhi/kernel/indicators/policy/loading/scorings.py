"""The scoring of an indicator: which keys each kind takes, and what has to hold among them."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from shanzhi.core.text import msg
from shanzhi.kernel.indicators.policy.definitions import Direction, Scoring, ScoringKind
from shanzhi.kernel.indicators.policy.loading.rows import Row, decimal_of

NOUGHT, HUNDRED = Decimal(0), Decimal(100)
UNWEIGHTED = frozenset({ScoringKind.VETO, ScoringKind.BONUS, ScoringKind.NONE})
"""Kinds that have no weight within their project."""


def read_scoring(row: Row, direction: Direction) -> Scoring:
    """The scoring of an indicator's table; `none` where it is missing."""
    inner = row.row("scoring")
    if inner is None:
        return Scoring(ScoringKind.NONE)
    kind = inner.word("kind", ScoringKind)
    made = _READERS[kind](inner, kind, direction)
    inner.finish()
    if made.most <= 0 and kind is not ScoringKind.VETO:
        inner.fault("most", msg("最高分要大于 0。"))
    _check_weight(row, kind)
    return made


def _check_weight(row: Row, kind: ScoringKind) -> None:
    weight = row.number("weight") or NOUGHT
    if kind in UNWEIGHTED and weight != 0:
        row.fault(
            "weight", msg("计分方式是 %(kind)s 的指标没有权重。"), msg("写 weight = 0，或删去。"), kind=kind.value
        )
    if kind not in UNWEIGHTED and weight <= 0:
        row.fault("weight", msg("计分的指标要有大于 0 的权重。"), msg('不计分写 scoring = { kind = "none" }。'))


def _most(row: Row) -> Decimal:
    found = row.number("most")
    return HUNDRED if found is None else found


def _linear(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    made = Scoring(kind, _most(row), floor=row.number("floor", required=True), full=row.number("full", required=True))
    if made.floor is None or made.full is None:
        return made
    if made.floor == made.full:
        row.fault("full", msg("floor 和 full 相同，没有中间。"), msg("一步到位用 threshold。"))
    elif direction is not Direction.NONE and (made.full > made.floor) is (direction is Direction.LOWER):
        words = msg("方向是 %(direction)s，满分值 %(full)s 却在零分值 %(floor)s 的坏的一边。")
        row.fault("full", words, direction=direction.value, full=made.full, floor=made.floor)
    return made


def _threshold(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    return Scoring(kind, _most(row), at=row.number("at", required=True))


def _veto(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    return Scoring(kind, NOUGHT, at=row.number("at") or NOUGHT)


def _deduction(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    made = Scoring(
        kind,
        _most(row),
        least=row.number("least") or NOUGHT,
        free=row.number("free") or NOUGHT,
        each=row.number("each", required=True),
    )
    _positive_each(row, made)
    if made.least >= made.most:
        row.fault("least", msg("最低分不小于最高分。"))
    return made


def _bonus(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    most = row.number("most", required=True)
    made = Scoring(
        kind,
        HUNDRED if most is None else most,
        free=row.number("free") or NOUGHT,
        each=row.number("each", required=True),
    )
    _positive_each(row, made)
    return made


def _positive_each(row: Row, made: Scoring) -> None:
    if made.each is not None and made.each <= 0:
        row.fault("each", msg("每单位的分要大于 0。"))


def _none(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    return Scoring(kind)


def _steps(row: Row, kind: ScoringKind, direction: Direction) -> Scoring:
    most = _most(row)
    given = row.values.get("steps")
    row.known.add("steps")
    steps = [_pair(each) for each in given] if isinstance(given, list) else []
    if not steps or None in steps:
        row.fault("steps", msg("steps 写成一列 [值, 分]。"), msg("例如 [[60, 50], [80, 100]]。"))
        return Scoring(kind, most)
    pairs = tuple(each for each in steps if each is not None)
    marks = [mark for mark, _ in pairs]
    if marks != sorted(set(marks), reverse=direction is Direction.LOWER):
        row.fault("steps", msg("steps 要从最差的值写到最好的值，不能重复。"))
    points = [each for _, each in pairs]
    if points != sorted(points) or points[0] < 0 or points[-1] > most:
        row.fault("steps", msg("分数要随值变好而增加，在 0 到 %(most)s 之间。"), most=most)
    return Scoring(kind, most, steps=pairs)


def _pair(value: object) -> tuple[Decimal, Decimal] | None:
    if not isinstance(value, list) or len(value) != 2:
        return None
    mark, points = (decimal_of(each) for each in value)
    return None if mark is None or points is None else (mark, points)


_READERS: Mapping[ScoringKind, Callable[[Row, ScoringKind, Direction], Scoring]] = {
    ScoringKind.LINEAR: _linear,
    ScoringKind.THRESHOLD: _threshold,
    ScoringKind.STEPS: _steps,
    ScoringKind.VETO: _veto,
    ScoringKind.DEDUCTION: _deduction,
    ScoringKind.BONUS: _bonus,
    ScoringKind.NONE: _none,
}
