"""The shipped sample is whole, says on what it stands, and asks for nothing that the platform never does."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from shanzhi.kernel.indicators.policy.definitions import (
    Catalogue,
    Direction,
    Figure,
    ProjectKind,
    ScoringKind,
    Source,
)
from shanzhi.kernel.indicators.policy.loading import load_catalogue

SLICE = Path(__file__).parents[1]
SAMPLE = SLICE / "catalogue" / "indicators.toml"
MATTERS = SLICE.parent / "matters" / "catalogue"
LATEST = 202612
UNREAD = "条款待核"


@pytest.fixture(scope="module")
def sample() -> Catalogue:
    found = load_catalogue(SAMPLE.read_text(encoding="utf-8"), roles={"keeper", "assessor"})
    assert isinstance(found, Catalogue), [str(each) for each in found]
    return found


def test_it_loads_without_a_fault_and_says_that_it_is_a_sample(sample: Catalogue) -> None:
    assert sample.sample
    assert "示例" in sample.name
    assert all("示例" in index.name for index in sample.indices)


def test_it_has_one_and_five_and_five_projects(sample: Catalogue) -> None:
    kinds = [project.kind for project in sample.projects]
    assert kinds == [ProjectKind.SYSTEM] + [ProjectKind.RISK] * 5 + [ProjectKind.WAY] * 5
    used = {each.project for each in sample.indicators}
    assert used == {project.code for project in sample.projects}


def test_it_is_large_enough_to_start_from(sample: Catalogue) -> None:
    current = list(sample.in_month(LATEST))
    computed = [each for each in current if each.source is Source.COMPUTED]
    assert len(current) >= 66
    assert len(computed) >= 40
    (index,) = sample.indices
    assert len(index.classes) == 9
    assert len(set(index.keys)) == len(index.keys) >= 45


def test_the_index_stands_on_figures_that_there_are_every_month_and_on_the_yearly_survey(sample: Catalogue) -> None:
    (index,) = sample.indices
    survey = sample.indicator("feeling_safe", LATEST)
    assert survey is not None
    assert (survey.source, survey.survey is not None) == (Source.SURVEYED, True)
    assert "feeling_safe" in index.keys
    for key in set(index.keys) - {"feeling_safe"}:
        each = sample.indicator(key, LATEST)
        assert each is not None
        assert each.source is Source.COMPUTED
        assert each.period is index.period


def test_the_three_rates_have_versions_and_can_be_contested(sample: Catalogue) -> None:
    for key in ("response_rate", "solution_rate", "satisfaction_rate"):
        first, second = sample.versions(key)
        assert (first.holds_from, first.holds_until, second.holds_from) == (202501, 202601, 202601)
        assert first.formula != second.formula
        assert first.exclusions
        assert second.exclusions
        assert f"'{key}'" in second.formula


def test_it_has_the_figures_that_the_texts_of_the_field_fix(sample: Catalogue) -> None:
    targets = {
        "volunteer_team": 100, "social_worker_cover": 100, "covenant_review": 100, "council_cover": 100,
        "family_urban": 90, "family_rural": 80, "unit_counsel_cover": 100, "practice_papers": 100, "visit_places": 3,
    }  # fmt: skip
    found = {key: sample.indicator(key, LATEST) for key in targets}
    assert {key: each.target for key, each in found.items() if each} == targets
    for key in targets.keys() - {"visit_places"}:
        each = found[key]
        assert each is not None
        assert (each.scoring.kind, each.scoring.at) == (ScoringKind.THRESHOLD, Decimal(targets[key]))
    places = found["visit_places"]
    assert places is not None
    assert places.reported is not None
    assert (places.scoring.steps[-1], places.reported.above) == ((Decimal(3), Decimal(100)), Decimal(4))


def test_an_article_is_cited_with_its_words_or_marked_as_not_read(sample: Catalogue) -> None:
    for each in sample.indicators:
        assert each.ground
        for ground in each.ground:
            assert bool(ground.quote) == (ground.article != UNREAD), (each.key, ground.law)
            assert not ground.quote or re.fullmatch(r"第[一二三四五六七八九十百]+条", ground.article), each.key
    read = [ground for each in sample.indicators for ground in each.ground if ground.quote]
    assert len({(ground.law, ground.article) for ground in read}) >= 40


def test_vetoes_are_typed_in_by_assessors_and_computed_from_nothing(sample: Catalogue) -> None:
    vetoes = [each for each in sample.indicators if each.scoring.kind is ScoringKind.VETO]
    assert {each.project for each in vetoes} == {
        project.code for project in sample.projects if project.kind is ProjectKind.RISK
    }
    for each in vetoes:
        assert each.source is Source.REPORTED
        assert each.reported is not None
        assert each.reported.by == "assessor"
        assert not each.formula


def test_how_much_is_reported_is_never_good_or_bad(sample: Catalogue) -> None:
    for each in sample.indicators:
        if each.formula and each.figure is Figure.COUNT:
            assert each.direction is Direction.NONE
        if each.direction is Direction.NONE:
            assert (each.scoring.kind, each.weight, each.target) == (ScoringKind.NONE, Decimal(0), None), each.key
    watched = {each.key for each in sample.indicators if each.direction is Direction.NONE}
    assert watched >= {"report_volume", "petition_volume", "refused_share", "linked_share"}


def test_asking_for_a_review_costs_nobody_anything(sample: Catalogue) -> None:
    """Reviews and reviews of reviews count by whether they were decided in time, not by how many there were."""
    for each in sample.indicators:
        assert not re.search(r"done_by = 'appeal|'matters\.appeal'|'matters\.urge'|'matters\.withdraw'", each.formula)


def words_in(formula: str, column: str) -> set[str]:
    """The texts with which a column is compared."""
    compared = re.findall(rf"\.{column} (?:=|<>) ('[^']*')", formula)
    for listed in re.findall(rf"\.{column} (?:NOT )?IN \(([^)]*)\)", formula):
        compared += re.findall(r"'[^']*'", listed)
    return {word.strip("'") for word in compared} - {""}


def known_words() -> dict[str, set[str]]:
    kinds: list[dict[str, Any]] = [
        tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((MATTERS / "kinds").glob("*.toml"))
    ]
    tree = tomllib.loads((MATTERS / "categories.toml").read_text(encoding="utf-8"))["first"]
    return {
        "kind": {each["kind"]["code"] for each in kinds},
        "stage": {stage["code"] for each in kinds for stage in each["stage"]},
        "clock": {clock["code"] for each in kinds for clock in each.get("clock", [])},
        "done_by": {action["code"] for each in kinds for action in each["action"]},
        "action": {f"matters.{action['verb']}" for each in kinds for action in each["action"]},
        "category": {second["code"] for first in tree for second in first["second"]},
        "category_1": {first["code"] for first in tree},
    }


def test_formulas_name_kinds_stages_clocks_and_categories_that_there_are(sample: Catalogue) -> None:
    known = known_words()
    for each in sample.indicators:
        for column, words in known.items():
            assert words_in(each.formula, column) <= words, (each.key, column)
    everything = " ".join(each.formula for each in sample.indicators)
    assert len(words_in(everything, "category")) >= 20
