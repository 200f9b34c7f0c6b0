"""Two people and two workers at once: one decision, one run, whatever happens in between."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from shanzhi.config import database
from shanzhi.kernel.access import operations
from shanzhi.kernel.access.models import Signoff
from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import Actor, SignoffField, SignoffKind, SignoffState, offer_signoff
from shanzhi.kernel.access.policy.signoff import MOVES, SignoffClosed, SignoffMissing, _kinds
from shanzhi.kernel.journal import queries as journal
from tests.city import NOW, _actor
from tests.concurrency.committed import City, as_role, at_once
from tests.concurrency.steps import sort_out

KIND, COMMAND = "test.work", "test.command"
SAID: list[int] = []


def work(params: Mapping[str, str], now: datetime) -> str:
    """Leaves a trace that goes with the transaction, and one that doesn't."""
    SAID.append(int(params["@signoff"]))
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_notice (unit_id, role, subject_kind, subject_id, subject_step, text, params,"
            " created_at) VALUES (0, 'test', 'signoff', %s, 1, 'x', '{}', now())",
            [int(params["@signoff"])],
        )
    time.sleep(0.05)
    if params.get("why") == "breaks":
        raise ZeroDivisionError
    return "做好了。"


@pytest.fixture(autouse=True)
def kinds() -> Iterator[None]:
    offer_signoff(SignoffKind(KIND, "测试事项", "keep", (SignoffField("why", "理由", required=False),), work))
    offer_signoff(SignoffKind(COMMAND, "测试命令", "keep", (SignoffField("why", "理由", required=False),)))
    SAID.clear()
    yield
    del _kinds[KIND], _kinds[COMMAND]


def ask(city: City, kind: str = KIND, **fields: str) -> int:
    with acting(city.cast.keeper):
        return operations.signoff_ask(kind=kind, fields=fields, actor=city.cast.keeper, now=NOW)


def decide(actor: Actor, signoff_id: int, approve: bool = True, now: datetime = NOW) -> None:
    with acting(actor):
        operations.signoff_decide(signoff_id=signoff_id, approve=approve, words="已核对", actor=actor, now=now)


def withdraw(city: City, signoff_id: int) -> None:
    with acting(city.cast.keeper):
        operations.signoff_withdraw(signoff_id=signoff_id, actor=city.cast.keeper, now=NOW)


def as_worker(city: City, job: Callable[[], Any]) -> Callable[[], Any]:
    def run() -> Any:
        installation = city.installation
        connection.close()
        connection.settings_dict = {
            **connection.settings_dict,
            "USER": installation.role("worker"),
            "PASSWORD": installation.secrets.passwords["worker"],
        }
        try:
            return job()
        finally:
            connection.close()

    return run


def row_of(city: City, signoff_id: int) -> Signoff:
    with database.acting_as(city.installation, "worker"):
        return Signoff.objects.get(pk=signoff_id)


def actions(city: City, signoff_id: int) -> list[tuple[int, str]]:
    with database.acting_as(city.installation, "worker"):
        return [(row.step, row.action) for row in journal.entries_of("signoff", signoff_id)]


def traces(city: City, signoff_id: int) -> int:
    with as_role(city.installation, "owner") as opened:
        row = opened.execute("SELECT count(*) FROM notices_notice WHERE subject_kind = 'signoff' AND subject_id = %s"
                             " AND role = 'test'", [signoff_id]).fetchone()  # fmt: skip
    assert row is not None
    return int(row[0])


def run_all(city: City, now: datetime = NOW) -> int:
    with database.acting_as(city.installation, "worker"):
        return operations.signoff_run_due(now=now)


def test_it_takes_one_of_two_decisions(city):
    other = _actor("centre-3703", "security_officer", 1)
    for _ in range(4):
        signoff_id = ask(city)
        done, refused = sort_out(
            at_once(
                partial(decide, city.cast.security_officer, signoff_id),
                partial(decide, other, signoff_id, False),
            )
        )
        assert (len(done), [type(row.error) for row in refused]) == (1, [SignoffClosed])
        assert actions(city, signoff_id) == [(1, "signoff.ask"), (2, "signoff.decide")]
        run_all(city)


def test_it_does_not_both_take_back_and_decide(city):
    seen = set()
    for _ in range(6):
        signoff_id = ask(city)
        done, refused = sort_out(
            at_once(partial(withdraw, city, signoff_id), partial(decide, city.cast.security_officer, signoff_id))
        )
        assert (len(done), [type(row.error) for row in refused]) == (1, [SignoffClosed])
        assert len(actions(city, signoff_id)) == 2
        seen.add(row_of(city, signoff_id).state)
        run_all(city)
        assert traces(city, signoff_id) == (1 if row_of(city, signoff_id).state == "done" else 0)
    assert seen <= {"withdrawn", "approved"}


def test_it_is_carried_out_once_by_three_workers(city):
    numbers = [ask(city) for _ in range(5)]
    for signoff_id in numbers:
        decide(city.cast.security_officer, signoff_id)
    outcomes = at_once(*[as_worker(city, partial(operations.signoff_run_due, now=NOW))] * 3)
    assert [row.error for row in outcomes] == [None] * 3
    assert sum(row.value for row in outcomes) == 5
    assert sorted(SAID) == numbers
    for signoff_id in numbers:
        row = row_of(city, signoff_id)
        assert (row.state, row.outcome, row.tries, traces(city, signoff_id)) == ("done", "做好了。", 1, 1)
        assert actions(city, signoff_id)[-1] == (3, "signoff.finish")


