"""How long matters took from report to end, and the lists behind each figure.

`matters_took` counts in days of the calendar (Beijing time), in one pass: how many, how many within some limits, the median, and
how many kept the dates that were promised. Like `matters_tally` it runs as the owner and applies the policy's own predicate. An
index of ended matters holds all that is counted of them. The search function is made anew with six more conditions.
"""

from importlib import import_module

from django.db import migrations, models
from django.db.models import Q

# Migrations that were carried out don't change any more; their names begin with a digit.
SITTING = import_module("shanzhi.kernel.matters.migrations.0019_sitting")
BEFORE = import_module("shanzhi.kernel.matters.migrations.0045_repeated")
EDITED = import_module("shanzhi.kernel.matters.migrations.0032_desk_counts").edited

DAYS = "(({until} AT TIME ZONE 'Asia/Shanghai')::date - (reported_at AT TIME ZONE 'Asia/Shanghai')::date)"
TOOK_DAYS = DAYS.format(until="ended_at")
# Who leads now or led at the end: whoever gave it back or was relieved of it doesn't.
LEADS = "a.matter_id = matters_matter.id AND a.part = 'lead' AND a.state IN ('waiting', 'taken', 'done', 'over')"
# A promise is told by the last row of a clock's course: an extension or a pause stops a row, and the next one goes on.
HAS = "EXISTS (SELECT 1 FROM matters_clock c WHERE c.matter_id = matters_matter.id AND c.code <> '' AND c.code = ANY ({codes}))"
BROKE = """EXISTS (SELECT 1 FROM matters_clock c WHERE c.matter_id = matters_matter.id AND c.code <> ''
        AND c.code = ANY ({codes}) AND c.stopped_at > c.due_at AND NOT EXISTS (SELECT 1 FROM matters_clock n WHERE n.matter_id = c.matter_id
        AND n.code <> '' AND n.code = c.code AND n.started_at = c.started_at AND n.id > c.id))"""

ARGUMENTS = """linked_least integer DEFAULT NULL,
    answered_is boolean DEFAULT NULL, took_least integer DEFAULT NULL, took_most integer DEFAULT NULL,
    led_by bigint DEFAULT NULL, kept_is boolean DEFAULT NULL, promises text[] DEFAULT NULL
)"""
CONDITIONS = f"""
    IF answered_is THEN narrow := narrow || $q$ AND ended_at IS NOT NULL AND result IN ('closed', 'lapsed')$q$; END IF;
    IF NOT answered_is THEN
        narrow := narrow || $q$ AND ended_at IS NOT NULL AND result NOT IN ('closed', 'lapsed')$q$;
    END IF;
    IF took_least IS NOT NULL THEN narrow := narrow || $q$ AND {TOOK_DAYS} >= $36$q$; END IF;
    IF took_most IS NOT NULL THEN narrow := narrow || $q$ AND {TOOK_DAYS} <= $37$q$; END IF;
    IF led_by = 0 THEN narrow := narrow || $q$ AND NOT EXISTS (SELECT 1 FROM matters_assignment a WHERE {LEADS})$q$; END IF;
    IF led_by <> 0 THEN
        narrow := narrow || $q$ AND EXISTS (SELECT 1 FROM matters_assignment a WHERE {LEADS} AND a.unit_id = $38)$q$;
    END IF;
    IF kept_is IS NOT NULL THEN
        narrow := narrow || $q$ AND {HAS.format(codes="$39")} AND $40 IS DISTINCT FROM {BROKE.format(codes="$39")}$q$;
    END IF;
    IF stages IS NOT NULL AND NOT is_by_stage THEN"""
PICKY = "solved_is IS NOT NULL OR idle_since IS NOT NULL);"
NARROW = "OR solved_is IS NOT NULL OR (stages IS NOT NULL AND NOT only_open);"
MORE = " OR coalesce(answered_is, kept_is) IS NOT NULL\n        OR coalesce(took_least, took_most, led_by) IS NOT NULL"
DESK = "coalesce(returned_least, bounced_from) IS NULL AND solved_is IS NULL"
FUNCTION = EDITED(
    BEFORE.FUNCTION,
    (
        ("linked_least integer DEFAULT NULL\n)", ARGUMENTS),
        ("\n    IF stages IS NOT NULL AND NOT is_by_stage THEN", CONDITIONS),
        (PICKY, PICKY.removesuffix(");") + MORE + ");"),
        (NARROW, NARROW.removesuffix(";") + MORE + ";"),
        (
            DESK,
            DESK.replace("bounced_from", "bounced_from, linked_least, took_least, took_most, led_by")
            + " AND coalesce(answered_is, kept_is) IS NULL",
        ),
        ("place_has, linked_least", "place_has, linked_least, took_least, took_most, led_by, promises, kept_is"),
    ),
)
MAKE = SITTING.made(FUNCTION, "matters_search")

