"""What chance does isn't told as a change: intervals against published figures, limits against the binomial law."""

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.indicators.policy.reports import Part, Period, Span, Value, compose
from shanzhi.kernel.indicators.policy.reports.chance import (
    Change,
    change_of,
    difference,
    limits,
    rounded,
    wilson,
)
from shanzhi.kernel.indicators.policy.reports.parts import stands
from shanzhi.kernel.indicators.tests.report_support import count, report, share

SHARES = st.integers(1, 5000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(
    ("value", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:857-872, table I, method 3.
    [
        (Value(81, 263), 0.2553, 0.3662),
        (Value(15, 148), 0.0624, 0.1605),
        (Value(0, 20), 0.0, 0.1611),
        (Value(1, 29), 0.0061, 0.1718),
    ],
)
def test_the_interval_of_a_share_is_that_of_the_paper(value, low, high):
    assert list(wilson(value)) == pytest.approx([low, high], abs=5e-5)


@pytest.mark.parametrize(
    ("now", "before", "low", "high"),
    # Newcombe 1998, Statistics in Medicine 17:873-890, table II, method 10.
    [
        (Value(56, 70), Value(48, 80), 0.0524, 0.3339),
        (Value(9, 10), Value(3, 10), 0.1705, 0.8090),
        (Value(10, 10), Value(0, 10), 0.6075, 1.0),
        (Value(5, 56), Value(0, 29), -0.0381, 0.1926),
    ],
)
def test_the_interval_of_a_difference_is_that_of_the_paper(now, before, low, high):
    assert list(difference(now, before)) == pytest.approx([low, high], abs=5e-5)


@given(SHARES, SHARES)
def test_a_difference_turned_round_is_the_same(one, other):
    low, high = difference(Value(*one), Value(*other))
    low_back, high_back = difference(Value(*other), Value(*one))
    assert [low, high] == pytest.approx([-high_back, -low_back])
    assert -1.0000001 <= low <= high <= 1.0000001


def test_nothing_says_nothing():
    assert wilson(Value(0, 0)) == (0.0, 1.0)
    assert limits(Fraction(9, 10), 0) == (0.0, 1.0)


@pytest.mark.parametrize(
    ("figure", "change"),
    [
        (share(now=Value(95, 100), before=Value(90, 100)), Change.SAME),
        (share(now=Value(9500, 10000), before=Value(9000, 10000)), Change.UP),
        (share(now=Value(9000, 10000), before=Value(9500, 10000)), Change.DOWN),
        (share(now=None), Change.UNTOLD),
        (share(before=None), Change.UNTOLD),
        (share(before=Value(0, 0)), Change.NOTHING),
        (share(before=Value(3, 5)), Change.FEW),
        (share(before_version=2), Change.RULE),
        (count(now=Value(120, 0), before=Value(100, 0)), Change.SAME),
        (count(now=Value(130, 0), before=Value(100, 0)), Change.UP),
        (count(now=Value(1, 0), before=Value(9, 0)), Change.DOWN),
    ],
)
def test_a_change_is_one_beyond_chance(figure, change):
    assert change_of(figure) is change


@pytest.mark.parametrize("size", [30, 100, 400])
def test_a_part_like_the_whole_lies_within_its_limits(size):
    """By the binomial law: of parts that are like the whole, at most about 1 in 100 lies outside."""
    share_of = Fraction(8, 10)
    low, high = limits(share_of, size)
    within = sum(
        comb(size, k) * float(share_of) ** k * float(1 - share_of) ** (size - k)
        for k in range(size + 1)
        if low <= k / size <= high
    )
    assert 0.99 < within <= 1


@given(st.fractions(-1000, 1000), st.integers(0, 3))
def test_rounding_is_within_half_a_step_and_the_same_both_ways(number, decimals):
    assert abs(rounded(number, decimals) - number) <= Fraction(1, 2 * 10**decimals)
    assert rounded(-number, decimals) == -rounded(number, decimals)


def test_periods_follow_each_other():
    for span, steps in ((Span.WEEK, 120), (Span.MONTH, 30), (Span.QUARTER, 10)):
        period = Period(span, 2027, 1)
        for _ in range(steps):
            assert period.before.last.toordinal() + 1 == period.first.toordinal()
            assert Period.of(span, period.last) == period
            period = period.before
    assert [Period(Span.MONTH, 2025, 10).key, Period(Span.QUARTER, 2025, 3).key, Period(Span.WEEK, 2026, 1).key] == [
        "2025-10",
        "2025-Q3",
        "2026-W01",
    ]
    assert Period(Span.WEEK, 2026, 1).said_fully == "2026年第1周（2025年12月29日至2026年1月4日）"
    assert Period(Span.WEEK, 2025, 44).said_fully == "2025年第44周（10月27日至11月2日）"


@pytest.mark.parametrize(("span", "number"), [(Span.MONTH, 13), (Span.MONTH, 0), (Span.QUARTER, 5), (Span.WEEK, 53)])
def test_a_period_that_there_isnt_is_refused(span, number):
    with pytest.raises(ValueError, match="2025 has no"):
        Period(span, 2025, number)


def test_what_is_more_than_its_whole_has_no_interval_of_a_share():
    """Papers per project: 90 of 30 are three each; a report tells them without one."""
    more = share(now=Value(90, 30), before=Value(60, 30), target=None)
    assert change_of(more) is Change.UP
    there = tuple(Part(str(code), str(code), {more.key: Value(90 + code, 30)}) for code in range(12))
    assert {stand.side for stand in stands(more, there)} == {""}
    paper = compose(report(rates=(more,), projects=(), parts=there, compared=(more.key,)))
    assert paper.blocks
