"""Facts say of every matter what its own tables say, after every way through the loop; and however they came about."""

from datetime import timedelta

import pytest

from shanzhi.config import database
from shanzhi.config.demo.drive import SCENARIOS, Driver
from shanzhi.config.worker import drain
from shanzhi.kernel.facts import operations, queries
from shanzhi.kernel.facts.tests.agreement import differences
from shanzhi.kernel.facts.tests.facts_support import everything, in_tables, project_all
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import BatchRow
from tests.city import NOW
from tests.concurrency.committed import City, as_role, city
from tests.loop.ways import CATEGORY, COMMUNITY, every_way

__all__ = ["city"]


@pytest.fixture(scope="module")
def driven(city: City) -> City:
    """Each scenario twice, the ways that use what they leave out, and an import; projected."""
    ticks = iter(range(10**6))
    driver = Driver.for_city("3703", "370303", seed=3, clock=lambda: NOW + timedelta(minutes=next(ticks)))
    assert len(list(driver.drive(2 * len(SCENARIOS)))) == 2 * len(SCENARIOS)
    every_way(city)
    rows = [
        BatchRow("1", NOW - timedelta(days=3), "停水", reply="已派人", category="", region_code=COMMUNITY),
        BatchRow("2", NOW - timedelta(days=3), "路灯不亮", reply="已修复", replied_at=NOW, category=CATEGORY),
    ]
    with database.acting_as(city.installation, "importer"):
        assert [row.added for row in matters.import_batch(rows=rows, source="12345", now=NOW)] == [2]
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=30))
    project_all(city)
    return city


def test_it_takes_every_sealed_entry_once(driven):
    with as_role(driven.installation, "owner") as owner:
        leaves = owner.execute("SELECT count(*) FROM journal_leaf").fetchone()
        assert owner.execute("SELECT entries FROM fact_cursor").fetchone() == leaves
        steps = owner.execute("SELECT count(*) FROM journal_entry WHERE subject_kind = 'matter'").fetchone()
        assert owner.execute("SELECT count(*) FROM fact_step").fetchone() == steps


def test_it_agrees_with_the_tables_of_matters(driven):
    with as_role(driven.installation, "owner") as owner:
        assert differences(owner) == []


def test_the_check_notices_what_differs(driven):
    """It would be worth nothing if it saw no difference."""
    with as_role(driven.installation, "owner") as owner:
        one = owner.execute(
            "SELECT min(a.matter_id) FROM fact_assignment a JOIN fact_clock c USING (matter_id)"
        ).fetchone()
        for change in (
            "UPDATE fact_matter SET stage = 'x' WHERE matter_id = %s",
            "UPDATE fact_clock SET due_at = due_at + interval '1 s' WHERE matter_id = %s AND promise = 1",
            "DELETE FROM fact_assignment WHERE matter_id = %s",
        ):
            owner.execute(change, one)
        assert {line.split()[0] for line in differences(owner)} == {"matter", "clock", "share"}


def test_it_is_the_same_in_whatever_batches(driven):
    """Projected entry by entry, from nothing, it comes to the same rows and states."""
    before = everything(driven)
    with database.acting_as(driven.installation, "owner"):
        from django.db import connection  # noqa: PLC0415 - after the role has changed

        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE fact_cursor, fact_state, {', '.join(list(before)[:-2])}")
    project_all(driven, limit=7)
    after = everything(driven)
    # The hashes of what ended were journaled once more on the way, and are entries as well.
    assert {name: rows for name, rows in after.items() if name != "fact_cursor"} == {
        name: rows for name, rows in before.items() if name != "fact_cursor"
    }


def test_it_rebuilds_the_same_rows_in_the_same_order(driven):
    project_all(driven)
    before = everything(driven)
    with database.acting_as(driven.installation, "worker"):
        done = operations.rebuild(now=NOW)
        assert done.matters == len(before["fact_matter"])
        assert everything(driven) == before
        first = in_tables(driven)
        operations.rebuild(now=NOW)
    assert in_tables(driven) == first
    assert everything(driven) == before


def test_it_goes_on_after_a_rebuild(driven):
    with database.acting_as(driven.installation, "worker"):
        operations.rebuild(now=NOW)
    driver = Driver.for_city("3703", "370303", seed=4, clock=lambda: NOW + timedelta(days=2))
    assert len(list(driver.drive(len(SCENARIOS)))) == len(SCENARIOS)
    project_all(driven)
    with as_role(driven.installation, "owner") as owner:
        assert differences(owner) == []
    with database.acting_as(driven.installation, "worker"):
        found = queries.verify()
    assert [str(fault) for fault in found.faults] == []
    assert found.matters > 60
    assert found.hashes > 20
