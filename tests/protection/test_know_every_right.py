"""docs/row-level-security.md tells every right of every role, and PostgreSQL's own catalogue says the same."""

from collections.abc import Callable, Iterator

import psycopg
import pytest
from django.core.management import call_command

from shanzhi.config.installation import Installation
from tests.concurrency.committed import City, as_role
from tests.protection import rights

SAYS: dict[str, Callable[[psycopg.Connection, Installation], dict[str, str]]] = {
    "Tables": rights.tables,
    "Policies": rights.policies,
    "Functions": rights.functions,
}


BEFORE = {
    "matters": "0004",
    "files": "0002",
    "notices": "0002",
    "vault": "0004",
    "access": "0006",
    "organisation": "0002",
    "journal": "0003",
}
"""The last migration of each slice before its rights were narrowed."""
RUN_AS_OWNER = {
    "access_signoffs_open",
    "audit_days",
    "audit_lists",
    "drives_counts",
    "drives_look_guard",
    "drives_title_end_guard",
    "drives_title_guard",
    "evidence_search",
    "facts_between",
    "facts_empty_spare",
    "facts_swap",
    "hotline_open_of_posts",
    "hotline_release",
    "hotline_ring",
    "hotline_take",
    "indicators_counts",
    "indicators_left_out",
    "journal_make_months",
    "matters_bounces",
    "matters_ended",
    "matters_follow_of_phone",
    "matters_load_of_units",
    "matters_open_in",
    "matters_open_of_units",
    "matters_open_or_ended",
    "matters_words_are_open",
    "matters_region_figures",
    "matters_repeated",
    "matters_units_follow",
    "matters_open_of_phone",
    "matters_search",
    "matters_tally",
    "matters_took",
    "rounds_decider_guard",
    "rounds_stale",
    "rounds_tied",
    "rounds_upper_guard",
    "session_counts",
    "session_delete",
    "session_end_all",
    "session_end_own",
    "session_read",
    "session_write",
}


@pytest.fixture
def owner(city: City) -> Iterator[psycopg.Connection]:
    with as_role(city.installation, "owner") as opened:
        yield opened


@pytest.mark.parametrize("heading", SAYS)
def test_it_tells_what_the_database_says(city, owner, heading):
    """A new table, policy or function fails here until somebody has decided: put its line and its reason into the
    document."""
    so = SAYS[heading](owner, city.installation)
    told = {name: line for name, (line, _) in rights.written(heading).items()}
    assert [line for name, line in so.items() if told.get(name) != line] == [], "missing in the document"
    assert sorted(set(told) - set(so)) == [], "no longer there"


def test_it_tells_who_sees_a_matter_word_for_word(owner):
    text = rights.DOCUMENT.read_text(encoding="utf-8")
    assert " ".join(rights.sight(owner).split()) in " ".join(text.split())


@pytest.mark.parametrize("heading", SAYS)
def test_it_gives_a_reason_for_each(heading):
    assert [name for name, (_, reason) in rights.written(heading).items() if len(reason) < 8] == []


def test_it_puts_every_table_of_the_city_s_under_a_policy_or_says_why_not(city, owner):
    """A table without policies is read whole by whoever may read it: such are named in the document as “all”."""
    lines = rights.tables(owner, city.installation)
    assert [name for name, line in lines.items() if "| policies |" in line and _is_open(line)] == []
    without = {name for name, line in lines.items() if line.endswith("| all |")}
    policed = {name for name, line in lines.items() if line.endswith("| policies |")}
    covered = {key.split()[0] for key in rights.policies(owner, city.installation)}
    assert covered == policed, "policies that aren't enabled, or nobody's"
    assert without & covered == set()


def _is_open(line: str) -> bool:
    return "TRUNCATE" in line or "REFERENCES" in line or "TRIGGER" in line


