"""Sending is killed without warning, again and again: every message arrives, and a repetition says that it is one."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from shanzhi.config.installation import Installation
from shanzhi.kernel.notices.tests.servers import Hook, hook
from tests.concurrency.committed import as_role
from tests.fault.running import kill_as_soon_as, of_its_own
from tests.started import Started, start

FULL = os.environ.get("SHANZHI_SIZE") == "full"
MESSAGES = 5_000 if FULL else 300
KILLS = 20 if FULL else 3
PATIENCE = 120
LEASE_MINUTES = 6
SUBSCRIBE = (
    "INSERT INTO notices_subscription (name, url, kinds, scope_code, key_number, key_changed_at, made_at, steps)"
    " VALUES ('x', %s, '[]', '', 1, now(), now(), 1) RETURNING id"
)
FILL = """
INSERT INTO notices_delivery (gateway, destination, key, step, role, subject_kind, text, body, made_at, next_at, give_up_at,
    tries, last_error, state)
SELECT 'webhook', 'webhook:' || %s, gen_random_uuid(), 'matters.take', '', '', 'X' || n,
    '{"at": "2025-11-18T02:30:00+00:00", "data": {}}', now(), now(), now() + interval '7 days', 0, '', 'waiting'
FROM generate_series(1, %s) AS n
"""


@pytest.fixture
def waiting() -> Iterator[tuple[Installation, Hook]]:
    """An installation of its own with `MESSAGES` messages for one system."""
    with of_its_own(SHANZHI_OUTBOUND_LOOPBACK="1") as found, hook() as taker:
        with as_role(found, "owner") as opened:
            pk = (opened.execute(SUBSCRIBE, [taker.url]).fetchone() or (0,))[0]
            opened.execute(FILL, [pk, MESSAGES])
            opened.commit()
        yield found, taker


def _start(minutes: int) -> Started:
    return start("tests.fault.set_up", "deliver", str(minutes))


def _kill_after(taker: Hook, running: Started, heard: int) -> None:
    """kill -9 as soon as so many messages have arrived."""
    kill_as_soon_as(lambda: len(taker.heard) >= heard, running, PATIENCE)


def _states(installation: Installation) -> dict[str, str]:
    with as_role(installation, "worker") as opened:
        return {str(key): state for key, state in opened.execute("SELECT key, state FROM notices_delivery").fetchall()}


def test_it_loses_no_message_when_it_is_killed_again_and_again(waiting: tuple[Installation, Hook]) -> None:
    installation, taker = waiting
    for kill in range(1, KILLS + 1):
        _kill_after(taker, _start(kill * LEASE_MINUTES), kill * MESSAGES // (KILLS + 1))
        states = _states(installation)
        heard = {headers["webhook-id"] for headers, _ in taker.heard}
        assert {key for key, state in states.items() if state == "sent"} <= heard, "what counts as sent has arrived"
    assert _start((KILLS + 1) * LEASE_MINUTES).wait(PATIENCE) == 0
    states = _states(installation)
    assert set(states.values()) == {"sent"}
    times = Counter(headers["webhook-id"] for headers, _ in taker.heard)
    assert set(times) == set(states)
    assert sum(times.values()) <= MESSAGES + KILLS, "only what was under way at a kill comes twice"
    bodies: dict[str, set[bytes]] = {}
    for headers, body in taker.heard:
        bodies.setdefault(headers["webhook-id"], set()).add(body)
    assert {len(found) for found in bodies.values()} == {1}
