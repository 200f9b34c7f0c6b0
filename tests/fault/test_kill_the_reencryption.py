"""Sealing anew is killed without warning, again and again: every row opens at any time, and none is lost."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from shanzhi.config.installation import Installation
from shanzhi.kernel.vault.policy.envelope import KeyRing, key_of_head, record_context
from tests.concurrency.committed import as_role
from tests.fault.running import kill_as_soon_as, of_its_own
from tests.started import Started, run, start

FULL = os.environ.get("SHANZHI_SIZE") == "full"
ROWS = 100_000 if FULL else 30_000
KILLS = 5 if FULL else 2
CHUNK = 5_000
PATIENCE = 300
KEPT_AT, EXPIRES = datetime(2025, 11, 18, tzinfo=UTC), date(2030, 11, 1)


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation of its own with a vault of `ROWS` pieces."""
    with of_its_own() as found:
        _fill(found)
        yield found


def _text(number: int) -> str:
    return f"138{number:08d}"


def _fill(installation: Installation) -> None:
    ring = KeyRing.load(installation.keyring_text())
    with as_role(installation, "owner") as opened:
        for first in range(0, ROWS, CHUNK):
            numbers = list(range(first, min(first + CHUNK, ROWS)))
            sealed = [
                ring.seal(_text(number).encode(), context=record_context("test", number, "phone")) for number in numbers
            ]
            opened.execute(
                "INSERT INTO vault_record (subject_kind, subject_id, purpose, part, sealed, legal_ground, kept_at,"
                " expires_on) SELECT 'test', number, 'contact', 'phone', sealed, 'duty', %s, %s"
                " FROM unnest(%s::bigint[], %s::bytea[]) AS r (number, sealed)",
                [KEPT_AT, EXPIRES, numbers, sealed],
            )
        opened.commit()


def _start(*arguments: str, typed: str = "") -> Started:
    return start("shanzhi", "vault", *arguments, typed=typed.encode())


def _moved(installation: Installation) -> int:
    with as_role(installation, "worker") as opened:
        row = opened.execute("SELECT moved FROM vault_rotation WHERE done_at IS NULL").fetchone()
    assert row is not None, "it was done before it was killed"
    return int(row[0])


def _said(*arguments: str) -> str:
    said = run("shanzhi", "vault", *arguments)
    assert said.returncode == 0, said.stderr
    return said.stdout


def _kill_after(installation: Installation, running: Started, moved: int) -> None:
    """kill -9 as soon as so many rows are done."""
    done = "SELECT 1 FROM vault_rotation WHERE moved >= %s"
    with as_role(installation, "worker") as looking:
        looking.autocommit = True
        kill_as_soon_as(lambda: looking.execute(done, [moved]).fetchone() is not None, running, PATIENCE)


def _by_key(installation: Installation) -> dict[str, int]:
    """How many pieces are sealed under each key, after having opened every one of them."""
    ring = KeyRing.load(installation.keyring_text())
    found: dict[str, int] = {}
    numbers = set()
    with as_role(installation, "worker") as opened:
        for number, sealed in opened.execute("SELECT subject_id, sealed FROM vault_record").fetchall():
            assert ring.open_sealed(sealed, context=record_context("test", number, "phone")).decode() == _text(number)
            code, _ = key_of_head(sealed[: 3 + sealed[2]])
            found[code] = found.get(code, 0) + 1
            numbers.add(number)
    assert (len(numbers), sum(found.values())) == (ROWS, ROWS)
    return found


def test_it_loses_nothing_when_it_is_killed_again_and_again(installation: Installation) -> None:
    first = _start("rotate", "--key", "k2", "--sole-keeper", typed="年度更换密钥，单人值守\n")
    for kill in range(1, KILLS + 1):
        running = first if kill == 1 else _start("reencrypt")
        _kill_after(installation, running, kill * ROWS // (KILLS + 2))
        found = _by_key(installation)
        assert set(found) == {"k1", "k2"}
        # What was told of is what was done: rows and progress commit together.
        assert found["k2"] == _moved(installation)
    assert "进行中" in _said("status")
    assert _start("retire", "k1", typed="y\n").wait(PATIENCE) == 1, "rows are still sealed under it"
    assert _start("reencrypt").wait(PATIENCE) == 0
    assert _by_key(installation) == {"k2": ROWS}
    assert _start("retire", "k1", typed="y\n").wait(PATIENCE) == 0
    assert KeyRing.load(installation.keyring_text()).ids == ("k2",)
    told = _said("status")
    assert f"已完成，{ROWS:,} / {ROWS:,}。" in told
    assert f"共 {ROWS:,} 条，0 条不在现用的密钥和算法下。" in told
    assert _by_key(installation) == {"k2": ROWS}
