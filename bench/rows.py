"""`make bench-rows`: list pages at a million matters, under row-level security and without it, in pairs.

Looked at twice: the whole page as a browser or a program gets it (in this process, without the network), and what it
asks of the database. Costs are counted in processor time, which other work on the machine disturbs less than the clock.

One connection asks as the application's role and, turn about, as a role of this benchmark that may bypass policies
(`SET ROLE`; it exists in the benchmark's own database only): the same statements on the same pages of memory. Search
runs under its predicate either way. `--home` keeps the city for a second run.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.results import write_section

BYPASS = "bench_bypass"
Look = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of one look: on the clock, and of the processor's time, in the database's process and in all."""

    wall: float
    database: float
    whole: float


@dataclass(slots=True)
class Pair:
    """What one look took with policies and without, pair by pair."""

    name: str
    held: list[Took] = field(default_factory=list)
    free: list[Took] = field(default_factory=list)

    def line(self) -> str:
        """As a row of the table of results."""
        walls = sorted(took.wall for took in self.held)
        low, high = walls[len(walls) // 10], walls[-1 - len(walls) // 10]
        whole, inside = self.cost("whole"), self.cost("database")
        held = statistics.median(took.database for took in self.held)
        free = statistics.median(took.database for took in self.free)
        return (
            f"| {self.name} | {statistics.median(walls):.1f} ({low:.1f} to {high:.1f}) | {whole:+.0f} % |"
            f" {held:.1f} | {free:.1f} | {inside:+.0f} % |"
        )

    def cost(self, part: str) -> float:
        """What policies add, in hundredths: the median of the pairs' ratios of processor time."""
        pairs = zip(self.held, self.free, strict=True)
        return 100 * float(statistics.median(getattr(held, part) / getattr(free, part) for held, free in pairs) - 1)


class Stopwatch:
    """Takes the time of looks; knows the database's process that answers this connection."""

    def __init__(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            self.schedule = Path(f"/proc/{cursor.fetchone()[0]}/schedstat")

    def _processor(self) -> float:
        return int(self.schedule.read_text().split()[0]) / 1e6

    def take(self, look: Look) -> Took:
        """Look once."""
        busy, own, started = self._processor(), time.process_time(), time.perf_counter()
        look()
        wall = (time.perf_counter() - started) * 1000
        database = self._processor() - busy
        return Took(wall, database, database + (time.process_time() - own) * 1000)


def make_bypass(installation: Any) -> None:
    """A role that may do what the application may, and see everything: here only."""
    from psycopg import sql

    from shanzhi.config import database

    with database.admin(installation) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [BYPASS]).fetchone() is None:
            password = sql.Literal(installation.secrets.passwords["app"])
            connection.execute(sql.SQL(f"CREATE ROLE {BYPASS} LOGIN BYPASSRLS INHERIT PASSWORD {{}}").format(password))
        app = sql.Identifier(installation.role("app"))
        connection.execute(sql.SQL(f"GRANT {{}} TO {BYPASS}").format(app))


@contextmanager
def as_bypass() -> Iterator[None]:
    """Let Django's connection be the bypassing role's; `SET ROLE` then tells which of the two asks."""
    from django.db import connection

    connection.close()
    connection.settings_dict["USER"] = BYPASS
    yield
    connection.close()


def compare(looks: dict[str, Look], role: str, rounds: int, console: Console) -> list[Pair]:
    """Each look by turns under policies and without, after a warm-up of both."""
    from django.db import connection

    pairs, watch = [], Stopwatch()
    for name, look in looks.items():
        pair = Pair(name)
        for number in range(rounds + 1):
            for held in (True, False) if number % 2 else (False, True):
                with connection.cursor() as cursor:
                    cursor.execute(f'SET ROLE "{role}"' if held else "RESET ROLE")
                look()
                look()
                took = watch.take(look)
                if number:
                    (pair.held if held else pair.free).append(took)
        pairs.append(pair)
        console.print(pair.line(), soft_wrap=True)
    return pairs


@dataclass(frozen=True, slots=True)
class Cast:
    """Who looks: an actor of each kind, by unit and role."""

    actors: dict[str, Any]

    @classmethod
    def of(cls, now: datetime) -> "Cast":
        """The posts of 张店区, of one of its townships and communities, and of the city's centre."""
        from shanzhi.kernel.access.queries import actor_of_post
        from shanzhi.kernel.organisation import queries

        township = next(row for row in queries.children("370303", now.date()) if row.level == "township")
        community = next(iter(queries.children(township.code, now.date())))
        wanted = {
            "city dispatcher": ("centre-3703", "dispatcher"),
            "city supervisor": ("centre-3703", "supervisor"),
            "county dispatcher": ("centre-370303", "dispatcher"),
            "county supervisor": ("centre-370303", "supervisor"),
            "township": (f"centre-{township.code}", "supervisor"),
            "township office": (f"township-{township.code}", "handler"),
            "community": (f"community-{community.code}", "handler"),
            "unit": ("market-regulation-370303", "handler"),
            "quiet unit": ("administrative-approval-370303", "handler"),
        }
        actors = {}
        for name, (code, role) in wanted.items():
            unit = queries.unit_by_code(code, now.date())
            posts = [card for card in queries.posts_of_unit(unit.id, now.date()) if card.role == role] if unit else []
            if posts:
                actors[name] = actor_of_post(posts[0].post_id, now.date())
        return cls(actors)


def doors(cast: Cast, now: datetime) -> dict[str, Look]:
    """What list pages ask of the database, by name."""
    from shanzhi.kernel.access.operations import acting
    from shanzhi.kernel.matters import queries
    from shanzhi.kernel.matters.queries import ListFilter

    intake, turn = ListFilter(stages=("reported", "accepted")), ("dispatched", "handling")
    looks: dict[str, Look] = {}

    def look(name: str, who: str, *wanted: ListFilter, count: bool = False) -> None:
        actor = cast.actors[who]

        def run() -> object:
            with acting(actor):
                seen = [queries.matters_page(each, now=now, actor=actor) for each in wanted]
                return (seen, queries.desk_count(wanted[0], now=now, actor=actor)) if count else seen

        looks[f"{name}, {who}"] = run

    for who in ("city dispatcher", "county dispatcher"):
        look("triage desk", who, intake, count=True)
    for who in ("unit", "township office"):
        look("worklist", who, ListFilter(stages=turn, unit_id=cast.actors[who].unit_id), count=True)
    for who in cast.actors:
        look("open, due first", who, ListFilter())
        look("all, newest first", who, ListFilter(open_only=False, sort="newest"))
        look("a category", who, ListFilter(category="housing.", open_only=False, sort="newest"))
        look("overdue", who, ListFilter(light="overdue"))
        look("search 电梯", who, ListFilter(words="电梯", open_only=False, sort="newest"))
    look("one township of many", "city supervisor", ListFilter(region_code="370303009", open_only=False, sort="newest"))
    for words in ("漏水 卧室", "维修基金 屋顶", "月亮", "上坪"):
        look(f"search {words}", "county supervisor", ListFilter(words=words, open_only=False, sort="newest"))
    looks |= _single(cast, now)
    return looks


def pages(cast: Cast, now: datetime) -> dict[str, Look]:
    """Whole pages and answers of the API."""
    from django.core import signing
    from django.test import Client

    from shanzhi.kernel.access.operations import acting, token_issue
    from shanzhi.kernel.access.web.middleware import FOLLOWED_COOKIE
    from shanzhi.kernel.matters.models import Matter

    looks: dict[str, Look] = {}

    def look(name: str, path: str, client: Any) -> None:
        def run() -> object:
            answer = client.get(path)
            assert answer.status_code == 200, (path, answer.status_code)
            return answer

        looks[name] = run

    for login, path in (
        ("triage", "/triage/"),
        ("housing", "/worklist/"),
        ("checker", "/checks/"),
        ("supervisor", "/m/"),
        ("supervisor", "/m/?which=all&category=housing.&region=370303"),
        ("supervisor", "/m/?q=电梯&which=all"),
        ("housing", "/m/?which=all"),
        ("housing", "/m/?q=电梯"),
    ):
        look(f"page {path}, {login}", path, signed_in(login))
    for who, actor in cast.actors.items():
        bearer = f"Bearer {token_issue(post_id=actor.post_id, label='bench', now=now)}"
        client = Client(headers={"Authorization": bearer})
        look(f"API list, {who}", "/api/v1/matters", client)
        look(f"API list of all, newest first, {who}", "/api/v1/matters?open_only=false&sort=newest", client)
    unit = cast.actors["unit"]
    with acting(unit):
        found = Matter.objects.filter(holder_unit_id=unit.unit_id).order_by("-pk")[0]
    resident = Client()
    resident.cookies[FOLLOWED_COOKIE] = signing.dumps([found.follow_hash], salt=FOLLOWED_COOKIE)
    look("page of a matter, its resident", f"/my/{found.number}/", resident)
    return looks


def signed_in(login: str) -> Any:
    """A client in whose session a demo sign-in is signed in."""
    from django.conf import settings
    from django.test import Client

    from shanzhi.kernel.access.models import Account

    client = Client()
    client.force_login(Account.objects.get(username=login), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def _single(cast: Cast, now: datetime) -> dict[str, Look]:
    """One matter's card, for a unit and for its reporter, and the reporter's list."""
    from shanzhi.kernel.access.operations import acting
    from shanzhi.kernel.access.policy import Actor
    from shanzhi.kernel.matters import queries
    from shanzhi.kernel.matters.models import Matter
    from shanzhi.kernel.matters.queries import ListFilter

    unit = cast.actors["unit"]
    with acting(unit):
        found = Matter.objects.filter(holder_unit_id=unit.unit_id).order_by("-pk")[0]
    reporter = Actor(follow=(found.follow_hash,))

    def card(actor: Any) -> Look:
        def run() -> object:
            with acting(actor):
                return queries.card(found.pk, actor=actor, now=now)

        return run

    def mine() -> object:
        wanted = ListFilter(follow=reporter.follow, open_only=False, sort="newest")
        with acting(reporter):
            return queries.matters_page(wanted, now=now, size=30)

    return {"card, unit": card(unit), "card, reporter": card(reporter), "own list, reporter": mine}


@contextmanager
def city(home: str, total: int, console: Console) -> Iterator[Any]:
    """The demo city with `total` matters, in its own folder."""
    os.environ.update(SHANZHI_HOME=home, SHANZHI_MFA="off", DJANGO_SETTINGS_MODULE="shanzhi.config.settings")
    from shanzhi.config.ready import ready

    with ready(prepare=True) as installation:
        from django.utils import timezone

        from bench.generate import generate
        from shanzhi.config.assets import collect
        from shanzhi.config.demo.city import load_city

        collect()
        load_city(installation, city_code="3703", now=timezone.now(), console=console)
        generate(installation, total=total, now=timezone.now(), console=console)
        make_bypass(installation)
        yield installation


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--total", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=20)
    options.add_argument("--home", type=Path, help="a folder that keeps the city")
    options.add_argument("--only", default="", help="looks whose name holds this")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    console = Console(stderr=True)
    with (
        tempfile.TemporaryDirectory(prefix="shanzhi-rows-") as folder,
        city(str(given.home or folder), given.total, console) as installation,
    ):
        from django.utils import timezone

        now = timezone.now()
        cast = Cast.of(now)
        every = pages(cast, now) | doors(cast, now)
        looks = {name: look for name, look in every.items() if given.only in name}
        with as_bypass():
            pairs = compare(looks, installation.role("app"), given.rounds, console)
    head = [
        "| look | ms (middle 80 %) | policies cost | in the database, ms | without policies | cost |",
        "|---|---|---|---|---|---|",
    ]
    lines = [f"{given.total:,} matters, {given.rounds} pairs each", "", *head, *(pair.line() for pair in pairs)]
    print("\n".join(lines))
    if not given.dry:
        write_section("Row-level security", "make bench-rows", lines)


if __name__ == "__main__":
    main()
