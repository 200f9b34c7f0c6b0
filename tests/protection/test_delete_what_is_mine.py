"""A reporter has what is kept deleted: what goes, what stays, who may ask, and what the web itself can't do."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.db import connection, transaction

from shanzhi.config import database
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.files import operations as files
from shanzhi.kernel.files.policy import preview_key, storage_key
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import MatterNotFound
from shanzhi.kernel.matters.policy.rights import ERASED, StillOpen
from shanzhi.kernel.matters.queries import ListFilter
from shanzhi.kernel.vault.policy.keeping import OnHold
from shanzhi.modules.intake.tests.test_report_a_problem import picture
from tests.city import NOW
from tests.protection.rights_support import (
    NAME,
    PHONE,
    ask,
    closed,
    closes,
    entries,
    paper,
    report,
    reporter,
    rows_with,
    work,
)

__all__ = ["closed", "closes"]


def test_it_says_which_parts_went_and_who_had_them_deleted(city, closed):
    ask(closed)
    work(city)
    asked, erased, told = entries(closed)[-3:]
    assert (asked.action, asked.author_kind, asked.payload) == ("matters.erase_asked", "reporter", {"what": "all"})
    assert (erased.action, erased.author_kind, erased.payload["reason"]) == ("vault.erased", "reporter", "withdrawn")
    assert {"name", "phone", "title", "body"} - set(erased.payload["parts"]) <= {"title"}
    assert (told.action, told.author_kind) == ("matters.erased", "reporter")
    assert told.payload == {
        "what": "all",
        "parts": ["contact", "originals", "text", "place", "point", "remarks", "files"],
        "steps": 2,
        "files": 2,
    }
    assert [row.step for row in entries(closed)] == list(range(1, len(entries(closed)) + 1))
    with database.acting_as(city.installation, "worker"):
        state = queries.loop_state()
    assert (state.lost, state.out_of_step) == ((), ())
    with acting(city.cast.checker):
        card = queries.card(closed.matter_id, actor=city.cast.checker, now=NOW)
    assert (card.title, card.body, card.place, card.has_contact, card.attachments) == (
        ERASED,
        ERASED,
        ERASED,
        False,
        (),
    )
    assert card.reply == "已清理楼道。"
    assert card.timeline[-1].title == "已按本人请求删除"


def test_it_still_shows_the_matter_to_whoever_has_the_code(city, closed):
    ask(closed)
    work(city)
    with acting(reporter(closed)):
        card = queries.card(closed.matter_id, actor=reporter(closed), now=NOW)
        state = queries.rights_state(closed.matter_id, reporter(closed))
        assert queries.kept(reporter(closed)) == []
    assert (card.number, card.result, card.title) == (closed.number, "closed", ERASED)
    assert state is not None
    assert (state.is_erased, state.has_contact, state.asked) == (True, False, "")


def test_it_is_found_by_no_word_of_it_any_more(city, closed):
    found = ListFilter(words="旧沙发", open_only=False)
    assert closed.number in _numbers(city, found)
    ask(closed)
    work(city)
    assert closed.number not in _numbers(city, found)
    assert closed.number in _numbers(city, ListFilter(words=closed.number, open_only=False))


def _numbers(city, wanted: ListFilter) -> list[str]:
    with acting(city.cast.checker):
        return [row.number for row in queries.matters_page(wanted, now=NOW, actor=city.cast.checker).rows]


def test_it_lets_the_database_know_the_word_for_what_was_deleted():
    """The triggers let no other text take a text's place."""
    assert import_module("shanzhi.kernel.matters.migrations.0007_forgetting").ERASED == ERASED


def test_it_does_nothing_the_second_time(city, closed):
    ask(closed)
    ask(closed)
    work(city)
    count = len(entries(closed))
    with database.acting_as(city.installation, "worker"):
        assert operations.erase_asked(matter_id=closed.matter_id, what="all", now=NOW) == ()
    assert len(entries(closed)) == count


