"""What the database itself refuses to each of the city's roles, whatever the program asks for."""

from collections.abc import Callable

import psycopg
import pytest
from psycopg import errors

from shanzhi.kernel.access.policy import ANYONE, Actor
from tests.concurrency.committed import City, as_role, scope
from tests.protection.standing import Standing, stand

UNDER_POLICY = {
    "rounds_round",
    "rounds_city",
    "rounds_score",
    "rounds_claim",
    "rounds_duty",
    "rounds_signed",
    "rounds_return",
    "rounds_objection",
    "rounds_finding",
    "rounds_behind",
    "rounds_build",
    "access_session",
    "access_signoff",
    "draws_sheet",
    "exports_export",
    "journal_entry",
    "vault_hold",
    "journal_leaf",
    "vault_record",
    "files_attachment",
    "evidence_object",
    "evidence_use",
    "notices_address",
    "notices_channel",
    "notices_delivery",
    "notices_notice",
    "notices_preference",
    "notices_subscription",
    "matters_matter",
    "matters_participant",
    "matters_ask",
    "matters_assignment",
    "matters_clock",
    "matters_link",
    "matters_remark",
    "matters_rung",
    "matters_suggestion",
    "matters_savedview",
    "matters_submission",
    "matters_place",
    "matters_part",
    "grid_patrol",
    "hotline_call",
    "indicators_behind",
    "indicators_computing",
    "indicators_exclusion",
    "indicators_observation",
    "indicators_restated",
    "indicators_permit",
    "indicators_revision",
    "indicators_said",
    "indicators_submission",
    "indicators_value",
    "drives_answer",
    "drives_application",
    "drives_drive",
    "drives_hearing",
    "drives_look",
    "rounds_check",
    "rounds_closing",
    "rounds_look",
    "rounds_member",
    "rounds_practice",
    "rounds_receipt",
    "rounds_result",
    "rounds_tie",
    "rounds_visit",
    "imports_mapping",
    "imports_piece",
    "imports_upload",
    "organisation_shape_draft",
    "packs_letter",
}
READ_WHOLE = {
    "organisation_admission": "what may be asked of communities and grids: public by nature",
    "organisation_post": "public by nature",
    "organisation_post_holding": "who held which post: public by nature",
    "organisation_post_past": "what a post was: public by nature",
    "organisation_staff": "names and work numbers of staff: pages show them",
    "organisation_tree_version": "a number that tells when to read the tree again",
    "organisation_unit": "public by nature",
    "organisation_unit_heir": "who took over from a unit: public by nature",
    "organisation_unit_past": "what a unit was: public by nature",
    "draws_draw": "what was announced: before everybody's eyes from the first moment",
    "draws_side": "who puts a nonce in, with its hash: part of the announcement",
    "draws_nonce": "nonces that were shown: public",
    "drives_title": "titles of places: before everybody's eyes",
    "hotline_knowledgeversion": "questions and answers that anybody may hear on the phone",
    "matters_precedent": "who was ruled to lead for a category at a place: no person, no words",
    "matters_dispatchrow": "who deals with what, where: the city's own list, without matters",
    "matters_dispatchversion": "from when such a list holds, and which post put it in",
    "matters_golive": "which version of the rules holds from which day",
    "matters_kindversion": "process files",
    "matters_ruleedition": "the city's categories and calendar",
    "organisation_place": "compounds, schools, parks: nobody lives in the table",
    "organisation_place_version": "what was said of them, with the office phones that hang at their doors",
    "organisation_region_shape": "where a region ends",
    "organisation_shape_load": "which file of outlines was taken over when, by its hash",
}
"""Under a policy for writing alone: the application reads all of it."""
REMOVED = {
    "matters_savedview": "a list that somebody named for themselves, and may forget",
    "imports_piece": "a file that somebody brought, and thinks better of",
    "matters_dispatchrow": "a row of a draft",
    "organisation_shape_draft": "a file of outlines that somebody brought, and replaces by the next",
}
"""What the application may delete, and whose that is; of nobody else's anything goes."""
# Readable by the application without a policy, and why that gives nothing away.
OPEN_TO_APP = {
    "access_account": "sign-in names and password hashes: how else to sign in",
    "access_sign_in_attempt": "keyed hashes of names and addresses, for thirty days",
    "access_token": "hashes of random tokens",
    "access_resident_session": "hashes of random keys with the follow hashes that each shows, for half an hour; no phone",
    **dict.fromkeys(
        [f"fact_cube_{cube}{spare}" for cube in ("day", "month", "unit") for spare in ("", "_spare")],
        "counts of a whole community, region or unit: no matter, no person",
    ),
    "files_blob": "hashes and sizes of files; whose they are is in files_attachment",
    "intake_guess": "keyed hashes of addresses, for a day",
    "intake_phone_code": "blind indexes and keyed hashes of codes, for five minutes; no phone",
    "intake_public_matter": "the public list",
    "journal_epoch": "when a tree began, and how the one before ended: stands in every published head",
    "journal_head": "signed heads: published",
    "journal_key": "public keys: published",
    "journal_tile": "hashes of salted leaves",
    "packs_peer": "platforms with their published keys",
    "vault_key": "ids of data keys, with dates",
    "vault_parkedform": "sealed, found by a random key",
}
OPEN_PREFIXES = ("organisation_", "django_", "account_", "mfa_", "auth_")
ROLES = ("app", "worker", "importer")


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


