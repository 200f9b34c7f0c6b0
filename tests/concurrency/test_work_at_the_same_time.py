"""Two people, two programs, two workers at once: one of them did it, the other is told, nothing is done twice."""

import threading
import time
import uuid
from datetime import datetime, timedelta
from itertools import count

import pytest
from django.db import connection, transaction

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.core.errors import DomainError
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE, Actor
from shanzhi.kernel.journal import queries as journal
from shanzhi.kernel.matters import operations, queries
from shanzhi.kernel.matters.operations import Done, Reported
from shanzhi.kernel.matters.operations.step import KeyReused, MovedOn
from shanzhi.kernel.matters.policy.process import StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices import queries as told
from shanzhi.kernel.notices.models import Event, Notice
from shanzhi.kernel.notices.policy import Happened, on_event
from tests.city import NOW
from tests.concurrency.committed import City, Outcome, as_role, at_once, waits_for_a_lock

COMMUNITY = "370303009006"
CATEGORY = "housing.property-service"
_minutes = count(1)


def later() -> datetime:
    return NOW + timedelta(minutes=next(_minutes))


def report(body: str = "路灯不亮", key: uuid.UUID | None = None) -> Reported:
    with acting(ANYONE):
        return operations.report(
            new=NewReport(body=body, region_code=COMMUNITY, contact_phone="13812345678"),
            actor=ANYONE,
            now=NOW,
            key=key,
        )


def act(made: Reported, actor: Actor, action: str, *, version: int | None = None, key: uuid.UUID | None = None, **fields):
    with acting(actor):
        return operations.act(
            matter_id=made.matter_id, action=action, actor=actor, now=NOW, fields=fields, version=version, key=key
        )


def reporter_of(made: Reported) -> Actor:
    return Actor(follow=(made.follow_hash,))


def entries(city: City, made: Reported) -> list[str]:
    with database.acting_as(city.installation, "worker"):
        return [row.action.removeprefix("matters.") for row in journal.entries_of("matter", made.matter_id)]


def to_verdict(city: City) -> Reported:
    made, cast = report(), city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
    act(made, cast.handler, "take")
    act(made, cast.handler, "reply", reply="修好了。")
    act(made, cast.checker, "check_pass")
    return made


def sort_out(outcomes: list[Outcome]) -> tuple[list[Outcome], list[Outcome]]:
    """Those that did it, and those that were told that it can't be done."""
    for outcome in outcomes:
        assert outcome.error is None or isinstance(outcome.error, DomainError), repr(outcome.error)
    return [row for row in outcomes if row.error is None], [row for row in outcomes if row.error is not None]


@pytest.fixture(autouse=True)
def sound(city: City):
    """After each test no matter is lost or out of step."""
    yield
    with database.acting_as(city.installation, "worker"):
        drain(now=lambda: NOW + timedelta(days=1))
        state = queries.loop_state()
        assert (state.lost, state.out_of_step, told.outbox_backlog()[0]) == ((), (), 0)


# -- two people ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_version", [True, False])
def test_it_lets_one_of_two_dispatchers_accept(city, with_version):
    for _ in range(5):
        made = report()
        version = 1 if with_version else None
        done, refused = sort_out(
            at_once(
                lambda: act(made, city.cast.dispatcher, "accept", category=CATEGORY, version=version),
                lambda: act(made, city.cast.second_dispatcher, "accept", category="cityscape.street-lights", version=version),
            )
        )
        assert [row.value.stage for row in done] == ["accepted"]
        assert [type(row.error) for row in refused] in ([StageForbids], [MovedOn])
        assert entries(city, made) == ["report", "accept"]


