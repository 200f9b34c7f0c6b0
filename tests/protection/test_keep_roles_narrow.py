"""A role that is taken over can do no more than its own work: tried by SQL, as each of them."""

import uuid

import pytest
from psycopg import errors

from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters.policy.rights import ERASED
from tests.concurrency.committed import City, as_role
from tests.protection.standing import Standing, stand


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


REFUSED = {
    "app": [
        *(
            f"UPDATE matters_matter SET {column} = {column}"
            for column in "number kind kind_version channel source source_number title body salt region_code place_text"
            " latitude longitude reported_at follow_hash".split()
        ),
        "UPDATE matters_assignment SET unit_id = unit_id",
        "UPDATE matters_assignment SET part = 'lead'",
        "UPDATE matters_clock SET due_at = now()",
        "UPDATE matters_ask SET to_unit_id = unit_id",
        "UPDATE matters_ask SET amount = '99wd'",
        "UPDATE matters_remark SET text = ''",
        "UPDATE matters_participant SET part = 'holder'",
        "UPDATE access_account SET staff_id = 1",
        "UPDATE access_account SET is_active = true",
        "UPDATE access_token SET post_id = 1",
        "UPDATE access_token SET expires_at = now()",
        "UPDATE organisation_post SET ranges = NULL",
        "UPDATE organisation_post_holding SET staff_id = 1",
        "INSERT INTO organisation_post_holding (post_id) VALUES (1)",
        "INSERT INTO access_account (username) VALUES ('x')",
        "INSERT INTO matters_kindversion (code) VALUES ('x')",
        "SELECT * FROM procrastinate_jobs",
        "SELECT * FROM auth_permission",
    ],
    "worker": [
        "SELECT follow_hash FROM matters_matter",
        "SELECT * FROM matters_matter",
        "SELECT * FROM matters_participant",
        "SELECT * FROM matters_remark",
        "SELECT * FROM notices_notice",
        "SELECT * FROM files_attachment",
        "SELECT * FROM access_account",
        "SELECT * FROM access_session",
        "SELECT name FROM files_attachment",
        "INSERT INTO organisation_staff (name) VALUES ('x')",
        "UPDATE access_token SET post_id = 1",
        "SELECT key FROM matters_submission",
        "UPDATE matters_matter SET scope_code = ''",
        "UPDATE matters_clock SET due_at = now()",
        "UPDATE notices_event SET body = '{}'",
        "INSERT INTO matters_matter (id) VALUES (1)",
        "INSERT INTO matters_participant (matter_id) VALUES (1)",
        "INSERT INTO vault_record (part) VALUES ('phone')",
    ],
    "importer": [
        "SELECT payload FROM journal_entry",
        "SELECT author_post_id FROM journal_entry",
        "SELECT title FROM matters_matter",
        "SELECT * FROM vault_record",
        "SELECT * FROM matters_remark",
        "SELECT * FROM matters_clock",
        "SELECT * FROM matters_assignment",
        "SELECT * FROM notices_event",
        "SELECT data FROM access_session",
        "UPDATE matters_matter SET stage = 'closed'",
        "UPDATE matters_remark SET text = ''",
        "UPDATE organisation_unit SET name = ''",
        "DELETE FROM matters_matter",
        "DELETE FROM vault_record",
    ],
}


@pytest.mark.parametrize(("role", "statement"), [(role, each) for role, listed in REFUSED.items() for each in listed])
def test_it_refuses_what_is_not_its_work(city, standing, role, statement):
    actor = standing.actors["supervisor"] if role == "app" else None
    with as_role(city.installation, role, actor) as opened, pytest.raises(errors.InsufficientPrivilege):
        opened.execute(statement)


ENTRY = (
    "INSERT INTO journal_entry (happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,"
    " author_kind, author_post_id, author_unit_id, payload)"
    " VALUES (now(), 'matters.note', 1, %(kind)s, %(subject)s, 99, '', %(author)s, %(post)s, %(unit)s, '{}')"
)


def test_it_signs_the_journal_only_as_the_post_that_acts(city, standing):
    """Neither as another post, nor as the system, nor as a reporter; and a reporter not as a post."""
    handler, other = standing.actors["handler"], standing.actors["checker"]
    own = {"kind": "matter", "subject": standing.matters["own"], "post": None, "unit": None}
    mine = own | {"author": "post", "post": handler.post_id, "unit": handler.unit_id}
    as_post = (
        (mine, True),
        (mine | {"post": other.post_id}, False),
        (mine | {"unit": other.unit_id}, False),
        (mine | {"subject": standing.matters["foreign"]}, False),
        (own | {"author": "reporter"}, False),
        (own | {"author": "system"}, False),
        (own | {"author": "importer"}, False),
    )
    as_reporter = ((own | {"author": "reporter"}, True), (mine, False), (own | {"author": "system"}, False))
    for who, tries in (("handler", as_post), ("reporter", as_reporter)):
        for values, may in tries:
            with as_role(city.installation, "app", standing.actors[who]) as opened:
                if may:
                    opened.execute(ENTRY, values)
                    continue
                with pytest.raises(errors.InsufficientPrivilege):
                    opened.execute(ENTRY, values)


def test_it_keeps_a_changed_matter_in_the_sight_of_whoever_changed_it(city, standing):
    """Even by an UPDATE that reads nothing, of which the policy for reading is never asked."""
    with as_role(city.installation, "app", standing.actors["county_checker"]) as opened:
        with pytest.raises(errors.InsufficientPrivilege), opened.transaction():
            opened.execute("UPDATE matters_matter SET scope_code = '370306'")
        opened.execute("UPDATE matters_matter SET scope_code = '370303'")