def tables(opened: psycopg.Connection, condition: str) -> set[str]:
    rows = opened.execute(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = current_schema() AND c.relkind IN ('r', 'p', 'v', 'm') AND " + condition
    ).fetchall()
    return {row[0] for row in rows}


def refused(
    opened: psycopg.Connection, statement: str, *values: object, by: type[Exception] = errors.InsufficientPrivilege
) -> None:
    with pytest.raises(by), opened.transaction():
        opened.execute(statement, values)


# -- nothing without a scope -----------------------------------------------------------------------------------------


def test_it_knows_every_table_that_the_application_can_read(city):
    with as_role(city.installation, "app") as opened:
        readable = tables(opened, "NOT c.relispartition AND has_any_column_privilege(c.oid, 'SELECT')")
        protected = tables(opened, "NOT c.relispartition AND c.relrowsecurity")
        whole = opened.execute(
            "SELECT DISTINCT tablename FROM pg_policies WHERE cmd IN ('SELECT', 'ALL') AND qual = 'true'"
            " AND roles::text LIKE '%_app%'"
        ).fetchall()
    assert {name for (name,) in whole} == set(READ_WHOLE)
    assert protected & readable == UNDER_POLICY | set(READ_WHOLE)
    open_ones = {name for name in readable - protected if not name.startswith(OPEN_PREFIXES)}
    assert open_ones == set(OPEN_TO_APP), "a new table: put it under a policy, or say here why it needs none"


def test_it_shows_nothing_without_a_scope(city, standing):
    with as_role(city.installation, "app") as opened:
        for table in sorted(UNDER_POLICY):
            assert opened.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_it_shows_nothing_under_an_empty_scope(city, standing):
    with as_role(city.installation, "app", ANYONE) as opened:
        for table in sorted(UNDER_POLICY):
            assert opened.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


@pytest.mark.parametrize(
    "setting, value",
    [
        ("ranges", "everything"),
        ("ranges", "{}"),
        ("ranges", "{[,)"),
        ("ranges", "3703"),
        ("intake", "everything"),
        ("intake", "{}"),
        ("unit", "all"),
        ("unit", "0"),
        ("unit", "-1"),
        ("unit", " "),
        ("follow", "everything"),
        ("follow", ","),
        ("follow", "%"),
        ("follow", "NULL"),
        ("door", "web"),
        ("post", "1"),
    ],
)
def test_it_shows_nothing_under_a_scope_that_makes_no_sense(city, standing, setting, value):
    for table in sorted(UNDER_POLICY):
        with as_role(city.installation, "app", ANYONE) as opened:
            opened.execute("SELECT set_config(%s, %s, true)", [f"shanzhi.{setting}", value])
            try:
                assert opened.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table
            except (errors.DataError, errors.InvalidTextRepresentation):
                continue


