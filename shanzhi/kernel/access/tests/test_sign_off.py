"""Two people: one asks, another decides, on pages; nobody goes round it, not by SQL either."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.utils import ProgrammingError
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from shanzhi.core.errors import InputError, NotAllowed
from shanzhi.kernel.access import operations, queries
from shanzhi.kernel.access.models import Account, Signoff
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor, SignInNeeded, SignoffField, SignoffKind, offer_signoff
from shanzhi.kernel.access.policy.signoff import (
    NeedsPerson,
    SamePerson,
    SignoffClosed,
    SignoffMissing,
    SignoffNotFound,
    _kinds,
)
from shanzhi.kernel.journal.queries import entries_of
from tests.city import LOGINS, Cast, _actor
from tests.desks import BACKEND

pytestmark = pytest.mark.django_db
KIND = "test.keys"
NOW = timezone.now()
GOOD = {"what": "one", "on": "2025-11-18", "why": "到期更换"}


@pytest.fixture(autouse=True)
def kind() -> Iterator[SignoffKind]:
    offered = SignoffKind(
        KIND,
        "测试换钥",
        "keep",
        (
            SignoffField("what", "换哪一把", "choice", choices=(("one", "第一把"), ("two", "第二把"))),
            SignoffField("on", "哪一天", "date"),
            SignoffField("why", "理由"),
            SignoffField("more", "补充", required=False),
        ),
    )
    offer_signoff(offered)
    yield offered
    del _kinds[KIND]


def ask(actor: Actor, now=NOW, **fields: str) -> int:
    with acting(actor):
        return operations.signoff_ask(kind=KIND, fields={**GOOD, **fields}, actor=actor, now=now)


def decide(actor: Actor, number: int, approve: bool = True, words: str = "已核对", now=NOW) -> None:
    with acting(actor):
        operations.signoff_decide(signoff_id=number, approve=approve, words=words, actor=actor, now=now)


def browser(part: str) -> Client:
    client = Client()
    client.force_login(Account.objects.get(username=LOGINS[part]), backend=BACKEND)
    return client


# -- by the doors ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", ["dispatcher", "handler", "checker", "supervisor", "security_officer", "auditor"])
def test_it_is_asked_for_by_who_may(cast: Cast, part: str) -> None:
    with pytest.raises(NotAllowed):
        ask(getattr(cast, part))


@pytest.mark.parametrize("part", ["dispatcher", "handler", "checker", "supervisor", "keeper", "auditor"])
def test_it_is_decided_by_security_officers_alone(cast: Cast, part: str) -> None:
    number = ask(cast.keeper)
    with pytest.raises(NotAllowed):
        decide(getattr(cast, part), number)


def test_it_is_no_visitors_business(cast: Cast) -> None:
    with pytest.raises(SignInNeeded):
        ask(Actor())
    with pytest.raises(SignInNeeded):
        decide(Actor(), ask(cast.keeper))


def test_it_is_never_decided_by_who_asked(cast: Cast) -> None:
    """Not the same person in an officer's post, not the post's next holder, not a program."""
    number, officer = ask(cast.keeper), cast.security_officer
    with pytest.raises(SamePerson):
        decide(replace(officer, staff_id=cast.keeper.staff_id), number)
    with pytest.raises(SamePerson):
        decide(replace(officer, post_id=cast.keeper.post_id), number)
    with pytest.raises(NeedsPerson):
        decide(replace(officer, by_token=True), number)
    with pytest.raises(NeedsPerson):
        ask(replace(cast.keeper, by_token=True))
    assert Signoff.objects.count() == 0
    with acting(officer):
        assert queries.signoff_card(number, actor=officer, now=NOW).row.state == "asked"


def test_it_stays_within_the_officers_place(cast: Cast) -> None:
    """A county's officer sees and decides nothing of the city's, nor of the county next to it."""
    city, there = ask(cast.keeper), ask(_actor("centre-370306", "keeper", 0))
    here = _actor("centre-370303", "security_officer", 0)
    for number in (city, there):
        with pytest.raises(SignoffNotFound):
            decide(here, number)
    with acting(here):
        assert queries.signoffs_page("waiting", actor=here, now=NOW).rows == ()
    decide(cast.security_officer, there)


@pytest.mark.parametrize("words", ["", "  ", "x" * 501])
def test_it_is_decided_in_words(cast: Cast, words: str) -> None:
    with pytest.raises(InputError):
        decide(cast.security_officer, ask(cast.keeper), words=words)


@pytest.mark.parametrize(
    "field, value",
    [("what", "three"), ("what", ""), ("on", "18.11.2025"), ("on", "2025-02-30"), ("why", " "), ("why", "x" * 501)],
)
def test_it_says_what_is_wrong_with_a_request(cast: Cast, field: str, value: str) -> None:
    with pytest.raises(InputError) as refused:
        ask(cast.keeper, **{field: value})
    assert list(refused.value.fields) == [field]


def test_it_keeps_no_field_that_the_kind_does_not_know(cast: Cast) -> None:
    number = ask(cast.keeper, **{"@post": "1", "state": "approved"})
    with acting(cast.keeper):
        assert Signoff.objects.get(pk=number).params == GOOD


def test_it_journals_every_step_without_words(cast: Cast) -> None:
    number = ask(cast.keeper)
    decide(cast.security_officer, number)
    with acting(cast.auditor):
        entries = entries_of("signoff", number)
    assert [(row.step, row.action, row.author_post_id) for row in entries] == [
        (1, "signoff.ask", cast.keeper.post_id),
        (2, "signoff.decide", cast.security_officer.post_id),
    ]
    said = dict(entries[0].payload["fields"])
    assert (said["what"], said["on"], len(said["why"])) == ("one", "2025-11-18", 64)
    assert "到期更换" not in str(entries[0].payload)
    assert "已核对" not in str(entries[1].payload)
    with acting(cast.handler):
        assert entries_of("signoff", number) == []


def test_it_is_taken_back_by_who_asked_alone(cast: Cast) -> None:
    number = ask(cast.keeper)
    for actor in (cast.security_officer, cast.handler, cast.auditor):
        with pytest.raises(SignoffNotFound), acting(actor):
            operations.signoff_withdraw(signoff_id=number, actor=actor, now=NOW)
    with acting(cast.keeper):
        operations.signoff_withdraw(signoff_id=number, actor=cast.keeper, now=NOW)
    with pytest.raises(SignoffClosed):
        decide(cast.security_officer, number)


def test_it_gives_a_command_nothing_that_nobody_agreed_to(cast: Cast) -> None:
    ask(cast.keeper)
    refused = ask(cast.keeper)
    decide(cast.security_officer, refused, approve=False)
    with pytest.raises(SignoffMissing) as told, acting(cast.keeper):
        operations.signoff_use(kind=KIND, now=NOW)
    assert str(told.value) == (
        "“测试换钥”要先经双人复核同意。请在“双人复核”页面申请，由安全管理员同意后 72 小时内再运行。"
    )
    with pytest.raises(SignoffNotFound):
        operations.signoff_use(kind="no.such", now=NOW)


# -- by SQL that has forgotten the program ---------------------------------------------------------------------------


def sql(actor: Actor, statement: str, *values: str | int | None) -> int:
    with transaction.atomic(), acting(actor), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


APPROVE = (
    "UPDATE access_signoff SET state = 'approved', decided_at = now(), decided_by_post = %s, decided_by_staff = %s"
    " WHERE id = %s"
)


def test_the_database_lets_nobody_approve_their_own(cast: Cast) -> None:
    number, keeper, officer = ask(cast.keeper), cast.keeper, cast.security_officer
    # As the asker, under the asker's name or the officer's.
    for post, staff in ((keeper.post_id, keeper.staff_id), (officer.post_id, officer.staff_id)):
        with pytest.raises((ProgrammingError, IntegrityError)):
            sql(keeper, APPROVE, post, staff, number)
    # As an officer, in somebody else's name.
    with pytest.raises(ProgrammingError):
        sql(officer, APPROVE, 1, 1, number)
    # As one who can only look.
    with pytest.raises(ProgrammingError):
        sql(cast.auditor, "UPDATE access_signoff SET kind = 'other' WHERE id = %s", number)
    assert sql(cast.auditor, APPROVE, cast.auditor.post_id, cast.auditor.staff_id, number) == 0
    assert sql(cast.dispatcher, APPROVE, cast.dispatcher.post_id, cast.dispatcher.staff_id, number) == 0


def test_the_database_lets_nobody_change_what_was_asked_for_or_decided(cast: Cast) -> None:
    number, officer = ask(cast.keeper), cast.security_officer
    for change in ("params = '{}'", "asked_by_staff = 1", "kind = 'x'", "scope_code = '37'"):
        with pytest.raises(ProgrammingError):
            sql(officer, f"UPDATE access_signoff SET {change} WHERE id = %s", number)
    with pytest.raises(ProgrammingError):
        sql(officer, "DELETE FROM access_signoff")
    decide(officer, number, approve=False)
    for change in ("state = 'approved'", "words = 'x'", "state = 'done'"):
        with pytest.raises((ProgrammingError, IntegrityError)):
            sql(officer, f"UPDATE access_signoff SET {change} WHERE id = %s", number)


def test_the_database_takes_no_request_in_another_name(cast: Cast) -> None:
    columns = (
        "INSERT INTO access_signoff (kind, params, salt, state, scope_code, asked_at, asked_by_post, asked_by_unit,"
        " asked_by_staff, expires_at, words, outcome, tries, steps) VALUES ('k', '{}', '', %s, '3703', now(), %s, 1, %s,"
        " now() + interval '1 hour', '', '', 0, 1)"
    )
    officer, keeper = cast.security_officer, cast.keeper
    for state, post, staff in (
        ("asked", keeper.post_id, keeper.staff_id),
        ("asked", officer.post_id, keeper.staff_id),
        ("approved", officer.post_id, officer.staff_id),
    ):
        with pytest.raises((ProgrammingError, IntegrityError)):
            sql(officer, columns, state, post, staff)


# -- on pages --------------------------------------------------------------------------------------------------------


def test_it_walks_from_the_request_to_the_decision(cast: Cast) -> None:
    keeper, officer, auditor = browser("keeper"), browser("security_officer"), browser("auditor")
    assert "测试换钥" in keeper.get("/signoffs/").content.decode()
    page = keeper.post(f"/signoffs/new/{KIND}/", {**GOOD, "why": ""})
    assert page.status_code == 422
    assert "请填写这一项。" in page.content.decode()
    where = keeper.post(f"/signoffs/new/{KIND}/", GOOD)["Location"]
    shown = keeper.get(where).content.decode()
    for word in ("第一把", "2025-11-18", "到期更换", "待复核", "撤回申请"):
        assert word in shown
    assert 'value="approve"' not in shown
    assert 'value="approve"' not in auditor.get(where).content.decode()
    assert "测试换钥" in officer.get("/signoffs/").content.decode()
    assert officer.post(f"{where}decide/", {"do": "whatever", "words": "x"}).status_code == 404
    for words in ("", "  ", "长" * 501):
        back = officer.post(f"{where}decide/", {"do": "approve", "words": words})
        said = back.content.decode()
        assert (back.status_code, 'id="error-summary"' in said, 'id="id_words_error"' in said) == (422, True, True)
    # No browser stops it with a bubble of its own, which is gone in a moment.
    assert " required" not in said.split("<textarea", 1)[1].split(">", 1)[0]
    assert officer.post(f"{where}decide/", {"do": "approve", "words": "已核对"})["Location"] == where
    shown = keeper.get(where).content.decode()
    for word in ("已同意", "已核对", cast.security_officer.staff_name):
        assert word in shown
    assert keeper.post(f"{where}withdraw/").status_code == 409
    for client in (officer, auditor):
        assert "测试换钥" in client.get("/signoffs/?view=past").content.decode()


@pytest.mark.parametrize("path", ["/signoffs/", "/tokens/", "/tokens/new/", "/staff-sessions/", "/audit/", "/exports/"])
def test_it_opens_each_page_to_those_whose_office_it_is(cast: Cast, path: str) -> None:
    allowed = {
        "/signoffs/": {"keeper", "security_officer", "auditor", "supervisor"},
        "/tokens/": {"keeper", "security_officer"},
        "/tokens/new/": {"keeper"},
        "/staff-sessions/": {"security_officer"},
        "/audit/": {"auditor"},
        "/exports/": {"keeper", "supervisor"},
    }[path]
    for part in ("dispatcher", "handler", "checker", "supervisor", "keeper", "security_officer", "auditor"):
        assert browser(part).get(path).status_code == (200 if part in allowed else 403), part
    assert Client().get(path)["Location"].startswith("/accounts/login/")


def test_it_shows_no_matters_to_officer_and_auditor(cast: Cast) -> None:
    for part in ("security_officer", "auditor"):
        actor = getattr(cast, part)
        assert (bool(actor.ranges), bool(actor.intake), bool(actor.place)) == (False, False, True)
        assert browser(part).get("/m/").status_code == 403


def test_it_is_one_request_for_a_stranger_and_a_colleague(cast: Cast) -> None:
    number = ask(cast.keeper)
    assert browser("supervisor").get(f"/signoffs/{number}/").status_code == 404
    assert browser("handler").get(f"/signoffs/{number}/").status_code == 403
    assert browser("security_officer").get(f"/signoffs/{number + 1000}/").status_code == 404


def test_it_pages_its_list_and_pins_its_queries(cast: Cast, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    numbers = [ask(cast.keeper, now=NOW + timedelta(seconds=n)) for n in range(51)]
    officer = cast.security_officer
    with acting(officer):
        with django_assert_num_queries(3):
            first = queries.signoffs_page("waiting", actor=officer, now=NOW)
        second = queries.signoffs_page("waiting", actor=officer, now=NOW, before=first.next_before)
        third = queries.signoffs_page("waiting", actor=officer, now=NOW, before=second.next_before)
        assert [row.id for page in (first, second, third) for row in page.rows] == numbers[::-1]
        assert third.next_before == 0
        with django_assert_num_queries(3):
            queries.signoff_card(numbers[0], actor=officer, now=NOW)
    with acting(officer), django_assert_num_queries(1):
        assert queries.signoffs_waiting(officer, NOW) == 51
    assert all(later > earlier for earlier, later in pairwise(numbers))
