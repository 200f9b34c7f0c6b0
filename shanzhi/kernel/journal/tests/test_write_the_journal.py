"""An entry has a registered shape, lands in its month, and keeps its place in the order."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction

from shanzhi.config import database
from shanzhi.kernel.journal import operations, queries
from shanzhi.kernel.journal.operations import Draft
from shanzhi.kernel.journal.policy import Author, Payload, Subject, encode, payload, payloads, registered_payloads
from tests.concurrency.committed import City, as_role, city

__all__ = ["city"]

NOW = datetime(2025, 11, 18, 2, 30, tzinfo=UTC)
SYSTEM = Author("system")


@dataclass(frozen=True, slots=True)
class Inner:
    on: date


@dataclass(frozen=True, slots=True)
class Probe(Payload):
    at: datetime
    sealed: bytes
    units: tuple[int, ...]
    codes: frozenset[str]
    inner: Inner
    nothing: str | None = None


PROBE = Probe(NOW, b"\x01\xff", (3, 1), frozenset({"b", "a"}), Inner(date(2025, 1, 2)))


@pytest.fixture
def registry() -> Iterator[None]:
    """What a test registers is gone after it."""
    before = dict(payloads._payloads)
    yield
    payloads._payloads.clear()
    payloads._payloads.update(before)


@pytest.fixture
def probe(registry: None) -> type[Probe]:
    return payload("test.probe")(Probe)


def test_it_refuses_a_second_payload_under_one_action_and_version(registry, probe):
    @dataclass(frozen=True, slots=True)
    class Other(Payload):
        x: int

    with pytest.raises(ValueError, match=r"test\.probe"):
        payload("test.probe")(Other)
    assert registered_payloads()["test.probe", 1] is Probe
    payload("test.probe", version=2)(Other)
    assert registered_payloads()["test.probe", 2] is Other


def test_it_refuses_a_payload_that_is_no_dataclass(registry):
    class Loose(Payload):
        x = 1

    with pytest.raises(TypeError):
        payload("test.loose")(Loose)
    assert ("test.loose", 1) not in registered_payloads()


def test_it_knows_every_payload_by_the_action_that_it_names():
    assert len(registered_payloads()) > 20
    for (action, version), cls in registered_payloads().items():
        assert (cls.action, cls.version) == (action, version)
        assert cls.__dataclass_params__.frozen, cls  # type: ignore[attr-defined]
        assert fields(cls), cls  # type: ignore[arg-type]


def test_it_writes_plain_values():
    assert encode(PROBE) == {
        "at": "2025-11-18T02:30:00+00:00",
        "sealed": "01ff",
        "units": [3, 1],
        "codes": ["a", "b"],
        "inner": {"on": "2025-01-02"},
        "nothing": None,
    }


def test_it_writes_one_entry_with_a_number_and_a_time_of_its_own(city: City, probe):
    with database.acting_as(city.installation, "worker"), transaction.atomic():
        operations.record(
            payload=PROBE, subject=Subject("test", 7, 3, "3703"), author=SYSTEM, happened_at=NOW - timedelta(days=9)
        )
    with as_role(city.installation, "worker") as worker:
        rows = worker.execute(
            "SELECT action, version, subject_id, subject_step, scope_code, author_kind, author_post_id, happened_at,"
            " payload, now() - recorded_at < interval '1 minute' FROM journal_entry WHERE subject_kind = 'test'"
        ).fetchall()
    assert rows == [("test.probe", 1, 7, 3, "3703", "system", None, NOW - timedelta(days=9), encode(PROBE), True)]


def test_it_writes_nothing_where_the_transaction_fails(city: City, probe):
    with database.acting_as(city.installation, "worker"), transaction.atomic():
        operations.record(payload=PROBE, subject=Subject("gone", 1), author=SYSTEM, happened_at=NOW)
        transaction.set_rollback(True)
    with as_role(city.installation, "worker") as worker:
        row = worker.execute("SELECT count(*) FROM journal_entry WHERE subject_kind = 'gone'").fetchone()
    assert row == (0,)


def test_it_keeps_the_order_of_many(city: City, probe):
    drafts = [Draft(PROBE, Subject("many", 1, step), SYSTEM, NOW - timedelta(hours=step)) for step in range(1, 301)]
    with database.acting_as(city.installation, "worker"):
        with transaction.atomic():
            assert operations.record_many(iter(drafts)) == 300
            assert operations.record_many([]) == 0
        found = queries.entries_of("many", 1)
    assert [row.step for row in found] == list(range(1, 301))
    assert [row.id for row in found] == list(range(found[0].id, found[0].id + 300))
    assert found[4].happened_at == NOW - timedelta(hours=5)


@pytest.mark.parametrize(
    "author",
    [Author("post"), Author("system", post_id=4), Author("keeper")],  # type: ignore[arg-type]
)
def test_it_refuses_an_author_that_can_not_be(city: City, probe, author):
    """Neither the table, nor the policy of any role."""
    for role, why in (("owner", r"journal_entry.*check"), ("worker", "policy|check"), ("app", "policy|check")):
        with database.acting_as(city.installation, role), pytest.raises(Exception, match=why), transaction.atomic():
            operations.record(payload=PROBE, subject=Subject("test", 1), author=author, happened_at=NOW)


# -- months ----------------------------------------------------------------------------------------------------------


def months(opened: psycopg.Connection) -> set[str]:
    rows = opened.execute(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'journal_entry'::regclass"
    ).fetchall()
    return {row[0] for row in rows}


def put(opened: psycopg.Connection, at: str) -> str:
    """Write an entry as of a time (only the owner could) and say in which partition it lies."""
    row = opened.execute(
        "INSERT INTO journal_entry (recorded_at, happened_at, action, version, subject_kind, subject_id, subject_step,"
        " scope_code, author_kind, payload) VALUES (%s, now(), 'test', 1, 'test', 1, 1, '', 'system', '{}')"
        " RETURNING tableoid::regclass::text",
        [at],
    ).fetchone()
    assert row is not None
    return str(row[0])


def test_it_makes_months_ahead_once(city: City):
    with database.acting_as(city.installation, "worker"):
        assert operations.make_months(now=datetime(2031, 11, 30, 20, tzinfo=UTC), ahead=3) == 3
        assert operations.make_months(now=datetime(2031, 11, 1, tzinfo=UTC), ahead=3) == 0
        assert operations.make_months(now=datetime(2031, 12, 1, tzinfo=UTC), ahead=3) == 1
    with as_role(city.installation, "owner") as owner:
        made = {name for name in months(owner) if name >= "journal_entry_2031" and name != "journal_entry_rest"}
        assert made == {f"journal_entry_{month}" for month in ("203111", "203112", "203201", "203202")}


def test_it_lets_the_worker_alone_make_months(city: City):
    for role in ("app", "importer"):
        with as_role(city.installation, role) as opened, pytest.raises(psycopg.errors.InsufficientPrivilege):
            opened.execute("SELECT journal_make_months(current_date, 1)")


def test_it_cuts_months_at_midnight_of_the_city(city: City):
    with as_role(city.installation, "owner") as owner:
        owner.execute("SELECT journal_make_months('2041-05-01', 2)")
        assert put(owner, "2041-05-31 15:59:59.999999+00") == "journal_entry_204105"
        assert put(owner, "2041-05-31 16:00:00+00") == "journal_entry_204106"


def test_it_takes_any_date_where_no_month_was_made(city: City):
    with as_role(city.installation, "owner") as owner:
        assert put(owner, "1999-01-01") == "journal_entry_rest"
        assert put(owner, "2099-01-01") == "journal_entry_rest"


def test_it_makes_the_months_after_one_whose_entries_lie_elsewhere(city: City):
    """A worker that was away for months finds entries in the DEFAULT partition, and goes on with the next month."""
    with as_role(city.installation, "owner") as owner:
        assert put(owner, "2051-03-10") == "journal_entry_rest"
        assert owner.execute("SELECT journal_make_months('2051-03-01', 3)").fetchone() == (2,)
        assert put(owner, "2051-03-11") == "journal_entry_rest"
        assert put(owner, "2051-04-11") == "journal_entry_205104"


def test_it_refuses_edits_in_a_month_that_was_made_later(city: City):
    for statement in (
        "UPDATE journal_entry_206101 SET action = 'x'",
        "DELETE FROM journal_entry_206101",
        "TRUNCATE journal_entry_206101",
    ):
        with as_role(city.installation, "owner") as owner:
            owner.execute("SELECT journal_make_months('2061-01-01', 1)")
            assert put(owner, "2061-01-05") == "journal_entry_206101"
            with pytest.raises(psycopg.errors.IntegrityConstraintViolation):
                owner.execute(statement)


def test_it_shows_the_application_no_entry_that_is_about_no_matter(db, probe):
    operations.record(payload=PROBE, subject=Subject("test", 1), author=Author("reporter"), happened_at=NOW)
    assert queries.entries_of("test", 1) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM journal_entry")
        assert cursor.fetchone() == (0,)
