"""A city's worth of matters, made set-wise in SQL by the database's owner: for benchmarks of lists, not of doors.

Spread as in a city: communities take part by size, departments by their duties, one matter in thirty is open. Each has
its participants, assignments, clocks, remarks and journal entries; texts are the demo's, with the community's name.
"""

from datetime import datetime
from typing import Any

import psycopg
from rich.console import Console

from shanzhi.config import database
from shanzhi.config.installation import Installation

STEP = 100_000
# What is open, by hundredths of a per cent of all matters; the rest has ended.
STAGES = (("reported", 25), ("accepted", 10), ("dispatched", 40), ("handling", 160), ("checking", 45), ("verdict", 45))

PLACES = """
CREATE TEMP TABLE g_place AS
SELECT row_number() OVER (ORDER BY md5(s.code)) - 1 AS n, s.region_id, s.code, s.name,
       (SELECT t.id FROM organisation_unit t JOIN organisation_region_state ts ON ts.region_id = t.region_id
        WHERE t.kind = 'township' AND ts.code = left(s.code, 9) LIMIT 1) AS township,
       (SELECT array_agg(d.id ORDER BY md5(d.code)) FROM organisation_unit d
        JOIN organisation_region_state ds ON ds.region_id = d.region_id
        WHERE d.kind = 'department' AND d.level = 'county' AND ds.code = left(s.code, 6)) AS departments
FROM organisation_region_state s WHERE s.level = 'community';
CREATE TEMP TABLE g_city AS
SELECT (SELECT id FROM organisation_unit WHERE kind = 'centre' AND level = 'city') AS centre,
       (SELECT array_agg(id ORDER BY md5(code)) FROM organisation_unit WHERE kind = 'department' AND level = 'city')
           AS departments,
       (SELECT count(*) FROM g_place) AS places;
CREATE TEMP TABLE g_text (n int PRIMARY KEY, category text, title text, body text, words tsvector);
"""

