"""The SQL of `bench.make_facts`: units, matters with everything that happens to them, and the tables of facts out of that.

`u(i, k)` is the k-th draw of matter `i`, even in [0, 1). Times in here are the city's, without a zone; what is written is
eight hours earlier, in UTC (there is no summer time in the years that are made).
"""

UNITS = """
CREATE MACRO u(i, k) AS ((hash(i * 64 + k) >> 11)::DOUBLE / 9007199254740992.0);
CREATE MACRO z(i, k) AS sqrt(-2 * ln(1 - u(i, k))) * cos(6.283185307179586 * u(i, k + 1));
CREATE MACRO utc(t) AS (t - INTERVAL 8 HOUR)::TIMESTAMPTZ;
CREATE MACRO ym(t) AS (year(t) * 100 + month(t))::BIGINT;
CREATE MACRO late_by(t, due) AS greatest(0, date_diff('second', due, t))::BIGINT;
CREATE TABLE unit AS
SELECT row_number() OVER (ORDER BY sort, region_id, nth)::BIGINT AS unit_id, name, kind, region_id, nth
FROM (
    SELECT 1 AS sort, name || '治理中心' AS name, 'centre' AS kind, region_id, 0 AS nth
    FROM region WHERE level IN ('city', 'county', 'township')
    UNION ALL SELECT 2, name || '第' || n || '局', 'department', region_id, n
    FROM region, range(1, 41) AS t (n) WHERE level = 'city' OR (level = 'county' AND n <= 25)
    UNION ALL SELECT 3, name || '政府', 'township', region_id, 0 FROM region WHERE level = 'township'
    UNION ALL SELECT 4, name || '居委会', 'community', region_id, 0 FROM region WHERE level = 'community'
);
-- A unit's pace: it takes half to twice as long as the mean.
ALTER TABLE unit ADD COLUMN pace DOUBLE;
UPDATE unit SET pace = exp(0.7 * (2 * u(unit_id + 900000000, 1) - 1));
"""

# What a community's matters can be given to.
PLACES = """
CREATE TABLE place AS
SELECT c.region_id, c.code, t.region_id AS township_id, k.region_id AS county_id,
       (SELECT min(unit_id) FROM unit WHERE region_id = c.region_id) AS community_unit,
       (SELECT min(unit_id) FROM unit WHERE region_id = t.region_id AND kind = 'township') AS township_unit,
       (SELECT min(unit_id) FROM unit WHERE region_id = t.region_id AND kind = 'centre') AS township_centre,
       (SELECT min(unit_id) FROM unit WHERE region_id = k.region_id AND kind = 'centre') AS county_centre,
       (SELECT min(unit_id) FROM unit WHERE region_id = k.region_id AND kind = 'department') AS county_first,
       (SELECT min(unit_id) FROM unit WHERE region_id = 1 AND kind = 'department') AS city_first
FROM region c JOIN region t ON t.region_id = c.parent_id JOIN region k ON k.region_id = t.parent_id
WHERE c.level = 'community';
"""