def test_it_forgets_the_scope_with_the_transaction(city, standing):
    with as_role(city.installation, "app", standing.actors["supervisor"]) as opened:
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (7,)
        opened.commit()
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (0,)
        opened.rollback()
        scope(opened, standing.actors["supervisor"])
        opened.rollback()
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (0,)


# -- the roles themselves --------------------------------------------------------------------------------------------


def test_it_gives_no_role_a_way_round_the_policies(city):
    names = [city.installation.role(role) for role in ("owner", *ROLES)]
    with as_role(city.installation, "app") as opened:
        rows = opened.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY (%s)"
            " AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb OR rolreplication OR rolinherit)",
            [names],
        ).fetchall()
        assert rows == []
        found = opened.execute("SELECT count(*) FROM pg_roles WHERE rolname = ANY (%s)", [names]).fetchone()
        assert found == (4,)
        members = opened.execute(
            "SELECT m.member::regrole::text FROM pg_auth_members m WHERE m.member::regrole::text = ANY (%s)",
            [names[1:]],
        ).fetchall()
        assert members == []


@pytest.mark.parametrize("role", ROLES)
def test_it_lets_no_working_role_own_or_make_anything(city, role):
    name = city.installation.role(role)
    with as_role(city.installation, role) as opened:
        for catalogue, owner in (
            ("pg_class", "relowner"),
            ("pg_proc", "proowner"),
            ("pg_namespace", "nspowner"),
            ("pg_type", "typowner"),
        ):
            owned = opened.execute(f"SELECT count(*) FROM {catalogue} WHERE {owner} = %s::regrole", [name]).fetchone()
            assert owned == (0,), catalogue
        refused(opened, "CREATE TABLE mine (id int)")
        refused(opened, "CREATE VIEW mine AS SELECT * FROM matters_matter")
        refused(opened, "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'")
        refused(opened, "CREATE SCHEMA mine")
        refused(opened, "ALTER TABLE matters_matter DISABLE ROW LEVEL SECURITY")
        refused(opened, "DROP POLICY matter_see ON matters_matter")
        refused(opened, f'SET ROLE "{city.installation.role("owner")}"')
        refused(opened, "SET SESSION AUTHORIZATION postgres")
        refused(opened, "SELECT city_ddl('DROP TABLE journal_entry')")


def test_it_gives_no_rights_on_a_month_of_the_journal(city):
    with as_role(city.installation, "app") as opened:
        months = tables(opened, "c.relispartition")
        assert len(months) >= 4
        assert "journal_entry_rest" in months
        for month in sorted(months):
            for role in ROLES:
                for right in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
                    may = opened.execute(
                        "SELECT has_table_privilege(%s, %s, %s)", [city.installation.role(role), month, right]
                    ).fetchone()
                    assert may == (False,), (month, role, right)


# -- the journal -----------------------------------------------------------------------------------------------------

ENTRY = (
    "happened_at, action, version, subject_kind, subject_id, subject_step, scope_code, author_kind, payload",
    "now(), 'matters.note', 1, 'test', 1, 1, '', %s, '{}'",
)
AUTHORS = {"app": "reporter", "worker": "system", "importer": "importer"}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    "column, value", [("recorded_at", "'2020-01-01'"), ("id", "1"), ("transaction_id", "'1'::xid8")]
)
def test_it_gives_an_entry_its_number_and_time_itself(city, role, column, value):
    with as_role(city.installation, role) as opened:
        author = AUTHORS[role]
        opened.execute(f"INSERT INTO journal_entry ({ENTRY[0]}) VALUES ({ENTRY[1]})", [author])
        refused(opened, f"INSERT INTO journal_entry ({column}, {ENTRY[0]}) VALUES ({value}, {ENTRY[1]})", author)


