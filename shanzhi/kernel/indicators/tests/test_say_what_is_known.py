"""How much of an index is known, and whether regions can be compared by their cases."""

from decimal import Decimal
from fractions import Fraction

import pytest

from shanzhi.kernel.indicators.policy.index import index_of, step_of
from shanzhi.kernel.indicators.policy.known import known_of
from shanzhi.kernel.indicators.policy.mixes import apart, mixed_share
from shanzhi.kernel.indicators.policy.values import MISSING, Numbers, State, Value, value_of
from shanzhi.kernel.indicators.tests.made import catalogue


def test_weights_are_told_by_what_is_known_of_them() -> None:
    book = catalogue()
    index = book.indices[0]
    indicators = {one.key: one for one in book.indicators}
    rate, days = (indicators[part.indicator] for part in index.classes[0].parts)
    values: dict[str, Value] = {
        rate.key: value_of(rate, Numbers(80, 100)),
        days.key: value_of(days, Numbers(10 * 86400, 100)),
    }
    whole = known_of(index_of(index, indicators, values), indicators)
    assert (whole.with_interval, whole.without_interval, dict(whole.unknown)) == (
        Decimal("60.00"),
        Decimal("40.00"),
        {},
    )
    assert whole.least == whole.most
    part = known_of(index_of(index, indicators, values | {days.key: MISSING}), indicators)
    assert (part.with_interval, part.missing) == (Decimal("60.00"), Decimal("40.00"))
    assert dict(part.unknown) == {State.MISSING: Decimal("40.00")}
    nothing = known_of(index_of(index, indicators, {}), indicators)
    assert (nothing.least, nothing.most, nothing.missing) == (None, None, Decimal("100.00"))


def test_what_isnt_known_moves_the_index_between_its_least_and_most() -> None:
    book = catalogue()
    index = book.indices[0]
    indicators = {one.key: one for one in book.indicators}
    rate = indicators[index.classes[0].parts[0].indicator]
    found = index_of(index, indicators, {rate.key: value_of(rate, Numbers(80, 100))})
    known = known_of(found, indicators)
    assert known.least is not None
    assert known.most is not None
    assert known.most - known.least == Decimal("40.00")


def test_an_index_s_change_is_of_exact_values_rounded_once() -> None:
    assert step_of(Fraction("80.004"), Fraction("80.006")) == Decimal("0.00")
    assert step_of(Fraction("80.004"), Fraction("80.016")) == Decimal("0.01")
    assert step_of(None, Fraction(1)) is None


def test_the_same_mix_is_nothing_apart_and_another_one_all() -> None:
    assert apart({"a": 30, "b": 30}, {"a": 500, "b": 500}) == 0
    assert apart({"a": 40}, {"b": 500}) == 1
    assert apart({"a": 60, "b": 40}, {"a": 500, "b": 500}) == pytest.approx(0.1)
    assert apart({"a": 29}, {"a": 500}) is None


def test_a_share_is_told_with_the_mix_of_all() -> None:
    """A region with the hard cases alone does as well with them as all do: with the mix of all it is as good as all."""
    everything = {"easy": (900, 1000), "hard": (100, 1000)}
    found = mixed_share({"hard": (10, 100)}, everything)
    assert found.share == 0.1
    assert found.alike == pytest.approx(0.5)
    assert found.interval is not None
    assert found.interval.low < 0.1 < found.interval.high
    few = mixed_share({"hard": (1, 9)}, everything)
    assert (few.share, few.alike, few.bottom) == (None, None, 9)
    assert mixed_share({"new": (5, 20)}, everything).alike is None
