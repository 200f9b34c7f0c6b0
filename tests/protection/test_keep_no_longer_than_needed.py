"""Personal data goes when its term is over: for good, told of, and never while a matter is open or a hold stands."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.db import connection

from shanzhi.config import database
from shanzhi.core.errors import InputError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.journal.policy import Author, Subject
from shanzhi.kernel.matters import operations as matters
from shanzhi.kernel.matters import queries
from shanzhi.kernel.matters.models import Part
from shanzhi.kernel.matters.operations import Reported
from shanzhi.kernel.matters.operations.retention import SUBJECT
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.vault import operations
from shanzhi.kernel.vault import queries as vault
from shanzhi.kernel.vault.operations.retention import SubjectNotFound
from shanzhi.kernel.vault.policy.envelope import commit
from shanzhi.kernel.vault.policy.keeping import BadHold, OnHold
from tests.city import NOW
from tests.concurrency.committed import City, as_role, at_once
from tests.desks import do

PHONE = "13812345678"
BODY = f"电梯坏了，请打{PHONE}"
TODAY = date(2025, 11, 18)
ENDED = NOW + timedelta(days=20)
FIRST_TERM = datetime(2030, 12, 1, 2, tzinfo=NOW.tzinfo)
"""After five years from the report, before five years from the end."""
OVER = datetime(2031, 1, 2, 2, tzinfo=NOW.tzinfo)
SYSTEM = Author("system")


@pytest.fixture
def working(city: City):
    """The worker, who purges; everything that a test left is removed and the loop is sound."""
    with database.acting_as(city.installation, "worker"):
        yield city
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM vault_record")
        state = queries.loop_state()
        assert (state.lost, state.out_of_step) == ((), ())


def report(city: City) -> Reported:
    with database.acting_as(city.installation, "app"), acting(ANYONE):
        return matters.report(
            new=NewReport(
                title="电梯", body=BODY, region_code="370303009006", contact_name="赵钱孙", contact_phone=PHONE
            ),
            actor=ANYONE,
            now=NOW,
        )


def withdraw(city: City, made: Reported, now: datetime = ENDED) -> None:
    me = Actor(follow=(made.follow_hash,))
    with database.acting_as(city.installation, "app"), acting(me):
        matters.act(
            matter_id=made.matter_id, action="withdraw", actor=me, now=now, fields={"words": f"不用了，{PHONE}"}
        )


def purge(now: datetime) -> tuple[int, int]:
    done = list(operations.purge(now=now))
    return sum(step.subjects for step in done), sum(step.records for step in done)


def kept(made: Reported) -> set[str]:
    return {row.part for row in vault.kept("matter", made.matter_id)}


def one(statement: str, *values: object) -> tuple:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def erased(made: Reported) -> list[dict]:
    return [row.payload for row in journal.entries_of("matter", made.matter_id) if row.action == "vault.erased"]


def test_it_keeps_everything_of_an_open_matter(working):
    made = report(working)
    assert purge(OVER) == (0, 0)
    assert kept(made) == {"name", "phone", "body"}
    # It is looked at again in a month, not every night.
    assert {row.expires_on for row in vault.kept("matter", made.matter_id)} == {OVER.date() + timedelta(days=30)}


def test_it_counts_the_term_from_the_end(working):
    made = report(working)
    withdraw(working, made)
    assert purge(FIRST_TERM) == (0, 0)
    assert kept(made) == {"name", "phone", "body", "step2.words"}
    assert {row.expires_on for row in vault.kept("matter", made.matter_id)} == {date(2030, 12, 1)}
    assert purge(OVER) == (1, 4)
    assert kept(made) == set()
    assert purge(OVER) == (0, 0)


def test_it_tells_the_reporter_and_the_offices_that_it_is_gone(working):
    made = report(working)
    withdraw(working, made)
    purge(OVER)
    assert erased(made) == [{"parts": ["name", "phone", "body", "step2.words"], "reason": "expired", "records": 4}]
    me = Actor(follow=(made.follow_hash,))
    for actor in (me, working.cast.supervisor):
        with database.acting_as(working.installation, "app"), acting(actor):
            card = queries.card(made.matter_id, actor=actor, now=OVER)
        assert (card.has_contact, card.has_originals) == (False, False)
        told = card.timeline[-1]
        assert (told.action, told.title, told.detail["reason"]) == (
            "vault.erased",
            "删除联系方式或原文",
            "保存期限已到，已按期删除",
        )


def test_it_removes_the_salt_without_which_the_commitment_tells_nothing(working):
    """Eleven digits could be tried out against a commitment whose salt is known; the journal keeps it all the same."""
    made = report(working)
    (salt,) = one("SELECT salt FROM matters_matter WHERE id = %s", made.matter_id)
    said = journal.entries_of("matter", made.matter_id)[0].payload
    assert said["body_sealed"] == commit(BODY, bytes(salt)).hex()
    withdraw(working, made)
    purge(OVER)
    (salt,) = one("SELECT salt FROM matters_matter WHERE id = %s", made.matter_id)
    (words,) = one("SELECT salt FROM matters_remark WHERE matter_id = %s", made.matter_id)
    assert (bytes(salt), bytes(words)) == (b"", b"")
    after = journal.entries_of("matter", made.matter_id)[0].payload
    assert after == said
    assert re.fullmatch("[0-9a-f]{64}", after["body_sealed"])


def test_it_erases_some_parts_on_request_and_leaves_the_rest(working):
    made = report(working)
    step = SUBJECT.entries([made.matter_id])[made.matter_id]
    gone = operations.erase(subject=step, parts=["phone", "nothing"], reason="withdrawn", author=SYSTEM, now=NOW)
    assert (gone, kept(made)) == (("phone",), {"name", "body"})
    assert erased(made) == [{"parts": ["phone"], "reason": "withdrawn", "records": 1}]
    (salt,) = one("SELECT salt FROM matters_matter WHERE id = %s", made.matter_id)
    assert len(bytes(salt)) == 16
    again = Subject("matter", made.matter_id, step.step + 1)
    assert operations.erase(subject=again, parts=["phone"], reason="withdrawn", author=SYSTEM, now=NOW) == ()
    step = SUBJECT.entries([made.matter_id])[made.matter_id]
    assert operations.erase(subject=step, parts=None, reason="unlawful", author=SYSTEM, now=NOW) == ("name", "body")
    (salt,) = one("SELECT salt FROM matters_matter WHERE id = %s", made.matter_id)
    assert (kept(made), bytes(salt)) == (set(), b"")


@pytest.mark.parametrize("reason", ["", "because", "EXPIRED"])
def test_it_erases_nothing_without_a_reason_of_the_law(working, reason):
    made = report(working)
    with pytest.raises(InputError):
        operations.erase(
            subject=Subject("matter", made.matter_id, 2), parts=None, reason=reason, author=SYSTEM, now=NOW
        )
    assert kept(made) == {"name", "phone", "body"}


def test_it_lets_no_other_role_erase(working):
    made = report(working)
    for role in ("app", "importer"):
        with as_role(working.installation, role, working.cast.supervisor) as opened:
            for statement in ("DELETE FROM vault_record", "UPDATE vault_record SET expires_on = expires_on"):
                with pytest.raises(Exception, match="permission denied"), opened.transaction():
                    opened.execute(statement)
            with pytest.raises(Exception, match="permission denied"), opened.transaction():
                opened.execute(
                    "INSERT INTO vault_hold (subject_kind, subject_id, ground, until_on, placed_at)"
                    " VALUES ('matter', %s, 'lawsuit', '2099-01-01', now())",
                    [made.matter_id],
                )


# -- holds ------------------------------------------------------------------------------------------------------------


def hold(made: Reported, until: str = "2033-06-30", now: datetime = FIRST_TERM, **changes: str) -> str:
    return operations.hold({"number": made.number, "ground": "lawsuit", "until": until, "@signoff": "5"} | changes, now)


def test_it_keeps_what_a_hold_stands_over_until_its_day(working):
    made = report(working)
    withdraw(working, made)
    assert hold(made) == f"{made.number} 的个人信息依法保存到 2033-06-30。"
    assert purge(OVER) == (0, 0)
    assert [row.sentence for row in vault.holds("matter", made.matter_id, OVER.date())] == ["诉讼或者仲裁需要"]
    assert (vault.status(today=OVER.date()).on_hold, vault.status(today=OVER.date()).overdue) == (4, 0)
    step = Subject("matter", made.matter_id, 99)
    with pytest.raises(OnHold, match="2033-06-30"):
        operations.erase(subject=step, parts=None, reason="withdrawn", author=SYSTEM, now=OVER)
    assert purge(datetime(2033, 6, 30, 2, tzinfo=NOW.tzinfo)) == (0, 0)
    assert purge(datetime(2033, 7, 1, 2, tzinfo=NOW.tzinfo)) == (1, 4)
    told = [row for row in journal.entries_of("matter", made.matter_id) if row.action == "vault.held"]
    assert [row.payload for row in told] == [{"ground": "lawsuit", "until_on": "2033-06-30", "signoff": "5"}]


def test_it_lets_a_hold_be_lifted(working):
    made = report(working)
    withdraw(working, made)
    hold(made)
    assert operations.hold_lift(kind="matter", number=made.number, now=OVER) == 1
    assert operations.hold_lift(kind="matter", number=made.number, now=OVER) == 0
    assert purge(OVER) == (1, 4)


@pytest.mark.parametrize(
    "changes",
    [
        {"ground": ""},
        {"ground": "curiosity"},
        {"until": ""},
        {"until": "tomorrow"},
        {"until": "2025-11-18"},
        {"until": "2028-11-19"},
        {"until": "9999-12-31"},
    ],
)
def test_it_holds_nothing_without_a_ground_and_a_day(working, changes):
    made = report(working)
    with pytest.raises(BadHold):
        hold(made, now=NOW, **({"until": "2026-06-30"} | changes))
    assert vault.holds("matter", made.matter_id, TODAY) == ()


def test_it_holds_nothing_that_is_not_there_and_nothing_alone(working):
    made = report(working)
    for number in ("", "20260101-000009", "' OR 1=1"):
        with pytest.raises(SubjectNotFound):
            hold(made, until="2026-06-30", now=NOW, number=number)
    with pytest.raises(InputError, match="另一人的批准"):
        hold(made, until="2026-06-30", now=NOW, **{"@signoff": ""})


def test_it_shows_a_hold_to_whoever_sees_the_matter_and_to_nobody_else(working):
    made = report(working)
    hold(made, until="2026-06-30", now=NOW)
    for part, sees in (("dispatcher", True), ("supervisor", True), ("handler", False), ("neighbour_handler", False)):
        with as_role(working.installation, "app", getattr(working.cast, part)) as opened:
            rows = opened.execute("SELECT 1 FROM vault_hold WHERE subject_id = %s", [made.matter_id]).fetchall()
        assert (rows != []) is sees, part


# -- at the same time -------------------------------------------------------------------------------------------------


def test_it_waits_for_nobody_who_is_acting_on_a_matter(working):
    made = report(working)
    withdraw(working, made)
    with as_role(working.installation, "worker") as other:
        other.execute("SELECT 1 FROM matters_matter WHERE id = %s FOR UPDATE", [made.matter_id])
        assert purge(OVER) == (0, 0)
    assert kept(made) == {"name", "phone", "body", "step2.words"}
    assert purge(OVER) == (1, 4)


def test_it_purges_once_with_two_workers(working):
    all_made = [report(working) for _ in range(6)]
    for made in all_made:
        withdraw(working, made)
    worker = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD", "NAME")}

    def job() -> tuple[int, int]:
        connection.close()
        connection.settings_dict = {**connection.settings_dict, **worker}
        return purge(OVER)

    results = [outcome.value for outcome in at_once(job, job)]
    assert sum(value[0] for value in results) + purge(OVER)[0] == 6
    assert [len(erased(made)) for made in all_made] == [1] * 6
    assert vault.status(today=OVER.date()).overdue == 0


def test_it_says_why_each_part_is_kept(working):
    made = report(working)
    told = {row.part: (row.ground, row.article, row.sentence) for row in vault.kept("matter", made.matter_id)}
    assert told["phone"][0:2] == ("consent", "《个人信息保护法》第十三条第一款第（一）项")
    assert told["body"][0:2] == ("duty", "《个人信息保护法》第十三条第一款第（三）项")


def split(city: City, made: Reported) -> list[int]:
    dispatcher, rows = city.cast.dispatcher, [{"about": BODY, "category": "cityscape.waste"}] * 2
    with database.acting_as(city.installation, "app"):
        do(dispatcher, made, "accept", category="cityscape.waste")
        do(dispatcher, made, "split", lead=city.cast.handler.unit_id, parts=rows)
        with acting(dispatcher):
            return sorted(Part.objects.filter(whole_id=made.matter_id).values_list("matter_id", flat=True))


def test_it_takes_the_parts_of_a_matter_with_it(working):
    made = report(working)
    parts = split(working, made)
    withdraw(working, made)
    matters.parts_follow(matter_ids=[made.matter_id], now=ENDED)
    assert purge(FIRST_TERM) == (0, 0)
    assert [{row.part for row in vault.kept("matter", part)} for part in parts] == [{"body", "title"}] * 2
    purge(OVER)
    assert [vault.kept("matter", pk) for pk in (made.matter_id, *parts)] == [(), (), ()]


def test_a_hold_over_the_whole_holds_its_parts(working):
    made = report(working)
    parts = split(working, made)
    withdraw(working, made)
    matters.parts_follow(matter_ids=[made.matter_id], now=ENDED)
    operations.hold_place(
        kind="matter", number=made.number, ground="lawsuit", until_on=OVER.date() + timedelta(days=30), now=OVER
    )
    me = Actor(follow=(made.follow_hash,))
    for pk in (made.matter_id, *parts):
        with database.acting_as(working.installation, "app"), acting(me), pytest.raises(OnHold):
            matters.erase_ask(matter_id=pk, what="all", actor=me, now=OVER)
    assert purge(OVER) == (0, 0)
    operations.hold_lift(kind="matter", number=made.number, now=OVER)
    assert purge(OVER)[0] == 3
