"""`make bench-pack`: a pack of a million matters built by the worker's role, and the time that reading and hashing alone take.

The city is that of `bench.make_journal`, in a folder of its own on the embedded PostgreSQL (`--home` keeps it for a second
run). The pack is built in a process of its own, so that its memory is its own. The limit beside it is written by hand: the same
rows read by two connections at once, each text hashed as it comes, nothing kept.
"""

import argparse
import hashlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.results import write_section

LIMIT = """
SELECT e.subject_kind, e.subject_id, e.payload FROM journal_entry e WHERE e.subject_kind IN ('matter', 'figure', 'fact_month')
"""


def database_seconds(home: str) -> float:
    """Processor time of the embedded PostgreSQL so far, with all its processes that live or have ended (Linux)."""
    server = (Path(home) / "pg" / "postmaster.pid").read_text(encoding="utf-8").split()[0]
    alive = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="utf-8").split()

    def ticks(process: str, fields: slice) -> int:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        return sum(int(each) for each in told[fields])

    # utime and stime of each; cutime and cstime of the server are those of its children that have ended (proc(5)).
    spent = ticks(server, slice(11, 15)) + sum(ticks(each, slice(11, 13)) for each in alive)
    return spent / os.sysconf("SC_CLK_TCK")


def build_alone(home: str, out: Path) -> dict[str, Any]:
    """Build the pack in this process; what it took. Called in a process of its own."""
    os.environ.update(SHANZHI_HOME=home, DJANGO_SETTINGS_MODULE="shanzhi.config.settings", SHANZHI_TREE_HASH="sha256")
    from shanzhi.config.ready import ready

    with ready("worker"):
        from django.utils import timezone

        from bench.make_journal import FIRST, LAST
        from shanzhi.kernel.packs.operations.building import Asked, build

        stages: dict[str, float] = {}
        started, used, served = time.perf_counter(), time.process_time(), database_seconds(home)

        def tick(what: str, _count: int) -> None:
            stages[what] = time.perf_counter() - started

        made = build(out, Asked(FIRST, LAST), now=timezone.now(), tick=tick)
        return {
            "seconds": time.perf_counter() - started,
            "processor": time.process_time() - used,
            "database": database_seconds(home) - served,
            "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "bytes": made.bytes,
            "matters": made.matters,
            "entries": made.entries,
            "folded": made.folded,
            "rows": sum(made.facts.values()),
            "observations": made.observations,
            "stages": stages,
        }


def build(home: str, out: Path) -> dict[str, Any]:
    """The same in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.pack", "--alone", home, str(out)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def limit(made: Any, home: str) -> tuple[float, float, int]:
    """Read the same rows by two connections at once and hash them as they come; seconds, processor seconds with those of
    PostgreSQL, and bytes that were read."""
    import psycopg

    from shanzhi.config import database
    from shanzhi.kernel.facts.policy.tables import projected

    statements = [[LIMIT], [f"SELECT * FROM {table.name}" for table in projected()]]
    read = [0, 0]

    def run(nth: int) -> None:
        found = hashlib.sha256()
        with psycopg.connect(database.admin_url(made), autocommit=True) as opened:
            opened.execute("SET search_path = shanzhi")
            for statement in statements[nth]:
                with opened.cursor() as cursor, cursor.copy(f"COPY ({statement}) TO STDOUT") as rows:
                    for piece in rows:
                        found.update(piece)
                        read[nth] += len(piece)

    threads = [threading.Thread(target=run, args=[nth]) for nth in (0, 1)]
    started, used = time.perf_counter(), time.process_time() + database_seconds(home)
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started, time.process_time() + database_seconds(home) - used, sum(read)


def lines_of(told: dict[str, Any], hashed: tuple[float, float, int], made: dict[str, float]) -> list[str]:
    """What was measured, for people."""
    city, (hashing, used, read) = sum(made.values()), hashed
    return [
        f"- {told['matters']:,} matters, {told['entries']:,} entries, {told['rows']:,} rows of facts, "
        f"{told['observations']:,} figures: built in {told['seconds']:.1f} s, {told['bytes']:,} bytes",
        f"- processor time {told['processor']:.1f} s of the builder and {told['database']:.1f} s of PostgreSQL;"
        f" {told['memory'] / 1e9:.2f} GB of memory at most; {told['folded']:,} matters folded again",
        "- done after: " + ", ".join(f"{name} {seconds:.1f} s" for name, seconds in told["stages"].items()),
        f"- limit, written by hand: the same rows ({read:,} bytes) read by two connections and hashed in {hashing:.1f} s"
        f" ({used:.1f} s of processor time)",
        *([f"- the city was made in {city:.0f} s"] if made else []),
    ]


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--matters", type=int, default=1_000_000)
    options.add_argument("--home", type=Path, help="a folder that keeps the city")
    options.add_argument("--out", type=Path, help="where the pack is kept")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    options.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    given = options.parse_args()
    if given.alone:
        print(json.dumps(build_alone(given.alone[0], Path(given.alone[1]))))
        return
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="shanzhi-pack-") as folder:
        home = str(given.home or folder)
        os.environ.update(
            SHANZHI_HOME=home, DJANGO_SETTINGS_MODULE="shanzhi.config.settings", SHANZHI_TREE_HASH="sha256"
        )
        from shanzhi.config.ready import ready

        with ready(prepare=True) as installation:
            from django.utils import timezone

            from bench.make_journal import make
            from shanzhi.config.demo.city import load_city

            made: dict[str, float] = {}
            if not (Path(home) / "made").exists():
                load_city(installation, city_code="3703", now=timezone.now(), console=console)
                made = make(installation, given.matters, console)
                (Path(home) / "made").touch()
            console.print("building …")
            told = build(home, given.out or Path(folder) / "city.zip")
            lines = lines_of(told, limit(installation, home), made)
    print("\n".join(lines))
    if not given.dry:
        write_section("Packs: building", "make bench-pack", lines)


if __name__ == "__main__":
    main()
