"""A figure that somebody changed behind everybody's back is found and named; checking changes nothing."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import IMPORTER
from shanzhi.kernel.indicators import operations
from shanzhi.kernel.indicators.models import Value
from shanzhi.kernel.indicators.operations import Entry
from shanzhi.kernel.indicators.operations.checking import Checked
from shanzhi.kernel.indicators.policy.entering import Typed
from shanzhi.kernel.indicators.policy.periods import read_period
from shanzhi.kernel.indicators.tests.driven import city, driven
from shanzhi.kernel.organisation import queries as organisation
from tests.city import NOW, _actor
from tests.concurrency.committed import City, as_role, doctoring

__all__ = ["city", "driven"]
OVER = NOW + timedelta(days=40)
"""November is over, and computed since."""
TEAMS = read_period("2025-10")


@pytest.fixture(scope="module")
def computed(driven: City) -> City:
    with database.acting_as(driven.installation, "importer"):
        region = organisation.region_of_code("370303009", NOW.date())
        assert region is not None
        entry = Entry("teams", region.id, TEAMS, Typed(3))
        operations.value_enter(entry=entry, actor=IMPORTER, now=NOW.replace(day=8))
    with database.acting_as(driven.installation, "worker"):
        operations.compute(month=202511, now=OVER)
    return driven


@pytest.fixture
def changed(computed: City) -> Iterator[Callable[[str, str], None]]:
    """Change one row of a table as its owner; the table is put back as it was."""
    with doctoring(computed.installation) as run:
        yield run


def check(made: City) -> Checked:
    with database.acting_as(made.installation, "worker"):
        return operations.figures_check(now=OVER)


def test_it_is_content_with_what_the_records_make(computed: City) -> None:
    found = check(computed)
    assert found.differences == []
    assert found.waiting == []
    assert found.figures > 50
    assert found.values == 1


ONE = "key = 'satisfied' AND month = 202511 AND months = 1 AND region_id = (SELECT max(region_id) FROM {} WHERE key = 'satisfied')"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE {} SET numerator = numerator + 1 WHERE ", "现在存的是"),
        ("UPDATE {} SET under = '3703' WHERE ", "现在存的是"),
        ("DELETE FROM {} WHERE ", "现在存的是 — ，按记录应当是"),
    ],
)
def test_it_names_a_figure(computed: City, changed: Callable[[str, str], None], change: str, said: str) -> None:
    table = "indicators_observation"
    changed(table, (change + ONE).format(table, table))
    (one,) = check(computed).differences
    assert "2025-11 的“satisfied”" in str(one)
    assert said in str(one)
    # Nothing was changed by checking: it says the same again.
    assert [str(one)] == [str(again) for again in check(computed).differences]


def test_it_names_the_matters_behind_a_figure(computed: City, changed: Callable[[str, str], None]) -> None:
    changed(
        "indicators_behind",
        "UPDATE indicators_behind SET matters = array_append(matters, 1), numerators = array_append(numerators, 1),"
        " denominators = array_append(denominators, 1) WHERE key = 'satisfied'"
        " AND region_id = (SELECT max(region_id) FROM indicators_behind WHERE key = 'satisfied')",
    )
    (one,) = check(computed).differences
    assert "背后的事项和按记录得出的不同" in str(one)


@pytest.mark.parametrize("change", ["numerator = 9", "is_last = false"])
def test_it_names_a_typed_in_value(computed: City, changed: Callable[[str, str], None], change: str) -> None:
    changed("indicators_value", f"UPDATE indicators_value SET {change}")
    (one,) = check(computed).differences
    assert "2025-10 的“teams”第 1 次填报：" in str(one)
    assert str(one).endswith("台账里是 3/1 。") or str(one).endswith("台账里是 3/0 。")


def test_it_names_a_veto_that_was_put_in_behind_the_operations(computed: City) -> None:
    """Policies know posts and places, and not which keys are the assessors'."""
    keeper = _actor("centre-370303", "keeper", 0)
    region = organisation.region_of_code("370303", NOW.date())
    assert region is not None
    pk = None
    try:
        with acting(keeper):
            pk = Value.objects.create(
                key="vetoes", version=1, region_id=region.id, scope_code="370303", under="3703", first=TEAMS.first,
                length="month", number=1, is_last=True, numerator=1, denominator=1, words="", salt=b"", confirmed=False,
                late=False, unit_id=keeper.unit_id or 0, post_id=keeper.post_id or 0, entered_at=OVER,
            ).pk  # fmt: skip
        (one,) = check(computed).differences
        assert "2025-10 的“vetoes”第 1 次填报：现在存的是 1/1 ，台账里是 — 。" in str(one)
    finally:
        with as_role(computed.installation, "owner") as owner:
            owner.execute("DELETE FROM indicators_value WHERE id = %s", [pk])
            owner.commit()


def test_it_leaves_out_a_month_that_waits(computed: City) -> None:
    """Something was recorded since: the night computes it anew, and there is nothing to blame."""
    with as_role(computed.installation, "owner") as owner:
        kept = owner.execute("SELECT id, cursor FROM indicators_computing WHERE month = 202511").fetchall()
        owner.execute("UPDATE indicators_computing SET cursor = 0 WHERE month = 202511")
        owner.commit()
    assert check(computed).waiting == [202511]
    with as_role(computed.installation, "owner") as owner:
        for pk, cursor in kept:
            owner.execute("UPDATE indicators_computing SET cursor = %s WHERE id = %s", [cursor, pk])
        owner.commit()
