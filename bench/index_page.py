"""`make bench-index`: the pages of figures at 133 indicators × every region of the city × 12 months, through the web server.

The demo city with a catalogue of the real size (`bench.index_catalogue`) and kept figures for each indicator, region and
month, put into the table in the order in which they are computed: month, indicator, region. Pages are fetched over HTTP with
the session of a member of staff; the server acts as the application's role, so row-level security holds. `--home` keeps the
city for a second run.
"""

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from rich.console import Console

from bench.index_catalogue import median, text
from bench.lists import alone, request_of, served
from bench.load import Measured
from bench.results import write_section

PORT = 8943
MONTHS = 12
INDEX_TARGET, TARGET = 60, 80
"""Milliseconds at the 95th hundredth: of the index page, of the others."""
STATEMENTS = 12
LOGIN = "supervisor"

REGIONS = 3036
# The larger the region, the more there are behind its figures. Where the demo city has fewer regions, some numbers that no page
# asks for stand for the rest.
PLACES = """
CREATE TEMP TABLE g_place AS
SELECT s.region_id, COALESCE(p.code, s.code) AS under,
       CASE s.level WHEN 'community' THEN 20 WHEN 'township' THEN 600 WHEN 'county' THEN 7000 ELSE 60000 END AS size
FROM organisation_region_state s
LEFT JOIN organisation_region_state p ON p.region_id = s.parent_id AND upper_inf(p.valid)
WHERE upper_inf(s.valid) AND s.level <> 'grid';
INSERT INTO g_place SELECT 1000000000 + n, '3703', 20
FROM generate_series(1, %(regions)s - (SELECT count(*) FROM g_place)) AS n;
"""
FILL = """
INSERT INTO indicators_observation (region_id, month, key, months, under, numerator, denominator)
SELECT region_id, %(month)s, key, 1, under,
       CASE WHEN is_median THEN 86400 * (3 + draw %% 12) ELSE cases * (50 + draw %% 45) / 100 END, cases
FROM (SELECT g.region_id, g.under, k.key, k.is_median, size * (50 + h %% 100) / 100 AS cases, h / 128 AS draw
      FROM unnest(%(keys)s::text[], %(medians)s::bool[]) WITH ORDINALITY AS k (key, is_median, nth)
      CROSS JOIN g_place g
      CROSS JOIN LATERAL (SELECT (g.region_id * 7919 + k.nth * 104729 + %(month)s::bigint * 1299709) %% 1000003 AS h) AS r
      ORDER BY k.nth, g.region_id) AS drawn
"""
DONE = """
INSERT INTO indicators_computing (key, month, months, version, computed_at, checked_at, cursor)
SELECT key, %(month)s, 1, 1, %(now)s, %(now)s, 1 FROM unnest(%(keys)s::text[]) AS key
"""


@dataclass(frozen=True, slots=True)
class Made:
    """The installation, how much is in it, and where the pages of a county lie."""

    installation: Any
    rows: int
    regions: int
    county: int
    county_name: str
    last: str
    key: str


@contextmanager
def city(home: Path, console: Console) -> Iterator[Made]:
    """The demo city with its figures, in its own folder."""
    os.environ.update(SHANZHI_HOME=str(home), SHANZHI_MFA="off", DJANGO_SETTINGS_MODULE="shanzhi.config.settings")
    (home / "catalogue").mkdir(parents=True, exist_ok=True)
    (home / "catalogue" / "indicators.toml").write_text(text(), encoding="utf-8")
    from shanzhi.config.ready import ready

    with ready(prepare=True) as installation:
        from django.utils import timezone

        from shanzhi.config.assets import collect
        from shanzhi.config.demo.city import CITY, load_city

        collect()
        load_city(installation, city_code=CITY, now=timezone.now(), console=console)
        yield _filled(installation, console)


def _filled(installation: Any, console: Console) -> Made:
    from django.utils import timezone

    from shanzhi.config import database
    from shanzhi.core.periods import local_date
    from shanzhi.kernel.indicators.policy.periods import Period, month_of
    from shanzhi.kernel.indicators.queries.book import catalogue_in_force
    from shanzhi.kernel.organisation import queries

    now = timezone.now()
    last = Period(month_of(local_date(now))).before()
    keys = [one.key for one in catalogue_in_force().indicators]
    given: dict[str, Any] = {"keys": keys, "medians": [median(key) for key in keys], "now": now, "regions": REGIONS}
    with database.as_owner(installation) as owner:
        there = owner.execute(b"SELECT count(*) FROM indicators_observation").fetchone()
        if there is None or not there[0]:
            for statement in PLACES.split(";"):
                if statement.strip():
                    owner.execute(statement.encode(), given)
            for step in range(MONTHS - 1, -1, -1):
                given["month"] = last.before(step).first
                owner.execute(FILL.encode(), given)
                owner.execute(DONE.encode(), given)
        owner.commit()
        owner.autocommit = True
        owner.execute(b"VACUUM (FREEZE, ANALYZE) indicators_observation")
        owner.execute(b"ANALYZE indicators_computing")
        count = owner.execute(b"SELECT count(*), count(DISTINCT region_id) FROM indicators_observation").fetchone()
    assert count is not None
    county = queries.region_of_code("370303", local_date(now))
    assert county is not None
    console.print(f"{count[0]:,} figures")
    return Made(installation, count[0], count[1], county.id, county.short_name, str(last), keys[0])


