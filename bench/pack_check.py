"""`make bench-pack-check ARGS=FILE`: how long a pack takes to check, as usual and whole; what hashing its bytes alone takes.

Take a file that `make bench-pack ARGS="--out FILE"` kept, or one that `python -m bench.make_pack` made of a
smaller one. Each check is the command that anybody runs, in a process of its own.
"""

import argparse
import hashlib
import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.results import write_section


def checked(file: Path, *options: str) -> tuple[dict[str, Any], float, float, float]:
    """Check a pack: what the command said, seconds, processor seconds of it and all its children, gigabytes at most so far."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    command = [sys.executable, "-m", "shanzhi", "pack", "verify", str(file), "--json", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), seconds, used, after.ru_maxrss * 1024 / 1e9


def hashed(file: Path) -> float:
    """The limit: read the file and hash its bytes, nothing else; seconds."""
    started = time.perf_counter()
    with file.open("rb") as given:
        hashlib.file_digest(given, "sha256")
    return time.perf_counter() - started


def line_of(name: str, told: tuple[dict[str, Any], float, float, float]) -> str:
    """One check, for people."""
    said, seconds, used, memory = told
    counts = said["counts"]
    steps = ", ".join(
        f"{step} {each['seconds']:.1f} s" for step, each in said["steps"].items() if each["seconds"] >= 0.1
    )
    return (
        f"- {name}: {said['verdict']} in {seconds:.1f} s ({used:.1f} s of processors), {memory:.2f} GB at most;"
        f" {counts.get('matters', 0):,} matters, {counts.get('rows', 0):,} rows, {counts.get('figures', 0):,} figures,"
        f" {counts.get('folded', 0):,} made again; {steps}"
    )


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("file", type=Path)
    options.add_argument("--full", action="store_true", help="check it whole too")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    lines = [line_of("as usual", checked(given.file))]
    lines += [line_of("whole (--full)", checked(given.file, "--full"))] if given.full else []
    lines.append(f"- limit: its {given.file.stat().st_size:,} bytes read and hashed in {hashed(given.file):.2f} s")
    print("\n".join(lines))
    if not given.dry:
        write_section("Packs: checking", "make bench-pack-check", lines)


if __name__ == "__main__":
    main()
