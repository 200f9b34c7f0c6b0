"""Entries become facts once: whoever projects at the same time, whatever breaks off, however late something commits."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, connections

from shanzhi.config import database
from shanzhi.config.installation import Installation
from shanzhi.kernel.facts import operations, queries
from shanzhi.kernel.facts.operations import Projected, Unfoldable
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters.policy.payloads_second import STEPS, ClockBegun, Report
from tests.city import NOW
from tests.concurrency.committed import as_role, committed_city, seal_all

SYSTEM = Author("system")


@pytest.fixture
def city(django_db_setup: None, django_db_blocker: Any) -> Iterator[Installation]:
    """A city of its own for each test, without any entry, acting as the worker."""
    with django_db_blocker.unblock(), committed_city("copy", of="_empty") as made, database.acting_as(made, "worker"):
        yield made


def told(**more: Any) -> dict[str, Any]:
    return {
        "number": "251118000001", "kind": "request", "kind_version": 1, "done_by": "", "category": "", "region_id": 8,
        "region_code": "370303009006", "channel": "web", "stage": "", "to_stage": "reported", **more,
    }  # fmt: skip


def report(matter: int, at: datetime = NOW) -> Draft:
    clock = ClockBegun("handle", "new", "15wd", at + timedelta(days=21))
    payload = Report(
        **told(number=f"2511{matter}"), reported_at=at, intake_unit_id=1, clocks=(clock,), promises=("handle",)
    )
    return Draft(payload, Subject("matter", matter, 1), SYSTEM, at)


def note(matter: int, step: int, at: datetime = NOW) -> Draft:
    payload = STEPS["note"](**told(number=f"2511{matter}", done_by="note", stage="reported"))
    return Draft(payload, Subject("matter", matter, step), SYSTEM, at)


def written(drafts: list[Draft]) -> None:
    journal.record_many(drafts)


def write_by(opened: psycopg.Connection, draft: Draft) -> None:
    """Write an entry in somebody else's open transaction."""
    columns = (
        "happened_at, action, version, subject_kind, subject_id, subject_step, scope_code, author_kind, author_post_id,"
        " author_unit_id, payload"
    )
    opened.execute(
        f"INSERT INTO journal_entry ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)", draft.row()
    )


