"""What was asked has an heir like everything else: of a unit that ends, and of one in which nobody is left to answer.

- `matters_units_follow` gives what a unit was asked, and what it supervises, to the unit that takes over, and a co-handler's
  share with its promise; `matters_open_of_units` counts it.
- The worker lets what nobody can answer go to the unit above, and writes with which entry a co-handler's share ended.
"""

from django.db import migrations

_KEEPER = """
    IF session_user::text LIKE '%\\_app' AND scope_may('keep') IS NOT TRUE THEN
        RETURN;
    END IF;"""
OPEN = f"""
CREATE OR REPLACE FUNCTION matters_open_of_units(ids bigint[]) RETURNS TABLE (open bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN{_KEEPER}
    RETURN QUERY (SELECT count(*) FROM matters_matter m WHERE m.ended_at IS NULL AND (m.holder_unit_id = ANY (ids)
        OR m.intake_unit_id = ANY (ids)
        OR m.id IN (SELECT a.matter_id FROM matters_assignment a WHERE a.ended_at IS NULL AND a.unit_id = ANY (ids)
            UNION SELECT k.matter_id FROM matters_ask k
            WHERE k.state = 'open' AND (k.to_unit_id = ANY (ids) OR k.unit_id = ANY (ids)))));
END $body$;
"""
FOLLOW = """
CREATE OR REPLACE FUNCTION matters_units_follow(on_day date, at timestamptz, most integer)
RETURNS TABLE (id bigint, number text, step integer, code text, had bigint, holder bigint, had_intake bigint, intake bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $body$
DECLARE
    olds bigint[]; news bigint[]; found bigint[];
    matters bigint[]; units bigint[]; parts text[]; takens timestamptz[];
    dues timestamptz[]; warns timestamptz[]; limits text[]; versions text[]; unsure boolean[];
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
            SELECT a.matter_id FROM matters_assignment a WHERE a.ended_at IS NULL AND a.unit_id = ANY (olds)
            UNION SELECT k.matter_id FROM matters_ask k
            WHERE k.state = 'open' AND (k.to_unit_id = ANY (olds) OR k.unit_id = ANY (olds))))
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
        UNION
        SELECT k.matter_id, g.new_id, 'holder', at FROM matters_ask k
        JOIN unnest(olds, news) AS g (old_id, new_id) ON g.old_id IN (k.to_unit_id, k.unit_id)
        WHERE k.matter_id = ANY (found) AND k.state = 'open'
        ON CONFLICT DO NOTHING;
    WITH moved AS (
        UPDATE matters_assignment a SET state = 'moved', ended_at = at
        FROM unnest(olds, news) AS g (old_id, new_id)
        WHERE a.matter_id = ANY (found) AND a.ended_at IS NULL AND a.unit_id = g.old_id
        RETURNING a.matter_id, g.new_id, a.part, a.taken_at, a.due_at, a.warn_at, a.limit_text, a.calendar_version,
            a.is_provisional
    ), share AS (
        -- 'lead' comes after 'co', and has no promise of its own; of two co-handlers the sooner one's holds.
        SELECT DISTINCT ON (s.matter_id, s.new_id) s.matter_id, s.new_id, s.part,
            max(s.taken_at) OVER (PARTITION BY s.matter_id, s.new_id) AS taken_at,
            s.due_at, s.warn_at, s.limit_text, s.calendar_version, s.is_provisional
        FROM moved s ORDER BY s.matter_id, s.new_id, s.part DESC, s.due_at
    )
    SELECT array_agg(s.matter_id), array_agg(s.new_id), array_agg(s.part), array_agg(s.taken_at), array_agg(s.due_at),
        array_agg(s.warn_at), array_agg(s.limit_text), array_agg(s.calendar_version), array_agg(s.is_provisional)
    INTO matters, units, parts, takens, dues, warns, limits, versions, unsure FROM share s;
    -- Who is co-handler already and becomes the lead has one share, not two.
    UPDATE matters_assignment a SET state = 'over', ended_at = at
        FROM unnest(matters, units, parts) AS s (matter_id, new_id, part)
        WHERE a.matter_id = s.matter_id AND a.unit_id = s.new_id AND a.ended_at IS NULL AND s.part = 'lead' AND a.part = 'co';
    INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at, taken_at,
            due_at, warn_at, limit_text, calendar_version, is_provisional)
        SELECT s.matter_id, s.new_id, s.part, CASE WHEN s.taken_at IS NULL THEN 'waiting' ELSE 'taken' END, at, s.taken_at,
            s.due_at, s.warn_at, s.limit_text, s.calendar_version, s.is_provisional
        FROM unnest(matters, units, parts, takens, dues, warns, limits, versions, unsure)
            AS s (matter_id, new_id, part, taken_at, due_at, warn_at, limit_text, calendar_version, is_provisional)
        WHERE NOT EXISTS (SELECT 1 FROM matters_assignment a
            WHERE a.matter_id = s.matter_id AND a.unit_id = s.new_id AND a.ended_at IS NULL);
    -- What two units were asked alike is asked once, now that they are one.
    UPDATE matters_ask k SET state = 'dropped', decided_at = at, decided_step = m.steps + 1
        FROM unnest(olds, news) AS g (old_id, new_id), matters_matter m
        WHERE k.matter_id = ANY (found) AND k.state = 'open' AND k.to_unit_id = g.old_id AND m.id = k.matter_id
        AND EXISTS (SELECT 1 FROM matters_ask o LEFT JOIN unnest(olds, news) AS h (old_id, new_id) ON h.old_id = o.to_unit_id
            WHERE o.matter_id = k.matter_id AND o.code = k.code AND o.state = 'open' AND o.id <> k.id
            AND coalesce(h.new_id, o.to_unit_id) = g.new_id AND (h.new_id IS NULL OR o.id < k.id));
    UPDATE matters_ask k SET to_unit_id = coalesce(news[array_position(olds, k.to_unit_id)], k.to_unit_id),
            unit_id = coalesce(news[array_position(olds, k.unit_id)], k.unit_id)
        WHERE k.matter_id = ANY (found) AND k.state = 'open' AND (k.to_unit_id = ANY (olds) OR k.unit_id = ANY (olds));
    -- Who leads now isn't urged as a co-handler.
    UPDATE matters_ask k SET state = 'dropped', decided_at = at, decided_step = m.steps + 1 FROM matters_matter m
        WHERE k.matter_id = ANY (found) AND k.state = 'open' AND k.type = 'urge_co' AND m.id = k.matter_id
        AND NOT EXISTS (SELECT 1 FROM matters_assignment a WHERE a.matter_id = k.matter_id AND a.unit_id = k.to_unit_id
            AND a.part = 'co' AND a.ended_at IS NULL);
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
OPEN_WAS = f"""
CREATE OR REPLACE FUNCTION matters_open_of_units(ids bigint[]) RETURNS TABLE (open bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN{_KEEPER}
    RETURN QUERY (SELECT count(*) FROM matters_matter m WHERE m.ended_at IS NULL AND (m.holder_unit_id = ANY (ids)
        OR m.intake_unit_id = ANY (ids)
        OR m.id IN (SELECT a.matter_id FROM matters_assignment a WHERE a.ended_at IS NULL AND a.unit_id = ANY (ids))));
END $body$;
"""
FOLLOW_WAS = """
CREATE OR REPLACE FUNCTION matters_units_follow(on_day date, at timestamptz, most integer)
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
PATHS = "".join(
    f"""
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION {function} SET search_path = %I, pg_temp', current_schema());
END $do$;
"""
    for function in ("matters_open_of_units(bigint[])", "matters_units_follow(date, timestamptz, integer)")
)
GIVE = """
SELECT city_ddl('GRANT UPDATE (to_unit_id, unit_id) ON matters_ask TO {worker}');
SELECT city_ddl('GRANT UPDATE (result_step) ON matters_assignment TO {worker}');
"""
TAKE = """
SELECT city_ddl('REVOKE UPDATE (to_unit_id, unit_id) ON matters_ask FROM {worker}');
SELECT city_ddl('REVOKE UPDATE (result_step) ON matters_assignment FROM {worker}');
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0056_reach_as_undivided")]
    operations = [migrations.RunSQL(OPEN + FOLLOW + PATHS + GIVE, OPEN_WAS + FOLLOW_WAS + PATHS + TAKE)]
