"""What the pages of figures get: values, series, neighbours, records, index, sheets; in few statements."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.indicators.policy.periods import Period, read_period
from shanzhi.kernel.indicators.policy.places import NoSuchIndex, NoSuchPlace, NotCounted
from shanzhi.kernel.indicators.policy.values import State
from shanzhi.kernel.indicators.queries import values
from shanzhi.kernel.indicators.tests.driven import LATER, MONTH, city, driven
from shanzhi.kernel.organisation.queries import region_of_code, unit_by_code
from tests.city import _actor
from tests.concurrency.committed import City, as_role

__all__ = ["city", "driven"]
PERIOD = Period(MONTH)
COMMUNITY = "370303009006"


_ids: dict[str, int] = {}


def region(code: str) -> int:
    """A region's id, looked up once: what a page asks for is counted without it."""
    if code not in _ids:
        found = region_of_code(code, date(2025, 11, 24))
        assert found is not None
        _ids[code] = found.id
    return _ids[code]


def asked(most: int, ask: Callable[[], Any]) -> Any:
    """What a page asks for, in so many statements at most."""
    for code in ("3703", "370303", "370303009"):
        region(code)
    with CaptureQueriesContext(connection) as caught:
        answer = ask()
    statements = [one["sql"] for one in caught.captured_queries if "set_config" not in one["sql"]]
    assert len(statements) <= most, "\n".join(statements)
    return answer


@pytest.fixture
def county(driven: City) -> Iterator[Actor]:
    """The county's supervisor reads."""
    actor = _actor("centre-370303", "supervisor", 0)
    with acting(actor):
        yield actor


def test_it_lists_every_indicator_with_its_value(county: Actor) -> None:
    found = asked(3, lambda: values.indicator_list(region("370303"), PERIOD))
    lines = {line.indicator.key: line for line in found.lines}
    assert set(lines) == {"satisfied", "accepted", "accept_median", "covenants", "teams", "vetoes"}
    accepted = lines["accepted"].amount
    assert accepted.value.state is State.VALUE
    assert (accepted.value.denominator or 0) > 10
    assert accepted.interval is not None
    assert accepted.interval.low <= float(accepted.value.exact or 0) <= accepted.interval.high
    assert lines["teams"].amount.value.state is State.MISSING
    assert found.catalogue.sample
    assert [place.code for place in found.above] == ["3703"]


def test_it_shows_one_indicator_whole(county: Actor) -> None:
    found = asked(6, lambda: values.indicator_page("satisfied", region("370303"), PERIOD))
    assert len(found.series) == 24
    assert found.series[-1].period == PERIOD
    assert found.series[-1].amount == found.amount
    assert {one.amount.value.state for one in found.series[:-1]} == {State.MISSING}
    below = {one.place.code: one for one in found.below}
    assert set(below) == {"370303008", "370303009", "370303105"}
    parts = [one.amount.value for one in below.values()]
    assert sum(one.numerator or 0 for one in parts) == found.amount.value.numerator
    assert sum(one.denominator or 0 for one in parts) == found.amount.value.denominator
    assert found.overall.exact == found.amount.value.exact
    assert all(one.compared is not None for one in found.below)


def test_it_leads_to_the_records_that_one_may_see(driven: City) -> None:
    counted = _denominator(driven, "accepted", region("370303"))
    for actor, sees_all in ((_actor("centre-370303", "supervisor", 0), True), (driven.cast.second_handler, False)):
        with acting(actor):
            pages, after = [], None
            while True:
                found = asked(6, lambda: values.records_behind("accepted", region("370303"), PERIOD, after=after))  # noqa: B023 - called at once
                pages += found.rows
                after = found.next_after
                if after is None:
                    break
            assert found.total == counted
            assert len(pages) == found.in_sight
            assert (found.in_sight == counted) is sees_all
            assert [row.matter_id for row in pages] == sorted({row.matter_id for row in pages})
            assert all(row.place.startswith("370303") or not sees_all for row in pages)


def test_it_parts_the_records_by_what_they_add(county: Actor) -> None:
    place = region("370303")
    whole, top, rest = (
        values.records_behind("accepted", place, PERIOD, only=only, size=500) for only in ("", "numerator", "rest")
    )
    assert whole.total == top.total + rest.total
    assert {row.numerator for row in top.rows} == {1}
    assert {row.numerator for row in rest.rows} == {0}
    amount = values.indicator_page("accepted", place, PERIOD).amount.value
    assert (sum(row.numerator for row in whole.rows), sum(row.denominator for row in whole.rows)) == (
        amount.numerator,
        amount.denominator,
    )
    with pytest.raises(NotCounted):
        values.records_behind("teams", place, PERIOD)


