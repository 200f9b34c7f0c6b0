"""`make bench-ladder`: clocks of 100,000 open matters come onto the ladder's rungs, and one pass tells whom it concerns.

The pass is the worker's own, as its role: which clocks have come onto which rung, written down once each; who is to be told
of them in which post; the lines of the notices page. A quarter of the clocks stands on each rung of the shipped ladder. Then it
runs again, with nothing left to tell. Processor time is the worker's and its database process's together.
"""

import argparse
import tempfile
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.results import write_section
from bench.rows import Stopwatch, city

# All matters of the generated city are with whoever led them: the owner's doing, in a benchmark's city only.
OPEN = """
UPDATE matters_matter m SET ended_at = NULL, result = NULL, stage = 'handling', in_intake = false,
    holder_unit_id = COALESCE((SELECT a.unit_id FROM matters_assignment a
        WHERE a.matter_id = m.id AND a.part = 'lead' LIMIT 1), m.intake_unit_id),
    due_at = now() + interval '1 day', warn_at = now() + interval '12 hours';
UPDATE matters_clock SET stopped_at = started_at WHERE stopped_at IS NULL;
"""
# A quarter each: half a day before the limit, and 2, 4 and 7 working days past it or more.
CLOCKS = """
INSERT INTO matters_clock (matter_id, stage, code, calendar, limit_text, calendar_version, started_at, due_at, warn_at)
SELECT id, 'handling', 'handle', 'office', '5wd', 'bench', d.due - interval '9 days', d.due, d.due - interval '1 day'
FROM (SELECT id, (%(now)s::timestamptz + CASE id %% 4 WHEN 0 THEN interval '12 hours' WHEN 1 THEN interval '-4 days'
    WHEN 2 THEN interval '-7 days' ELSE interval '-20 days' END) AS due FROM matters_matter) d;
"""
TOLD = "SELECT count(*), count(DISTINCT unit_id) FROM notices_notice WHERE subject_kind = 'ladder'"
ANALYSE = "ANALYZE matters_matter; ANALYZE matters_clock;"


def climb(installation: Any, console: Console) -> list[str]:
    """Set the clocks, run the pass twice; the lines of the result."""
    from django.utils import timezone

    from shanzhi.config import database
    from shanzhi.kernel.matters import operations

    now = _in_service_hours(timezone.now())
    with database.as_owner(installation) as owner:
        for statement in (*OPEN.split(";"), *ANALYSE.split(";")):
            if statement.strip():
                owner.execute(statement.encode())
        owner.execute(CLOCKS.encode(), {"now": now})
        count = owner.execute("SELECT count(*) FROM matters_clock WHERE stopped_at IS NULL").fetchone()
        owner.execute(b"ANALYZE matters_clock")
    console.print(f"{count[0] if count else 0:,} clocks run")
    took = []
    with database.acting_as(installation, "worker"):
        watch = Stopwatch()
        for later in (0, 30):
            took.append(watch.take(partial(operations.ladder_climb, now=now + timedelta(minutes=later))))
            console.print(f"{took[-1].wall / 1000:.1f} s")
    with database.as_owner(installation) as owner:
        rungs = owner.execute("SELECT count(*), count(DISTINCT clock_id) FROM matters_rung").fetchone()
        told = owner.execute(TOLD.encode()).fetchone()
    assert rungs is not None
    assert told is not None
    first, second = took
    return [
        f"{rungs[1]:,} clocks came onto {rungs[0]:,} rungs; {told[0]:,} notices to {told[1]:,} units tell of them",
        "",
        f"- the pass: {first.wall / 1000:.1f} s, of it {first.whole / 1000:.1f} s processor time"
        f" ({first.database / 1000:.1f} s in the database)",
        f"- the next one, with nothing new: {second.wall / 1000:.1f} s, {second.whole / 1000:.1f} s processor time",
    ]


def _in_service_hours(now: datetime) -> datetime:
    """Noon of the day, in the city: the ladder tells nobody at night."""
    from django.utils import timezone

    return timezone.localtime(now).replace(hour=12, minute=0, second=0, microsecond=0)


def main() -> None:
    """Run it, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--clocks", type=int, default=100_000)
    options.add_argument("--home", type=Path, help="a folder that keeps the city")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="shanzhi-ladder-") as folder,
        city(str(given.home or folder), given.clocks, console) as installation,
    ):
        lines = climb(installation, console)
    print("\n".join(lines))
    if not given.dry:
        write_section("Ladder", "make bench-ladder", lines)


if __name__ == "__main__":
    main()
