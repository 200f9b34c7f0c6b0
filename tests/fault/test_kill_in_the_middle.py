"""A process is killed in the middle of going live, of a hand-over, of a unit's closing, of two imports of the same rows:
all of it is done, or nothing; and done again nothing is done twice."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress

import psycopg
import pytest
from psycopg import sql

from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role
from tests.fault.running import of_its_own
from tests.started import Started, start

FULL = os.environ.get("SHANZHI_SIZE") == "full"
PATIENCE = 20
# Where a step is held while it is killed: before its first rows, among them, and before the last.
HELD = {
    "goes_live": ("matters_golive", "journal_entry"),
    "hands_over": ("matters_assignment", "journal_entry", "notices_event"),
    "closes": ("organisation_unit_past", "organisation_post", "organisation_unit_heir", "journal_entry"),
    "follows": ("matters_matter", "matters_assignment", "matters_participant", "journal_entry"),
    "imports": ("matters_matter", "matters_clock", "vault_record", "journal_entry"),
}
ROUNDS = 9 if FULL else 3
WAITS = "SELECT count(*) FROM pg_locks WHERE NOT granted"
TABLES = (
    "SELECT c.relname FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')"
)


@pytest.fixture(scope="module")
def installation() -> Iterator[Installation]:
    with of_its_own() as found:
        assert set_off("seed").wait(PATIENCE) == 0
        yield found


def set_off(step: str) -> Started:
    return start("tests.fault.steps", step)


def one(installation: Installation, statement: str, *values: object) -> int:
    with as_role(installation, "owner") as owner:
        owner.execute("SET row_security = off")
        row = owner.execute(statement, values).fetchone()
    assert row is not None
    return int(row[0] or 0)


def content(installation: Installation) -> dict[str, str]:
    """A hash of all rows of each table of our own, but for what a job notes of its way."""
    found = {}
    with as_role(installation, "owner") as owner:
        for (table,) in owner.execute(TABLES).fetchall():
            if not table.startswith("procrastinate_"):
                hashed = "SELECT count(*) || coalesce(md5(string_agg(t::text, '' ORDER BY t::text)), '') FROM {} t"
                row = owner.execute(sql.SQL(hashed).format(sql.Identifier(table))).fetchone()
                found[table] = row[0] if row else ""
    return found


def killed_at(installation: Installation, step: str, table: str) -> bool:
    """Hold the step where it writes a table, kill -9, let go; was it held there?"""
    with as_role(installation, "owner") as holding, as_role(installation, "owner") as looking:
        looking.autocommit = True
        holding.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(sql.Identifier(table)))
        running = set_off(step)
        is_held = waits(looking, running)
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        holding.rollback()
        give_up = time.monotonic() + PATIENCE
        # Its backend notices when it wants to answer.
        others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename ~ '_(app|worker|importer)$'"
        while looking.execute(others).fetchone() != (0,):
            assert time.monotonic() < give_up, "the dead process's session stays"
            time.sleep(0.02)
    return is_held


def waits(looking: psycopg.Connection, running: Started) -> bool:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        if looking.execute(WAITS).fetchone() != (0,):
            return True
        if running.poll() is not None:
            return False
        time.sleep(0.01)
    raise AssertionError("it neither waits nor ends")


def rounds(step: str) -> list[str]:
    tables = HELD[step]
    return [tables[number % len(tables)] for number in range(ROUNDS)]


def kill_again_and_again(installation: Installation, step: str) -> None:
    """Whole steps of one transaction: killed anywhere, nothing of it is there."""
    before, held = content(installation), 0
    for table in rounds(step):
        held += killed_at(installation, step, table)
        assert content(installation) == before, f"something of it stayed when it was killed at {table}"
    assert held == ROUNDS, "it was done before it was killed"


def test_a_process_goes_live_whole_or_not_at_all(installation: Installation) -> None:
    decided = "SELECT count(*) FROM matters_golive"
    before = one(installation, decided)
    kill_again_and_again(installation, "goes_live")
    assert set_off("goes_live").wait(PATIENCE) == 0
    assert one(installation, decided) == before + 1


def test_work_is_handed_over_whole_or_not_at_all(installation: Installation) -> None:
    kill_again_and_again(installation, "hands_over")
    assert set_off("hands_over").wait(PATIENCE) == 0
    once = "SELECT count(*) FROM journal_entry WHERE action = 'matters.hand_over'"
    assert one(installation, once) == 5
    assert set_off("hands_over").wait(PATIENCE) != 0, "there is nothing left to hand over"
    assert one(installation, once) == 5
    assert one(installation, "SELECT count(DISTINCT post_id) FROM matters_assignment WHERE ended_at IS NULL") == 1


def test_a_unit_closes_whole_and_its_work_follows_once(installation: Installation) -> None:
    kill_again_and_again(installation, "closes")
    assert set_off("closes").wait(PATIENCE) == 0
    after = content(installation)
    assert set_off("closes").wait(PATIENCE) != 0, "it is closed"
    assert content(installation) == after
    followed = "SELECT count(*) FROM journal_entry WHERE action = 'matters.succeed'"
    for table in rounds("follows"):
        killed_at(installation, "follows", table)
        left = one(installation, LEFT)
        assert (one(installation, followed), left) == (5 - left, left), "a matter went without its entry"
    assert set_off("follows").wait(PATIENCE) == 0
    assert (one(installation, followed), one(installation, LEFT)) == (5, 0)
    assert set_off("follows").wait(PATIENCE) == 0
    assert one(installation, followed) == 5


LEFT = (
    "SELECT count(*) FROM matters_assignment a JOIN organisation_unit u ON u.id = a.unit_id"
    " WHERE a.ended_at IS NULL AND u.closed_on IS NOT NULL"
)


def test_the_same_rows_sent_by_two_people_are_taken_in_once(installation: Installation) -> None:
    made = "SELECT count(*) FROM matters_matter WHERE source = '退回'"
    for table in rounds("imports"):
        killed_at(installation, "imports", table)
        doubled = (
            "SELECT count(*) FROM (SELECT 1 FROM matters_matter WHERE source IS NOT NULL GROUP BY source, source_number"
        )
        assert one(installation, f"{doubled} HAVING count(*) > 1) x") == 0
    # Two workers at once take both up where they were left.
    both = [set_off("imports"), set_off("imports")]
    assert [running.wait(PATIENCE) for running in both] == [0, 0]
    assert set_off("imports").wait(PATIENCE) == 0
    assert one(installation, made) == 40
    entries = (
        "SELECT count(*) FROM journal_entry e JOIN matters_matter m ON m.id = e.subject_id WHERE m.source = '退回'"
    )
    assert one(installation, f"{entries} AND e.subject_kind = 'matter' AND e.subject_step = 1") == 40
    assert one(installation, "SELECT count(*) FROM imports_upload WHERE state = 'done'") == 2
    assert one(installation, "SELECT sum(imported) FROM imports_upload") == 40