def test_it_keeps_the_bytes_that_somebody_else_handed_in_too(city, closed, evidence_store):
    shared = paper("另一件.pdf")
    other = report(body="另一件事", title="另一件", stored=[shared])
    ask(closed)
    work(city)
    assert (evidence_store / storage_key(shared.sha256)).exists()
    with acting(reporter(other)):
        assert [row.sha256 for row in queries.card(other.matter_id, actor=reporter(other), now=NOW).attachments] == [
            shared.sha256
        ]
    photos = [
        path
        for path in evidence_store.rglob("*")
        if path.is_file() and path.name != Path(storage_key(shared.sha256)).name
    ]
    assert photos == []


def test_it_leaves_bytes_that_came_in_again_before_they_were_removed(city, closed, evidence_store):
    photo = files.store(data=picture(), name="再来.jpg", now=NOW)
    with database.acting_as(city.installation, "worker"):
        operations.erase_asked(matter_id=closed.matter_id, what="all", now=NOW)
    again = report(body="又一件事", stored=[photo])
    work(city)
    assert (evidence_store / storage_key(photo.sha256)).exists()
    assert (evidence_store / preview_key(photo.sha256)).exists()
    assert again.number


def test_it_refuses_while_the_matter_is_open_and_deletes_contact_at_any_time(city, evidence_store):
    made = report()
    with pytest.raises(StillOpen):
        ask(made)
    ask(made, "contact")
    work(city)
    with acting(reporter(made)):
        assert {piece.part for piece in queries.kept(reporter(made))} == {"body"}
    assert entries(made)[-1].payload == {"what": "contact", "parts": ["contact"], "steps": 0, "files": 0}
    assert {word for table, word in rows_with(city, (PHONE, NAME)) if table == "vault_record"} == set()
    with database.acting_as(city.installation, "worker"):
        operations.erase_asked(matter_id=made.matter_id, what="all", now=NOW)
    with acting(reporter(made)):
        assert queries.card(made.matter_id, actor=reporter(made), now=NOW).body.startswith("丁香里9号")


def test_it_says_why_while_a_hold_stands(city, closed):
    with database.acting_as(city.installation, "worker"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO vault_hold (subject_kind, subject_id, ground, until_on, placed_at)"
            " VALUES ('matter', %s, 'lawsuit', %s, %s)",
            [closed.matter_id, NOW.date() + timedelta(days=90), NOW],
        )
    with pytest.raises(OnHold, match="诉讼或者仲裁需要"):
        ask(closed)
    assert entries(closed)[-1].action == "matters.rate"


def test_it_is_nobody_elses_to_ask_for(city, closed):
    other = report()
    for actor in (reporter(other), city.cast.handler, city.cast.supervisor, ANYONE):
        with pytest.raises(MatterNotFound), acting(actor):
            operations.erase_ask(matter_id=closed.matter_id, what="all", actor=actor, now=NOW)


def test_it_is_all_or_nothing(city, closed, monkeypatch):
    class Stop(Exception):
        pass

    def fails(**_: object) -> None:
        raise Stop

    count = len(entries(closed))
    monkeypatch.setattr("shanzhi.kernel.notices.operations.notices_reword", fails)
    with database.acting_as(city.installation, "worker"), pytest.raises(Stop):
        operations.erase_asked(matter_id=closed.matter_id, what="all", now=NOW)
    assert len(entries(closed)) == count
    with acting(reporter(closed)):
        assert queries.card(closed.matter_id, actor=reporter(closed), now=NOW).has_contact


@pytest.mark.parametrize("who", ["reporter", "handler"])
def test_it_can_not_be_done_by_the_web_itself(city, closed, who):
    actor = reporter(closed) if who == "reporter" else city.cast.handler
    for statement in (
        "DELETE FROM vault_record",
        "DELETE FROM files_attachment",
        "DELETE FROM files_blob",
        "UPDATE matters_remark SET text = ''",
        "UPDATE vault_record SET legal_ground = 'law'",
    ):
        with (
            pytest.raises(Exception, match="permission denied"),
            transaction.atomic(),
            acting(actor),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)
