"""Where something counts as of a day, and where a quantile lies: pure rules, tried against the plain definition."""

from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.facts.policy.histogram import BINS, EDGES, bin_of, quantile
from shanzhi.kernel.facts.policy.lines import Above, Heir, State, lines_of, restated

D1, D2, D3 = date(2024, 1, 1), date(2025, 6, 1), date(2026, 1, 1)
TREE = (
    State(1, D1, None, "city", None),
    State(2, D1, None, "county", 1),
    State(3, D1, D2, "township", 2),
    State(4, D1, None, "township", 2),
    State(5, D1, D2, "community", 3),
    State(6, D1, D2, "community", 3),
    State(6, D2, None, "community", 4),
    State(7, D2, None, "community", 4),
    State(8, D1, None, "grid", 6),
    State(9, D3, None, "county", 1),
)
HEIRS = (Heir(3, 4, D2), Heir(5, 7, D2))


def at(on: date, base: int) -> tuple[int, ...]:
    return restated([base], TREE, HEIRS, on)[base]


def test_it_counts_what_ended_as_its_heir():
    assert at(D1, 5) == (5, 3, 2, 1)
    assert at(D2, 5) == (7, 4, 2, 1)
    assert at(D2, 3) == (4, 2, 1), "what lay in the township itself"


def test_it_follows_what_moved():
    assert (at(D1, 6), at(D3, 6)) == ((6, 3, 2, 1), (6, 4, 2, 1))


def test_it_counts_what_was_not_there_yet_for_the_nearest_above():
    assert at(D1, 7) == (4, 2, 1)
    assert at(D1, 9) == (1,)


def test_it_counts_a_closed_region_without_heir_as_it_was():
    assert restated([5], TREE, (Heir(5, None, D2),), D3) == {5: (2, 1)}
    assert restated([77], TREE, HEIRS, D3) == {77: (77,)}


def test_it_counts_a_grid_as_its_community_on_every_day():
    lines = lines_of(TREE)
    assert [above.region_id for above in lines.on(8, date(2023, 1, 1)).regions] == [6, 3, 2, 1]
    assert [above.region_id for above in lines.on(8, D2).regions] == [6, 4, 2, 1]
    assert lines.on(5, D3).regions == lines.on(5, D1).regions, "after its end as it was last"
    assert lines.on(3, D1).regions == (
        Above(3, "township", 1),
        Above(3, "township", 0),
        Above(2, "county", 0),
        Above(1, "city", 0),
    )
    assert lines.on(99, D1).regions == (Above(99, "", 1),)


@given(st.lists(st.integers(0, 2 * EDGES[-1]), min_size=1, max_size=60), st.floats(0.01, 1))
def test_it_tells_the_bin_in_which_a_quantile_lies(seconds, share):
    counts = [0] * BINS
    for each in seconds:
        counts[bin_of(each)] += 1
    ordered = sorted(seconds)
    exact = next(value for nth, value in enumerate(ordered, 1) if nth >= len(ordered) * share)
    found = quantile(counts, share)
    assert found is not None
    assert found.low <= exact
    assert found.high is None or exact < found.high
    if found.low and found.high:
        assert abs(found.middle - exact) / exact <= 0.2


def test_it_has_edges_that_are_close_enough():
    assert max(high / low for low, high in pairwise(EDGES)) < 1.42
    assert quantile([0] * BINS, 0.5) is None
    with pytest.raises(ValueError):
        quantile([0] * BINS, 0)