def test_it_gives_nobody_a_right_by_being_anybody(owner):
    """No right of PUBLIC on any table, column, sequence, function or schema of the city."""
    relations = owner.execute(
        "SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a"
        " WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee = 0"
        " UNION SELECT t.attname FROM pg_attribute t JOIN pg_class c ON c.oid = t.attrelid, aclexplode(t.attacl) a"
        " WHERE c.relnamespace = current_schema()::regnamespace AND a.grantee = 0"
        " UNION SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a"
        " WHERE n.nspname = current_schema() AND a.grantee = 0"
    ).fetchall()
    assert relations == []
    functions = owner.execute(
        "SELECT p.proname FROM pg_proc p, aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a"
        " WHERE p.pronamespace = current_schema()::regnamespace AND a.grantee = 0 AND p.prorettype <> 'trigger'::regtype"
        " AND NOT EXISTS (SELECT 1 FROM pg_range WHERE p.prorettype IN (rngtypid, rngmultitypid))"
    ).fetchall()
    assert functions == []


def test_it_makes_new_functions_nobody_s(owner):
    """What a migration makes is nobody's until it grants it."""
    owner.execute("CREATE FUNCTION made_today() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    allowed = owner.execute(
        "SELECT a.grantee::regrole::text FROM pg_proc p, aclexplode(p.proacl) a"
        " WHERE p.proname = 'made_today' AND a.grantee <> p.proowner"
    ).fetchall()
    assert allowed == []


def test_it_fixes_the_search_path_of_what_runs_as_the_owner(city, owner):
    rows = owner.execute(
        "SELECT proname, proconfig FROM pg_proc"
        " WHERE pronamespace = current_schema()::regnamespace AND prosecdef AND proname NOT LIKE 'procrastinate%'"
    ).fetchall()
    assert {name for name, _ in rows} == RUN_AS_OWNER
    assert {tuple(settings) for _, settings in rows} == {(f"search_path={city.installation.schema}, pg_temp",)}


def test_it_owns_everything_by_the_owner(city, owner):
    for catalogue, place, whose in (
        ("pg_class", "relnamespace", "relowner"),
        ("pg_proc", "pronamespace", "proowner"),
        ("pg_type", "typnamespace", "typowner"),
        ("pg_namespace", "oid", "nspowner"),
    ):
        owners = owner.execute(
            # PostgreSQL gives the constructors of a range type to its own administrator.
            f"SELECT DISTINCT {whose}::regrole::text FROM {catalogue} WHERE {place} = current_schema()::regnamespace"
            + (" AND proname NOT LIKE 'code%range'" if catalogue == "pg_proc" else "")
        ).fetchall()
        assert owners == [(city.installation.role("owner"),)], catalogue


def test_it_has_the_same_rights_after_going_back_and_forth(city):
    """The migrations of rights can be undone and done again, and come to the same."""
    with as_role(city.installation, "owner") as owner:
        before = {heading: says(owner, city.installation) for heading, says in SAYS.items()}
    for slice_, before_it in BEFORE.items():
        call_command("migrate", slice_, before_it, database="owner", verbosity=0)
    with as_role(city.installation, "owner") as owner:
        assert rights.tables(owner, city.installation) != before["Tables"]
        assert "matters_search" not in rights.functions(owner, city.installation)
    call_command("migrate", database="owner", verbosity=0)
    with as_role(city.installation, "owner") as owner:
        assert {heading: says(owner, city.installation) for heading, says in SAYS.items()} == before


def test_it_lets_a_role_number_only_the_rows_that_it_adds(city, owner):
    """A right on a sequence goes with the right to insert into its table. Each end of sessions is an entry of its own, numbered
    by the sequence of sessions (`journal_end`)."""
    rows = owner.execute(
        "SELECT s.relname, t.oid::regclass::text, a.grantee::regrole::text, a.privilege_type,"
        " has_any_column_privilege(a.grantee, t.oid, 'INSERT')"
        " FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.deptype IN ('a', 'i')"
        " JOIN pg_class t ON t.oid = d.refobjid, aclexplode(s.relacl) a"
        " WHERE s.relkind = 'S' AND s.relnamespace = current_schema()::regnamespace AND a.grantee <> s.relowner"
    ).fetchall()
    assert rows
    assert [row for row in rows if (not row[4] and row[0] != "access_session_id_seq") or row[3] == "UPDATE"] == []
