"""Places follow when their community is merged into another, and are listed until they have."""

from datetime import date, timedelta

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy.places import PlaceSaid
from shanzhi.kernel.organisation.policy.plan import Merge, Move, Plan
from shanzhi.kernel.organisation.tests.cast import LOADER, NOW, OPENED, TODAY

ON = date(2025, 5, 1)


def codes(ranges: str, on: date) -> list[str]:
    return [row.region_code for row in queries.places_within(CodeRanges.from_prefixes(ranges), on)]


def test_a_place_lies_in_the_community_that_took_its_own_over(regions: object) -> None:
    said = PlaceSaid("世纪新村", "compound", "370303009007")
    pk = operations.place_add(said=said, on=OPENED, now=NOW, author=LOADER)
    plan = Plan(ON, (Merge(("370303009007",), "370303009006"),))
    operations.regions_change(plan=plan, version=queries.tree_version(), now=NOW, author=LOADER)
    assert codes("370303009", TODAY) == ["370303009007"]
    assert operations.places_follow(on=TODAY, now=NOW, author=LOADER) == 1
    assert operations.places_follow(on=TODAY, now=NOW, author=LOADER) == 0
    assert (codes("370303009", TODAY), codes("370303009", ON - timedelta(days=1))) == (
        ["370303009006"],
        ["370303009007"],
    )
    assert [past.version for past in queries.place_history(pk)] == [2, 1]


def test_a_place_moves_with_its_township_at_once(regions: object) -> None:
    operations.place_add(said=PlaceSaid("四宝山小区", "compound", "370303008001"), on=OPENED, now=NOW, author=LOADER)
    plan = Plan(ON, (Move("370303008", "370306008", "370306"),))
    operations.regions_change(plan=plan, version=queries.tree_version(), now=NOW, author=LOADER)
    assert (codes("370306", TODAY), codes("370303", TODAY), codes("370303", OPENED)) == (
        ["370306008001"],
        [],
        ["370303008001"],
    )
