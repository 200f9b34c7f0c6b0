"""`make bench-facts`: entries projected into facts a second, by the worker's role; everything rebuilt, and verified.

Everything lives in a folder of its own, on the embedded PostgreSQL with durable commits. The entries are those of requests
that go the usual way (8 entries each, in the shape in which the loop writes them), mixed as in a city: while one is
reported, others are taken, answered and judged, so that almost every entry of a batch goes on with a matter of its own.
They lie in 3,000 communities of 100 townships and 11 counties, and all three cubes follow.
"""

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.journal import installation, seal_all
from bench.results import write_section

START = datetime(2025, 3, 1, 1, 0, tzinfo=UTC)
APART = 4000
"""So many matters are reported between one step of a matter and its next."""
PIECE = 10_000
REPORTS, PATIENCE = 42, 60
WAY = ("report", "accept", "dispatch", "take", "note", "reply", "check_pass", "rate")


def entry(matter: int, place: int) -> Any:
    """A matter's entry at this place of its way."""
    from shanzhi.kernel.journal.operations import Draft
    from shanzhi.kernel.journal.policy import Author, Subject

    verb, unit = WAY[place], 100 + matter % 90
    at = START + timedelta(seconds=6 * matter, hours=6 * place)
    author = Author("reporter") if verb in ("report", "rate") else Author("post", unit, unit)
    return Draft(payload(verb, matter, at, unit), Subject("matter", matter, place + 1, "370303009006"), author, at)


def payload(verb: str, matter: int, at: datetime, unit: int) -> Any:
    """What the entry says."""
    from shanzhi.kernel.matters.policy.payloads_second import STEPS, ClockBegun, Report, ShareStands

    stages = ("", "reported", "accepted", "dispatched", "handling", "handling", "checking", "verdict", "closed")
    place = WAY.index(verb)
    due, ends = at + timedelta(days=2), verb == "rate"
    told: dict[str, Any] = {
        "number": f"25{matter:09}",
        "kind": "request",
        "kind_version": 1,
        "done_by": "contact" if verb == "note" else verb,
        "category": "" if verb == "report" else ("housing.property-service", "cityscape.waste")[matter % 2],
        "region_id": 8 + matter % 3000,
        "region_code": f"{370303009006 + matter % 3000}",
        "channel": ("hotline", "web", "phone")[matter % 3],
        "stage": stages[place],
        "to_stage": stages[place + 1],
        "result": "closed" if ends else None,
        "due_at": None if ends else due,
        "warn_at": None if ends else due - timedelta(hours=4),
        "limit": "" if ends else "1wd",
        "calendar": "" if ends else "cn-2025.1/office",
        "holder_unit_id": None if ends else unit,
    }
    own = () if ends or verb == "note" else (ClockBegun("", "new", "1wd", due),)
    if verb == "report":
        long = ClockBegun("handle", "new", "15wd", at + timedelta(days=21))
        sealed = f"{matter:064x}"
        return Report(
            **told, reported_at=at, intake_unit_id=1, clocks=(*own, long), promises=("handle",), title_sealed=sealed,
            body_sealed=sealed, has_contact=True,
        )  # fmt: skip
    shares = {
        "dispatch": (ShareStands(unit, "lead", "waiting"),),
        "take": (ShareStands(unit, "lead", "taken", at),),
        "reply": (ShareStands(unit, "lead", "taken", at),),
        "rate": (ShareStands(unit, "lead", "done", at),),
    }
    more: dict[str, Any] = {"solved": matter % 10 > 0, "satisfied": 1 + matter % 5} if ends else {}
    more |= {"reply_sealed": f"{matter:064x}"} if verb == "reply" else {}
    more |= {"lead_unit_id": unit} if verb == "dispatch" else {}
    stopped = () if verb == "note" else ("", "handle") if verb in ("check_pass", "rate") else ("",)
    return STEPS[verb](**told, **more, clocks=own, stopped=stopped, shares=shares.get(verb, ()), intake_unit_id=1)


def entries(matters: int) -> Iterator[Any]:
    """The entries of so many matters, mixed as they come."""
    for tick in range(matters + APART * len(WAY)):
        for place in range(len(WAY)):
            matter = tick - place * APART
            if 0 <= matter < matters:
                yield entry(matter + 1, place)


