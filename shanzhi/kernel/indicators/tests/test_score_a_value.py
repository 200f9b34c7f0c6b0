"""A value becomes points, indicators a project's score and an index with its colour; what is missing is shown."""

from dataclasses import replace
from decimal import Decimal

import pytest

from shanzhi.kernel.indicators.policy.definitions import (
    Catalogue,
    Direction,
    Index,
    Indicator,
    Length,
    Normalise,
    Part,
    Scoring,
    ScoringKind,
)
from shanzhi.kernel.indicators.policy.index import grade_of, index_of, period_of_part, project_of
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.policy.scoring import score
from shanzhi.kernel.indicators.policy.values import MISSING, Value
from shanzhi.kernel.indicators.tests.made import catalogue, counted, indicator, scoring, value

LINEAR = scoring(ScoringKind.LINEAR, floor=60, full=95)
LINEAR_DOWN = scoring(ScoringKind.LINEAR, floor=20, full=5, most=10)
THRESHOLD = scoring(ScoringKind.THRESHOLD, at=100)
STEPS = scoring(ScoringKind.STEPS, steps=[(60, 50), (80, 80), (95, 100)])
STEPS_DOWN = scoring(ScoringKind.STEPS, steps=[(30, 0), (15, 60), (7, 100)])
DEDUCTION = scoring(ScoringKind.DEDUCTION, free=2, each=30, least=-10)
BONUS = scoring(ScoringKind.BONUS, each=2, most=10)


def points(of: Scoring, amount: int, *, down: bool = False) -> str | None:
    rule = counted(scoring=of, direction=Direction.LOWER if down else Direction.HIGHER)
    found = score(rule, value(amount, amount or 1, rule)).points
    return None if found is None else f"{found:f}"


@pytest.mark.parametrize(
    ("of", "down", "expected"),
    [
        (LINEAR, False, {0: "0.00", 60: "0.00", 61: "2.86", 95: "100.00", 99: "100.00"}),
        (LINEAR_DOWN, True, {25: "0.00", 20: "0.00", 10: "6.67", 5: "10.00", 0: "10.00"}),
        (THRESHOLD, False, {99: "0.00", 100: "100.00", 101: "100.00"}),
        (THRESHOLD, True, {99: "100.00", 100: "100.00", 101: "0.00"}),
        (STEPS, False, {59: "0.00", 60: "50.00", 79: "50.00", 80: "80.00", 200: "100.00"}),
        (STEPS_DOWN, True, {31: "0.00", 30: "0.00", 15: "60.00", 8: "60.00", 7: "100.00", 0: "100.00"}),
        (DEDUCTION, True, {0: "100.00", 2: "100.00", 3: "70.00", 5: "10.00", 6: "-10.00", 99: "-10.00"}),
        (BONUS, False, {0: "0.00", 3: "6.00", 5: "10.00", 9: "10.00"}),
        (scoring(ScoringKind.NONE), False, {5: None}),
    ],
)
def test_points_follow_the_kind(of: Scoring, down: bool, expected: dict[int, str | None]) -> None:
    assert {amount: points(of, amount, down=down) for amount in expected} == expected


def test_points_follow_the_exact_value_and_not_the_shown_one() -> None:
    rule = indicator(scoring=scoring(ScoringKind.THRESHOLD, at=100), decimals=0)
    almost = value(999, 1000, rule)
    assert (almost.words, score(rule, almost).points) == ("100", Decimal("0.00"))


@pytest.mark.parametrize("nothing", [MISSING, value(0, 0)])
def test_without_a_value_there_are_no_points(nothing: Value) -> None:
    assert score(indicator(), nothing).points is None


def test_a_veto_fails_the_project() -> None:
    veto = counted(key="veto", scoring=scoring(ScoringKind.VETO), weight=Decimal(0))
    assert not score(veto, value(0, 0, veto)).vetoed
    assert score(veto, value(1, 1, veto)).vetoed


def _values(**words: Value) -> dict[str, Value]:
    return words


def _project() -> tuple[Catalogue, dict[str, Value]]:
    made = catalogue()
    veto = counted(key="veto", scoring=scoring(ScoringKind.VETO), weight=Decimal(0))
    extra = counted(key="extra", scoring=BONUS, weight=Decimal(0))
    return replace(made, indicators=(*made.indicators, veto, extra)), _values(
        satisfaction_rate=value(95, 100),
        covenant_review=value(9, 10),
        extra=value(2, 2, extra),
        veto=value(0, 0, veto),
    )


