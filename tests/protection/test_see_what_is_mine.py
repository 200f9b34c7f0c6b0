"""Who sees which matter, and everything that belongs to it: by the doors, and by SQL that has forgotten every filter."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.files import queries as files
from shanzhi.kernel.files.policy import FileMissing
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations.step import MatterNotFound
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.vault import queries as vault
from tests.city import NOW
from tests.concurrency.committed import City, as_role
from tests.protection.standing import VISIBLE, Standing, stand

# Table → the matter's id in its rows, and which rows to look at.
OF_MATTERS = {
    "matters_matter": "SELECT id FROM matters_matter",
    "matters_assignment": "SELECT matter_id FROM matters_assignment",
    "matters_clock": "SELECT matter_id FROM matters_clock",
    "matters_remark": "SELECT matter_id FROM matters_remark",
    "matters_suggestion": "SELECT matter_id FROM matters_suggestion",
    "journal_entry": "SELECT CASE subject_kind WHEN 'matter' THEN subject_id ELSE -1 END FROM journal_entry",
    "vault_record": "SELECT CASE subject_kind WHEN 'matter' THEN subject_id ELSE -1 END FROM vault_record",
    "files_attachment": "SELECT CASE subject_kind WHEN 'matter' THEN subject_id ELSE -1 END FROM files_attachment",
}
HAVE_ROWS = dict.fromkeys(OF_MATTERS, VISIBLE["checker"]) | {
    "matters_assignment": {"own", "returned", "transferred", "foreign"},
    "matters_remark": {"own", "returned"},
}
# Who may reach the reporter: less than who sees the matter. The rows let a checker in from dispatch on; the kind's stages,
# which rows don't know, hold them to the stage of checking (kernel/matters/tests/test_reach_the_reporter.py).
UNDECIDED = {"waiting here", "waiting there", "no region"}
REACHES = VISIBLE | {
    "dispatcher": UNDECIDED,
    "second_dispatcher": UNDECIDED,
    "checker": VISIBLE["checker"] - UNDECIDED,
    "county_checker": VISIBLE["county_checker"] - UNDECIDED,
    # It had two more: one that it handed back, one that was taken from it.
    "handler": {"own"},
}
SHOWN = dict.fromkeys(OF_MATTERS, VISIBLE) | {"vault_record": REACHES}
ACTORS = sorted(VISIBLE)


@pytest.fixture(scope="module")
def standing(city: City) -> Standing:
    return stand(city)


@contextmanager
def looking(city: City, standing: Standing, who: str) -> Iterator[psycopg.Connection]:
    with as_role(city.installation, "app", standing.actors[who]) as opened:
        yield opened


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("table", OF_MATTERS)
def test_it_shows_by_sql_without_a_filter_exactly_what_is_mine(city, standing, who, table):
    with looking(city, standing, who) as opened:
        seen = {row[0] for row in opened.execute(OF_MATTERS[table]).fetchall()}
        opened.execute(f"SELECT * FROM {table}").fetchall()
    # What the background suggests is for posts: it names units and other people's matters.
    hidden = table == "matters_suggestion" and not standing.actors[who].is_post
    assert standing.named(seen) == (set() if hidden else SHOWN[table][who] & HAVE_ROWS[table])


def test_it_shows_a_reporter_no_word_and_no_file_that_is_for_the_offices(city, standing):
    """Not by SQL either: notes between offices and evidence that wasn't released."""
    seen = {}
    for who in ("handler", "second_handler", "reporter"):
        with looking(city, standing, who) as opened:
            own = standing.matters["own"]
            seen[who] = (
                opened.execute("SELECT for_reporter FROM matters_remark WHERE matter_id = %s", [own]).fetchall(),
                opened.execute("SELECT name FROM files_attachment WHERE subject_id = %s", [own]).fetchall(),
            )
    assert seen["handler"] == seen["second_handler"] == ([(False,), (True,)], [("协议.pdf",), ("内部.pdf",)])
    assert seen["reporter"] == ([(True,)], [("协议.pdf",)])


