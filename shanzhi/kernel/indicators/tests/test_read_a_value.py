"""A figure is read: one exact division, rounded once; none where there is nothing to divide by or too little to judge by."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.indicators.policy.definitions import Figure, Grouping, Length
from shanzhi.kernel.indicators.policy.periods import (
    Period,
    PeriodUnreadable,
    later,
    period_of,
    read_month,
    read_period,
)
from shanzhi.kernel.indicators.policy.values import Numbers, State, rounded, value_of
from shanzhi.kernel.indicators.tests.made import counted, indicator, value


def test_a_rate_is_one_division() -> None:
    found = value(2, 3)
    assert (found.state, found.exact, found.words) == (State.VALUE, Fraction(200, 3), "66.67")


def test_no_denominator_is_not_applicable_and_never_nought_or_a_hundred() -> None:
    for numerator in (0, 7, None):
        found = value(numerator, 0)
        assert (found.state, found.shown, found.words) == (State.NOT_APPLICABLE, None, "不适用")


def test_below_the_smallest_sample_there_is_no_value() -> None:
    found = value(9, 9, indicator(minimum=10))
    assert (found.state, found.shown, found.words) == (State.TOO_FEW, None, "样本不足")
    assert value(9, 10, indicator(minimum=10)).words == "90.00"


def test_nothing_handed_in_is_missing() -> None:
    assert value_of(indicator(), None).words == "缺数据"


def test_a_count_of_none_among_none_is_nought() -> None:
    assert value(0, 0, counted()).words == "0"
    assert value(0, 0, counted(minimum=5)).state is State.TOO_FEW


def test_an_amount_of_nothing_is_not_applicable() -> None:
    median = indicator(figure=Figure.AMOUNT, grouping=Grouping.ANEW, scale=Fraction(1, 86400), decimals=1)
    assert value(None, 0, median).words == "不适用"
    assert value(129600, 3, median).words == "1.5"


def test_an_unfinished_period_is_marked() -> None:
    assert value_of(indicator(), Numbers(1, 2), unfinished=True).unfinished


@pytest.mark.parametrize(
    ("exact", "places", "shown"),
    [
        ("1/8", 2, "0.13"),
        ("-1/8", 2, "-0.13"),
        ("5/2", 0, "3"),
        ("-5/2", 0, "-3"),
        ("2/3", 4, "0.6667"),
        ("0", 2, "0.00"),
        ("-1/1000", 2, "0.00"),
    ],
)
def test_a_half_goes_away_from_nought(exact: str, places: int, shown: str) -> None:
    assert f"{rounded(Fraction(exact), places):f}" == shown


@given(st.fractions(), st.integers(0, 6))
def test_rounding_is_never_off_by_more_than_half_a_place(exact: Fraction, places: int) -> None:
    assert abs(Fraction(rounded(exact, places)) - exact) <= Fraction(1, 2 * 10**places)
    assert rounded(-exact, places) == rounded(exact, places).copy_negate()


@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_rate_is_the_same_however_the_cases_are_multiplied(top: int, bottom: int) -> None:
    assert value(top, bottom).shown == value(top * 7, bottom * 7).shown
    assert isinstance(value(top, bottom).shown, Decimal)


@pytest.mark.parametrize("text", ["2026-10", "2026-Q4", "2026", "1900-01"])
def test_a_period_is_written_as_it_is_read(text: str) -> None:
    assert str(read_period(text)) == text


@pytest.mark.parametrize(
    "text", ["", "2026-13", "2026-00", "2026-Q5", "26-10", "2026-1", "0000-01", "0000", "2026/10", "上月"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(PeriodUnreadable, match="不是期间"):
        read_period(text)


def test_a_month_is_read_alone() -> None:
    assert read_month("2026-02") == 202602
    with pytest.raises(PeriodUnreadable, match="不是月份"):
        read_month("2026-Q1")


def test_a_quarter_has_its_months_and_days() -> None:
    quarter = read_period("2026-q4")
    assert quarter.months == (202610, 202611, 202612)
    assert (quarter.begins_on.isoformat(), quarter.ends_on.isoformat()) == ("2026-10-01", "2026-12-31")
    assert not quarter.is_over(quarter.ends_on)
    assert quarter.is_over(quarter.ends_on.replace(year=2027, month=1, day=1))
    assert (str(quarter.before()), str(quarter.year_ago()), str(quarter.before(-1))) == (
        "2026-Q3",
        "2025-Q4",
        "2027-Q1",
    )
    assert [str(each) for each in read_period("2026").within(Length.QUARTER)] == [
        "2026-Q1",
        "2026-Q2",
        "2026-Q3",
        "2026-Q4",
    ]


@given(st.dates(), st.sampled_from(list(Length)))
def test_each_day_lies_in_its_period(day: date, length: Length) -> None:
    found = period_of(day, length)
    assert found.begins_on <= day
    assert day.year * 100 + day.month in found.months


@given(st.integers(100, 9000), st.integers(1, 12), st.integers(-500, 500))
def test_so_many_months_later_and_back_is_the_same(year: int, month: int, steps: int) -> None:
    assert later(later(year * 100 + month, steps), -steps) == year * 100 + month
    assert Period(later(year * 100 + month, 12)) == Period((year + 1) * 100 + month)
