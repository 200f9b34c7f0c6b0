"""One changed fact is found and named: by its table, matter, row and column. Months are cut, and hashes compared."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from shanzhi.config import database
from shanzhi.core.errors import DomainError
from shanzhi.core.periods import CITY_ZONE
from shanzhi.kernel.facts import operations, queries
from shanzhi.kernel.facts.policy.months import BadMonth, MonthIsntOver, parse_month
from shanzhi.kernel.facts.policy.payloads import FactsCutFirst
from shanzhi.kernel.facts.policy.rows import FORM
from shanzhi.kernel.facts.tests.facts_support import project_all
from shanzhi.kernel.journal import operations as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.journal.policy.tree import HASHES, root_of
from shanzhi.kernel.journal.tests.sealing import keeper
from tests.city import NOW
from tests.concurrency.committed import City, as_role, city, doctoring, seal_all
from tests.desks import do
from tests.loop.ways import every_way, report

__all__ = ["city"]
LATER = datetime(2025, 12, 1, 2, 0, tzinfo=CITY_ZONE)


@pytest.fixture(scope="module")
def lived(city: City) -> City:
    every_way(city)
    project_all(city)
    seal_all(city.installation, NOW)
    return city


@pytest.fixture
def broken(lived: City) -> Iterator[Callable[[str], None]]:
    """Change facts behind everybody's back; they are rebuilt afterwards."""

    def run(statement: str) -> None:
        with as_role(lived.installation, "owner") as owner:
            assert owner.execute(statement).rowcount == 1, statement
            owner.commit()

    yield run
    with database.acting_as(lived.installation, "worker"):
        operations.rebuild(now=NOW)


@pytest.fixture
def doctored(lived: City) -> Iterator[Callable[[str, str], None]]:
    """Change a row of a table behind everybody's back; the table is put back as it was."""
    with doctoring(lived.installation) as run:
        yield run


@pytest.fixture
def forged(lived: City) -> Iterator[Callable[[str, str], str]]:
    """Change a sealed entry behind everybody's back (of a matter that has ended) and make its facts anew; the matter's number.
    All is put back afterwards."""
    undo: list[tuple[Any, ...]] = []

    def run(action: str, change: str) -> str:
        with keeper(lived.installation) as admin:
            entry, number, *before = admin.execute(
                "SELECT e.id, m.number, e.payload::text, e.author_unit_id FROM fact_matter m JOIN journal_entry e"
                " ON e.subject_kind = 'matter' AND e.subject_id = m.matter_id AND e.action = %s"
                " WHERE m.is_open = 0 ORDER BY 1 LIMIT 1",
                [action],
            ).fetchall()[0]
            undo.append((*before, entry))
            admin.execute(f"UPDATE journal_entry SET {change} WHERE id = %s", [entry])
        with database.acting_as(lived.installation, "worker"):
            operations.rebuild(now=NOW)
        return str(number)

    yield run
    with keeper(lived.installation) as admin:
        for row in undo:
            admin.execute("UPDATE journal_entry SET payload = %s::jsonb, author_unit_id = %s WHERE id = %s", row)
    with database.acting_as(lived.installation, "worker"):
        operations.rebuild(now=NOW)


def faults(made: City) -> list[Any]:
    with database.acting_as(made.installation, "worker"):
        return list(queries.verify().faults)


def ended(made: City) -> tuple[int, str]:
    """A matter that has ended, and its number."""
    with as_role(made.installation, "owner") as owner:
        row = owner.execute("SELECT matter_id, number FROM fact_matter WHERE is_open = 0 ORDER BY 1 LIMIT 1").fetchone()
    assert row is not None
    return row


def test_it_is_content_with_what_the_journal_makes(lived):
    with database.acting_as(lived.installation, "worker"):
        found = queries.verify()
    assert found.is_whole
    with as_role(lived.installation, "owner") as owner:
        (matters,) = owner.execute("SELECT count(*) FROM matters_matter").fetchall()[0]
        (hashes,) = owner.execute("SELECT count(*) FROM journal_entry WHERE action = 'facts.closed'").fetchall()[0]
    assert (found.matters, found.hashes) == (matters, hashes)
    assert hashes > 5


