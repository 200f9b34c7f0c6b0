"""A city of many matters with everything that a pack is made of, for `bench.pack`: entries in the loop's own shapes, sealed
by the program itself; facts rebuilt from them and months cut by the program, too.

Entries are written set-wise by SQL as the database's owner, a day at a time and in the order in which they happened: the
payloads of `bench.facts` (what the loop writes) with each matter's own number, region, unit and times. Of ten matters three
go the whole way (8 entries), four a shorter one (5) and three are answered at once (3): 5.3 entries each, and the entry
`facts.closed` of each that ended. They are reported over six months, evenly, and go on for up to a week, so that some stand
in two months' cuts and some went on after the last one.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.progress import Progress

from bench.facts import WAY, payload

START = datetime(2025, 4, 30, 16, 0, tzinfo=UTC)
END = datetime(2025, 10, 31, 16, 0, tzinfo=UTC)
FIRST, LAST = 202505, 202510
MONTHS = range(FIRST, LAST + 1)
AFTER = timedelta(days=8)
STEP_HOURS = 20
WAYS = (
    WAY, WAY, WAY,
    *(("report", "dispatch", "take", "reply", "rate"),) * 4,
    *(("report", "accept", "rate"),) * 3,
)  # fmt: skip

SET_UP = """
SELECT journal_make_months('2025-05-01', 8);
CREATE TABLE g_place AS
SELECT row_number() OVER (ORDER BY s.code) - 1 AS n, s.region_id, s.code
FROM organisation_region_state s WHERE s.level = 'community';
CREATE TABLE g_unit AS
SELECT row_number() OVER (ORDER BY u.id) - 1 AS n, u.id FROM organisation_unit u WHERE u.kind IN ('department', 'township');
CREATE TABLE g_way (way int, step int, place int, verb text, action text, version int, is_last boolean, base jsonb);
"""
DROP = "DROP TABLE g_place; DROP TABLE g_unit; DROP TABLE g_way"

# A matter's entry happens so many hours after the one before, and a little of its own.
DAY = """
WITH n AS (SELECT (SELECT count(*) FROM g_place) AS places, (SELECT count(*) FROM g_unit) AS units),
e AS (
    SELECT m, w.*, %(start)s::timestamptz + (m - 1) * %(apart)s::interval AS reported,
        %(start)s::timestamptz + (m - 1) * %(apart)s::interval
            + w.place * make_interval(hours => %(hours)s, mins => (m * 7 %% 400)::int) AS at
    FROM generate_series(%(low)s::bigint, %(high)s::bigint) AS m JOIN g_way w ON w.way = m %% 10
), f AS (
    SELECT e.*, p.region_id, p.code, u.id AS unit, at + interval '2 days' AS due,
        to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') AS at_text,
        to_char((at + interval '2 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') AS due_text,
        to_char((at + interval '44 hours') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"') AS warn_text
    FROM e CROSS JOIN n JOIN g_place p ON p.n = m * 7919 %% n.places JOIN g_unit u ON u.n = m * 104729 %% n.units
    WHERE at >= %(since)s AND at < %(until)s
)
INSERT INTO journal_entry (recorded_at, happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,
    author_kind, author_post_id, author_unit_id, payload)
SELECT at + interval '250 milliseconds', at, action, version, 'matter', m, step, code,
    CASE WHEN verb IN ('report', 'rate') THEN 'reporter' ELSE 'post' END,
    CASE WHEN verb NOT IN ('report', 'rate') THEN unit END, CASE WHEN verb NOT IN ('report', 'rate') THEN unit END,
    jsonb_set(jsonb_set(jsonb_set(jsonb_set(
        base || jsonb_build_object('number', '25' || lpad(m::text, 9, '0'), 'region_id', region_id, 'region_code', code,
            'channel', (ARRAY['hotline', 'web', 'phone'])[1 + m %% 3],
            'category', CASE WHEN verb = 'report' THEN ''
                ELSE (ARRAY['housing.property-service', 'cityscape.waste'])[1 + m %% 2] END)
        || CASE WHEN is_last THEN jsonb_build_object('solved', m %% 10 > 0, 'satisfied', 1 + m %% 5)
            ELSE jsonb_build_object('due_at', due_text, 'warn_at', warn_text, 'holder_unit_id', unit) END
        || CASE WHEN verb = 'report' THEN jsonb_build_object('reported_at', at_text,
                'title_sealed', encode(sha256(m::text::bytea), 'hex'), 'body_sealed', encode(sha256((-m)::text::bytea),
                'hex'))
            WHEN verb = 'dispatch' THEN jsonb_build_object('lead_unit_id', unit) ELSE '{}' END,
        '{clocks,0,3}', to_jsonb(due_text), false), '{clocks,1,3}',
        to_jsonb(to_char((at + interval '21 days') AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"+00:00"')), false),
        '{shares,0,0}', to_jsonb(unit), false), '{shares,0,3}',
        CASE WHEN base #> '{shares,0,3}' = 'null' THEN 'null' ELSE to_jsonb(at_text) END, false)
FROM f ORDER BY at, m, step
"""
# What the projector writes as a matter ends; its hash is nobody's.
CLOSED = """
INSERT INTO journal_entry (recorded_at, happened_at, action, version, subject_kind, subject_id, subject_step, scope_code,
    author_kind, payload)
SELECT e.recorded_at + interval '1 second', e.happened_at, 'facts.closed', 1, 'fact', e.subject_id, 1, '', 'system',
    jsonb_build_object('number', e.payload ->> 'number', 'steps', e.subject_step, 'form', 'shanzhi-facts-1',
        'sha256', encode(sha256(e.id::text::bytea), 'hex'))
FROM journal_entry e WHERE e.recorded_at >= %(since)s AND e.recorded_at < %(until)s AND e.subject_kind = 'matter'
    AND e.payload ->> 'result' = 'closed' ORDER BY e.id
"""


def ways() -> Iterator[tuple[Any, ...]]:
    """Rows of `g_way`: each way's entries with the payload that the loop writes."""
    from shanzhi.kernel.journal.policy.payloads import encode

    for nth, way in enumerate(WAYS):
        for step, verb in enumerate(way, start=1):
            told = payload(verb, 1, START, 101)
            base = json.dumps(encode(told))
            yield nth, step, WAY.index(verb), verb, told.action, told.version, verb == way[-1], base


def write_days(admin: Any, matters: int, since: datetime, until: datetime, console: Console) -> None:
    """Write what happened in these days, a transaction each."""
    apart, day = (END - START) / matters, timedelta(days=1)
    longest = timedelta(hours=(STEP_HOURS + 7) * len(WAY))
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("entries", total=(until - since) / day)
        while since < until:
            upto = min(since + day, until)
            low, high = (
                max(int((since - longest - START) / apart), 0) + 1,
                min(int((upto - START) / apart) + 1, matters),
            )
            span = {"since": since, "until": upto}
            admin.execute(DAY, {**span, "start": START, "apart": apart, "hours": STEP_HOURS, "low": low, "high": high})
            admin.execute(CLOSED, span)
            since = upto
            progress.advance(task)


def type_in(made: Any) -> int:
    """The entries of figures typed in for the period by the shipped catalogue, each region's once; how many."""
    from shanzhi.config import database
    from shanzhi.kernel.indicators.operations.computing import standing_of_day
    from shanzhi.kernel.indicators.payloads import FigureEntered
    from shanzhi.kernel.indicators.policy.entering import rule_of
    from shanzhi.kernel.indicators.queries.book import catalogue_in_force
    from shanzhi.kernel.journal import operations
    from shanzhi.kernel.journal.operations import Draft
    from shanzhi.kernel.journal.policy import Author, Subject
    from shanzhi.kernel.packs.queries.observing import typed_rules

    drafts: list[Draft] = []
    with database.acting_as(made, "owner"):
        for indicator, period in typed_rules(catalogue_in_force(), FIRST, LAST):
            for state in standing_of_day(period.ends_on).at_level(rule_of(indicator).level):
                told = FigureEntered(
                    indicator.key, indicator.version, state.region_id, period.first, period.length.value, 1, 1, 1,
                    False, False, "", (),
                )  # fmt: skip
                drafts.append(Draft(told, Subject("figure", len(drafts) + 1), Author("system"), END))
        return operations.record_many(drafts)


def make(made: Any, matters: int, console: Console) -> dict[str, float]:
    """Fill an installation with so many matters; seconds by what was done."""
    import time

    import psycopg
    from django.utils import timezone

    from bench.journal import seal_all
    from shanzhi.config import database
    from shanzhi.kernel.facts import operations as facts
    from shanzhi.kernel.facts.operations.dimensions import dimensions_follow

    took: dict[str, float] = {}

    def timed(name: str, job: Any) -> None:
        console.print(f"{name} …")
        started = time.perf_counter()
        job()
        took[name] = time.perf_counter() - started

    def project() -> None:
        while facts.project(now=timezone.now()).more:
            pass

    with psycopg.connect(database.admin_url(made), autocommit=True) as admin:
        admin.execute("SET search_path = shanzhi")
        admin.execute(SET_UP)
        with admin.cursor() as cursor:
            cursor.executemany("INSERT INTO g_way VALUES (%s, %s, %s, %s, %s, %s, %s, %s::jsonb)", list(ways()))
        timed("entries", lambda: write_days(admin, matters, START, END, console))
        admin.execute("ANALYZE journal_entry")
        with database.acting_as(made, "worker"):
            timed("sealed", seal_all)
            dimensions_follow()
            timed("facts", lambda: rebuild(console, matters))
            for month in MONTHS:
                timed(f"cut {month}", lambda month=month: facts.cut_month(month, now=timezone.now()))
        type_in(made)
        write_days(admin, matters, END, END + AFTER, console)
        admin.execute(DROP)
        admin.execute("VACUUM ANALYZE")
        with database.acting_as(made, "worker"):
            timed("sealed after", seal_all)
            timed("projected after", project)
            seal_all()
    return took


def rebuild(console: Console, matters: int) -> None:
    """Make all facts from the entries, as `shanzhi facts rebuild` does, from the place after the last leaf."""
    from django.db import transaction
    from django.utils import timezone

    from shanzhi.kernel.facts import operations as facts
    from shanzhi.kernel.facts.operations.projecting import move
    from shanzhi.kernel.journal import queries as journal

    with transaction.atomic():
        end = journal.sealed_end()
        move(end, journal.sealed_between(journal.Leaf(1, 0), end), timezone.now())
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("facts", total=matters)
        facts.rebuild(now=timezone.now(), tick=lambda count: progress.advance(task, count))
