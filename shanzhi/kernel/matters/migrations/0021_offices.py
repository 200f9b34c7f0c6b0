"""Units' open work in figures, past row-level security: of units alone, no matter, no person; in the web for a keeper alone.

What becomes of a closed unit's open work is `matters_units_follow` (0017), as with units that end with their region.
"""

from django.db import migrations

FUNCTION = """
CREATE FUNCTION matters_load_of_units(units bigint[], at timestamptz)
RETURNS TABLE (unit_id bigint, held bigint, late bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER AS $body$
BEGIN
    IF session_user::text LIKE '%\\_app' AND scope_may('keep') IS NOT TRUE THEN
        RETURN;
    END IF;
    RETURN QUERY SELECT u.id, count(m.id), count(m.id) FILTER (WHERE m.due_at < at) FROM unnest(units) AS u (id)
        LEFT JOIN matters_matter m ON m.holder_unit_id = u.id AND m.ended_at IS NULL GROUP BY u.id;
END $body$;
DO $do$ BEGIN
    EXECUTE format('ALTER FUNCTION matters_load_of_units(bigint[], timestamptz) SET search_path = %I, pg_temp',
        current_schema());
END $do$;
REVOKE EXECUTE ON FUNCTION matters_load_of_units(bigint[], timestamptz) FROM PUBLIC;
SELECT city_ddl('GRANT EXECUTE ON FUNCTION matters_load_of_units(bigint[], timestamptz) TO {app}');
"""
BACK = "DROP FUNCTION matters_load_of_units(bigint[], timestamptz)"


class Migration(migrations.Migration):
    dependencies = [("matters", "0020_matter_place"), ("organisation", "0007_offices"), ("access", "0008_offices")]
    operations = [migrations.RunSQL(FUNCTION, BACK)]
