"""Open matters follow where another unit takes over; counts for those who keep the regions, past what they see.

- `matters_units_follow` gives a batch of open matters whose unit has ended to the unit that takes over (`organisation_unit_heir`
  says which, so no caller chooses): its part first, then shares, then holder and intake unit. The worker journals what it returns.
- `matters_open_in`, `matters_open_of_units` and `matters_region_figures` count, and tell no matter: in the web nothing but to a post
  that keeps the rule book. They look past row-level security, since a redraw concerns matters that no single post sees.
"""

from django.db import migrations

_KEEPER = """
    IF session_user::text LIKE '%\\_app' AND scope_may('keep') IS NOT TRUE THEN
        RETURN;
    END IF;"""

COUNTS = f"""
CREATE FUNCTION matters_open_in(ids bigint[], codes text[]) RETURNS TABLE (region bigint, open bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN{_KEEPER}
    RETURN QUERY SELECT m.region_id, count(*) FROM unnest(ids, codes) AS g (id, code)
        JOIN matters_matter m ON m.scope_code = g.code AND m.region_id = g.id WHERE m.ended_at IS NULL GROUP BY 1;
END $body$;
CREATE FUNCTION matters_open_of_units(ids bigint[]) RETURNS TABLE (open bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN{_KEEPER}
    RETURN QUERY (SELECT count(*) FROM matters_matter m WHERE m.ended_at IS NULL AND (m.holder_unit_id = ANY (ids)
        OR m.intake_unit_id = ANY (ids)
        OR m.id IN (SELECT a.matter_id FROM matters_assignment a WHERE a.ended_at IS NULL AND a.unit_id = ANY (ids))));
END $body$;
CREATE FUNCTION matters_region_figures(bounds timestamptz[])
RETURNS TABLE (code text, period integer, reported bigint, ended bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN{_KEEPER}
    RETURN QUERY SELECT f.code, f.period, sum(f.reported)::bigint, sum(f.ended)::bigint FROM (
        SELECT m.region_code::text AS code, width_bucket(m.reported_at, bounds) AS period, count(*) AS reported, 0 AS ended
        FROM matters_matter m
        WHERE m.reported_at >= bounds[1] AND m.reported_at < bounds[cardinality(bounds)] GROUP BY 1, 2
        UNION ALL
        SELECT m.scope_code::text, width_bucket(m.ended_at, bounds), 0, count(*)
        FROM matters_matter m
        WHERE m.ended_at >= bounds[1] AND m.ended_at < bounds[cardinality(bounds)] GROUP BY 1, 2
    ) f GROUP BY 1, 2;
END $body$;
"""
FOLLOW = """
CREATE FUNCTION matters_units_follow(on_day date, at timestamptz, most integer)
RETURNS TABLE (id bigint, number text, step integer, code text, had bigint, holder bigint, had_intake bigint, intake bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $body$
DECLARE
    olds bigint[]; news bigint[]; found bigint[];
    matters bigint[]; units bigint[]; parts text[]; takens timestamptz[];
BEGIN
    WITH RECURSIVE line (old_id, new_id) AS (
        SELECT h.old_unit_id, h.new_unit_id FROM organisation_unit_heir h WHERE h.effective_on <= on_day
        UNION
        SELECT l.old_id, h.new_unit_id FROM line l JOIN organisation_unit_heir h ON h.old_unit_id = l.new_id
        WHERE h.effective_on <= on_day
    )
    SELECT array_agg(l.old_id), array_agg(l.new_id) INTO olds, news FROM line l
    WHERE NOT EXISTS (SELECT 1 FROM organisation_unit_heir h WHERE h.old_unit_id = l.new_id AND h.effective_on <= on_day);
    IF olds IS NULL THEN RETURN; END IF;
    -- Rows that somebody works on are left for the next round, as with regions.
    SELECT array_agg(f.id) INTO found FROM (
        SELECT m.id FROM matters_matter m
        WHERE m.ended_at IS NULL AND (m.holder_unit_id = ANY (olds) OR m.intake_unit_id = ANY (olds) OR m.id IN (
            SELECT a.matter_id FROM matters_assignment a WHERE a.ended_at IS NULL AND a.unit_id = ANY (olds)))
        LIMIT most FOR UPDATE OF m SKIP LOCKED) f;
    IF found IS NULL THEN RETURN; END IF;
    INSERT INTO matters_participant (matter_id, unit_id, part, since)
        SELECT m.id, g.new_id, 'holder', at FROM matters_matter m
        JOIN unnest(olds, news) AS g (old_id, new_id) ON g.old_id IN (m.holder_unit_id, m.intake_unit_id)
        WHERE m.id = ANY (found)
        UNION
        SELECT a.matter_id, g.new_id, 'receiver', at FROM matters_assignment a
        JOIN unnest(olds, news) AS g (old_id, new_id) ON g.old_id = a.unit_id
        JOIN matters_matter m ON m.id = a.matter_id AND m.holder_unit_id IS DISTINCT FROM a.unit_id
            AND m.intake_unit_id <> a.unit_id
        WHERE a.matter_id = ANY (found) AND a.ended_at IS NULL
        ON CONFLICT DO NOTHING;
    WITH moved AS (
        UPDATE matters_assignment a SET state = 'moved', ended_at = at
        FROM unnest(olds, news) AS g (old_id, new_id)
        WHERE a.matter_id = ANY (found) AND a.ended_at IS NULL AND a.unit_id = g.old_id
        RETURNING a.matter_id, g.new_id, a.part, a.taken_at
    ), share AS (
        SELECT s.matter_id, s.new_id, max(s.part) AS part, max(s.taken_at) AS taken_at -- 'lead' comes after 'co'
        FROM moved s GROUP BY 1, 2
    )
    SELECT array_agg(s.matter_id), array_agg(s.new_id), array_agg(s.part), array_agg(s.taken_at)
    INTO matters, units, parts, takens FROM share s;
    -- Who is co-handler already and becomes the lead has one share, not two.
    UPDATE matters_assignment a SET state = 'over', ended_at = at
        FROM unnest(matters, units, parts) AS s (matter_id, new_id, part)
        WHERE a.matter_id = s.matter_id AND a.unit_id = s.new_id AND a.ended_at IS NULL AND s.part = 'lead' AND a.part = 'co';
    INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at, taken_at)
        SELECT s.matter_id, s.new_id, s.part, CASE WHEN s.taken_at IS NULL THEN 'waiting' ELSE 'taken' END, at, s.taken_at
        FROM unnest(matters, units, parts, takens) AS s (matter_id, new_id, part, taken_at)
        WHERE NOT EXISTS (SELECT 1 FROM matters_assignment a
            WHERE a.matter_id = s.matter_id AND a.unit_id = s.new_id AND a.ended_at IS NULL);
    RETURN QUERY
        WITH before AS (
            SELECT m.id, m.holder_unit_id AS had, m.intake_unit_id AS had_intake FROM matters_matter m WHERE m.id = ANY (found)
        )
        UPDATE matters_matter m SET steps = m.steps + 1,
            holder_unit_id = coalesce(news[array_position(olds, b.had)], b.had),
            intake_unit_id = coalesce(news[array_position(olds, b.had_intake)], b.had_intake)
        FROM before b WHERE m.id = b.id
        RETURNING m.id, m.number::text, m.steps, m.scope_code::text, b.had, m.holder_unit_id, b.had_intake, m.intake_unit_id;
END $body$;
"""
CLOSED = "".join(
    f"""
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION {function} SET search_path = %I, pg_temp', current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION {function} TO {roles}');
"""
    for function, roles in (
        ("matters_open_in(bigint[], text[])", "{app}, {worker}, {importer}"),
        ("matters_open_of_units(bigint[])", "{app}, {worker}, {importer}"),
        ("matters_region_figures(timestamptz[])", "{app}"),
        ("matters_units_follow(date, timestamptz, integer)", "{worker}"),
    )
)
BACK = """
DROP FUNCTION matters_units_follow(date, timestamptz, integer);
DROP FUNCTION matters_region_figures(timestamptz[]);
DROP FUNCTION matters_open_of_units(bigint[]);
DROP FUNCTION matters_open_in(bigint[], text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0016_dispatch_drafts"), ("organisation", "0006_succession")]
    operations = [migrations.RunSQL(COUNTS + FOLLOW + CLOSED, BACK)]
