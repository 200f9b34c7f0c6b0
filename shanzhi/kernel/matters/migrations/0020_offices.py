"""Units' open work in figures, and what happens to it when a unit is closed.

- `matters_open_of_units` counts open matters by unit, past row-level security: figures of units alone, no matter, no person.
- `matters_unit_succeeds` gives everything open of one unit to another, in one step: only for a keeper in whose place both
  units lie. The work goes over as it stands (its stage, its clock, taken or not); the unit that had it stays a participant.
"""

from django.db import migrations

FUNCTIONS = """
CREATE FUNCTION matters_open_of_units(units bigint[], at timestamptz)
RETURNS TABLE (unit_id bigint, held bigint, late bigint)
LANGUAGE sql STABLE SECURITY DEFINER AS $body$
    SELECT u.id, count(m.id), count(m.id) FILTER (WHERE m.due_at < at) FROM unnest(units) AS u (id)
    LEFT JOIN matters_matter m ON m.holder_unit_id = u.id AND m.ended_at IS NULL GROUP BY u.id
$body$;
CREATE FUNCTION matters_open_work_of(unit bigint) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER AS $body$
    SELECT count(*) FROM matters_matter m WHERE m.ended_at IS NULL AND (m.holder_unit_id = unit OR m.intake_unit_id = unit
        OR m.id IN (SELECT a.matter_id FROM matters_assignment a WHERE a.unit_id = unit AND a.ended_at IS NULL))
$body$;
CREATE FUNCTION matters_unit_succeeds(from_unit bigint, to_unit bigint, at timestamptz)
RETURNS TABLE (matter_id bigint, number text, steps integer, scope_code text, part text)
LANGUAGE plpgsql SECURITY DEFINER AS $body$
#variable_conflict use_column
DECLARE
    ids bigint[];
    leads bigint[];
BEGIN
    IF scope_may('keep') IS NOT TRUE OR from_unit = to_unit OR 2 <> (
        SELECT count(*) FROM organisation_unit u WHERE u.id IN (from_unit, to_unit) AND EXISTS (
            SELECT 1 FROM organisation_region_state r WHERE r.region_id = u.region_id AND r.code::text <@ scope_place()))
    THEN
        RETURN;
    END IF;
    ids := ARRAY(SELECT m.id FROM matters_matter m WHERE m.ended_at IS NULL AND (m.holder_unit_id = from_unit
        OR m.intake_unit_id = from_unit OR m.id IN (
            SELECT a.matter_id FROM matters_assignment a WHERE a.unit_id = from_unit AND a.ended_at IS NULL))
        ORDER BY m.id FOR UPDATE);
    leads := ARRAY(SELECT a.matter_id FROM matters_assignment a
        WHERE a.unit_id = from_unit AND a.ended_at IS NULL AND a.part = 'lead');
    -- Who sees it comes before who has it.
    INSERT INTO matters_participant (matter_id, unit_id, part, since)
        SELECT i, to_unit, CASE WHEN m.holder_unit_id = from_unit OR i = ANY (leads) THEN 'holder' ELSE 'receiver' END, at
        FROM unnest(ids) AS i JOIN matters_matter m ON m.id = i ON CONFLICT DO NOTHING;
    -- A co-handler that becomes the lead has one share, not two.
    UPDATE matters_assignment SET state = 'over', ended_at = at
        WHERE unit_id = to_unit AND part = 'co' AND ended_at IS NULL AND matter_id = ANY (leads);
    WITH gone AS (
        UPDATE matters_assignment a SET state = 'moved', ended_at = at
        FROM matters_assignment was
        WHERE was.id = a.id AND a.unit_id = from_unit AND a.ended_at IS NULL
        RETURNING a.matter_id, a.part, was.state, a.taken_at
    )
    INSERT INTO matters_assignment (matter_id, unit_id, part, state, assigned_at, taken_at)
        SELECT g.matter_id, to_unit, g.part, g.state, at, g.taken_at FROM gone g
        WHERE g.part = 'lead' OR NOT EXISTS (SELECT 1 FROM matters_assignment o
            WHERE o.matter_id = g.matter_id AND o.unit_id = to_unit AND o.ended_at IS NULL);
    RETURN QUERY UPDATE matters_matter m SET
        holder_unit_id = CASE WHEN m.holder_unit_id = from_unit THEN to_unit ELSE m.holder_unit_id END,
        intake_unit_id = CASE WHEN m.intake_unit_id = from_unit THEN to_unit ELSE m.intake_unit_id END,
        steps = m.steps + 1, version = m.version + 1
        WHERE m.id = ANY (ids)
        RETURNING m.id, m.number::text, m.steps, m.scope_code::text,
            CASE WHEN m.holder_unit_id = to_unit OR m.id = ANY (leads) THEN 'lead'
                WHEN m.intake_unit_id = to_unit THEN 'intake' ELSE 'co' END;
END $body$;
DO $do$
DECLARE
    each regprocedure;
BEGIN
    FOR each IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace AND p.proname IN
        ('matters_open_of_units', 'matters_open_work_of', 'matters_unit_succeeds') LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', each, current_schema());
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', each);
        PERFORM city_ddl(format('GRANT EXECUTE ON FUNCTION %s TO {app}', each));
    END LOOP;
END $do$;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION matters_open_work_of(bigint) TO {importer}');
"""
BACK = """
DROP FUNCTION matters_open_of_units(bigint[], timestamptz);
DROP FUNCTION matters_open_work_of(bigint);
DROP FUNCTION matters_unit_succeeds(bigint, bigint, timestamptz);
"""


class Migration(migrations.Migration):
    dependencies = [("matters", "0012_recode"), ("organisation", "0008_offices"), ("access", "0008_offices")]
    operations = [migrations.RunSQL(FUNCTIONS, BACK)]