def lay_regions() -> None:
    """Let every community of the entries lie in a township, a county and the city, so that cubes count on all levels."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO fact_line (region_id, from_on, until_on, nth, above_id, level, is_own)"
            " SELECT region, '0001-01-01', '9999-12-31', above.nth, above.id, above.level, above.own"
            " FROM generate_series(8, 8 + 2999) AS region CROSS JOIN LATERAL (VALUES (0, region, 'community', 1),"
            " (1, 10000 + region / 30, 'township', 0), (2, 20000 + region / 300, 'county', 0), (3, 1, 'city', 0)"
            ") AS above (nth, id, level, own)"
        )
        cursor.execute("INSERT INTO fact_tree (place, version) VALUES (1, gen_random_uuid())")


def fill(made: Any, matters: int, console: Console) -> int:
    """Write the journal, a transaction for each piece of it."""
    from itertools import islice

    from django.db import transaction

    from shanzhi.config import database
    from shanzhi.kernel.journal import operations

    count, rows = 0, entries(matters)
    with Progress(console=console, transient=True) as progress, database.acting_as(made, "owner"):
        task = progress.add_task("entries", total=matters * len(WAY))
        while piece := list(islice(rows, PIECE)):
            with transaction.atomic():
                count += operations.record_many(piece)
            progress.advance(task, len(piece))
    return count


def timed(console: Console, name: str, total: int, job: Any) -> tuple[Any, float]:
    """Run a job that ticks; what it gave, in how many seconds."""
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task(name, total=total)
        started = time.perf_counter()
        found = job(lambda count: progress.advance(task, count))
        return found, time.perf_counter() - started


def project_all(tick: Any) -> int:
    """Project everything that is sealed, in the worker's batches."""
    from django.utils import timezone

    from shanzhi.kernel.facts import operations

    count = 0
    while (done := operations.project(now=timezone.now())).count:
        count += done.count
        tick(done.count)
    return count


def processor_seconds() -> float:
    """Processor time of this process and of the database process that serves it (Linux)."""
    from django.db import connection

    with connection.cursor() as cursor:
        pid = cursor.connection.info.backend_pid
    told = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return time.process_time() + (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def measure(matters: int, console: Console) -> list[str]:
    """Project, rebuild and verify what was sealed; lines about it."""
    from django.utils import timezone

    from shanzhi.kernel.facts import operations, queries

    total, before = matters * len(WAY), processor_seconds()
    count, projecting = timed(console, "project", total, project_all)
    used = processor_seconds() - before
    assert count == total
    _, hashing = timed(console, "hashes", 1, lambda _tick: seal_all())
    project_all(lambda _count: None)
    rebuilt, rebuilding = timed(
        console, "rebuild", matters, lambda tick: operations.rebuild(now=timezone.now(), tick=tick)
    )
    found, verifying = timed(console, "verify", matters, lambda tick: queries.verify(tick=tick))
    assert rebuilt.matters == found.matters == matters
    assert found.is_whole, found.faults[:5]
    return [
        f"- {count:,} entries of {matters:,} matters projected in {projecting:.1f} s, {count / projecting:,.0f} a second"
        f" (batches of {operations.BATCH:,}; with the hash of every matter that ended journaled; their {matters:,} entries"
        f" sealed in {hashing:.1f} s more)",
        f"- of that {used:.1f} s of processor time, the projector's and its database process's, one after the other:"
        f" {count / used:,.0f} entries a second of it (what else the machine does shows in the line above, not here)",
        f"- all facts rebuilt beside the others and put in their place in {rebuilding:.1f} s,"
        f" {count / rebuilding:,.0f} entries a second",
        f"- all facts verified in {verifying:.1f} s: {found.rows:,} rows and {found.hashes:,} hashes,"
        f" {count / verifying:,.0f} entries a second",
    ]


def lag(made: Any, matters: int, console: Console) -> str:
    """A line about how long it takes in the running system from an entry's commit until its fact can be read."""
    from django.db import connection

    from shanzhi.config import database
    from shanzhi.kernel.journal import operations

    worker = subprocess.Popen(
        [sys.executable, "-m", "shanzhi", "worker"],
        env={**os.environ, "SHANZHI_HOME": str(made.home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    took = []
    try:
        with database.acting_as(made, "owner"), Progress(console=console, transient=True) as progress:
            task = progress.add_task("lag", total=REPORTS)
            for matter in range(matters + 1, matters + 1 + REPORTS):
                operations.record_many([entry(matter, 0)])
                started = time.perf_counter()
                with connection.cursor() as cursor:
                    while time.perf_counter() - started < PATIENCE:
                        cursor.execute("SELECT 1 FROM fact_matter WHERE matter_id = %s", [matter])
                        if cursor.fetchone():
                            break
                        time.sleep(0.01)
                took.append(time.perf_counter() - started)
                time.sleep(0.1 + matter % 10 / 10)
                progress.advance(task)
    finally:
        worker.terminate()
        worker.wait(60)
    took = took[2:]  # The worker starts while the first one waits.
    return (
        f"- in the running system an entry is a fact {statistics.median(took):.2f} s after its commit"
        f" (worst of {len(took)}: {max(took):.2f} s)"
    )


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--matters", type=int, default=40_000)
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    console = Console(stderr=True)
    with installation("sha256") as made:
        from shanzhi.config import database

        fill(made, given.matters, console)
        with database.acting_as(made, "worker"):
            seal_all()
            lay_regions()
            lines = measure(given.matters, console)
        lines.append(lag(made, given.matters, console))
    print("\n".join(lines))
    if not given.dry:
        write_section("Facts: projector", "make bench-facts", lines)


if __name__ == "__main__":
    main()
