"""Two people, or one person twice, at once: one of them did it, the other is told, nothing is done twice."""

import time
import uuid
from functools import partial

import pytest

from shanzhi.kernel.access.operations import acting
from shanzhi.kernel.access.policy import ANYONE
from shanzhi.kernel.matters import operations
from shanzhi.kernel.matters.operations import Done, Reported
from shanzhi.kernel.matters.operations.step import KeyReused, MovedOn
from shanzhi.kernel.matters.policy.process import StageForbids
from shanzhi.kernel.matters.policy.report import NewReport
from tests.city import NOW
from tests.concurrency.committed import as_role, at_once
from tests.concurrency.steps import CATEGORY, COMMUNITY, act, entries, report, reporter_of, sort_out

# -- two people ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("with_version", [True, False])
def test_it_lets_one_of_two_dispatchers_accept(city, with_version):
    for _ in range(5):
        made = report()
        version = 1 if with_version else None
        done, refused = sort_out(
            at_once(
                partial(act, made, city.cast.dispatcher, "accept", category=CATEGORY, version=version),
                partial(
                    act,
                    made,
                    city.cast.second_dispatcher,
                    "accept",
                    category="cityscape.street-lights",
                    version=version,
                ),
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
                partial(act, made, cast.dispatcher, "dispatch", lead=cast.handler.unit_id),
                partial(act, made, cast.second_dispatcher, "dispatch", lead=cast.second_handler.unit_id),
            )
        )
        assert (len(done), [type(row.error) for row in refused]) == (1, [StageForbids])
        assert entries(city, made) == ["report", "accept", "dispatch"]
        with as_role(city.installation, "owner") as owner:
            rows = owner.execute(
                "SELECT part, state FROM matters_assignment WHERE matter_id = %s", [made.matter_id]
            ).fetchall()
        assert rows == [("lead", "waiting")]


def test_it_tells_the_second_dispatcher_why_when_the_first_took_it_out_of_the_intake(city):
    """Refusing ends the intake: a dispatcher who sees by intake alone still gets a reason, not “no such matter”."""
    for _ in range(8):
        made = report()
        done, refused = sort_out(
            at_once(
                partial(act, made, city.cast.dispatcher, "refuse", ground="refuse.litigation", words="已告知"),
                partial(act, made, city.cast.second_dispatcher, "refuse", ground="refuse.litigation", words="已告知"),
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
            partial(act, made, reporter_of(made), "withdraw", words="自己解决了"),
            partial(act, made, cast.handler, "reply", reply="修好了。"),
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
        done, refused = sort_out(at_once(*[partial(report, body, key)] * 4))
        assert refused == []
        answers = [row.value for row in done]
        assert len({(row.number, row.follow_code, row.follow_hash, row.matter_id) for row in answers}) == 1
        assert sorted(row.replayed for row in answers) == [False, True, True, True]
        assert entries(city, answers[0]) == ["report"]
        with as_role(city.installation, "owner") as owner:
            assert owner.execute("SELECT count(*) FROM matters_matter WHERE body = %s", [body]).fetchone() == (1,)


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
    other = uuid.uuid4()
    outcomes = at_once(*[partial(report, f"第 {n} 份", other) for n in range(3)])
    done, refused = sort_out(outcomes)
    assert (len(done), [type(row.error) for row in refused]) == (1, [KeyReused, KeyReused])


def test_it_does_once_a_step_that_is_sent_three_times_at_once(city):
    for _ in range(3):
        made, key = report(), uuid.uuid4()
        done, refused = sort_out(
            at_once(*[partial(act, made, city.cast.dispatcher, "accept", category=CATEGORY, version=1, key=key)] * 3)
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
                *[
                    partial(
                        act, made, city.cast.dispatcher, "refuse", ground="refuse.litigation", words="已告知", key=key
                    )
                ]
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
        at_once(*[partial(act, made, cast.supervisor, "note", words=f"留言{n}", version=1) for n in range(5)])
    )
    assert refused == []
    assert sorted(row.value.step for row in done) == [3, 4, 5, 6, 7]
    assert entries(city, made) == ["report", "accept", *["note"] * 5]