def test_it_lets_one_of_two_dispatchers_dispatch_to_one_unit(city):
    for _ in range(5):
        made, cast = report(), city.cast
        act(made, cast.dispatcher, "accept", category=CATEGORY)
        done, refused = sort_out(
            at_once(
                lambda: act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id),
                lambda: act(made, cast.second_dispatcher, "dispatch", lead=cast.second_handler.unit_id),
            )
        )
        assert (len(done), [type(row.error) for row in refused]) == (1, [StageForbids])
        assert entries(city, made) == ["report", "accept", "dispatch"]
        with as_role(city.installation, "worker") as worker:
            rows = worker.execute(
                "SELECT part, state FROM matters_assignment WHERE matter_id = %s", [made.matter_id]
            ).fetchall()
        assert rows == [("lead", "waiting")]


def test_it_tells_the_second_dispatcher_why_when_the_first_took_it_out_of_the_intake(city):
    """Refusing ends the intake: a dispatcher who sees by intake alone still gets a reason, not “no such matter”."""
    for _ in range(8):
        made = report()
        done, refused = sort_out(
            at_once(
                lambda: act(made, city.cast.dispatcher, "refuse", ground="refuse.litigation", words="已告知"),
                lambda: act(made, city.cast.second_dispatcher, "refuse", ground="refuse.litigation", words="已告知"),
            )
        )
        assert [row.value.stage for row in done] == ["refused"]
        assert [type(row.error) for row in refused] in ([StageForbids], [MovedOn])
        assert entries(city, made) == ["report", "refuse"]


def test_it_lets_a_withdrawal_and_a_reply_not_both_happen(city):
    seen = set()
    for _ in range(6):
        made, cast = report(), city.cast
        act(made, cast.dispatcher, "accept", category=CATEGORY)
        act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id)
        act(made, cast.handler, "take")
        outcomes = at_once(
            lambda: act(made, reporter_of(made), "withdraw", words="自己解决了"),
            lambda: act(made, cast.handler, "reply", reply="修好了。"),
        )
        sort_out(outcomes)
        withdrawn, replied = outcomes
        # A reply leaves the matter open, so a withdrawal after it is fine; a reply after a withdrawal isn't.
        assert withdrawn.error is None
        assert isinstance(replied.error, StageForbids) or replied.error is None
        wanted = ["reply", "withdraw"] if replied.error is None else ["withdraw"]
        assert entries(city, made) == ["report", "accept", "dispatch", "take", *wanted]
        seen.add(replied.error is None)
    assert seen


def test_it_refuses_a_reply_on_a_screen_that_is_older_than_the_matter(city):
    made, cast = report(), city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    shown = act(made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id).version
    act(made, cast.handler, "take")
    with pytest.raises(MovedOn):
        act(made, cast.dispatcher, "transfer", lead=cast.second_handler.unit_id, version=shown)
    assert act(made, cast.handler, "note", words="明天到", version=shown).step == 5


# -- the same submission twice ---------------------------------------------------------------------------------------


def test_it_takes_in_once_what_is_sent_four_times_at_once(city):
    for _ in range(3):
        key, body = uuid.uuid4(), f"井盖松动 {uuid.uuid4()}"
        done, refused = sort_out(at_once(*[lambda: report(body, key)] * 4))
        assert refused == []
        answers = [row.value for row in done]
        assert len({(row.number, row.follow_code, row.follow_hash, row.matter_id) for row in answers}) == 1
        assert sorted(row.replayed for row in answers) == [False, True, True, True]
        assert entries(city, answers[0]) == ["report"]
        with as_role(city.installation, "worker") as worker:
            assert worker.execute("SELECT count(*) FROM matters_matter WHERE body = %s", [body]).fetchone() == (1,)


def test_it_takes_in_what_was_sent_again_after_the_first_try_failed(city):
    """The first sender holds the key and rolls back while the second waits for it."""
    key, body = uuid.uuid4(), f"井盖松动 {uuid.uuid4()}"

    def fails() -> None:
        with acting(ANYONE):
            operations.report(new=NewReport(body=body, region_code=COMMUNITY), actor=ANYONE, now=NOW, key=key)
            time.sleep(0.3)
            raise ZeroDivisionError

    def again() -> Reported:
        time.sleep(0.1)
        with acting(ANYONE):
            return operations.report(new=NewReport(body=body, region_code=COMMUNITY), actor=ANYONE, now=NOW, key=key)

    first, second = at_once(fails, again)
    assert isinstance(first.error, ZeroDivisionError)
    assert (second.error, second.value.replayed) == (None, False)
    assert entries(city, second.value) == ["report"]