def test_a_projects_score_is_the_mean_over_the_weight_that_is_there() -> None:
    made, values = _project()
    found = project_of(made.projects[0], made, 202601, values)
    # 40 of 100 points' weight at 100, 20 at 0, and 40 are missing.
    assert (found.value, found.share, found.bonus, found.vetoed_by) == (Decimal("66.67"), Decimal(60), Decimal(4), ())


def test_a_vetoed_project_has_nothing() -> None:
    made, values = _project()
    values["veto"] = value(1, 1, made.indicators[-2])
    found = project_of(made.projects[0], made, 202601, values)
    assert (found.value, found.vetoed_by) == (Decimal(0), ("veto",))


def _index(**changed: object) -> tuple[Index, dict[str, Indicator]]:
    made = catalogue()
    rules = {each.key: replace(each, minimum=1) for each in made.indicators}
    return replace(made.indices[0], **changed), rules  # type: ignore[arg-type]


def test_an_index_has_value_share_and_colour() -> None:
    index, rules = _index()
    days = rules["end_days_median"]
    values = _values(satisfaction_rate=value(95, 100), end_days_median=value(7 * 86400, 5, days))
    found = index_of(index, rules, values)
    assert (found.value, found.share, found.grade and found.grade.color) == (Decimal(100), Decimal(100), "green")
    values["satisfaction_rate"] = value(775, 1000)
    found = index_of(index, rules, values)
    # Half way from 60 to 95 is 50; 0.6 × 50 + 0.4 × 100.
    assert (found.value, found.grade and found.grade.code) == (Decimal(70), "watch")
    assert [part.adds for part in found.classes[0].parts] == [Decimal(30), Decimal(40)]


def test_what_is_missing_is_shown_and_its_weight_stays_named() -> None:
    index, rules = _index(minimum_share=Decimal(50))
    found = index_of(index, rules, _values(satisfaction_rate=value(775, 1000)))
    assert (found.value, found.share) == (Decimal(50), Decimal(60))
    assert [(part.part.indicator, part.value.words) for part in found.missing] == [("end_days_median", "缺数据")]


def test_below_the_least_share_there_is_no_index() -> None:
    index, rules = _index()
    found = index_of(index, rules, _values(satisfaction_rate=value(95, 100)))
    assert (found.value, found.grade, found.share, found.classes[0].value) == (None, None, Decimal(60), Decimal(100))


def test_an_index_of_nothing_is_none_and_not_nought() -> None:
    index, rules = _index()
    found = index_of(index, rules, {})
    assert (found.value, found.share, found.classes[0].value) == (None, Decimal(0), None)


@pytest.mark.parametrize(
    ("amount", "code"), [("100", "good"), ("85", "good"), ("84.99", "watch"), ("70", "watch"), ("0", "bad")]
)
def test_a_colour_begins_at_its_mark(amount: str, code: str) -> None:
    found = grade_of(catalogue().indices[0], Decimal(amount))
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize(
    ("direction", "top", "expected"),
    [
        (Direction.HIGHER, 45, "50"),
        (Direction.HIGHER, 99, "100"),
        (Direction.LOWER, 60, "100"),
        (Direction.LOWER, 100, "90"),
    ],
)
def test_a_part_may_be_measured_by_its_target(direction: Direction, top: int, expected: str) -> None:
    index, rules = _index()
    part = Part("satisfaction_rate", Decimal(100), Normalise.TARGET)
    one = replace(index, classes=(replace(index.classes[0], parts=(part,)),))
    rules["satisfaction_rate"] = replace(rules["satisfaction_rate"], direction=direction, target=Decimal(90))
    assert index_of(one, rules, _values(satisfaction_rate=value(top, 100))).value == Decimal(expected)


@pytest.mark.parametrize(
    ("length", "period", "enters"),
    [
        (Length.MONTH, "2026-11", "2026-11"),
        (Length.QUARTER, "2026-11", "2026-Q3"),
        (Length.QUARTER, "2026-12", "2026-Q4"),
        (Length.YEAR, "2026-11", "2025"),
        (Length.YEAR, "2026-12", "2026"),
        (Length.YEAR, "2026-Q4", "2026"),
        (Length.MONTH, "2026", "2026"),
    ],
)
def test_a_yearly_figure_goes_on_counting_until_the_next(length: Length, period: str, enters: str) -> None:
    assert str(period_of_part(indicator(period=length), read_period(period))) == enters