# `way`: full, refused, withdrawn or joined.
_MATTERS = """
CREATE TABLE drawn AS
SELECT i, d.day + to_seconds(CASE WHEN u(i, 1) < 0.86 THEN 28800 + (u(i, 2) + u(i, 3)) * 21600
                                  ELSE u(i, 2) * 86400 END::BIGINT) AS reported,
       CASE WHEN u(i, 4) < 0.86 THEN 'request' WHEN u(i, 4) < 0.94 THEN 'incident' WHEN u(i, 4) < 0.97 THEN 'petition'
            WHEN u(i, 4) < 0.99 THEN 'finding' ELSE 'suggestion' END AS kind,
       CASE WHEN u(i, 5) < 0.62 THEN 'phone' WHEN u(i, 5) < 0.84 THEN 'web' WHEN u(i, 5) < 0.93 THEN 'grid'
            WHEN u(i, 5) < 0.97 THEN 'window' ELSE 'exchange' END AS channel,
       CASE WHEN u(i, 6) < 0.02 THEN 'refused' WHEN u(i, 6) < 0.04 THEN 'withdrawn' WHEN u(i, 6) < 0.07 AND i > 100
            THEN 'joined' ELSE 'full' END AS way,
       (u(i, 7) * 65536)::BIGINT % 65536 AS place_slot, (u(i, 8) * 65536)::BIGINT % 65536 AS category_slot,
       u(i, 9) AS giving, (u(i, 10) * 25)::BIGINT % 25 AS nth, u(i, 11) AS returning, u(i, 12) AS reopening
FROM day d, LATERAL (SELECT unnest(range(d.first, d.first + d.n)) AS i);
CREATE TABLE given AS
SELECT g.*, n.pace,
       CASE WHEN g.returning < 0.02 * n.pace THEN 2 WHEN g.returning < 0.1 * n.pace THEN 1 ELSE 0 END AS gives_back,
       CASE WHEN g.reopening < 0.01 * n.pace THEN 2 WHEN g.reopening < 0.06 * n.pace THEN 1 ELSE 0 END AS reopens,
       CASE g.kind WHEN 'petition' THEN 60 WHEN 'suggestion' THEN 90 WHEN 'incident' THEN 3
            ELSE [5, 7, 15][1 + (u(g.i, 13) * 3)::BIGINT % 3] END AS limit_days,
       least(12960000, 1800 + 3600 * n.pace * limit_days * 6 * exp(1.05 * z(g.i, 20)))::BIGINT AS reply_after
FROM (
    SELECT w.*, p.* EXCLUDE (region_id), p.region_id, s.category,
           CASE WHEN w.giving < 0.45 THEN county_first + w.nth WHEN w.giving < 0.75 THEN township_unit
                WHEN w.giving < 0.90 THEN city_first + w.nth ELSE community_unit END AS lead,
           CASE WHEN w.giving < 0.5 THEN county_centre ELSE township_centre END AS centre
    FROM drawn w JOIN place_slot ps ON ps.slot = w.place_slot JOIN place p ON p.region_id = ps.region_id
    JOIN category_slot s ON s.slot = w.category_slot
) g JOIN unit n ON n.unit_id = g.lead;
DROP TABLE drawn;
CREATE TABLE timed AS
SELECT *, ended IS NULL AS is_open,
       CASE WHEN way <> 'full' OR ended IS NULL OR u(i, 30) < 0.48 THEN NULL ELSE 1 END AS solved_last,
       greatest(1, least(5, (5.4 - 1.2 * u(i, 31) - 0.06 * date_diff('day', reported, ended) - reopens * 0.7)::BIGINT))
           AS score
FROM ({times});
DROP TABLE given;
CREATE TABLE m AS
SELECT *, CASE WHEN way = 'refused' THEN NULL ELSE accepted0 END AS accepted,
       CASE WHEN is_open THEN '' WHEN way = 'full' THEN if(solved_last = 1, 'closed', 'lapsed') ELSE way END AS result,
       CASE WHEN ended IS NOT NULL THEN 'ended' WHEN last_reply IS NOT NULL THEN 'verdict'
            WHEN taken IS NOT NULL THEN 'handling' WHEN dispatched IS NOT NULL THEN 'dispatched'
            WHEN accepted0 IS NOT NULL AND way <> 'refused' THEN 'accepted'
            ELSE 'reported' END AS stage,
       (return1 IS NOT NULL)::BIGINT + (return2 IS NOT NULL)::BIGINT AS returns,
       (rate1 IS NOT NULL)::BIGINT + (rate2 IS NOT NULL)::BIGINT AS reopenings,
       CASE WHEN reply0 IS NOT NULL THEN (reply0 <= due)::BIGINT WHEN due < {over} THEN 0 END AS on_time,
       coalesce(accepted0, {over}) > reported + INTERVAL 1 DAY AS took_late,
       1 + (accepted0 IS NOT NULL AND way <> 'refused')::BIGINT + (dispatched IS NOT NULL)::BIGINT
         + (return1 IS NOT NULL)::BIGINT + (again1 IS NOT NULL)::BIGINT + (return2 IS NOT NULL)::BIGINT
         + (again2 IS NOT NULL)::BIGINT + (taken IS NOT NULL)::BIGINT + (reply0 IS NOT NULL)::BIGINT
         + (rate1 IS NOT NULL)::BIGINT + (reply1 IS NOT NULL)::BIGINT + (rate2 IS NOT NULL)::BIGINT
         + (reply2 IS NOT NULL)::BIGINT + (ended IS NOT NULL)::BIGINT AS steps,
       (u(i, 32) < 0.2)::BIGINT AS co
FROM timed;
DROP TABLE timed;
"""

