"""An index that is added up by whole numbers is the index that the fractions give."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.index_catalogue import text
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Index, Indicator, Normalise
from shanzhi.kernel.indicators.policy.index import index_of
from shanzhi.kernel.indicators.policy.index_points import IndexSum, IndexValue, index_sum
from shanzhi.kernel.indicators.policy.loading import sound_catalogue
from shanzhi.kernel.indicators.policy.values import Numbers, value_of
from shanzhi.kernel.indicators.tests.made import catalogue, counted, indicator

MONTH = 202603
SHIPPED = Path(__file__).parents[1] / "catalogue" / "indicators.toml"
integers = st.builds(Numbers, st.none() | st.integers(0, 200_000_000) | st.integers(0, 60), st.integers(0, 300))


def _rules(book: Catalogue) -> dict[str, Indicator]:
    found = {key: book.indicator(key, MONTH) for key in book.indices[0].keys}
    return {key: one for key, one in found.items() if one is not None}


def _added_up(made: IndexSum, numbers: Mapping[str, Numbers]) -> IndexValue:
    found = [numbers.get(one.key) for one in made.parts]
    return made.of([None if one is None else (one.numerator, one.denominator) for one in found])


def _both(
    index: Index, rules: Mapping[str, Indicator], numbers: Mapping[str, Numbers]
) -> tuple[IndexValue, IndexValue]:
    slow = index_of(index, rules, {key: value_of(rules[key], found) for key, found in numbers.items()})
    quick = _added_up(index_sum(index, rules), numbers)
    return quick, IndexValue(slow.value, slow.share, slow.grade, slow.exact)


def _agree(book: Catalogue) -> None:
    index, rules = book.indices[0], _rules(book)

    @settings(max_examples=150, deadline=None)
    @given(st.dictionaries(st.sampled_from(sorted(rules)), integers, max_size=len(rules)), st.integers(0, 100))
    def agree(numbers: Mapping[str, Numbers], least: int) -> None:
        quick, slow = _both(replace(index, minimum_share=Decimal(least)), rules, numbers)
        assert quick == slow

    agree()


def test_it_is_the_same_for_the_documented_catalogue() -> None:
    _agree(catalogue())


def test_it_is_the_same_for_the_shipped_sample() -> None:
    _agree(sound_catalogue(SHIPPED.read_text(encoding="utf-8"), SHIPPED.name))


def test_it_is_the_same_for_133_parts_of_every_kind() -> None:
    _agree(sound_catalogue(text(), "bench"))


def test_a_value_between_two_roundings_is_decided_by_the_fractions() -> None:
    """A third and two thirds of 33.505 are 33.505: cut off after 24 places they would be less, and rounded down."""
    book = catalogue()
    part = replace(book.indices[0].classes[0].parts[0], normalise=Normalise.RANGE, zero=Decimal(0), full=Decimal(3))
    made = [counted(key=f"k{nth}") for nth in range(3)]
    parts = tuple(
        replace(part, indicator=one.key, weight=Decimal(weight))
        for one, weight in zip(made, ("33.505", "33.505", "32.99"), strict=True)
    )
    of = replace(book.indices[0].classes[0], parts=parts, weight=Decimal(100))
    index = replace(book.indices[0], classes=(of,), minimum_share=Decimal(0))
    rules = {one.key: one for one in made}
    numbers = {one.key: Numbers(top, 1) for one, top in zip(made, (1, 2, 0), strict=True)}
    quick, slow = _both(index, rules, numbers)
    assert quick == slow
    assert quick.value == Decimal("33.51")


def test_what_can_never_count_is_left_out() -> None:
    book = catalogue()
    index, one = book.indices[0], indicator(target=None)
    part = replace(index.classes[0].parts[0], indicator=one.key, normalise=Normalise.TARGET)
    alone = replace(index, classes=(replace(index.classes[0], parts=(replace(part, weight=Decimal(100)),)),))
    found = _added_up(IndexSum(alone, {one.key: one}), {one.key: Numbers(1, 2)})
    assert found == IndexValue(None, Decimal("0.00"), None, None)
