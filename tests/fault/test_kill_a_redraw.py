"""Following a redraw is killed without warning, again and again: it goes on, and nothing is done twice."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from shanzhi.config.installation import Installation
from tests.concurrency.committed import as_role
from tests.fault.running import kill_as_soon_as, of_its_own
from tests.started import Started, start

FULL = os.environ.get("SHANZHI_SIZE") == "full"
MATTERS = 50_000 if FULL else 4_000
KILLS = 10 if FULL else 3
PATIENCE = 300
PLAN = """on = {today}
[[change]]
do = "merge"
regions = ["370303105"]
into = "370303008"
"""
# In the township's village, half of them with the township's own office.
FILL = """
INSERT INTO matters_matter (number, kind, kind_version, stage, channel, title, body, salt, category, region_id, region_code,
    scope_code, place_text, reported_at, stage_since, due_at, warn_at, intake_unit_id, holder_unit_id, in_intake, counts,
    public_consent, follow_hash, version, steps)
SELECT 'X' || n, 'request', 1, 'handling', 'web', '路灯', '路灯', '\\x', '', s.region_id, s.code, s.code, '', now(), now(),
    now() + interval '9 days', now() + interval '8 days', c.id, CASE WHEN n %% 2 = 0 THEN t.id ELSE c.id END, false, '{}',
    false, 'x' || n, 1, 1
FROM generate_series(1, %s) AS n
JOIN organisation_region_state s ON s.code = '370303105200' AND upper_inf(s.valid)
JOIN organisation_unit c ON c.code = 'centre-3703' JOIN organisation_unit t ON t.code = 'township-370303105'
"""
DONE = "SELECT count(*) FROM journal_entry WHERE action IN ('matters.recode', 'matters.succeed')"


@pytest.fixture
def installation() -> Iterator[Installation]:
    """An installation of its own with `MATTERS` open matters in one township."""
    with of_its_own() as found:
        with as_role(found, "owner") as opened:
            opened.execute(FILL, [MATTERS])
            opened.commit()
        yield found


def _count(installation: Installation, statement: str) -> int:
    with as_role(installation, "owner") as opened:
        row = opened.execute(statement).fetchone()
    assert row is not None
    return int(row[0])


def _kill_after(installation: Installation, running: Started, done: int) -> None:
    """kill -9 as soon as so many steps are committed."""
    with as_role(installation, "owner") as looking:
        looking.autocommit = True
        kill_as_soon_as(lambda: (looking.execute(DONE).fetchone() or (0,))[0] >= done, running, PATIENCE)


def test_it_goes_on_and_does_nothing_twice(installation: Installation, tmp_path: Path) -> None:
    total = MATTERS + MATTERS // 2
    today = _count(installation, "SELECT extract(epoch FROM (now() AT TIME ZONE 'Asia/Shanghai')::date)")
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.format(today=time.strftime("%Y-%m-%d", time.gmtime(today))), encoding="utf-8")
    first = start("shanzhi", "regions", "change", "--file", str(plan))
    for kill in range(1, KILLS + 1):
        running = first if kill == 1 else start("tests.fault.set_up", "follow")
        _kill_after(installation, running, kill * total // (KILLS + 3))
        # Every step with its entry, or neither.
        assert _count(installation, DONE) == _count(installation, "SELECT sum(steps - 1) FROM matters_matter")
    assert _count(installation, DONE) < total, "it was done before it was killed"
    assert start("tests.fault.set_up", "follow").wait(PATIENCE) == 0
    assert _count(installation, DONE) == total
    assert _count(installation, "SELECT count(*) FROM matters_matter WHERE scope_code = '370303008200'") == MATTERS
    twice = "SELECT count(*) FROM (SELECT 1 FROM journal_entry GROUP BY action, subject_kind, subject_id HAVING count(*) > 1"
    assert _count(installation, f"{twice} AND action IN ('matters.recode', 'matters.succeed')) x") == 0
    left = "SELECT count(*) FROM matters_matter m JOIN organisation_unit u ON u.id = m.holder_unit_id WHERE u.closed_on IS NOT"
    assert _count(installation, f"{left} NULL") == 0
    assert _count(installation, "SELECT count(*) FROM organisation_redraw WHERE followed_at IS NULL") == 0