# r1 … r4 are four numbers of 16 bits that depend on the matter's number alone: the same city each time. Squares let
# the first departments and communities of a list have most of the work.
MATTERS = """
CREATE TEMP TABLE g AS
SELECT b.*, p.region_id, p.code, p.name, p.township,
       c.centre, t.category, t.title, t.body, t.words,
       CASE WHEN p.departments IS NOT NULL AND r2 < 45000 THEN
                p.departments[1 + (power(r3 / 65536.0, 2) * array_length(p.departments, 1))::int
                              %% array_length(p.departments, 1)]
            WHEN r2 < 60000 THEN p.township
            ELSE c.departments[1 + r3 %% array_length(c.departments, 1)] END AS lead,
       CASE WHEN r4 %% 5 = 0 THEN p.township END AS co
FROM (SELECT i, ('x' || substr(md5(i::text), 1, 4))::bit(16)::int AS r1,
             ('x' || substr(md5(i::text), 5, 4))::bit(16)::int AS r2,
             ('x' || substr(md5(i::text), 9, 4))::bit(16)::int AS r3,
             ('x' || substr(md5(i::text), 13, 4))::bit(16)::int AS r4,
             ('x' || substr(md5(i::text), 17, 7))::bit(28)::int AS r5
      FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS i) b
CROSS JOIN g_city c
JOIN g_place p ON p.n = (power(b.r1 / 65536.0, 1.6) * c.places)::int %% c.places
JOIN g_text t ON t.n = b.r4 %% %(texts)s;
ALTER TABLE g ADD stage text, ADD at timestamptz, ADD due timestamptz;
UPDATE g SET stage = COALESCE((SELECT s.stage FROM unnest(%(stages)s::text[], %(below)s::int[]) AS s (stage, below)
                      WHERE r5 %% 10000 < s.below ORDER BY s.below LIMIT 1),
             CASE WHEN r5 %% 97 = 0 THEN 'refused' WHEN r5 %% 89 = 0 THEN 'withdrawn' ELSE 'closed' END);
-- What is open was reported within two weeks, the rest within three years.
UPDATE g SET at = CASE WHEN stage IN ('closed', 'refused', 'withdrawn')
        THEN %(now)s::timestamptz - interval '14 days' - (r5 / 268435456.0) * interval '1080 days'
        ELSE %(now)s::timestamptz - (r5 / 268435456.0) * interval '14 days' END;
UPDATE g SET due = CASE WHEN stage NOT IN ('closed', 'refused', 'withdrawn')
        THEN at + interval '9 days' + (r4 / 65536.0) * interval '3 days' END;
INSERT INTO matters_matter (id, number, kind, kind_version, stage, result, channel, title, body, salt, category,
    region_id, region_code, scope_code, place_text, reported_at, stage_since, due_at, warn_at, ended_at, in_intake,
    counts, solved, satisfied, public_consent, follow_hash, version, steps, holder_unit_id, intake_unit_id)
SELECT i, to_char(at AT TIME ZONE 'Asia/Shanghai', 'YYYYMMDD') || '-' || lpad(i::text, 6, '0'), 'request', %(version)s, stage,
    CASE WHEN due IS NULL THEN stage END, 'web', title, body, '\\x00'::bytea, category, region_id, code, code, name, at, at,
    due, due - interval '1 day', CASE WHEN due IS NULL THEN at + interval '8 days' END,
    stage IN ('reported', 'accepted'), '{}', NULL, NULL, false, md5('a' || i) || md5('b' || i), 5, 5,
    CASE WHEN due IS NULL THEN NULL WHEN stage IN ('dispatched', 'handling', 'verdict') THEN lead ELSE centre END, centre
FROM g;
INSERT INTO matters_participant (matter_id, unit_id, part, since)
SELECT i, centre, 'holder', at FROM g WHERE stage <> 'reported'
UNION ALL SELECT i, lead, 'holder', at FROM g WHERE stage NOT IN ('reported', 'accepted', 'refused', 'withdrawn')
UNION ALL SELECT i, co, 'receiver', at FROM g
    WHERE stage NOT IN ('reported', 'accepted', 'refused', 'withdrawn') AND co <> lead;
INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at, ended_at)
SELECT i, lead, 'lead', CASE stage WHEN 'closed' THEN 'done' WHEN 'dispatched' THEN 'waiting' ELSE 'taken' END, at,
    CASE stage WHEN 'closed' THEN at + interval '8 days' END
FROM g WHERE stage NOT IN ('reported', 'accepted', 'refused', 'withdrawn')
UNION ALL SELECT i, co, 'co', CASE stage WHEN 'closed' THEN 'done' ELSE 'taken' END, at,
    CASE stage WHEN 'closed' THEN at + interval '8 days' END
FROM g WHERE stage NOT IN ('reported', 'accepted', 'refused', 'withdrawn') AND co <> lead;
INSERT INTO matters_clock (matter_id, stage, limit_text, calendar_version, started_at, due_at, warn_at, stopped_at)
SELECT i, 'reported', '1wd', 'bench', at, at + interval '1 day', at + interval '12 hours', at + interval '2 hours'
FROM g WHERE stage <> 'reported'
UNION ALL SELECT i, stage, '5wd', 'bench', at, due, due - interval '1 day', NULL FROM g WHERE due IS NOT NULL
UNION ALL SELECT i, 'handling', '5wd', 'bench', at, at + interval '7 days', at + interval '6 days', at + interval '6 days'
FROM g WHERE stage IN ('closed', 'checking', 'verdict');
INSERT INTO matters_remark (matter_id, step, part, text, salt, for_reporter)
SELECT i, 4, 'reply', '已到现场处理，问题解决，感谢反映。', '\\x00'::bytea, true FROM g
WHERE stage IN ('closed', 'checking', 'verdict');
INSERT INTO journal_entry (happened_at, action, version, subject_kind, subject_id, subject_step, scope_code, author_kind,
    author_post_id, author_unit_id, payload)
SELECT at + step * interval '1 hour', (ARRAY['matters.report', 'matters.dispatch', 'matters.reply'])[step], 1, 'matter', i,
    step, code, CASE step WHEN 1 THEN 'reporter' ELSE 'post' END,
    CASE WHEN step > 1 THEN 1 END, CASE WHEN step > 2 THEN lead WHEN step > 1 THEN centre END,
    jsonb_build_object('number', i, 'kind', 'request', 'category', category, 'region_code', code, 'done_by',
        (ARRAY['report', 'dispatch', 'reply'])[step], 'lead_unit_id', lead)
FROM g CROSS JOIN generate_series(1, 3) AS step
WHERE step = 1 OR stage NOT IN ('reported', 'refused', 'withdrawn');
"""
WORDS = """
INSERT INTO matters_words (matter_id, words, tokeniser)
SELECT i, words || array_to_tsvector(string_to_array(w.spaced, ' ')), 1
FROM g JOIN g_name w ON w.name = g.name;
"""
AFTER = """
SELECT setval('matters_matter_id_seq', (SELECT max(id) FROM matters_matter));
ANALYZE;
"""