# `what`: answered (closed, with a verdict or without), aside (refused, withdrawn), open. `limits`: days, at least one.
TOOK = f"""
CREATE FUNCTION matters_took(what text, spans codemultirange, reported_from timestamptz, reported_below timestamptz,
    ended_from timestamptz, ended_below timestamptz, kind_is text, channel_is text, category_from text,
    category_below text, led_by bigint, digits integer, past timestamptz, limits integer[], promises text[]
) RETURNS TABLE (dimension integer, item text, matters integer, within integer[], days integer, promised integer,
    kept integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 500 AS $body$
BEGIN
    -- OFFSET 0: what a row counts for is worked out once, not once for each grouping.
    RETURN QUERY EXECUTE 'WITH counted AS ('
        ' SELECT grouping(region, unit, category) AS dimension, coalesce(region, unit::text, category) AS item, took,'
        ' count(*) AS matters, count(*) FILTER (WHERE has) AS promised, count(*) FILTER (WHERE has AND NOT broke) AS kept'
        ' FROM (SELECT left(scope_code, $12) AS region, split_part(category, $q$.$q$, 1) AS category,'
        || $q$ (SELECT a.unit_id FROM matters_assignment a WHERE {LEADS} ORDER BY a.id DESC LIMIT 1) AS unit, $q$
        || CASE WHEN what = 'open' THEN $q${DAYS.format(until="$13")} AS took, false AS has, false AS broke$q$
        ELSE $q${TOOK_DAYS} AS took, {HAS.format(codes="$15")} AS has, {BROKE.format(codes="$15")} AS broke$q$ END
        || ' FROM matters_matter WHERE ' || CASE what WHEN 'open' THEN 'ended_at IS NULL'
            WHEN 'answered' THEN $q$ended_at IS NOT NULL AND result IN ('closed', 'lapsed')$q$
            WHEN 'aside' THEN $q$ended_at IS NOT NULL AND result NOT IN ('closed', 'lapsed')$q$ ELSE 'false' END
        || CASE WHEN spans IS NULL THEN '' ELSE ' AND scope_code >= lower($2)::text AND scope_code < upper($2)::text'
            ' AND $2 @> scope_code::text COLLATE "C"' END
        || CASE WHEN reported_from IS NULL THEN '' ELSE ' AND reported_at >= $3' END
        || CASE WHEN reported_below IS NULL THEN '' ELSE ' AND reported_at < $4' END
        || CASE WHEN ended_from IS NULL OR what = 'open' THEN '' ELSE ' AND ended_at >= $5' END
        || CASE WHEN ended_below IS NULL OR what = 'open' THEN '' ELSE ' AND ended_at < $6' END
        || CASE WHEN kind_is IS NULL THEN '' ELSE ' AND kind = $7' END
        || CASE WHEN channel_is IS NULL THEN '' ELSE ' AND channel = $8' END
        || CASE WHEN category_from IS NULL THEN '' ELSE ' AND category >= $9 AND category < $10' END
        || CASE WHEN spans <@ scope_ranges() THEN '' ELSE $q$ AND (@predicate@)$q$ END
        || ' OFFSET 0) rows_in_sight' || CASE WHEN led_by = 0 THEN ' WHERE unit IS NULL'
            WHEN led_by IS NOT NULL THEN ' WHERE unit = $11' ELSE '' END
        || ' GROUP BY GROUPING SETS ((took), (region, took), (unit, took), (category, took)))'
        ' SELECT dimension, coalesce(item, $q$$q$), sum(matters)::int, ARRAY['
        || (SELECT string_agg(format('coalesce(sum(matters) FILTER (WHERE took <= $14[%s]), 0)::int', place), ',')
            FROM generate_series(1, cardinality(limits)) place)
        || ']::int[], min(took) FILTER (WHERE 2 * upto >= every)::int, sum(promised)::int, sum(kept)::int FROM ('
        ' SELECT *, sum(matters) OVER (PARTITION BY dimension, item ORDER BY took) AS upto,'
        ' sum(matters) OVER (PARTITION BY dimension, item) AS every FROM counted) ranked GROUP BY dimension, item'
        USING what, spans, reported_from, reported_below, ended_from, ended_below, kind_is, channel_is, category_from,
            category_below, led_by, digits, past, limits, promises;
END $body$
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0050_vacant_posts")]
    operations = [
        migrations.RemoveIndex("matter", "matters_matter_ended"),
        migrations.AddIndex(
            "matter",
            models.Index(
                fields=["ended_at"],
                include=["scope_code", "result", "solved", "reported_at", "kind", "category", "channel", "id"],
                condition=Q(ended_at__isnull=False),
                name="matters_matter_ended",
            ),
        ),
        *(
            migrations.AddIndex(
                "assignment",
                models.Index(
                    fields=fields,
                    include=include,
                    condition=Q(part="lead", state__in=["waiting", "taken", "done", "over"]),
                    name=name,
                ),
            )
            for name, fields, include in (
                ("matters_assignment_leads", ["unit", "matter"], ["id"]),
                ("matters_assignment_led", ["matter", "-id"], ["unit"]),
            )
        ),
        migrations.AddIndex(
            "clock",
            models.Index(
                fields=["matter", "code"],
                include=["started_at", "id", "due_at", "stopped_at"],
                condition=~Q(code=""),
                name="matters_clock_promise",
            ),
        ),
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
        migrations.RunSQL(SITTING.made(TOOK, "matters_took"), "DROP FUNCTION matters_took"),
    ]