@pytest.mark.parametrize("statement", ["UPDATE journal_entry SET payload = '{}'", "DELETE FROM journal_entry"])
def test_it_never_edits_the_journal(city, standing, statement):
    for role in ROLES:
        with as_role(city.installation, role) as opened:
            refused(opened, statement)
    with as_role(city.installation, "owner") as opened:
        refused(opened, statement, by=errors.IntegrityConstraintViolation)


def test_it_never_empties_the_journal_nor_a_part_of_it(city, standing):
    with as_role(city.installation, "owner") as opened:
        parts = tables(opened, "c.relispartition") | {"journal_entry"}
    for part in sorted(parts):
        for role in ROLES:
            with as_role(city.installation, role) as opened:
                refused(opened, f"TRUNCATE {part}")
        with as_role(city.installation, "owner") as opened:
            refused(opened, f"TRUNCATE {part}", by=errors.IntegrityConstraintViolation)


# -- what the application may not write ------------------------------------------------------------------------------

COPY = (
    "INSERT INTO matters_matter (id, number, kind, kind_version, stage, channel, title, body, salt, category, region_id,"
    " region_code, scope_code, place_text, reported_at, stage_since, due_at, warn_at, intake_unit_id, holder_unit_id,"
    " in_intake, counts, public_consent, follow_hash, version, steps)"
    " SELECT nextval('matters_matter_id_seq'), 'made-up', kind, kind_version, 'reported', {channel}, title, body, salt,"
    " category, region_id, region_code, scope_code, place_text, reported_at, stage_since, due_at, warn_at,"
    " intake_unit_id, holder_unit_id, {intake}, counts, public_consent, {hash}, 1, {steps}"
    " FROM matters_matter WHERE id = %s"
)


def copied(**changes: str) -> str:
    """A statement that copies a matter as a report would leave it, but for the changes."""
    return COPY.format(**{"hash": "follow_hash", "channel": "'web'", "intake": "true", "steps": "1"} | changes)


def test_it_takes_in_no_matter_without_an_open_door(city, standing):
    own = standing.matters["own"]
    for who in ("supervisor", "dispatcher", "reporter"):
        with as_role(city.installation, "app", standing.actors[who]) as opened:
            refused(opened, copied(), own)


def test_it_takes_in_by_an_open_door_only_what_its_code_names(city, standing):
    own = standing.matters["own"]
    with as_role(city.installation, "app", standing.actors["reporter"]) as opened:
        opened.execute("SELECT set_config('shanzhi.door', 'web', true)")
        for wrong in (
            {"hash": "repeat('0', 64)"},
            {"channel": "'hotline'"},
            {"intake": "false"},
            {"steps": "2"},
        ):
            refused(opened, copied(**wrong), own)
        opened.execute(copied(), [own])


FOREIGN_ROWS = {
    "matters_participant": "(matter_id, unit_id, part, since) VALUES (%(matter)s, %(unit)s, 'holder', now())",
    "matters_assignment": "(matter_id, unit_id, part, state, assigned_at)"
    " VALUES (%(matter)s, %(unit)s, 'co', 'waiting', now())",
    "matters_clock": "(matter_id, stage, limit_text, calendar_version, started_at, due_at, warn_at, stopped_at)"
    " VALUES (%(matter)s, 'x', '1d', 'x', now(), now(), now(), now())",
    "matters_remark": "(matter_id, step, part, text, salt, for_reporter)"
    " VALUES (%(matter)s, 99, 'words', 'x', '', true)",
    "vault_record": "(subject_kind, subject_id, purpose, part, sealed, legal_ground, kept_at, expires_on)"
    " VALUES ('matter', %(matter)s, 'contact', 'phone', '', 'duty', now(), now())",
}


@pytest.mark.parametrize("table", FOREIGN_ROWS)
def test_it_adds_nothing_to_a_matter_that_it_does_not_see(city, standing, table):
    actor = standing.actors["handler"]
    for name, may in (("own", True), ("foreign", False)):
        with as_role(city.installation, "app", actor) as opened:
            values = {"matter": standing.matters[name], "unit": standing.actors["neighbour_dispatcher"].unit_id}
            statement = f"INSERT INTO {table} {FOREIGN_ROWS[table]}"
            if may:
                opened.execute(statement, values)
                continue
            with pytest.raises(errors.InsufficientPrivilege):
                opened.execute(statement, values)


