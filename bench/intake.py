"""`make bench-intake`: reports a second through the HTTP API, one matter's nine calls, rows imported a second, memory.

Server, database, worker (running) and load generator share this machine. The web server acts as the application's
role; every report is committed durably (fsync and synchronous_commit are on). Everything lives in a folder of its own.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console

from bench.load import Client, Measured, load
from bench.results import write_section

PORT = 8941
CLIENTS = 8
WARM = 400


@contextmanager
def city(workers: int, threads: int) -> Iterator[Any]:
    """The demo city in a fresh folder, with web server and worker running; yields the installation and children."""
    with tempfile.TemporaryDirectory(prefix="shanzhi-bench-") as home:
        os.environ.update(SHANZHI_HOME=home, DJANGO_SETTINGS_MODULE="shanzhi.config.settings")
        from shanzhi.config import database, server
        from shanzhi.config.ready import ready

        console = Console(stderr=True)
        with ready(prepare=True) as installation:
            from django.utils import timezone

            from shanzhi.config.assets import collect
            from shanzhi.config.demo.city import load_city

            collect()
            load_city(installation, city_code="3703", now=timezone.now(), console=console)
            with database.admin(installation) as connection:
                durable = connection.execute("SHOW synchronous_commit").fetchone()
            assert durable == ("on",), durable
            web = server.start(
                server.web_command("127.0.0.1", PORT, workers, threads), server.environment(installation, "app")
            )
            background = server.start(server.worker_command(), server.environment(installation, "worker"))
            try:
                _wait()
                yield installation, web, background
            finally:
                server.stop(web)
                server.stop(background)


def _wait() -> None:
    for _ in range(300):
        try:
            client = Client(PORT)
            status, _ = client.request("GET", "/healthz")
            client.close()
            if status == 200:
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise SystemExit("the web server did not come up")


class Reports:
    """Reports like residents write them, in communities across the city."""

    def __init__(self, communities: list[str]) -> None:
        from shanzhi.config.demo.texts import demo_texts

        self.texts, self.random, self.communities = demo_texts(), Random(7), communities

    def __call__(self, number: int) -> tuple[str, str, bytes, str]:
        """Method, path, body and headers of one report."""
        row = self.texts.reports[number % len(self.texts.reports)]
        fill = {"compound": "世纪花园", "road": "柳泉路", "community": "世纪花园社区"}
        body = row["body"]
        for name, value in fill.items():
            body = body.replace("{" + name + "}", value)
        content = {
            "title": row["title"],
            "body": body,
            "region_code": self.communities[number % len(self.communities)],
            "contact_name": "王先生",
            "contact_phone": f"160{number % 10**8:08d}",
        }
        key = uuid.UUID(int=self.random.getrandbits(128), version=4)
        headers = f"Content-Type: application/json\r\nIdempotency-Key: {key}\r\n"
        return "POST", "/api/v1/reports", json.dumps(content, ensure_ascii=False).encode(), headers


def rss_megabytes(pid: int) -> float:
    """Resident memory of a process and its children, the largest single one, in megabytes."""
    import psutil  # type: ignore[import-untyped]

    process = psutil.Process(pid)
    return float(max(child.memory_info().rss for child in [process, *process.children(recursive=True)])) / 1e6


def nine_calls(token: dict[str, str], reports: Reports, rounds: int) -> list[float]:
    """Milliseconds of one matter's nine calls in all, for each round: report, accept, dispatch, take, note, reply, check,
    verdict, and reading it."""
    client = Client(PORT)
    took = []
    for number in range(rounds):
        started = time.perf_counter()
        status, answer = client.request(*reports(number))
        made = json.loads(answer)
        assert status == 201, answer
        matter = made["number"]
        steps: list[tuple[str, str, dict[str, Any]]] = [
            ("dispatcher", "accept", {"category": "housing.property-service"}),
            ("dispatcher", "dispatch", {"lead": int(token["lead_unit"])}),
            ("handler", "take", {}),
            ("handler", "note", {"words": "明天上午到现场。"}),
            ("handler", "reply", {"reply": "已修好，现场照片附后。"}),
            ("checker", "check_pass", {"words": "电话回访属实。"}),
        ]
        for who, action, fields in steps:
            _post(
                client,
                f"/api/v1/matters/{matter}/actions/{action}",
                fields,
                f"Authorization: Bearer {token[who]}\r\n",
            )
        follow = f"Follow-Code: {made['follow_code']}\r\n"
        _post(client, f"/api/v1/reports/{matter}/verdict", {"solved": True, "satisfied": 5}, follow)
        status, answer = client.request("GET", f"/api/v1/reports/{matter}", headers=follow)
        assert status == 200, answer
        took.append((time.perf_counter() - started) * 1000)
    client.close()
    return took


def _post(client: Client, path: str, body: dict[str, Any], headers: str) -> None:
    head = f"Content-Type: application/json\r\nIdempotency-Key: {uuid.uuid4()}\r\n{headers}"
    status, answer = client.request("POST", path, json.dumps(body).encode(), head)
    assert status in (200, 201), (path, answer)


def issue_tokens(installation: Any) -> dict[str, str]:
    """Tokens of the demo city's dispatcher, handler and checker, and the handler's unit."""
    from django.utils import timezone

    from shanzhi.config.demo.city import actor_of, logins
    from shanzhi.kernel.access.operations import token_issue

    now = timezone.now()
    actors = {login.username: actor_of(login, now) for login in logins("3703", "370303")}
    made: dict[str, str] = {}
    for part, login in (("dispatcher", "triage"), ("handler", "housing"), ("checker", "checker")):
        actor = actors[login]
        assert actor is not None
        assert actor.post_id is not None
        made[part] = token_issue(post_id=actor.post_id, label="bench", now=now)
        if part == "handler":
            made["lead_unit"] = str(actor.unit_id)
    return made


def backlog(installation: Any) -> int:
    """Events that the worker hasn't told yet."""
    from shanzhi.config import database
    from shanzhi.kernel.notices import queries

    with database.acting_as(installation, "worker"):
        return queries.outbox_backlog()[0]


