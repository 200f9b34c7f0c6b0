"""Personal data goes in sealed, comes out for a named reason to a named post, and its subject can see that it did."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection, transaction

from shanzhi.core.errors import DomainError, InputError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, IMPORTER, SYSTEM, Actor, SignInNeeded
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Subject
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.vault import operations, queries
from shanzhi.kernel.vault.keys import keyring
from shanzhi.kernel.vault.operations import Keep
from shanzhi.kernel.vault.policy.envelope import Tampered, record_context
from tests.city import NOW, Cast

pytestmark = pytest.mark.django_db

PHONE = "13812345678"
EXPIRES = date(2030, 11, 1)


@pytest.fixture
def made(cast: Cast) -> Reported:
    """A matter of the handler's, with contact and a masked original."""
    with acting(ANYONE):
        found = matters.report(
            new=NewReport(
                title="电梯",
                body=f"电梯坏了，请打{PHONE}",
                region_code="370303009006",
                contact_name="赵钱孙",
                contact_phone=PHONE,
            ),
            actor=ANYONE,
            now=NOW,
        )
    for action, given in (
        ("accept", {"category": "housing.property-service"}),
        ("dispatch", {"lead": cast.handler.unit_id}),
    ):
        with acting(cast.dispatcher):
            matters.act(matter_id=found.matter_id, action=action, actor=cast.dispatcher, now=NOW, fields=given)
    return found


def subject(made: Reported, step: int = 4) -> Subject:
    return Subject("matter", made.matter_id, step, "370303009006")


def reveal(made: Reported, actor: Actor, reason: str = "visit", purposes: tuple[str, ...] = ("contact",)):
    return operations.reveal(subject=subject(made), purposes=purposes, reason=reason, actor=actor, now=NOW)


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def test_it_keeps_nothing_in_plain_text(cast, made):
    with acting(cast.handler):
        kept = rows("SELECT part, sealed, blind_index, vault_record::text FROM vault_record ORDER BY part")
    assert [row[0] for row in kept] == ["body", "name", "phone"]
    for _, sealed, _, whole in kept:
        for plain in (PHONE, "赵钱孙", "电梯"):
            assert plain not in whole
            assert plain.encode() not in bytes(sealed)
            assert plain.encode().hex() not in whole
    assert [row[2] is not None for row in kept] == [False, False, True]


def test_it_finds_an_equal_phone_by_its_blind_index_and_seals_it_differently(cast, made):
    with acting(cast.handler):
        piece = Keep("matter", made.matter_id, "contact", "phone", PHONE, "consent", indexed=True)
        assert operations.keep([piece, piece], now=NOW, expires_on=EXPIRES) == 2
        wanted = keyring().blind_index(PHONE, "phone")
        found = rows("SELECT sealed FROM vault_record WHERE blind_index = %s", wanted)
        assert len({bytes(row[0]) for row in found}) == len(found) == 3
        assert rows("SELECT 1 FROM vault_record WHERE blind_index = %s", keyring().blind_index(PHONE, "name")) == []
        assert operations.keep([], now=NOW, expires_on=EXPIRES) == 0


def test_it_opens_a_contact_for_a_reason_and_journals_which_and_why(cast, made):
    with acting(cast.handler):
        assert reveal(made, cast.handler) == {"name": "赵钱孙", "phone": PHONE}
        entry = journal.entries_of("matter", made.matter_id)[-1]
    assert (entry.action, entry.step, entry.author_post_id, entry.author_unit_id) == (
        "vault.read",
        4,
        cast.handler.post_id,
        cast.handler.unit_id,
    )
    assert entry.payload == {"parts": ["name", "phone"], "reason": "visit"}
    assert entry.happened_at == NOW


def test_it_opens_the_original_apart_from_the_contact(cast, made):
    with acting(cast.handler):
        assert reveal(made, cast.handler, "original", ("original",)) == {"body": f"电梯坏了，请打{PHONE}"}