def test_it_takes_up_again_what_a_dead_worker_left(city):
    signoff_id = ask(city)
    decide(city.cast.security_officer, signoff_id)
    with as_role(city.installation, "worker") as opened:
        # What a worker leaves that is killed between its two transactions.
        opened.execute("UPDATE access_signoff SET state = 'running', tries = 1 WHERE id = %s", [signoff_id])
        opened.commit()
    assert run_all(city) == 1
    row = row_of(city, signoff_id)
    assert (row.state, row.tries, traces(city, signoff_id)) == ("done", 2, 1)


def test_it_leaves_nothing_of_a_run_that_breaks_down_and_gives_up(city):
    signoff_id = ask(city, why="breaks")
    decide(city.cast.security_officer, signoff_id)
    for tried in range(1, 5):
        assert run_all(city) == 0
        row = row_of(city, signoff_id)
        assert (row.state, row.tries, traces(city, signoff_id)) == ("running", tried, 0)
    assert run_all(city) == 1
    row = row_of(city, signoff_id)
    assert (row.state, row.tries, traces(city, signoff_id)) == ("failed", 5, 0)
    assert row.outcome.startswith("执行时系统出了故障")
    assert run_all(city) == 0


def test_it_lets_one_of_two_commands_use_an_approval(city):
    signoff_id = ask(city, COMMAND, why="换钥")
    with pytest.raises(SignoffMissing), database.acting_as(city.installation, "worker"):
        operations.signoff_use(kind=COMMAND, now=NOW)
    decide(city.cast.security_officer, signoff_id)
    outcomes = at_once(*[as_worker(city, partial(operations.signoff_use, kind=COMMAND, now=NOW))] * 2)
    done, refused = sort_out(outcomes)
    assert [row.value.signoff_id for row in done] == [signoff_id]
    assert [row.value.params for row in done] == [{"why": "换钥"}]
    assert [type(row.error) for row in refused] == [SignoffMissing]
    assert actions(city, signoff_id) == [(1, "signoff.ask"), (2, "signoff.decide"), (3, "signoff.use")]
    assert run_all(city) == 0


def test_it_keeps_an_approval_for_a_command_that_failed(city):
    signoff_id = ask(city, COMMAND)
    decide(city.cast.security_officer, signoff_id)
    with database.acting_as(city.installation, "worker"):
        with transaction.atomic():
            assert operations.signoff_use(kind=COMMAND, now=NOW, signoff_id=signoff_id).signoff_id == signoff_id
            transaction.set_rollback(True)
        assert operations.signoff_use(kind=COMMAND, now=NOW, signoff_id=signoff_id).signoff_id == signoff_id
        with pytest.raises(SignoffMissing):
            operations.signoff_use(kind=COMMAND, now=NOW, signoff_id=signoff_id)


def test_it_runs_out(city):
    waiting, unused = ask(city), ask(city, COMMAND)
    decide(city.cast.security_officer, unused, now=NOW + timedelta(hours=71))
    run_all(city, NOW + timedelta(hours=72))
    assert [row_of(city, number).state for number in (waiting, unused)] == ["expired", "approved"]
    run_all(city, NOW + timedelta(hours=143))
    assert row_of(city, unused).state == "expired"
    with pytest.raises(SignoffClosed):
        decide(city.cast.security_officer, waiting)
    assert actions(city, unused) == [(1, "signoff.ask"), (2, "signoff.decide"), (3, "signoff.expire")]


def test_it_cannot_be_decided_after_its_time_though_no_worker_ran(city):
    signoff_id = ask(city)
    with pytest.raises(SignoffClosed):
        decide(city.cast.security_officer, signoff_id, now=NOW + timedelta(hours=72))


def test_the_database_knows_the_same_moves(city):
    """Every pair of states, by SQL that has forgotten the program, as the worker."""
    every = [state.value for state in SignoffState]
    ways = {(source.value, target.value) for source, targets in MOVES.items() for target in targets}
    for source in every:
        for target in every:
            with as_role(city.installation, "owner") as opened:
                made = opened.execute(
                    "INSERT INTO access_signoff (kind, params, salt, state, scope_code, asked_at, asked_by_post,"
                    " asked_by_unit, asked_by_staff, expires_at, decided_at, decided_by_post, decided_by_staff, words,"
                    " ended_at, outcome, tries, steps) VALUES ('k', '{}', '', %s, '3703', now(), 1, 1, 1,"
                    " now() + interval '1 h', now(), 2, 2, '', CASE WHEN %s THEN now() END, '', 0, 1) RETURNING id",
                    [source, source not in ("asked", "approved", "running")],
                ).fetchone()
                assert made is not None
                ended = target not in ("asked", "approved", "running")
                change = "UPDATE access_signoff SET state = %s, ended_at = CASE WHEN %s THEN now() END WHERE id = %s"
                allowed = source == target or (source, target) in ways
                try:
                    opened.execute(change, [target, ended, made[0]])
                except psycopg.errors.IntegrityConstraintViolation:
                    assert not allowed, (source, target)
                else:
                    assert allowed, (source, target)


def test_a_worker_at_work_does_not_keep_the_others_from_deciding(city):
    """A run holds its own row and nothing else."""
    running, waiting = ask(city), ask(city)
    decide(city.cast.security_officer, running)
    worker = threading.Thread(target=as_worker(city, partial(operations.signoff_run_due, now=NOW)))
    worker.start()
    decide(city.cast.security_officer, waiting)
    worker.join(30)
    run_all(city)
    assert [row_of(city, number).state for number in (running, waiting)] == ["done", "done"]