def import_rate(installation: Any, messages: Path) -> str:
    """A line about importing a CSV file of messages, as the importer's role."""
    from django.utils import timezone

    from shanzhi.config import database
    from shanzhi.modules.imports.operations import import_matters

    with database.acting_as(installation, "importer"):
        rejects = installation.home / f"{messages.stem}.rejects.csv"
        done = import_matters(path=messages, source=messages.stem, rejects_path=rejects, now=timezone.now())
    rate = done.imported / done.seconds
    return (
        f"- import of {messages.name}: {done.imported} rows, {done.rejected} rejected, {done.closed} closed with their"
        f" reply, in {done.seconds:.1f} s: {rate:.0f} rows a second"
    )


@contextmanager
def without_policies(installation: Any) -> Iterator[None]:
    """The same city with its policies switched off, for as long as it is measured; grants stay as they are."""
    from shanzhi.config import database

    def each(verb: str) -> None:
        with database.admin(installation) as connection:
            rows = connection.execute(
                "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname = %s AND EXISTS (SELECT 1 FROM pg_policy WHERE polrelid = c.oid)",
                [installation.schema],
            ).fetchall()
        for (table,) in rows:
            # A table at a time: the worker goes on meanwhile, and two locks at once could wait for each other.
            with database.admin(installation) as connection:
                connection.execute(f"ALTER TABLE {table} {verb} ROW LEVEL SECURITY")

    each("DISABLE")
    yield
    each("ENABLE")


def processor_seconds(installation: Any, web: Any) -> float:
    """Processor time that web server and database have taken so far, with all their processes."""
    import psutil

    postmaster = int((installation.cluster / "postmaster.pid").read_text().split()[0])
    found = 0.0
    for pid in (web.pid, postmaster):
        process = psutil.Process(pid)
        for each in (process, *process.children(recursive=True)):
            times = each.cpu_times()
            found += times.user + times.system
    return found