def test_it_changes_nothing_that_it_does_not_see(city, standing):
    foreign = standing.matters["foreign"]
    with as_role(city.installation, "app", standing.actors["handler"]) as opened:
        for statement in (
            "UPDATE matters_matter SET stage = 'x' WHERE id = %s",
            "UPDATE matters_assignment SET state = 'taken' WHERE matter_id = %s",
            "UPDATE matters_clock SET stopped_at = now() WHERE matter_id = %s",
        ):
            assert opened.execute(statement, [foreign]).rowcount == 0
        refused(opened, "SELECT 1 FROM matters_participant WHERE matter_id = %s FOR UPDATE", foreign)


def test_it_removes_nothing(city, standing):
    with as_role(city.installation, "app", standing.actors["supervisor"]) as opened:
        for table in sorted((UNDER_POLICY | set(READ_WHOLE)) - REMOVED.keys()):
            refused(opened, f"DELETE FROM {table}")


def test_it_neither_reads_nor_edits_the_outbox(city, standing):
    with as_role(city.installation, "app", standing.actors["supervisor"]) as opened:
        opened.execute("INSERT INTO notices_event (topic, body, created_at) VALUES ('x', '{}', now())")
        refused(opened, "SELECT * FROM notices_event")
        refused(opened, "UPDATE notices_event SET attempts = 0")
        refused(opened, "DELETE FROM notices_event")


def test_it_marks_its_own_notices_read_and_changes_nothing_else_of_them(city, standing):
    handler = standing.actors["handler"]
    with as_role(city.installation, "app", handler) as opened:
        mine = opened.execute("SELECT count(*) FROM notices_notice").fetchone()
        assert opened.execute("UPDATE notices_notice SET read_at = now()").rowcount == (mine or (0,))[0] > 0
        refused(opened, "UPDATE notices_notice SET unit_id = unit_id")
        refused(opened, "INSERT INTO notices_notice (unit_id) VALUES (1)")


# -- handing over ----------------------------------------------------------------------------------------------------


def _hand_over(opened: psycopg.Connection, matter: int) -> None:
    opened.execute("UPDATE matters_matter SET in_intake = false WHERE id = %s", [matter])


def _join(opened: psycopg.Connection, matter: int, unit: int | None) -> None:
    opened.execute(
        "INSERT INTO matters_participant (matter_id, unit_id, part, since) VALUES (%s, %s, 'holder', now())",
        [matter, unit],
    )


def _try(opened: psycopg.Connection, *steps: Callable[[], None]) -> bool:
    try:
        with opened.transaction():
            for step in steps:
                step()
    except errors.InsufficientPrivilege:
        return False
    return True


def test_it_hands_over_only_after_the_row_that_keeps_it_in_sight(city, standing):
    """A dispatcher who sees by intake alone can't push a matter out of their own sight, and then write about it."""
    matter, actor = standing.matters["waiting here"], standing.actors["dispatcher"]
    with as_role(city.installation, "app", actor) as opened:
        assert not _try(opened, lambda: _hand_over(opened, matter))
        assert _try(opened, lambda: _join(opened, matter, actor.unit_id), lambda: _hand_over(opened, matter))
        assert opened.execute("SELECT in_intake FROM matters_matter WHERE id = %s", [matter]).fetchone() == (False,)


def test_it_hands_to_a_receiver_who_sees_it_from_then_on(city, standing):
    matter, receiver = standing.matters["waiting here"], standing.actors["neighbour_handler"]
    with as_role(city.installation, "app", receiver) as opened:
        assert opened.execute("SELECT 1 FROM matters_matter WHERE id = %s", [matter]).fetchone() is None
        scope(opened, standing.actors["dispatcher"])
        _join(opened, matter, receiver.unit_id)
        scope(opened, receiver)
        assert opened.execute("SELECT 1 FROM matters_matter WHERE id = %s", [matter]).fetchone() == (1,)
        scope(opened, Actor())
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (0,)
