"""`python -m bench.imports`: rows of a file taken in a second, as the importer's role, by form; a city in a folder of its own.

The texts are invented: 40 to 400 characters, a phone in every fifth, every second one answered. Each form is a file of its
own source; what is measured is the whole of `import_matters`: reading, checking, masking, sealing, writing, journaling.
"""

import argparse
import csv
import io
import json
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from bench.results import write_section

HEADING = ("工单编号", "诉求标题", "来电时间", "诉求内容", "答复内容", "办结时间", "区域代码")
PIECES = (
    "三号楼门口的路灯坏了三天没有人修。", "楼下夜里十一点还在施工，孩子睡不着。", "小区电梯又停了，老人上不了楼。",
    "路口的井盖松动，车一过就响。", "物业收了停车费，车位却被占着。", "河边有人倒垃圾，味道很大。", "请尽快派人来看一看。",
)  # fmt: skip


def rows(count: int) -> Iterator[tuple[str, ...]]:
    """Invented rows, the same for the same count."""
    random = Random(5)
    start = datetime(2024, 1, 1, 8)
    for number in range(count):
        at = start + timedelta(minutes=7 * number % 900_000)
        body = "".join(random.choices(PIECES, k=random.randint(3, 24)))
        phone = f"请打13{random.randrange(10**9):09d}联系我。" if number % 5 == 0 else ""
        answered = number % 2 == 0
        yield (
            f"GD{number:08d}", body[:15], at.strftime("%Y年%-m月%-d日 %H:%M"), body + phone,
            "已安排人员到场处理，感谢来电。" if answered else "",
            (at + timedelta(days=2)).strftime("%Y-%m-%d %H:%M") if answered else "", "370303009",
        )  # fmt: skip


def as_csv(count: int) -> bytes:
    """A file in GB18030, as Chinese spreadsheet programs write it."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([HEADING, *rows(count)])
    return text.getvalue().encode("gb18030")


def as_json_lines(count: int) -> bytes:
    """A file of JSON lines."""
    lines = (json.dumps(dict(zip(HEADING, row, strict=True)), ensure_ascii=False) for row in rows(count))
    return "\n".join(lines).encode()


def _ticks(pid: int) -> float:
    """Processor seconds of a process that isn't ours (the database's, which serves the connection)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _seconds(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def measure(folder: Path, name: str, content: bytes) -> str:
    """A line about one file: rows a second, and processor time a row by who spent it (on a busy machine only this counts)."""
    from django.db import connection
    from django.utils import timezone

    from shanzhi.modules.imports.operations import import_matters

    path = folder / name
    path.write_bytes(content)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = int(cursor.fetchone()[0])
    before = (_seconds(resource.RUSAGE_SELF), _seconds(resource.RUSAGE_CHILDREN), _ticks(server))
    done: Any = import_matters(path=path, source=name, rejects_path=folder / f"{name}.rejects.csv", now=timezone.now())
    after = (_seconds(resource.RUSAGE_SELF), _seconds(resource.RUSAGE_CHILDREN), _ticks(server))
    own, workers, database = ((end - start) / done.imported * 1e6 for start, end in zip(before, after, strict=True))
    return (
        f"- {name}: {done.imported:,} rows, {done.rejected} rejected, in {done.seconds:.1f} s:"
        f" {done.imported / done.seconds:,.0f} rows a second; {1e6 / (own + workers + database):,.0f} a processor second"
        f" ({own:.0f} µs a row in the command, {workers:.0f} in its processes, {database:.0f} in the database)"
    )


def stages(count: int) -> str:
    """A line about what the processes do to a row, in µs: reading and checking, masking, cutting, all of it with JSON."""
    from shanzhi.kernel.clock.policy import WorkCalendar
    from shanzhi.kernel.matters.policy.batch import Placed, Terms, prepare
    from shanzhi.kernel.matters.policy.search import words_of
    from shanzhi.kernel.matters.rulebook import current_kind
    from shanzhi.kernel.vault.policy.masking import mask
    from shanzhi.modules.imports.policy import match_columns
    from shanzhi.modules.imports.reading import MATTERS, Reading, read_rows
    from shanzhi.modules.imports.tables import read_table

    now = datetime(2026, 6, 1, tzinfo=UTC)
    said: list[str] = []

    def timed(what: str, does: Callable[[], Any]) -> Any:
        start = time.process_time()
        made = does()
        said.append(f"{what} {(time.process_time() - start) / count * 1e6:.0f}")
        return made

    table = timed("table", lambda: read_table(as_csv(count)))
    matched = match_columns(MATTERS, table.columns)
    reading = Reading(
        tuple(matched.places.items()), {name: table.columns[at] for name, at in matched.places.items()}, now
    )
    read = timed("reading", lambda: read_rows([(row.cells, "") for row in table.rows], reading))
    good = [row for row, _ in read]
    timed("masking", lambda: [mask(text) for row in good for text in (row.title, row.body, row.reply)])
    timed("words", lambda: [words_of(row.title, row.body, row.place_text) for row in good])
    kind = current_kind("request", now.date())
    calendars = {code: WorkCalendar() for code in {kind.calendar, *(c.calendar for c in kind.clocks if c.calendar)}}
    terms = Terms(kind, "closed", calendars, frozenset(), bytes(32), "", now).packed()
    place = [Placed(1, "370303009", 1)] * count
    timed("all with JSON", lambda: prepare(good, range(count), place, terms))
    return f"- what is done to a row, µs of one processor: {', '.join(said)}"


def main() -> None:
    """Measure and write the section of results."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--keep-results", action="store_true", help="print only")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="shanzhi-bench-") as home:
        os.environ.update(SHANZHI_HOME=home, DJANGO_SETTINGS_MODULE="shanzhi.config.settings")
        from shanzhi.config import database
        from shanzhi.config.ready import ready

        with ready(prepare=True) as installation:
            from django.utils import timezone

            from shanzhi.config.demo.city import load_city

            load_city(installation, city_code="3703", now=timezone.now(), console=Console(stderr=True))
            with database.acting_as(installation, "importer"):
                forms = {"matters.csv": as_csv, "matters.jsonl": as_json_lines}
                lines = [measure(Path(home), name, make(given.rows)) for name, make in forms.items()]
            lines.append(stages(min(given.rows, 5_000)))
    Console().print("\n".join(lines), highlight=False)
    if not given.keep_results:
        write_section("Imports", f"python -m bench.imports --rows {given.rows}", lines)


if __name__ == "__main__":
    main()