def paired(installation: Any, web: Any, reports: "Reports", total: int, rounds: int) -> list[str]:
    """What the policies cost a report: with them and without, turn about on one running city, by the clock and in
    processor time of web server and database (which other work on the machine disturbs less)."""
    held: list[tuple[float, float]] = []
    free: list[tuple[float, float]] = []
    for number in range(rounds):
        for has_policies in (True, False) if number % 2 else (False, True):
            with nullcontext() if has_policies else without_policies(installation):
                load(PORT, CLIENTS, WARM // 4, reports)
                busy = processor_seconds(installation, web)
                measured = load(PORT, CLIENTS, total, reports)
                busy = processor_seconds(installation, web) - busy
                assert set(measured.statuses) == {201}, measured.statuses
                (held if has_policies else free).append((measured.seconds / total * 1000, busy / total * 1000))
    lines = [f"- {rounds} pairs of {total} reports, {CLIENTS} clients"]
    for place, what in enumerate(("on the clock", "of processor time")):
        costs = sorted(100 * (a[place] / b[place] - 1) for a, b in zip(held, free, strict=True))
        with_, without = (statistics.median(side[place] for side in rows) for rows in (held, free))
        lines.append(
            f"- a report, {what}: {with_:.2f} ms with policies, {without:.2f} ms without; policies cost"
            f" {statistics.median(costs):+.1f} % (pairs {costs[0]:+.1f} to {costs[-1]:+.1f})"
        )
    return lines


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--total", type=int, default=6000)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--messages", type=Path, action="append", default=[], help="a CSV file to import as well")
    options.add_argument(
        "--without-rls", type=int, default=0, metavar="PAIRS", help="measure what policies cost instead"
    )
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    with city(given.workers, given.threads) as (installation, web, background):
        from shanzhi.kernel.organisation import queries

        communities = [row.code for row in queries.communities_for_picker("3703", date.today())]
        reports = Reports(communities)
        load(PORT, CLIENTS, WARM, reports)
        if given.without_rls:
            lines = paired(installation, web, reports, given.total // 4, given.without_rls)
            print("\n".join(lines))
            if not given.dry:
                command = f"make bench-intake ARGS='--without-rls {given.without_rls}'"
                write_section("Intake under row-level security", command, lines)
            return
        measured: Measured = load(PORT, CLIENTS, given.total, reports)
        behind = backlog(installation)
        token = issue_tokens(installation)
        nine_calls(token, reports, 10)
        time.sleep(3)
        calls = nine_calls(token, reports, 30)
        imported = [import_rate(installation, messages) for messages in given.messages]
        memory, worker_memory = rss_megabytes(web.pid), rss_megabytes(background.pid)
    lines = [
        f"- reports: {measured.rate:.0f} a second, {CLIENTS} clients, {given.total} reports, durable commit;"
        f" p50 {measured.percentile(0.5):.1f} ms, p95 {measured.percentile(0.95):.1f} ms,"
        f" p99 {measured.percentile(0.99):.1f} ms; statuses {measured.statuses}",
        f"- events not yet told by the worker when the last report was answered: {behind} of {given.total + WARM}",
        f"- one matter through nine calls, idle and warm: median {statistics.median(calls):.0f} ms,"
        f" worst {max(calls):.0f} ms of {len(calls)}",
        f"- memory: web process {memory:.0f} MB, worker {worker_memory:.0f} MB (resident)",
        *imported,
        f"- web server: {given.workers} process(es), {given.threads} threads each",
    ]
    print("\n".join(lines))
    if not given.dry:
        write_section("Intake", "make bench-intake", lines)
    assert set(measured.statuses) == {201}, measured.statuses


if __name__ == "__main__":
    main()