def pages(made: Made) -> dict[str, tuple[str, str]]:
    """Name → login and path."""
    county, before, today = f"region={made.county}", _before(made.last), _today()
    found = {
        "index, the city": "/figures/index/",
        f"index, {made.county_name}": f"/figures/index/?{county}",
        "index, the month before": f"/figures/index/?period={before}",
        "index, by today's regions": f"/figures/index/?tree_on={today}",
        f"index, {made.county_name} by today's regions": f"/figures/index/?{county}&tree_on={today}",
        "list": "/figures/",
        f"list, {made.county_name}": f"/figures/?{county}",
        "indicator": f"/figures/{made.key}/",
        f"indicator, {made.county_name}": f"/figures/{made.key}/?{county}",
        "sheet": "/figures/sheet/",
        f"sheet, {made.county_name}": f"/figures/sheet/?{county}",
        "two months": "/figures/compare/",
        f"two months, {made.county_name}": f"/figures/compare/?{county}",
    }
    return {name: (LOGIN, path) for name, path in found.items()}


def _before(period: str) -> str:
    from shanzhi.kernel.indicators.policy.periods import read_period

    return str(read_period(period).before())


def _today() -> str:
    from django.utils import timezone

    from shanzhi.core.periods import local_date

    return local_date(timezone.now()).isoformat()


def statements(every: dict[str, tuple[str, str]]) -> dict[str, int]:
    """How many statements each page asks, once it is warm."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from bench.rows import signed_in

    client, found = signed_in(LOGIN), {}
    for name, (_, path) in every.items():
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        found[name] = len(asked)
    return found


def headers() -> dict[str, str]:
    """The header of a session in which the member of staff is signed in."""
    from django.conf import settings

    from bench.rows import signed_in

    name = settings.SESSION_COOKIE_NAME
    return {LOGIN: f"Cookie: {name}={signed_in(LOGIN).cookies[name].value}\r\n"}


def line(name: str, took: Measured, asked: int) -> str:
    """As a row of the table of results."""
    low, high, worst = took.percentile(0.5), took.percentile(0.95), max(took.latencies)
    return f"| {name} | {low:.0f} | {high:.0f} | {worst:.0f} | {asked} |"


def main() -> None:
    """Run it all, print it, and write it down."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=60, help="of each page")
    options.add_argument("--workers", type=int, default=2, help="as `shanzhi serve` has them")
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--port", type=int, default=PORT)
    options.add_argument("--home", type=Path, help="a folder that keeps the city")
    options.add_argument("--only", default="", help="pages whose name holds this")
    options.add_argument("--dry", action="store_true", help="do not write RESULTS.md")
    given = options.parse_args()
    console, began = Console(stderr=True), perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix="shanzhi-index-") as folder,
        city(given.home or Path(folder), console) as made,
    ):
        making = perf_counter() - began
        every = {name: page for name, page in pages(made).items() if given.only in name}
        asked, cookie, over = statements(every), headers(), []
        lines = ["| page | p50, ms | p95, ms | worst, ms | statements |", "|---|---|---|---|---|"]
        with served(made.installation, given.workers, given.threads, given.port):
            for name, page in every.items():
                took = alone(request_of(page, cookie), given.rounds, given.port)
                lines.append(line(name, took, asked[name]))
                console.print(lines[-1], soft_wrap=True)
                target = INDEX_TARGET if name.startswith("index") else TARGET
                over += [name] if took.percentile(0.95) >= target or asked[name] > STATEMENTS else []
    head = [
        f"{made.rows:,} kept figures: 133 indicators × {made.regions:,} regions × {MONTHS} months, made in {making:.0f} s with"
        f" the city; {given.workers} web processes with {given.threads} threads; {given.rounds} rounds of each page",
        "",
        f"- p95 under {INDEX_TARGET} ms (index) or {TARGET} ms (others), at most {STATEMENTS} statements:"
        f" {len(every) - len(over)} of {len(every)} pages" + (f"; over it: {', '.join(over)}" if over else ""),
        "",
    ]
    print("\n".join([*head, *lines]))
    if not given.dry:
        write_section("Pages of figures", "make bench-index", [*head, *lines])


if __name__ == "__main__":
    main()
