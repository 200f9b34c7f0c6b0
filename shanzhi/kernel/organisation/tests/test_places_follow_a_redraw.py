"""Places follow when their community is merged into another, and are listed until they have."""

from datetime import date, timedelta

import pytest

from shanzhi.core.ranges import CodeRanges
from shanzhi.kernel.organisation import operations, queries
from shanzhi.kernel.organisation.policy.places import BadPlace, NoSuchPlace, PlaceSaid
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


BEFORE = ON - timedelta(days=30)
FORMER, LATER = (CodeRanges.from_prefixes(code) for code in ("370303", "370306"))


def test_a_former_county_s_keeper_changes_nothing_by_an_earlier_day(regions: object) -> None:
    """Neither says anew what is another's by now, nor closes it, nor adds a place there; nor does the present one rewrite
    the former county's days."""
    said = PlaceSaid("四宝山小区", "compound", "370303008001")
    pk = operations.place_add(said=said, on=OPENED, now=NOW, author=LOADER)
    plan = Plan(ON, (Move("370303008", "370306008", "370306"),))
    operations.regions_change(plan=plan, version=queries.tree_version(), now=NOW, author=LOADER)
    for within in (FORMER, LATER):
        for day, code in ((BEFORE, "370303008001"), (TODAY, "370306008001")):
            if within is LATER and day == TODAY:
                continue
            edit = {"place_id": pk, "based_on": 1, "on": day, "now": NOW, "author": LOADER, "within": within}
            with pytest.raises(NoSuchPlace):
                operations.place_change(said=PlaceSaid("改名小区", "compound", code), **edit)  # type: ignore[arg-type]
            with pytest.raises(NoSuchPlace):
                operations.place_close(**edit)  # type: ignore[arg-type]
            new = PlaceSaid("新小区", "compound", code)
            with pytest.raises(BadPlace):
                operations.place_add(said=new, on=day, now=NOW, author=LOADER, within=within)
    assert [past.version for past in queries.place_history(pk)] == [1]
    whole = CodeRanges.from_prefixes("3703")
    said = PlaceSaid("改名小区", "compound", "370303008001")
    assert (
        operations.place_change(place_id=pk, said=said, based_on=1, on=BEFORE, now=NOW, author=LOADER, within=whole)
        == 2
    )


def test_a_keeper_ends_no_version_of_another_s_by_an_earlier_day(regions: object) -> None:
    """The place was entered in another county, then put right: the days before stay the other's."""
    elsewhere = PlaceSaid("北旺市场", "market", "370306100200")
    pk = operations.place_add(said=elsewhere, on=OPENED, now=NOW, author=LOADER)
    mine = PlaceSaid("北旺市场", "market", "370303008001")
    operations.place_change(place_id=pk, said=mine, based_on=1, on=ON, now=NOW, author=LOADER, even_so=True)
    edit = {"place_id": pk, "based_on": 2, "now": NOW, "author": LOADER, "within": FORMER, "even_so": True}
    with pytest.raises(NoSuchPlace):
        operations.place_change(said=mine, on=BEFORE, **edit)  # type: ignore[arg-type]
    with pytest.raises(NoSuchPlace):
        operations.place_close(on=BEFORE, **edit)  # type: ignore[arg-type]
    assert operations.place_change(said=mine, on=TODAY, **edit) == 3  # type: ignore[arg-type]
