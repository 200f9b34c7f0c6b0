"""Workers among themselves, and the clock against a person: each event's effect once, each limit kept."""

import threading
import time
import uuid
from datetime import timedelta

from django.db import connection, transaction

from shanzhi.config import database
from shanzhi.config.worker import drain
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.policy.process import StageForbids
from shanzhi.kernel.notices import operations as notices
from shanzhi.kernel.notices.models import Event, Notice
from shanzhi.kernel.notices.policy import on_event
from tests.city import NOW
from tests.concurrency.committed import City, Outcome, at_once, waits_for_a_lock
from tests.concurrency.steps import act, entries, report, reporter_of, sort_out, to_verdict


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
    with database.acting_as(city.installation, "owner"):
        assert sorted(Notice.objects.filter(role=topic).values_list("subject_id", flat=True)) == list(range(200))


def test_it_writes_a_step_s_notices_once_with_two_workers(city):
    made = to_verdict(city)

    def work() -> int:
        return drain(now=lambda: NOW)

    sort_out(at_once(*[_as_worker(city, work)] * 2))
    with database.acting_as(city.installation, "owner"):
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


def test_clocks_go_on_once_when_their_pause_is_over(city):
    made, people = report("水泵坏了"), city.cast
    act(made, people.dispatcher, "accept")
    act(made, people.dispatcher, "dispatch", lead=people.handler.unit_id)
    act(made, people.handler, "take")
    act(made, people.handler, "ask_pause", ground="pause.hearing", words="等检测结果", until="2025-11-28")
    act(made, people.supervisor, "grant_pause")
    with database.acting_as(city.installation, "worker"):
        assert operations.resume_due(now=NOW + timedelta(days=10)) == 0
    over = NOW + timedelta(days=11)
    outcomes = at_once(*[_as_worker(city, lambda: operations.resume_due(now=over))] * 2)
    sort_out(outcomes)
    assert entries(city, made).count("resume") == 1
    assert sum(outcome.value for outcome in outcomes) == 1
