"""Lists by what is rare: places by the characters they are written with, and what few rows meet found before it is put in order.

The planner takes conditions for independent and rows for evenly spread. Where a value is rare, or two values never meet, it
walked the whole city in the list's order for 26 rows (a place: 2.9 s). Now the search goes in steps: the nearest rows in
the list's order, which is enough for what is frequent; then, by bitmaps alone, up to 8,000 rows that meet the conditions,
which are put in order afterwards; and only what is more frequent than that is left to the planner as before.

A place's text is found by its pairs of characters (`place_pairs`, a GIN index as pg_trgm makes, but without an extension), so
any part of it is found. The policy's own predicate stands in the function as before (0006 tells why, ADR 0010).
"""

from importlib import import_module

from django.db import migrations, models

# Migrations that were carried out don't change any more; their names begin with a digit.
WORDS = import_module("shanzhi.kernel.matters.migrations.0006_words")
BEFORE = import_module("shanzhi.kernel.matters.migrations.0019_sitting")

PAIRS = """
CREATE FUNCTION place_pairs(place text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $body$
    SELECT coalesce(array_agg(DISTINCT substr(lower(place), first, many)), '{}')
    FROM generate_series(1, length(place)) first, generate_series(1, 2) many WHERE first + many <= length(place) + 1
$body$;
REVOKE EXECUTE ON FUNCTION place_pairs FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION place_pairs TO {app}, {importer}, {worker}');
CREATE INDEX matters_matter_place ON matters_matter USING gin (place_pairs(place_text));
CREATE INDEX matters_matter_back ON matters_matter (reported_at DESC, id DESC) WHERE (counts->'returns') IS NOT NULL;
"""
PAIRS_BACK = "DROP INDEX matters_matter_back; DROP INDEX matters_matter_place; DROP FUNCTION place_pairs;"

USING = """sought, by_due, past_at, past_id, most, stages, share_unit, share_part, code_from,
            code_below, category_from, due_from, due_below, warn_past, warn_upto, reported_from, reported_below,
            category_below, own_unit, own_parts, kind_is, channel_is, place_holds, holder_is, returned_least, idle_since,
            ended_from, ended_below, solved_is, bounced_from, bounced_to, bounced_ground, named, place_has"""

