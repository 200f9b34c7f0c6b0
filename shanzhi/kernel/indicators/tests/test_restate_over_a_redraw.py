"""Last month's figures under today's tree, and today's city as it was: both are what the records say, online and offline."""

from datetime import date
from pathlib import Path

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.facts import queries as facts
from shanzhi.kernel.indicators.models import Restated
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.queries import running, values
from shanzhi.kernel.indicators.queries.engines import DuckEngine, PostgresEngine
from shanzhi.kernel.indicators.queries.engines.base import Engine
from shanzhi.kernel.indicators.queries.values.shapes import IndexPage
from shanzhi.kernel.indicators.tests.redrawn import KEYS, LATER, NEW, OLD, Redrawn, city, redrawn
from shanzhi.kernel.organisation import queries as organisation

__all__ = ["city", "redrawn"]
NOVEMBER, QUARTER, YEAR = read_period("2025-11"), read_period("2025-Q4"), read_period("2025")


def shown(page: IndexPage) -> dict[str, tuple[int | None, int]]:
    """The integers of an index's parts."""
    parts = [part for each in page.now.classes for part in each.parts]
    return {part.part.indicator: (part.value.numerator, part.value.denominator or 0) for part in parts}


def index(made: Redrawn, region_id: int, on: date | None) -> IndexPage:
    with acting(made.city.cast.supervisor):
        return values.index_page("safety", region_id, NOVEMBER, tree_on=on)


@pytest.mark.parametrize("on", [OLD, NEW])
def test_an_index_is_what_the_records_say_under_either_tree(redrawn: Redrawn, on: date) -> None:
    regions = redrawn.regions(on)
    assert {code for _, code in redrawn.regions(OLD)} != {code for _, code in redrawn.regions(NEW)}
    for region_id, code in regions:
        found, records = shown(index(redrawn, region_id, on)), redrawn.counted(code, on)
        for key in KEYS:
            # A figure of no cases has no numerator that says anything.
            assert found[key][1] == records[key][1], (code, key)
            assert found[key][1] == 0 or found[key] == records[key], (code, key)
    assert redrawn.counted("3703", on)["accept_median"][1] > 20


@pytest.mark.parametrize("on", [OLD, NEW])
def test_an_indicators_page_says_what_the_index_says_under_either_tree(redrawn: Redrawn, on: date) -> None:
    remade: set[int] = set()
    for region_id, code in redrawn.regions(on):
        found = shown(index(redrawn, region_id, on))
        with acting(redrawn.city.cast.supervisor):
            pages = {key: values.indicator_page(key, region_id, NOVEMBER, tree_on=on) for key in KEYS}
        for key, page in pages.items():
            own = page.amount.value
            assert (own.numerator, own.denominator or 0) == found[key], (code, key)
            assert page.series[-1].amount == page.amount
            remade |= page.remade
        assert {(page.tree_on, page.restated) for page in pages.values()} == {(on, on != NOVEMBER.ends_on)}
    assert bool(remade) is (on == NEW)


def test_a_median_of_a_merged_township_is_computed_from_the_records_of_both(redrawn: Redrawn) -> None:
    ids = {code: region_id for region_id, code in redrawn.regions(OLD)}
    before = {code: redrawn.counted(code, OLD)["accept_median"] for code in ("370303008", "370303105")}
    after = redrawn.counted("370303105", NEW)["accept_median"]
    assert all(count for _, count in before.values())
    assert after[1] == sum(count for _, count in before.values())
    assert shown(index(redrawn, ids["370303105"], NEW))["accept_median"] == after
    assert shown(index(redrawn, ids["370303105"], None))["accept_median"] == before["370303105"]


def test_each_tree_adds_up_to_the_same_city(redrawn: Redrawn) -> None:
    (whole,) = [region_id for region_id, code in redrawn.regions(OLD) if code == "3703"]
    old, new = index(redrawn, whole, OLD), index(redrawn, whole, NEW)
    assert shown(old) == shown(new)
    assert old.now.value == new.now.value is not None
    assert (old.restated, new.restated) == (False, True)


def test_only_what_is_made_up_of_others_is_kept_twice(redrawn: Redrawn) -> None:
    with database.acting_as(redrawn.city.installation, "worker"):
        found = set(Restated.objects.filter(tree_on=NEW, months=1).values_list("key", "region_id"))
    codes = dict(redrawn.regions(NEW))
    assert {codes[region] for _, region in found} == {"370303105", "370303009007", "370306100", "370306101"}
    assert {key for key, _ in found} == {"accept_median"}


def offline(redrawn: Redrawn, folder: Path) -> DuckEngine:
    with database.acting_as(redrawn.city.installation, "worker"):
        facts.export(folder, on=LATER.date())
    return DuckEngine.over_folder(folder)


def all_figures(engine: Engine, made: Redrawn, day: date) -> dict[tuple[str, int, str], tuple[int | None, int]]:
    standing, periods = running.standing_of(engine, day), [NOVEMBER, QUARTER, YEAR]
    found = running.figures(engine, made.book, KEYS, periods, standing, today=LATER.date())
    return {
        (each.indicator.key, each.region_id, str(each.period)): (each.numbers.numerator, each.numbers.denominator)
        for each in found
    }


def test_files_say_the_same_as_the_city_under_either_tree(redrawn: Redrawn, tmp_path: Path) -> None:
    duck = offline(redrawn, tmp_path / "facts")
    with database.acting_as(redrawn.city.installation, "worker"):
        live = PostgresEngine()
        for day in (OLD, NEW):
            there, here = running.standing_of(duck, day), running.standing_of(live, day)
            assert (there.states, there.home) == (here.states, here.home)
            assert all_figures(duck, redrawn, day) == all_figures(live, redrawn, day)
        # What was merged counts in what took its place, not in the region above.
        states = {state.code: state for state in running.standing_of(duck, OLD).states.values()}
        new = running.standing_of(duck, NEW)
        (heir,) = [state for state in new.states.values() if state.code == "370303009007"]
        assert new.home[states["370303009006"].region_id] == heir.region_id
        became = organisation.regions_became(NEW)
        assert {old: new.home[old] for old in became} == dict(became)
    for region_id, code in redrawn.regions(NEW):
        found = all_figures(duck, redrawn, NEW)["accept_median", region_id, "2025-11"]
        records = redrawn.counted(code, NEW)["accept_median"]
        assert found == records, code