def generate(installation: Installation, *, total: int, now: datetime, console: Console) -> None:
    """Fill an empty city with `total` matters; minutes for a million."""
    with database.admin(installation) as connection:
        connection.execute(f'SET LOCAL search_path = "{installation.schema}"')
        there = connection.execute("SELECT count(*) FROM matters_matter").fetchone()
        if there and there[0]:
            console.print(f"{there[0]:,} matters are there already")
            return
        connection.execute("SET LOCAL synchronous_commit = off")
        connection.execute("SET LOCAL work_mem = '256MB'")
        connection.execute(PLACES.encode())
        texts = _texts(connection)
        for first in range(1, total + 1, STEP):
            last = min(first + STEP - 1, total)
            _step(connection, first, last, texts, now)
            console.print(f"{last:,} matters")
        connection.execute(AFTER.encode())
        connection.commit()
        connection.autocommit = True
        connection.execute(f'SET search_path = "{installation.schema}"')
        connection.execute("VACUUM ANALYZE")


def _texts(connection: psycopg.Connection[Any]) -> int:
    from shanzhi.config.demo.texts import demo_texts
    from shanzhi.kernel.matters.policy.search import words_of

    rows = list(demo_texts().reports)
    for number, row in enumerate(rows):
        filled = {
            part: row[part].format(compound="世纪花园", road="柳泉路", community="社区") for part in ("title", "body")
        }
        words = words_of(filled["title"], filled["body"])
        connection.execute(
            "INSERT INTO g_text VALUES (%s, %s, %s, %s, array_to_tsvector(%s))",
            [number, row["category"], filled["title"], filled["body"], words],
        )
    connection.execute("CREATE TEMP TABLE g_name (name text PRIMARY KEY, spaced text)")
    names = [row[0] for row in connection.execute("SELECT DISTINCT name FROM g_place").fetchall()]
    for name in names:
        connection.execute("INSERT INTO g_name VALUES (%s, %s)", [name, " ".join(words_of(name))])
    return len(rows)


def _step(connection: psycopg.Connection[Any], first: int, last: int, texts: int, now: datetime) -> None:
    from shanzhi.kernel.matters.queries import current_kind

    below, total = [], 0
    for _, share in STAGES:
        total += share
        below.append(total)
    values = {
        "first": first,
        "last": last,
        "texts": texts,
        "now": now,
        "version": current_kind("request").version,
        "stages": [stage for stage, _ in STAGES],
        "below": below,
    }
    # One statement at a time: several in one go may not have parameters.
    with psycopg.ClientCursor(connection) as cursor:
        cursor.execute("DROP TABLE IF EXISTS g")
        cursor.execute((MATTERS + WORDS).encode(), values)
