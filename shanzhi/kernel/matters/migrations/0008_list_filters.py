"""Lists by more conditions, and back as well as on: the search function is made anew with four arguments more.

Kind, channel and a place's text are conditions like the others. `is_back` reads a page that lies before a row. A row's time
and id are compared as one value, which the list's index answers: an OR was read from the list's beginning. The policy's own
predicate stands in it as before (0006 tells why, ADR 0010), and the older function goes, so that there is one.

A unit's part under a narrowing condition (a category, say) is found first and put in order afterwards (`is_apart`): the
planner took the unit's matters for evenly spread and walked 58,000 rows of the newest for 26 (350 ms, now 60).
"""

from importlib import import_module

from django.db import migrations

# A migration that was carried out doesn't change any more; its name begins with a digit.
BEFORE = import_module("shanzhi.kernel.matters.migrations.0006_words")
FUNCTION = """
CREATE FUNCTION matters_search(
    sought tsquery, way text, by_due boolean, past_at timestamptz, past_id bigint, most integer, only_open boolean,
    stages text[], share_unit bigint, share_part text, code_from text, code_below text, category_from text,
    category_below text, due_from timestamptz, due_below timestamptz, warn_past timestamptz, warn_upto timestamptz,
    reported_from timestamptz, reported_below timestamptz, kind_is text, channel_is text, place_holds text, is_back boolean
) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 26 AS $body$
DECLARE
    span codemultirange := CASE WHEN code_from <> '' AND code_from < code_below COLLATE "C"
        THEN codemultirange(coderange(code_from, code_below)) END;
    own_unit bigint := scope_unit();
    is_narrow boolean := coalesce(category_from, kind_is, channel_is) IS NOT NULL OR reported_from IS NOT NULL
        OR reported_below IS NOT NULL;
    parts_most integer := CASE WHEN is_narrow THEN 20000 ELSE 5000 END;
    own_parts bigint[] := CASE WHEN way = 'part' THEN
        ARRAY(SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = own_unit LIMIT parts_most + 1) END;
    is_apart boolean := way = 'part' AND is_narrow AND sought IS NULL AND cardinality(own_parts) <= parts_most;
    found text := 'SELECT id FROM matters_matter WHERE ';
BEGIN
    IF is_apart THEN found := 'SELECT id FROM (SELECT id, due_at, reported_at FROM matters_matter WHERE '; END IF;
    found := found || CASE
        WHEN way = 'part' AND cardinality(own_parts) <= parts_most THEN 'id = ANY ($20)'
        WHEN way = 'part' AND sought IS NULL
            THEN 'id IN (SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = $19)'
        WHEN way = 'place' AND sought IS NULL AND span <@ scope_ranges() THEN 'true'
        WHEN way = 'intake' AND sought IS NULL AND span <@ scope_intake() THEN 'in_intake'
        ELSE $q$(@predicate@)$q$ END;
    IF sought IS NOT NULL THEN
        found := found || ' AND EXISTS (SELECT 1 FROM matters_words w WHERE w.matter_id = matters_matter.id AND w.words @@ $1)'
            || CASE way
            WHEN 'part' THEN ' AND id IN (SELECT p.matter_id FROM matters_participant p WHERE p.unit_id = $19)'
            WHEN 'intake' THEN ' AND in_intake' ELSE '' END;
    END IF;
    IF only_open THEN found := found || ' AND ended_at IS NULL'; END IF;
    IF stages IS NOT NULL THEN found := found || ' AND stage = ANY ($6)'; END IF;
    IF share_unit IS NOT NULL THEN
        found := found || ' AND EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = matters_matter.id'
            ' AND a.unit_id = $7 AND a.ended_at IS NULL AND ($8 IS NULL OR a.part = $8))';
    END IF;
    IF code_from IS NOT NULL THEN found := found || ' AND scope_code >= $9 AND scope_code < $10'; END IF;
    IF category_from IS NOT NULL THEN found := found || ' AND category >= $11 AND category < $18'; END IF;
    IF due_from IS NOT NULL THEN found := found || ' AND due_at >= $12'; END IF;
    IF due_below IS NOT NULL THEN found := found || ' AND due_at < $13'; END IF;
    IF warn_past IS NOT NULL THEN found := found || ' AND warn_at > $14'; END IF;
    IF warn_upto IS NOT NULL THEN found := found || ' AND warn_at <= $15'; END IF;
    IF reported_from IS NOT NULL THEN found := found || ' AND reported_at >= $16'; END IF;
    IF reported_below IS NOT NULL THEN found := found || ' AND reported_at < $17'; END IF;
    IF kind_is IS NOT NULL THEN found := found || ' AND kind = $21'; END IF;
    IF channel_is IS NOT NULL THEN found := found || ' AND channel = $22'; END IF;
    IF place_holds IS NOT NULL THEN found := found || ' AND strpos(lower(place_text), $23) > 0'; END IF;
    IF past_id IS NOT NULL THEN
        found := found || ' AND ' || CASE
            WHEN NOT by_due AND is_back THEN '(reported_at, id) > ($3, $4)'
            WHEN NOT by_due THEN '(reported_at, id) < ($3, $4)'
            WHEN past_at IS NULL AND is_back THEN '(due_at IS NOT NULL OR id < $4)'
            WHEN past_at IS NULL THEN 'due_at IS NULL AND id > $4'
            WHEN is_back THEN '(due_at, id) < ($3, $4)'
            WHEN only_open THEN '(due_at, id) > ($3, $4)'
            ELSE '((due_at, id) > ($3, $4) OR due_at IS NULL)' END;
    END IF;
    IF is_apart THEN found := found || ' OFFSET 0) narrowed'; END IF;
    found := found || CASE
        WHEN by_due AND is_back THEN ' ORDER BY due_at DESC, id DESC'
        WHEN by_due THEN ' ORDER BY due_at, id'
        WHEN NOT by_due AND is_back THEN ' ORDER BY reported_at, id'
        WHEN NOT by_due THEN ' ORDER BY reported_at DESC, id DESC'
        ELSE '' END || ' LIMIT $5';
    RETURN QUERY EXECUTE found USING sought, by_due, past_at, past_id, most, stages, share_unit, share_part, code_from,
        code_below, category_from, due_from, due_below, warn_past, warn_upto, reported_from, reported_below, category_below,
        own_unit, own_parts, kind_is, channel_is, place_holds;
END $body$
"""
MAKE = BEFORE.MAKE.replace(BEFORE.FUNCTION, FUNCTION)


class Migration(migrations.Migration):
    dependencies = [("matters", "0007_forgetting")]
    operations = [
        migrations.RunSQL(["DROP FUNCTION matters_search", MAKE], ["DROP FUNCTION matters_search", BEFORE.MAKE]),
    ]
