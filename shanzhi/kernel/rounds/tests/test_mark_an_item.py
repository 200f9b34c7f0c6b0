"""An assessor marks an item: bounds, reasons, counted events; and what comes of a city's marks."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shanzhi.kernel.indicators import policy
from shanzhi.kernel.indicators.policy.definitions import Catalogue, Indicator, ScoringKind
from shanzhi.kernel.indicators.policy.loading.loader import sound_catalogue
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.rounds.policy.marking import EVENTS_MOST, Before, Mark, check_mark, is_counted
from shanzhi.kernel.rounds.policy.results import (
    Got,
    PassRule,
    check_rule,
    items_of,
    judge,
    last_of,
    rule_of,
    total_of,
)
from shanzhi.kernel.rounds.policy.words import BadScore, RoundUnreadable

SAMPLE = Path(policy.__file__).parents[1] / "catalogue" / "indicators.toml"
MONTH = 202511


@pytest.fixture(scope="module")
def sample() -> Catalogue:
    return sound_catalogue(SAMPLE.read_text(encoding="utf-8"), "sample")


def first(sample: Catalogue, kind: ScoringKind) -> Indicator:
    return next(item for item in items_of(sample, MONTH) if item.scoring.kind is kind)


def test_nothing_is_above_the_items_full_points(sample: Catalogue) -> None:
    item = first(sample, ScoringKind.LINEAR)
    most = item.scoring.most
    assert check_mark(item, Mark(most, None, ""), Before(most)).points == most
    with pytest.raises(BadScore, match="最多") as caught:
        check_mark(item, Mark(most + Decimal("0.01"), None, "好"), Before(most))
    assert set(caught.value.fields) == {"points"}
    with pytest.raises(BadScore, match="最低"):
        check_mark(item, Mark(Decimal(-1), None, "差"), Before(most))
    with pytest.raises(BadScore, match="两位小数"):
        check_mark(item, Mark(Decimal("1.001"), None, "差"), Before(most))
    with pytest.raises(BadScore, match="请填"):
        check_mark(item, Mark(None, None, "差"), Before(most))


def test_a_difference_needs_its_reason(sample: Catalogue) -> None:
    item = first(sample, ScoringKind.LINEAR)
    with pytest.raises(BadScore, match="写明理由") as caught:
        check_mark(item, Mark(Decimal(50), None, " "), Before(Decimal(60)))
    assert set(caught.value.fields) == {"reason"}
    assert check_mark(item, Mark(Decimal(50), None, "现场不符"), Before(Decimal(60))).points == Decimal(50)
    assert check_mark(item, Mark(Decimal(60), None, ""), Before(Decimal(60))).reason == ""
    with pytest.raises(BadScore, match="写明理由"):
        check_mark(item, Mark(Decimal(60), None, ""), None)


def test_an_item_that_doesn_t_apply_gets_no_points_and_a_reason_where_the_level_before_had_some(
    sample: Catalogue,
) -> None:
    item, none = first(sample, ScoringKind.LINEAR), Mark(None, None, "", is_inapplicable=True)
    given = check_mark(item, none, Before(None))
    assert (given.points, given.value) == (None, State.NOT_APPLICABLE)
    for before in (None, Before(Decimal(60))):
        with pytest.raises(BadScore, match="写明理由") as caught:
            check_mark(item, none, before)
        assert set(caught.value.fields) == {"reason"}
    said = Mark(None, None, "本市没有这类事项", is_inapplicable=True)
    assert check_mark(item, said, Before(Decimal(60))).value is State.NOT_APPLICABLE
    with pytest.raises(BadScore, match="— → 60"):
        check_mark(item, Mark(Decimal(60), None, ""), Before(None))
    veto = first(sample, ScoringKind.VETO)
    with pytest.raises(BadScore, match="查实的件数"):
        check_mark(veto, said, None)


def test_what_doesn_t_apply_is_left_out_of_the_sum_and_of_what_could_be_had(sample: Catalogue) -> None:
    item = first(sample, ScoringKind.LINEAR)
    nought, none = full(sample) | {item.key: Got(Decimal(0))}, full(sample) | {item.key: Got(None)}
    assert total_of(sample, MONTH, nought).value != Decimal(100)
    assert total_of(sample, MONTH, none).value == Decimal(100)
    assert item.key not in total_of(sample, MONTH, none).missing


def test_a_veto_is_counted_by_the_assessor_and_named_with_its_paper(sample: Catalogue) -> None:
    item = first(sample, ScoringKind.VETO)
    assert not check_mark(item, Mark(None, 0, ""), None).is_vetoed
    with pytest.raises(BadScore, match="依据的文书"):
        check_mark(item, Mark(None, 1, ""), None)
    assert check_mark(item, Mark(None, 1, "通报〔2025〕3 号"), None).is_vetoed
    with pytest.raises(BadScore, match="查实的件数"):
        check_mark(item, Mark(Decimal(3), None, "x"), None)


def test_a_deduction_follows_the_guidelines_rule(sample: Catalogue) -> None:
    item = first(sample, ScoringKind.DEDUCTION)
    got = check_mark(item, Mark(None, 2, "通报"), None)
    assert got.points == item.scoring.most - 2 * (item.scoring.each or 0)


@given(st.decimals(-1000, 1000, places=2), st.integers(-5, EVENTS_MOST * 2))
def test_a_mark_that_stands_is_within_bounds(points: Decimal, events: int) -> None:
    for item in ITEMS:
        try:
            got = check_mark(item, Mark(points, events, "理由"), None)
        except BadScore:
            continue
        if got.points is not None:
            assert min(item.scoring.least, Decimal(0)) <= got.points <= item.scoring.most
        assert is_counted(item) == (got.events is not None)


ITEMS = items_of(sound_catalogue(SAMPLE.read_text(encoding="utf-8"), "sample"), MONTH)


def full(sample: Catalogue) -> dict[str, Got]:
    return {
        item.key: Got(item.scoring.most if item.scoring.kind is not ScoringKind.VETO else None)
        for item in items_of(sample, MONTH)
        if item.scoring.kind is not ScoringKind.BONUS
    }


def test_everything_full_is_a_hundred_and_bonus_comes_on_top(sample: Catalogue) -> None:
    bonus = first(sample, ScoringKind.BONUS)
    total = total_of(sample, MONTH, full(sample))
    assert (total.value, total.bonus, total.vetoed_by) == (Decimal(100), Decimal(0), ())
    assert bonus.key in total.missing
    assert total_of(sample, MONTH, full(sample) | {bonus.key: Got(Decimal("3.5"))}).whole == Decimal("103.50")


def test_a_veto_fails_its_project_and_the_city(sample: Catalogue) -> None:
    veto = first(sample, ScoringKind.VETO)
    total = total_of(sample, MONTH, full(sample) | {veto.key: Got(None, is_vetoed=True)})
    weight = sample.project(veto.project).weight
    assert total.value == Decimal(100) - weight
    assert total.vetoed_by == (veto.key,)
    verdict = judge(total, PassRule(Decimal(1)))
    assert not verdict.passes
    assert "否决" in verdict.why


def test_it_passes_from_the_announced_points_on(sample: Catalogue) -> None:
    total = total_of(sample, MONTH, full(sample))
    assert judge(total, PassRule(Decimal(100))).passes
    half = {key: Got(None if got.points is None else got.points / 2) for key, got in full(sample).items()}
    verdict = judge(total_of(sample, MONTH, half), PassRule())
    assert not verdict.passes
    assert verdict.why % dict(verdict.params) == "50.00 分，低于 80 分"
    assert not judge(total_of(sample, MONTH, {}), PassRule(Decimal(0))).passes


def test_the_rule_travels_with_the_round() -> None:
    rule = check_rule("85.5")
    assert rule_of([{"form": "another"}, rule.announced()]) == rule
    assert rule_of([]) == PassRule(Decimal(80))
    for wrong in ("101", "-1", "abc", "NaN"):
        with pytest.raises(RoundUnreadable):
            check_rule(wrong)


def test_the_last_stage_that_scored_an_item_holds() -> None:
    one, two = {"a": Got(Decimal(1)), "b": Got(Decimal(2))}, {"b": Got(Decimal(0))}
    assert last_of(one, two) == {"a": Got(Decimal(1)), "b": Got(Decimal(0))}
