"""Figures of small regions and months add up to those of large ones, under the tree of any day."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shanzhi.kernel.indicators.policy.definitions import Grouping, Level
from shanzhi.kernel.indicators.policy.dialects import monthly, rolled
from shanzhi.kernel.indicators.policy.periods import Period, read_period
from shanzhi.kernel.indicators.policy.regions import RegionState, Standing, standing_on
from shanzhi.kernel.indicators.policy.values import NotAdditive, Numbers, roll_up
from shanzhi.kernel.indicators.queries.engines import DuckEngine
from shanzhi.kernel.indicators.tests.facts import FORMULAS, facts, sound, tree
from shanzhi.kernel.indicators.tests.made import indicator

NEW_YEAR, JULY = date(2026, 1, 1), date(2026, 7, 1)
MONTH, QUARTER = read_period("2026-06"), read_period("2026-Q2")


def state(region: int, level: str, above: int | None, since: date = NEW_YEAR, until: date | None = None) -> RegionState:
    return RegionState(region, since, until, level, f"{region}", f"区域{region}", above)


# On the first of July community 4 is merged into 5, community 6 goes over to another township, 7 is split into 8 and 9.
STATES = (
    state(1, "city", None),
    state(2, "township", 1),
    state(3, "township", 1),
    state(4, "community", 2, until=JULY),
    state(5, "community", 2),
    state(6, "community", 2, until=JULY),
    state(6, "community", 3, since=JULY),
    state(7, "community", 3, until=JULY),
    state(8, "community", 3, since=JULY),
    state(9, "community", 3, since=JULY),
    state(10, "grid", 7, until=JULY),
)
BECAME: dict[int, int | None] = {4: 5, 7: None}
FIGURES = [
    (4, 202606, Numbers(1, 2)),
    (5, 202606, Numbers(2, 4)),
    (6, 202606, Numbers(3, 3)),
    (7, 202605, Numbers(1, 9)),
]


def then() -> Standing:
    return standing_on(NEW_YEAR, STATES, BECAME)


def now() -> Standing:
    return standing_on(JULY, STATES, BECAME)


def added(standing: Standing, *periods: Period) -> dict[tuple[int, str], tuple[int | None, int]]:
    found = roll_up(indicator(), FIGURES, standing, periods)
    return {(region, str(period)): (each.numerator, each.denominator) for (region, period), each in found.items()}


def test_last_months_figures_add_up_under_last_months_tree() -> None:
    assert added(then(), MONTH) == {
        (4, "2026-06"): (1, 2),
        (5, "2026-06"): (2, 4),
        (6, "2026-06"): (3, 3),
        (2, "2026-06"): (6, 9),
        (1, "2026-06"): (6, 9),
    }


def test_they_are_restated_under_todays_tree() -> None:
    assert added(now(), MONTH) == {
        (5, "2026-06"): (3, 6),
        (2, "2026-06"): (3, 6),
        (6, "2026-06"): (3, 3),
        (3, "2026-06"): (3, 3),
        (1, "2026-06"): (6, 9),
    }


def test_what_was_split_counts_in_the_region_above() -> None:
    assert added(now(), QUARTER)[3, "2026-Q2"] == (4, 12)
    assert now().ancestors(10) == (3, 1)
    assert (7, "2026-Q2") not in added(now(), QUARTER)


def test_the_whole_is_the_same_under_every_tree() -> None:
    assert added(then(), QUARTER)[1, "2026-Q2"] == added(now(), QUARTER)[1, "2026-Q2"] == (7, 18)


def test_a_chain_of_mergers_leads_to_what_stands() -> None:
    states = (
        state(1, "city", None),
        state(2, "community", 1, until=JULY),
        state(3, "community", 1, until=JULY),
        state(4, "community", 1),
    )
    assert standing_on(JULY, states, {2: 3, 3: 4}).ancestors(2) == (4, 1)


def test_a_circle_of_mergers_ends() -> None:
    states = (state(1, "city", None), state(2, "community", None, until=JULY), state(3, "community", None, until=JULY))
    assert standing_on(JULY, states, {2: 3, 3: 2}).ancestors(2) == ()


def test_regions_of_a_level_stand_by_code() -> None:
    assert [each.region_id for each in now().at_level(Level.COMMUNITY)] == [5, 6, 8, 9]
    assert {region for region, ancestor in now().scope({3})} == {3, 6, 7, 8, 9, 10}


def test_a_median_cant_be_added_up() -> None:
    with pytest.raises(NotAdditive, match="不能由下级和各月的数相加得出"):
        roll_up(indicator(grouping=Grouping.ANEW), FIGURES, now(), [MONTH])


@pytest.mark.parametrize("name", [name for name, text in FORMULAS.items() if sound(text).additive])
def test_adding_up_here_is_the_same_as_in_the_engine(name: str) -> None:
    formula, duck, standing = sound(FORMULAS[name]), DuckEngine.over_rows({}), tree()
    periods = [read_period("2026-Q1"), read_period("2026-04")]
    pairs = [(month, place) for place, period in enumerate(periods) for month in period.months]

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(facts(formula.tables), st.just(0))
    def same(rows: dict[str, Sequence[Sequence[object]]], _: int) -> None:
        duck.fill(rows)
        small = duck.rows(monthly(formula, 202601, 202604), [], [])
        given_numbers = [(row[0] or 0, row[1] or 0, Numbers(row[2], row[3] or 0)) for row in small]
        here = roll_up(indicator(), given_numbers, standing, periods)
        there = duck.rows(rolled(formula, 202601, 202604), standing.scope(), pairs)
        assert {
            (region, periods.index(period)): (each.numerator, each.denominator)
            for (region, period), each in here.items()
        } == {(row[0], row[1]): (row[2], row[3]) for row in there}

    same()