def test_it_refuses_a_key_that_comes_with_another_content(city):
    key = uuid.uuid4()
    first = report("路灯不亮", key)
    with pytest.raises(KeyReused):
        report("路灯亮了", key)
    assert report("路灯不亮", key) == Reported(
        first.matter_id,
        first.number,
        first.follow_code,
        first.follow_hash,
        first.stage,
        first.stage_name,
        first.unit_name,
        first.due_at,
        replayed=True,
    )
    outcomes = at_once(*[lambda n=n: report(f"第 {n} 份", key := uuid.UUID(int=7, version=4)) for n in range(3)])
    done, refused = sort_out(outcomes)
    assert (len(done), [type(row.error) for row in refused]) == (1, [KeyReused, KeyReused])


def test_it_does_once_a_step_that_is_sent_three_times_at_once(city):
    for _ in range(3):
        made, key = report(), uuid.uuid4()
        done, refused = sort_out(
            at_once(*[lambda: act(made, city.cast.dispatcher, "accept", category=CATEGORY, version=1, key=key)] * 3)
        )
        assert refused == []
        answers: list[Done] = [row.value for row in done]
        assert sorted(row.replayed for row in answers) == [False, True, True]
        assert {(row.stage, row.version, row.step) for row in answers} == {("accepted", 2, 2)}
        assert entries(city, made) == ["report", "accept"]


def test_it_does_once_a_refusal_that_is_clicked_twice(city):
    """The first click takes the matter out of the intake; the second is the same submission, and gets its answer."""
    for _ in range(5):
        made, key = report(), uuid.uuid4()
        done, refused = sort_out(
            at_once(
                *[lambda: act(made, city.cast.dispatcher, "refuse", ground="refuse.litigation", words="已告知", key=key)]
                * 3
            )
        )
        assert refused == []
        assert sorted(row.value.replayed for row in done) == [False, True, True]
        assert entries(city, made) == ["report", "refuse"]


def test_it_counts_every_note_that_comes_at_once(city):
    made, cast = report(), city.cast
    act(made, cast.dispatcher, "accept", category=CATEGORY)
    done, refused = sort_out(
        at_once(*[lambda n=n: act(made, cast.supervisor, "note", words=f"留言{n}", version=1) for n in range(5)])
    )
    assert refused == []
    assert sorted(row.value.step for row in done) == [3, 4, 5, 6, 7]
    assert entries(city, made) == ["report", "accept", *["note"] * 5]


# -- the background --------------------------------------------------------------------------------------------------


def _as_worker(city: City, job):
    """Run `job` in this thread's own connection as the worker."""

    def run():
        installation = city.installation
        connection.close()
        connection.settings_dict = {
            **connection.settings_dict,
            "USER": installation.role("worker"),
            "PASSWORD": installation.secrets.passwords["worker"],
        }
        return job()

    return run


def lapse_all(city: City) -> None:
    """Let nothing be due that an earlier test left."""
    with database.acting_as(city.installation, "worker"):
        operations.lapse_due(now=NOW + timedelta(days=8))