CONDITIONS = (
    BEFORE.CONDITIONS.replace("found := found ||", "narrow := narrow ||")
    # Most have no verdict: of NOT the planner takes those for false.
    .replace("' AND solved = $29'", "CASE WHEN solved_is THEN ' AND solved IS TRUE' ELSE ' AND solved IS FALSE' END")
    .rstrip()
)
# `sight`: in what way the row is visible; it stands in every statement that ids come out of. `edge`: what the list's own index
# answers, from where a walk begins. `narrow`: all other conditions. $33 are the rows that are found already.
FUNCTION = f"""
CREATE FUNCTION matters_search(
    sought tsquery, way text, by_due boolean, past_at timestamptz, past_id bigint, most integer, only_open boolean,
    stages text[], share_unit bigint, share_part text, code_from text, code_below text, category_from text,
    category_below text, due_from timestamptz, due_below timestamptz, warn_past timestamptz, warn_upto timestamptz,
    reported_from timestamptz, reported_below timestamptz, kind_is text, channel_is text, place_holds text,
    {BEFORE.ARGUMENTS} RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 26 AS $body$
DECLARE
    is_open CONSTANT boolean := only_open
        OR coalesce(due_from, due_below, warn_past, warn_upto, idle_since) IS NOT NULL OR holder_is IS NOT NULL;
    few CONSTANT integer := CASE WHEN sought IS NULL THEN 8000 WHEN by_due IS NULL AND NOT is_open THEN 2000
        ELSE 8000 END;
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
    own_unit bigint := scope_unit();
    is_narrow boolean := coalesce(category_from, kind_is, channel_is, place_holds) IS NOT NULL
        OR coalesce(reported_from, reported_below, ended_from, ended_below, idle_since) IS NOT NULL
        OR coalesce(holder_is, returned_least, bounced_from) IS NOT NULL
        OR solved_is IS NOT NULL OR (stages IS NOT NULL AND NOT only_open);
    parts_most integer := CASE WHEN is_narrow THEN 20000 ELSE 5000 END;
    own_parts bigint[] := CASE WHEN way = 'part' THEN
        ARRAY(SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = own_unit LIMIT parts_most + 1) END;
    is_few boolean := way = 'part' AND cardinality(own_parts) <= parts_most;
    is_by_stage boolean := coalesce(by_due, false) AND only_open AND stages IS NOT NULL AND sought IS NULL AND NOT is_few;
    place_has text[] := ARRAY(SELECT pair FROM unnest(place_pairs(place_holds)) pair
        WHERE length(pair) = 2 OR length(place_holds) = 1);
    named bigint[];
    ids bigint[];
    step text;
    sight text;
    edge text := CASE WHEN is_open THEN 'ended_at IS NULL' ELSE 'true' END;
    narrow text := '';
    worded text := '';
    is_picky boolean := is_narrow AND (NOT only_open OR coalesce(category_from, kind_is, channel_is, place_holds) IS NOT NULL
        OR coalesce(holder_is, returned_least, bounced_from) IS NOT NULL OR solved_is IS NOT NULL OR idle_since IS NOT NULL);
    sorting text := CASE
        WHEN by_due AND is_back THEN ' ORDER BY due_at DESC, id DESC'
        WHEN by_due THEN ' ORDER BY due_at, id'
        WHEN NOT by_due AND is_back THEN ' ORDER BY reported_at, id'
        WHEN NOT by_due THEN ' ORDER BY reported_at DESC, id DESC'
        ELSE '' END;
    scans text;
    found text;
    -- As whoever set up the server wants it, once the search is done.
    was CONSTANT text[] := ARRAY[current_setting('enable_seqscan'), current_setting('enable_indexscan'),
        current_setting('enable_sort')];
BEGIN
    sight := CASE
        WHEN is_few THEN 'id = ANY ($20)'
        WHEN way = 'part' AND sought IS NULL
            AND (is_narrow OR coalesce(due_from, due_below, warn_past, warn_upto) IS NOT NULL OR stages IS NOT NULL)
            THEN 'EXISTS (SELECT 1 FROM matters_participant p'
            ' WHERE p.matter_id = matters_matter.id AND p.unit_id = $19 OFFSET 0)'
        WHEN way = 'part' AND sought IS NULL
            THEN 'id IN (SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = $19)'
        WHEN way = 'place' AND sought IS NULL AND span <@ scope_ranges() THEN 'true'
        WHEN way = 'intake' AND sought IS NULL AND span <@ scope_intake() THEN 'in_intake'
        ELSE $q$(@predicate@)$q$ END;
    IF sought IS NOT NULL THEN
        sight := sight || CASE way
            WHEN 'part' THEN ' AND id IN (SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = $19)'
            WHEN 'intake' THEN ' AND in_intake' ELSE '' END;
        worded := ' AND EXISTS (SELECT 1 FROM matters_words w WHERE w.matter_id = matters_matter.id AND w.words @@ $1)';
    END IF;
    IF due_from IS NOT NULL THEN edge := edge || ' AND due_at >= $12'; END IF;
    IF due_below IS NOT NULL THEN edge := edge || ' AND due_at < $13'; END IF;
    IF reported_from IS NOT NULL THEN edge := edge || ' AND reported_at >= $16'; END IF;
    IF reported_below IS NOT NULL THEN edge := edge || ' AND reported_at < $17'; END IF;
    IF past_id IS NOT NULL THEN
        edge := edge || ' AND ' || CASE
            WHEN NOT by_due AND is_back THEN '(reported_at, id) > ($3, $4)'
            WHEN NOT by_due THEN '(reported_at, id) < ($3, $4)'
            WHEN past_at IS NULL AND is_back THEN '(due_at IS NOT NULL OR id < $4)'
            WHEN past_at IS NULL THEN 'due_at IS NULL AND id > $4'
            WHEN is_back THEN '(due_at, id) < ($3, $4)'
            WHEN only_open THEN '(due_at, id) > ($3, $4)'
            ELSE '((due_at, id) > ($3, $4) OR due_at IS NULL)' END;
    END IF;
    IF share_unit IS NOT NULL THEN
        narrow := narrow || ' AND EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_matter.id'
            ' AND a.unit_id = $7 AND a.ended_at IS NULL AND ($8 IS NULL OR a.part = $8))';
    END IF;
    IF code_from IS NOT NULL THEN narrow := narrow || ' AND scope_code >= $9 AND scope_code < $10'; END IF;
    IF category_from IS NOT NULL THEN narrow := narrow || ' AND category >= $11 AND category < $18'; END IF;
    IF warn_past IS NOT NULL THEN narrow := narrow || ' AND warn_at > $14'; END IF;
    IF warn_upto IS NOT NULL THEN narrow := narrow || ' AND warn_at <= $15'; END IF;
    IF kind_is IS NOT NULL THEN narrow := narrow || ' AND kind = $21'; END IF;
    IF channel_is IS NOT NULL THEN narrow := narrow || ' AND channel = $22'; END IF;
    IF place_holds IS NOT NULL THEN
        narrow := narrow || ' AND place_pairs(place_text) @> $34 AND strpos(lower(place_text), $23) > 0';
    END IF;{CONDITIONS}
    IF stages IS NOT NULL AND NOT is_by_stage THEN narrow := narrow || ' AND stage = ANY ($6)'; END IF;
    FOREACH step IN ARRAY CASE
        WHEN is_few THEN ARRAY['all']
        WHEN sought IS NOT NULL THEN CASE WHEN by_due IS NULL THEN '{{}}' ELSE '{{near}}'::text[] END
            || CASE WHEN is_picky THEN '{{words,some,all}}' ELSE '{{words,all}}'::text[] END
        WHEN is_picky AND by_due AND NOT is_open THEN '{{some,all}}'
        WHEN is_picky THEN '{{near,some,all}}'
        WHEN due_from IS NOT NULL AND stages IS NULL AND coalesce(by_due, true) THEN '{{near,all}}'
        ELSE ARRAY['all'] END
    LOOP
        found := CASE
            WHEN step = 'words' THEN 'SELECT matter_id FROM matters_words WHERE words @@ $1 LIMIT ' || few + 1
            WHEN step = 'near' THEN 'SELECT id FROM (SELECT * FROM matters_matter WHERE ' || edge
                || CASE WHEN sorting <> '' THEN sorting WHEN due_from IS NOT NULL THEN ' ORDER BY due_at, id'
                ELSE ' ORDER BY reported_at DESC, id DESC' END || ' LIMIT ' || CASE WHEN sought IS NOT NULL THEN CASE WHEN is_open THEN 1500 ELSE 500 END
                WHEN stages IS NOT NULL AND NOT is_open THEN 40000 ELSE 2000 END || ') matters_matter WHERE '
                || sight || narrow || worded || CASE WHEN is_by_stage THEN ' AND stage = ANY ($6)' ELSE '' END || sorting || ' LIMIT $5'
            WHEN named IS NOT NULL OR (is_few AND is_narrow AND sought IS NULL)
                THEN 'SELECT id FROM (SELECT id, due_at, reported_at FROM matters_matter WHERE '
                || CASE WHEN named IS NULL THEN '' ELSE 'id = ANY ($33) AND ' END || edge || ' AND ' || sight || narrow
                || CASE WHEN is_by_stage THEN ' AND stage = ANY ($6)' ELSE '' END || worded || ' OFFSET 0) narrowed'
                || sorting || ' LIMIT $5'
            WHEN step = 'some' THEN 'SELECT id FROM matters_matter WHERE ' || edge || narrow
                || CASE WHEN is_by_stage THEN ' AND stage = ANY ($6)' ELSE '' END || ' LIMIT ' || few + 1
            WHEN is_by_stage THEN 'SELECT id FROM (SELECT DISTINCT unnest($6) AS code) one CROSS JOIN LATERAL ('
                'SELECT id, due_at FROM matters_matter WHERE stage = one.code AND ' || edge || ' AND ' || sight || narrow
                || sorting || ' LIMIT $5) narrowed' || sorting || ' LIMIT $5'
            ELSE 'SELECT id FROM matters_matter WHERE ' || edge || ' AND ' || sight || narrow || worded
                || sorting || ' LIMIT $5' END;
        -- The nearest are read in the index's order, however few rows the planner counts.
        -- Bitmaps alone: what the conditions have in common is known before a row is read.
        scans := CASE WHEN step IN ('words', 'some') AND named IS NULL THEN 'off' END;
        PERFORM set_config('enable_seqscan', coalesce(scans, was[1]), true),
            set_config('enable_indexscan', coalesce(scans, was[2]), true),
            set_config('enable_sort', CASE WHEN step = 'near' THEN 'off' ELSE was[3] END, true);
        EXECUTE 'SELECT ARRAY(' || found || ')' INTO ids USING {USING};
        EXIT WHEN step = 'near' AND cardinality(ids) >= most;
        EXIT WHEN step = 'some' AND named IS NOT NULL;
        IF step IN ('words', 'some') AND cardinality(ids) <= few THEN named := ids; END IF;
        IF step = 'words' AND named IS NOT NULL THEN worded := ''; END IF;
    END LOOP;
    PERFORM set_config('enable_seqscan', was[1], true), set_config('enable_indexscan', was[2], true),
        set_config('enable_sort', was[3], true);
    RETURN QUERY SELECT unnest(ids);
END $body$
"""
MAKE = BEFORE.made(FUNCTION, "matters_search")


class Migration(migrations.Migration):
    dependencies = [("matters", "0021_offices")]
    operations = [
        migrations.RunSQL(PAIRS, PAIRS_BACK),
        *(
            migrations.AddIndex(
                "matter", models.Index(fields=[field], condition=condition, name=f"matters_matter_{name}")
            )
            for field, name, condition in (
                ("kind", "kind", None),
                ("channel", "channel", None),
                ("stage", "any_stage", None),
                ("solved", "solved", None),
                ("holder_unit", "held", models.Q(holder_unit__isnull=False)),
            )
        ),
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
    ]