# Each time rests on those before it; what hasn't come yet (`{over}` and later) is NULL, and so is all that would follow.
_TIMES = (
    ("accepted0", "reported + to_seconds((60 + 3600 * exp(1.3 * z(i, 14)))::BIGINT)"),
    ("dispatched0", "accepted0 + to_seconds((60 + 2400 * exp(1.1 * z(i, 16)))::BIGINT)"),
    ("dispatched", "if(way = 'full', dispatched0, NULL)"),
    ("return1", "if(gives_back > 0, dispatched + INTERVAL 5 HOUR, NULL)"),
    ("again1", "if(gives_back > 0, dispatched + INTERVAL 8 HOUR, NULL)"),
    ("return2", "if(gives_back > 1, dispatched + INTERVAL 29 HOUR, NULL)"),
    ("again2", "if(gives_back > 1, dispatched + INTERVAL 33 HOUR, NULL)"),
    ("redispatched", "dispatched + to_hours([0, 8, 33][1 + gives_back])"),
    ("taken", "redispatched + to_seconds((300 + 7200 * pace * exp(z(i, 18)))::BIGINT)"),
    ("contacted", "if(u(i, 23) < 0.9, taken + to_seconds(least(reply_after, 14400)), NULL)"),
    ("reply0", "taken + to_seconds(reply_after)"),
    ("rate1", "if(reopens > 0, reply0 + to_seconds((7200 + u(i, 24) * 300000)::BIGINT), NULL)"),
    ("reply1", "rate1 + to_seconds((pace * 86400 * exp(0.8 * z(i, 25)))::BIGINT)"),
    ("rate2", "if(reopens = 2, reply1 + INTERVAL 9 HOUR, NULL)"),
    ("reply2", "rate2 + to_seconds((pace * 86400 * exp(0.6 * z(i, 27)))::BIGINT)"),
    ("last_reply", "CASE reopens WHEN 0 THEN reply0 WHEN 1 THEN reply1 ELSE reply2 END"),
    (
        "ended",
        "CASE way WHEN 'refused' THEN accepted0 WHEN 'full' THEN"
        " last_reply + to_seconds((3600 + u(i, 29) * 950400)::BIGINT) ELSE dispatched0 END",
    ),
)


def matters(over: str) -> str:
    """The statements that make the matters; `over` is the first moment that hasn't come yet."""
    asked = "given"
    for name, at in _TIMES:
        asked = f"(SELECT *, CASE WHEN {at} < TIMESTAMP '{over}' THEN {at} END AS {name} FROM {asked})"
    times = f"SELECT *, dispatched + to_days(limit_days::INTEGER) AS due FROM {asked}"
    return _MATTERS.replace("{times}", times).replace("{over}", f"TIMESTAMP '{over}'")


_WHAT = "i AS matter_id, kind, category, split_part(category, '.', 1) AS category_1, region_id, channel"