def steps() -> list[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT matter_id, step FROM fact_step ORDER BY 1, 2")
        return list(cursor.fetchall())


def project_all(limit: int = 5000) -> int:
    count = 0
    while done := operations.project(now=NOW, limit=limit).count:
        count += done
    return count


def test_it_takes_what_is_sealed_and_no_more(city):
    written([report(1), note(1, 2)])
    assert operations.project(now=NOW) == Projected()
    seal_all(city, NOW)
    assert operations.project(now=NOW, limit=2) == Projected(2, 2, more=True)
    assert operations.project(now=NOW, limit=2) == Projected()
    assert steps() == [(1, 1), (1, 2)]


def test_one_projector_works_at_a_time(city):
    written([report(1)])
    seal_all(city, NOW)
    with as_role(city, "worker") as other:
        other.execute("SELECT pg_advisory_xact_lock(370310, hashtext(current_schema()))")
        assert operations.project(now=NOW) == Projected(busy=True)
    assert operations.project(now=NOW).count == 1


def test_projectors_at_the_same_time_take_each_entry_once(city):
    written([each for matter in range(1, 301) for each in (report(matter), note(matter, 2), note(matter, 3))])
    seal_all(city, NOW)
    taken: list[int] = []

    def work() -> None:
        try:
            while True:
                done = operations.project(now=NOW, limit=17)
                taken.append(done.count)
                if not done.busy and not done.count:
                    return
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sum(taken) == 900
    assert steps() == [(matter, step) for matter in range(1, 301) for step in (1, 2, 3)]
    assert queries.verify().is_whole


@pytest.mark.parametrize("at", ["fact_matter", "fact_step", "fact_state", "fact_cursor"])
def test_a_batch_that_breaks_off_is_done_again_whole(city, at):
    """The server ends the connection as it writes the table."""
    written([each for matter in range(1, 21) for each in (report(matter), note(matter, 2))])
    seal_all(city, NOW)
    assert operations.project(now=NOW, limit=13).count == 13
    before = steps()
    with psycopg.connect(database.admin_url(city), autocommit=True) as admin:
        admin.execute("SET search_path = shanzhi")
        admin.execute(
            "CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS"
            " 'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'"
        )
        admin.execute(f"CREATE TRIGGER cut BEFORE INSERT ON {at} FOR EACH ROW EXECUTE FUNCTION cut()")
        with pytest.raises(OperationalError):
            operations.project(now=NOW, limit=13)
        connections.close_all()
        admin.execute(f"DROP TRIGGER cut ON {at}")
    assert steps() == before
    project_all(limit=13)
    assert steps() == [(matter, step) for matter in range(1, 21) for step in (1, 2)]
    assert queries.verify().is_whole


def test_what_commits_late_is_not_skipped(city):
    """A begins, B begins and commits; A commits after B was projected or would have been."""
    with as_role(city, "worker") as early:
        write_by(early, report(1))
        written([report(2)])
        journal.seal(now=NOW)
        project_all()
        assert steps() == []
        early.commit()
    seal_all(city, NOW)
    project_all()
    assert steps() == [(1, 1), (2, 1)]


def test_steps_that_are_sealed_before_earlier_ones_wait_for_them(city):
    """Who took the number of the second step had begun before the one who wrote the first."""
    with as_role(city, "worker") as early:
        write_by(early, report(9))
        written([report(1)])
        write_by(early, note(1, 2))
        early.commit()
    written([note(1, 3)])
    seal_all(city, NOW)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.subject_id, e.subject_step FROM journal_leaf l JOIN journal_entry e USING (recorded_at, id)"
            " ORDER BY l.number"
        )
        assert cursor.fetchall() == [(9, 1), (1, 2), (1, 1), (1, 3)]
    seen = []
    while operations.project(now=NOW, limit=1).count:
        seen.append(steps())
    assert seen == [[(9, 1)], [(9, 1)], [(1, 1), (1, 2), (9, 1)], [(1, 1), (1, 2), (1, 3), (9, 1)]]
    assert queries.verify().is_whole


def test_what_has_no_beginning_makes_no_facts(city):
    written([note(7, 1), note(7, 2)])
    seal_all(city, NOW)
    assert project_all(limit=1) == 2
    assert steps() == []


def test_it_goes_on_in_the_next_epoch(city):
    """After a restore leaves count from nothing again."""
    written([report(1)])
    seal_all(city, NOW)
    assert project_all() == 1
    written([note(1, 2)])
    journal.epoch_begin(reason="restored", now=NOW)
    written([note(1, 3)])
    seal_all(city, NOW)
    project_all()
    assert steps() == [(1, 1), (1, 2), (1, 3)]
    assert queries.facts_state().upto.epoch == 2
    assert queries.verify().is_whole


def test_hashes_of_facts_make_no_facts(city):
    """Entries about facts are taken and come to an end."""
    end = STEPS["withdraw"](**told(number="25111", stage="reported", to_stage="withdrawn", result="withdrawn"))
    written([report(1), Draft(end, Subject("matter", 1, 2), SYSTEM, NOW)])
    seal_all(city, NOW)
    assert project_all() == 2
    assert seal_all(city, NOW) == 1
    assert project_all() == 1
    assert seal_all(city, NOW) == 0
    assert steps() == [(1, 1), (1, 2)]


def test_an_entry_that_is_not_in_its_shape_stops_the_projection_there(city):
    """What can't be understood isn't skipped: it is named, and nothing of its batch is taken."""
    written([report(1)])
    seal_all(city, NOW)
    project_all()
    with as_role(city, "worker") as other:
        broken = note(1, 2).row()
        columns = (
            "happened_at, action, version, subject_kind, subject_id, subject_step, scope_code, author_kind,"
            " author_post_id, author_unit_id, payload"
        )
        other.execute(
            f"INSERT INTO journal_entry ({columns}) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb)",
            [*broken[:-1], '{"to_stage": "reported"}'],
        )
        other.commit()
    seal_all(city, NOW)
    with pytest.raises(Unfoldable) as caught:
        operations.project(now=NOW)
    assert "第 1 纪元第 1 个叶（matters.note）" in caught.value.sentence()
    assert steps() == [(1, 1)]
