"""`make bench-redraw`: two townships with 50,000 open matters are merged into a new one, while reports keep coming in.

Another process reports into the same townships, one report after the other, and notes how long each took: before the merge
begins, and while it is carried out and open matters follow. A tenth of the matters are the townships' own to handle, so
that another unit takes over their work too. `--home` keeps the city; it can be merged once.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.results import write_section
from bench.rows import city

INTO = "370303399"
# Ended matters of the generated city are opened again in the two townships: the owner's doing, in a benchmark's city only.
OPEN = """
WITH place AS (
    SELECT row_number() OVER (ORDER BY code) - 1 AS n, count(*) OVER () AS places, region_id, code
    FROM organisation_region_state WHERE level = 'community' AND left(code, 9) = ANY (%(townships)s) AND upper_inf(valid)
), chosen AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM matters_matter ORDER BY id LIMIT %(open)s)
UPDATE matters_matter m SET region_id = p.region_id, region_code = p.code, scope_code = p.code, ended_at = NULL,
    result = NULL, stage = 'handling', due_at = now() + interval '9 days', warn_at = now() + interval '8 days',
    in_intake = false,
    holder_unit_id = CASE WHEN c.n %% 10 = 0
        THEN (SELECT u.id FROM organisation_unit u WHERE u.code = 'township-' || left(p.code, 9)) ELSE intake_unit_id END
FROM chosen c JOIN place p ON p.n = c.n %% p.places WHERE m.id = c.id
"""
SHARES = """
INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at, taken_at)
SELECT m.id, m.holder_unit_id, 'lead', 'taken', now(), now() FROM matters_matter m JOIN organisation_unit u
    ON u.id = m.holder_unit_id AND u.code = ANY (%(units)s)
WHERE m.ended_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM matters_assignment a WHERE a.matter_id = m.id AND a.ended_at IS NULL) ON CONFLICT DO NOTHING
"""


def reporting(seconds: float) -> None:
    """Report again and again into the place that is redrawn; prints when each began and how long it took, as JSON."""
    from shanzhi.config.ready import ready

    with ready():
        from django.utils import timezone

        from shanzhi.kernel.access.operations import acting
        from shanzhi.kernel.access.policy import ANYONE
        from shanzhi.kernel.matters import operations
        from shanzhi.kernel.matters.policy.report import NewReport
        from shanzhi.kernel.organisation import queries

        ended = time.monotonic() + seconds
        while time.monotonic() < ended:
            started = time.time()
            # As a page would: where the resident stands is asked of the tree of now.
            today = timezone.localdate()
            township = next(code for code in (INTO, "370303009") if queries.region_of_code(code, today))
            place = queries.children(township, today)[0].code
            with acting(ANYONE):
                operations.report(new=NewReport(body="路灯不亮", region_code=place), actor=ANYONE, now=timezone.now())
            print(json.dumps([started, time.time() - started]), flush=True)


def merge(installation: Any, open_matters: int, console: Console) -> list[str]:
    """Open so many matters, merge, and let them follow; the lines of the result."""
    from django.utils import timezone

    from shanzhi.config import database
    from shanzhi.kernel.journal.policy import Author
    from shanzhi.kernel.matters import operations
    from shanzhi.kernel.organisation import operations as organisation
    from shanzhi.kernel.organisation import queries
    from shanzhi.kernel.organisation.policy import Level
    from shanzhi.kernel.organisation.policy.plan import Merge, Open, Plan

    now, today = timezone.now(), timezone.localdate()
    rows = [row for row in queries.children("370303", today) if row.level is Level.TOWNSHIP]
    townships = ["370303009", next(row.code for row in rows if row.code != "370303009")]
    with database.as_owner(installation) as owner:
        owner.execute(OPEN, {"townships": townships, "open": open_matters})
        owner.execute(SHARES, {"units": [f"township-{code}" for code in townships]})
        owner.execute("ANALYZE matters_matter")
    before = _reporter(20)
    calm = _waits(before)
    running = _reporter(120)
    time.sleep(3)
    started = time.time()
    plan = Plan(today, (Open(INTO, "新城街道", "370303"), Merge(tuple(townships), INTO)))
    with database.acting_as(installation, "importer"):
        organisation.regions_change(plan=plan, version=queries.tree_version(), now=now, author=Author("importer"))
    changed = time.time()
    with database.acting_as(installation, "worker"):
        moved = operations.matters_follow(now=now, told=lambda count: console.print(f"{count:,}", end="\r"))
    ended = time.time()
    running.terminate()
    waits = _waits(running, started, ended)
    return [
        f"{open_matters:,} open matters in two townships, a tenth of them the townships' own to handle",
        "",
        f"- the change of regions, units and posts: {changed - started:.1f} s; open matters have followed"
        f" {ended - started:.1f} s after it began ({moved:,} steps, a journal entry each)",
        f"- reports from another connection meanwhile: {len(waits)}, median {_ms(waits, 0.5)},"
        f" 95 % under {_ms(waits, 0.95)}, the longest {_ms(waits, 1)}",
        f"- before it: {len(calm)}, median {_ms(calm, 0.5)}, 95 % under {_ms(calm, 0.95)}, the longest {_ms(calm, 1)}",
    ]


def _reporter(seconds: float) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.redraw", "--reporting", str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _waits(process: "subprocess.Popen[str]", since: float = 0, until: float = float("inf")) -> list[float]:
    """How long the reports took that were on their way between two times, shortest first."""
    output, _ = process.communicate()
    rows = [json.loads(line) for line in output.splitlines()]
    return sorted(took for started, took in rows if started + took >= since and started <= until)


def _ms(waits: list[float], share: float) -> str:
    return f"{waits[min(int(len(waits) * share), len(waits) - 1)] * 1000:.0f} ms" if waits else "—"


def main() -> None:
    """Run it, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--open", type=int, default=50_000)
    options.add_argument("--home", type=Path, help="a folder that keeps the city")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    options.add_argument("--reporting", type=float, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.reporting:
        return reporting(given.reporting)
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="shanzhi-redraw-") as folder,
        city(str(given.home or folder), given.open * 6 // 5, console) as installation,
    ):
        os.environ["SHANZHI_HOME"] = str(given.home or folder)
        lines = merge(installation, given.open, console)
    print("\n".join(lines))
    if not given.dry:
        write_section("Redraw", "make bench-redraw", lines)
    return None


if __name__ == "__main__":
    main()