def test_it_tells_each_event_once_with_three_workers(city):
    heard: list[int] = []
    topic = f"test.{uuid.uuid4()}"

    def reader(events, now):
        for event in events:
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO notices_notice (unit_id, role, subject_kind, subject_id, subject_step, text, params,"
                    " created_at) VALUES (0, %s, 'test', %s, 1, 'x', '{}', now())",
                    [topic, event.body["n"]],
                )
        heard.extend(event.id for event in events)
        time.sleep(0.005)

    on_event(topic, reader)
    with transaction.atomic():
        notices.emit_many(topic=topic, bodies=[{"n": n} for n in range(200)], now=NOW)

    def work() -> int:
        taken = 0
        for _ in range(200):
            count = notices.tell_next(now=NOW, batch=7)
            taken += count
            if not count and not Event.objects.exists():
                break
        return taken

    done, refused = sort_out(at_once(*[_as_worker(city, work)] * 3))
    assert refused == []
    assert sum(row.value for row in done) == 200
    assert min(row.value for row in done) > 0
    assert len(heard) == len(set(heard)) == 200
    with database.acting_as(city.installation, "worker"):
        assert sorted(Notice.objects.filter(role=topic).values_list("subject_id", flat=True)) == list(range(200))


def test_it_writes_a_step_s_notices_once_with_two_workers(city):
    made = to_verdict(city)

    def work() -> int:
        return drain(now=lambda: NOW)

    sort_out(at_once(*[_as_worker(city, work)] * 2))
    with database.acting_as(city.installation, "worker"):
        rows = Notice.objects.filter(subject_kind="matter", subject_id=made.matter_id).order_by("subject_step")
        assert [(row.text, row.subject_step) for row in rows] == [
            ("matters.dispatch", 3),
            ("matters.reply", 5),
            ("matters.check_pass", 6),
        ]


def test_it_lets_a_verdict_and_a_lapse_not_both_happen(city):
    seen = set()
    for _ in range(6):
        lapse_all(city)
        made = to_verdict(city)
        me, late = reporter_of(made), NOW + timedelta(days=8)

        def rate(made=made, me=me, late=late):
            with acting(me):
                return operations.act(
                    matter_id=made.matter_id, action="rate", actor=me, now=late, fields={"solved": True}
                )

        outcomes = at_once(rate, _as_worker(city, lambda late=late: operations.lapse_due(now=late)))
        sort_out(outcomes)
        rated, lapsed = outcomes
        assert (rated.error is None) == (lapsed.value == 0)
        assert rated.error is None or isinstance(rated.error, StageForbids)
        last = "rate" if rated.error is None else "lapse"
        assert entries(city, made)[-1] == last
        assert entries(city, made).count("lapse") + entries(city, made).count("rate") == 1
        seen.add(last)
    assert seen


def test_it_lapses_each_matter_once_with_two_workers(city):
    lapse_all(city)
    made = [to_verdict(city) for _ in range(4)]
    late = NOW + timedelta(days=8)
    outcomes = at_once(*[_as_worker(city, lambda: operations.lapse_due(now=late))] * 2)
    assert [row.error for row in outcomes] == [None, None]
    assert sum(row.value for row in outcomes) == 4
    for each in made:
        assert entries(city, each)[-1:] == ["lapse"]
        assert entries(city, each).count("lapse") == 1


def test_it_lets_no_lapse_end_a_matter_whose_limit_was_set_anew(city):
    """A matter that was judged, reopened and answered again since it was listed has a new promise to keep."""
    lapse_all(city)
    made, cast = to_verdict(city), city.cast
    me, late = reporter_of(made), NOW + timedelta(days=8)
    lapsed = Outcome()

    def lapse() -> None:
        try:
            lapsed.value = _as_worker(city, lambda: operations.lapse_due(now=late))()
        finally:
            connection.close()

    def step(actor: Actor, action: str, **fields: object) -> None:
        with acting(actor):
            operations.act(matter_id=made.matter_id, action=action, actor=actor, now=late, fields=fields)

    worker = threading.Thread(target=lapse)
    with transaction.atomic():
        step(me, "rate", solved=False, words="又坏了")
        worker.start()
        while not waits_for_a_lock(city.installation):
            time.sleep(0.01)
        step(cast.handler, "reply", reply="又修好了。")
        step(cast.checker, "check_pass")
    worker.join(30)
    assert lapsed.value == 0
    assert entries(city, made)[-3:] == ["rate", "reply", "check_pass"]