@pytest.mark.parametrize("reason", ["", "curious", "VISIT", "visit "])
def test_it_opens_nothing_without_a_reason_from_the_list(cast, made, reason):
    with acting(cast.handler):
        before = len(journal.entries_of("matter", made.matter_id))
        with pytest.raises(InputError):
            reveal(made, cast.handler, reason)
        assert len(journal.entries_of("matter", made.matter_id)) == before


def test_it_opens_nothing_for_whoever_is_no_post(made):
    for actor in (Actor(follow=(made.follow_hash,)), ANYONE, SYSTEM, IMPORTER):
        with pytest.raises(SignInNeeded), acting(actor):
            reveal(made, actor)


def test_it_opens_nothing_that_the_post_does_not_see_and_journals_nothing(cast, made):
    with acting(cast.neighbour_handler):
        assert reveal(made, cast.neighbour_handler) == {}
        assert queries.parts_kept("matter", made.matter_id) == frozenset()
    with acting(cast.handler):
        assert "vault.read" not in {row.action for row in journal.entries_of("matter", made.matter_id)}


def test_it_journals_nothing_where_nothing_is_kept(cast, made):
    with acting(cast.handler):
        assert reveal(made, cast.handler, purposes=()) == {}
        assert journal.entries_of("matter", made.matter_id)[-1].action == "matters.dispatch"


@pytest.mark.parametrize("where", ["another part", "another subject"])
def test_it_opens_no_piece_that_was_put_in_another_s_place(cast, made, where):
    """A sealed piece that somebody copies, as it is, can't be opened where it was copied to, and nothing is told."""
    with acting(cast.handler):
        [(sealed,)] = rows("SELECT sealed FROM vault_record WHERE part = 'phone'")
    target = made.matter_id if where == "another part" else made.matter_id + 1_000_000
    part = "name" if where == "another part" else "phone"
    copy = (
        "INSERT INTO vault_record (subject_kind, subject_id, purpose, part, sealed, legal_ground, kept_at, expires_on)"
        " VALUES ('matter', %s, 'contact', %s, %s, 'duty', %s, %s) RETURNING 1"
    )
    if where == "another subject":
        with pytest.raises(Tampered):
            keyring().open_sealed(bytes(sealed), context=record_context("matter", target, part))
        return
    with acting(cast.handler):
        rows(copy, target, part, bytes(sealed), NOW, EXPIRES)
        with pytest.raises(Tampered), transaction.atomic():
            reveal(made, cast.handler)
        assert journal.entries_of("matter", made.matter_id)[-1].action == "matters.dispatch"


def test_it_shows_the_reporter_who_read_what_and_why(cast, made):
    from shanzhi.kernel.matters import queries as cards  # noqa: PLC0415 - the reporter's page, used here alone

    with acting(cast.handler):
        matters.reveal_contact(matter_id=made.matter_id, reason="visit", actor=cast.handler, now=NOW)
    me = Actor(follow=(made.follow_hash,))
    with acting(me):
        card = cards.card(made.matter_id, actor=me, now=NOW)
    read = [row for row in card.timeline if row.action == "vault.read"]
    assert [row.detail["reason"] for row in read] == ["上门办理"]
    assert read[0].who not in {"", "—"}
    assert cast.handler.staff_name not in read[0].who


def test_it_refuses_a_purpose_and_a_ground_that_are_none(cast, made):
    for changes in ({"purpose": "sale"}, {"legal_ground": "because"}):
        piece = {"purpose": "contact", "legal_ground": "duty"} | changes
        with acting(cast.handler), pytest.raises(Exception, match="vault_record"), transaction.atomic():
            operations.keep(
                [Keep("matter", made.matter_id, part="phone", text=PHONE, **piece)],  # type: ignore[arg-type]
                now=NOW,
                expires_on=EXPIRES,
            )


def test_it_tells_the_same_sentence_in_each_error(cast, made):
    with acting(cast.handler), pytest.raises(DomainError) as told:
        reveal(made, cast.handler, "")
    assert told.value.fields == {"reason": "请选择查看理由。"}
    assert datetime(2025, 11, 18, tzinfo=UTC) < NOW
