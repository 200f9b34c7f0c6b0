"""Places, periods and typed values are compared fairly: known answers out of the literature and by hand."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.indicators.policy.definitions import Direction
from shanzhi.kernel.indicators.policy.fairness import (
    Standing,
    compared,
    direct,
    funnel_limits,
    indirect,
    wilson,
)
from shanzhi.kernel.indicators.policy.outliers import Oddity, findings, robust_z, unit_slip
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.policy.trend import Move, change, difference_of_shares, seasonal
from shanzhi.kernel.indicators.policy.values import MISSING
from shanzhi.kernel.indicators.tests.made import counted, indicator, value


# Newcombe 1998, Statistics in Medicine 17:857, table I, method 3.
@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilsons_interval_is_that_of_the_literature(successes: int, trials: int, low: float, high: float) -> None:
    found = wilson(successes, trials)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high), abs=5e-5)


def test_no_trial_has_no_interval() -> None:
    assert wilson(0, 0) is None
    assert funnel_limits(0.5, 0) is None
    with pytest.raises(ValueError):
        wilson(3, 2)


@given(st.integers(1, 10**6).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_an_interval_holds_its_share_and_mirrors(each: tuple[int, int]) -> None:
    found, other = wilson(*each), wilson(each[1] - each[0], each[1])
    assert found is not None
    assert other is not None
    assert found.holds(each[0] / each[1])
    assert (found.low, found.high) == pytest.approx((1 - other.high, 1 - other.low), abs=1e-9)


# Newcombe 1998, Statistics in Medicine 17:873, table II, method 10: 56/70 − 48/80.
def test_the_interval_of_a_difference_is_that_of_the_literature() -> None:
    found = difference_of_shares((48, 80), (56, 70))
    assert found is not None
    assert (found.low, found.high) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_funnel_narrows_with_cases() -> None:
    limits = [funnel_limits(0.5, trials) for trials in (100, 10_000)]
    assert [each and round(each.high - each.low, 4) for each in limits] == [0.196, 0.0196]
    clipped = funnel_limits(0.99, 3)
    assert clipped is not None
    assert clipped.high == 1.0


def test_places_are_judged_against_all_together_and_small_ones_not_at_all() -> None:
    found = compared({1: (900, 1000), 2: (700, 1000), 3: (790, 1000), 4: (0, 3), 5: (838, 1000), 6: (0, 0)}, minimum=30)
    assert [each.standing for each in found] == [
        Standing.VERY_HIGH,
        Standing.VERY_LOW,
        Standing.USUAL,
        Standing.TOO_FEW,
        Standing.HIGH,
        Standing.TOO_FEW,
    ]
    assert (found[3].share, found[5].share, found[5].limits) == (0.0, None, None)


def test_the_mix_of_cases_is_taken_out() -> None:
    own = {"noise": (9, 10), "wages": (6, 10)}
    assert direct({"noise": (8, 10), "wages": (1, 2)}, {"noise": 50, "wages": 50}).share == pytest.approx(0.65)
    found = indirect(own, {"noise": (90, 100), "wages": (30, 100)})
    # Expected 9 + 3 of 20; observed 15; the whole share is 0.6.
    assert (found.expected, found.share) == pytest.approx((12.0, 0.75))


def test_what_cant_be_compared_is_told() -> None:
    assert direct({"noise": (8, 10)}, {"noise": 50, "wages": 30}).left_out == 30
    assert indirect({"noise": (1, 2), "new": (3, 4)}, {"noise": (1, 2)}).left_out == 4
    assert direct({}, {"noise": 5}).share is None
    assert indirect({}, {}).share is None


def test_two_places_that_do_each_kind_alike_come_out_alike() -> None:
    reference = {"easy": (95, 100), "hard": (50, 100)}
    easy = indirect({"easy": (95, 100), "hard": (5, 10)}, reference)
    hard = indirect({"easy": (19, 20), "hard": (50, 100)}, reference)
    assert easy.share == pytest.approx(hard.share)


def test_a_change_is_told_with_its_interval() -> None:
    found = change(indicator(), value(480, 800), value(560, 700))
    assert (found.move, found.difference, found.percent) == (Move.BETTER, Decimal("20.00"), Decimal("33.3"))
    assert found.interval is not None
    assert found.interval.low > 0
    worse = change(indicator(direction=Direction.LOWER), value(480, 800), value(560, 700))
    assert worse.move is Move.WORSE


def test_chance_alone_is_no_change() -> None:
    assert change(indicator(), value(5, 10), value(6, 10)).move is Move.UNCLEAR
    assert change(indicator(), value(5, 10), value(50, 100)).move is Move.SAME
    few, many = value(10, 10, counted()), value(12, 12, counted())
    assert change(counted(), few, many).move is Move.UNCLEAR
    assert (
        change(counted(direction=Direction.NONE), value(10, 10, counted()), value(90, 90, counted())).move
        is Move.HIGHER
    )


def test_without_a_value_nothing_is_said_of_a_change() -> None:
    found = change(indicator(), value(0, 0), value(1, 2))
    assert (found.move, found.difference, found.interval) == (Move.UNKNOWN, None, None)


def test_a_figure_stands_in_its_season() -> None:
    values = {read_period(text): value(top, 100) for text, top in
              {"2024-02": 50, "2025-02": 60, "2026-01": 90, "2026-02": 70, "2026-Q1": 1}.items()}  # fmt: skip
    found = seasonal(indicator(), values, read_period("2026-02"), MISSING)
    assert (found.before.difference, found.year_ago.difference) == (Decimal("-20.00"), Decimal("10.00"))
    assert (found.usual, found.years) == (Decimal("55.00"), 2)
    assert seasonal(indicator(), values, read_period("2023-02"), MISSING).usual is None


@pytest.mark.parametrize(
    ("value_given", "before", "factor"),
    [("1200", "12", "100"), ("12", "1200", "100"), ("120", "12", "10"), ("13", "12", None), ("9000", "12", "1000"), ("3600", "12", "100"),
     ("0", "12", None), ("12", "0", None), ("-1200", "12", None), ("12000000", "12", "1000000"), ("240", "12", None)],
)  # fmt: skip
def test_a_value_a_hundred_times_the_last_one_is_asked_about(value_given: str, before: str, factor: str | None) -> None:
    assert unit_slip(Decimal(value_given), Decimal(before)) == (None if factor is None else Decimal(factor))


def test_the_median_absolute_deviation_finds_what_is_far() -> None:
    assert robust_z(10, [1, 2, 3, 4, 5]) == pytest.approx(0.67449 * 7, abs=1e-4)
    assert robust_z(10, [1, 2, 3]) is None
    assert robust_z(10, [3, 3, 3, 3, 3]) is None
    assert robust_z(10, [3, 3, 3, 3, 8]) == pytest.approx(7 / 1.2533141373, abs=1e-6)


def test_findings_are_gathered() -> None:
    others = [Decimal(each) for each in (11, 12, 12, 13, 14)]
    odd = findings(Decimal(1200), Decimal(12), others, Decimal(50))
    assert (odd[0].oddity, odd[0].amount) == (Oddity.UNIT_SLIP, Decimal(100))
    assert Oddity.FAR in {each.oddity for each in odd}
    assert [each.oddity for each in findings(Decimal(20), Decimal(12), [], Decimal(50))] == [Oddity.JUMP]
    assert findings(Decimal(13), Decimal(12), others, Decimal(50)) == []
    assert findings(Decimal(13), None, [], None) == []