_MATTER = f"""
SELECT {_WHAT}, strftime(reported, '%Y%m%d') || '-' || lpad(i::TEXT, 8, '0') AS number, 1::BIGINT AS kind_version,
       if(u(i, 33) < 0.06, 'other.other', category) AS category_reported,
       if(channel = 'exchange', 'open311', '') AS source, code AS region_code,
       if(u(i, 34) < 0.1, region_id * 10 + (u(i, 35) * 10)::BIGINT % 10, NULL) AS place_id,
       if(u(i, 34) < 0.1, ['compound', 'school', 'market'][1 + region_id % 3], '') AS place_kind,
       centre AS intake_unit_id, if(dispatched IS NULL, NULL, lead) AS lead_unit_id,
       if(way = 'joined' AND ended IS NOT NULL, i - 1 - (u(i, 36) * 90)::BIGINT, NULL) AS linked_to, NULL::BIGINT AS part_of,
       utc(reported) AS reported_at, reported::DATE AS reported_on, ym(reported) AS reported_month,
       utc(accepted) AS accepted_at, utc(dispatched) AS dispatched_at, utc(taken) AS taken_at, utc(contacted) AS contacted_at,
       utc(coalesce(reply2, reply1, reply0)) AS replied_at, utc(ended) AS ended_at, ended::DATE AS ended_on,
       ym(ended) AS ended_month, stage, result, is_open::BIGINT AS is_open,
       CASE WHEN solved_last = 1 THEN 1 WHEN reopenings > 0 THEN 0 END::BIGINT AS solved,
       CASE WHEN solved_last = 1 THEN score WHEN reopenings > 0 THEN 1 END::BIGINT AS satisfied,
       CASE WHEN solved_last = 1 THEN ym(ended) ELSE ym(coalesce(rate2, rate1)) END AS rated_month,
       date_diff('second', reported, accepted) AS accept_seconds,
       date_diff('second', reported, dispatched) AS dispatch_seconds,
       date_diff('second', dispatched, taken) AS take_seconds, date_diff('second', taken, contacted) AS contact_seconds,
       date_diff('second', reported, coalesce(reply2, reply1, reply0)) AS reply_seconds,
       date_diff('second', reported, ended) AS end_seconds, on_time,
       (took_late OR coalesce(on_time = 0, false))::BIGINT AS was_late, returns, reopenings,
       (u(i, 37) < 0.03 AND reply0 IS NOT NULL)::BIGINT AS failed_checks,
       (u(i, 38) < 0.05 AND taken IS NOT NULL)::BIGINT AS extensions,
       (u(i, 39) < 0.01 AND taken IS NOT NULL)::BIGINT AS pauses, coalesce(on_time = 0, false)::BIGINT AS urges,
       (coalesce(on_time = 0, false) AND u(i, 40) < 0.1)::BIGINT AS supervisions, 0::BIGINT AS escalations,
       if(dispatched IS NULL, 0, co)::BIGINT AS co_handlers, 0::BIGINT AS papers, steps,
       utc(coalesce(ended, reply2, rate2, reply1, rate1, reply0, taken, again2, return2, again1, return1, dispatched,
           CASE WHEN way <> 'refused' THEN accepted0 END, reported)) AS last_at
FROM m WHERE ym(reported) = {{month}}
"""

# time, the time before, number, action, done_by, stage before and after, author, who did it, whose turn is next, result
_ENTRIES = (
    ("reported", "reported", "1", "report", "", "reported", "reporter", "NULL", "centre"),
    ("accepted", "reported", "2", "accept", "reported", "accepted", "post", "centre", "centre"),
    ("dispatched", "accepted0", "3", "dispatch", "accepted", "dispatched", "post", "centre", "lead"),
    ("return1", "dispatched", "4", "return", "dispatched", "accepted", "post", "lead + 1", "centre"),
    ("again1", "return1", "5", "dispatch", "accepted", "dispatched", "post", "centre", "lead"),
    ("return2", "again1", "6", "return", "dispatched", "accepted", "post", "lead + 1", "centre"),
    ("again2", "return2", "7", "dispatch", "accepted", "dispatched", "post", "centre", "lead"),
    ("taken", "redispatched", "4 + 2 * returns", "take", "dispatched", "handling", "post", "lead", "lead"),
    ("reply0", "taken", "5 + 2 * returns", "reply", "handling", "verdict", "post", "lead", "NULL"),
    ("rate1", "reply0", "6 + 2 * returns", "rate", "verdict", "handling", "reporter", "NULL", "lead"),
    ("reply1", "rate1", "7 + 2 * returns", "reply", "handling", "verdict", "post", "lead", "NULL"),
    ("rate2", "reply1", "8 + 2 * returns", "rate", "verdict", "handling", "reporter", "NULL", "lead"),
    ("reply2", "rate2", "9 + 2 * returns", "reply", "handling", "verdict", "post", "lead", "NULL"),
)
_LAST = """
SELECT {what}, steps AS step,
       CASE way WHEN 'full' THEN if(solved_last = 1, 'matters.rate', 'matters.lapse') WHEN 'refused' THEN 'matters.refuse'
            WHEN 'withdrawn' THEN 'matters.withdraw' ELSE 'matters.join' END AS action,
       CASE way WHEN 'full' THEN if(solved_last = 1, 'rate', 'lapse') WHEN 'refused' THEN 'refuse'
            WHEN 'withdrawn' THEN 'withdraw' ELSE 'join' END AS done_by,
       CASE way WHEN 'full' THEN 'verdict' WHEN 'refused' THEN 'reported' ELSE 'accepted' END AS stage, 'ended' AS to_stage,
       CASE way WHEN 'full' THEN if(solved_last = 1, 'reporter', 'system') WHEN 'withdrawn' THEN 'reporter' ELSE 'post' END
           AS author_kind,
       if(way IN ('refused', 'joined'), centre, NULL) AS unit_id, NULL::BIGINT AS holder_unit_id,
       if(way = 'refused', 'not-ours', '') AS ground, result, utc(ended) AS happened_at, ended::DATE AS happened_on,
       ym(ended) AS month, 0::BIGINT AS is_late,
       date_diff('second', CASE way WHEN 'full' THEN last_reply WHEN 'refused' THEN reported ELSE accepted END, ended)
           AS seconds
FROM m WHERE ended IS NOT NULL AND ym(ended) = {month}
"""