@pytest.mark.parametrize(
    ("table", "key", "column", "value", "said"),
    [
        ("fact_matter", "matter_id = {}", "returns", "returns + 7", "returns 现在是 7，按留痕应当是 0。"),
        (
            "fact_matter",
            "matter_id = {}",
            "region_code",
            "'37'",
            "region_code 现在是“37”，按留痕应当是“370303009006”。",
        ),
        ("fact_step", "matter_id = {} AND step = 1", "is_late", "1", "is_late 现在是 1，按留痕应当是 0。"),
        (
            "fact_clock",
            "matter_id = {} AND promise = 1",
            "ended_by",
            "'late'",
            "ended_by 现在是“late”，按留痕应当是“kept”。",
        ),
        ("fact_matter", "matter_id = {}", "taken_at", "'2025-01-01'", "按留痕应当是 NULL。"),
    ],
)
def test_it_names_a_changed_column(lived, broken, table, key, column, value, said):
    with as_role(lived.installation, "owner") as owner:
        (matter, number) = owner.execute(
            "SELECT matter_id, number FROM fact_matter m WHERE returns = 0 AND region_code = '370303009006'"
            " AND taken_at IS NULL AND EXISTS (SELECT FROM fact_clock c WHERE c.matter_id = m.matter_id AND c.promise = 1"
            " AND c.ended_by = 'kept') ORDER BY 1 LIMIT 1"
        ).fetchall()[0]
    broken(f"UPDATE {table} SET {column} = {value} WHERE {key.format(matter)}")
    (fault,) = faults(lived)
    assert (fault.table, fault.matter_id, fault.column) == (table, matter, column)
    assert str(fault).startswith(f"{table} 里事项 {number} 的第 1 行：")
    assert str(fault).endswith(said)


def test_it_names_a_row_that_is_missing_and_one_that_nothing_made(lived, broken):
    matter, number = ended(lived)
    broken(f"DELETE FROM fact_step WHERE matter_id = {matter} AND step = 2")
    assert [str(fault) for fault in faults(lived)] == [f"fact_step 里少了事项 {number} 的第 2 行。"]
    broken(f"UPDATE fact_step SET matter_id = 999999 WHERE matter_id = {matter} AND step = 1")
    said = [str(fault) for fault in faults(lived)]
    assert f"fact_step 里少了事项 {number} 的第 1 行。" in said
    assert "fact_step 里多出事项 999999 的第 1 行，留痕里没有它。" in said


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("fact_cube_day", "UPDATE {} SET reported = reported + 1 WHERE ctid = (SELECT min(ctid) FROM {})"),
        (
            "fact_cube_month",
            "UPDATE {} SET cohort_pleased = cohort_pleased + 1 WHERE ctid = (SELECT min(ctid) FROM {})",
        ),
        ("fact_cube_unit", "DELETE FROM {} WHERE ctid = (SELECT min(ctid) FROM {})"),
        ("fact_region", "UPDATE {} SET name = name || '（改）' WHERE region_id = (SELECT min(region_id) FROM {})"),
        ("fact_unit", "DELETE FROM {} WHERE unit_id = (SELECT min(unit_id) FROM {})"),
        ("fact_line", "UPDATE {} SET above_id = 1 WHERE ctid = (SELECT max(ctid) FROM {} WHERE above_id <> 1)"),
    ],
)
def test_it_names_what_was_changed_in_what_is_counted(lived, doctored, table, change):
    doctored(table, change.format(table, table))
    (fault,) = faults(lived)
    assert fault.table == table
    assert str(fault).startswith(f"{table} 里 ")