@pytest.mark.parametrize("who", ACTORS)
def test_it_counts_and_aggregates_no_more_than_it_shows(city, standing, who):
    with looking(city, standing, who) as opened:
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (len(VISIBLE[who]),)
        rows = opened.execute("SELECT count(DISTINCT matter_id) FROM matters_clock").fetchone()
    assert rows == (len(VISIBLE[who]),)


@pytest.mark.parametrize("who", ACTORS)
@pytest.mark.parametrize("name", sorted(VISIBLE["checker"]))
def test_it_shows_by_the_doors_exactly_what_is_mine(standing, who, name):
    actor, matter_id = standing.actors[who], standing.matters[name]
    sees = name in VISIBLE[who]
    with acting(actor):
        if sees:
            assert queries.card(matter_id, actor=actor, now=NOW).id == matter_id
        else:
            with pytest.raises(MatterNotFound):
                queries.card(matter_id, actor=actor, now=NOW)
        assert (vault.parts_kept("matter", matter_id) != frozenset()) is (name in REACHES[who])
        assert (journal.entries_of("matter", matter_id) != []) is sees
        attached = files.attachments_of("matter", matter_id)
        assert (attached != []) is sees
        assert [row.id for row in queries.rows_by_ids([matter_id], now=NOW)] == [matter_id] * sees


@pytest.mark.parametrize("who", ACTORS)
def test_it_lists_exactly_what_is_mine(standing, who):
    with acting(standing.actors[who]):
        page = queries.matters_page(wanted=ListFilter(open_only=False), now=NOW)
    assert standing.named({row.id for row in page.rows}) == VISIBLE[who]
    assert page.total == len(VISIBLE[who])


@pytest.mark.parametrize("who", ACTORS)
def test_it_lets_nobody_act_on_what_they_do_not_see(standing, who):
    actor = standing.actors[who]
    for name in VISIBLE["checker"] - VISIBLE[who]:
        with pytest.raises(MatterNotFound), acting(actor):
            operations.act(
                matter_id=standing.matters[name], action="note", actor=actor, now=NOW, fields={"words": "看看"}
            )


def test_it_opens_no_contact_of_a_foreign_matter(standing):
    actor = standing.actors["handler"]
    with pytest.raises(MatterNotFound), acting(actor):
        operations.reveal_contact(matter_id=standing.matters["foreign"], reason="visit", actor=actor, now=NOW)


def test_it_opens_no_file_of_a_foreign_matter(city, standing):
    with as_role(city.installation, "owner") as owner:
        row = owner.execute(
            "SELECT id FROM files_attachment WHERE subject_id = %s", [standing.matters["foreign"]]
        ).fetchone()
    assert row is not None
    with pytest.raises(FileMissing), acting(standing.actors["handler"]):
        files.open_attachment(row[0])


@pytest.mark.parametrize("who", ACTORS)
def test_it_shows_a_unit_its_own_parts_and_notices_only(city, standing, who):
    actor = standing.actors[who]
    with looking(city, standing, who) as opened:
        parts = {row[0] for row in opened.execute("SELECT unit_id FROM matters_participant").fetchall()}
        notices = {row[0] for row in opened.execute("SELECT unit_id FROM notices_notice").fetchall()}
    own = {actor.unit_id} if actor.unit_id is not None else set()
    has_part = who not in {"neighbour_dispatcher", "county_checker", "security_officer", "auditor"}
    assert parts == (own if has_part else set())
    assert notices == (own if has_part else set())


def test_it_has_rows_in_every_table_that_the_matrix_looks_at(city, standing):
    """Else the matrix above proves nothing."""
    with as_role(city.installation, "owner") as owner:
        for table, statement in OF_MATTERS.items():
            seen = {row[0] for row in owner.execute(statement).fetchall()} - {-1}
            assert standing.named(seen) == HAVE_ROWS[table], table
        assert owner.execute("SELECT count(DISTINCT unit_id) FROM notices_notice").fetchone() == (4,)


def test_it_shows_a_reporter_a_second_matter_only_with_its_own_code(city, standing):
    first, both = standing.actors["reporter"], standing.actors["reporter of two"]
    assert first.follow[0] in both.follow
    half = Actor(follow=(first.follow[0][:32],))
    with as_role(city.installation, "app", half) as opened:
        assert opened.execute("SELECT count(*) FROM matters_matter").fetchone() == (0,)