def test_it_lets_a_stopped_clock_lie_and_an_ended_matter_rest(city, standing):
    with as_role(city.installation, "app", standing.actors["supervisor"]) as opened:
        before = opened.execute("SELECT count(*) FROM matters_clock WHERE stopped_at IS NULL").fetchone()
        assert opened.execute("UPDATE matters_clock SET stopped_at = now()").rowcount == (before or (0,))[0] > 0
        assert opened.execute("UPDATE matters_clock SET stopped_at = NULL").rowcount == 0
    with as_role(city.installation, "owner") as owner:
        owner.execute(
            "UPDATE matters_matter SET ended_at = now(), result = 'closed', due_at = NULL, holder_unit_id = NULL"
            " WHERE id = %s",
            [standing.matters["waiting there"]],
        )
        owner.commit()
    with as_role(city.installation, "worker") as worker:
        ended = [standing.matters["waiting there"]]
        with pytest.raises(errors.IntegrityError):
            worker.execute("UPDATE matters_matter SET stage = 'x' WHERE id = %s", ended)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE matters_matter SET body = ''",
        "UPDATE matters_matter SET title = 'x', body = 'x', salt = ''",
        "UPDATE matters_matter SET place_text = 'x'",
        "UPDATE matters_matter SET salt = '\\x01'",
        "UPDATE matters_remark SET text = 'x', salt = ''",
    ],
)
def test_it_changes_what_was_written_only_to_delete_it(city, standing, statement):
    with as_role(city.installation, "worker") as worker, pytest.raises(errors.IntegrityError):
        worker.execute(statement)


def test_it_puts_nothing_but_the_word_for_it_in_place_of_what_was_deleted(city, standing):
    """Even then only where the matter has ended; the word is that of the program."""
    gone = "title = %(word)s, body = %(word)s, place_text = '', latitude = NULL, longitude = NULL, salt = ''"
    values = {"word": ERASED, "id": standing.matters["own"]}
    with as_role(city.installation, "worker") as worker, pytest.raises(errors.IntegrityError):
        worker.execute(f"UPDATE matters_matter SET {gone} WHERE id = %(id)s", values)
    with as_role(city.installation, "owner") as owner:
        owner.execute(
            f"UPDATE matters_matter SET {gone}, ended_at = now(), result = 'closed', due_at = NULL, warn_at = NULL,"
            " holder_unit_id = NULL WHERE id = %(id)s",
            values,
        )
        owner.rollback()


def test_it_lets_nobody_consent_for_a_reporter(city, standing):
    with as_role(city.installation, "app", standing.actors["supervisor"]) as opened:
        opened.execute("UPDATE matters_matter SET public_consent = false")
        with pytest.raises(errors.IntegrityError):
            opened.execute("UPDATE matters_matter SET public_consent = true")


def test_it_finds_a_submission_by_its_key_alone(city, standing):
    key, other = uuid.uuid4(), uuid.uuid4()
    insert = (
        "INSERT INTO matters_submission (door, key, fingerprint, matter_id, step, sent_at)"
        " VALUES (%s, %s, '', 1, 1, now()) ON CONFLICT DO NOTHING"
    )
    handler = standing.actors["handler"]
    with as_role(city.installation, "app", ANYONE) as opened:
        opened.execute(insert, ["reporter", key])
        opened.execute(insert, ["reporter", other])
        assert opened.execute("SELECT key FROM matters_submission").fetchall() == []
        opened.execute("SELECT set_config('shanzhi.submission', %s, true)", [str(key)])
        assert opened.execute("SELECT key FROM matters_submission").fetchall() == [(key,)]
        with pytest.raises(errors.InsufficientPrivilege):
            opened.execute(insert, [f"post:{handler.post_id}", uuid.uuid4()])
    with as_role(city.installation, "app", handler) as opened:
        opened.execute(insert, [f"post:{handler.post_id}", key])
        with pytest.raises(errors.InsufficientPrivilege):
            opened.execute(insert, ["reporter", key])


def test_it_forgets_no_young_submission(city):
    """Or a form could be carried out twice."""
    with as_role(city.installation, "owner") as owner:
        owner.execute(
            "INSERT INTO matters_submission (door, key, fingerprint, matter_id, step, sent_at)"
            " SELECT 'reporter', gen_random_uuid(), '', 1, 1, now() - days * interval '1 day'"
            " FROM unnest(ARRAY[0, 30]) AS days"
        )
        owner.commit()
    with as_role(city.installation, "worker") as worker:
        assert worker.execute("DELETE FROM matters_submission WHERE sent_at < now()").rowcount == 1


def test_it_lets_a_reporter_give_no_work_and_release_no_inner_word(city, standing):
    own = standing.matters["own"]
    for statement in (
        "INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at)"
        " VALUES (%s, 1, 'co', 'waiting', now())",
        "INSERT INTO matters_remark (matter_id, step, part, text, salt, for_reporter) VALUES (%s, 98, 'w', 'x', '', false)",
        "INSERT INTO matters_words VALUES (%s + 5000000, '', 1)",
    ):
        with (
            as_role(city.installation, "app", standing.actors["reporter"]) as opened,
            pytest.raises(errors.InsufficientPrivilege),
        ):
            opened.execute(statement, [own])