def _entry(entry: tuple[str, ...]) -> str:
    at, before, number, verb, stage, to_stage, author, unit, holder = entry
    late = {"accepted": "took_late", "reply0": "reply0 > due"}.get(at, "false")
    ground = "not-ours" if verb == "return" else ""
    return f"""
SELECT {_WHAT}, {number} AS step, 'matters.{verb}' AS action, '{verb}' AS done_by, '{stage}' AS stage, '{to_stage}' AS to_stage,
       '{author}' AS author_kind, {unit}::BIGINT AS unit_id, {holder}::BIGINT AS holder_unit_id, '{ground}' AS ground,
       '' AS result, utc({at}) AS happened_at, {at}::DATE AS happened_on, ym({at}) AS month, ({late})::BIGINT AS is_late,
       date_diff('second', {before}, {at}) AS seconds
FROM m WHERE {at} IS NOT NULL AND ym({at}) = {{month}}"""


_SHARE = """
SELECT {what}, {share} AS share, {unit}::BIGINT AS unit_id, '{part}' AS part, {state} AS state, '{ground}' AS ground,
       utc({given}) AS assigned_at, {given}::DATE AS assigned_on, ym({given}) AS assigned_month,
       utc({taken}) AS taken_at, utc({ended}) AS ended_at, ym({ended}) AS ended_month,
       {due} AS due_at, date_diff('second', {given}, {taken}) AS take_seconds,
       date_diff('second', {given}, {ended}) AS seconds, {on_time} AS on_time
FROM m WHERE {given} IS NOT NULL AND {there} AND ym({given}) = {{month}}"""
_GIVEN_BACK = {
    "part": "lead",
    "ground": "not-ours",
    "taken": "NULL::TIMESTAMP",
    "due": "NULL::TIMESTAMPTZ",
    "on_time": "NULL::BIGINT",
}
_DONE = {"ground": "", "taken": "taken", "ended": "reply0", "there": "true", "what": _WHAT,
         "state": "CASE WHEN reply0 IS NOT NULL THEN 'done' WHEN taken IS NOT NULL THEN 'taken' ELSE 'waiting' END",
}  # fmt: skip
_SHARES = (
    {
        "share": "1",
        "unit": "lead + 1",
        "state": "'returned'",
        "given": "dispatched",
        "ended": "return1",
        "there": "return1 IS NOT NULL",
    },
    {
        "share": "2",
        "unit": "lead + 1",
        "state": "'returned'",
        "given": "again1",
        "ended": "return2",
        "there": "return2 IS NOT NULL",
    },
)
_RUNNING = """
SELECT {what}, {promise}::BIGINT AS promise, '{clock}' AS clock, '{stage}' AS stage, {unit} AS unit_id, {limit} AS limit_text,
       utc({start}) AS started_at, utc({due}) AS due_at, ({due})::DATE AS due_on, ym({due}) AS due_month,
       utc({stop}) AS stopped_at, ym({stop}) AS stopped_month,
       CASE WHEN {stop} IS NULL THEN '' WHEN {stop} <= {due} THEN 'kept' ELSE 'late' END AS ended_by,
       CASE WHEN {stop} IS NOT NULL THEN ({stop} <= {due})::BIGINT END AS kept,
       CASE WHEN {stop} IS NOT NULL THEN late_by({stop}, {due}) END AS late_seconds
FROM m WHERE {start} IS NOT NULL AND {month_is}"""
_VERDICT = """
SELECT {what}, {verdict} AS verdict, {step} AS step, ym(reported) AS reported_month, utc({at}) AS rated_at,
       {at}::DATE AS rated_on, ym({at}) AS rated_month, lead AS unit_id, {solved} AS solved, {score} AS satisfied,
       {lapsed} AS is_lapsed
FROM m WHERE way = 'full' AND {at} IS NOT NULL AND ym({at}) = {{month}}"""


