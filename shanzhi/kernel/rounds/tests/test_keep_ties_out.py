"""Nobody assesses the city in which they worked: what binds, for how long, and what is said."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.rounds.policy.ties import (
    CheckedIt,
    Tie,
    Tied,
    binding,
    binds,
    binds_until,
    check_not_checker,
    check_not_scorer,
    check_untied,
)

ON = date(2026, 3, 1)
codes = st.sampled_from(["37", "3703", "370303", "370303009", "3706", "370602"])
days = st.dates(date(2015, 1, 1), date(2035, 1, 1))


@pytest.mark.parametrize(
    ("code", "until", "bound"),
    [
        ("3703", None, True),
        ("370303", None, True),
        ("3703", date(2023, 3, 2), True),
        ("3703", date(2023, 3, 1), False),
        ("3706", None, False),
        ("37", None, False),
    ],
)
def test_it_binds_for_the_city_and_its_counties_for_three_years(code: str, until: date | None, bound: bool) -> None:
    assert binds(Tie(code, until), "3703", ON) is bound


def test_a_leap_day_ends_with_february() -> None:
    assert binds_until(date(2024, 2, 29)) == date(2027, 2, 28)


@given(codes, days, days)
def test_once_free_it_stays_free(code: str, until: date, on: date) -> None:
    if not binds(Tie(code, until), "3703", on):
        assert not binds(Tie(code, until), "3703", on + timedelta(days=1)) or on < until


@given(st.lists(st.builds(Tie, codes, st.none() | days)), days)
def test_one_binding_tie_is_enough(ties: list[Tie], on: date) -> None:
    found = binding(ties, "3703", on)
    assert (found is not None) is any(binds(tie, "3703", on) for tie in ties)


def test_it_says_so_and_to_others_not_where() -> None:
    check_untied(False, "淄博市")
    with pytest.raises(Tied, match="您三年内在淄博市"):
        check_untied(True, "淄博市")
    with pytest.raises(Tied, match="另选一个岗位"):
        check_untied(True, "淄博市", oneself=False)


def test_who_checked_doesn_t_score_and_the_other_way_round() -> None:
    check_not_checker(False, "办结率")
    check_not_scorer(False, "办结率")
    with pytest.raises(CheckedIt, match="由您现场核查过"):
        check_not_checker(True, "办结率")
    with pytest.raises(CheckedIt, match="由您评过分"):
        check_not_scorer(True, "办结率")