def _denominator(made: City, key: str, region_id: int) -> int:
    with as_role(made.installation, "owner") as owner:
        row = owner.execute(
            "SELECT denominator FROM indicators_observation WHERE key = %s AND region_id = %s AND month = %s AND months = 1",
            [key, region_id, MONTH],
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_it_shows_an_index_with_its_parts_and_neighbours(county: Actor) -> None:
    found = asked(4, lambda: values.index_page("safety", region("370303"), PERIOD))
    parts = {part.part.indicator: part for each in found.now.classes for part in each.parts}
    assert set(parts) == {"satisfied", "accepted"}
    assert found.now.value == (parts["satisfied"].adds or Decimal(0)) + (parts["accepted"].adds or Decimal(0))
    assert found.now.share == Decimal("100.00")
    assert found.series[-1].value == found.now.value
    assert {one.value for one in found.series[:-1]} == {None}
    assert {one.place.code for one in found.below} == {"370303008", "370303009", "370303105"}
    assert not found.restated
    again = asked(5, lambda: values.index_page("", region("370303"), PERIOD, tree_on=date(2025, 12, 5)))
    assert again.restated
    assert (again.now.value, again.below) == (found.now.value, found.below)
    with pytest.raises(NoSuchIndex):
        values.index_page("none", region("370303"), PERIOD)
    with pytest.raises(NoSuchPlace):
        values.index_page("safety", 999_999, PERIOD)


def test_it_shows_a_region_s_sheet(county: Actor) -> None:
    found = asked(3, lambda: values.region_sheet(region("370303009"), PERIOD))
    (project,) = found.projects
    assert project.result.value is not None
    lines = {line.indicator.key: line for line in project.lines}
    listed = {line.indicator.key: line.amount for line in values.indicator_list(region("370303"), PERIOD).lines}
    assert {key: line.above for key, line in lines.items()} == {key: one.value for key, one in listed.items()}
    assert [(index.code, point.value) for index, point in found.indices] == [
        ("safety", values.index_page("safety", region("370303009"), PERIOD).now.value)
    ]


def test_it_puts_two_periods_side_by_side(county: Actor) -> None:
    found = asked(3, lambda: values.comparison(region("370303"), read_period("2025-10"), PERIOD))
    line = next(line for line in found.lines if line.indicator.key == "accepted")
    assert line.first.value.state is State.MISSING
    assert line.second.value.state is State.VALUE
    assert line.change.difference is None


def test_it_shows_a_unit_beside_its_kind(driven: City) -> None:
    handler = driven.cast.handler
    with acting(handler):
        found = asked(6, lambda: values.unit_sheet(handler.unit_id or 0, PERIOD))
    lines = {line.code: line for line in found.lines}
    assert lines["taken"].value.denominator
    assert (lines["taken"].peers.denominator or 0) >= (lines["taken"].value.denominator or 0)
    assert found.exclusions.counted == lines["taken"].value.denominator
    assert found.unit == _name(handler.unit_id)


def _name(unit_id: int | None) -> str:
    found = unit_by_code("housing-construction-370303", LATER.date())
    assert found is not None
    assert found.id == unit_id
    return found.name


def test_it_says_what_a_post_owes(driven: City) -> None:
    keeper = _actor("centre-370303", "keeper", 0)
    with acting(keeper):
        found = asked(7, lambda: values.owed(keeper, LATER.date()))
        assert {(line.indicator.key, str(line.period)) for line in found} == {
            ("teams", "2025-10"), ("teams", "2025-09"), ("covenants", "2024"), ("covenants", "2023"),
        } - {("covenants", "2023")}  # fmt: skip
        assert {line.place.code for line in found if line.indicator.key == "teams"} == {
            "370303008", "370303009", "370303105",
        }  # fmt: skip
        assert {line.state for line in found} == {"late"}
        there = asked(2, lambda: values.completeness("teams", region("370303"), read_period("2025-10")))
        assert (len(there.handed_in), len(there.missing)) == (0, 3)
        assert there.due_on == date(2025, 11, 10)
    with acting(driven.cast.grid_worker):
        assert values.owed(driven.cast.grid_worker, LATER.date()) == []


def test_it_hides_what_lies_across_the_city(driven: City) -> None:
    """A township sees its county and the county's townships, and the city's counties; not another county's townships."""
    township = _actor("centre-370303009", "supervisor", 0)
    with acting(township):
        states = {
            code: values.indicator_page("accepted", region(code), PERIOD).amount.value.state
            for code in ("3703", "370303", "370306", "370303009", "370303008", COMMUNITY, "370306100", "370306100200")
        }
    seen = {code for code, state in states.items() if state is not State.MISSING}
    assert seen == {"3703", "370303", "370306", "370303009", "370303008", COMMUNITY}


def test_it_is_read_by_nobody_without_a_post(driven: City) -> None:
    with acting(Actor()):
        found = values.indicator_list(region("370303"), PERIOD)
    assert {line.amount.value.state for line in found.lines} == {State.MISSING}
    assert LATER - timedelta(days=6) < LATER
