"""Events are told after what they tell of is committed: in order, once, and a bad one stops no other."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from shanzhi.config import database
from shanzhi.kernel.notices import operations, policy, queries
from shanzhi.kernel.notices.models import Event, Notice
from shanzhi.kernel.notices.operations import NewNotice, emit, emit_many, notices_write, tell_next
from shanzhi.kernel.notices.policy import Happened, on_event, register_text, retry_after, text_of
from tests.city import NOW
from tests.concurrency.committed import City, city

__all__ = ["city"]


@pytest.fixture(autouse=True)
def worker(city: City) -> Iterator[None]:
    """Each test acts as the worker, with an empty outbox and no readers."""
    readers = {topic: list(found) for topic, found in policy._readers.items()}
    policy._readers.clear()
    with database.acting_as(city.installation, "worker"):
        Event.objects.all().delete()
        yield
        Event.objects.all().delete()
    policy._readers.clear()
    policy._readers.update(readers)


class Heard:
    """A reader that remembers its batches and stumbles over what it is told to."""

    def __init__(self, topic: str = "t", bad: Sequence[int] = (), by_database: bool = False) -> None:
        self.batches: list[list[int]] = []
        self.bad, self.by_database = set(bad), by_database
        on_event(topic, self)

    def __call__(self, events: Sequence[Happened], now: datetime) -> None:
        numbers = [event.body["n"] for event in events]
        self.batches.append(numbers)
        notices_write([notice(n) for n in numbers], now=now)
        if self.bad & set(numbers):
            if self.by_database:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT 1/0")
            raise ValueError("a name and 13812345678")


def notice(n: int, text: str = "t.text", unit_id: int = 9001) -> NewNotice:
    return NewNotice(unit_id, "handler", "test", n, 1, text, {"n": n})


def put(*numbers: int, topic: str = "t") -> None:
    with transaction.atomic():
        emit_many(topic=topic, bodies=[{"n": n} for n in numbers], now=NOW)


def waiting() -> list[tuple[int, int, str]]:
    return [(row.body["n"], row.attempts, row.last_error) for row in Event.objects.order_by("id")]


def told(city: City) -> list[int]:
    with database.acting_as(city.installation, "owner"):
        return list(Notice.objects.filter(unit_id=9001).order_by("subject_id").values_list("subject_id", flat=True))


def test_it_tells_events_in_order_and_removes_them():
    heard = Heard()
    put(1, 2, 3)
    assert tell_next(now=NOW) == 3
    assert (heard.batches, waiting(), tell_next(now=NOW)) == ([[1, 2, 3]], [], 0)


def test_it_tells_in_batches():
    heard = Heard()
    put(*range(7))
    assert [tell_next(now=NOW, batch=3) for _ in range(4)] == [3, 3, 1, 0]
    assert heard.batches == [[0, 1, 2], [3, 4, 5], [6]]


def test_it_tells_nothing_that_was_not_committed():
    heard = Heard()
    with transaction.atomic():
        emit(topic="t", body={"n": 1}, now=NOW)
        transaction.set_rollback(True)
    assert (tell_next(now=NOW), heard.batches) == (0, [])


def test_it_tells_every_reader_and_forgets_what_nobody_reads():
    first, second, other = Heard(), Heard(), Heard("other")
    put(1)
    put(2, topic="nobody")
    assert tell_next(now=NOW) == 2
    assert (first.batches, second.batches, other.batches, waiting()) == ([[1]], [[1]], [], [])


@pytest.mark.parametrize("by_database", [False, True])
def test_it_lets_one_bad_event_stop_no_other(city, by_database):
    Heard(bad=[3], by_database=by_database)
    before = told(city)
    put(1, 2, 3, 4, 5)
    put(6, topic="good")
    good = Heard("good")
    assert tell_next(now=NOW) == 6
    error = "DataError" if by_database else "ValueError"
    assert waiting() == [(3, 1, error)]
    assert sorted(set(told(city)) - set(before)) == sorted({1, 2, 4, 5, 6} - set(before))
    assert 3 not in set(told(city)) - set(before)
    assert good.batches == [[6]]


def test_it_keeps_no_words_of_an_error():
    """A reader's message can hold what somebody wrote."""
    Heard(bad=[1])
    put(1)
    tell_next(now=NOW)
    assert "138" not in Event.objects.get().last_error


def test_it_tries_again_later_and_later():
    heard = Heard(bad=[1])
    put(1)
    now, waits = NOW, []
    for attempt in range(1, 15):
        assert tell_next(now=now) == 1
        assert waiting() == [(1, attempt, "ValueError")]
        due = Event.objects.get().not_before
        assert due is not None
        assert tell_next(now=due - timedelta(microseconds=1)) == 0
        waits.append((due - now).total_seconds())
        now = due
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600]
    heard.bad = set()
    assert (tell_next(now=now), waiting()) == (1, [])


def test_it_waits_no_longer_than_an_hour():
    assert retry_after(10**6) == timedelta(hours=1)


def test_it_undoes_what_the_other_readers_did_with_an_event_that_failed(city):
    on_event("t", lambda events, now: notices_write([notice(event.body["n"] + 500) for event in events], now=now))
    Heard(bad=[77])
    put(77, 78)
    tell_next(now=NOW)
    assert {577, 77} & set(told(city)) == set()
    assert {578, 78} <= set(told(city))


def test_it_writes_a_notice_once_however_often_it_is_told(city):
    for _ in range(3):
        notices_write([notice(900), notice(900), notice(901)], now=NOW)
    notices_write([notice(900, unit_id=9002), notice(900, text="t.other")], now=NOW)
    notices_write([], now=NOW)
    with database.acting_as(city.installation, "owner"):
        rows = list(Notice.objects.filter(subject_id__in=[900, 901]).order_by("subject_id", "id"))
    written = [(row.subject_id, row.unit_id, row.text, row.params) for row in rows]
    assert written == [
        (900, 9001, "t.text", {"n": 900}),
        (900, 9002, "t.text", {"n": 900}),
        (900, 9001, "t.other", {"n": 900}),
        (901, 9001, "t.text", {"n": 901}),
    ]


def test_it_says_how_far_behind_it_is():
    assert queries.outbox_backlog() == (0, None)
    put(1, 2)
    assert queries.outbox_backlog() == (2, NOW)


def test_it_shows_the_code_of_a_text_that_a_newer_program_wrote():
    register_text("t.text", "第 %(n)s 件")
    assert (text_of("t.text"), text_of("t.from-the-future")) == ("第 %(n)s 件", "t.from-the-future")


def test_it_marks_as_read_what_was_there_and_leaves_the_rest(city):
    notices_write([notice(n, unit_id=9003) for n in (1, 2, 3)], now=NOW)
    with database.acting_as(city.installation, "owner"):
        rows = queries.notices_for(9003, "handler")
    assert [row.subject_id for row in rows] == [3, 2, 1]
    with transaction.atomic(), connection.cursor() as cursor:
        # The application marks notices, not the worker.
        cursor.execute("SELECT has_column_privilege('notices_notice', 'read_at', 'UPDATE')")
        assert cursor.fetchone() == (False,)
    assert operations.BATCH > 1
