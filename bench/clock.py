"""A million deadlines on one core: working days, working hours, statutory days, months, service hours, 2019 to 2027.

    python -m bench.clock          (make bench-clock)

Starts are drawn over the nine years at any minute, limits from what the processes use; each deadline has its due moment,
its warning, whether it is provisional and the course that it follows from, as `set_deadline` gives it to a matter. A
sample is then recomputed and explained, as the page of a matter does.
"""

import random
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from time import perf_counter, process_time
from typing import TypeVar

from bench.results import write_section
from shanzhi.kernel.clock.policy import Duration, WorkCalendar, explain, recompute, set_deadline, shipped_calendar

TOTAL, SAMPLE, SEED = 1_000_000, 20_000, 20190101
MIX: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("working days", "office", ("1wd", "5wd", "15wd")),
    ("working hours", "office", ("2wh", "4wh", "8wh")),
    ("statutory days", "office", ("15sd", "30sd", "60sd")),
    ("months", "office", ("1mo", "3mo", "6mo")),
    ("service hours", "service", ("1wh", "2wh", "24wh")),
)
T = TypeVar("T")
Task = tuple[datetime, Duration, WorkCalendar]


def tasks(total: int, mix: tuple[tuple[str, str, tuple[str, ...]], ...]) -> list[Task]:
    """Starts, limits and calendars, the same every time."""
    draw = random.Random(SEED)
    office = shipped_calendar()
    first = datetime(2019, 1, 1, tzinfo=office.zone)
    minutes = (datetime(2028, 1, 1, tzinfo=office.zone) - first) // timedelta(minutes=1)
    kinds = [(Duration.parse(text), office.named(code)) for _name, code, texts in mix for text in texts]
    return [(first + timedelta(minutes=draw.randrange(minutes)), *draw.choice(kinds)) for _ in range(total)]


def seconds_of(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds of the processor and by the wall."""
    wall, cpu = perf_counter(), process_time()
    work()
    return process_time() - cpu, perf_counter() - wall


def set_all(given: list[Task]) -> None:
    """Every deadline, one after the other."""
    for start, limit, calendar in given:
        set_deadline(start, limit, None, calendar)


def _each(work: Callable[[T, WorkCalendar], object], given: list[tuple[T, WorkCalendar]]) -> None:
    for one, calendar in given:
        work(one, calendar)


def main() -> int:
    """Measure the mix, then each kind alone, and write the section."""
    total = int(sys.argv[sys.argv.index("--total") + 1]) if "--total" in sys.argv else TOTAL
    everything = tasks(total, MIX)
    cpu, wall = seconds_of(lambda: set_all(everything))
    each = cpu / total * 1e6
    lines = [f"{total:,} deadlines set in {cpu:.1f} s of one core ({wall:.1f} s by the wall), {each:.1f} µs each"]
    lines += ["", "| kind | limits | µs each | recomputed, µs | explained, µs |", "|---|---|---|---|---|"]
    for one in MIX:
        given = tasks(SAMPLE, (one,))
        each = seconds_of(partial(set_all, given))[0]
        made = [(set_deadline(start, limit, None, calendar), calendar) for start, limit, calendar in given]
        again = seconds_of(partial(_each, recompute, made))[0]
        few = [(deadline.course, calendar) for deadline, calendar in made[:1000] if deadline.course]
        told = seconds_of(partial(_each, explain, few))[0]
        lines.append(
            f"| {one[0]} | {', '.join(one[2])} | {each / SAMPLE * 1e6:.1f} | {again / SAMPLE * 1e6:.1f} "
            f"| {told / len(few) * 1e6:.0f} |"
        )
    print("\n".join(lines))
    write_section("Clock", "make bench-clock", lines)
    return 0


if __name__ == "__main__":
    sys.exit(main())