def test_it_finds_an_entry_that_was_changed_together_with_its_facts(lived, forged):
    """Facts that were made anew out of a changed journal agree with it, and not with the hash that was journaled."""
    number = forged("matters.rate", "payload = payload || '{\"satisfied\": 1}'")
    with as_role(lived.installation, "owner") as owner:
        (step,) = owner.execute(
            "SELECT max((e.payload->>'steps')::int) FROM journal_entry e WHERE e.action = 'facts.closed'"
            " AND e.payload->>'number' = %s",
            [number],
        ).fetchall()[0]
    said = [str(fault) for fault in faults(lived)]
    assert said == [f"事项 {number}：办结时（第 {step} 步）记入台账的事实哈希，和按留痕重算的不同。"]


def test_it_cuts_a_month_that_is_over_once(lived):
    with database.acting_as(lived.installation, "worker"):
        for month, now in ((202511, NOW), (202512, LATER)):
            with pytest.raises(MonthIsntOver):
                operations.cut_month(month, now=now)
        done = operations.cut_month(202511, now=LATER)
        assert done.is_new
        assert operations.cut_month(202511, now=LATER + timedelta(days=9)).root == done.root
        assert operations.cut_due(now=LATER) is not None
        assert queries.facts_state().cut_month == 202511
    with as_role(lived.installation, "owner") as owner:
        assert owner.execute("SELECT count(*) FROM fact_matter").fetchone() == (done.matters,)
        assert owner.execute("SELECT count(*) FROM journal_entry WHERE action = 'facts.cut'").fetchone() == (1,)
    assert faults(lived) == []


def test_a_cut_month_stays_proved_as_more_happens(lived, forged):
    """What is added later doesn't change what the root was of; what is changed behind it does."""
    with database.acting_as(lived.installation, "worker"):
        operations.cut_month(202511, now=LATER)
    made = report()
    do(lived.cast.dispatcher, made, "accept", LATER, category="housing.property-service")
    project_all(lived)
    assert faults(lived) == []
    forged("matters.take", "author_unit_id = author_unit_id + 1")
    assert "2025-11 封账时记入台账的根哈希，和按留痕重算的不同。" in [str(fault) for fault in faults(lived)]


@pytest.mark.parametrize(
    ("table", "change", "said"),
    [
        ("fact_cut_leaf", "UPDATE fact_cut_leaf SET sha256 = sha256(sha256) WHERE matter_id = {}", "各事项哈希"),
        ("fact_cut_tree", "UPDATE fact_cut_tree SET told = told || ' ' WHERE month = 202511", "区划和单位"),
    ],
)
def test_what_was_kept_of_a_cut_is_compared_with_it(lived, doctored, table, change, said):
    with database.acting_as(lived.installation, "worker"):
        operations.cut_month(202511, now=LATER)
    seal_all(lived.installation, LATER)
    doctored(table, change.format(ended(lived)[0]))
    (found,) = faults(lived)
    assert str(found).startswith("2025-11 封账时留下的")
    assert said in str(found)


def test_a_cut_of_the_first_version_stays_proved(lived):
    """A city that cut months before hashes were kept has none, and its cuts say nothing of regions and units."""
    told = FactsCutFirst(202510, FORM, 1, 1, 0, root_of(HASHES["sha256"], []).hex())
    with database.acting_as(lived.installation, "worker"):
        journal.record(payload=told, subject=Subject("fact_month", 202510), author=Author("system"), happened_at=LATER)
    seal_all(lived.installation, LATER)
    assert faults(lived) == []
    with database.acting_as(lived.installation, "worker"):
        (first,) = queries.cut_entries(202510, 202510)
        assert (first.version, first.dimensions, queries.cut_tree(202510)) == (1, "", None)
        assert list(queries.hashes_again([first])) == []


@pytest.mark.parametrize("text", ["2025", "2025-13", "11-2025", ""])
def test_it_takes_no_month_that_is_none(text):
    with pytest.raises(BadMonth) as caught:
        parse_month(text)
    assert isinstance(caught.value, DomainError)
    assert parse_month("2025-11") == 202511
