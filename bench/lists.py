"""`make bench-lists`: every list page at a million matters, through the web server as people use it.

Pages are fetched over HTTP with the session of a member of staff; the server acts as the application's role, so
row-level security holds. First each page alone (p50 and p95 on the clock), then eight clients at once over a mix of
pages. `--home` keeps the city for a second run, and takes the one of `bench-rows`.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rich.console import Console

from bench.load import Client, Measured, load
from bench.results import write_section
from bench.rows import city

PORT = 8942
CLIENTS = 8
TARGET = 80
"""Milliseconds at the 95th hundredth, and pages a second with eight clients."""
LOGINS = ("triage", "housing", "checker", "supervisor")


def pages(today: date) -> dict[str, tuple[str, str]]:
    """Name → login and path: the desks, the list by each of its filters, words, pages on and back."""
    since = today - timedelta(days=20)
    found = {
        "triage desk (with the first matter open)": ("triage", "/triage/"),
        "triage desk, overdue": ("triage", "/triage/?light=overdue"),
        "a centre's list, closed": ("triage", "/m/?stage=closed&which=all"),
        "worklist": ("housing", "/worklist/"),
        "worklist, to be taken": ("housing", "/worklist/?tab=waiting"),
        "worklist, words": ("housing", "/worklist/?q=漏水"),
        "checks": ("checker", "/checks/"),
        "checks, overdue": ("checker", "/checks/?light=overdue"),
        "a unit's list, all": ("housing", "/m/?which=all"),
        "a unit's list, 电梯": ("housing", "/m/?q=电梯"),
    }
    filters = {
        "open, due first": "",
        "all, newest first": "which=all",
        "county": "region=370303",
        "township": "region=370303009&which=all",
        "unit": "unit=张店区住房和城乡建设局",
        "category": "category=housing.&which=all",
        "category in a county": "category=housing.&region=370303&which=all",
        "kind": "kind=request",
        "channel": "channel=web",
        "stage": "stage=handling",
        "overdue": "light=overdue",
        "about to be late": "light=warning",
        "twenty days": f"since={since}&until={today}&which=all",
        "place": "place=世纪花园&which=all",
        "place, frequent": "place=村委会&which=all",
        "place, absent": "place=村委社区&which=all",
        "place, one character": "place=洼",
        "place in a county": "place=世纪花园&region=370303&which=all",
        "place and category": "place=世纪花园&category=housing.&which=all",
        "place and word": "place=世纪花园&q=电梯&which=all",
        "kind, absent": "kind=incident&which=all",
        "channel, absent": "channel=hotline&which=all",
        "stage, ended": "stage=refused&which=all",
        "idle, ended too": "idle=30&which=all",
        "given back twice": "returned=2&which=all",
        "not solved": "solved=no&which=all",
        "until long ago": f"until={today - timedelta(days=500)}&which=all",
        "frequent word, open": "q=小区",
        "word 电梯": "q=电梯&which=all",
        "words 漏水 卧室": "q=漏水 卧室&which=all",
        "a rare word": "q=月亮&which=all",
        "open, 电梯": "q=电梯",
    }
    times = {
        "on-time page, this year": "",
        "on-time page, all": "since=&until=&ended_since=&ended_until=",
        "on-time page, a county": "region=370303",
    }
    found |= {name: ("supervisor", f"/oversight/ontime/?{query}") for name, query in times.items()}
    return found | {f"city: {name}": ("supervisor", f"/m/?{query}") for name, query in filters.items()}


MIX = (
    "worklist",
    "city: open, due first",
    "checks",
    "city: county",
    "a unit's list, all",
    "city: overdue",
    "worklist, to be taken",
    "city: all, newest first",
)
"""What eight clients ask for in turn: desks and lists half and half."""


@contextmanager
def served(installation: Any, workers: int, threads: int, port: int = PORT) -> Iterator[None]:
    """The web server, as `shanzhi serve` runs it."""
    from shanzhi.config import server

    web = server.start(server.web_command("127.0.0.1", port, workers, threads), server.environment(installation, "app"))
    try:
        _wait(port)
        yield
    finally:
        server.stop(web)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            if Client(port).request("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the web server did not come up")


def cookies() -> dict[str, str]:
    """Login → the header of a session in which it is signed in."""
    from django.conf import settings

    from bench.rows import signed_in

    name = settings.SESSION_COOKIE_NAME
    return {login: f"Cookie: {name}={signed_in(login).cookies[name].value}\r\n" for login in LOGINS}


def request_of(page: tuple[str, str], headers: dict[str, str]) -> tuple[str, str, bytes, str]:
    """Method, path, body and headers of a page."""
    login, path = page
    return "GET", quote(path, safe="/?=&.-"), b"", headers[login]


def alone(parts: tuple[str, str, bytes, str], rounds: int, port: int = PORT) -> Measured:
    """One page, one after the other on one connection, after three to warm up.

    Raises:
        SystemExit: it wasn't answered with 200.
    """
    load(port, 1, 3, lambda number: parts)
    measured = load(port, 1, rounds, lambda number: parts)
    if set(measured.statuses) != {200}:
        raise SystemExit(f"{parts[1]}: {measured.statuses}")
    return measured


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--total", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=40, help="of each page")
    options.add_argument("--together", type=int, default=1600, help="pages for the eight clients")
    options.add_argument("--workers", type=int, default=2, help="as `shanzhi serve` has them")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--home", type=Path, help="a folder that keeps the city")
    options.add_argument("--only", default="", help="pages whose name holds this")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="shanzhi-lists-") as folder,
        city(str(given.home or folder), given.total, console) as installation,
        served(installation, given.workers, given.threads),
    ):
        every, headers = pages(date.today()), cookies()
        lines = ["| page | p50, ms | p95, ms | worst, ms |", "|---|---|---|---|"]
        over = []
        for name, page in every.items():
            if given.only not in name:
                continue
            took = alone(request_of(page, headers), given.rounds)
            low, high, worst = took.percentile(0.5), took.percentile(0.95), max(took.latencies)
            lines.append(f"| {name} | {low:.0f} | {high:.0f} | {worst:.0f} |")
            console.print(lines[-1], soft_wrap=True)
            over += [name] if high >= TARGET else []
        mix = [request_of(every[name], headers) for name in MIX]
        load(PORT, CLIENTS, 80, lambda number: mix[number % len(mix)])
        together = load(PORT, CLIENTS, given.together, lambda number: mix[number % len(mix)])
    head = [
        f"{given.total:,} matters; {given.workers} web processes with {given.threads} threads; server, database and load"
        " generator on one machine",
        "",
        f"- {CLIENTS} clients at once, desks and lists in turn: {together.rate:.0f} pages a second, p50"
        f" {together.percentile(0.5):.0f} ms, p95 {together.percentile(0.95):.0f} ms, answers {together.statuses}",
        f"- p95 under {TARGET} ms: {len(lines) - 2 - len(over)} of {len(lines) - 2} pages"
        + (f"; over it: {', '.join(over)}" if over else ""),
        "",
    ]
    print("\n".join([*head, *lines]))
    if not given.dry:
        write_section("List pages", "make bench-lists", [*head, *lines])


if __name__ == "__main__":
    main()