def _tables() -> dict[str, str]:
    shares = [_SHARE.format(what=_WHAT, **_GIVEN_BACK, **share) for share in _SHARES]
    shares.append(_SHARE.format(share="1 + returns", unit="lead", part="lead", given="redispatched", due="NULL::TIMESTAMPTZ",
                                on_time="NULL::BIGINT", **_DONE))  # fmt: skip
    shares.append(_SHARE.format(share="2 + returns", unit="township_unit", part="co", given="redispatched", due="utc(due)",
                                on_time="CASE WHEN reply0 IS NOT NULL THEN (reply0 <= due)::BIGINT END",
                                **(_DONE | {"there": "co = 1"})))  # fmt: skip
    clocks = [
        {"promise": "1", "clock": "", "stage": "reported", "unit": "centre", "limit": "'1wd'", "start": "reported",
         "due": "(reported + INTERVAL 1 DAY)", "stop": "accepted0"},
        {"promise": "2", "clock": "handle", "stage": "dispatched", "unit": "lead", "limit": "limit_days || 'd'",
         "start": "dispatched", "due": "due", "stop": "reply0"},
    ]  # fmt: skip
    never = "NULL::BIGINT"
    verdicts = [
        _VERDICT.format(what=_WHAT, verdict=nth, step=f"{4 + 2 * nth} + 2 * returns", at=f"rate{nth}", solved="0::BIGINT",
                        score="1::BIGINT", lapsed="0::BIGINT") for nth in (1, 2)
    ]  # fmt: skip
    verdicts.append(_VERDICT.format(what=_WHAT, verdict="reopenings + 1", step="steps", at="ended",
                                    solved="solved_last::BIGINT", score=f"if(solved_last = 1, score, {never})",
                                    lapsed="(solved_last IS NULL)::BIGINT"))  # fmt: skip
    return {
        "fact_matter": _MATTER.replace("{{", "{").replace("}}", "}"),
        "fact_step": " UNION ALL ".join(_entry(entry) for entry in _ENTRIES)
        + " UNION ALL "
        + _LAST.replace("{what}", _WHAT),
        "fact_assignment": " UNION ALL ".join(shares),
        "fact_clock": " UNION ALL ".join(
            _RUNNING.format(what=_WHAT, month_is=f"ym({clock['due']}) = {{month}}", **clock) for clock in clocks
        ),
        "fact_rating": " UNION ALL ".join(verdicts),
        "fact_region": "SELECT *, DATE '2020-01-01' AS from_on, NULL::DATE AS until_on, NULL::BIGINT AS became_id FROM region",
        "fact_unit": "SELECT *, DATE '2020-01-01' AS opened_on, NULL::DATE AS closed_on FROM unit",
    }


TABLES = _tables()
"""For each table of facts, a SELECT of its columns of the rows of `{month}`, in no order."""
