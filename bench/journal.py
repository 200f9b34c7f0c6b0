"""`make bench-journal`: entries sealed a second, the whole verified, one matter's proof made and checked.

Everything lives in a folder of its own, on the embedded PostgreSQL with durable commits. Entries are written in bulk as the
keeper, sealed and verified as the worker's role by the functions that worker and command line call.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.results import write_section

SUBJECT_STEPS = 9


@contextmanager
def installation(hash_name: str) -> Iterator[Any]:
    """An empty installation in a fresh folder."""
    with tempfile.TemporaryDirectory(prefix="shanzhi-bench-") as home:
        os.environ.update(
            SHANZHI_HOME=home, DJANGO_SETTINGS_MODULE="shanzhi.config.settings", SHANZHI_TREE_HASH=hash_name
        )
        from shanzhi.config.ready import ready

        with ready(prepare=True) as made:
            yield made


def seal_all() -> tuple[int, float]:
    """Seal everything in the worker's batches, with a head a second; how many, in how many seconds."""
    from django.utils import timezone

    from shanzhi.kernel.journal import operations

    count, started = 0, time.perf_counter()
    while True:
        done = operations.seal(now=timezone.now(), head_every=timedelta(seconds=1))
        count += done.count
        if not done.more:
            break
    operations.seal(now=timezone.now(), head_every=timedelta(0))
    return count, time.perf_counter() - started


def verify(console: Console) -> tuple[Any, float]:
    """Verify the whole journal; what was found, in how many seconds."""
    from shanzhi.kernel.journal import queries

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("verify", total=sum(queries.sizes().values()))
        started = time.perf_counter()
        found = queries.verify(tick=lambda count: progress.advance(task, count))
        return found, time.perf_counter() - started


def milliseconds(job: Callable[[], Any], times: int = 50) -> tuple[float, float]:
    """Median and worst of some runs."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        job()
        took.append((time.perf_counter() - started) * 1000)
    return statistics.median(took), max(took)


def proofs(total: int) -> list[str]:
    """Lines about making and checking one matter's proof."""
    from shanzhi.kernel.journal import policy, queries
    from shanzhi.kernel.journal.policy.tiles import inclusion_places

    subject = total // SUBJECT_STEPS // 2
    made = milliseconds(lambda: queries.proof_of("probe", subject))
    proof = queries.proof_of("probe", subject)
    text = policy.write_proof(proof)
    checked = milliseconds(lambda: policy.check(policy.read_proof(text)))
    assert policy.check(policy.read_proof(text)).is_proved
    entries = proof.trees[0].entries
    size = queries.sizes()[1]
    tiles = len(set().union(*(inclusion_places(entry.leaf, size) for entry in entries)))
    return [
        f"- proof of one matter ({len(entries)} entries, {len(text):,} bytes): made in {made[0]:.1f} ms (worst"
        f" {made[1]:.1f}), reading {len(entries)} entries, as many leaves and {tiles} tiles; checked in"
        f" {checked[0]:.1f} ms (worst {checked[1]:.1f})",
    ]


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--total", type=int, default=1_000_000)
    options.add_argument("--hash", default="sha256", choices=("sha256", "sm3"))
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    console = Console(stderr=True)
    with installation(given.hash) as made:
        from shanzhi.config import database
        from shanzhi.kernel.journal.tests.sealing import fill, keeper

        console.print(f"writing {given.total:,} entries …")
        fill(made, given.total, every="20 seconds")
        with keeper(made) as admin:
            admin.execute("ANALYZE")
        with database.acting_as(made, "worker"):
            console.print("sealing …")
            count, sealing = seal_all()
            found, verifying = verify(console)
            lines = [
                f"- {count:,} entries ({given.hash}): sealed in {sealing:.1f} s, {count / sealing:,.0f} a second",
                f"- verified whole ({found.leaves:,} entries, {found.heads} heads, every tile) in {verifying:.1f} s",
                *proofs(given.total),
            ]
    print("\n".join(lines))
    assert found.is_whole
    if not given.dry:
        title = "Journal" if given.hash == "sha256" else f"Journal ({given.hash})"
        write_section(title, "make bench-journal", lines)


if __name__ == "__main__":
    main()
